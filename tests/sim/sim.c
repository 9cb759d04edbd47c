/* SPDX-License-Identifier: ISC */
#include "sim.h"

#include "check.h"
#include "engine.h"
#include "forge.h"
#include "herd/err.h"
#include "little_endian.h"
#include "net.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- servers ---- */

const char *sim_name(const struct sim *sim, uint32_t server)
{
    return server < sim->conf.server_count ? sim->conf.servers[server].name : "twin";
}

/* What a server draws from its random device depends on the seed, its number and its life
 * only, so that other changes of a run leave it alone. */
static void draw(struct sim *sim, uint32_t server, struct herd_core_setup *setup)
{
    const struct sim_server *at = &sim->server[server];
    struct dice dice = {sim->seed ^
                        (at->life << 20 | server) * UINT64_C(0x2545f4914f6cdd1d)};
    uint8_t bytes[48];
    for (size_t i = 0; i < sizeof bytes; i += sizeof(uint64_t))
        herd_le64_store(bytes + i, dice_next(&dice));
    setup->boot_id = dice_next(&dice) | 1;
    setup->random_seed = dice_next(&dice);
    memcpy(setup->feed_id, bytes, 16);
    memcpy(setup->nonce_key, bytes + 16, 16);
    memcpy(setup->hash_key, bytes + 32, 16);
}

bool sim_start(struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    struct herd_core_setup setup = {
        .mem = &at->mem.mem, .conf = at->conf, .self = at->self, .version = "1.2.3"};
    if (at->core != NULL)
        abort();
    at->life++;
    draw(sim, server, &setup);
    if (at->keyed)
        setup.mac = (struct herd_mac){forge_sign, at->key};
    at->vanished = at->stopping = false;
    at->frozen_until_ns = 0;
    at->drained_due_count = 0;
    int rc = herd_core_new(&at->core, &setup, (struct herd_mono){sim->now_ns});
    if (rc != HERD_OK && rc != HERD_ENOMEM)
        abort();
    at->tick_ns = rc == HERD_OK ? sim->now_ns : INT64_MAX;
    sim_note(sim, "%s starts%s", sim_name(sim, server),
             rc == HERD_OK ? "" : " and finds no memory");
    return rc == HERD_OK;
}

uint32_t sim_impostor(struct sim *sim, uint32_t server)
{
    uint32_t fresh = sim->conf.server_count;
    while (fresh < sim->count && sim->server[fresh].core != NULL)
        fresh++;
    if (fresh == SIM_SERVERS)
        abort();
    struct sim_server *at = &sim->server[fresh];
    if (fresh == sim->count) {
        fail_mem_init(&at->mem);
        at->tick_ns = INT64_MAX;
        sim->count++;
    }
    const struct sim_server *model = &sim->server[server];
    at->conf = model->conf;
    at->self = model->self;
    at->wall_offset_ns = model->wall_offset_ns;
    at->keyed = model->keyed;
    memcpy(at->key, model->key, sizeof at->key);
    for (uint32_t i = 0; i < sim->conf.server_count; i++) {
        sim->path[fresh][i] = sim->path[server][i];
        sim->path[i][fresh] = sim->path[i][server];
    }
    (void)sim_start(sim, fresh);
    return fresh;
}

static void add_stats(struct herd_stats *sum, const struct herd_stats *stats)
{
#define ADD(field, what) sum->field += stats->field;
    HERD_STATS(ADD)
#undef ADD
}

static void end_life(struct sim *sim, uint32_t server, bool silently)
{
    struct sim_server *at = &sim->server[server];
    add_stats(&sim->past, herd_core_stats(at->core));
    herd_core_free(at->core);
    at->core = NULL;
    at->tick_ns = INT64_MAX;
    at->vanished = silently;
    at->stopping = false;
    sim_note(sim, "%s %s", sim_name(sim, server), silently ? "vanishes" : "ends");
    for (uint32_t i = 0; i < sim->pipe_count; i++) {
        int end = net_end(sim->pipe[i], server);
        if (end >= 0 && sim->pipe[i]->open[end])
            net_abandon(sim, sim->pipe[i], end, silently);
    }
    if (at->mem.blocks != 0 || at->mem.live != 0)
        sim_broken(sim, "server %" PRIu32 " did not give all memory back", server);
}

void sim_stop(struct sim *sim, uint32_t server)
{
    end_life(sim, server, false);
}

