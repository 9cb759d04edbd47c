/* SPDX-License-Identifier: ISC */
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* A volatile pointer keeps the compiler from leaving the call out. */
static void *(*const volatile set)(void *, int, size_t) = memset;

void io_mem_wipe(void *bytes, size_t size)
{
    if (size > 0)
        (void)set(bytes, 0, size);
}

static void give_back(void *old, size_t size)
{
    if (old != NULL)
        io_mem_wipe(old, size);
    free(old);
}

/* realloc() might move the bytes, and leave a copy behind. */
static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    (void)ctx;
    void *fresh = new_size > 0 ? malloc(new_size) : NULL;
    if (new_size > 0 && fresh == NULL)
        return NULL;
    if (fresh != NULL && old != NULL)
        memcpy(fresh, old, old_size < new_size ? old_size : new_size);
    give_back(old, old_size);
    return fresh;
}

const struct herd_mem io_mem = {resize, NULL};

void io_mem_wipe_stack(void)
{
    char area[IO_MEM_STACK];
    io_mem_wipe(area, sizeof area);
}
