/* SPDX-License-Identifier: ISC */
#include "herd/mem.h"

#include <assert.h>
#include <string.h>

void *herd_mem_alloc(const struct herd_mem *mem, size_t size)
{
    assert(size > 0);
    return mem->resize(mem->ctx, NULL, 0, size);
}

void *herd_mem_zalloc(const struct herd_mem *mem, size_t size)
{
    void *fresh = herd_mem_alloc(mem, size);
    if (fresh != NULL)
        memset(fresh, 0, size);
    return fresh;
}

void *herd_mem_resize(const struct herd_mem *mem, void *old, size_t old_size,
                      size_t new_size)
{
    assert(new_size > 0);
    return mem->resize(mem->ctx, old, old_size, new_size);
}

void herd_mem_free(const struct herd_mem *mem, void *ptr, size_t size)
{
    if (ptr != NULL)
        mem->resize(mem->ctx, ptr, size, 0);
}
