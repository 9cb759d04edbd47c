/* SPDX-License-Identifier: ISC */
/* Two servers and the wire between them, on which bytes are flipped. The input is a row of
 * deeds; its first byte says whether the herd has a key. When bytes were flipped, all
 * connections break in the end. Then the two have some time to agree. */
#include "core_rig.h"
#include "forge.h"

#include "herd/err.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    INPUT_MAX = 1024,
    CLIENT = 1,
    CONTROL = 2,
    CLIENTS = 3, /* links are the connections from here on */
    CONNS = 64,
    TURN_MS = 100,
    TURNS_MAX = 36000,
    QUEUE_MAX = 1 << 22
};

static const char conf_text[] = "server Bona client 127.0.0.1:2 peer 127.0.0.1:12\n"
                                "server Clark client 127.0.0.1:3 peer 127.0.0.1:13\n"
                                "link Bona Clark\n"
                                "handshake-timeout-ms 1000\n"
                                "link-ping-ms 500\n"
                                "link-timeout-ms 2000\n"
                                "link-retry-max-ms 1000\n";

/* Bytes on their way to one end of a connection. */
struct queue {
    char *data;
    size_t at, len;
};

struct wire {
    struct queue to[2];
    bool closed; /* by one side */
};

struct pair;

struct side {
    struct pair *pair;
    int n;
    bool dials;
};

struct pair {
    struct rig rig[2];
    struct side side[2];
    struct wire wire[CONNS]; /* by the low half of its id */
    uint32_t last;
    bool flipped;
};

static void append(struct queue *queue, struct herd_slice bytes)
{
    FUZZ_CHECK(queue->len + bytes.len <= QUEUE_MAX);
    queue->data = realloc(queue->data, queue->len + bytes.len);
    FUZZ_CHECK(queue->data != NULL);
    memcpy(queue->data + queue->len, bytes.data, bytes.len);
    queue->len += bytes.len;
}

static void forget(struct queue *queue)
{
    free(queue->data);
    *queue = (struct queue){.data = NULL};
}

/* ---- what the cores do ---- */

static void carry_out(void *ctx, const struct herd_action *action)
{
    struct side *side = ctx;
    struct pair *pair = side->pair;
    uint32_t conn = (uint32_t)action->conn;
    if (action->kind == HERD_DO_SEND && conn >= CLIENTS && pair->rig[!side->n].open[conn])
        append(&pair->wire[conn].to[!side->n], action->bytes);
    else if (action->kind == HERD_DO_CLOSE)
        pair->wire[conn].closed = true;
    else if (action->kind == HERD_DO_DIAL)
        side->dials = true;
}

static uint32_t free_conn(struct pair *pair)
{
    for (int i = 0; i < CONNS; i++) {
        pair->last = pair->last + 1 < CONNS ? pair->last + 1 : CLIENTS;
        if (!pair->rig[0].open[pair->last] && !pair->rig[1].open[pair->last])
            return pair->last;
    }
    return 0;
}

static void answer_dials(struct pair *pair)
{
    for (int n = 0; n < 2; n++) {
        if (!pair->side[n].dials)
            continue;
        uint32_t conn = free_conn(pair);
        FUZZ_CHECK(conn != 0);
        pair->side[n].dials = false;
        forget(&pair->wire[conn].to[0]);
        forget(&pair->wire[conn].to[1]);
        pair->wire[conn].closed = false;
        pair->rig[!n].open[conn] = true; /* what is sent to it is kept */
        rig_open(&pair->rig[n], conn, HERD_ROLE_PEER, !n);
        rig_open(&pair->rig[!n], conn, HERD_ROLE_PEER, -1);
    }
}

/* ---- what happens ---- */

/* Up to `most` bytes arrive at one side of one connection; or the news that it is gone. */
static bool deliver(struct pair *pair, int n, uint32_t conn, size_t most)
{
    struct wire *wire = &pair->wire[conn];
    struct queue *queue = &wire->to[n];
    size_t left = queue->len - queue->at;
    if (!pair->rig[n].open[conn] || (left == 0 && !wire->closed))
        return false;
    if (left == 0) {
        core_rig_break(&pair->rig[n], conn);
        wire->closed = true;
        return true;
    }
    size_t len = left < most ? left : most;
    struct herd_slice bytes = fuzz_copy(herd_slice(queue->data + queue->at, len));
    queue->at += len;
    if (queue->at == queue->len)
        forget(queue);
    core_rig_say(&pair->rig[n], conn, bytes);
    fuzz_drop(bytes);
    return true;
}

static bool deliver_all(struct pair *pair, int n)
{
    bool any = false;
    for (uint32_t conn = CLIENTS; conn < CONNS; conn++)
        while (deliver(pair, n, conn, SIZE_MAX))
            any = true;
    return any;
}

static void deliver_some(struct pair *pair, int n, size_t most)
{
    for (uint32_t conn = CLIENTS; conn < CONNS; conn++)
        if (deliver(pair, n, conn, most))
            return;
}

static void flip(struct pair *pair, int n, uint8_t place, uint8_t bits)
{
    for (uint32_t conn = CLIENTS; conn < CONNS; conn++) {
        struct queue *queue = &pair->wire[conn].to[n];
        size_t left = queue->len - queue->at;
        if (left == 0)
            continue;
        queue->data[queue->at + place * left / 256] ^= (char)(bits | 1);
        pair->flipped = true;
        return;
    }
}

