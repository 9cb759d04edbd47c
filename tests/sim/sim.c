#include "sim.h"

#include "check.h"
#include "herd/err.h"
#include "herd/msg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* 2021-05-19; a server's clock is so much ahead of the one before it. */
#define WALL_NS      INT64_C(1621464828000000000)
#define WALL_SKEW_NS INT64_C(700000000)
#define START_NS     HERD_NS_PER_S
#define PIECE_NS     INT64_C(1000)

enum { STEPS_MAX = 20000000, LATENCY_MS = 10 };

static struct sim_pipe *pipe_of(struct sim *sim, herd_conn_id id)
{
    struct sim_pipe *pipe = &sim->pipe[(uint32_t)id];
    return pipe->id == id ? pipe : NULL;
}

static int end_of(const struct sim_pipe *pipe, uint32_t server)
{
    return pipe->open[1] && pipe->server[1] == server;
}

static int64_t latency_ns(const struct sim *sim, const struct sim_pipe *pipe)
{
    return sim->latency_ms[pipe->server[0]][pipe->server[1]] * HERD_NS_PER_MS;
}

static struct sim_event to_end(const struct sim *sim, const struct sim_pipe *pipe, int end)
{
    uint32_t server = pipe->server[end];
    return (struct sim_event){.server = server,
                              .life = sim->server[server].life,
                              .conn = pipe->id,
                              .at_ns = sim->now_ns};
}

/* ---- actions ---- */

static void send_piece(struct sim *sim, struct sim_pipe *pipe, int to,
                       struct herd_slice bytes)
{
    struct sim_event event = to_end(sim, pipe, to);
    int64_t arrival = sim->now_ns + latency_ns(sim, pipe);
    if (arrival < pipe->last_ns[to])
        arrival = pipe->last_ns[to];
    event.kind = SIM_DATA;
    event.at_ns = arrival;
    event.bytes = malloc(bytes.len);
    event.len = bytes.len;
    if (event.bytes == NULL)
        abort();
    memcpy(event.bytes, bytes.data, bytes.len);
    queue_put(&sim->queue, event);
    pipe->last_ns[to] = arrival;
}

static void send_bytes(struct sim *sim, struct sim_pipe *pipe, int from,
                       struct herd_slice bytes)
{
    while (sim->pieces && pipe->open[!from] && bytes.len > 1) {
        size_t len = 1 + dice_roll(&sim->dice, (uint32_t)bytes.len);
        if (len >= bytes.len)
            break;
        send_piece(sim, pipe, !from, herd_slice(bytes.data, len));
        pipe->last_ns[!from] += PIECE_NS;
        bytes = herd_slice_from(bytes, len);
    }
    if (pipe->open[!from])
        send_piece(sim, pipe, !from, bytes);
    struct sim_event drained = to_end(sim, pipe, from);
    drained.kind = SIM_DRAINED;
    drained.at_ns = pipe->last_ns[!from] > sim->now_ns ? pipe->last_ns[!from] : sim->now_ns;
    queue_put(&sim->queue, drained);
}

/* The other end hears of it behind the bytes that are under way. */
static void close_end(struct sim *sim, struct sim_pipe *pipe, int end)
{
    pipe->open[end] = false;
    if (!pipe->open[!end])
        return;
    struct sim_event event = to_end(sim, pipe, !end);
    event.kind = SIM_CLOSED;
    event.at_ns += latency_ns(sim, pipe);
    if (event.at_ns < pipe->last_ns[!end])
        event.at_ns = pipe->last_ns[!end];
    queue_put(&sim->queue, event);
}

static void keep_reply(struct sim *sim, struct herd_slice bytes)
{
    if (bytes.len > SIM_REPLY - sim->reply_len)
        abort();
    memcpy(sim->reply + sim->reply_len, bytes.data, bytes.len);
    sim->reply_len += bytes.len;
}

static void dial(struct sim *sim, uint32_t server, uint32_t other)
{
    struct sim_event event = {.kind = SIM_DIALLED, .server = server, .other = other};
    event.life = sim->server[server].life;
    event.at_ns = sim->now_ns + sim->latency_ms[server][other] * HERD_NS_PER_MS;
    queue_put(&sim->queue, event);
}

