/* SPDX-License-Identifier: ISC */
#include "follower.h"

#include "copy.h"
#include "dice.h"
#include "engine.h"
#include "net.h"
#include "wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEED = 33,
    INBOX_MAX = 1 << 17, /* bytes that may wait for it: a batch, and some heartbeats */
    CALM_MS = 20,
};

struct follower {
    struct sim *sim;
    uint32_t server;
    uint64_t id; /* its name */
    struct dice dice;
    bool gives, calm;
    int64_t pause_ms, stands_until_ns;
    size_t portion;    /* bytes that it reads at once */
    herd_conn_id conn; /* 0: none */
    char *inbox;       /* INBOX_MAX bytes */
    size_t waiting;    /* of these, bytes */
    bool drain_wanted, followed, feeding;
    char feed[FEED], sync_feed[FEED];
    uint64_t seq, feed_serial;
    struct copy copy;
    struct follower_seen seen;
    const char *broken; /* what must not be */
};

/* ---- the connection ---- */

static struct sim_pipe *pipe_of(const struct follower *follower)
{
    struct sim_pipe *pipe =
        follower->conn != 0 ? net_find(follower->sim, follower->conn) : NULL;
    return pipe != NULL && pipe->open[0] ? pipe : NULL;
}

size_t follower_connections(const struct follower *follower)
{
    return pipe_of(follower) != NULL ? 1 : 0;
}

static void step(struct follower *follower, enum herd_event_kind kind,
                 struct herd_slice bytes)
{
    if (pipe_of(follower) != NULL)
        engine_step(follower->sim, follower->server,
                    (struct herd_event){.kind = kind,
                                        .conn = follower->conn,
                                        .role = HERD_ROLE_CONTROL,
                                        .server = -1,
                                        .bytes = bytes});
}

static void say(struct follower *follower, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct follower *follower, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || len >= (int)sizeof text)
        abort();
    step(follower, HERD_EV_DATA, herd_slice(text, (size_t)len));
}

/* Counts the records where the server sends them: nothing is lost on this way. */
void follower_send(struct follower *follower, struct herd_slice bytes)
{
    struct herd_slice rest = bytes;
    if (bytes.len > INBOX_MAX - follower->waiting) {
        follower->broken = "too much is kept for a follower that takes nothing";
        return;
    }
    memcpy(follower->inbox + follower->waiting, bytes.data, bytes.len);
    follower->waiting += bytes.len;
    while (rest.len > 0) {
        const char *lf = memchr(rest.data, '\n', rest.len);
        struct herd_slice head = herd_slice(rest.data, (size_t)(lf - rest.data));
        bool batch = herd_slice_eq(wire_word(head, 0), HERD_LIT("BATCH"));
        follower->sim->wire.records += batch ? wire_number(head, 4) : 0;
        rest = herd_slice_from(rest,
                               head.len + 1 + (size_t)(batch ? wire_number(head, 1) : 0));
    }
}

void follower_drain(struct follower *follower)
{
    follower->drain_wanted = true;
}

static void lose_connection(struct follower *follower)
{
    struct sim_pipe *pipe = pipe_of(follower);
    if (pipe != NULL) {
        step(follower, HERD_EV_CLOSED, HERD_LIT("gone"));
        pipe->open[0] = false;
    }
    follower->conn = 0;
    follower->waiting = 0;
    follower->followed = follower->feeding = follower->drain_wanted = false;
}

static void connect(struct follower *follower)
{
    struct sim_pipe *pipe = net_open(follower->sim, follower->server, SIM_SERVERS);
    pipe->follower = follower;
    follower->conn = pipe->id;
    step(follower, HERD_EV_OPENED, HERD_LIT(""));
    say(follower, "FOLLOW f%" PRIu64 " 1\n", follower->id);
}

/* ---- what it is sent ---- */