static void cut(struct pair *pair, uint32_t conn)
{
    struct wire *wire = &pair->wire[conn];
    wire->closed = true;
    for (int n = 0; n < 2; n++) {
        forget(&wire->to[n]);
        core_rig_break(&pair->rig[n], conn);
    }
}

static void report(struct pair *pair, int n, unsigned client, unsigned time)
{
    char line[64];
    int len = snprintf(line, sizeof line, "IAMAT c%u +1-1 %u\n", client, time);
    core_rig_say(&pair->rig[n], CLIENT, herd_slice(line, (size_t)len));
}

/* A client that is known, or one of a report that is under way. */
static void forget_client(struct pair *pair, int n, unsigned client)
{
    struct rig *rig = &pair->rig[n];
    char line[64];
    int len = snprintf(line, sizeof line, "FORGET c%u\n", client);
    if (!rig->open[CONTROL])
        rig_open(rig, CONTROL, HERD_ROLE_CONTROL, -1);
    core_rig_say(rig, CONTROL, herd_slice(line, (size_t)len));
    core_rig_break(rig, CONTROL);
}

static void pass(struct pair *pair, int64_t ms)
{
    for (int n = 0; n < 2; n++)
        core_rig_turn(&pair->rig[n], ms, true);
    answer_dials(pair);
}

static void deed(struct pair *pair, uint8_t what, struct herd_slice *input)
{
    int n = what >> 3 & 1;
    unsigned arg = what >> 4;
    switch (what & 7) {
    case 0: deliver_all(pair, n); break;
    case 1: deliver_some(pair, n, fuzz_byte(input) + 1U); break;
    case 2: {
        uint8_t place = fuzz_byte(input);
        flip(pair, n, place, fuzz_byte(input));
        break;
    }
    case 3: forget_client(pair, n, arg); break;
    case 4: cut(pair, pair->last); break;
    case 5: pass(pair, (int64_t)arg * TURN_MS); break;
    case 6: report(pair, n, arg, fuzz_byte(input)); break;
    default:
        for (unsigned i = 0; i < 64; i++)
            report(pair, n, 100 + i, arg);
        break;
    }
}

/* ---- judging ---- */

static bool also_there(void *ctx, struct herd_slice record)
{
    struct pair *pair = ctx;
    struct herd_slice client = record;
    for (int i = 0; i < 3; i++)
        while (fuzz_byte(&client) != ' ')
            ;
    const char *end = memchr(client.data, ' ', client.len);
    FUZZ_CHECK(end != NULL);
    client.len = (size_t)(end - client.data);
    return herd_slice_eq(herd_core_record(pair->rig[1].core, client), record);
}

struct comparison {
    struct pair *pair;
    bool same;
};

static bool compare(void *ctx, struct herd_slice record)
{
    struct comparison *comparison = ctx;
    comparison->same = also_there(comparison->pair, record);
    return comparison->same;
}

static bool agree(struct pair *pair)
{
    struct comparison comparison = {pair, true};
    const struct herd_core *bona = pair->rig[0].core, *clark = pair->rig[1].core;
    if (herd_core_links_up(bona) == 0 || herd_core_links_up(clark) == 0 ||
        herd_core_client_count(bona) != herd_core_client_count(clark))
        return false;
    herd_core_for_each_record(bona, compare, &comparison);
    return comparison.same;
}

static void settle(struct pair *pair)
{
    int turns = 0;
    for (uint32_t conn = CLIENTS; pair->flipped && conn < CONNS; conn++)
        cut(pair, conn);
    do {
        pass(pair, turns == 0 ? 0 : TURN_MS);
        for (int i = 0; i < 64 && (deliver_all(pair, 0) || deliver_all(pair, 1)); i++)
            ;
    } while (!agree(pair) && ++turns < TURNS_MAX);
    FUZZ_CHECK(turns < TURNS_MAX);
    for (int n = 0; n < 2; n++) {
        const struct herd_stats *stats = herd_core_stats(pair->rig[n].core);
        rig_check_records(&pair->rig[n]);
        FUZZ_CHECK(pair->rig[n].mem.peak <= 1 << 22);
        if (!pair->flipped)
            FUZZ_CHECK(stats->peers_malformed == 0 && stats->records_malformed == 0 &&
                       stats->frames_unknown == 0 && stats->peers_auth_failed == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"Bona", "Clark"};
    struct herd_slice input =
        herd_slice((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    struct pair pair = {.last = CLIENTS};
    uint8_t key[FORGE_KEY] = {1, 2, 3};
    bool keyed = fuzz_byte(&input) % 2 == 1;
    for (int n = 0; n < 2; n++) {
        core_rig_start(&pair.rig[n], conf_text, names[n], keyed ? key : NULL,
                       (uint8_t)(n + 1));
        pair.side[n] = (struct side){&pair, n, false};
        pair.rig[n].watch = carry_out;
        pair.rig[n].watcher = &pair.side[n];
        rig_open(&pair.rig[n], CLIENT, HERD_ROLE_CLIENT, -1);
    }
    pass(&pair, 0);
    while (input.len > 0)
        deed(&pair, fuzz_byte(&input), &input);
    settle(&pair);
    for (int n = 0; n < 2; n++)
        rig_end(&pair.rig[n]);
    for (int conn = 0; conn < CONNS; conn++)
        for (int n = 0; n < 2; n++)
            forget(&pair.wire[conn].to[n]);
    return 0;
}
