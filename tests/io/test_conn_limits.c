/* The limits that end or pause a connection whose other side does not keep up. */
#include "io/portable.h"

#include "conn_rig.h"
#include "pair.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[RIG_HEARD];

/* Sends a pattern until more than `size` bytes are unsent; the number of bytes sent. */
static size_t send_until_unsent(struct talk *talk, size_t size)
{
    size_t total = 0;
    while (io_conn_unsent(talk->conn) <= size) {
        char bytes[1024];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)('a' + (total + i) % 23);
        io_conn_send(talk->conn, herd_slice(bytes, sizeof bytes));
        total += sizeof bytes;
    }
    return total;
}

/* The other side reads once and checks that the pattern continues. False: no bytes were
 * there. */
static bool hear_some(const struct talk *talk, size_t *at)
{
    long got = talk_hear(talk, heard), wrong = 0;
    for (long i = 0; i < got; i++)
        wrong += heard[i] != (char)('a' + (*at + (size_t)i) % 23);
    CHECK_INT(wrong, 0);
    *at += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* The other side reads all bytes that have arrived. */
static void hear_pattern(const struct talk *talk, size_t *at)
{
    while (hear_some(talk, at))
        ;
}

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
        size_t sent = send_until_unsent(&talk, RIG_HIGH / 2);
        CHECK(rig.fail.live > idle);
        CHECK_INT(talk.drained, 0);
        size_t got = 0;
        for (int i = 0; i < 100000 && got < sent; i++) {
            hear_pattern(&talk, &got);
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
    (void)send_until_unsent(&talk, RIG_HIGH);
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
    size_t sent = send_until_unsent(&talk, RIG_HIGH);
    CHECK_INT(send(talk.other, "command", 7, 0), 7);
    size_t got = 0;
    for (int i = 0; i < 1000 && got < sent; i++) {
        hear_pattern(&talk, &got);
        (void)rig_turn();
    }
    CHECK_INT((int64_t)io_conn_unsent(talk.conn), 0);
    CHECK_INT((int64_t)talk.bytes, 0);
    (void)send_until_unsent(&talk, RIG_HIGH);
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
    size_t sent = send_until_unsent(&talk, 0);
    size_t got = 0;
    hear_pattern(&talk, &got);
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

static int64_t ms_left(void)
{
    return (io_conn_group_deadline(rig.group).ns - rig.now.ns) / HERD_NS_PER_MS;
}

static void test_stall(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    rig_later(0);
    size_t sent = send_until_unsent(&talk, RIG_HIGH);
    CHECK_LABEL("the turn slept long before");
    rig_later(10 * RIG_STALL_MS);
    CHECK_INT(talk.closed, 0);
    CHECK_INT(ms_left(), RIG_STALL_MS);
    CHECK_LABEL("progress");
    rig_later(RIG_STALL_MS - 1);
    size_t got = 0;
    hear_pattern(&talk, &got);
    CHECK(got < sent);
    CHECK_INT(rig_turn(), 1);
    CHECK(io_conn_unsent(talk.conn) < sent - got);
    (void)send_until_unsent(&talk, RIG_HIGH);
    rig_later(0);
    CHECK_INT(ms_left(), RIG_STALL_MS);
    CHECK_LABEL("more to send is no progress");
    rig_later(RIG_STALL_MS - 1);
    io_conn_send(talk.conn, HERD_LIT("more"));
    CHECK_INT(talk.closed, 0);
    CHECK_INT(ms_left(), 1);
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
        (void)hear_some(talk, got);
    while (io_portable_unacknowledged(talk->fd) >= before &&
           !herd_mono_reached(io_clock_mono(), end));
    rig_later(1);
    REQUIRE(!talk->closed);
    CHECK_INT((int64_t)io_conn_unsent(talk->conn), (int64_t)unsent);
    CHECK_INT(ms_left(), RIG_STALL_MS);
}

static void test_slow_is_no_stall(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, true))
        return;
    (void)send_until_unsent(&talk, RIG_HIGH);
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
    (void)send_until_unsent(&talk, RIG_HIGH);
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
        (void)send_until_unsent(&talks[i], RIG_HIGH);
        rig_later(i == 2 ? 0 : 10);
    }
    /* Stamped at 10, 20, 20 and 30 ms; now it is 30. */
    talks[1].friend = &talks[2];
    talks[1].at_closed = drop_friend;
    CHECK_INT(ms_left(), RIG_STALL_MS - 20);
    rig_later(RIG_STALL_MS - 20);
    CHECK_INT(talks[0].closed, 1);
    CHECK_INT(talks[1].closed, 0);
    rig_later(10);
    CHECK_INT(talks[1].closed, 1);
    CHECK_INT(talks[2].closed, 0);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 1);
    CHECK_INT(talks[3].closed, 0);
    CHECK_INT(ms_left(), 10);
    rig_later(10);
    CHECK_INT(talks[3].closed, 1);
    for (int i = 0; i < 4; i++)
        talk_end(&talks[i]);
    rig_down();
}