static void give_one(void *ctx, struct herd_slice record)
{
    say(ctx, "BATCH %zu 0 0 1\n%.*s\n", record.len + 1, (int)record.len, record.data);
}

static void give(struct follower *follower)
{
    static const char feed[] = "d15cd15cd15cd15cd15cd15cd15cd15c";
    follower->seen.gifts++;
    say(follower, "SYNC 0 %s 0\n", feed);
    copy_for_each(&follower->copy, give_one, follower);
    say(follower, "SYNCED 0 %s 0\n", feed);
}

static void on_followed(struct follower *follower, struct herd_slice feed)
{
    follower->followed = true;
    if (follower->gives && follower->copy.count > 0 &&
        !herd_slice_eq(feed, herd_slice_str(follower->feed)))
        give(follower);
    say(follower, "HAVE 0 %s %" PRIu64 "\n",
        follower->feed[0] != '\0' ? follower->feed : "-", follower->seq);
}

static void set_feed(char out[FEED], struct herd_slice word)
{
    snprintf(out, FEED, "%.*s", (int)word.len, word.data);
}

/* A mirror has what the server has; one that gives has at least that. */
static void on_sync(struct follower *follower, struct herd_slice head)
{
    set_feed(follower->sync_feed, wire_word(head, 2));
    follower->feeding = false;
    follower->seen.syncs++;
    if (strcmp(follower->sync_feed, follower->feed) == 0)
        return;
    follower->feed_serial++;
    if (!follower->gives)
        copy_clear(&follower->copy);
}

static void on_batch(struct follower *follower, struct herd_slice head,
                     struct herd_slice payload)
{
    if (wire_number(head, 2) != (follower->feeding ? follower->seq : 0))
        follower->broken = "there is a gap in the feed of a follower";
    while (payload.len > 0) {
        const char *lf = memchr(payload.data, '\n', payload.len);
        size_t len = (size_t)(lf - payload.data);
        if (!copy_keep(&follower->copy, herd_slice(payload.data, len),
                       follower->feed_serial))
            follower->broken = "a follower was sent an older record after a newer one";
        payload = herd_slice_from(payload, len + 1);
    }
    if (follower->feeding)
        follower->seq = wire_number(head, 3);
    if (follower->feeding && dice_roll(&follower->dice, 2) == 0)
        say(follower, "ACK 0 %" PRIu64 "\n", follower->seq);
}

static void on_frame(struct follower *follower, struct herd_slice head,
                     struct herd_slice payload)
{
    switch (wire_verb(wire_word(head, 0))) {
    case SIM_RESUME:
        follower->feeding = true;
        follower->seen.resumes++;
        break;
    case SIM_SYNC: on_sync(follower, head); break;
    case SIM_SYNCED:
        set_feed(follower->feed, wire_word(head, 2));
        follower->seq = wire_number(head, 3);
        follower->feeding = true;
        break;
    case SIM_BATCH: on_batch(follower, head, payload); break;
    case SIM_PING:
        if (follower->feeding && wire_number(head, 3) > 0)
            follower->seq = wire_number(head, 3);
        say(follower, "PONG 0 %" PRIu64 "\n", wire_number(head, 2));
        break;
    default: break;
    }
}

/* The next frame, or FOLLOWED, if all of it is among the first `limit` bytes: its size. */
static size_t take(struct follower *follower, char *bytes, size_t limit)
{
    const char *lf = limit > 0 ? memchr(bytes, '\n', limit) : NULL;
    if (lf == NULL)
        return 0;
    struct herd_slice head = herd_slice(bytes, (size_t)(lf - bytes));
    if (!follower->followed) {
        on_followed(follower, wire_word(head, 3));
        return head.len + 1;
    }
    size_t length = (size_t)wire_number(head, 1);
    if (limit - head.len - 1 < length)
        return 0;
    on_frame(follower, head, herd_slice(lf + 1, length));
    return head.len + 1 + length;
}

