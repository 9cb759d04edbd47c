/* SPDX-License-Identifier: ISC */
/* Walking through JSON that herd_json_check or herd_json_scan has read before, without
 * recursion and without memory. Values are slices of the text: numbers keep their digits,
 * strings their escapes.
 *
 * Keys are compared by their bytes as they stand. Of two members with one key the first
 * counts. In text that is no JSON nothing is found that makes sense, but no byte outside
 * of it is read and every walk ends. */
#ifndef HERD_BASE_JSON_WALK_H
#define HERD_BASE_JSON_WALK_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind {
    JSON_NONE, /* no value: an empty slice */
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

enum json_kind herd_json_kind(struct herd_slice value);

/* The one value of the text, without the blanks around it. */
struct herd_slice herd_json_root(struct herd_slice text);

/* The members of an object or the elements of an array, one after the other. */
struct json_walk {
    struct herd_slice rest;
    bool members;
};

/* Other values are walked through like an empty array. */
void herd_json_open(struct json_walk *walk, struct herd_slice value);

/* The next one; false after the last. `key` is the text between its quotes, empty in
 * an array. */
bool herd_json_next(struct json_walk *walk, struct herd_slice *key,
                    struct herd_slice *value);

/* Looks for several members of an object in one go: value[i] becomes that of names[i], or
 * empty when there is none, or when it is no object. */
void herd_json_pick(struct herd_slice object, const char *const *names, size_t count,
                    struct herd_slice *values);

/* One member; empty when there is none. */
struct herd_slice herd_json_get(struct herd_slice object, const char *name);

/* The text between the quotes of a string; false, and *inner empty, when the value is
 * none. */
bool herd_json_string(struct herd_slice value, struct herd_slice *inner);

/* Takes one character off the inner text of a string, which is not empty. Escapes and
 * pairs of surrogates are one character, U+0000 is one; half a pair and bytes that are no
 * UTF-8 become HERD_UTF8_REPLACEMENT. */
uint32_t herd_json_char(struct herd_slice *inner);

/* A number in parts of 1e-9, further digits cut off. False when the value is no
 * number, or beyond 1000 to either side. */
bool herd_json_nano(struct herd_slice value, int64_t *nano);

#endif
