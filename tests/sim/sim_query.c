/* SPDX-License-Identifier: ISC */
/* Clients of the simulated servers, and what the servers hold. */
#include "sim.h"

#include "check.h"
#include "engine.h"
#include "herd/err.h"
#include "net.h"
#include "protocol/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- clients ---- */

static void client_step(struct sim *sim, uint32_t server, herd_conn_id id,
                        enum herd_role role, enum herd_event_kind kind,
                        struct herd_slice bytes)
{
    struct herd_event event = {
        .kind = kind, .conn = id, .role = role, .server = -1, .bytes = bytes};
    const struct sim_pipe *pipe = net_find(sim, id);
    if (pipe != NULL && pipe->open[0])
        engine_step(sim, server, event);
}

static struct herd_slice converse(struct sim *sim, uint32_t server, enum herd_role role,
                                  struct herd_slice lines)
{
    if (!sim_is_up(sim, server))
        abort();
    herd_conn_id id = net_open(sim, server, SIM_SERVERS)->id;
    sim->reply_len = 0;
    client_step(sim, server, id, role, HERD_EV_OPENED, HERD_LIT(""));
    client_step(sim, server, id, role, HERD_EV_DATA, lines);
    client_step(sim, server, id, role, HERD_EV_EOF, HERD_LIT(""));
    struct sim_pipe *pipe = net_find(sim, id);
    sim->reply_closed = !pipe->open[0];
    client_step(sim, server, id, role, HERD_EV_CLOSED, HERD_LIT("gone"));
    pipe->open[0] = false;
    return herd_slice(sim->reply, sim->reply_len);
}

struct herd_slice sim_client_send(struct sim *sim, uint32_t server, struct herd_slice lines)
{
    return converse(sim, server, HERD_ROLE_CLIENT, lines);
}

struct herd_slice sim_control_send(struct sim *sim, uint32_t server,
                                   struct herd_slice lines)
{
    return converse(sim, server, HERD_ROLE_CONTROL, lines);
}

void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds)
{
    char line[256];
    int len = snprintf(line, sizeof line, "IAMAT %s %s %" PRId64 ".5\n", client, location,
                       seconds);
    if (len < 0 || len >= (int)sizeof line)
        abort();
    struct herd_slice reply = sim_client_send(sim, server, herd_slice(line, (size_t)len));
    CHECK(reply.len > 3 && memcmp(reply.data, "AT ", 3) == 0);
    CHECK(sim->reply_closed);
}

/* ---- queries ---- */

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

int64_t sim_wall_ns(const struct sim *sim, uint32_t server)
{
    return SIM_WALL_NS + sim->now_ns + sim->server[server].wall_offset_ns;
}

/* FNV-1a (Fowler, Noll, Vo), stirred so that sums are worth something. */
struct digest {
    uint64_t sum;
    int64_t received_after_ns;
};

static bool add_digest(void *ctx, struct herd_slice text)
{
    struct digest *digest = ctx;
    struct herd_record record;
    if (herd_record_parse(text, &record) != HERD_OK)
        abort();
    if (record.received.ns <= digest->received_after_ns)
        return true;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    struct dice stir = {hash};
    digest->sum += dice_next(&stir);
    return true;
}

uint64_t sim_digest(const struct sim *sim, uint32_t server)
{
    struct digest digest = {0, -1};
    int64_t expire_ns = sim->conf.client_expire * HERD_NS_PER_S;
    for (uint32_t i = 0; i < sim->conf.server_count && expire_ns > 0; i++)
        if (sim_is_up(sim, i) && sim_wall_ns(sim, i) - expire_ns > digest.received_after_ns)
            digest.received_after_ns = sim_wall_ns(sim, i) - expire_ns;
    if (sim_is_up(sim, server))
        herd_core_for_each_record(sim->server[server].core, add_digest, &digest);
    return digest.sum;
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
