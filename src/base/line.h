/* Bytes in any cutting -> lines.
 *
 * A line that stands whole in the input is handed out as a slice of it, without a copy;
 * only an unfinished line at the end of the input is kept. */
#ifndef HERD_BASE_LINE_H
#define HERD_BASE_LINE_H

#include "herd/buf.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>

struct herd_line {
    struct herd_buf carry; /* the unfinished line */
    bool taken;            /* the carry was handed out and goes with the next call */
};

/* `max`: longest line in bytes, without its LF. Takes no memory. */
void herd_line_init(struct herd_line *line, const struct herd_mem *mem, size_t max);
void herd_line_free(struct herd_line *line);

/* The next line, without its LF. Takes its bytes off the front of *input.
 * Returns 1: *out is a line, valid until the next call or as long as the input's bytes.
 * 0: the input is used up. HERD_ETOOLONG: *out is the first `max` bytes of a line that is
 * longer; the caller must give up on this input. HERD_ENOMEM: likewise, *out is empty. */
int herd_line_next(struct herd_line *line, struct herd_slice *input,
                   struct herd_slice *out);

/* Whether an unfinished line is kept. */
bool herd_line_partial(const struct herd_line *line);

/* Declares the unfinished line finished: returns 1 with *out as above, or 0 if there is
 * none. */
int herd_line_rest(struct herd_line *line, struct herd_slice *out);

#endif