void sim_vanish(struct sim *sim, uint32_t server)
{
    end_life(sim, server, true);
}

void sim_shut_down(struct sim *sim, uint32_t server)
{
    sim->server[server].stopping = true;
    engine_step(sim, server, (struct herd_event){.kind = HERD_EV_STOP});
}

struct herd_stats sim_stats(const struct sim *sim)
{
    struct herd_stats sum = sim->past;
    for (uint32_t i = 0; i < sim->count; i++)
        if (sim_is_up(sim, i))
            add_stats(&sum, herd_core_stats(sim->server[i].core));
    return sum;
}

bool sim_is_up(const struct sim *sim, uint32_t server)
{
    return sim->server[server].core != NULL;
}

/* ---- notes ---- */

void sim_note(struct sim *sim, const char *format, ...)
{
    char line[400];
    va_list args;
    if (sim->notes.note == NULL)
        return;
    int64_t us = (sim->now_ns - SIM_START_NS) / 1000;
    int len = snprintf(line, sizeof line, "%5" PRId64 ".%06" PRId64 " ", us / 1000000,
                       us % 1000000);
    va_start(args, format);
    vsnprintf(line + len, sizeof line - (size_t)len, format, args);
    va_end(args);
    sim->notes.note(sim->notes.ctx, line);
}

void sim_broken(struct sim *sim, const char *format, ...)
{
    va_list args;
    if (sim->broken[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(sim->broken, sizeof sim->broken, format, args);
    va_end(args);
    sim_note(sim, "BROKEN: %s", sim->broken);
}

/* ---- life of the simulator ---- */

static void complain(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    fprintf(stderr, "configuration, line %" PRIu32 ": %.*s\n", line, (int)text.len,
            text.data);
}

static void prepare_servers(struct sim *sim, const struct sim_setup *setup)
{
    struct dice dice = {setup->seed};
    uint64_t key[2] = {dice_next(&dice), dice_next(&dice)};
    sim->count = sim->conf.server_count;
    for (uint32_t i = 0; i < sim->count; i++) {
        struct sim_server *at = &sim->server[i];
        fail_mem_init(&at->mem);
        at->conf = &sim->conf;
        at->self = i;
        at->tick_ns = INT64_MAX;
        at->keyed = setup->keyed;
        memcpy(at->key, key, sizeof at->key);
    }
    for (uint32_t a = 0; a < SIM_SERVERS; a++)
        for (uint32_t b = 0; b < SIM_SERVERS; b++)
            sim->path[a][b].latency_ns = 10 * HERD_NS_PER_MS;
}

struct sim *sim_new_with(const struct sim_setup *setup)
{
    struct herd_conf_errors mistakes = {complain, NULL};
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL || (sim->reply = malloc(SIM_REPLY)) == NULL)
        abort();
    sim->hooks = setup->hooks;
    sim->seed = setup->seed;
    sim->dice.state = setup->seed;
    sim->now_ns = SIM_START_NS;
    sim->kernel = 1 << 17;
    fail_mem_init(&sim->conf_mem);
    if (herd_conf_parse(&sim->conf, &sim->conf_mem.mem, herd_slice_str(setup->conf),
                        &mistakes) != HERD_OK ||
        sim->conf.server_count > SIM_SERVERS - 2)
        abort();
    prepare_servers(sim, setup);
    for (uint32_t i = 0; i < sim->count && !setup->unstarted; i++)
        (void)sim_start(sim, i);
    return sim;
}

struct sim *sim_new(const char *conf, uint64_t seed)
{
    return sim_new_with(&(struct sim_setup){.conf = conf, .seed = seed});
}

void sim_free(struct sim *sim)
{
    CHECK_STR(sim->broken, "");
    for (uint32_t i = 0; i < sim->count; i++) {
        herd_core_free(sim->server[i].core);
        CHECK_INT((int64_t)sim->server[i].mem.blocks, 0);
        CHECK_INT((int64_t)sim->server[i].mem.live, 0);
    }
    for (uint32_t i = 0; i < sim->pipe_count; i++) {
        free(sim->pipe[i]->from[0].data);
        free(sim->pipe[i]->from[1].data);
        free(sim->pipe[i]);
    }
    queue_free(&sim->queue);
    herd_conf_free(&sim->conf);
    free(sim->reply);
    free(sim);
}