static void carry_out(struct sim *sim, uint32_t server, const struct herd_action *action)
{
    struct sim_pipe *pipe = action->conn != 0 ? pipe_of(sim, action->conn) : NULL;
    int end = pipe != NULL ? end_of(pipe, server) : 0;
    bool mine = pipe != NULL && pipe->open[end] && pipe->server[end] == server;
    switch (action->kind) {
    case HERD_DO_SEND:
        if (!CHECK(mine))
            break;
        if (pipe->server[1] == SIM_SERVERS)
            keep_reply(sim, action->bytes);
        else
            send_bytes(sim, pipe, end, action->bytes);
        break;
    case HERD_DO_CLOSE:
        if (CHECK(mine))
            close_end(sim, pipe, end);
        break;
    case HERD_DO_DIAL: dial(sim, server, action->server); break;
    case HERD_DO_PAUSE:
    case HERD_DO_RESUME:
    case HERD_DO_FETCH:
    case HERD_DO_CANCEL:
    case HERD_DO_LOG: break;
    }
}

/* ---- steps ---- */

static void step(struct sim *sim, uint32_t server, struct herd_event event)
{
    struct herd_actions actions;
    struct herd_core *core = sim->server[server].core;
    event.mono = (struct herd_mono){sim->now_ns};
    event.wall = (struct herd_wall){WALL_NS + sim->now_ns + server * WALL_SKEW_NS};
    if (++sim->steps > STEPS_MAX) {
        fprintf(stderr, "the simulated herd does not come to rest\n");
        abort();
    }
    herd_step(core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(sim, server, &actions.list[i]);
    if (sim->watch != NULL)
        sim->watch(sim->watch_ctx, sim, server);
}

static void tick(struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    step(sim, server, (struct herd_event){.kind = HERD_EV_TICK});
    struct herd_mono deadline = herd_deadline(at->core);
    at->tick_ns = deadline.ns > sim->now_ns ? deadline.ns : sim->now_ns;
    if (herd_mono_is_never(deadline))
        return;
    queue_put(&sim->queue, (struct sim_event){.kind = SIM_TICK,
                                              .server = server,
                                              .life = at->life,
                                              .at_ns = at->tick_ns});
}

static void step_and_tick(struct sim *sim, uint32_t server, struct herd_event event)
{
    step(sim, server, event);
    tick(sim, server);
}

static struct sim_pipe *open_pipe(struct sim *sim, uint32_t from, uint32_t to)
{
    uint32_t slot = 0;
    while (slot < SIM_PIPES && (sim->pipe[slot].open[0] || sim->pipe[slot].open[1]))
        slot++;
    if (slot == SIM_PIPES)
        abort();
    struct sim_pipe *pipe = &sim->pipe[slot];
    *pipe = (struct sim_pipe){.id = ++sim->generation << 32 | slot,
                              .server = {from, to},
                              .open = {true, to != SIM_SERVERS}};
    return pipe;
}

static void dialled(struct sim *sim, uint32_t server, uint32_t other)
{
    struct herd_event event = {.kind = HERD_EV_DIAL_FAILED, .server = other};
    if (sim->server[other].core == NULL || sim->link_cut[server][other]) {
        event.bytes = HERD_LIT("nobody there");
        step_and_tick(sim, server, event);
        return;
    }
    event.kind = HERD_EV_OPENED;
    event.role = HERD_PEER;
    event.conn = open_pipe(sim, server, other)->id;
    step_and_tick(sim, server, event);
    event.server = -1;
    step_and_tick(sim, other, event);
}

static void conn_happens(struct sim *sim, const struct sim_event *event)
{
    struct sim_pipe *pipe = pipe_of(sim, event->conn);
    int end = pipe != NULL ? end_of(pipe, event->server) : 0;
    if (pipe == NULL || !pipe->open[end] || pipe->server[end] != event->server)
        return;
    struct herd_event out = {.kind = HERD_EV_DRAINED, .conn = event->conn};
    if (event->kind == SIM_DATA) {
        out.kind = HERD_EV_DATA;
        out.bytes = herd_slice(event->bytes, event->len);
    } else if (event->kind == SIM_CLOSED) {
        out.kind = HERD_EV_CLOSED;
        out.bytes = HERD_LIT("closed by the other side");
        pipe->open[end] = false;
    }
    step_and_tick(sim, event->server, out);
}

static void happen(struct sim *sim, const struct sim_event *event)
{
    const struct sim_server *at = &sim->server[event->server];
    if (at->core == NULL || at->life != event->life)
        return;
    if (event->kind == SIM_DIALLED)
        dialled(sim, event->server, event->other);
    else if (event->kind != SIM_TICK)
        conn_happens(sim, event);
    else if (event->at_ns == at->tick_ns)
        tick(sim, event->server);
}

void sim_run_until(struct sim *sim, int64_t ms)
{
    int64_t end_ns = START_NS + ms * HERD_NS_PER_MS;
    const struct sim_event *next;
    while ((next = queue_peek(&sim->queue)) != NULL && next->at_ns <= end_ns) {
        struct sim_event event = queue_take(&sim->queue);
        sim->now_ns = event.at_ns;
        happen(sim, &event);
        free(event.bytes);
    }
    sim->now_ns = end_ns;
}

void sim_run_for(struct sim *sim, int64_t ms)
{
    sim_run_until(sim, (sim->now_ns - START_NS) / HERD_NS_PER_MS + ms);
}

/* ---- faults ---- */

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
    tick(sim, server);
}

