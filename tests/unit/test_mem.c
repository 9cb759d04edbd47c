/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "herd/mem.h"

static void resizes(void)
{
    struct fail_mem mem;
    fail_mem_init(&mem);
    char *block = herd_mem_alloc(&mem.mem, 3);
    REQUIRE(block != NULL);
    memcpy(block, "abc", 3);
    char *wider = herd_mem_resize(&mem.mem, block, 3, 100);
    REQUIRE(wider != NULL);
    CHECK_SLICE(herd_slice(wider, 3), HERD_LIT("abc"));
    fail_mem_arm(&mem, 1, false);
    CHECK(herd_mem_resize(&mem.mem, wider, 100, 200) == NULL);
    CHECK_SLICE(herd_slice(wider, 3), HERD_LIT("abc"));
    herd_mem_free(&mem.mem, wider, 100);
    CHECK_INT((int64_t)mem.blocks, 0);
}

static void fills_with_zeros(void)
{
    struct fail_mem mem;
    fail_mem_init(&mem);
    char *block = herd_mem_zalloc(&mem.mem, 4);
    REQUIRE(block != NULL);
    CHECK_SLICE(herd_slice(block, 4), HERD_LIT("\0\0\0\0"));
    herd_mem_free(&mem.mem, block, 4);
    fail_mem_arm(&mem, 1, false);
    CHECK(herd_mem_zalloc(&mem.mem, 4) == NULL);
    herd_mem_free(&mem.mem, NULL, 0);
    CHECK_INT((int64_t)mem.blocks, 0);
}

const struct check_test test_mem[] = {
    {"resizes", resizes},
    {"fills with zeros", fills_with_zeros},
    {NULL, NULL},
};

static void has_text_for_every_code(void)
{
    CHECK_STR(herd_strerror(HERD_OK), "ok");
    CHECK_STR(herd_strerror(HERD_ENOMEM), "out of memory");
    CHECK_STR(herd_strerror(1), "unknown error");
    CHECK_STR(herd_strerror(-1000), "unknown error");
#define CASE(name, code, text)                                                             \
    CHECK_STR(herd_strerror(name), text);                                                  \
    CHECK_INT(name, code);
    HERD_ERRORS(CASE)
#undef CASE
}

const struct check_test test_err[] = {
    {"has a text for every code", has_text_for_every_code},
    {NULL, NULL},
};
