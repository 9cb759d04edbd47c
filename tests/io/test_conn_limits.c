/* SPDX-License-Identifier: ISC */
/* The limits that end or pause a connection whose other side does not keep up. */
#include "io/portable.h"

#include "conn_rig.h"
#include "pair.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[RIG_HEARD];

/* Sends the next bytes of the pattern, which must follow the unsent ones. */
static void send_more(struct talk *talk, size_t *sent)
{
    char bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + (*sent + i) % 23);
    io_conn_send(talk->conn, herd_slice(bytes, sizeof bytes));
    *sent += sizeof bytes;
}

static void test_short_write_drains(void)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        CHECK_LABEL("tcp %d", tcp);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, tcp))
            return;
        size_t idle = rig.fail.live;
        size_t sent = talk_send_until_unsent(&talk, RIG_HIGH / 2);
        CHECK(rig.fail.live > idle);
        CHECK_INT(talk.drained, 0);
        size_t got = 0;
        for (int i = 0; i < 100000 && got < sent; i++) {
            talk_hear_pattern(&talk, &got);
            if (i == 0)
                send_more(&talk, &sent);
            (void)rig_turn();
        }
        CHECK_INT((int64_t)got, (int64_t)sent);
        CHECK_INT(talk.drained, 1);
        CHECK_INT(talk.closed, 0);
        CHECK_INT((int64_t)rig.fail.live, (int64_t)idle);
        CHECK_INT(rig_turn(), 0);
        CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
        talk_end(&talk);
        rig_down();
    }
}

/* Above the high-water mark its input waits, until half of that is left. */
static void test_high_water(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    (void)talk_send_until_unsent(&talk, RIG_HIGH);
    CHECK_INT(send(talk.other, "command", 7, 0), 7);
    CHECK_INT(rig_turn(), 0);
    size_t got = 0;
    for (int i = 0; i < 1000 && talk.bytes == 0; i++) {
        size_t unsent = io_conn_unsent(talk.conn);
        (void)rig_turn();
        if (unsent > RIG_HIGH / 2)
            CHECK_INT((int64_t)talk.bytes, 0);
        long some = recv(talk.other, heard, 8192, 0);
        got += some > 0 ? (size_t)some : 0;
    }
    CHECK(got > 0);
    CHECK_INT((int64_t)talk.bytes, 7);
    CHECK(io_conn_unsent(talk.conn) <= RIG_HIGH / 2);
    CHECK_INT(talk.closed, 0);
    talk_end(&talk);
    rig_down();
}

/* The pause of the high-water mark and the caller's are independent. */
static void test_two_pauses(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    io_conn_pause(talk.conn, true);
    size_t sent = talk_send_until_unsent(&talk, RIG_HIGH);
    CHECK_INT(send(talk.other, "command", 7, 0), 7);
    size_t got = 0;
    for (int i = 0; i < 1000 && got < sent; i++) {
        talk_hear_pattern(&talk, &got);
        (void)rig_turn();
    }
    CHECK_INT((int64_t)io_conn_unsent(talk.conn), 0);
    CHECK_INT((int64_t)talk.bytes, 0);
    (void)talk_send_until_unsent(&talk, RIG_HIGH);
    io_conn_pause(talk.conn, false);
    CHECK_INT(rig_turn(), 0);
    CHECK_INT((int64_t)talk.bytes, 0);
    talk_end(&talk);
    rig_down();
}

static void pause_self(struct talk *talk)
{
    io_conn_pause(talk->conn, true);
}

/* Readable and writable in one turn, and `drained`, which comes first, pauses. */
static void test_pause_when_drained(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    talk.at_drained = pause_self;
    size_t sent = talk_send_until_unsent(&talk, 0);
    size_t got = 0;
    talk_hear_pattern(&talk, &got);
    CHECK(got < sent);
    CHECK_INT(send(talk.other, "command", 7, 0), 7);
    CHECK_INT(rig_turn(), 1);
    CHECK_INT(talk.drained, 1);
    CHECK_INT((int64_t)talk.bytes, 0);
    io_conn_pause(talk.conn, false);
    CHECK_INT(rig_turn(), 1);
    CHECK_INT((int64_t)talk.bytes, 7);
    talk_end(&talk);
    rig_down();
}

/* The other side sends all the time and reads nothing: memory stays bounded, then it ends.
 */
static void test_max(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    size_t idle = rig.fail.live;
    size_t most = 0;
    for (int i = 0; i < 10000 && most <= RIG_MAX; i++) {
        io_conn_send(talk.conn, herd_slice(heard, 1000));
        size_t unsent = io_conn_unsent(talk.conn);
        if (unsent < most)
            break;
        most = unsent;
    }
    CHECK(most > RIG_MAX - 1000 && most <= RIG_MAX);
    CHECK(rig.fail.peak <= idle + 2 * RIG_MAX);
    CHECK_INT((int64_t)rig.fail.live, (int64_t)idle);
    CHECK_INT(talk.closed, 0);
    (void)rig_turn();
    CHECK_INT(talk.closed, 1);
    CHECK(strstr(talk.reason, "too many bytes are unsent") != NULL);
    talk_end(&talk);
    rig_down();
}

static void test_echo_flood_is_bounded(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    talk.echo = true;
    for (int i = 0; i < 1000; i++) {
        (void)pair_fill(talk.other);
        (void)rig_turn();
        CHECK(io_conn_unsent(talk.conn) <= RIG_HIGH + IO_CONN_READ);
    }
    CHECK(io_conn_unsent(talk.conn) > RIG_HIGH);
    CHECK_INT(rig_turn(), 0);
    CHECK_INT(talk.closed, 0);
    talk_end(&talk);
    rig_down();
}

const struct check_test test_conn_limits[] = {
    {"a short write drains", test_short_write_drains},
    {"high-water mark", test_high_water},
    {"two pauses are independent", test_two_pauses},
    {"pause when drained", test_pause_when_drained},
    {"unsent_max", test_max},
    {"an echo flood is bounded", test_echo_flood_is_bounded},
    {NULL, NULL},
};
