/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "herd/err.h"
#include "io/mem.h"
#include "io/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 256, ROOM = 64, MOST = 20 };

static const struct io_secret_rule any_bytes = {4, MOST, "say please", false};

static char path[PATH_SIZE];
static struct herd_error_text error;

/* A file of its own for each case. */
static bool put(struct herd_slice bytes, mode_t mode)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%.100s/herd-secret-XXXXXX",
                   base != NULL ? base : "/tmp");
    int fd = mkstemp(path);
    if (!CHECK(fd >= 0))
        return false;
    CHECK_INT(write(fd, bytes.data, bytes.len), (int64_t)bytes.len);
    CHECK_INT(fchmod(fd, mode), 0);
    (void)close(fd);
    error.text[0] = '\0';
    return true;
}

static bool is_zero(const char *bytes, size_t size)
{
    size_t i = 0;
    while (i < size && bytes[i] == 0)
        i++;
    return i == size;
}

/* Content of the file, the secret read (NULL: none), words of the error. */
static void check_rule(const struct io_secret_rule *rule, struct herd_slice bytes,
                       mode_t mode, const char *want, int rc, const char *says)
{
    char out[ROOM];
    size_t len = 99;
    memset(out, 'x', sizeof out);
    if (!put(bytes, mode))
        return;
    CHECK_INT(io_secret_read(path, rule, out, &len, &error), rc);
    CHECK_INT(out[MOST + 1], 'x');
    if (want != NULL) {
        CHECK_SLICE(herd_slice(out, len), herd_slice_str(want));
        CHECK(is_zero(out + len, MOST + 1 - len));
        CHECK_STR(error.text, "");
    } else {
        CHECK_INT((int64_t)len, 0);
        CHECK(is_zero(out, MOST + 1));
        CHECK(strstr(error.text, path) == error.text && strstr(error.text, says) != NULL);
        CHECK(strstr(error.text, "0123") == NULL);
    }
    (void)unlink(path);
}

static void check_file(struct herd_slice bytes, mode_t mode, const char *want, int rc,
                       const char *says)
{
    check_rule(&any_bytes, bytes, mode, want, rc, says);
}

