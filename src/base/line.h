/* SPDX-License-Identifier: ISC */
/* Splits a stream of bytes into lines, wherever its reads happen to end.
 *
 * A line that lies whole in the input is returned as a slice of it, without a copy; only an
 * unfinished line at the end of the input is kept. */
#ifndef HERD_BASE_LINE_H
#define HERD_BASE_LINE_H

#include "herd/buf.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>

struct herd_line {
    struct herd_buf partial; /* the unfinished line */
    bool taken;              /* `partial` was returned, and the next call drops it */
};

/* `max`: longest line in bytes, without its LF; 1 or more. `mem` is borrowed and outlives
 * the struct. Allocates nothing. */
void herd_line_init(struct herd_line *line, const struct herd_mem *mem, size_t max);

/* Overwrites what it holds of lines that were returned; the last one must not be in use any
 * more. */
void herd_line_wipe(struct herd_line *line);

/* Frees the unfinished line; the struct is as after herd_line_init(). */
void herd_line_free(struct herd_line *line);

/* Returns the next line, without its LF, and removes its bytes from the front of *input.
 * 1: *out is a line; it lives until the next call, or as long as the input's bytes if that
 * is shorter. 0: the input is used up. HERD_ETOOLONG: *out is the first `max` bytes of a
 * longer line; the caller must give up this stream. HERD_ENOMEM: likewise, *out is empty.
 */
int herd_line_next(struct herd_line *line, struct herd_slice *input,
                   struct herd_slice *out);

/* Whether an unfinished line is kept. */
bool herd_line_partial(const struct herd_line *line);

/* The unfinished line, or an empty slice; it lives until the next call but
 * herd_line_partial. */
struct herd_slice herd_line_unfinished(const struct herd_line *line);

/* Takes the unfinished line as finished: returns 1 with *out as above, or 0 if there is
 * none. */
int herd_line_rest(struct herd_line *line, struct herd_slice *out);

#endif
