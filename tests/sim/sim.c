#include "sim.h"

#include "check.h"
#include "engine.h"
#include "forge.h"
#include "herd/err.h"
#include "little_endian.h"
#include "protocol/message.h"
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
    struct herd_core_setup setup = {.mem = &at->mem.mem,
                                    .conf = at->conf,
                                    .self = at->self,
                                    .version = "1.2.3",
                                    .places_ready = true};
    if (at->core != NULL)
        abort();
    at->life++;
    draw(sim, server, &setup);
    if (at->keyed)
        setup.mac = (struct herd_mac){forge_sign, at->key};
    at->vanished = at->leaving = false;
    at->frozen_until_ns = 0;
    at->owed_count = 0;
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
    at->leaving = false;
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

void sim_leave(struct sim *sim, uint32_t server)
{
    sim->server[server].leaving = true;
    engine_step(sim, server, (struct herd_event){.kind = HERD_EV_STOP});
}

bool sim_is_up(const struct sim *sim, uint32_t server)
{
    return sim->server[server].core != NULL;
}

/* ---- clients ---- */

static void client_step(struct sim *sim, uint32_t server, herd_conn_id id,
                        enum herd_event_kind kind, struct herd_slice bytes)
{
    struct herd_event event = {
        .kind = kind, .conn = id, .role = HERD_ROLE_CLIENT, .server = -1, .bytes = bytes};
    const struct sim_pipe *pipe = net_find(sim, id);
    if (pipe != NULL && pipe->open[0])
        engine_step(sim, server, event);
}

struct herd_slice sim_say(struct sim *sim, uint32_t server, struct herd_slice lines)
{
    if (!sim_is_up(sim, server))
        abort();
    herd_conn_id id = net_open(sim, server, SIM_SERVERS)->id;
    sim->reply_len = 0;
    client_step(sim, server, id, HERD_EV_OPENED, HERD_LIT(""));
    client_step(sim, server, id, HERD_EV_DATA, lines);
    client_step(sim, server, id, HERD_EV_EOF, HERD_LIT(""));
    struct sim_pipe *pipe = net_find(sim, id);
    sim->reply_closed = !pipe->open[0];
    client_step(sim, server, id, HERD_EV_CLOSED, HERD_LIT("gone"));
    pipe->open[0] = false;
    return herd_slice(sim->reply, sim->reply_len);
}

void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds)
{
    char line[256];
    int len = snprintf(line, sizeof line, "IAMAT %s %s %" PRId64 ".5\n", client, location,
                       seconds);
    if (len < 0 || len >= (int)sizeof line)
        abort();
    struct herd_slice reply = sim_say(sim, server, herd_slice(line, (size_t)len));
    CHECK(reply.len > 3 && memcmp(reply.data, "AT ", 3) == 0);
    CHECK(sim->reply_closed);
}

/* ---- looking in ---- */

struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client)
{
    if (!sim_is_up(sim, server))
        return HERD_LIT("");
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

/* FNV-1a (Fowler, Noll, Vo), stirred so that sums are worth something. */
static bool add_digest(void *ctx, struct herd_slice text)
{
    uint64_t *sum = ctx, hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    struct dice stir = {hash};
    *sum += dice_next(&stir);
    return true;
}

uint64_t sim_digest(const struct sim *sim, uint32_t server)
{
    uint64_t sum = 0;
    if (sim_is_up(sim, server))
        herd_core_each(sim->server[server].core, add_digest, &sum);
    return sum;
}

struct herd_stats sim_stats(const struct sim *sim)
{
    struct herd_stats sum = sim->past;
    for (uint32_t i = 0; i < sim->count; i++)
        if (sim_is_up(sim, i))
            add_stats(&sum, herd_core_stats(sim->server[i].core));
    return sum;
}

uint64_t sim_records_sent(const struct sim *sim)
{
    return sim_stats(sim).records_sent;
}

size_t sim_pipes(const struct sim *sim, uint32_t a, uint32_t b)
{
    size_t count = 0;
    for (uint32_t i = 0; i < sim->pipe_count; i++) {
        const struct sim_pipe *pipe = sim->pipe[i];
        bool open = pipe->open[0] || pipe->open[1] || pipe->opening[0];
        count += open && a != b && net_end(pipe, a) >= 0 && net_end(pipe, b) >= 0;
    }
    return count;
}

static bool links_are_up(const struct sim *sim)
{
    size_t want[SIM_SERVERS] = {0};
    for (uint32_t i = 0; i < sim->conf.link_count; i++) {
        uint32_t a = sim->conf.links[i].a, b = sim->conf.links[i].b;
        bool possible = sim_is_up(sim, a) && sim_is_up(sim, b) && !sim->path[a][b].cut;
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

/* ---- notes ---- */

void sim_note(struct sim *sim, const char *format, ...)
{
    char line[400];
    va_list args;
    if (sim->noted.note == NULL)
        return;
    int64_t us = (sim->now_ns - SIM_START_NS) / 1000;
    int len = snprintf(line, sizeof line, "%5" PRId64 ".%06" PRId64 " ", us / 1000000,
                       us % 1000000);
    va_start(args, format);
    vsnprintf(line + len, sizeof line - (size_t)len, format, args);
    va_end(args);
    sim->noted.note(sim->noted.ctx, line);
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
    struct herd_conf_mistakes mistakes = {complain, NULL};
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL || (sim->reply = malloc(SIM_REPLY)) == NULL)
        abort();
    sim->ears = setup->ears;
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
    for (uint32_t i = 0; i < sim->count && !setup->asleep; i++)
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
