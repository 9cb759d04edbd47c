/* herd's command line and its check of configurations. */
#include "check.h"
#include "child.h"
#include "files.h"

#include <stdio.h>
#include <stdlib.h>

static struct outcome run_herd(const char *a, const char *b, const char *c, const char *d)
{
    const char *const argv[] = {"herd", a, b, c, d, NULL};
    return child_run("HERD_TEST_BIN", argv);
}

static void path_of(char *path, size_t size, const char *dir, const char *name)
{
    (void)snprintf(path, size, "%s/%s", dir, name);
}

static void help_and_versions(void)
{
    static const char *const flags[] = {"-h", "--help", "-V", "--version"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        CHECK_LABEL("%s", flags[i]);
        struct outcome got = run_herd(flags[i], NULL, NULL, NULL);
        CHECK_INT(got.status, 0);
        CHECK(got.out.len > 20);
        CHECK_INT((int64_t)got.err.len, 0);
        outcome_free(&got);
    }
}

static void misuse_is_explained(void)
{
    static const struct {
        const char *a, *b;
        const char *says;
    } cases[] = {
        {NULL, NULL, "NAME is missing"},
        {"-x", NULL, "unknown option"},
        {"-c", NULL, "lacks its value"},
        {"Goloman", "Hands", "one NAME only"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_LABEL("%s", cases[i].says);
        struct outcome got = run_herd(cases[i].a, cases[i].b, NULL, NULL);
        CHECK_INT(got.status, 2);
        CHECK(bytes_have(got.err, cases[i].says));
        CHECK(bytes_have(got.err, "usage: herd"));
        outcome_free(&got);
    }
}

/* -t prints a form that says the same again. */
static void check_fixed_point(const char *path)
{
    char dir[CHILD_DIR], copy[CHILD_DIR + 16];
    struct outcome once = run_herd("-c", path, "-t", NULL);
    CHECK_INT(once.status, 0);
    if (child_dir_make(dir)) {
        path_of(copy, sizeof copy, dir, "copy.conf");
        CHECK(file_write(copy, once.out));
        struct outcome twice = run_herd("-c", copy, "-t", NULL);
        CHECK_INT(twice.status, 0);
        CHECK_SLICE(twice.out, once.out);
        outcome_free(&twice);
        child_dir_remove(dir);
    }
    outcome_free(&once);
}

static void normal_forms(void)
{
    static const char *const names[] = {"../herd.conf", "conf/ucla-2018.conf",
                                        "conf/ucla-2020.conf", "conf/ucla-2022.conf",
                                        "conf/ucla-2023.conf"};
    const char *fixtures = getenv("HERD_TEST_FIXTURES");
    char path[1024];
    REQUIRE(fixtures != NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_LABEL("%s", names[i]);
        path_of(path, sizeof path, fixtures, names[i]);
        check_fixed_point(path);
    }
}

static void every_mistake_is_told(void)
{
    char dir[CHILD_DIR], path[CHILD_DIR + 16], want[CHILD_DIR + 64];
    REQUIRE(child_dir_make(dir));
    path_of(path, sizeof path, dir, "bad.conf");
    CHECK(file_write(path, HERD_LIT("server A client 127.0.0.1:x peer 127.0.0.1:1\n"
                                    "link A Nobody\n"
                                    "lookups-max many\n"
                                    "places-ulr http://127.0.0.1/\n")));
    struct outcome got = run_herd("-c", path, "A", NULL);
    CHECK_INT(got.status, 1);
    CHECK_INT((int64_t)got.out.len, 0);
    for (int line = 1; line <= 4; line++) {
        (void)snprintf(want, sizeof want, "herd: %s:%d: ", path, line);
        CHECK_LABEL("line %d", line);
        CHECK(bytes_have(got.err, want));
    }
    CHECK(bytes_have(got.err, "did you mean places-url"));
    outcome_free(&got);
    child_dir_remove(dir);
}

static void nothing_half_starts(void)
{
    char dir[CHILD_DIR], path[CHILD_DIR + 16];
    REQUIRE(child_dir_make(dir));
    path_of(path, sizeof path, dir, "some.conf");
    CHECK(file_write(path, HERD_LIT("server A client 127.0.0.1:0 peer 192.0.2.1:0\n")));
    struct outcome got = run_herd("-c", path, "A", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "loopback"));
    CHECK_INT((int64_t)got.out.len, 0);
    outcome_free(&got);
    got = run_herd("-c", path, "B", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "has no server \"B\"; it has A"));
    outcome_free(&got);
    CHECK(file_write(path, HERD_LIT("server A client 127.0.0.1:0 peer 127.0.0.1:0\n"
                                    "places-url http://192.0.2.1/\n")));
    got = run_herd("-c", path, "A", NULL);
    CHECK_INT(got.status, 1);
    CHECK(got.err.len > 0);
    CHECK_INT((int64_t)got.out.len, 0);
    outcome_free(&got);
    got = run_herd("-c", "/nonexistent/herd.conf", "A", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "/nonexistent/herd.conf"));
    outcome_free(&got);
    child_dir_remove(dir);
}

extern const struct check_test test_conf[];
const struct check_test test_conf[] = {
    {"help_and_versions", help_and_versions},
    {"misuse_is_explained", misuse_is_explained},
    {"normal_forms", normal_forms},
    {"every_mistake_is_told", every_mistake_is_told},
    {"nothing_half_starts", nothing_half_starts},
    {NULL, NULL},
};
