/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "io/sock.h"
#include "io/sock_probe.h"
#include "pair.h"

#include <errno.h>
#include <unistd.h>

static struct io_addr address(const char *host, unsigned port)
{
    struct io_addr addr = {.len = 0};
    struct herd_error_text error;
    CHECK_INT(io_addr_lookup(&addr, host, port, &error), 0);
    return addr;
}

/* 192.0.2.1 is nobody's address (RFC 5737). */
static void what_a_listener_would_meet(void)
{
    int open_before = pair_open_count();
    struct herd_error_text error;
    struct io_addr mine = address("127.0.0.1", 0), far = address("192.0.2.1", 0), bound;
    CHECK_INT(io_sock_probe(&mine), 0);
    CHECK_INT(io_sock_probe(&far), EADDRNOTAVAIL);
    int fd = io_sock_listen(&mine, &bound, &error);
    CHECK(fd >= 0);
    CHECK_INT(io_sock_probe(&bound), EADDRINUSE);
    (void)close(fd);
    CHECK_INT(io_sock_probe(&bound), 0);
    CHECK_INT(io_sock_probe(&bound), 0);
    CHECK_INT(pair_open_count(), open_before);
}

extern const struct check_test test_sock_probe[];
const struct check_test test_sock_probe[] = {
    {"what_a_listener_would_meet", what_a_listener_would_meet},
    {NULL, NULL},
};
