/* SPDX-License-Identifier: ISC */
/* The time limits of connections that stall or do not get up. */
#include "io/portable.h"

#include "conn_rig.h"
#include "pair.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_stall(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    rig_later(0);
    size_t sent = talk_send_until_unsent(&talk, RIG_HIGH);
    CHECK_LABEL("the turn slept long before");
    rig_later(10 * RIG_STALL_MS);
    CHECK_INT(talk.closed, 0);
    CHECK_INT(rig_ms_left(), RIG_STALL_MS);
    CHECK_LABEL("progress");
    rig_later(RIG_STALL_MS - 1);
    size_t got = 0;
    talk_hear_pattern(&talk, &got);
    CHECK(got < sent);
    CHECK_INT(rig_turn(), 1);
    CHECK(io_conn_unsent(talk.conn) < sent - got);
    (void)talk_send_until_unsent(&talk, RIG_HIGH);
    rig_later(0);
    CHECK_INT(rig_ms_left(), RIG_STALL_MS);
    CHECK_LABEL("more to send is no progress");
    rig_later(RIG_STALL_MS - 1);
    io_conn_send(talk.conn, HERD_LIT("more"));
    CHECK_INT(talk.closed, 0);
    CHECK_INT(rig_ms_left(), 1);
    rig_later(1);
    CHECK_INT(talk.closed, 1);
    CHECK(strstr(talk.reason, "took nothing") != NULL);
    CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
    talk_end(&talk);
    rig_down();
}

/* The other side reads until the kernel has delivered more of its buffer, which is large;
 * it accepts no unsent bytes yet. */
static void check_slow(struct talk *talk, size_t *got)
{
    int before = io_portable_unacknowledged(talk->fd);
    size_t unsent = io_conn_unsent(talk->conn);
    struct herd_mono end = herd_mono_add_ms(io_clock_mono(), 5000);
    rig_later(RIG_STALL_MS - 1);
    CHECK(pair_readable(talk->other));
    do
        (void)talk_hear_some(talk, got);
    while (io_portable_unacknowledged(talk->fd) >= before &&
           !herd_mono_reached(io_clock_mono(), end));
    rig_later(1);
    REQUIRE(!talk->closed);
    CHECK_INT((int64_t)io_conn_unsent(talk->conn), (int64_t)unsent);
    CHECK_INT(rig_ms_left(), RIG_STALL_MS);
}

static void test_slow_is_no_stall(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, true))
        return;
    (void)talk_send_until_unsent(&talk, RIG_HIGH);
    rig_later(0);
    if (io_portable_unacknowledged(talk.fd) < 0) {
        fprintf(stderr, "\n    skipped: this system does not tell what was taken\n");
    } else {
        size_t got = 0;
        check_slow(&talk, &got);
        /* Bytes read before may still make room for more. */
        for (int i = 0; i < 10 && !talk.closed; i++)
            rig_later(RIG_STALL_MS);
        CHECK_INT(talk.closed, 1);
        CHECK(strstr(talk.reason, "took nothing") != NULL);
    }
    talk_end(&talk);
    rig_down();
}

static void test_no_stall_limit(void)
{
    struct io_conn_limits limits = rig_limits();
    limits.stall_ms = 0;
    struct talk talk;
    if (!rig_up_with(limits) || !talk_begin(&talk, false))
        return;
    (void)talk_send_until_unsent(&talk, RIG_HIGH);
    CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
    rig_later(INT64_C(1000000) * RIG_STALL_MS);
    CHECK_INT(talk.closed, 0);
    talk_end(&talk);
    rig_down();
}

/* The oldest stall ends first, and its handler may end the next connection. */
static void drop_friend(struct talk *talk)
{
    if (talk->friend != NULL) {
        talk->friend->muted = true;
        io_conn_drop(talk->friend->conn);
    }
}

static void test_stall_order(void)
{
    struct talk talks[4];
    if (!rig_up())
        return;
    for (int i = 0; i < 4; i++) {
        REQUIRE(talk_begin(&talks[i], false));
        (void)talk_send_until_unsent(&talks[i], RIG_HIGH);
        rig_later(i == 2 ? 0 : 10);
    }
    /* Stamped at 10, 20, 20 and 30 ms; now it is 30. */
    talks[1].friend = &talks[2];
    talks[1].at_closed = drop_friend;
    CHECK_INT(rig_ms_left(), RIG_STALL_MS - 20);
    rig_later(RIG_STALL_MS - 20);
    CHECK_INT(talks[0].closed, 1);
    CHECK_INT(talks[1].closed, 0);
    rig_later(10);
    CHECK_INT(talks[1].closed, 1);
    CHECK_INT(talks[2].closed, 0);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 1);
    CHECK_INT(talks[3].closed, 0);
    CHECK_INT(rig_ms_left(), 10);
    rig_later(10);
    CHECK_INT(talks[3].closed, 1);
    for (int i = 0; i < 4; i++)
        talk_end(&talks[i]);
    rig_down();
}

const struct check_test test_conn_stall[] = {
    {"stall", test_stall},
    {"a slow reader does not stall", test_slow_is_no_stall},
    {"no stall limit", test_no_stall_limit},
    {"stalls end in order", test_stall_order},
    {NULL, NULL},
};
