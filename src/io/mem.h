/* SPDX-License-Identifier: ISC */
/* The system's allocator as a struct herd_mem. */
#ifndef IO_MEM_H
#define IO_MEM_H

#include "herd/mem.h"

#include <stddef.h>

/* malloc() and its family; lives for ever. */
extern const struct herd_mem io_mem;

/* Overwrites `size` bytes that were secret; the compiler cannot leave it out. */
void io_mem_wipe(void *bytes, size_t size);

#endif
