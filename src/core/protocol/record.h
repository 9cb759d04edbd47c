/* SPDX-License-Identifier: ISC */
/* A record: what the servers of a herd hold about one client, and pass on.
 *
 *     AT server skew client location time [more]
 *     FORGOT server skew client time [more]
 *
 * The first one is about a report, and was written by the server that the client reported
 * to. The second one is a tombstone (tombstone.h). Records travel and are kept as they are,
 * words that later versions add included. */
#ifndef HERD_CORE_PROTOCOL_RECORD_H
#define HERD_CORE_PROTOCOL_RECORD_H

#include "geo.h"
#include "herd/instant.h"
#include "herd/slice.h"
#include "report.h"

#include <stdbool.h>
#include <stddef.h>

/* Constants of the link protocol: all servers of a herd must have the same. */
enum {
    HERD_RECORD_MAX = 8192,   /* bytes of a record */
    HERD_RECORD_AHEAD_S = 60, /* of its effective time, after its receipt, at most */
};

/* The slices point into the text that was parsed or made. */
struct herd_record {
    struct herd_slice text;    /* the whole record, without LF */
    struct herd_slice client;  /* in text */
    bool tombstone;            /* else it is about a report */
    struct herd_wall time;     /* the client's; of a tombstone: by which it is ordered */
    struct herd_wall received; /* by the server: that time and the skew */
    /* By which records are ordered: the client's time, but at most HERD_RECORD_AHEAD_S
     * after the server received the report. So a client whose clock is ahead cannot hide
     * the reports of later days. */
    struct herd_wall effective;
};

/* The validator for records from any source: single spaces between the words, no other
 * white space, at most HERD_RECORD_MAX bytes, and a time of receipt (the client's time plus
 * the skew) from 1970 to 2262, which every record that a server makes has. Errors:
 * HERD_EBAD, HERD_ERANGE, HERD_ETOOLONG. */
int herd_record_parse(struct herd_slice text, struct herd_record *record);

/* The location in the text of a record about a report, which herd_record_parse has
 * accepted. */
struct herd_point herd_record_point(struct herd_slice text);

/* The client's time in such a text. */
struct herd_wall herd_record_time(struct herd_slice text);

/* The total order of the records about one client, the same on every server: the later
 * effective time, then the greater text, byte by byte. A function of the two texts. Returns
 * <0, 0, >0; 0 only for equal texts. Looks at .effective and .text only. */
int herd_record_cmp(const struct herd_record *a, const struct herd_record *b);

/* Bytes that a record for `report` takes at most. */
size_t herd_record_bound(struct herd_slice server, const struct herd_report *report);

/* Writes the record of a report that `server` received at `now`, without LF. `out` has
 * herd_record_bound bytes, and must live as long as *record, whose slices point into it. */
void herd_record_make(struct herd_slice server, const struct herd_report *report,
                      struct herd_wall now, char *out, struct herd_record *record);

#endif
