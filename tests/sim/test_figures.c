/* SPDX-License-Identifier: ISC */
/* Figures about the herd, measured on virtual time and held against what is promised.
 * HERD_SIM_FIGURES=1 prints them, in full size; otherwise small ones are only checked. */
#include "check.h"
#include "net.h"
#include "overload.h"
#include "shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char location[] = "+34.068930-118.445127";

static bool in_full(void)
{
    const char *full = getenv("HERD_SIM_FIGURES");
    return full != NULL && *full != '\0';
}

static void random_paths(struct sim *sim, int64_t least_ms, uint32_t span_ms)
{
    for (uint32_t a = 0; a < sim->count; a++)
        for (uint32_t b = 0; b < sim->count; b++)
            sim->path[a][b].latency_ns =
                (least_ms + dice_roll(&sim->dice, span_ms)) * HERD_NS_PER_MS;
}

/* ---- records sent for each update ---- */

static void count_messages(const char *name, const char *conf, int rounds)
{
    struct sim *sim = sim_new(conf, 1);
    uint32_t servers = sim->conf.server_count, links = sim->conf.link_count;
    uint64_t least = UINT64_MAX, most = 0, sum = 0, updates = 0;
    random_paths(sim, 5, 45);
    CHECK_LABEL("%s, %u servers", name, servers);
    CHECK(sim_settle(sim));
    for (int64_t round = 1; round <= rounds; round++) {
        for (uint32_t i = 0; i < servers; i++) {
            uint64_t before = sim_records_sent(sim);
            sim_report(sim, i, "c", location, round * 100 + i);
            sim_run_for(sim, 60 * servers);
            uint64_t sent = sim_records_sent(sim) - before;
            least = sent < least ? sent : least;
            most = sent > most ? sent : most;
            sum += sent;
            updates++;
        }
    }
    uint64_t bound = 2 * (uint64_t)links - (servers - 1);
    CHECK(least >= servers - 1);
    CHECK(most <= bound);
    if (in_full())
        printf("    %-8s %3u servers %4u links: %6.2f (%" PRIu64 " to %" PRIu64
               "), bound %" PRIu64 ", without echo suppression %u\n",
               name, servers, links, (double)sum / (double)updates, least, most, bound,
               2 * links);
    sim_free(sim);
}

static void read_conf(const char *name, char out[SHAPE_CONF])
{
    char path[600];
    const char *fixtures = getenv("HERD_TEST_FIXTURES");
    snprintf(path, sizeof path, "%s/conf/%s", fixtures != NULL ? fixtures : "fixtures",
             name);
    FILE *file = fopen(path, "r");
    out[0] = '\0';
    REQUIRE(file != NULL);
    size_t len = fread(out, 1, SHAPE_CONF - 1, file);
    out[len] = '\0';
    fclose(file);
}

static void messages(void)
{
    static const uint32_t sizes[] = {8, 16, 32};
    char conf[SHAPE_CONF];
    int rounds = in_full() ? 20 : 2;
    if (in_full())
        printf("\n  records sent for each update, and their bound 2*links - (servers-1)\n");
    read_conf("ucla-2018.conf", conf);
    count_messages("ucla", conf, rounds);
    for (int i = 0; i < 3; i++) {
        shape_conf(SHAPE_CHORDS, sizes[i], conf);
        count_messages("chords", conf, rounds);
        if (sizes[i] > 16 || (!in_full() && sizes[i] > 8))
            continue;
        shape_conf(SHAPE_RING, sizes[i], conf);
        count_messages("ring", conf, rounds);
        shape_conf(SHAPE_MESH, sizes[i], conf);
        count_messages("mesh", conf, rounds);
    }
}

/* ---- bytes for a reconnection ---- */

static uint64_t bytes_of_news(const struct sim *sim)
{
    uint64_t bytes = 0;
    for (int verb = 0; verb < SIM_VERBS; verb++)
        if (verb != SIM_PING && verb != SIM_PONG)
            bytes += sim->wire.bytes[verb];
    return bytes;
}

static void reconnect(int clients, int missed, bool restarted)
{
    struct sim *sim;
    char conf[SHAPE_CONF];
    shape_conf(SHAPE_LINE, 2, conf);
    sim = sim_new(conf, 1);
    CHECK(sim_settle(sim));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < (round == 0 ? clients : missed); i++) {
            char name[32];
            snprintf(name, sizeof name, "kiwi-%05d.cs.ucla.edu", i);
            sim_report(sim, 0, name, location, 1621464827 + round);
        }
        sim_run_for(sim, 3000);
        if (round == 0)
            net_cut(sim, 0, 1);
    }
    if (restarted) {
        sim_stop(sim, 1);
        CHECK(sim_start(sim, 1));
    }
    struct sim_wire before = sim->wire;
    uint64_t bytes = bytes_of_news(sim);
    net_heal(sim, 0, 1);
    CHECK(sim_settle(sim));
    sim_run_for(sim, 3000);
    CHECK(sim_digest(sim, 0) == sim_digest(sim, 1));
    bytes = bytes_of_news(sim) - bytes;
    uint64_t records = sim->wire.records - before.records;
    uint64_t batches = sim->wire.bytes[SIM_BATCH] - before.bytes[SIM_BATCH];
    CHECK_INT((int64_t)records, restarted ? clients : missed);
    CHECK(bytes - batches < 1500);
    if (in_full())
        printf("    %5d of %d%s: %7" PRIu64 " bytes, of these %7" PRIu64 " in %" PRIu64
               " batches\n",
               restarted ? clients : missed, clients,
               restarted ? ", the neighbour is empty" : "", bytes, batches,
               sim->wire.frames[SIM_BATCH] - before.frames[SIM_BATCH]);
    sim_free(sim);
}

