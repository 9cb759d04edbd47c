/* SPDX-License-Identifier: ISC */
#include "conn_rig.h"
#include "herd/err.h"
#include "io/sock.h"
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[RIG_HEARD];

static bool is_open(const struct talk *talk)
{
    return talk->opened > 0;
}

static int listen_here(struct io_addr *bound)
{
    struct herd_error_text error;
    struct io_addr addr;
    if (io_addr_lookup(&addr, "127.0.0.1", 0, &error) != HERD_OK)
        return -1;
    return io_sock_listen(&addr, bound, &error);
}

static bool dial(struct talk *talk, const struct io_addr *to)
{
    struct herd_error_text error;
    *talk = (struct talk){.other = -1};
    int fd = io_sock_dial(to, &error);
    if (!CHECK(fd >= 0))
        return false;
    talk->conn = io_conn_dial(rig.group, fd, &rig_handlers, talk);
    CHECK_INT(talk->opened + talk->closed, 0);
    return CHECK(talk->conn != NULL);
}

static void test_dial(void)
{
    struct talk talk;
    struct io_addr bound;
    if (!rig_up())
        return;
    int listener = listen_here(&bound);
    REQUIRE(listener >= 0);
    REQUIRE(dial(&talk, &bound));
    io_conn_send(talk.conn, HERD_LIT("early"));
    CHECK_INT((int64_t)io_conn_unsent(talk.conn), 5);
    CHECK(rig_until(is_open, &talk));
    CHECK(rig_until(is_drained, &talk));
    CHECK_INT(talk.opened, 1);
    CHECK(pair_readable(listener));
    talk.other = io_sock_accept(listener, NULL);
    CHECK(pair_readable(talk.other));
    CHECK_INT(talk_hear(&talk, heard), 5);
    CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
    rig_later(10 * RIG_CONNECT_MS);
    CHECK_INT(talk.closed, 0);
    talk_end(&talk);
    (void)close(listener);
    rig_down();
}

static void test_dial_refused(void)
{
    struct talk talk;
    struct io_addr bound;
    if (!rig_up())
        return;
    int listener = listen_here(&bound);
    REQUIRE(listener >= 0);
    (void)close(listener);
    REQUIRE(dial(&talk, &bound));
    CHECK(rig_until(is_closed, &talk));
    CHECK_STR(talk.reason, strerror(ECONNREFUSED));
    CHECK_INT(talk.opened, 0);
    rig_down();
}

const struct check_test test_conn_dial[] = {
    {"dial", test_dial},
    {"dial refused", test_dial_refused},
    {NULL, NULL},
};