/* What the server sends meanwhile waits behind the rest. */
static void read_some(struct follower *follower)
{
    size_t limit = follower->calm || follower->portion > follower->waiting
                       ? follower->waiting
                       : follower->portion;
    size_t used = 0, size;
    while ((size = take(follower, follower->inbox + used, limit - used)) > 0)
        used += size;
    if (follower->conn == 0)
        return;
    memmove(follower->inbox, follower->inbox + used, follower->waiting - used);
    follower->waiting -= used;
    /* A frame that is larger than a portion comes in several. */
    follower->portion = used == 0 ? follower->portion * 2 : follower->portion;
    if (follower->waiting > 0 || !follower->drain_wanted || pipe_of(follower) == NULL)
        return;
    follower->drain_wanted = false;
    engine_set_drained_due(follower->sim, follower->server, follower->conn);
}

/* ---- what it does ---- */

static bool can_connect(const struct follower *follower)
{
    const struct sim_server *at = &follower->sim->server[follower->server];
    return at->core != NULL && !at->stopping &&
           at->frozen_until_ns <= follower->sim->now_ns;
}

/* Returns whether something has gone wrong with it. */
static bool suffer(struct follower *follower)
{
    uint32_t roll = follower->calm ? 100 : dice_roll(&follower->dice, 100);
    if (roll == 0)
        follower->stands_until_ns =
            follower->sim->now_ns +
            (int64_t)dice_roll(&follower->dice, 8000) * HERD_NS_PER_MS;
    if (roll == 1 || roll == 2) {
        follower->seen.kills++;
        lose_connection(follower);
    }
    return roll <= 2;
}

int64_t follower_act(struct follower *follower)
{
    int64_t pause_ms = follower->calm ? CALM_MS : follower->pause_ms;
    if (follower->stands_until_ns > follower->sim->now_ns || !can_connect(follower))
        return pause_ms;
    if (pipe_of(follower) == NULL)
        lose_connection(follower);
    if (suffer(follower))
        return pause_ms;
    if (follower->conn == 0)
        connect(follower);
    else
        read_some(follower);
    return pause_ms;
}

void follower_calm(struct follower *follower)
{
    follower->calm = true;
    follower->stands_until_ns = 0;
}

/* ---- life ---- */

struct follower *follower_new(struct sim *sim, uint32_t server, uint64_t seed)
{
    struct follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL || (follower->inbox = malloc(INBOX_MAX)) == NULL)
        abort();
    follower->sim = sim;
    follower->server = server;
    follower->id = seed;
    follower->dice.state = seed;
    follower->gives = dice_roll(&follower->dice, 2) == 0;
    follower->pause_ms = 1 + dice_roll(&follower->dice, 1 << dice_roll(&follower->dice, 9));
    follower->portion = 64U << dice_roll(&follower->dice, 12);
    return follower;
}

void follower_free(struct follower *follower)
{
    copy_clear(&follower->copy);
    free(follower->inbox);
    free(follower);
}

struct follower_seen follower_seen(const struct follower *follower)
{
    return follower->seen;
}

/* ---- the end ---- */

struct comparison {
    const struct copy *copy;
    size_t records, same;
};

static bool compare(void *ctx, struct herd_slice record)
{
    struct comparison *comparison = ctx;
    comparison->records++;
    comparison->same += copy_has(comparison->copy, record);
    return true;
}

const char *follower_fault(const struct follower *follower)
{
    const struct sim_server *at = &follower->sim->server[follower->server];
    struct comparison comparison = {.copy = &follower->copy};
    if (follower->broken != NULL || at->core == NULL)
        return follower->broken;
    if (!follower->feeding)
        return "a follower is not fed";
    herd_core_for_each_record(at->core, compare, &comparison);
    return comparison.same == comparison.records &&
                   comparison.records == follower->copy.count
               ? NULL
               : "a follower holds other records than its server";
}
