/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "herd/err.h"
#include "io/sock.h"
#include "pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct herd_error_text error;

static char folder[sizeof(struct sockaddr_un)];
static char path[sizeof(struct sockaddr_un)];

static bool make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/herd-sock-XXXXXX");
    if (!CHECK(mkdtemp(folder) != NULL))
        return false;
    (void)snprintf(path, sizeof path, "%.60s/s", folder);
    return true;
}

static void remove_folder(void)
{
    (void)unlink(path);
    CHECK_INT(rmdir(folder), 0);
}

static void test_unix(void)
{
    int open_before = pair_open_count();
    if (!make_folder())
        return;
    mode_t mask = umask(022);
    int listener = io_sock_listen_unix(path, &error);
    REQUIRE(listener >= 0);
    CHECK_INT(umask(mask), 022);
    struct stat st;
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    int dialled = io_sock_dial_unix(path, &error);
    REQUIRE(dialled >= 0);
    CHECK_INT(pair_wait(listener, POLLIN), 1);
    struct io_addr from;
    int accepted = io_sock_accept(listener, &from);
    REQUIRE(accepted >= 0);
    char text[IO_ADDR_TEXT_SIZE];
    io_addr_text(&from, text);
    CHECK_STR(text, "local");
    CHECK_INT(io_addr_is_loopback(&from), 0);
    pair_check_flags(listener, false);
    pair_check_flags(dialled, false);
    pair_check_flags(accepted, false);
    CHECK_LABEL("a process listens");
    CHECK_INT(io_sock_listen_unix(path, &error), -1);
    CHECK(strstr(error.text, path) != NULL && strstr(error.text, "in use") != NULL);
    CHECK_LABEL("no process listens any more");
    (void)close(listener);
    CHECK_INT(io_sock_dial_unix(path, &error), -1);
    CHECK(strstr(error.text, path) != NULL &&
          strstr(error.text, strerror(ECONNREFUSED)) != NULL);
    listener = io_sock_listen_unix(path, &error);
    CHECK(listener >= 0);
    (void)close(listener);
    (void)close(accepted);
    (void)close(dialled);
    remove_folder();
    CHECK_INT(pair_open_count(), open_before);
}

/* A listener with a full backlog is no stale socket. On systems that refuse the connection
 * then, the two look the same: there is nothing to test. */
static void test_unix_busy(void)
{
    enum { MOST = 64 };
    int open_before = pair_open_count();
    if (!make_folder())
        return;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    memcpy(un.sun_path, path, strlen(path) + 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_INT(bind(listener, (const struct sockaddr *)&un, sizeof un), 0);
    CHECK_INT(listen(listener, 0), 0);
    int waiting[MOST];
    int count = 0;
    while (count < MOST && (waiting[count] = io_sock_dial_unix(path, &error)) >= 0)
        count++;
    if (count < MOST && strstr(error.text, strerror(EAGAIN)) != NULL) {
        CHECK_INT(io_sock_listen_unix(path, &error), -1);
        CHECK(strstr(error.text, "in use") != NULL);
    }
    while (count > 0)
        (void)close(waiting[--count]);
    (void)close(listener);
    remove_folder();
    CHECK_INT(pair_open_count(), open_before);
}

static void test_unix_errors(void)
{
    int open_before = pair_open_count();
    if (!make_folder())
        return;
    CHECK_LABEL("another kind of file");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK_INT(write(fd, "keep", 4), 4);
    (void)close(fd);
    CHECK_INT(io_sock_listen_unix(path, &error), -1);
    CHECK(strstr(error.text, "not a socket") != NULL);
    struct stat st;
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_size, 4);
    (void)unlink(path);
    CHECK_LABEL("a link to nowhere");
    CHECK_INT(symlink("/nowhere/at-all", path), 0);
    CHECK_INT(io_sock_listen_unix(path, &error), -1);
    CHECK_INT(lstat(path, &st), 0);
    (void)unlink(path);
    CHECK_LABEL("nothing there");
    CHECK_INT(io_sock_dial_unix(path, &error), -1);
    CHECK(strstr(error.text, strerror(ENOENT)) != NULL);
    CHECK_INT(io_sock_listen_unix("/nowhere/at-all", &error), -1);
    CHECK(strstr(error.text, strerror(ENOENT)) != NULL);
    CHECK_LABEL("path length");
    char longest[300];
    memset(longest, 'p', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CHECK_INT(io_sock_listen_unix(longest, &error), -1);
    CHECK_INT(io_sock_dial_unix(longest, &error), -1);
    CHECK(strstr(error.text, "too long") != NULL);
    CHECK_INT(io_sock_dial_unix("", &error), -1);
    remove_folder();
    CHECK_INT(pair_open_count(), open_before);
}

const struct check_test test_sock_unix[] = {
    {"unix sockets", test_unix},
    {"unix socket, busy", test_unix_busy},
    {"unix socket errors", test_unix_errors},
    {NULL, NULL},
};
