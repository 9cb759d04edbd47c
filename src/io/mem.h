/* SPDX-License-Identifier: ISC */
/* The system's allocator as a struct herd_mem. */
#ifndef IO_MEM_H
#define IO_MEM_H

#include "herd/mem.h"

#include <stddef.h>

/* malloc() and free(); lives for ever. Memory is overwritten before it is given back, also
 * when bytes move because they need more room: so nothing that was freed can be found. */
extern const struct herd_mem io_mem;

/* Overwrites `size` bytes that were secret; the compiler cannot leave it out. */
void io_mem_wipe(void *bytes, size_t size);

enum { IO_MEM_STACK = 65536 };

/* Overwrites IO_MEM_STACK bytes of the stack below the caller: what functions that have
 * returned left there. */
void io_mem_wipe_stack(void);

#endif
