/* SPDX-License-Identifier: ISC */
/* A growing run of bytes that its owner frees. Memory that runs out ends the program:
 * this server has nothing to lose. Zero-initialised is empty and valid. */
#ifndef PLACES_BYTES_H
#define PLACES_BYTES_H

#include "herd/slice.h"

#include <stddef.h>

struct bytes {
    char *data;
    size_t len;
    size_t size;
};

void bytes_add(struct bytes *b, struct herd_slice s);

/* The room of `size` bytes after the last one; valid until the next call. What was put
 * there counts once the caller has raised `len`. */
char *bytes_room(struct bytes *b, size_t size);

void bytes_printf(struct bytes *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* As bytes_add, with control bytes and backslashes as \xNN. */
void bytes_add_escaped(struct bytes *b, struct herd_slice s);

/* Takes the first n away; n is at most `len`. */
void bytes_drop(struct bytes *b, size_t n);

/* Makes it empty again. */
void bytes_free(struct bytes *b);

/* Lives until the next change. */
struct herd_slice bytes_slice(const struct bytes *b);

#endif
