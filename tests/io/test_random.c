/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "io/random.h"
#include "pair.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct herd_error_text error;

static void check_refused(const char *path, const char *reason)
{
    unsigned char bytes[16];
    int open_before = pair_open_count();
    error.text[0] = '\0';
    CHECK_LABEL("%s", path);
    CHECK_INT(io_random_from(path, bytes, sizeof bytes, &error), HERD_ESYS);
    CHECK(strstr(error.text, "no random bytes from ") == error.text);
    CHECK(strstr(error.text, path) != NULL && strstr(error.text, reason) != NULL);
    CHECK(strstr(error.text, "give the chroot or container the device") != NULL);
    CHECK_INT(pair_open_count(), open_before);
}

/* /dev of a chroot that lacks it, has something else, or has a FIFO that nobody writes. */
static void test_refuses(void)
{
    char folder[] = "/tmp/herd-random-XXXXXX", path[64];
    REQUIRE(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/urandom", folder);
    check_refused(path, "No such file");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK_INT(write(fd, "0123456789abcdefghij", 20), 20);
    (void)close(fd);
    check_refused(path, "it is not a device");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(mkfifo(path, 0600), 0);
    check_refused(path, "it is not a device");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
    check_refused("/dev/null", "it is at its end");
    CHECK_LABEL("%s", "");
}

static void test_fills(void)
{
    unsigned char one[32] = {0}, two[32] = {0}, zero[32] = {0};
    CHECK_INT(io_random(one, sizeof one, &error), HERD_OK);
    CHECK_INT(io_random(two, sizeof two - 1, &error), HERD_OK);
    CHECK(memcmp(one, two, sizeof one) != 0 && memcmp(one, zero, sizeof one) != 0);
    CHECK_INT(two[31], 0);
}

extern const struct check_test test_random[];
const struct check_test test_random[] = {
    {"fills", test_fills},
    {"refuses what is no device", test_refuses},
    {NULL, NULL},
};