static void reconnections(void)
{
    if (in_full())
        printf("\n  bytes for a reconnection, both directions, without heartbeats; records "
               "missed\n");
    reconnect(1000, 0, false);
    reconnect(1000, 10, false);
    reconnect(1000, 1000, false);
    reconnect(1000, 0, true);
}

/* ---- staleness under overload ---- */

static void staleness(void)
{
    struct overload load = {.clients = 4000,
                            .hot = 50,
                            .updates_a_s = 2000,
                            .records_a_s = 500,
                            .seconds = 30,
                            .latency_ms = 20};
    if (in_full()) {
        load.clients = 10000;
        load.seconds = 600;
    }
    overload_run(&load);
    /* A round trip on the loaded link, what waits in it included. */
    int64_t rtt_ms = 2 * load.latency_ms + load.queue_ms;
    int64_t bound_ms = 2 * 1000 * (int64_t)load.clients / load.records_a_s + rtt_ms;
    CHECK_LABEL("%u clients", load.clients);
    CHECK(load.worst_ms > 0 && load.worst_ms <= bound_ms);
    CHECK(load.full_syncs > 0);
    CHECK(load.agreed);
    if (in_full())
        printf(
            "\n  staleness: %u clients, %u of them make half of %u updates/s, link of %u "
            "records/s, %u s\n    worst %.2f s (hot %.2f s), bound %.2f s; %" PRIu64
            " full syncs, %" PRIu64 " records sent\n",
            load.clients, load.hot, load.updates_a_s, load.records_a_s, load.seconds,
            (double)load.worst_ms / 1e3, (double)load.worst_hot_ms / 1e3,
            (double)bound_ms / 1e3, load.full_syncs, load.sent);
}

/* ---- time to heal ---- */

enum { PARTED = 5 };

static bool all_agree(const struct sim *sim)
{
    for (uint32_t i = 1; i < sim->count; i++)
        if (sim_digest(sim, i) != sim_digest(sim, 0))
            return false;
    return true;
}

/* Returns ms from the end of the partition until all hold the same; -1: too late. */
static int64_t part_and_heal(const char *conf, uint64_t seed, int64_t parted_ms)
{
    struct sim *sim = sim_new(conf, seed);
    uint32_t side = 1 + dice_roll(&sim->dice, (1U << PARTED) - 2);
    random_paths(sim, 1, 50);
    CHECK(sim_settle(sim));
    for (uint32_t a = 0; a < PARTED; a++)
        for (uint32_t b = 0; b < PARTED; b++)
            if ((side >> a & 1) != (side >> b & 1))
                net_hole(sim, a, b, parted_ms);
    for (uint32_t i = 0; i < PARTED; i++) {
        char name[8];
        snprintf(name, sizeof name, "c%u", i);
        sim_report(sim, i, name, location, 5);
    }
    sim_run_for(sim, parted_ms);
    int64_t start_ms = sim_ms(sim), ms = -1;
    while (ms < 0 && sim_ms(sim) < start_ms + 120000) {
        sim_run_for(sim, 5);
        if (all_agree(sim))
            ms = sim_ms(sim) - start_ms;
    }
    sim_free(sim);
    return ms;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void heal_times(const char *name, const char *conf, int64_t parted_ms)
{
    enum { MOST = 400 };
    int64_t ms[MOST];
    size_t count = in_full() ? MOST : 10;
    for (size_t i = 0; i < count; i++) {
        ms[i] = part_and_heal(conf, 1 + i, parted_ms);
        CHECK_LABEL("%s, seed %d, parted for %d ms", name, (int)i + 1, (int)parted_ms);
        CHECK(ms[i] >= 0 && ms[i] < 2 * 30100 + 3000);
    }
    qsort(ms, count, sizeof *ms, by_size);
    if (in_full())
        printf("    %-8s %8" PRId64 " %8" PRId64 " %8" PRId64 "\n", name, ms[count / 2],
               ms[count * 99 / 100], ms[count - 1]);
}

static void partitions(void)
{
    static const int64_t parted_ms[] = {2000, 20000, 300000};
    char conf[SHAPE_CONF];
    for (int i = 0; i < 3; i++) {
        if (in_full())
            printf(
                "\n  ms to agree after a partition of %d s, default options, %d servers; "
                "p50 p99 max\n",
                (int)parted_ms[i] / 1000, PARTED);
        read_conf("ucla-2018.conf", conf);
        heal_times("ucla", conf, parted_ms[i]);
        for (int shape = 0; shape < SHAPE_COUNT; shape++) {
            shape_conf((enum shape)shape, PARTED, conf);
            /* The default is 30 seconds. */
            char *retry = strstr(conf, "link-retry-max-ms 1000\n");
            REQUIRE(retry != NULL);
            memcpy(retry, "#", 1);
            heal_times(shape_name((enum shape)shape), conf, parted_ms[i]);
        }
    }
}

const struct check_test test_figures[] = {
    {"messages for each update", messages},
    {"bytes for a reconnection", reconnections},
    {"staleness under overload", staleness},
    {"time to heal a partition", partitions},
    {NULL, NULL},
};
