/* SPDX-License-Identifier: ISC */
/* A strict reader of one JSON text (RFC 8259): a single pass, without memory of its own,
 * for text that may be hostile.
 *
 * Keys are compared by their bytes as they stand: "resul\u0074s" is another key than
 * "results". */
#ifndef HERD_BASE_JSON_SCAN_H
#define HERD_BASE_JSON_SCAN_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HERD_JSON_DEPTH_MAX = 32,      /* objects and arrays inside of each other */
    HERD_JSON_VALUES_MAX = 200000, /* values of one text */
};

/* One array and one string among the members of the outermost object; null in place of the
 * array is no array. The caller sets the
 * first four fields and all others to zero; offsets count bytes from the start of the
 * text. */
struct herd_json_outline {
    struct herd_slice array_name, string_name;
    size_t *ends;      /* borrowed; ends[i] becomes the end of the array's element i ... */
    uint32_t ends_max; /* ... for this many elements at most */
    bool has_array, null_array;
    size_t open, close; /* of its content: after its `[`, and of its `]` */
    uint32_t count;     /* its elements */
    size_t last_end;    /* the end of the last element */
    bool has_string;
    struct herd_slice string; /* between its quotes; a slice of the text */
};

/* Reads all of `text`, which holds one object, and fills in the outline. Errors: HERD_EBAD
 * (no JSON object; not UTF-8; one of the two members twice or of another type),
 * HERD_ERANGE (too deep, too many values). */
int herd_json_scan(struct herd_slice text, struct herd_json_outline *outline);

/* Reads all of `text`, any one JSON value. Errors: HERD_EBAD (no JSON; not UTF-8),
 * HERD_ERANGE (too deep, too many values). */
int herd_json_check(struct herd_slice text);

#endif
