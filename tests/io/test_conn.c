/* SPDX-License-Identifier: ISC */
#include "conn_rig.h"
#include "descriptors.h"
#include "herd/err.h"
#include "io/sock.h"
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[RIG_HEARD];

static void test_echo(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, true))
        return;
    talk.echo = true;
    size_t idle = rig.fail.live;
    CHECK_INT(send(talk.other, "hello", 5, 0), 5);
    CHECK(rig_until(has_bytes, &talk));
    CHECK(pair_readable(talk.other));
    CHECK_INT(talk_hear(&talk, heard), 5);
    CHECK_SLICE(herd_slice(heard, 5), HERD_LIT("hello"));
    CHECK_INT(talk.drained + talk.eof + talk.closed, 0);
    CHECK_INT((int64_t)rig.fail.live, (int64_t)idle);
    CHECK_INT(rig_turn(), 0);
    CHECK(herd_mono_is_never(io_conn_group_deadline(rig.group)));
    talk_end(&talk);
    rig_down();
}

static void test_one_bounded_piece_a_turn(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    talk_say(&talk, 2 * IO_CONN_READ + 1);
    for (int i = 1; i <= 3; i++) {
        CHECK_INT(rig_turn(), 1);
        CHECK_INT(talk.pieces, i);
    }
    CHECK_INT(rig_turn(), 0);
    CHECK_INT((int64_t)talk.bytes, 2 * IO_CONN_READ + 1);
    CHECK_INT((int64_t)talk.longest, IO_CONN_READ);
    talk_end(&talk);
    rig_down();
}

static void test_half_close(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, true))
        return;
    CHECK_INT(shutdown(talk.other, SHUT_WR), 0);
    CHECK(rig_until(has_eof, &talk));
    CHECK_INT(rig_turn(), 0);
    io_conn_send(talk.conn, HERD_LIT("still here"));
    CHECK(pair_readable(talk.other));
    CHECK_INT(talk_hear(&talk, heard), 10);
    CHECK_INT(talk.eof, 1);
    io_conn_finish(talk.conn);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
    CHECK(pair_readable(talk.other));
    CHECK_INT(talk_hear(&talk, heard), -1);
    talk_end(&talk);
    rig_down();
}

/* ---- pause ------------------------------------------------------------------------- */

static void test_pause(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    io_conn_pause(talk.conn, true);
    talk_say(&talk, 10);
    CHECK_INT(rig_turn(), 0);
    io_conn_pause(talk.conn, false);
    CHECK_INT(rig_turn(), 1);
    CHECK_INT((int64_t)talk.bytes, 10);
    talk_end(&talk);
    CHECK_INT(rig_turn(), 1);
    CHECK_INT(talk.eof, 1);
    rig_down();
}

/* The other side hangs up while the connection waits for nothing: it ends, since poll()
 * would report that in every turn. */
static void test_gone_while_paused(void)
{
    for (int tcp = 0; tcp < 2; tcp++) {
        CHECK_LABEL("tcp %d", tcp);
        struct talk talk;
        if (!rig_up() || !talk_begin(&talk, tcp))
            return;
        io_conn_pause(talk.conn, true);
        if (tcp)
            talk_reset(&talk);
        else
            talk_end(&talk);
        CHECK(rig_until(is_closed, &talk));
        CHECK_STR(talk.reason, tcp ? strerror(ECONNRESET) : "hung up");
        CHECK_INT(talk.pieces + talk.eof, 0);
        CHECK_INT(rig_turn(), 0);
        rig_down();
    }
}

/* ---- many, memory ------------------------------------------------------------------ */

static void test_five_hundred(void)
{
    enum { MOST = 500 };
    static struct talk talks[MOST];
    int count = descriptors_for(MOST, 2) / 2 * 2;
    if (!rig_up())
        return;
    for (int i = 0; i < count; i++) {
        REQUIRE(talk_begin(&talks[i], false));
        talks[i].echo = true;
    }
    CHECK_INT((int64_t)io_conn_group_count(rig.group), count);
    size_t idle = rig.fail.live;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < count; i++)
            talk_say(&talks[i], 100);
        CHECK_INT(rig_turn(), count);
        for (int i = 0; i < count; i++)
            CHECK_INT(talk_hear(&talks[i], heard), 100);
    }
    CHECK_INT((int64_t)rig.fail.live, (int64_t)idle);
    for (int i = 0; i < count; i += 2)
        talk_end(&talks[i]);
    CHECK_INT(rig_turn(), count / 2);
    for (int i = 0; i < count; i += 2)
        io_conn_drop(talks[i].conn);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), count / 2);
    for (int i = 1; i < count; i += 2)
        talk_end(&talks[i]);
    rig_down();
}

static void test_out_of_memory(void)
{
    if (!rig_up())
        return;
    struct talk talk;
    for (size_t n = 1; n <= 3; n++) {
        CHECK_LABEL("taking over, allocation %zu", n);
        int fds[2];
        REQUIRE(pair_local(fds));
        fail_mem_arm(&rig.fail, n, false);
        CHECK(io_conn_open(rig.group, fds[0], &rig_handlers, &talk) == NULL);
        CHECK_INT(fcntl(fds[0], F_GETFD), -1);
        (void)close(fds[1]);
    }
    fail_mem_arm(&rig.fail, 0, false);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 0);
    CHECK_LABEL("sending");
    REQUIRE(talk_begin(&talk, false));
    (void)rig_turn();
    fail_mem_arm(&rig.fail, 1, true);
    for (int i = 0; i < 1000 && rig.fail.failed < 4; i++)
        io_conn_send(talk.conn, herd_slice(heard, sizeof heard));
    CHECK_INT(talk.closed, 0);
    (void)rig_turn();
    CHECK_INT(talk.closed, 1);
    CHECK_STR(talk.reason, herd_strerror(HERD_ENOMEM));
    CHECK(io_conn_group_new(&rig.fail.mem, rig.loop, rig_limits()) == NULL);
    talk_end(&talk);
    rig_down();
}

/* Freeing the group drops connections in every state without calling a handler. */
static void test_free_group(void)
{
    struct talk talks[5];
    if (!rig_up())
        return;
    for (int i = 0; i < 5; i++)
        REQUIRE(talk_begin(&talks[i], false));
    (void)pair_fill(talks[1].other);
    while (io_conn_unsent(talks[1].conn) == 0)
        io_conn_send(talks[1].conn, herd_slice(heard, 4096));
    io_conn_finish(talks[2].conn);
    talk_end(&talks[3]);
    io_conn_send(talks[3].conn, HERD_LIT("to no reader"));
    io_conn_drop(talks[4].conn);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), 4);
    for (int i = 0; i < 5; i++) {
        talks[i].muted = true;
        talk_end(&talks[i]);
    }
    rig_down();
    io_conn_group_free(NULL);
}

const struct check_test test_conn[] = {
    {"echo", test_echo},
    {"one bounded piece a turn", test_one_bounded_piece_a_turn},
    {"the end of input leaves output open", test_half_close},
    {"pause", test_pause},
    {"hang-up while paused", test_gone_while_paused},
    {"five hundred connections", test_five_hundred},
    {"out of memory", test_out_of_memory},
    {"freeing the group drops all", test_free_group},
    {NULL, NULL},
};
