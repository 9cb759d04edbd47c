/* SPDX-License-Identifier: ISC */
/* The end of connections that their owner has finished. */
#include "conn_rig.h"
#include "pair.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[RIG_HEARD];

/* The rest is sent, input is discarded, and the other side's close ends it. */
static void test_finish(void)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        CHECK_LABEL("tcp %d", tcp);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, tcp))
            return;
        size_t sent = talk_send_until_unsent(&talk, RIG_HIGH);
        talk.muted = true;
        io_conn_pause(talk.conn, true);
        io_conn_finish(talk.conn);
        size_t got = 0;
        for (int i = 0; i < 100000 && got < sent; i++) {
            (void)send(talk.other, "unheard", 7, MSG_NOSIGNAL);
            talk_hear_pattern(&talk, &got);
            (void)rig_turn();
        }
        CHECK_INT((int64_t)got, (int64_t)sent);
        CHECK(pair_readable(talk.other));
        CHECK_INT(talk_hear(&talk, heard), -1);
        CHECK_INT((int64_t)io_conn_group_count(rig.group), 1);
        talk_end(&talk);
        CHECK(rig_until(all_closed, NULL));
        CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
        rig_down();
    }
}

/* The end of input came first: the connection ends with the last byte sent. */
static void test_finish_after_eof(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    CHECK_INT(shutdown(talk.other, SHUT_WR), 0);
    CHECK(rig_until(has_eof, &talk));
    size_t sent = talk_send_until_unsent(&talk, RIG_HIGH);
    talk.muted = true;
    io_conn_finish(talk.conn);
    size_t got = 0;
    (void)rig_turn();
    CHECK(!all_closed(NULL));
    for (int i = 0; i < 1000 && !all_closed(NULL); i++) {
        talk_hear_pattern(&talk, &got);
        (void)rig_turn();
    }
    CHECK(all_closed(NULL));
    talk_hear_pattern(&talk, &got);
    CHECK_INT((int64_t)got, (int64_t)sent);
    talk_end(&talk);
    rig_down();
}

/* A lingering connection ends in time, whether the other side reads or sends on. */
static void test_linger(void)
{
    for (int chatty = 0; chatty < 2; chatty++) {
        CHECK_LABEL("chatty %d", chatty);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, false))
            return;
        if (!chatty)
            (void)talk_send_until_unsent(&talk, RIG_HIGH);
        talk.muted = true;
        io_conn_finish(talk.conn);
        rig_later(0);
        CHECK_INT(rig_ms_left(), RIG_LINGER_MS);
        for (int i = 0; i < RIG_LINGER_MS; i++) {
            CHECK_INT((int64_t)io_conn_group_count(rig.group), 1);
            if (chatty)
                (void)pair_fill(talk.other);
            else
                (void)recv(talk.other, heard, 100, 0);
            (void)rig_turn();
            rig_later(1);
        }
        CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
        talk_end(&talk);
        rig_down();
    }
}

static void test_finish_after_the_end(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    (void)talk_send_until_unsent(&talk, RIG_HIGH);
    talk.muted = true;
    io_conn_finish(talk.conn);
    talk_end(&talk);
    CHECK(rig_until(all_closed, NULL));
    rig_down();
}

/* Lingering connections close at once when their descriptors are needed, the oldest first;
 * open ones stay. */
static void test_hurry(void)
{
    enum { TALKS = 4 };
    struct talk talks[TALKS];
    if (!rig_up())
        return;
    CHECK(!io_conn_group_close_oldest_lingering(rig.group));
    for (int i = 0; i < TALKS; i++)
        REQUIRE(talk_begin(&talks[i], false));
    CHECK(!io_conn_group_close_oldest_lingering(rig.group));
    static const int order[] = {2, 0, 3};
    (void)talk_send_until_unsent(&talks[0], RIG_HIGH);
    for (int i = 0; i < 3; i++) {
        talks[order[i]].muted = true;
        io_conn_finish(talks[order[i]].conn);
    }
    for (int i = 0; i < 3; i++) {
        long got = 1;
        CHECK_LABEL("number %d", order[i]);
        CHECK_INT((int64_t)io_conn_group_count(rig.group), TALKS - i);
        CHECK(io_conn_group_close_oldest_lingering(rig.group));
        CHECK_INT((int64_t)io_conn_group_count(rig.group), TALKS - i - 1);
        while (got > 0)
            got = talk_hear(&talks[order[i]], heard);
        CHECK_INT(got, -1);
    }
    CHECK(!io_conn_group_close_oldest_lingering(rig.group));
    CHECK_INT(talks[1].closed, 0);
    io_conn_send(talks[1].conn, HERD_LIT("still here"));
    CHECK_INT(talk_hear(&talks[1], heard), 10);
    for (int i = 0; i < TALKS; i++)
        talk_end(&talks[i]);
    rig_down();
}

const struct check_test test_conn_finish[] = {
    {"finish", test_finish},
    {"finish after the end of input", test_finish_after_eof},
    {"linger", test_linger},
    {"finish after the other side has gone", test_finish_after_the_end},
    {"the oldest lingering closes first", test_hurry},
    {NULL, NULL},
};
