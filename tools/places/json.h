/* A walk over JSON text that copies nothing: values are slices of the text as it stands. */
#ifndef PLACES_JSON_H
#define PLACES_JSON_H

#include "bytes.h"

#include <stdbool.h>

enum { JSON_DEPTH = 32 };

enum json_kind { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_WORD };

/* Is it one value of RFC 8259 with nothing but blanks around it, nested no deeper than
 * JSON_DEPTH? Whether strings are UTF-8 is not looked at. */
bool json_valid(struct herd_slice text);

/* Of a value that json_next gave, or of valid text without blanks before it. */
enum json_kind json_kind(struct herd_slice value);

struct json_walk {
    struct herd_slice rest;
};

/* Goes through the members of an object or the elements of an array, in valid text. */
struct json_walk json_begin(struct herd_slice value);

/* The next one without blanks around it; `key` is what is between the quotes, empty in an
 * array. False behind the last. */
bool json_next(struct json_walk *walk, struct herd_slice *key, struct herd_slice *value);

/* A number of valid text. */
bool json_number(struct herd_slice value, double *out);

/* Valid text with only the first `most` elements of the array `name` of its outermost
 * object; all of the rest as it was. Uses `scratch`, empty before, only when it must cut;
 * lives as long as both. */
struct herd_slice json_cut(struct herd_slice text, const char *name, size_t most,
                           struct bytes *scratch);

#endif
