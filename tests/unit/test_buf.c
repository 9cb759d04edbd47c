/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fail_mem.h"

#include "herd/buf.h"
#include "herd/err.h"

struct fixture {
    struct fail_mem mem;
    struct herd_buf buf;
};

static void set_up(struct fixture *f, size_t max)
{
    fail_mem_init(&f->mem);
    herd_buf_init(&f->buf, &f->mem.mem, max);
}

static void tear_down(struct fixture *f)
{
    herd_buf_free(&f->buf);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

static void is_a_queue(void)
{
    struct fixture f;
    set_up(&f, 1000);
    CHECK_INT((int64_t)f.mem.calls, 0);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT(""));
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(NULL, 0)), HERD_OK);
    CHECK_INT((int64_t)f.mem.calls, 0);
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("hello ")), HERD_OK);
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("world")), HERD_OK);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT("hello world"));
    herd_buf_consume(&f.buf, 4);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT("o world"));
    herd_buf_consume(&f.buf, 0);
    herd_buf_consume(&f.buf, 7);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT(""));
    tear_down(&f);
}

/* The cap is a cap on what is in use, wherever it lies in the memory. */
static void keeps_cap(void)
{
    char bytes[301];
    struct fixture f;
    memset(bytes, 'x', sizeof bytes);
    set_up(&f, 300);
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 301)), HERD_EFULL);
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 300)), HERD_OK);
    CHECK_INT((int64_t)f.buf.size, 300);
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 1)), HERD_EFULL);
    CHECK(herd_buf_reserve(&f.buf, 1) == NULL);
    CHECK(herd_buf_reserve(&f.buf, 0) != NULL);
    herd_buf_consume(&f.buf, 299);
    bytes[0] = 'y';
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 299)), HERD_OK);
    CHECK_INT((int64_t)f.buf.len, 300);
    CHECK_SLICE(herd_slice(herd_buf_bytes(&f.buf).data, 2), HERD_LIT("xy"));
    CHECK_INT((int64_t)f.buf.size, 300);
    tear_down(&f);
}

/* Every way of growing to a cap that is no power of two. */
static void grows_to_cap(void)
{
    static const size_t steps[] = {1, 100, 256, 257, 500, 512, 999, 1000};
    char bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct fixture f;
        set_up(&f, sizeof bytes);
        CHECK_LABEL("%zu bytes at a time", steps[s]);
        for (size_t at = 0; at + steps[s] <= sizeof bytes; at += steps[s])
            CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes + at, steps[s])), HERD_OK);
        size_t len = sizeof bytes / steps[s] * steps[s];
        CHECK_SLICE(herd_buf_bytes(&f.buf), herd_slice(bytes, len));
        CHECK(f.buf.size <= f.buf.max);
        tear_down(&f);
    }
    struct fixture f;
    set_up(&f, 10);
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 3)), HERD_OK);
    CHECK_INT((int64_t)f.buf.size, 10);
    tear_down(&f);
}

/* A queue that is filled and emptied by turns moves its bytes instead of growing. */
static void reuses_room(void)
{
    char bytes[100] = {0};
    struct fixture f;
    set_up(&f, 100000);
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 100)), HERD_OK);
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 100)), HERD_OK);
        herd_buf_consume(&f.buf, 100);
    }
    CHECK_INT((int64_t)f.buf.len, 100);
    CHECK_INT((int64_t)f.buf.size, 256);
    tear_down(&f);
}

static void reserves(void)
{
    struct fixture f;
    set_up(&f, 1000);
    char *room = herd_buf_reserve(&f.buf, 600);
    REQUIRE(room != NULL);
    CHECK_INT((int64_t)f.buf.len, 0);
    memcpy(room, "abc", 3);
    herd_buf_commit(&f.buf, 3);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT("abc"));
    tear_down(&f);
}

static void survives_lack_of_memory(void)
{
    char bytes[300] = {0};
    struct fixture f;
    set_up(&f, 1000);
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("abc")), HERD_ENOMEM);
    CHECK_INT((int64_t)f.buf.len, 0);
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("abc")), HERD_OK);
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(herd_buf_append(&f.buf, herd_slice(bytes, 300)), HERD_ENOMEM);
    fail_mem_arm(&f.mem, 1, false);
    CHECK(herd_buf_reserve(&f.buf, 300) == NULL);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT("abc"));
    tear_down(&f);
}

static void trims(void)
{
    struct fixture f;
    set_up(&f, 1000);
    herd_buf_trim(&f.buf, 0);
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("abcdef")), HERD_OK);
    herd_buf_consume(&f.buf, 2);
    herd_buf_trim(&f.buf, 256);
    CHECK_INT((int64_t)f.buf.size, 256);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT(""));
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("abc")), HERD_OK);
    herd_buf_trim(&f.buf, 255);
    CHECK_INT((int64_t)f.mem.live, 0);
    CHECK_INT(herd_buf_append(&f.buf, HERD_LIT("abc")), HERD_OK);
    CHECK_SLICE(herd_buf_bytes(&f.buf), HERD_LIT("abc"));
    tear_down(&f);
}

const struct check_test test_buf[] = {
    {"is a queue", is_a_queue},
    {"keeps the cap", keeps_cap},
    {"grows to the cap", grows_to_cap},
    {"reuses room", reuses_room},
    {"reserves room", reserves},
    {"survives a lack of memory", survives_lack_of_memory},
    {"frees its memory when it is trimmed", trims},
    {NULL, NULL},
};
