/* SPDX-License-Identifier: ISC */
#include "mem.h"

#include <stdlib.h>

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, new_size);
}

const struct herd_mem io_mem = {resize, NULL};

/* A volatile pointer keeps the compiler from leaving the stores out. */
void io_mem_wipe(void *bytes, size_t size)
{
    for (volatile unsigned char *at = bytes; size > 0; size--)
        *at++ = 0;
}
