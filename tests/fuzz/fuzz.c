/* SPDX-License-Identifier: ISC */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fuzz_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

struct herd_slice fuzz_copy(struct herd_slice bytes)
{
    char *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    if (copy == NULL)
        abort();
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    return herd_slice(copy, bytes.len);
}

void fuzz_drop(struct herd_slice copy)
{
    free((char *)(uintptr_t)copy.data);
}

uint8_t fuzz_byte(struct herd_slice *input)
{
    if (input->len == 0)
        return 0;
    uint8_t byte = (uint8_t)input->data[0];
    *input = herd_slice_from(*input, 1);
    return byte;
}

struct herd_slice fuzz_take(struct herd_slice *input, size_t len)
{
    struct herd_slice taken = herd_slice(input->data, len < input->len ? len : input->len);
    *input = herd_slice_from(*input, taken.len);
    return taken;
}

/* Each block is preceded by its size, so that a wrong `old_size` is found. */
union head {
    size_t size;
    long double widest;
};

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct fuzz_mem *fuzz = ctx;
    union head *block = old != NULL ? (union head *)old - 1 : NULL;
    FUZZ_CHECK(old_size == (block != NULL ? block->size : 0));
    if (new_size > 0 && fuzz->until > 0 && --fuzz->until == 0)
        return NULL;
    fuzz->live += new_size - old_size;
    if (fuzz->live > fuzz->peak)
        fuzz->peak = fuzz->live;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, sizeof *block + new_size);
    if (block == NULL)
        abort();
    block->size = new_size;
    return block + 1;
}

void fuzz_mem_init(struct fuzz_mem *fuzz)
{
    *fuzz = (struct fuzz_mem){.mem = {resize, fuzz}};
}