void sim_stop(struct sim *sim, uint32_t server)
{
    herd_core_free(sim->server[server].core);
    sim->server[server].core = NULL;
    for (size_t i = 0; i < SIM_PIPES; i++)
        for (int end = 0; end < 2; end++)
            if (sim->pipe[i].open[end] && sim->pipe[i].server[end] == server)
                close_end(sim, &sim->pipe[i], end);
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
    for (size_t i = 0; i < SIM_PIPES; i++) {
        struct sim_pipe *pipe = &sim->pipe[i];
        if (!joins(pipe, a, b))
            continue;
        for (int end = 0; end < 2; end++) {
            struct sim_event event = to_end(sim, pipe, end);
            event.kind = SIM_CLOSED;
            if (pipe->open[end])
                conn_happens(sim, &event);
        }
    }
}

void sim_heal(struct sim *sim, uint32_t a, uint32_t b)
{
    sim->link_cut[a][b] = sim->link_cut[b][a] = false;
}

/* ---- clients ---- */

void sim_report(struct sim *sim, uint32_t server, const char *client, const char *location,
                int64_t seconds)
{
    char line[256];
    int len = snprintf(line, sizeof line, "IAMAT %s %s %" PRId64 ".5\n", client, location,
                       seconds);
    if (len < 0 || len >= (int)sizeof line || !sim_is_up(sim, server))
        abort();
    herd_conn_id id = open_pipe(sim, server, SIM_SERVERS)->id;
    struct herd_event event = {.conn = id, .role = HERD_CLIENT, .server = -1};
    sim->reply_len = 0;
    event.kind = HERD_EV_OPENED;
    step_and_tick(sim, server, event);
    event.kind = HERD_EV_DATA;
    event.bytes = herd_slice(line, (size_t)len);
    step_and_tick(sim, server, event);
    event.kind = HERD_EV_EOF;
    event.bytes = HERD_LIT("");
    step_and_tick(sim, server, event);
    CHECK(sim->reply_len > 3 && memcmp(sim->reply, "AT ", 3) == 0);
    CHECK(!pipe_of(sim, id)->open[0]);
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

/* ---- looking in ---- */

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

/* ---- life ---- */

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
    sim->now_ns = START_NS;
    fail_mem_init(&sim->mem);
    fail_mem_init(&sim->conf_mem);
    if (herd_conf_parse(&sim->conf, &sim->conf_mem.mem, herd_slice_str(conf), &mistakes) !=
            HERD_OK ||
        sim->conf.server_count > SIM_SERVERS)
        abort();
    for (uint32_t a = 0; a < SIM_SERVERS; a++)
        for (uint32_t b = 0; b < SIM_SERVERS; b++)
            sim->latency_ms[a][b] = LATENCY_MS;
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
