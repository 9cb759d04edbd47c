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

static bool loopback(struct io_addr *addr, const char *host)
{
    return io_addr_lookup(addr, host, 0, &error) == HERD_OK;
}

static bool has_ipv6(void)
{
    struct io_addr addr;
    if (!loopback(&addr, "::1"))
        return false;
    int fd = io_sock_listen(&addr, NULL, &error);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static void round_trip(const char *host)
{
    CHECK_LABEL("%s", host);
    struct io_addr addr;
    struct io_addr bound;
    struct io_addr from;
    struct io_addr none;
    REQUIRE(loopback(&addr, host));
    int listener = io_sock_listen(&addr, &bound, &error);
    REQUIRE(listener >= 0);
    pair_check_flags(listener, false);
    int on = 0;
    socklen_t len = sizeof on;
    CHECK_INT(getsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, &len), 0);
    CHECK(on != 0);
    CHECK_INT(io_sock_accept(listener, NULL), IO_ACCEPT_NONE);
    int dialled = io_sock_dial(&bound, &error);
    REQUIRE(dialled >= 0);
    CHECK_INT(pair_wait(dialled, POLLOUT), 1);
    CHECK_INT(io_sock_error(dialled), 0);
    CHECK_INT(pair_wait(listener, POLLIN), 1);
    int accepted = io_sock_accept(listener, &from);
    REQUIRE(accepted >= 0);
    CHECK_INT(io_sock_accept(listener, &none), IO_ACCEPT_NONE);
    pair_check_flags(dialled, true);
    pair_check_flags(accepted, true);
    char text[2][IO_ADDR_TEXT_SIZE];
    struct io_addr name = {.len = sizeof name.sa};
    CHECK_INT(getpeername(accepted, (struct sockaddr *)&name.sa, &name.len), 0);
    io_addr_text(&name, text[0]);
    io_addr_text(&from, text[1]);
    CHECK_STR(text[1], text[0]);
    (void)close(accepted);
    (void)close(dialled);
    (void)close(listener);
}

static void test_round_trip(void)
{
    int open_before = pair_open_count();
    round_trip("127.0.0.1");
    if (has_ipv6())
        round_trip("::1");
    CHECK_INT(pair_open_count(), open_before);
}

static void test_ipv6_only(void)
{
    struct io_addr addr;
    struct io_addr bound;
    if (!has_ipv6() || !loopback(&addr, "::"))
        return;
    int six = io_sock_listen(&addr, &bound, &error);
    REQUIRE(six >= 0);
    int on = 0;
    socklen_t len = sizeof on;
    CHECK_INT(getsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, &len), 0);
    CHECK(on != 0);
    (void)close(six);
}

static void test_address_in_use(void)
{
    int open_before = pair_open_count();
    struct io_addr addr;
    struct io_addr bound;
    REQUIRE(loopback(&addr, "127.0.0.1"));
    int first = io_sock_listen(&addr, &bound, &error);
    REQUIRE(first >= 0);
    char text[IO_ADDR_TEXT_SIZE];
    io_addr_text(&bound, text);
    CHECK_INT(io_sock_listen(&bound, NULL, &error), -1);
    CHECK(strstr(error.text, text) != NULL &&
          strstr(error.text, strerror(EADDRINUSE)) != NULL);
    (void)close(first);
    CHECK_INT(pair_open_count(), open_before);
}

static void test_refused(void)
{
    int open_before = pair_open_count();
    struct io_addr addr;
    struct io_addr bound;
    REQUIRE(loopback(&addr, "127.0.0.1"));
    int listener = io_sock_listen(&addr, &bound, &error);
    REQUIRE(listener >= 0);
    (void)close(listener);
    int fd = io_sock_dial(&bound, &error);
    if (fd >= 0) {
        CHECK_INT(pair_wait(fd, POLLOUT), 1);
        CHECK_INT(io_sock_error(fd), ECONNREFUSED);
        (void)close(fd);
    }
    CHECK_LABEL("fails at once");
    struct io_addr odd;
    memset(&odd, 0, sizeof odd);
    odd.sa.ss_family = AF_UNSPEC;
    odd.len = sizeof odd.sa;
    CHECK_INT(io_sock_dial(&odd, &error), -1);
    CHECK_INT(io_sock_listen(&odd, NULL, &error), -1);
    bound.len = 1;
    CHECK_INT(io_sock_dial(&bound, &error), -1);
    CHECK(strncmp(error.text, "connect to 127.0.0.1:", 21) == 0);
    CHECK(io_sock_error(-1) == EBADF);
    CHECK_INT(pair_open_count(), open_before);
}

