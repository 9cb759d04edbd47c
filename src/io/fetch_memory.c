/* SPDX-License-Identifier: ISC */
#include "fetch_memory.h"

#include "mem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Before each block; keeps it aligned for anything. */
union head {
    size_t size;
    max_align_t align;
};

static void *allocate(size_t size)
{
    union head *head = size <= SIZE_MAX - sizeof *head ? malloc(sizeof *head + size) : NULL;
    if (head == NULL)
        return NULL;
    head->size = size;
    return head + 1;
}

static void give_back(void *block)
{
    union head *head = block;
    if (block == NULL)
        return;
    head--;
    io_mem_wipe(block, head->size);
    free(head);
}

static void *resize(void *block, size_t size)
{
    const union head *head = block;
    void *fresh = allocate(size);
    if (fresh == NULL || block == NULL)
        return fresh;
    size_t old_size = head[-1].size;
    memcpy(fresh, block, old_size < size ? old_size : size);
    give_back(block);
    return fresh;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *fresh = allocate(size);
    if (fresh != NULL)
        memcpy(fresh, text, size);
    return fresh;
}

static void *allocate_zeros(size_t count, size_t size)
{
    void *fresh = size == 0 || count <= SIZE_MAX / size ? allocate(count * size) : NULL;
    if (fresh != NULL)
        memset(fresh, 0, count * size);
    return fresh;
}

CURLcode io_fetch_memory_init(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, allocate, give_back, resize, copy,
                                allocate_zeros);
}
