/* SPDX-License-Identifier: ISC */
#include "pair.h"

#include "check.h"
#include "io/sock.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 4096, WAIT_MS = 5000 };

static void unblock(int fd)
{
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

bool pair_local(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return false;
    unblock(fds[0]);
    unblock(fds[1]);
    return true;
}

bool pair_tcp(int fds[2])
{
    struct herd_error_text error;
    struct io_addr addr;
    struct io_addr bound;
    if (io_addr_lookup(&addr, "127.0.0.1", 0, &error) != 0)
        return false;
    int listener = io_sock_listen(&addr, &bound, &error);
    if (listener == -1)
        return false;
    fds[0] = io_sock_dial(&bound, &error);
    struct pollfd entry = {.fd = listener, .events = POLLIN, .revents = 0};
    (void)poll(&entry, 1, WAIT_MS);
    fds[1] = io_sock_accept(listener, NULL);
    (void)close(listener);
    return fds[0] != -1 && fds[1] >= 0;
}

int pair_open_count(void)
{
    int count = 0;
    for (int fd = 0; fd < MOST; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* The system uses the lowest free descriptor first, so the limit has to be the number of
 * the first free one, and open descriptors above it do not count. */
void pair_spare(int spare)
{
    static struct rlimit first;
    static bool known = false;
    if (!known)
        known = getrlimit(RLIMIT_NOFILE, &first) == 0;
    struct rlimit limit = first;
    if (spare >= 0) {
        int fd = 0;
        for (int free_ones = 0; fd < MOST; fd++)
            if (fcntl(fd, F_GETFD) == -1 && free_ones++ == spare)
                break;
        limit.rlim_cur = (rlim_t)fd;
    }
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

size_t pair_fill(int fd)
{
    static const char bytes[4096];
    size_t total = 0;
    for (;;) {
        ssize_t put = write(fd, bytes, sizeof bytes);
        if (put <= 0)
            return total;
        total += (size_t)put;
    }
}

bool pair_readable(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&entry, 1, WAIT_MS) == 1;
}

int pair_wait(int fd, short events)
{
    struct pollfd entry = {.fd = fd, .events = events, .revents = 0};
    return poll(&entry, 1, WAIT_MS);
}

void pair_check_flags(int fd, bool tcp)
{
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (!tcp)
        return;
    int on = 0;
    socklen_t len = sizeof on;
    CHECK_INT(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    CHECK(on != 0);
}
