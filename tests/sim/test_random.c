/* Small herds with random faults. A failure names its seed; HERD_SIM_SEED=that runs it
 * alone, HERD_SIM_SEEDS=number runs so many. */
#include "check.h"
#include "herd/msg.h"
#include "shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS = 3, TIMES = 8, SEEDS = 50, ACTS = 60, HANDSHAKE_MS = 5000 };

static const char *const clients[CLIENTS] = {"c0", "c1", "c2"};

/* What has been seen from outside, kept apart from the cores. */
struct oracle {
    int64_t seen[SIM_SERVERS][CLIENTS]; /* the last time in this life; -1: none */
    uint64_t life[SIM_SERVERS];
    int64_t told[CLIENTS]; /* the latest time ever reported; -1: none */
    bool crashed;          /* reports may have been lost */
};

/* Within a life a record is only ever replaced by one that is not older. */
static void watch(void *ctx, struct sim *sim, uint32_t server)
{
    struct oracle *oracle = ctx;
    for (int c = 0; c < CLIENTS; c++) {
        int64_t seconds = sim_seconds(sim, server, clients[c]);
        if (oracle->life[server] == sim->server[server].life &&
            seconds < oracle->seen[server][c])
            CHECK_INT(seconds, oracle->seen[server][c]);
        oracle->seen[server][c] = seconds;
    }
    oracle->life[server] = sim->server[server].life;
}

static void report(struct sim *sim, struct oracle *oracle)
{
    uint32_t server = dice_roll(&sim->dice, sim->conf.server_count);
    uint32_t c = dice_roll(&sim->dice, CLIENTS);
    int64_t seconds = 1 + dice_roll(&sim->dice, TIMES);
    char location[32];
    if (!sim_is_up(sim, server))
        return;
    (void)snprintf(location, sizeof location, "+%u.5-%u.5", dice_roll(&sim->dice, 90),
                   dice_roll(&sim->dice, 180));
    sim_report(sim, server, clients[c], location, seconds);
    if (seconds > oracle->told[c])
        oracle->told[c] = seconds;
    CHECK(sim_seconds(sim, server, clients[c]) >= seconds);
}

static void act(struct sim *sim, struct oracle *oracle, bool crashes)
{
    uint32_t a = dice_roll(&sim->dice, sim->conf.server_count);
    uint32_t link = dice_roll(&sim->dice, sim->conf.link_count);
    const struct herd_conf_link *between = &sim->conf.links[link];
    switch (dice_roll(&sim->dice, 10)) {
    case 0: sim_cut(sim, between->a, between->b); break;
    case 1:
    case 2: sim_heal(sim, between->a, between->b); break;
    case 3:
        if (!crashes)
            break;
        if (!sim_is_up(sim, a))
            sim_start(sim, a);
        else if (dice_roll(&sim->dice, 2) == 0)
            sim_stop(sim, a);
        else
            sim_vanish(sim, a);
        oracle->crashed = true;
        break;
    default: report(sim, oracle); break;
    }
    /* Often at once, often while bytes are under way, now and then a pause. */
    static const uint32_t most_ms[] = {1, 1, 20, 60, 1500};
    sim_run_for(sim, dice_roll(&sim->dice, most_ms[dice_roll(&sim->dice, 5)]));
}

static void end_faults(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->conf.link_count; i++)
        sim_heal(sim, sim->conf.links[i].a, sim->conf.links[i].b);
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        if (!sim_is_up(sim, i))
            sim_start(sim, i);
}

/* Nothing that a living server holds may be lost, and nothing may come from nowhere. */
static void check_end(struct sim *sim, const struct oracle *oracle,
                      const int64_t least[CLIENTS])
{
    CHECK(sim_settle(sim));
    for (int c = 0; c < CLIENTS; c++) {
        int64_t seconds = sim_seconds(sim, 0, clients[c]);
        shape_agrees(sim, clients[c]);
        CHECK(seconds >= least[c] && seconds <= oracle->told[c]);
        if (!oracle->crashed)
            CHECK_INT(seconds, oracle->told[c]);
    }
    uint64_t sent = sim_records_sent(sim);
    sim_run_for(sim, HANDSHAKE_MS + 1000);
    CHECK_INT((int64_t)(sim_records_sent(sim) - sent), 0);
    /* What a dialler left behind that vanished before its HELLO has timed out by now. */
    for (uint32_t i = 0; i < sim->conf.link_count; i++)
        CHECK_INT((int64_t)sim_pipes(sim, sim->conf.links[i].a, sim->conf.links[i].b), 1);
}

static void run_seed(uint64_t seed)
{
    struct dice dice = {seed};
    struct oracle oracle = {.told = {-1, -1, -1}};
    int64_t least[CLIENTS];
    char conf[SHAPE_CONF];
    enum shape shape = (enum shape)dice_roll(&dice, SHAPE_COUNT);
    uint32_t servers = 2 + dice_roll(&dice, 4);
    /* Two cannot be a ring. */
    shape_conf(servers == 2 ? SHAPE_LINE : shape, servers, conf);
    struct sim *sim = sim_new(conf, dice_next(&dice));
    bool crashes = dice_roll(&dice, 2) == 0;
    CHECK_LABEL("HERD_SIM_SEED=%" PRIu64, seed);
    sim->watch = watch;
    sim->watch_ctx = &oracle;
    sim->pieces = dice_roll(&dice, 2) == 0;
    for (uint32_t a = 0; a < servers; a++)
        for (uint32_t b = 0; b < servers; b++)
            sim->latency_ms[a][b] = dice_roll(&dice, 40);
    for (int i = 0; i < ACTS; i++)
        act(sim, &oracle, crashes);
    for (int c = 0; c < CLIENTS; c++) {
        least[c] = -1;
        for (uint32_t i = 0; i < servers; i++)
            if (sim_is_up(sim, i) && sim_seconds(sim, i, clients[c]) > least[c])
                least[c] = sim_seconds(sim, i, clients[c]);
    }
    end_faults(sim);
    check_end(sim, &oracle, least);
    sim_free(sim);
}

static void random_herds(void)
{
    const char *one = getenv("HERD_SIM_SEED");
    const char *number = getenv("HERD_SIM_SEEDS");
    uint64_t first = one != NULL ? strtoull(one, NULL, 10) : 1;
    uint64_t count = number != NULL ? strtoull(number, NULL, 10) : SEEDS;
    if (one != NULL)
        count = 1;
    for (uint64_t i = 0; i < count; i++)
        run_seed(first + i);
}

const struct check_test test_random[] = {
    {"small herds with random faults", random_herds},
    {NULL, NULL},
};
