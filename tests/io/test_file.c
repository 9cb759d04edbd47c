/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fail_mem.h"
#include "herd/err.h"
#include "io/file.h"
#include "io/mem.h"
#include "pair.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 512 };

static char folder[PATH_SIZE / 2];
static char path[PATH_SIZE];
static struct herd_error_text error;

static bool set_up(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.100s/herd-file-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (!CHECK(mkdtemp(folder) != NULL))
        return false;
    (void)snprintf(path, sizeof path, "%s/file", folder);
    error.text[0] = '\0';
    return true;
}

static void tear_down(void)
{
    (void)unlink(path);
    (void)rmdir(path);
    CHECK_INT(rmdir(folder), 0);
}

static void put(size_t size, mode_t mode)
{
    static const char letters[] = "abcdefg";
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (size_t i = 0; i < size; i++)
        CHECK_INT(write(fd, letters + i % 7, 1), 1);
    CHECK_INT(fchmod(fd, mode), 0);
    (void)close(fd);
}

static void test_sizes_and_cap(void)
{
    static const struct {
        size_t size;
        size_t cap;
        int want;
    } cases[] = {{0, 1, HERD_OK},       {1, 1, HERD_OK},       {2, 1, HERD_EFULL},
                 {4096, 4096, HERD_OK}, {4097, 4097, HERD_OK}, {4097, 4096, HERD_EFULL},
                 {9000, 10000, HERD_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%zu bytes, cap %zu", cases[i].size, cases[i].cap);
        if (!set_up())
            return;
        put(cases[i].size, 0644);
        struct herd_buf out;
        herd_buf_init(&out, &io_mem, cases[i].cap);
        CHECK_INT(io_file_read(path, IO_FILE_TRUSTED, &out, &error), cases[i].want);
        if (cases[i].want == HERD_OK) {
            struct herd_slice got = herd_buf_bytes(&out);
            CHECK_INT((int64_t)got.len, (int64_t)cases[i].size);
            for (size_t k = 0; k < got.len; k += 997)
                CHECK_INT(got.data[k], "abcdefg"[k % 7]);
            CHECK_STR(error.text, "");
        } else {
            CHECK(strstr(error.text, path) != NULL &&
                  strstr(error.text, "too large") != NULL);
        }
        herd_buf_free(&out);
        tear_down();
    }
}

static void test_appends(void)
{
    if (!set_up())
        return;
    put(3, 0600);
    struct herd_buf out;
    herd_buf_init(&out, &io_mem, 100);
    CHECK_INT(herd_buf_append(&out, HERD_LIT("1:")), HERD_OK);
    CHECK_INT(io_file_read(path, IO_FILE_SECRET, &out, &error), HERD_OK);
    CHECK_SLICE(herd_buf_bytes(&out), HERD_LIT("1:abc"));
    herd_buf_free(&out);
    tear_down();
}

static int read_secret(void)
{
    struct herd_buf out;
    herd_buf_init(&out, &io_mem, 100);
    int rc = io_file_read(path, IO_FILE_SECRET, &out, &error);
    CHECK_INT((int64_t)out.len, rc == HERD_OK ? 5 : 0);
    herd_buf_free(&out);
    return rc;
}

static void test_secret(void)
{
    static const struct {
        mode_t mode;
        int want;
    } cases[] = {{0600, HERD_OK},   {0400, HERD_OK},   {0700, HERD_OK},  {0644, HERD_EBAD},
                 {0604, HERD_EBAD}, {0620, HERD_EBAD}, {0666, HERD_EBAD}};
    int open_before = pair_open_count();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("mode %03o", (unsigned)cases[i].mode);
        if (!set_up())
            return;
        put(5, cases[i].mode);
        CHECK_INT(read_secret(), cases[i].want);
        CHECK_INT(strstr(error.text, path) != NULL, cases[i].want != HERD_OK);
        tear_down();
    }
    CHECK_LABEL("FIFO");
    if (!set_up())
        return;
    CHECK_INT(mkfifo(path, 0600), 0);
    CHECK_INT(read_secret(), HERD_EBAD);
    CHECK(strstr(error.text, "not a regular file") != NULL);
    tear_down();
    CHECK_LABEL("folder");
    if (!set_up())
        return;
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(read_secret(), HERD_EBAD);
    CHECK(strstr(error.text, "not a regular file") != NULL);
    tear_down();
    CHECK_INT(pair_open_count(), open_before);
}

static void test_cannot_read(void)
{
    struct herd_buf out;
    herd_buf_init(&out, &io_mem, 100);
    if (!set_up())
        return;
    CHECK_INT(io_file_read(path, IO_FILE_TRUSTED, &out, &error), HERD_ESYS);
    CHECK(strstr(error.text, path) != NULL && strstr(error.text, strerror(2)) != NULL);
    CHECK_INT(io_file_read(folder, IO_FILE_TRUSTED, &out, &error), HERD_ESYS);
    CHECK(strstr(error.text, folder) != NULL);
    put(5, 0600);
    struct fail_mem fail;
    fail_mem_init(&fail);
    struct herd_buf none;
    herd_buf_init(&none, &fail.mem, 100);
    fail_mem_arm(&fail, 1, false);
    CHECK_INT(io_file_read(path, IO_FILE_TRUSTED, &none, &error), HERD_ENOMEM);
    CHECK(strstr(error.text, path) != NULL && strstr(error.text, "memory") != NULL);
    herd_buf_free(&none);
    tear_down();
}

/* A path longer than the error text: the reason is still there. */
static void test_long_path(void)
{
    char name[1000];
    memset(name, 'n', sizeof name);
    name[0] = '/';
    name[sizeof name - 1] = '\0';
    struct herd_buf out;
    herd_buf_init(&out, &io_mem, 100);
    CHECK_INT(io_file_read(name, IO_FILE_TRUSTED, &out, &error), HERD_ESYS);
    CHECK(strlen(error.text) < sizeof error.text - 1 && strstr(error.text, ": ") != NULL);
}

static void test_make_dir(void)
{
    if (!set_up())
        return;
    CHECK_INT(io_file_make_dir(path, &error), HERD_OK);
    struct stat st;
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    CHECK_INT(io_file_make_dir(path, &error), HERD_OK);
    CHECK_INT(rmdir(path), 0);
    put(1, 0600);
    CHECK_INT(io_file_make_dir(path, &error), HERD_ESYS);
    CHECK(strstr(error.text, "not a folder") != NULL && strstr(error.text, path) != NULL);
    char deep[PATH_SIZE + 8];
    (void)snprintf(deep, sizeof deep, "%s/deep", path);
    CHECK_INT(io_file_make_dir(deep, &error), HERD_ESYS);
    CHECK(strstr(error.text, deep) != NULL);
    tear_down();
}

const struct check_test test_file[] = {
    {"sizes and the cap", test_sizes_and_cap},
    {"appends", test_appends},
    {"secret files", test_secret},
    {"unreadable files", test_cannot_read},
    {"long path", test_long_path},
    {"folders", test_make_dir},
    {NULL, NULL},
};
