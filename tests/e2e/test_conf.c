/* SPDX-License-Identifier: ISC */
/* The program's options, and the configuration as the program reads it. */
#include "check.h"
#include "child.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 512, TEXT = 1024 };

/* The path of a copy: a checkout may belong to another user, or its group may write it, and
 * then herd does not read it. The folder lives as long as this process. */
static void fixture_path(char path[PATH_SIZE], const char *name)
{
    static char dir[CHILD_DIR];
    const char *slash = strrchr(name, '/');
    struct herd_slice bytes = fixture_file(name);
    CHECK(dir[0] != '\0' || child_dir_make(dir));
    snprintf(path, PATH_SIZE, "%s/%s", dir, slash != NULL ? slash + 1 : name);
    CHECK(bytes.data != NULL && file_write(path, bytes));
    file_free(bytes);
}

static struct outcome run(const char *a, const char *b, const char *c, const char *d)
{
    const char *argv[] = {"herd", a, b, c, d, NULL};
    return child_run("HERD_TEST_BIN", argv);
}

/* -t prints what it has understood; reading that, it prints the same again. */
static void normal_form(void)
{
    static const char *const names[] = {"conf/ucla-2018.conf", "conf/ucla-2020.conf",
                                        "conf/ucla-2022.conf", "conf/ucla-2023.conf",
                                        "../herd.conf"};
    char dir[CHILD_DIR], copy[CHILD_DIR + 8];
    REQUIRE(child_dir_make(dir));
    snprintf(copy, sizeof copy, "%s/conf", dir);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_SIZE];
        CHECK_LABEL("%s", names[i]);
        fixture_path(path, names[i]);
        struct outcome first = run("-c", path, "-t", NULL);
        CHECK_INT(first.status, 0);
        CHECK_INT((int64_t)bytes_count(first.out, HERD_LIT("  client ")), 5);
        CHECK(bytes_have(first.out, "\nlink ") && bytes_have(first.out, "\nclients-max "));
        CHECK(file_write(copy, first.out));
        struct outcome second = run("-c", copy, "-t", NULL);
        CHECK_INT(second.status, 0);
        CHECK_SLICE(second.err, first.err);
        CHECK_SLICE(second.out, first.out);
        outcome_free(&first);
        outcome_free(&second);
    }
    child_dir_remove(dir);
}

/* After the configuration -t reports on its links; warnings are on standard
 * error, too, and do not change the exit status. */
static void topology(void)
{
    static const struct {
        const char *name, *warning;
    } herds[] = {
        {"conf/ucla-2018.conf", "if Holiday fails, the herd splits into 2 parts (Goloman "
                                "Hands Wilkes | Welsh): add 1 link between them\n"},
        {"conf/ucla-2020.conf", NULL},
        {"conf/ucla-2022.conf", NULL},
        {"conf/ucla-2023.conf", NULL},
        {"conf/minimal.in", NULL},
    };
    for (size_t i = 0; i < sizeof herds / sizeof herds[0]; i++) {
        char path[PATH_SIZE], want[TEXT] = "";
        CHECK_LABEL("%s", herds[i].name);
        fixture_path(path, herds[i].name);
        struct outcome got = run("-c", path, "-t", NULL);
        CHECK_INT(got.status, 0);
        CHECK(bytes_have(got.out, "\n\n# topology: "));
        if (herds[i].warning != NULL)
            snprintf(want, sizeof want, "herd: warning: %s", herds[i].warning);
        CHECK_SLICE(got.err, herd_slice_str(want));
        CHECK_INT(bytes_have(got.out, "# warning: "), herds[i].warning != NULL);
        if (herds[i].warning != NULL) {
            snprintf(want, sizeof want, "\n# warning: %s", herds[i].warning);
            CHECK(bytes_have(got.out, want));
        }
        outcome_free(&got);
    }
}

/* A herd of two components, one of which has a cut vertex. Its names are unknown, of which
 * -t warns as well. */
static void several_warnings(void)
{
    char path[PATH_SIZE];
    fixture_path(path, "conf/links-first.in");
    struct outcome got = run("-c", path, "-t", NULL);
    CHECK_INT(got.status, 0);
    CHECK(bytes_have(got.err, "herd: warning: the herd is split into 2 parts (A B C | D) "
                              "that are not connected: add 1 link between them\n"
                              "herd: warning: if C fails, its part of the herd splits into "
                              "2 parts (A | B): add 1 link between them\n"));
    CHECK_INT((int64_t)bytes_count(got.out, HERD_LIT("\n# warning: ")), 2);
    outcome_free(&got);
}

/* The next line of *text with its LF. */
static struct herd_slice take_line(struct herd_slice *text)
{
    const char *lf = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    size_t len = lf != NULL ? (size_t)(lf - text->data) + 1 : text->len;
    struct herd_slice line = herd_slice(text->data, len);
    *text = herd_slice_from(*text, len);
    return line;
}

/* "3: what is wrong" of the fixture becomes "herd: file:3: what is wrong"; line 0 stands
 * for the whole file. */
