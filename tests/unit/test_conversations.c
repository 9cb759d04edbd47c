/* SPDX-License-Identifier: ISC */
/* The conversations of fixtures/core: a folder each for clients, queries, the operator, and
 * so on. With HERD_TEST_REWRITE=1 in the environment (make rewrite-conversations) they are
 * written anew: read the difference before it is kept. */
#include "check.h"
#include "fixture.h"
#include "rig/conversation.h"

#include <stdio.h>

/* X(folder, how many allocations fail at least, all files together) */
#define FOLDERS(X)                                                                         \
    X(client, 100)                                                                         \
    X(whatsat, 100)                                                                        \
    X(expiry, 4)                                                                           \
    X(handshake, 100)                                                                      \
    X(follow, 20)                                                                          \
    X(disk, 5)                                                                             \
    X(ack, 5)                                                                              \
    X(link, 100)                                                                           \
    X(control, 10)                                                                         \
    X(core, 10)                                                                            \
    X(memory, 300)

/* ---- what is done with each file ---- */

static void check(void *ctx, const char *name)
{
    struct herd_slice text = fixture_read(name);
    (void)ctx;
    if (!fixture_is_rewritten()) {
        conversation_check(name, text);
        return;
    }
    struct rig_text out = {NULL, 0, 0};
    (void)conversation_rewrite(name, text, &out);
    fixture_check(name, rig_text_bytes(&out));
    rig_text_free(&out);
}

static void check_cuts(void *ctx, const char *name)
{
    size_t *played = ctx;
    *played += conversation_check_cuts(name, fixture_read(name));
}

static void check_memory(void *ctx, const char *name)
{
    size_t *failures = ctx;
    *failures += conversation_check_memory(name, fixture_read(name));
}

static void check_folder(const char *folder, size_t least)
{
    char path[FIXTURE_PATH];
    size_t cuts = 0, failures = 0;
    snprintf(path, sizeof path, "core/%s", folder);
    CHECK(fixture_each(path, ".txt", check, NULL) > 0);
    CHECK(fixture_each(path, ".txt", check_cuts, &cuts) > 0);
    CHECK(cuts > 0);
    CHECK(fixture_each(path, ".txt", check_memory, &failures) > 0);
    CHECK(failures >= least);
}

#define TEST(name, least)                                                                  \
    static void name(void)                                                                 \
    {                                                                                      \
        check_folder(#name, least);                                                        \
    }
FOLDERS(TEST)
#undef TEST

/* ---- the player itself ---- */

#define FOO  "# A comment.\nherd alone\n\nopen 1\n1< foo\n"
#define WANT "  1> ? foo\n"

static void check_rewrite(const char *text, const char *want, size_t expected)
{
    struct rig_text out = {NULL, 0, 0};
    CHECK_INT((int64_t)conversation_rewrite("text", herd_slice_str(text), &out),
              (int64_t)expected);
    CHECK_STR(out.data, want);
    rig_text_free(&out);
}

static void expectations_are_rewritten(void)
{
    check_rewrite(FOO WANT, FOO WANT, 1);
    check_rewrite(FOO, FOO WANT, 0);
    check_rewrite(FOO "  1> ? bar\n  close 1\n# End\n", FOO WANT "# End\n", 2);
    check_rewrite(FOO WANT "scene\n\n" FOO, FOO WANT "scene\n\n" FOO WANT, 1);
}

static void lines_are_continued(void)
{
    check_rewrite(
        "herd alone\nopen 1\n1< a\n| b\n|\n| c\\s\\c\n",
        "herd alone\nopen 1\n1< a\n| b\n|\n| c\\s\\c\n  1> ? a\n   | ? b\n   | ?\\s\n", 0);
}

static void hidden_events_show_nothing(void)
{
    check_rewrite("herd alone\nopen 1\n~ 1< a\n  1> ? a\n1< b\n",
                  "herd alone\nopen 1\n~ 1< a\n1< b\n  1> ? b\n", 1);
}

static void impossible_events_are_shown(void)
{
    check_rewrite("herd alone\n1< a\nfail Clark x\nshow nonsense\n",
                  "herd alone\n1< a\n  impossible\nfail Clark x\n  impossible\n"
                  "show nonsense\n  impossible\n",
                  0);
}

const struct check_test test_conversations[] = {
#define ROW(name, least) {#name, name},
    FOLDERS(ROW)
#undef ROW
        {"expectations_are_rewritten", expectations_are_rewritten},
    {"lines_are_continued", lines_are_continued},
    {"hidden_events_show_nothing", hidden_events_show_nothing},
    {"impossible_events_are_shown", impossible_events_are_shown},
    {NULL, NULL},
};
