/* SPDX-License-Identifier: ISC */
/* An owned queue of bytes with a hard cap: append at the end, consume at the front.
 *
 * The cap is given at init and never exceeded; bytes that do not all fit are refused, so a
 * failed append leaves the buffer as it was. Memory is allocated by the first append and
 * freed by herd_buf_free or herd_buf_trim.
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

/* Allocates nothing. `max` > 0, in bytes. */
void herd_buf_init(struct herd_buf *buf, const struct herd_mem *mem, size_t max);

/* Frees the memory; the buffer is empty, as after herd_buf_init. */
void herd_buf_free(struct herd_buf *buf);

/* The bytes in use. */
struct herd_slice herd_buf_bytes(const struct herd_buf *buf);

/* Copies `bytes` to the end. Errors: HERD_EFULL (over the cap), HERD_ENOMEM. */
int herd_buf_append(struct herd_buf *buf, struct herd_slice bytes);

/* Room for `size` more bytes at the end, which the caller fills and then adds by
 * herd_buf_commit. Returns NULL when over the cap or out of memory. */
char *herd_buf_reserve(struct herd_buf *buf, size_t size);

/* Adds `size` bytes that were written into the room of the last herd_buf_reserve; at most
 * as many as were reserved. */
void herd_buf_commit(struct herd_buf *buf, size_t size);

/* Drops `size` bytes, at most those in use, from the front. */
void herd_buf_consume(struct herd_buf *buf, size_t size);

/* Drops all bytes; frees the memory when it is larger than `keep` bytes. */
void herd_buf_trim(struct herd_buf *buf, size_t keep);

/* Overwrites the memory that is not in use with zeros: what was consumed or dropped. */
void herd_buf_wipe_spare(struct herd_buf *buf);

#endif