/* A socket that never becomes writable stands for a connect() without an answer. */
static void test_dial_without_answer(void)
{
    struct talk talk = {.other = -1};
    int fds[2];
    if (!rig_up() || !CHECK(pair_local(fds)))
        return;
    (void)pair_fill(fds[0]);
    talk.conn = io_conn_dial(rig.group, fds[0], &rig_handlers, &talk);
    REQUIRE(talk.conn != NULL);
    io_conn_send(talk.conn, HERD_LIT("early"));
    rig_later(0);
    CHECK_INT(rig_turn(), 0);
    CHECK_INT(ms_left(), RIG_CONNECT_MS);
    rig_later(RIG_CONNECT_MS);
    CHECK_INT(talk.closed, 1);
    CHECK(strstr(talk.reason, "no answer") != NULL);
    CHECK_LABEL("finish while dialling");
    int more[2];
    REQUIRE(pair_local(more));
    struct talk again = {.other = -1, .muted = true};
    again.conn = io_conn_dial(rig.group, more[0], &rig_handlers, &again);
    REQUIRE(again.conn != NULL);
    io_conn_finish(again.conn);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
    (void)close(fds[1]);
    (void)close(more[1]);
    rig_down();
}

/* ---- the last words ----------------------------------------------------------------- */

/* The rest is sent, input is discarded, and the other side's close ends it. */
static void test_finish(void)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        CHECK_LABEL("tcp %d", tcp);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, tcp))
            return;
        size_t sent = send_until_unsent(&talk, RIG_HIGH);
        talk.muted = true;
        io_conn_pause(talk.conn, true);
        io_conn_finish(talk.conn);
        size_t got = 0;
        for (int i = 0; i < 100000 && got < sent; i++) {
            (void)send(talk.other, "unheard", 7, MSG_NOSIGNAL);
            hear_pattern(&talk, &got);
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
    size_t sent = send_until_unsent(&talk, RIG_HIGH);
    talk.muted = true;
    io_conn_finish(talk.conn);
    size_t got = 0;
    (void)rig_turn();
    CHECK(!all_closed(NULL));
    for (int i = 0; i < 1000 && !all_closed(NULL); i++) {
        hear_pattern(&talk, &got);
        (void)rig_turn();
    }
    CHECK(all_closed(NULL));
    hear_pattern(&talk, &got);
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
            (void)send_until_unsent(&talk, RIG_HIGH);
        talk.muted = true;
        io_conn_finish(talk.conn);
        rig_later(0);
        CHECK_INT(ms_left(), RIG_LINGER_MS);
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
    (void)send_until_unsent(&talk, RIG_HIGH);
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
    (void)send_until_unsent(&talks[0], RIG_HIGH);
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

const struct check_test test_conn_limits[] = {
    {"a short write drains", test_short_write_drains},
    {"high-water mark", test_high_water},
    {"two pauses are independent", test_two_pauses},
    {"pause when drained", test_pause_when_drained},
    {"unsent_max", test_max},
    {"an echo flood is bounded", test_echo_flood_is_bounded},
    {"stall", test_stall},
    {"a slow reader does not stall", test_slow_is_no_stall},
    {"no stall limit", test_no_stall_limit},
    {"stalls end in order", test_stall_order},
    {"dial times out", test_dial_without_answer},
    {"finish", test_finish},
    {"finish after the end of input", test_finish_after_eof},
    {"linger", test_linger},
    {"finish after the other side has gone", test_finish_after_the_end},
    {"the oldest lingering closes first", test_hurry},
    {NULL, NULL},
};