static void test_accept_errors(void)
{
    int open_before = pair_open_count();
    struct io_addr addr;
    struct io_addr bound;
    REQUIRE(loopback(&addr, "127.0.0.1"));
    int listener = io_sock_listen(&addr, &bound, &error);
    int waiting = io_sock_dial(&bound, &error);
    REQUIRE(listener >= 0 && waiting >= 0);
    CHECK_INT(pair_wait(listener, POLLIN), 1);
    pair_spare(0);
    CHECK_INT(io_sock_accept(listener, NULL), IO_ACCEPT_FULL);
    CHECK_INT(io_sock_dial(&bound, &error), -1);
    CHECK(strstr(error.text, strerror(EMFILE)) != NULL);
    CHECK_INT(io_sock_listen(&addr, NULL, &error), -1);
    CHECK_INT(io_sock_dial_unix("/nowhere", &error), -1);
    CHECK_INT(io_sock_listen_unix("/nowhere/at-all", &error), -1);
    pair_spare(-1);
    int fd = io_sock_accept(listener, NULL);
    CHECK(fd >= 0);
    CHECK_INT(io_sock_accept(fd, NULL), IO_ACCEPT_FAILED);
    (void)close(fd);
    (void)close(waiting);
    (void)close(listener);
    CHECK_INT(io_sock_accept(-1, NULL), IO_ACCEPT_FAILED);
    CHECK_INT(pair_open_count(), open_before);
}

/* An error that may leave the connection in the queue must never read as "none waits". */
static void test_accept_outcomes(void)
{
    static const struct {
        int err, outcome;
    } cases[] = {
        {EAGAIN, IO_ACCEPT_NONE},       {EWOULDBLOCK, IO_ACCEPT_NONE},
        {EINTR, IO_ACCEPT_NONE},        {ECONNABORTED, IO_ACCEPT_NONE},
        {EMFILE, IO_ACCEPT_FULL},       {ENFILE, IO_ACCEPT_FULL},
        {ENOBUFS, IO_ACCEPT_FULL},      {ENOMEM, IO_ACCEPT_FULL},
        {EPERM, IO_ACCEPT_FAILED},      {EACCES, IO_ACCEPT_FAILED},
        {EPROTO, IO_ACCEPT_FAILED},     {EBADF, IO_ACCEPT_FAILED},
        {EINVAL, IO_ACCEPT_FAILED},     {ENOTSOCK, IO_ACCEPT_FAILED},
        {EOPNOTSUPP, IO_ACCEPT_FAILED}, {EFAULT, IO_ACCEPT_FAILED},
        {ENETDOWN, IO_ACCEPT_FAILED},   {0, IO_ACCEPT_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_LABEL("%s", strerror(cases[i].err));
        CHECK_INT(io_sock_accept_outcome(cases[i].err), cases[i].outcome);
    }
    CHECK_LABEL("%s", "");
}

/* Unsent bytes with and without the option, while the other side does not read. */
static void test_keep_unsent_small(void)
{
    size_t held[2];
    for (int i = 0; i < 2; i++) {
        int fds[2];
        REQUIRE(pair_local(fds));
        if (i == 1)
            io_sock_keep_unsent_small(fds[0]);
        held[i] = pair_fill(fds[0]);
        (void)close(fds[0]);
        (void)close(fds[1]);
    }
    CHECK(held[1] <= held[0]);
    CHECK(held[1] <= 256 * 1024);
#ifdef TCP_NOTSENT_LOWAT
    int fds[2];
    REQUIRE(pair_tcp(fds));
    io_sock_keep_unsent_small(fds[0]);
    int bytes = 0;
    socklen_t len = sizeof bytes;
    CHECK_INT(getsockopt(fds[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, &len), 0);
    CHECK_INT(bytes, 16 * 1024);
    (void)close(fds[0]);
    (void)close(fds[1]);
#endif
}

const struct check_test test_sock[] = {
    {"listen, dial, accept", test_round_trip},
    {"IPv6 only", test_ipv6_only},
    {"address in use", test_address_in_use},
    {"refused", test_refused},
    {"accept errors", test_accept_errors},
    {"accept outcomes", test_accept_outcomes},
    {"unsent kept small", test_keep_unsent_small},
    {NULL, NULL},
};
