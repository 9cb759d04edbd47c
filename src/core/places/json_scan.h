/* A strict reader of one JSON text (RFC 8259) in a single pass, without memory of its own.
 *
 * It finds what a Places reply is cut by. Keys are compared by their bytes as they stand:
 * "resul\u0074s" is another key than "results". */
#ifndef HERD_CORE_PLACES_JSON_SCAN_H
#define HERD_CORE_PLACES_JSON_SCAN_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets into the text. */
struct json_reply {
    bool has_results;         /* a top-level "results"; it is an array */
    size_t open, close;       /* behind its `[`, and of its `]` */
    uint32_t count;           /* its elements */
    size_t kept_end;          /* the end of the last element to keep */
    size_t last_end;          /* the end of the last element */
    bool has_status;          /* a top-level "status"; it is a string */
    struct herd_slice status; /* between its quotes */
};

/* Reads all of `text`, which holds one object, and notes where the first `keep` elements
 * of `results` end. Errors: HERD_EBAD (no JSON object; not UTF-8; a member of the two
 * twice or of another type), HERD_ERANGE (too deep, too many values). */
int herd_json_scan(struct herd_slice text, uint32_t keep, struct json_reply *reply);

/* Reads all of `text`, any one JSON value. Errors: HERD_EBAD (no JSON; not UTF-8),
 * HERD_ERANGE (too deep, too many values). */
int herd_json_check(struct herd_slice text);

/* The length of the character at the start of `text`, which is not empty, or 0 when it is
 * no UTF-8: stray or missing continuation bytes, longer than need be, a surrogate, above
 * U+10FFFF. */
size_t herd_utf8_len(struct herd_slice text);

#endif