static void check_errors(struct herd_slice got, struct herd_slice want, const char *path)
{
    while (want.len > 0) {
        char line[PATH_SIZE + TEXT];
        struct herd_slice error = take_line(&want);
        bool whole = error.len > 2 && memcmp(error.data, "0:", 2) == 0;
        if (whole)
            error = herd_slice_from(error, 2);
        int len =
            snprintf(line, sizeof line, "herd: %s:%.*s", path, (int)error.len, error.data);
        CHECK_SLICE(take_line(&got), herd_slice(line, (size_t)len));
    }
    CHECK_INT((int64_t)got.len, 0);
}

/* All errors of a file in one go, on standard error, each with its place. */
static void every_error(void)
{
    static const char *const names[] = {"bad-addresses", "bad-bytes",   "bad-links",
                                        "bad-numbers",   "bad-options", "bad-quotes",
                                        "bad-servers",   "bad-whole",   "empty"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_SIZE], name[64];
        CHECK_LABEL("%s", names[i]);
        snprintf(name, sizeof name, "conf/%s.in", names[i]);
        fixture_path(path, name);
        snprintf(name, sizeof name, "conf/%s.err", names[i]);
        struct herd_slice want = fixture_file(name);
        CHECK(want.len > 0);
        struct outcome got = run("-c", path, "-t", NULL);
        CHECK_INT(got.status, 1);
        CHECK_INT((int64_t)got.out.len, 0);
        check_errors(got.err, want, path);
        outcome_free(&got);
        got = run("-c", path, "Goloman", NULL);
        CHECK_INT(got.status, 1);
        check_errors(got.err, want, path);
        outcome_free(&got);
        file_free(want);
    }
}

static void unknown_name(void)
{
    char path[PATH_SIZE];
    fixture_path(path, "conf/ucla-2018.conf");
    struct outcome got = run("-c", path, "Golomann", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "\"Golomann\""));
    CHECK(bytes_have(got.err, "Goloman, Hands, Holiday, Welsh, Wilkes"));
    CHECK_INT((int64_t)bytes_count(got.err, HERD_LIT("\n")), 1);
    outcome_free(&got);
    got = run("-c", "/nonexistent/herd.conf", "Goloman", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "/nonexistent/herd.conf"));
    outcome_free(&got);
}

/* 0 and the text on standard output, or 2 and the usage on standard error. */
static void options(void)
{
    static const struct {
        const char *word[4];
        int status;
        const char *says;
    } cases[] = {
        {{"-h"}, 0, "usage: herd "},
        {{"--help"}, 0, "usage: herd "},
        {{"-V"}, 0, "libcurl"},
        {{"--version"}, 0, "libcurl/"},
        {{"-V"}, 0, "libcrypto of "},
        {{NULL}, 2, "NAME of a server is missing\nusage: herd "},
        {{"-x"}, 2, "unknown option -x\nusage: herd "},
        {{"--nonsense"}, 2, "unknown option --nonsense\nusage: herd "},
        {{"-c"}, 2, "option -c needs a value\nusage: herd "},
        {{"Goloman", "Hands"}, 2, "2 names are given, 1 is allowed\nusage: herd "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].word[0] != NULL ? cases[i].word[0] : "no word");
        const char *const *word = cases[i].word;
        struct outcome got = run(word[0], word[1], word[2], word[3]);
        bool good = cases[i].status == 0;
        CHECK_INT(got.status, cases[i].status);
        CHECK(bytes_have(good ? got.out : got.err, cases[i].says));
        CHECK_INT((int64_t)(good ? got.err : got.out).len, 0);
        outcome_free(&got);
    }
}

/* Addresses beyond this machine, which nothing would protect. */
static void nothing_half_starts(void)
{
    char dir[CHILD_DIR], path[CHILD_DIR + 16];
    REQUIRE(child_dir_make(dir));
    snprintf(path, sizeof path, "%s/some.conf", dir);
    CHECK(file_write(path, HERD_LIT("server A client 127.0.0.1:0 peer 192.0.2.1:0\n")));
    struct outcome got = run("-c", path, "A", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "loopback"));
    CHECK_INT((int64_t)got.out.len, 0);
    outcome_free(&got);
    got = run("-c", path, "B", NULL);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "has no server \"B\"; it has A"));
    outcome_free(&got);
    got = run("-c", path, "A\xe2\x80\x8b", NULL);
    CHECK(bytes_have(got.err, "has no server \"A\\xe2\\x80\\x8b\"; it has A"));
    outcome_free(&got);
    CHECK(file_write(path, HERD_LIT("server A client 127.0.0.1:0 peer 127.0.0.1:0\n"
                                    "places-url http://192.0.2.1/\n")));
    got = run("-c", path, "A", NULL);
    CHECK_INT(got.status, 1);
    CHECK(got.err.len > 0);
    CHECK_INT((int64_t)got.out.len, 0);
    outcome_free(&got);
    child_dir_remove(dir);
}

const struct check_test test_conf[] = {
    {"normal_form", normal_form},
    {"topology", topology},
    {"several_warnings", several_warnings},
    {"every_error", every_error},
    {"unknown_name", unknown_name},
    {"options", options},
    {"nothing_half_starts", nothing_half_starts},
    {NULL, NULL},
};