static void test_lengths(void)
{
    static const struct {
        const char *bytes, *want;
        int rc;
        const char *says;
    } cases[] = {
        {"0123", "0123", HERD_OK, NULL},
        {"0123 \t\v\f\r\n\n", "0123", HERD_OK, NULL},
        {" 01 23\n", " 01 23", HERD_OK, NULL},
        {"01234567890123456789\n", "01234567890123456789", HERD_OK, NULL},
        {"", NULL, HERD_EBAD, "has 0 bytes, at least 4 are needed: say please"},
        {"\n \n", NULL, HERD_EBAD, "has 0 bytes, at least 4 are needed: say please"},
        {"012\n", NULL, HERD_EBAD, ": has 3 bytes, at least 4 are needed: say please"},
        {"012345678901234567890", NULL, HERD_ETOOLONG, "longer than 20 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("case %zu", i);
        check_file(herd_slice_str(cases[i].bytes), 0600, cases[i].want, cases[i].rc,
                   cases[i].says);
    }
}

/* A rule of one word: the places of what is wrong are told, not what is there. */
static void test_words(void)
{
    static const struct io_secret_rule word = {1, MOST, NULL, true};
    static const struct {
        const char *bytes, *want, *says;
    } cases[] = {
        {"!0123~\r\n", "!0123~", NULL},
        {"0123 4567\n", NULL, "byte 5 is white space: one word of visible ASCII"},
        {"0123\n4567\n", NULL, "byte 5 is white space"},
        {" 0123\n", NULL, "byte 1 is white space"},
        {"0123\xc2\xa0\n", NULL, "byte 5 is not visible ASCII"},
        {"0123\x7f\n", NULL, "byte 5 is not visible ASCII"},
        {"\xef\xbb\xbf"
         "0123\n",
         NULL, "begins with a byte order mark (U+FEFF)"},
        {"\n", NULL, "has 0 bytes, at least 1 are needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("case %zu", i);
        check_rule(&word, herd_slice_str(cases[i].bytes), 0600, cases[i].want,
                   cases[i].want != NULL ? HERD_OK : HERD_EBAD, cases[i].says);
    }
    CHECK_LABEL("NUL");
    check_rule(&word,
               herd_slice("01\0"
                          "23\n",
                          6),
               0600, NULL, HERD_EBAD, "byte 3 is not visible ASCII");
}

/* Where any bytes are allowed, those that an editor has put before the text are not. */
static void test_marks(void)
{
    static const char little[] = "\xff\xfe"
                                 "0\0001\0002\0003",
                      big[] = "\xfe\xff\0000\0001";
    check_file(HERD_LIT("\xef\xbb\xbf"
                        "0123\n"),
               0600, NULL, HERD_EBAD,
               "begins with a byte order mark (U+FEFF): save it as plain text without one");
    check_file(HERD_LIT("\xef\xbb\xbf"), 0600, NULL, HERD_EBAD, "byte order mark");
    check_file(herd_slice(little, 10), 0600, NULL, HERD_EBAD, "is text in UTF-16");
    check_file(herd_slice(big, 6), 0600, NULL, HERD_EBAD, "is text in UTF-16");
    check_file(HERD_LIT("\xef\xbbxx"), 0600, "\xef\xbbxx", HERD_OK, NULL);
    check_file(HERD_LIT("\xff\xfexx"), 0600, "\xff\xfexx", HERD_OK, NULL);
    check_file(HERD_LIT("xx\xef\xbb\xbf"), 0600, "xx\xef\xbb\xbf", HERD_OK, NULL);
}

/* White space is bounded, too, and a NUL is a byte like others. */
static void test_strange_bytes(void)
{
    static char bytes[MOST + IO_SECRET_SPACE + 1];
    memset(bytes, ' ', sizeof bytes);
    memset(bytes, 'k', 5);
    CHECK_LABEL("space");
    check_file(herd_slice(bytes, sizeof bytes - 1), 0600, "kkkkk", HERD_OK, NULL);
    check_file(herd_slice(bytes, sizeof bytes), 0600, NULL, HERD_ETOOLONG,
               "longer than 20");
    CHECK_LABEL("NUL");
    char out[ROOM];
    size_t len = 0;
    if (!put(herd_slice("a\0b\0\n", 5), 0600))
        return;
    CHECK_INT(io_secret_read(path, &any_bytes, out, &len, &error), HERD_OK);
    CHECK_SLICE(herd_slice(out, len), herd_slice("a\0b\0", 4));
    (void)unlink(path);
}

static void test_refuses(void)
{
    char out[ROOM];
    size_t len = 0;
    check_file(HERD_LIT("0123456\n"), 0644, NULL, HERD_EBAD, "chmod 600");
    check_file(HERD_LIT("0123456\n"), 0604, NULL, HERD_EBAD, "chmod 600");
    CHECK_INT(io_secret_read(path, &any_bytes, out, &len, &error), HERD_ESYS);
    CHECK(strstr(error.text, path) == error.text &&
          strstr(error.text, strerror(2)) != NULL);
}

/* In a process of its own: only root can raise the limit again. */
static void test_guard(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {1, 1};
        bool good = io_secret_guard() == HERD_OK && getrlimit(RLIMIT_CORE, &limit) == 0 &&
                    limit.rlim_cur == 0 && limit.rlim_max == 0;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
}

static void test_wipe(void)
{
    char bytes[] = "0123";
    io_mem_wipe(bytes + 1, 2);
    CHECK(bytes[0] == '0' && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == '3');
    io_mem_wipe(bytes, 0);
    CHECK(bytes[0] == '0');
}

extern const struct check_test test_secret[];
const struct check_test test_secret[] = {
    {"lengths", test_lengths}, {"words", test_words},
    {"marks", test_marks},     {"strange bytes", test_strange_bytes},
    {"refuses", test_refuses}, {"no core files", test_guard},
    {"wipes", test_wipe},      {NULL, NULL},
};
