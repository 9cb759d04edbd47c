/* SPDX-License-Identifier: ISC */
/* The limits that end or pause a connection whose other side does not keep up. */
#include "io/portable.h"
#include "descriptors.h"

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

/* ---- all connections together ---- */

enum { MANY = 300 };

/* So many that whole pieces would be too much for one turn. */
static void test_a_turn_reads_a_bounded_number_of_bytes(void)
{
    static struct talk talks[MANY];
    int count = descriptors_for(MANY, 2);
    if (count * IO_CONN_READ <= IO_CONN_TURN) {
        fputs("too few, left out ", stderr);
        return;
    }
    if (!rig_up())
        return;
    const size_t share = IO_CONN_TURN / (size_t)count;
    for (int i = 0; i < count; i++)
        if (!talk_begin(&talks[i], false))
            return;
    for (int i = 0; i < count; i++)
        talk_say(&talks[i], IO_CONN_READ);
    io_conn_pin(talks[0].conn);
    CHECK_INT(rig_turn(), count);
    CHECK_INT((int64_t)talks[0].bytes, IO_CONN_READ);
    for (int i = 1; i < count; i++)
        CHECK(talks[i].bytes >= share &&
              talks[i].bytes <= share + share / (size_t)count + 1);
    /* The rest is not lost, and one that is alone gets all of it. */
    for (int i = 1; i < count; i++)
        (void)rig_until(has_bytes, &talks[i]);
    while (rig_turn() > 0)
        continue;
    for (int i = 0; i < count; i++) {
        CHECK_INT((int64_t)talks[i].bytes, IO_CONN_READ);
        talk_end(&talks[i]);
    }
    rig_down();
}

/* Of those that do not read, those that took nothing for longest go first; who reads stays.
 */
static void test_all_together_have_a_limit(void)
{
    enum { SIX = 6, ALL = 4 * RIG_HIGH };
    struct talk talks[SIX];
    struct io_conn_limits limits = rig_limits();
    size_t most = 0;
    limits.all_max = ALL;
    if (!rig_up_with(limits))
        return;
    for (int i = 0; i < SIX; i++) {
        if (!talk_begin(&talks[i], false))
            return;
        (void)talk_send_until_unsent(&talks[i], RIG_HIGH - RIG_HIGH / 8);
        (void)rig_turn();
        size_t unsent = 0;
        for (int k = 0; k <= i; k++)
            unsent += talks[k].conn != NULL ? io_conn_unsent(talks[k].conn) : 0;
        most = unsent > most ? unsent : most;
    }
    CHECK(most > ALL / 2 && most <= ALL);
    CHECK_INT(talks[0].closed, 1);
    CHECK(strstr(talks[0].reason, "all together") != NULL);
    CHECK_INT(talks[SIX - 1].closed, 0);
    for (int i = 0; i < SIX; i++)
        talk_end(&talks[i]);
    rig_down();
}

/* When all together have much, one that has anything unsent is not read. */
static void test_much_of_all_lowers_the_mark_of_each(void)
{
    struct talk slow[3], one;
    struct io_conn_limits limits = rig_limits();
    limits.all_max = 4 * RIG_HIGH;
    if (!rig_up_with(limits) || !talk_begin(&one, false))
        return;
    for (int i = 0; i < 3; i++) {
        if (!talk_begin(&slow[i], false))
            return;
        (void)talk_send_until_unsent(&slow[i], RIG_HIGH - RIG_HIGH / 8);
    }
    talk_say(&one, 5);
    (void)rig_turn();
    CHECK_INT((int64_t)one.bytes, 5);
    (void)talk_send_until_unsent(&one, 1);
    talk_say(&one, 5);
    (void)rig_turn();
    CHECK_INT((int64_t)one.bytes, 5);
    for (int i = 0; i < 3; i++)
        talk_end(&slow[i]);
    talk_end(&one);
    rig_down();
}

const struct check_test test_conn_limits[] = {
    {"a short write drains", test_short_write_drains},
    {"high-water mark", test_high_water},
    {"two pauses are independent", test_two_pauses},
    {"pause when drained", test_pause_when_drained},
    {"unsent_max", test_max},
    {"an echo flood is bounded", test_echo_flood_is_bounded},
    {"a turn reads a bounded number of bytes", test_a_turn_reads_a_bounded_number_of_bytes},
    {"all together have a limit", test_all_together_have_a_limit},
    {"much of all lowers the mark of each", test_much_of_all_lowers_the_mark_of_each},
    {NULL, NULL},
};
