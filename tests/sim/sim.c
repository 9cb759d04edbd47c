#include "sim.h"

#include "check.h"
#include "net.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_MAX = 100000 /* ticks without time going on */ };

#define WALL_START INT64_C(1621464827000000000)

/* ---- chance and text ---- */

/* xorshift64* (Vigna 2014): unlike the core's, so that neither follows the other. */
uint64_t sim_random(struct sim *sim)
{
    uint64_t x = sim->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    sim->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

int64_t sim_random_in(struct sim *sim, int64_t least, int64_t most)
{
    return least + (int64_t)((sim_random(sim) >> 1) % (uint64_t)(most - least + 1));
}

void sim_text_add(struct sim_text *text, struct herd_slice bytes)
{
    while (text->size < text->len + bytes.len + 1) {
        text->size = text->size > 0 ? text->size * 2 : 256;
        text->data = realloc(text->data, text->size);
        if (text->data == NULL)
            abort();
    }
    if (bytes.len > 0)
        memcpy(text->data + text->len, bytes.data, bytes.len);
    text->len += bytes.len;
    text->data[text->len] = '\0';
}

/* FNV-1a. */
static void mix(struct sim *sim, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        sim->hash = (sim->hash ^ at[i]) * UINT64_C(0x100000001b3);
}

void sim_note(struct sim *sim, uint32_t server, const char *format, ...)
{
    char line[160], head[96];
    va_list args;
    if (!sim->setup.trace)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    int len = snprintf(head, sizeof head, "%9.3f %s ", (double)sim->now_ns / 1e6,
                       sim->conf.servers[server].name);
    sim_text_add(&sim->trace, herd_slice(head, (size_t)len));
    sim_text_add(&sim->trace, herd_slice_str(line));
    sim_text_add(&sim->trace, HERD_LIT("\n"));
}

/* ---- events and actions ---- */

static void note_event(struct sim *sim, uint32_t server, const struct herd_event *event)
{
    static const char *const names[] = {"opened", "data",    "eof",
                                        "closed", "drained", "dial-failed",
                                        "places", "tick",    "stop"};
    struct {
        int64_t at;
        uint64_t server, kind, conn;
    } head = {sim->now_ns, server, event->kind, event->conn};
    mix(sim, &head, sizeof head);
    mix(sim, event->bytes.data, event->bytes.len);
    if (!sim->setup.trace)
        return;
    size_t line = 0;
    while (line < event->bytes.len && event->bytes.data[line] != '\n')
        line++;
    sim_note(sim, server, "%s %" PRIu32 " %.*s", names[event->kind], (uint32_t)event->conn,
             (int)(line < 100 ? line : 100), event->bytes.len > 0 ? event->bytes.data : "");
}

static void fetch(struct sim *sim, uint32_t server, uint64_t lookup)
{
    sim_queue_put(sim->queue, (struct sim_event){
                                  .at_ns = sim->now_ns + sim_random_in(sim, 1, 50) * SIM_MS,
                                  .kind = SIM_PLACES,
                                  .server = server,
                                  .incarnation = sim->server[server].incarnation,
                                  .lookup = lookup});
}

static void carry_out(struct sim *sim, uint32_t server, const struct herd_action *action)
{
    struct sim_server *self = &sim->server[server];
    bool client = action->conn != 0 && action->conn == self->client;
    switch (action->kind) {
    case HERD_DO_SEND:
        if (client)
            sim_text_add(&self->heard, action->bytes);
        else
            sim_net_send(sim, server, action->conn, action->bytes);
        break;
    case HERD_DO_CLOSE:
        if (client) {
            sim_conn_free(sim, server, self->client);
            self->client = 0;
        } else {
            sim_net_close(sim, server, action->conn);
        }
        break;
    case HERD_DO_DIAL: sim_net_dial(sim, server, action->server); break;
    case HERD_DO_FETCH: fetch(sim, server, action->lookup); break;
    case HERD_DO_PAUSE:
    case HERD_DO_RESUME:
    case HERD_DO_CANCEL:
    case HERD_DO_LOG: break;
    }
}

static void step(struct sim *sim, uint32_t server, struct herd_event event)
{
    struct sim_server *self = &sim->server[server];
    struct herd_actions actions;
    event.mono = (struct herd_mono){sim->now_ns};
    event.wall = (struct herd_wall){WALL_START + sim->now_ns + self->wall_offset_ns};
    herd_step(self->core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(sim, server, &actions.list[i]);
}

static void add_stats(struct herd_stats *sum, const struct herd_stats *stats)
{
#define ADD(field, what) sum->field += stats->field;
    HERD_STATS(ADD)
#undef ADD
}

static void bury(struct sim *sim, uint32_t server)
{
    struct sim_server *self = &sim->server[server];
    add_stats(&self->past, herd_core_stats(self->core));
    herd_core_free(self->core);
    self->core = NULL;
    CHECK_INT((int64_t)self->mem.blocks, 0);
    sim_net_server_gone(sim, server);
    memset(self->slot, 0, SIM_SLOTS_MAX * sizeof(struct sim_pipe *));
    self->client = 0;
    self->leaving = false;
    sim_note(sim, server, "is down");
}

void sim_give(struct sim *sim, uint32_t server, struct herd_event event)
{
    struct sim_server *self = &sim->server[server];
    note_event(sim, server, &event);
    sim->events++;
    step(sim, server, event);
    step(sim, server, (struct herd_event){.kind = HERD_EV_TICK});
    if (sim->watch != NULL)
        sim->watch(sim->watch_ctx, sim, server);
    if (self->leaving && herd_core_conn_count(self->core) == 0)
        bury(sim, server);
}

/* ---- connections ---- */

herd_conn_id sim_conn_new(struct sim *sim, uint32_t server, struct sim_pipe *pipe)
{
    struct sim_server *self = &sim->server[server];
    uint32_t slot = 1;
    /* Slot 0 is the client's, and a pipe never is NULL. */
    if (pipe == NULL)
        return ++self->last_generation << 32 | SIM_CLIENT_CONN;
    while (slot < SIM_SLOTS_MAX && self->slot[slot] != NULL)
        slot++;
    if (slot == SIM_SLOTS_MAX)
        abort();
    self->slot[slot] = pipe;
    return ++self->last_generation << 32 | slot;
}

void sim_conn_free(struct sim *sim, uint32_t server, herd_conn_id conn)
{
    sim->server[server].slot[(uint32_t)conn] = NULL;
}

/* ---- life ---- */

static void complain(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    fprintf(stderr, "line %" PRIu32 ": %.*s\n", line, (int)text.len, text.data);
}

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static void make_servers(struct sim *sim)
{
    sim->server = must(calloc(sim->conf.server_count, sizeof *sim->server));
    for (uint32_t i = 0; i < sim->conf.server_count; i++) {
        struct sim_server *server = &sim->server[i];
        int64_t most = sim->setup.skew_max_ms;
        fail_mem_init(&server->mem);
        server->wall_offset_ns = sim_random_in(sim, -most, most) * SIM_MS;
        server->slot = must(calloc(SIM_SLOTS_MAX, sizeof(struct sim_pipe *)));
        sim_text_add(&server->heard, HERD_LIT(""));
    }
}

static void make_links(struct sim *sim)
{
    const struct sim_setup *setup = &sim->setup;
    sim->link = must(calloc(sim->conf.link_count + 1, sizeof *sim->link));
    for (uint32_t i = 0; i < sim->conf.link_count; i++) {
        int64_t us = sim_random_in(sim, setup->latency_min_us, setup->latency_max_us);
        sim->link[i] =
            (struct sim_link){sim->conf.links[i].a, sim->conf.links[i].b, us * 1000, false};
    }
}

struct sim *sim_new(const struct sim_setup *setup)
{
    struct sim *sim = must(calloc(1, sizeof *sim));
    struct herd_conf_mistakes mistakes = {complain, NULL};
    sim->setup = *setup;
    sim->now_ns = HERD_NS_PER_S;
    sim->hash = UINT64_C(0xcbf29ce484222325);
    /* Any seed will do, 0 and its neighbours included. */
    sim->random = (setup->seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (int i = 0; i < 8; i++)
        (void)sim_random(sim);
    sim->queue = must(calloc(1, sizeof *sim->queue));
    fail_mem_init(&sim->conf_mem);
    sim_text_add(&sim->trace, HERD_LIT(""));
    if (herd_conf_parse(&sim->conf, &sim->conf_mem.mem, herd_slice_str(setup->conf),
                        &mistakes) != 0)
        abort();
    make_servers(sim);
    make_links(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->conf.server_count; i++) {
        if (sim->server[i].core != NULL)
            bury(sim, i);
        free(sim->server[i].slot);
        free(sim->server[i].heard.data);
    }
    sim_net_free(sim);
    free(sim->queue->heap);
    free(sim->queue);
    free(sim->server);
    free(sim->link);
    free(sim->trace.data);
    herd_conf_free(&sim->conf);
    free(sim);
}

void sim_start(struct sim *sim, uint32_t server)
{
    struct sim_server *self = &sim->server[server];
    struct herd_core_setup setup = {.mem = &self->mem.mem,
                                    .conf = &sim->conf,
                                    .self = server,
                                    .boot_id = sim_random(sim) | 1,
                                    .random_seed = sim_random(sim),
                                    .version = "sim",
                                    .places_ready = true};
    if (self->core != NULL)
        return;
    for (size_t i = 0; i < sizeof setup.hash_key; i++)
        setup.hash_key[i] = (uint8_t)sim_random(sim);
    self->incarnation++;
    if (herd_core_new(&self->core, &setup, (struct herd_mono){sim->now_ns}) != 0)
        abort();
    sim_note(sim, server, "is up");
    step(sim, server, (struct herd_event){.kind = HERD_EV_TICK});
}

void sim_start_all(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        sim_start(sim, i);
}

void sim_crash(struct sim *sim, uint32_t server)
{
    if (sim->server[server].core != NULL)
        bury(sim, server);
}

void sim_leave(struct sim *sim, uint32_t server)
{
    struct sim_server *self = &sim->server[server];
    if (self->core == NULL || self->leaving)
        return;
    self->leaving = true;
    sim_give(sim, server, (struct herd_event){.kind = HERD_EV_STOP});
}

bool sim_is_up(const struct sim *sim, uint32_t server)
{
    return sim->server[server].core != NULL && !sim->server[server].leaving;
}

/* ---- links ---- */

void sim_cut(struct sim *sim, uint32_t a, uint32_t b)
{
    struct sim_link *link = sim_link_between(sim, a, b);
    link->cut = true;
    sim_note(sim, a, "is cut off from %s", sim->conf.servers[b].name);
    sim_net_reset_link(sim, link);
}

void sim_heal(struct sim *sim, uint32_t a, uint32_t b)
{
    sim_link_between(sim, a, b)->cut = false;
    sim_note(sim, a, "can reach %s", sim->conf.servers[b].name);
}

bool sim_is_cut(const struct sim *sim, uint32_t a, uint32_t b)
{
    return sim_link_between(sim, a, b)->cut;
}

int64_t sim_latency_ns(const struct sim *sim, uint32_t a, uint32_t b)
{
    return sim_link_between(sim, a, b)->latency_ns;
}

size_t sim_pipe_count(const struct sim *sim, uint32_t a, uint32_t b)
{
    const struct sim_link *link = sim_link_between(sim, a, b);
    size_t count = 0;
    for (const struct sim_pipe *pipe = sim->pipes; pipe != NULL; pipe = pipe->next)
        count += pipe->link == link && pipe->end[0].open && pipe->end[1].open;
    return count;
}

/* ---- time ---- */

/* The server that wants a tick first, and when. */
static int64_t first_deadline(const struct sim *sim, uint32_t *server)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < sim->conf.server_count; i++) {
        if (sim->server[i].core == NULL)
            continue;
        int64_t at = herd_deadline(sim->server[i].core).ns;
        if (at < first) {
            first = at;
            *server = i;
        }
    }
    return first;
}

static void happen(struct sim *sim, struct sim_event event)
{
    const struct sim_server *server = &sim->server[event.server];
    if (event.kind != SIM_PLACES)
        sim_net_happen(sim, &event);
    else if (server->core != NULL && server->incarnation == event.incarnation)
        sim_give(sim, event.server,
                 (struct herd_event){.kind = HERD_EV_PLACES,
                                     .lookup = event.lookup,
                                     .status = 200,
                                     .bytes = HERD_LIT("{\"results\":[1,2,3]}")});
    free(event.data);
}

/* Does the next thing unless it is later than `end_ns`; returns whether it did. */
static bool go_on(struct sim *sim, int64_t end_ns)
{
    uint32_t server = 0;
    int64_t tick_at = first_deadline(sim, &server);
    int64_t event_at = sim_queue_due(sim->queue);
    int64_t at = tick_at < event_at ? tick_at : event_at;
    if (at > end_ns)
        return false;
    if (at > sim->now_ns)
        sim->now_ns = at;
    if (tick_at <= event_at)
        sim_give(sim, server, (struct herd_event){.kind = HERD_EV_TICK});
    else
        happen(sim, sim_queue_take(sim->queue));
    return true;
}

static bool run_until(struct sim *sim, int64_t end_ns)
{
    int64_t before = sim->now_ns;
    for (int busy = 0; go_on(sim, end_ns); busy++) {
        if (sim->now_ns != before)
            busy = 0;
        before = sim->now_ns;
        if (!CHECK(busy < BUSY_MAX))
            abort();
    }
    uint32_t server;
    bool settled = sim->queue->count == 0 && first_deadline(sim, &server) == INT64_MAX;
    if (!settled && sim->now_ns < end_ns)
        sim->now_ns = end_ns;
    return settled;
}

void sim_run_ms(struct sim *sim, int64_t ms)
{
    int64_t end_ns = sim->now_ns + ms * SIM_MS;
    (void)run_until(sim, end_ns);
    sim->now_ns = end_ns;
}

bool sim_settle(struct sim *sim, int64_t ms)
{
    return run_until(sim, sim->now_ns + ms * SIM_MS);
}

/* ---- clients ---- */

void sim_say(struct sim *sim, uint32_t server, const char *line)
{
    struct sim_server *self = &sim->server[server];
    size_t len = strlen(line);
    size_t cut =
        sim->setup.segment_max > 0 ? (size_t)sim_random_in(sim, 0, (int64_t)len) : 0;
    if (self->client == 0) {
        self->client = sim_conn_new(sim, server, NULL);
        sim_give(sim, server,
                 (struct herd_event){.kind = HERD_EV_OPENED,
                                     .conn = self->client,
                                     .role = HERD_CLIENT,
                                     .server = -1});
    }
    struct herd_event event = {.kind = HERD_EV_DATA, .conn = self->client};
    event.bytes = herd_slice(line, cut);
    if (cut > 0)
        sim_give(sim, server, event);
    event.bytes = herd_slice(line + cut, len - cut);
    if (cut < len)
        sim_give(sim, server, event);
    event.bytes = HERD_LIT("\n");
    sim_give(sim, server, event);
}

struct herd_slice sim_record(const struct sim *sim, uint32_t server, const char *client)
{
    const struct herd_core *core = sim->server[server].core;
    return core != NULL ? herd_core_record(core, herd_slice_str(client)) : HERD_LIT("");
}

struct herd_stats sim_stats(const struct sim *sim)
{
    struct herd_stats sum = {0};
    for (uint32_t i = 0; i < sim->conf.server_count; i++) {
        add_stats(&sum, &sim->server[i].past);
        if (sim->server[i].core != NULL)
            add_stats(&sum, herd_core_stats(sim->server[i].core));
    }
    return sum;
}
