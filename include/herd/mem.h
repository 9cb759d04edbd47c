/* SPDX-License-Identifier: ISC */
/* The allocator that the caller passes to the core at init.
 *
 * One function does everything, and it always gets the old size, so that tests can make the
 * n-th call fail and account for every byte. */
#ifndef HERD_MEM_H
#define HERD_MEM_H

#include <stddef.h>

struct herd_mem {
    /* Like realloc(): old == NULL allocates new_size bytes, new_size == 0 frees and
     * returns NULL, otherwise resizes and keeps the common prefix. Returns NULL when
     * out of memory, leaving `old` as it was. Shrinking may fail as well. */
    void *(*resize)(void *ctx, void *old, size_t old_size, size_t new_size);
    void *ctx; /* the first argument of `resize` */
};

/* Uninitialised memory of `size` > 0 bytes, or NULL. */
void *herd_mem_alloc(const struct herd_mem *mem, size_t size);

/* Like herd_mem_alloc, filled with zeros. */
void *herd_mem_zalloc(const struct herd_mem *mem, size_t size);

/* `old` is NULL or has the size `old_size`; `new_size` > 0. Returns the memory with its new
 * size; NULL when out of memory, and `old` is as it was. */
void *herd_mem_resize(const struct herd_mem *mem, void *old, size_t old_size,
                      size_t new_size);

/* Accepts NULL. `size` is the size of the memory at `ptr`. */
void herd_mem_free(const struct herd_mem *mem, void *ptr, size_t size);

#endif
