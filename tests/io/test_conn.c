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

static void say(const struct talk *talk, size_t size)
{
    static char bytes[RIG_HEARD];
    memset(bytes, 'c', sizeof bytes);
    CHECK_INT(send(talk->other, bytes, size, 0), (int64_t)size);
}

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
    CHECK_INT(talk.opened + talk.drained + talk.eof + talk.closed, 0);
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
    say(&talk, 2 * IO_CONN_READ + 1);
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

/* ---- ends, from wherever ------------------------------------------------------------ */

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
        say(&talk, 3 * IO_CONN_READ);
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
            say(&talks[k], 10);
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

static void reset(struct talk *talk)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    CHECK_INT(setsockopt(talk->other, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    talk_end(talk);
}

static void test_reset_while_reading(void)
{
    struct talk talk;
    struct talk friend;
    if (!rig_up() || !talk_begin(&talk, true) || !talk_begin(&friend, true))
        return;
    talk.friend = &friend;
    talk.at_closed = end_everything;
    reset(&talk);
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
            reset(&talk);
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
    reset(&talk);
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
    reset(&talk);
    CHECK(rig_until(is_closed, &talk));
    CHECK_INT(talk.closed, 1);
    CHECK_INT(talk.drained, 0);
    rig_down();
}

/* ---- pause -------------------------------------------------------------------------- */

static void test_pause(void)
{
    struct talk talk;
    if (!rig_up() || !talk_begin(&talk, false))
        return;
    io_conn_pause(talk.conn, true);
    say(&talk, 10);
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
            reset(&talk);
        else
            talk_end(&talk);
        CHECK(rig_until(is_closed, &talk));
        CHECK_STR(talk.reason, tcp ? strerror(ECONNRESET) : "hung up");
        CHECK_INT(talk.pieces + talk.eof, 0);
        CHECK_INT(rig_turn(), 0);
        rig_down();
    }
}

/* ---- dialling ----------------------------------------------------------------------- */

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

/* ---- many, memory ------------------------------------------------------------------- */

static void test_five_hundred(void)
{
    enum { COUNT = 500 };
    static struct talk talks[COUNT];
    if (!rig_up())
        return;
    for (int i = 0; i < COUNT; i++) {
        REQUIRE(talk_begin(&talks[i], false));
        talks[i].echo = true;
    }
    CHECK_INT((int64_t)io_conn_group_count(rig.group), COUNT);
    size_t idle = rig.fail.live;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++)
            say(&talks[i], 100);
        CHECK_INT(rig_turn(), COUNT);
        for (int i = 0; i < COUNT; i++)
            CHECK_INT(talk_hear(&talks[i], heard), 100);
    }
    CHECK_INT((int64_t)rig.fail.live, (int64_t)idle);
    for (int i = 0; i < COUNT; i += 2)
        talk_end(&talks[i]);
    CHECK_INT(rig_turn(), COUNT / 2);
    for (int i = 0; i < COUNT; i += 2)
        io_conn_drop(talks[i].conn);
    CHECK_INT((int64_t)io_conn_group_count(rig.group), COUNT / 2);
    for (int i = 1; i < COUNT; i += 2)
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
        CHECK(io_conn_accept(rig.group, fds[0], &rig_handlers, &talk) == NULL);
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
    {"a handler may end its own connection", test_end_self_in_data},
    {"a handler may end another connection", test_end_other_in_data},
    {"reset while reading", test_reset_while_reading},
    {"reset while writing", test_reset_while_writing},
    {"the owner may end a broken connection", test_end_after_broken},
    {"finish after a reset", test_finish_after_reset},
    {"reset with unsent bytes", test_reset_with_unsent},
    {"pause", test_pause},
    {"hang-up while paused", test_gone_while_paused},
    {"dial", test_dial},
    {"dial refused", test_dial_refused},
    {"five hundred connections", test_five_hundred},
    {"out of memory", test_out_of_memory},
    {"freeing the group drops all", test_free_group},
    {NULL, NULL},
};
