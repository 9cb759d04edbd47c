/* The system's allocator behind the core's allocator interface. */
#ifndef IO_MEM_H
#define IO_MEM_H

#include "herd/mem.h"

#include <stddef.h>

extern const struct herd_mem io_mem;

/* Overwrites what was secret, in a way that no compiler leaves out. */
void io_mem_wipe(void *bytes, size_t size);

#endif
