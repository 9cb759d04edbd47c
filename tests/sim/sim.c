#include "check.h"
#include "engine.h"
#include "herd/err.h"
#include "herd/msg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void sim_start(struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    struct herd_core_setup setup = {.mem = &sim->mem.mem,
                                    .conf = &sim->conf,
                                    .self = server,
                                    .boot_id = dice_next(&sim->dice) | 1,
                                    .random_seed = dice_next(&sim->dice),
                                    .hash_key = {(uint8_t)server, 2, 3},
                                    .version = "1.2.3",
                                    .places_ready = true};
    if (at->core != NULL ||
        herd_core_new(&at->core, &setup, (struct herd_mono){sim->now_ns}) != HERD_OK)
        abort();
    at->life++;
    sim_tick(sim, server);
}

static void end_life(struct sim *sim, uint32_t server, bool silently)
{
    herd_core_free(sim->server[server].core);
    sim->server[server].core = NULL;
    for (size_t i = 0; i < SIM_PIPES; i++) {
        struct sim_pipe *pipe = &sim->pipe[i];
        for (int end = 0; end < 2; end++) {
            if (!pipe->open[end] || pipe->server[end] != server)
                continue;
            if (silently)
                pipe->open[end] = false;
            else
                sim_pipe_close(sim, pipe, end);
        }
    }
}

void sim_stop(struct sim *sim, uint32_t server)
{
    end_life(sim, server, false);
}

void sim_vanish(struct sim *sim, uint32_t server)
{
    end_life(sim, server, true);
}

bool sim_is_up(const struct sim *sim, uint32_t server)
{
    return sim->server[server].core != NULL;
}

static bool joins(const struct sim_pipe *pipe, uint32_t a, uint32_t b)
{
    return (pipe->open[0] || pipe->open[1]) &&
           ((pipe->server[0] == a && pipe->server[1] == b) ||
            (pipe->server[0] == b && pipe->server[1] == a));
}

void sim_cut(struct sim *sim, uint32_t a, uint32_t b)
{
    sim->link_cut[a][b] = sim->link_cut[b][a] = true;
    for (size_t i = 0; i < SIM_PIPES; i++)
        for (int end = 0; end < 2; end++)
            if (joins(&sim->pipe[i], a, b))
                sim_pipe_break(sim, &sim->pipe[i], end);
}

void sim_heal(struct sim *sim, uint32_t a, uint32_t b)
{
    sim->link_cut[a][b] = sim->link_cut[b][a] = false;
}

void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds)
{
    char line[256];
    int len = snprintf(line, sizeof line, "IAMAT %s %s %" PRId64 ".5\n", client, location,
                       seconds);
    if (len < 0 || len >= (int)sizeof line || !sim_is_up(sim, server))
        abort();
    herd_conn_id id = sim_pipe_open(sim, server, SIM_SERVERS)->id;
    struct herd_event event = {.conn = id, .role = HERD_CLIENT, .server = -1};
    sim->reply_len = 0;
    event.kind = HERD_EV_OPENED;
    sim_step(sim, server, event);
    event.kind = HERD_EV_DATA;
    event.bytes = herd_slice(line, (size_t)len);
    sim_step(sim, server, event);
    event.kind = HERD_EV_EOF;
    sim_step(sim, server, event);
    CHECK(sim->reply_len > 3 && memcmp(sim->reply, "AT ", 3) == 0);
    CHECK(!sim_pipe_find(sim, id)->open[0]);
}

struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client)
{
    return herd_core_record(sim->server[server].core, herd_slice_str(client));
}

int64_t sim_seconds(const struct sim *sim, uint32_t server, const char *client)
{
    struct herd_record record;
    struct herd_slice text = sim_record(sim, server, client);
    if (text.len == 0)
        return -1;
    CHECK_INT(herd_record_parse(text, &record), HERD_OK);
    return record.time.ns / HERD_NS_PER_S;
}

uint64_t sim_records_sent(const struct sim *sim)
{
    uint64_t sent = 0;
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        if (sim_is_up(sim, i))
            sent += herd_core_stats(sim->server[i].core)->records_sent;
    return sent;
}

size_t sim_pipes(const struct sim *sim, uint32_t a, uint32_t b)
{
    size_t count = 0;
    for (size_t i = 0; i < SIM_PIPES; i++)
        count += joins(&sim->pipe[i], a, b);
    return count;
}

static bool links_are_up(const struct sim *sim)
{
    size_t want[SIM_SERVERS] = {0};
    for (uint32_t i = 0; i < sim->conf.link_count; i++) {
        uint32_t a = sim->conf.links[i].a, b = sim->conf.links[i].b;
        bool possible = sim_is_up(sim, a) && sim_is_up(sim, b) && !sim->link_cut[a][b];
        want[a] += possible;
        want[b] += possible;
    }
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        if (sim_is_up(sim, i) && herd_core_links_up(sim->server[i].core) != want[i])
            return false;
    return true;
}

bool sim_settle(struct sim *sim)
{
    for (int ms = 0; ms < 60000 && !links_are_up(sim); ms += 100)
        sim_run_for(sim, 100);
    sim_run_for(sim, 500);
    return links_are_up(sim);
}

static void complain(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    fprintf(stderr, "configuration, line %" PRIu32 ": %.*s\n", line, (int)text.len,
            text.data);
}

struct sim *sim_new(const char *conf, uint64_t seed)
{
    struct herd_conf_mistakes mistakes = {complain, NULL};
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        abort();
    sim->dice.state = seed;
    sim->now_ns = SIM_START_NS;
    fail_mem_init(&sim->mem);
    fail_mem_init(&sim->conf_mem);
    if (herd_conf_parse(&sim->conf, &sim->conf_mem.mem, herd_slice_str(conf), &mistakes) !=
            HERD_OK ||
        sim->conf.server_count > SIM_SERVERS)
        abort();
    for (uint32_t a = 0; a < SIM_SERVERS; a++)
        for (uint32_t b = 0; b < SIM_SERVERS; b++)
            sim->latency_ms[a][b] = 10;
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        sim_start(sim, i);
    return sim;
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        herd_core_free(sim->server[i].core);
    CHECK_INT((int64_t)sim->mem.blocks, 0);
    CHECK_INT((int64_t)sim->mem.live, 0);
    queue_free(&sim->queue);
    herd_conf_free(&sim->conf);
    free(sim);
}
