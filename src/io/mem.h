/* The system's allocator behind the core's allocator interface. */
#ifndef IO_MEM_H
#define IO_MEM_H

#include "herd/mem.h"

extern const struct herd_mem io_mem;

#endif
