/* SPDX-License-Identifier: ISC */
/* Links that break and servers that crash: what is still connected agrees, and what comes
 * back gets everything. */
#include "check.h"
#include "net.h"
#include "shape.h"

#include <stdio.h>

enum { N = 5, RECORDS = 5 };

static const char *const clients[RECORDS] = {"c0", "c1", "c2", "c3", "c4"};
static const char location[] = "+34.068930-118.445127";

static struct sim *start(enum shape shape, uint64_t seed)
{
    char conf[SHAPE_CONF];
    shape_conf(shape, N, conf);
    struct sim *sim = sim_new(conf, seed);
    for (uint32_t a = 0; a < N; a++)
        for (uint32_t b = 0; b < N; b++)
            sim->path[a][b].segment = 100;
    CHECK(sim_settle(sim));
    return sim;
}

static void check_all_have(const struct sim *sim, const char *client, int64_t seconds)
{
    for (uint32_t i = 0; i < N; i++)
        CHECK_INT(sim_is_up(sim, i) ? sim_seconds(sim, i, client) : -2, seconds);
    shape_agrees(sim, client);
}

/* ---- links ---- */

/* Two cuts part a ring: A B | C D E. */
static void cut_and_heal(void)
{
    struct sim *sim = start(SHAPE_RING, 3);
    net_cut(sim, 1, 2);
    net_cut(sim, 0, 4);
    sim_report(sim, 0, "near", location, 5);
    sim_report(sim, 3, "far", location, 6);
    sim_report(sim, 1, "both", location, 7);
    sim_report(sim, 2, "both", "+1.0+1.0", 7);
    CHECK(sim_settle(sim));
    CHECK_INT(sim_seconds(sim, 1, "near"), 5);
    CHECK_INT(sim_seconds(sim, 2, "near"), -1);
    CHECK_INT(sim_seconds(sim, 4, "far"), 6);
    CHECK_INT(sim_seconds(sim, 0, "far"), -1);
    CHECK(!herd_slice_eq(sim_record(sim, 0, "both"), sim_record(sim, 4, "both")));
    net_heal(sim, 1, 2);
    CHECK(sim_settle(sim));
    check_all_have(sim, "near", 5);
    check_all_have(sim, "far", 6);
    check_all_have(sim, "both", 7);
    net_heal(sim, 0, 4);
    CHECK(sim_settle(sim));
    check_all_have(sim, "both", 7);
    sim_free(sim);
}

/* A record is on the wire when the link breaks; at each millisecond of its way. */
static void cut_under_way(void)
{
    for (int64_t ms = 0; ms <= 45; ms++) {
        struct sim *sim = start(SHAPE_LINE, (uint64_t)ms);
        CHECK_LABEL("cut after %d ms", (int)ms);
        sim_report(sim, 0, "c", location, 5);
        sim_run_for(sim, ms);
        for (uint32_t i = 0; i + 1 < N; i++)
            net_cut(sim, i, i + 1);
        sim_run_for(sim, 300);
        for (uint32_t i = 0; i + 1 < N; i++)
            net_heal(sim, i, i + 1);
        CHECK(sim_settle(sim));
        check_all_have(sim, "c", 5);
        sim_free(sim);
    }
}

/* All servers start at once, so both ends of each link dial; the dials cross in all ways.
 */
static void one_connection_a_link(void)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        char conf[SHAPE_CONF];
        shape_conf(SHAPE_MESH, N, conf);
        struct sim *sim = sim_new(conf, seed);
        CHECK_LABEL("seed %d", (int)seed);
        for (int change = 0; change < 20; change++) {
            uint32_t a = dice_roll(&sim->dice, N), b = dice_roll(&sim->dice, N);
            sim->path[a][b].latency_ns = dice_roll(&sim->dice, 50) * HERD_NS_PER_MS;
        }
        for (uint32_t i = 1; i < N; i++) {
            sim_stop(sim, i);
            sim_run_for(sim, dice_roll(&sim->dice, 20));
            sim_start(sim, i);
        }
        CHECK(sim_settle(sim));
        sim_run_for(sim, 20000);
        for (uint32_t i = 0; i < sim->conf.link_count; i++)
            CHECK_INT((int64_t)sim_pipes(sim, sim->conf.links[i].a, sim->conf.links[i].b),
                      1);
        for (uint32_t i = 0; i < N; i++) {
            CHECK_INT((int64_t)herd_core_links_up(sim->server[i].core), N - 1);
            CHECK_INT((int64_t)herd_core_conn_count(sim->server[i].core), N - 1);
        }
        sim_free(sim);
    }
}

/* ---- servers ---- */

static void restart_empty(enum shape shape, uint32_t server, bool silently)
{
    struct sim *sim = start(shape, server);
    CHECK_LABEL("%s, server %u, %s", shape_name(shape), server,
                silently ? "vanished" : "crashed");
    for (uint32_t i = 0; i < RECORDS; i++)
        sim_report(sim, i, clients[i], location, 10 + i);
    CHECK(sim_settle(sim));
    if (silently)
        sim_vanish(sim, server);
    else
        sim_stop(sim, server);
    sim_run_for(sim, 700);
    sim_start(sim, server);
    CHECK_INT((int64_t)herd_core_client_count(sim->server[server].core), 0);
    CHECK(sim_settle(sim));
    for (uint32_t i = 0; i < RECORDS; i++)
        check_all_have(sim, clients[i], 10 + i);
    for (uint32_t i = 0; i < sim->conf.link_count; i++)
        CHECK_INT((int64_t)sim_pipes(sim, sim->conf.links[i].a, sim->conf.links[i].b), 1);
    sim_free(sim);
}

