/* An owned queue of bytes with a hard cap: append at the end, consume at the front.
 *
 * The cap is given at init and never exceeded; what does not fit is refused whole, so a
 * failed append leaves the bytes as they were. Memory is taken on the first append and
 * given back by herd_buf_free, or by herd_buf_trim once the queue is empty.
 * Pointers into the buffer live until the next call that is not const. */
#ifndef HERD_BUF_H
#define HERD_BUF_H

#include "herd/mem.h"
#include "herd/slice.h"

struct herd_buf {
    const struct herd_mem *mem; /* borrowed, outlives the buffer */
    char *data;                 /* NULL until first used */
    size_t head;                /* offset of the first byte in use */
    size_t len;                 /* bytes in use, from head */
    size_t size;                /* bytes allocated */
    size_t max;                 /* most bytes ever in use */
};

/* Takes no memory. `max` > 0. */
void herd_buf_init(struct herd_buf *buf, const struct herd_mem *mem, size_t max);

/* Gives the memory back; the buffer is as after init. */
void herd_buf_free(struct herd_buf *buf);

/* The bytes in use. */
struct herd_slice herd_buf_bytes(const struct herd_buf *buf);

/* Errors: HERD_EFULL (over the cap), HERD_ENOMEM. */
int herd_buf_append(struct herd_buf *buf, struct herd_slice bytes);

/* Room for `size` more bytes, to be filled by the caller and then counted by
 * herd_buf_commit. Returns NULL when over the cap or out of memory. */
char *herd_buf_reserve(struct herd_buf *buf, size_t size);

/* Counts `size` bytes written into the room that herd_buf_reserve gave. */
void herd_buf_commit(struct herd_buf *buf, size_t size);

/* Drops `size` bytes, at most those in use, from the front. */
void herd_buf_consume(struct herd_buf *buf, size_t size);

/* Drops all bytes; gives the memory back when more than `keep` bytes are held. */
void herd_buf_trim(struct herd_buf *buf, size_t keep);

#endif
