/* The words of the protocols: what a client may say, and the record that servers pass on.
 *
 * White space is space, tab, CR, LF, FF, VT. Nothing here owns memory: all slices point
 * into the line that was parsed. */
#ifndef HERD_CORE_PROTOCOL_MESSAGE_H
#define HERD_CORE_PROTOCOL_MESSAGE_H

#include "geo.h"
#include "herd/instant.h"
#include "herd/slice.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HERD_WORDS_MAX = 12,
    HERD_RECORD_MAX = 8192, /* bytes of a record; a constant of the link protocol */
    HERD_RADIUS_KM_MAX = 50,
    HERD_BOUND_MAX = 20,
};

struct herd_words {
    struct herd_slice word[HERD_WORDS_MAX];
    size_t count; /* HERD_WORDS_MAX + 1 when there are more than fit */
};

/* Splits a line at white space. */
void herd_words_split(struct herd_slice line, struct herd_words *words);

/* IAMAT client location time */
struct herd_report {
    struct herd_slice client;
    struct herd_slice location;
    struct herd_slice time_text;
    struct herd_wall time;
    struct herd_point point;
};

/* From three words. Errors: HERD_EBAD, HERD_ERANGE. */
int herd_report_parse(const struct herd_slice word[3], struct herd_report *report);

/* WHATSAT client radius bound */
struct herd_query {
    struct herd_slice client;
    uint32_t radius_km;
    uint32_t bound; /* most results wanted */
};

/* From three words. Errors: HERD_EBAD, HERD_ERANGE. */
int herd_query_parse(const struct herd_slice word[3], struct herd_query *query);

/* AT server skew client location time [more]: the text that the server which heard the
 * client produced; it travels and is kept as it is, words added by later versions
 * included. */
struct herd_record {
    struct herd_slice text; /* the whole record, without LF */
    struct herd_slice client;
    struct herd_wall time; /* the client's */
};

/* The validator for records, whoever sends them: single spaces between the words, no other
 * white space, at most HERD_RECORD_MAX bytes. Errors: HERD_EBAD, HERD_ERANGE,
 * HERD_ETOOLONG. */
int herd_record_parse(struct herd_slice text, struct herd_record *record);

/* The location in a record's text. The text must have been accepted by
 * herd_record_parse. */
struct herd_point herd_record_point(struct herd_slice text);

/* The total order of records about one client, the same on every server: the later time,
 * then the greater text byte by byte. Returns <0, 0, >0; 0 only for equal texts. */
int herd_record_cmp(const struct herd_record *a, const struct herd_record *b);

/* Bytes that a record for `report` takes up at most. */
size_t herd_record_bound(struct herd_slice server, const struct herd_report *report);

/* Writes the record of a report that `server` heard at `now`, without LF. `out` has
 * herd_record_bound bytes. The slices of *record point into `out`. */
void herd_record_make(struct herd_slice server, const struct herd_report *report,
                      struct herd_wall now, char *out, struct herd_record *record);

#endif
