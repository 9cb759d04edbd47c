/* SPDX-License-Identifier: ISC */
#include "fail_mem.h"

#include "must.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* What stands before each block. */
struct head {
    alignas(max_align_t) size_t size;
    size_t magic;
};

enum { MAGIC = 0x5EED, FRESH = 0xA5, STALE = 0x5A };

static void *take(struct fail_mem *fail, size_t size)
{
    struct head *head = malloc(sizeof *head + size);
    if (head == NULL)
        return NULL;
    *head = (struct head){.size = size, .magic = MAGIC};
    memset(head + 1, FRESH, size);
    fail->blocks++;
    fail->live += size;
    if (fail->live > fail->peak)
        fail->peak = fail->live;
    return head + 1;
}

static void give_back(struct fail_mem *fail, void *block)
{
    struct head *head = (struct head *)block - 1;
    fail->blocks--;
    fail->live -= head->size;
    head->magic = 0;
    memset(block, STALE, head->size);
    free(head);
}

static bool is_to_fail(struct fail_mem *fail)
{
    fail->calls++;
    if (fail->fail_at == 0 || fail->calls < fail->fail_at ||
        (fail->calls > fail->fail_at && !fail->for_ever))
        return false;
    fail->failed++;
    return true;
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct fail_mem *fail = ctx;
    if (old != NULL) {
        const struct head *head = (const struct head *)old - 1;
        MUST(head->magic == MAGIC);
        MUST(old_size == head->size);
    } else {
        MUST(old_size == 0);
    }
    if (new_size == 0) {
        if (old != NULL)
            give_back(fail, old);
        return NULL;
    }
    if (is_to_fail(fail))
        return NULL;
    void *fresh = take(fail, new_size);
    if (fresh != NULL && old != NULL) {
        size_t held = ((const struct head *)old - 1)->size;
        memcpy(fresh, old, held < new_size ? held : new_size);
        give_back(fail, old);
    }
    return fresh;
}

void fail_mem_init(struct fail_mem *fail)
{
    *fail = (struct fail_mem){.mem = {resize, fail}};
}

void fail_mem_arm(struct fail_mem *fail, size_t n, bool for_ever)
{
    fail->fail_at = n == 0 ? 0 : fail->calls + n;
    fail->for_ever = for_ever;
}
