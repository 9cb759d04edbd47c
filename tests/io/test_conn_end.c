/* SPDX-License-Identifier: ISC */
/* The ends of connections: by their owner, inside handlers, and by errors. */
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

static void drop_self(struct talk *talk)
{
    talk->muted = true;
    io_conn_drop(talk->conn);
    io_conn_drop(talk->conn);
    io_conn_send(talk->conn, HERD_LIT("nothing"));
    io_conn_pause(talk->conn, true);
    io_conn_finish(talk->conn);
    CHECK_INT((int64_t)io_conn_unsent(talk->conn), 0);
}

static void finish_self(struct talk *talk)
{
    talk->muted = true;
    io_conn_finish(talk->conn);
}

static void drop_friend(struct talk *talk)
{
    talk->friend->friend->then = NULL;
    drop_self(talk->friend);
}

/* A new connection gets the descriptor of the dropped one, and must not get its events. */
static void replace_friend(struct talk *talk)
{
    struct talk *friend = talk->friend;
    int other = friend->other;
    drop_friend(talk);
    (void)close(other);
    CHECK(talk_begin(friend, false));
}

static void test_end_self_in_data(void)
{
    static void (*const ways[])(struct talk * talk) = {drop_self, finish_self};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CHECK_LABEL("way %zu", i);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, false))
            return;
        talk.then = ways[i];
        talk_say(&talk, 3 * IO_CONN_READ);
        CHECK_INT(rig_turn(), 1);
        CHECK_INT((int64_t)io_conn_group_count(rig.group), ways[i] == finish_self);
        talk_end(&talk);
        CHECK(rig_until(all_closed, NULL));
        rig_down();
    }
}

static void test_end_other_in_data(void)
{
    static void (*const ways[])(struct talk * talk) = {drop_friend, replace_friend};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CHECK_LABEL("way %zu", i);
        struct talk talks[2];
        if (!rig_up() || !talk_begin(&talks[0], false) || !talk_begin(&talks[1], false))
            return;
        for (int k = 0; k < 2; k++) {
            talks[k].then = ways[i];
            talks[k].friend = &talks[1 - k];
            talk_say(&talks[k], 10);
        }
        CHECK_INT(rig_turn(), 1);
        CHECK_INT(talks[0].pieces + talks[1].pieces, 1);
        CHECK_INT((int64_t)io_conn_group_count(rig.group), ways[i] == drop_friend ? 1 : 2);
        CHECK_INT(rig_turn(), 0);
        talk_end(&talks[0]);
        talk_end(&talks[1]);
        rig_down();
    }
}

static void end_everything(struct talk *talk)
{
    io_conn_drop(talk->conn);
    io_conn_finish(talk->conn);
    io_conn_send(talk->conn, HERD_LIT("nothing"));
    if (talk->friend != NULL && !talk->friend->closed && !talk->friend->muted)
        drop_self(talk->friend);
}

static void test_reset_while_reading(void)
{
    struct talk talk;
    struct talk friend;
    if (!rig_up() || !talk_begin(&talk, true) || !talk_begin(&friend, true))
        return;
    talk.friend = &friend;
    talk.at_closed = end_everything;
    talk_reset(&talk);
    CHECK(rig_until(is_closed, &talk));
    CHECK_STR(talk.reason, strerror(ECONNRESET));
    CHECK_INT(talk.closed, 1);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
    talk_end(&friend);
    rig_down();
}

/* The error occurs inside io_conn_send; `closed` is called later; there is no SIGPIPE. */
static void test_reset_while_writing(void)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        CHECK_LABEL("tcp %d", tcp);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, tcp))
            return;
        talk.at_closed = end_everything;
        if (tcp)
            talk_reset(&talk);
        else
            talk_end(&talk);
        for (int i = 0; i < 3; i++)
            io_conn_send(talk.conn, HERD_LIT("to no reader"));
        CHECK_INT(talk.closed, 0);
        CHECK_INT((int64_t)io_conn_unsent(talk.conn), 0);
        CHECK(herd_mono_reached(rig.now, io_conn_group_deadline(rig.group)));
        CHECK_INT((int64_t)io_conn_group_count(rig.group), 1);
        io_conn_pause(talk.conn, true);
        (void)rig_turn();
        CHECK_INT(talk.closed, 1);
        CHECK(strcmp(talk.reason, strerror(EPIPE)) == 0 ||
              strcmp(talk.reason, strerror(ECONNRESET)) == 0);
        CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
        rig_down();
    }
}

/* Broken inside io_conn_send, and ended by the owner before `closed` was called. */
static void test_end_after_broken(void)
{
    static void (*const ways[])(struct io_conn * conn) = {io_conn_drop, io_conn_finish};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, false))
            return;
        talk_end(&talk);
        io_conn_send(talk.conn, HERD_LIT("to no reader"));
        talk.muted = true;
        ways[i](talk.conn);
        CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
        (void)rig_turn();
        rig_down();
    }
}

/* The other side has gone, so the connection ends at once. */
static void test_finish_after_reset(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, true))
        return;
    talk.muted = true;
    talk_reset(&talk);
    io_conn_finish(talk.conn);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
    (void)rig_turn();
    rig_down();
}

/* An error that poll() reports while bytes are unsent. */
static void test_reset_with_unsent(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, true))
        return;
    while (io_conn_unsent(talk.conn) <= RIG_HIGH)
        io_conn_send(talk.conn, herd_slice(heard, 4096));
    talk_reset(&talk);
    CHECK(rig_until(is_closed, &talk));
    CHECK_INT(talk.closed, 1);
    CHECK_INT(talk.drained, 0);
    rig_down();
}

const struct check_test test_conn_end[] = {
    {"a handler may end its own connection", test_end_self_in_data},
    {"a handler may end another connection", test_end_other_in_data},
    {"reset while reading", test_reset_while_reading},
    {"reset while writing", test_reset_while_writing},
    {"the owner may end a broken connection", test_end_after_broken},
    {"finish after a reset", test_finish_after_reset},
    {"reset with unsent bytes", test_reset_with_unsent},
    {NULL, NULL},
};
