/* SPDX-License-Identifier: ISC */
#include "overload.h"

#include "check.h"
#include "shape.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP_MS = 10, LINES = 64, LINE = 96, KERNEL = 16384, BATCH = 16384 };

/* The reports of one client that the receiver lacks: when each was made. */
struct backlog {
    int64_t *at_ns;
    size_t count, size;
    uint64_t first; /* number of the first of them */
};

struct watch {
    struct overload *load;
    struct sim *sim;
    struct backlog *backlog;
    /* What was sent, in order: clients and numbers of reports. */
    uint32_t *client;
    uint64_t *number;
    size_t sent, sent_size;
    size_t received;
};

static void *grown(void *old, size_t size)
{
    void *fresh = realloc(old, size);
    if (fresh == NULL)
        abort();
    return fresh;
}

static void note_age(struct watch *watch, uint32_t client, int64_t now_ns)
{
    const struct backlog *backlog = &watch->backlog[client];
    if (backlog->count == 0)
        return;
    int64_t ms = (now_ns - backlog->at_ns[0]) / HERD_NS_PER_MS;
    if (ms > watch->load->worst_ms)
        watch->load->worst_ms = ms;
    if (client < watch->load->hot && ms > watch->load->worst_hot_ms)
        watch->load->worst_hot_ms = ms;
}

/* ---- the two ends ---- */

static void reported(struct watch *watch, uint32_t client)
{
    struct backlog *backlog = &watch->backlog[client];
    if (backlog->count == backlog->size) {
        backlog->size = backlog->size > 0 ? 2 * backlog->size : 4;
        backlog->at_ns = grown(backlog->at_ns, backlog->size * sizeof *backlog->at_ns);
    }
    backlog->at_ns[backlog->count++] = watch->sim->now_ns;
}

static void arrived(struct watch *watch, uint32_t client, uint64_t number)
{
    struct backlog *backlog = &watch->backlog[client];
    if (number < backlog->first)
        return;
    note_age(watch, client, watch->sim->now_ns);
    size_t gone = (size_t)(number - backlog->first) + 1;
    if (!CHECK(gone <= backlog->count))
        return;
    memmove(backlog->at_ns, backlog->at_ns + gone,
            (backlog->count - gone) * sizeof *backlog->at_ns);
    backlog->count -= gone;
    backlog->first = number + 1;
}

static void on_frame(void *ctx, struct sim *sim, const struct sim_frame *frame)
{
    struct watch *watch = ctx;
    struct herd_slice rest = frame->payload;
    (void)sim;
    if (frame->from != 0 || wire_verb(frame->verb) != SIM_BATCH)
        return;
    while (rest.len > 0) {
        const char *lf = memchr(rest.data, '\n', rest.len);
        struct herd_slice record = herd_slice(rest.data, (size_t)(lf - rest.data));
        if (watch->sent == watch->sent_size) {
            watch->sent_size = 2 * watch->sent_size + 1024;
            watch->client = grown(watch->client, watch->sent_size * sizeof(uint32_t));
            watch->number = grown(watch->number, watch->sent_size * sizeof(uint64_t));
        }
        /* c00042, and as its time the number of the report */
        watch->client[watch->sent] =
            (uint32_t)strtoul(wire_word(record, 3).data + 1, NULL, 10);
        watch->number[watch->sent++] = wire_number(record, 5);
        rest = herd_slice_from(rest, record.len + 1);
    }
}

static void stepped(void *ctx, struct sim *sim, uint32_t server)
{
    struct watch *watch = ctx;
    if (server != 1)
        return;
    uint64_t received = herd_core_stats(sim->server[1].core)->records_received;
    for (; watch->received < received && watch->received < watch->sent; watch->received++)
        arrived(watch, watch->client[watch->received], watch->number[watch->received]);
}

/* ---- reports ---- */

static void report(struct watch *watch, uint32_t client, char *text, size_t *len)
{
    const struct backlog *backlog = &watch->backlog[client];
    *len += (size_t)snprintf(text + *len, LINE,
                             "IAMAT c%05" PRIu32 " +34.0-118.4 %" PRIu64 "\n", client,
                             backlog->first + backlog->count);
    reported(watch, client);
}

static void say(struct watch *watch, uint32_t first, uint32_t count, bool any)
{
    static char text[LINES * LINE];
    const struct overload *load = watch->load;
    for (uint32_t done = 0; done < count;) {
        size_t len = 0;
        for (uint32_t i = 0; i < LINES && done < count; i++, done++) {
            bool hot = dice_roll(&watch->sim->dice, 2) == 0;
            uint32_t some =
                hot ? dice_roll(&watch->sim->dice, load->hot)
                    : load->hot + dice_roll(&watch->sim->dice, load->clients - load->hot);
            report(watch, any ? some : first + done, text, &len);
        }
        (void)sim_client_send(watch->sim, 0, herd_slice(text, len));
    }
}

static bool settled(const struct sim *sim)
{
    return sim_digest(sim, 0) == sim_digest(sim, 1);
}

static void finish(struct watch *watch)
{
    struct overload *load = watch->load;
    for (uint32_t i = 0; i < load->clients; i++)
        note_age(watch, i, watch->sim->now_ns);
    load->full_syncs = herd_core_stats(watch->sim->server[0].core)->syncs_lagging;
    load->sent = watch->sent;
    for (uint32_t s = 0; s < 4 * load->clients / load->records_a_s + 10; s++) {
        if (settled(watch->sim))
            break;
        sim_run_for(watch->sim, 1000);
    }
    load->agreed = settled(watch->sim);
}

void overload_run(struct overload *load)
{
    char conf[SHAPE_CONF];
    struct watch watch = {.load = load};
    struct sim_setup setup = {.conf = conf, .seed = 1};
    setup.hooks.stepped = stepped;
    setup.hooks.frame = on_frame;
    setup.hooks.ctx = &watch;
    shape_conf(SHAPE_LINE, 2, conf);
    watch.backlog = calloc(load->clients, sizeof *watch.backlog);
    if (watch.backlog == NULL)
        abort();
    struct sim *sim = sim_new_with(&setup);
    watch.sim = sim;
    sim->path[0][1].latency_ns = sim->path[1][0].latency_ns =
        load->latency_ms * HERD_NS_PER_MS;
    CHECK(sim_settle(sim));
    say(&watch, 0, load->clients, false);
    sim_run_for(sim, 10000);
    CHECK(settled(sim));
    load->worst_ms = load->worst_hot_ms = 0;
    sim->kernel = KERNEL;
    /* Its LF, and the digits that will be added. */
    size_t record_len = sim_record(sim, 0, "c00000").len + 3;
    sim->path[0][1].rate = (int64_t)load->records_a_s * (int64_t)record_len;
    load->queue_ms = 1000 * (int64_t)(KERNEL + BATCH) / sim->path[0][1].rate;
    for (uint32_t ms = 0; ms < 1000 * load->seconds; ms += STEP_MS) {
        say(&watch, 0, load->updates_a_s * STEP_MS / 1000, true);
        sim_run_for(sim, STEP_MS);
    }
    finish(&watch);
    for (uint32_t i = 0; i < load->clients; i++)
        free(watch.backlog[i].at_ns);
    free(watch.backlog);
    free(watch.client);
    free(watch.number);
    sim_free(sim);
}