static void restarts(void)
{
    for (int shape = 0; shape < SHAPE_COUNT; shape++)
        for (uint32_t server = 0; server < 2 * N; server++)
            restart_empty((enum shape)shape, server / 2, server % 2 == 1);
}

/* What `from` can reach over living servers. */
static void reach(const struct sim *sim, uint32_t from, bool reached[SIM_SERVERS])
{
    reached[from] = true;
    for (uint32_t round = 0; round < N; round++) {
        for (uint32_t i = 0; i < sim->conf.link_count; i++) {
            uint32_t a = sim->conf.links[i].a, b = sim->conf.links[i].b;
            bool either = reached[a] || reached[b];
            if (sim_is_up(sim, a) && sim_is_up(sim, b))
                reached[a] = reached[b] = either;
        }
    }
}

/* a == b: only one is down. */
static void without(enum shape shape, uint32_t a, uint32_t b)
{
    struct sim *sim = start(shape, a * N + b);
    CHECK_LABEL("%s without %u and %u", shape_name(shape), a, b);
    sim_stop(sim, a);
    if (a != b)
        sim_stop(sim, b);
    CHECK(sim_settle(sim));
    for (uint32_t from = 0; from < N; from++)
        if (sim_is_up(sim, from))
            sim_report(sim, from, clients[from], location, 20 + from);
    sim_run_for(sim, 1000);
    for (uint32_t from = 0; from < N; from++) {
        bool reached[SIM_SERVERS] = {false};
        if (!sim_is_up(sim, from))
            continue;
        reach(sim, from, reached);
        for (uint32_t i = 0; i < N; i++)
            if (sim_is_up(sim, i))
                CHECK_INT(sim_seconds(sim, i, clients[from]),
                          reached[i] ? 20 + (int64_t)from : -1);
    }
    sim_start(sim, a);
    if (a != b)
        sim_start(sim, b);
    CHECK(sim_settle(sim));
    for (uint32_t from = 0; from < N; from++)
        check_all_have(sim, clients[from],
                       from == a || from == b ? -1 : 20 + (int64_t)from);
    sim_free(sim);
}

static void some_down(void)
{
    for (int shape = 0; shape < SHAPE_COUNT; shape++)
        for (uint32_t a = 0; a < N; a++)
            for (uint32_t b = a; b < N; b++)
                without((enum shape)shape, a, b);
}

/* ---- slow links ---- */

/* A and B, default times, 300 bytes a second. A batch needs several times
 * link-timeout-ms; `kernel` holds more than one, or nearly nothing. */
static struct sim *start_slow(size_t kernel)
{
    enum { RATE = 300, CLIENTS = 500 };
    struct sim *sim = sim_new("server A client 127.0.0.1:1 peer 127.0.0.1:2\n"
                              "server B client 127.0.0.1:3 peer 127.0.0.1:4\nlink A B\n",
                              7);
    static char lines[CLIENTS * 40];
    size_t len = 0;
    sim->kernel = kernel;
    sim->path[0][1].rate = sim->path[1][0].rate = RATE;
    CHECK(sim_settle(sim));
    for (int i = 0; i < CLIENTS; i++)
        len += (size_t)snprintf(lines + len, sizeof lines - len, "IAMAT s%03d +1+1 5\n", i);
    sim_client_send(sim, 0, herd_slice(lines, len));
    return sim;
}

static void slow_links_arrive(void)
{
    static const size_t kernels[] = {500, 4096, 1 << 17};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        struct sim *sim = start_slow(kernels[i]);
        CHECK_LABEL("kernel of %zu", kernels[i]);
        sim_run_for(sim, 60000);
        CHECK(herd_core_client_count(sim->server[1].core) < 500);
        sim_run_for(sim, 120000);
        CHECK_INT((int64_t)herd_core_client_count(sim->server[1].core), 500);
        CHECK(sim_digest(sim, 0) == sim_digest(sim, 1));
        /* And nothing came twice. */
        struct herd_stats stats = sim_stats(sim);
        CHECK_INT((int64_t)stats.records_sent, 500);
        CHECK_INT((int64_t)stats.links_down, 0);
        CHECK_INT((int64_t)stats.digest_mismatches, 0);
        sim_free(sim);
    }
}

/* In the middle of it the wire breaks, without a word; or lets only one side through. */
static void slow_links_die(void)
{
    enum { TIMEOUT_MS = 15000, PING_MS = 5000, FOR_EVER_MS = 3600000 };
    for (int holes = 1; holes <= 3; holes++) {
        struct sim *sim = start_slow(4096);
        CHECK_LABEL("holes %d", holes);
        sim_run_for(sim, 40000);
        CHECK_INT((int64_t)sim_stats(sim).links_down, 0);
        if (holes & 1)
            net_hole(sim, 0, 1, FOR_EVER_MS);
        if (holes & 2)
            net_hole(sim, 1, 0, FOR_EVER_MS);
        sim_run_for(sim, TIMEOUT_MS + PING_MS);
        CHECK_INT((int64_t)sim_stats(sim).links_down, 2);
        sim_free(sim);
    }
}

const struct check_test test_faults[] = {
    {"a herd parted and healed", cut_and_heal},
    {"links cut while a record is under way", cut_under_way},
    {"one connection carries each link", one_connection_a_link},
    {"a server restarted empty gets all back", restarts},
    {"each server and each pair down", some_down},
    {"a link of 300 bytes a second brings everything once", slow_links_arrive},
    {"a slow link that dies is noticed in time", slow_links_die},
    {NULL, NULL},
};
