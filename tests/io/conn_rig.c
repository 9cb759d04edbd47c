/* SPDX-License-Identifier: ISC */
#include "conn_rig.h"

#include "herd/err.h"
#include "pair.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, SLEEP_MS = 20, HELD = 8192 };

struct rig rig;

static void data(void *arg, struct herd_slice bytes)
{
    struct talk *talk = arg;
    CHECK(!talk->muted && !talk->closed && !talk->eof);
    CHECK(bytes.len > 0 && bytes.len <= IO_CONN_READ);
    talk->pieces++;
    talk->bytes += bytes.len;
    if (bytes.len > talk->longest)
        talk->longest = bytes.len;
    if (talk->echo)
        io_conn_send(talk->conn, bytes);
    if (talk->then != NULL)
        talk->then(talk);
}

static void eof(void *arg)
{
    struct talk *talk = arg;
    CHECK(!talk->muted && !talk->closed && !talk->eof);
    talk->eof++;
    if (talk->at_eof != NULL)
        talk->at_eof(talk);
}

static void drained(void *arg)
{
    struct talk *talk = arg;
    CHECK(!talk->muted && !talk->closed);
    CHECK_INT((int64_t)io_conn_unsent(talk->conn), 0);
    talk->drained++;
    if (talk->at_drained != NULL)
        talk->at_drained(talk);
}

static void closed(void *arg, const char *reason)
{
    struct talk *talk = arg;
    CHECK(!talk->muted && !talk->closed);
    talk->closed++;
    (void)snprintf(talk->reason, sizeof talk->reason, "%s", reason);
    if (talk->at_closed != NULL)
        talk->at_closed(talk);
    talk->conn = NULL;
}

const struct io_conn_handlers rig_handlers = {data, eof, drained, closed};

struct io_conn_limits rig_limits(void)
{
    return (struct io_conn_limits){.high_water = RIG_HIGH,
                                   .unsent_max = RIG_MAX,
                                   .stall_ms = RIG_STALL_MS,
                                   .linger_ms = RIG_LINGER_MS};
}

bool rig_up_with(struct io_conn_limits limits)
{
    rig.open_before = pair_open_count();
    rig.now = (struct herd_mono){1000 * HERD_NS_PER_S};
    fail_mem_init(&rig.fail);
    rig.loop = io_loop_new(&rig.fail.mem);
    rig.group = io_conn_group_new(&rig.fail.mem, rig.loop, limits);
    return CHECK(rig.loop != NULL && rig.group != NULL);
}

bool rig_up(void)
{
    return rig_up_with(rig_limits());
}

void rig_down(void)
{
    fail_mem_arm(&rig.fail, 0, false);
    io_conn_group_free(rig.group);
    io_loop_free(rig.loop);
    CHECK_INT((int64_t)rig.fail.live, 0);
    CHECK_INT(pair_open_count(), rig.open_before);
}

bool talk_begin(struct talk *talk, bool tcp)
{
    int fds[2];
    *talk = (struct talk){.other = -1};
    if (!CHECK(tcp ? pair_tcp(fds) : pair_local(fds)))
        return false;
    const int held = HELD;
    if (!tcp)
        (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &held, sizeof held);
    talk->other = fds[0];
    talk->fd = fds[1];
    talk->conn = io_conn_open(rig.group, fds[1], &rig_handlers, talk);
    return CHECK(talk->conn != NULL);
}

void talk_end(struct talk *talk)
{
    if (talk->other >= 0)
        (void)close(talk->other);
    talk->other = -1;
}

int rig_turn(void)
{
    int calls = io_loop_turn(rig.loop, (struct herd_mono){0});
    CHECK(calls >= 0);
    io_conn_group_tick(rig.group, rig.now);
    return calls;
}

bool rig_until(bool (*holds)(const struct talk *talk), const struct talk *talk)
{
    struct herd_mono end = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (!holds(talk) && !herd_mono_reached(io_clock_mono(), end)) {
        (void)io_loop_turn(rig.loop, herd_mono_add_ms(io_clock_mono(), SLEEP_MS));
        io_conn_group_tick(rig.group, rig.now);
    }
    return holds(talk);
}

void rig_later(int64_t ms)
{
    rig.now = herd_mono_add_ms(rig.now, ms);
    io_conn_group_tick(rig.group, rig.now);
}

bool is_closed(const struct talk *talk)
{
    return talk->closed > 0;
}

bool has_eof(const struct talk *talk)
{
    return talk->eof > 0;
}

bool has_bytes(const struct talk *talk)
{
    return talk->bytes > 0;
}

bool is_drained(const struct talk *talk)
{
    return talk->drained > 0;
}

bool all_closed(const struct talk *talk)
{
    (void)talk;
    return io_conn_group_count(rig.group) == 0;
}

long talk_hear(const struct talk *talk, char *bytes)
{
    ssize_t got = recv(talk->other, bytes, RIG_HEARD, 0);
    if (got == 0 || (got == -1 && errno != EAGAIN && errno != EWOULDBLOCK))
        return -1;
    return got == -1 ? 0 : (long)got;
}

/* ---- a pattern --------------------------------------------------------------------- */

size_t talk_send_until_unsent(struct talk *talk, size_t size)
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

bool talk_hear_some(const struct talk *talk, size_t *at)
{
    static char heard[RIG_HEARD];
    long got = talk_hear(talk, heard), wrong = 0;
    for (long i = 0; i < got; i++)
        wrong += heard[i] != (char)('a' + (*at + (size_t)i) % 23);
    CHECK_INT(wrong, 0);
    *at += got > 0 ? (size_t)got : 0;
    return got > 0;
}

void talk_hear_pattern(const struct talk *talk, size_t *at)
{
    while (talk_hear_some(talk, at))
        ;
}

int64_t rig_ms_left(void)
{
    return (io_conn_group_deadline(rig.group).ns - rig.now.ns) / HERD_NS_PER_MS;
}

void talk_say(const struct talk *talk, size_t size)
{
    static char bytes[RIG_HEARD];
    memset(bytes, 'c', sizeof bytes);
    CHECK_INT(send(talk->other, bytes, size, 0), (int64_t)size);
}

void talk_reset(struct talk *talk)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    CHECK_INT(setsockopt(talk->other, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    talk_end(talk);
}
