/* SPDX-License-Identifier: ISC */
#include "faults.h"

#include "check.h"
#include "herd/err.h"
#include "net.h"

#include <inttypes.h>
#include <stdlib.h>

void faults_init(struct faults *faults, const struct plan *plan)
{
    *faults = (struct faults){.plan = plan};
    fail_mem_init(&faults->mem);
}

void faults_free(struct faults *faults)
{
    for (size_t i = 0; i < PLAN_OPS; i++) {
        if (faults->odd[i] == NULL)
            continue;
        herd_conf_free(faults->odd[i]);
        free(faults->odd[i]);
    }
}

/* ---- odd configurations ---- */

static void drop_link(char *conf, const struct op *op)
{
    char line[32];
    uint32_t low = op->a < op->b ? op->a : op->b;
    snprintf(line, sizeof line, "link %c %c\n", shape_server(low),
             shape_server(op->a + op->b - low));
    char *at = strstr(conf, line);
    if (at == NULL)
        abort();
    at[0] = '#';
}

static const struct herd_conf *odd_conf(struct faults *faults, size_t number)
{
    const struct op *op = &faults->plan->op[number];
    char conf[SHAPE_CONF];
    if (faults->odd[number] != NULL)
        return faults->odd[number];
    plan_conf(faults->plan, conf);
    if (op->kind == OP_ONE_SIDED)
        drop_link(conf, op);
    else
        memcpy(conf, "herd-name b   ", 14); /* instead of "log-traffic no" */
    struct herd_conf_errors none = {NULL, NULL};
    faults->odd[number] = calloc(1, sizeof *faults->odd[number]);
    if (faults->odd[number] == NULL ||
        herd_conf_parse(faults->odd[number], &faults->mem.mem, herd_slice_str(conf),
                        &none) != HERD_OK)
        abort();
    return faults->odd[number];
}

/* ---- servers ---- */

static void end_server(struct sim *sim, uint32_t server, bool silently)
{
    if (!sim_is_up(sim, server))
        return;
    if (silently)
        sim_vanish(sim, server);
    else
        sim_stop(sim, server);
}

static void start_server(struct sim *sim, uint32_t server)
{
    if (!sim_is_up(sim, server))
        (void)sim_start(sim, server);
}

static void restart_with(struct sim *sim, uint32_t server, const struct herd_conf *conf)
{
    end_server(sim, server, false);
    sim->server[server].conf = conf;
    start_server(sim, server);
}

/* n is 0: another key; else a key against none. */
static void change_key(struct sim *sim, const struct op *op)
{
    struct sim_server *at = &sim->server[op->a];
    end_server(sim, op->a, false);
    if (op->n == 0)
        at->key[15] ^= 1;
    else
        at->keyed = !at->keyed;
    start_server(sim, op->a);
}

static void right_key(struct sim *sim, uint32_t server, bool keyed)
{
    struct sim_server *at = &sim->server[server];
    struct dice dice = {sim->seed};
    uint64_t key[2] = {dice_next(&dice), dice_next(&dice)};
    if (at->keyed == keyed && memcmp(at->key, key, sizeof key) == 0)
        return;
    bool up = sim_is_up(sim, server);
    end_server(sim, server, false);
    at->keyed = keyed;
    memcpy(at->key, key, sizeof key);
    if (up)
        start_server(sim, server);
}

/* New connections, with a new handshake. */
static void reset_links(struct sim *sim, uint32_t server)
{
    for (uint32_t i = 0; i < sim->count; i++)
        if (i != server)
            net_reset_all(sim, server, i);
}

static void speak(struct sim *sim, uint32_t server, bool other_versions)
{
    sim->server[server].version_min = other_versions ? '3' : '\0';
    sim->server[server].version_max = other_versions ? '4' : '\0';
    reset_links(sim, server);
}

static void rules(struct sim *sim, uint32_t server, bool other)
{
    sim->server[server].other_rules = other;
    reset_links(sim, server);
}

static void shift_clock(struct sim *sim, uint32_t server, int64_t ms)
{
    sim->server[server].wall_offset_ns += ms * HERD_NS_PER_MS;
}

static void leave(struct sim *sim, uint32_t server)
{
    if (sim_is_up(sim, server) && !sim->server[server].stopping)
        sim_shut_down(sim, server);
}

/* ---- paths ---- */

static void change_rate(struct sim *sim, const struct op *op, int64_t rate)
{
    sim->path[op->a][op->b].rate = rate;
    sim->path[op->b][op->a].rate = rate;
}

static void change_segment(struct sim *sim, const struct op *op, uint32_t segment)
{
    sim->path[op->a][op->b].segment = segment;
    sim->path[op->b][op->a].segment = segment;
}

static void half_open(struct sim *sim, const struct op *op)
{
    net_lose(sim, op->a, op->b);
    if (op->n != 0)
        net_lose(sim, op->b, op->a);
}

/* ---- beginnings and ends ---- */

static void begin_on_path(struct sim *sim, const struct op *op)
{
    uint32_t a = op->a, b = op->b;
    switch (op->kind) {
    case OP_CUT: net_cut(sim, a, b); break;
    case OP_STALL: net_hole(sim, b, a, op->for_ms); /* fall through */
    case OP_ONE_WAY: net_hole(sim, a, b, op->for_ms); break;
    case OP_HALF_OPEN: half_open(sim, op); break;
    case OP_SLOW: change_rate(sim, op, op->n); break;
    case OP_RESET: net_reset_all(sim, a, b); break;
    case OP_PIECES: change_segment(sim, op, 1); break;
    default: /* OP_SPOIL */ sim->path[a][b].spoil++; break;
    }
}

static void begin_on_server(struct faults *faults, struct sim *sim, size_t number)
{
    const struct op *op = &faults->plan->op[number];
    struct sim_server *at = &sim->server[op->a];
    switch (op->kind) {
    case OP_CRASH: end_server(sim, op->a, false); break;
    case OP_VANISH: end_server(sim, op->a, true); break;
    case OP_LEAVE: leave(sim, op->a); break;
    case OP_FREEZE: at->frozen_until_ns = sim->now_ns + op->for_ms * HERD_NS_PER_MS; break;
    case OP_CLOCK: shift_clock(sim, op->a, op->n); break;
    case OP_SKEW:
        shift_clock(sim, op->a, op->n);
        reset_links(sim, op->a);
        break;
    case OP_TWIN: faults->twin[number] = sim_impostor(sim, op->a); break;
    case OP_ONE_SIDED:
    case OP_OTHER_HERD: restart_with(sim, op->a, odd_conf(faults, number)); break;
    case OP_WRONG_KEY: change_key(sim, op); break;
    case OP_VERSIONS: speak(sim, op->a, true); break;
    case OP_RULES: rules(sim, op->a, true); break;
    default: /* OP_MEMORY, OP_HICCUP */
        fail_mem_arm(&at->mem, (size_t)op->n, op->kind == OP_MEMORY);
        break;
    }
}

static void note(struct sim *sim, const struct op *op, const char *what)
{
    char text[128];
    if (sim->notes.note == NULL)
        return;
    plan_print_op(op, text, sizeof text);
    sim_note(sim, "%s: %s", what, text);
}

void faults_begin(struct faults *faults, struct sim *sim, size_t number)
{
    const struct op *op = &faults->plan->op[number];
    note(sim, op, "fault");
    faults->done[op->kind]++;
    if (op->kind <= OP_PIECES || op->kind == OP_SPOIL)
        begin_on_path(sim, op);
    else
        begin_on_server(faults, sim, number);
}

void faults_end(struct faults *faults, struct sim *sim, size_t number)
{
    const struct op *op = &faults->plan->op[number];
    struct sim_server *at = &sim->server[op->a];
    note(sim, op, "over");
    switch (op->kind) {
    case OP_CUT: net_heal(sim, op->a, op->b); break;
    case OP_SLOW: change_rate(sim, op, faults->plan->rate); break;
    case OP_PIECES: change_segment(sim, op, faults->plan->segment); break;
    case OP_LEAVE:
        if (at->stopping)
            end_server(sim, op->a, false);
        start_server(sim, op->a);
        break;
    case OP_CRASH:
    case OP_VANISH: start_server(sim, op->a); break;
    case OP_SKEW: shift_clock(sim, op->a, -op->n); break;
    case OP_TWIN: end_server(sim, faults->twin[number], op->n != 0); break;
    case OP_ONE_SIDED:
    case OP_OTHER_HERD: restart_with(sim, op->a, &sim->conf); break;
    case OP_WRONG_KEY: right_key(sim, op->a, faults->plan->keyed); break;
    case OP_VERSIONS: speak(sim, op->a, false); break;
    case OP_RULES: rules(sim, op->a, false); break;
    case OP_MEMORY: fail_mem_arm(&at->mem, 0, false); break;
    default: break;
    }
}

/* ---- the end of all faults ---- */

static void heal_server(const struct plan *plan, struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    fail_mem_arm(&at->mem, 0, false);
    if (at->stopping)
        end_server(sim, server, false);
    if (at->version_min != '\0')
        speak(sim, server, false);
    if (at->other_rules)
        rules(sim, server, false);
    if (at->conf != &sim->conf && sim_is_up(sim, server))
        restart_with(sim, server, &sim->conf);
    at->conf = &sim->conf;
    right_key(sim, server, plan->keyed);
}

void faults_heal(struct faults *faults, struct sim *sim)
{
    const struct plan *plan = faults->plan;
    for (uint32_t i = plan->servers; i < sim->count; i++)
        end_server(sim, i, false);
    for (uint32_t i = 0; i < plan->servers; i++)
        heal_server(plan, sim, i);
    for (uint32_t a = 0; a < sim->count; a++)
        for (uint32_t b = 0; b < sim->count; b++) {
            struct sim_path *path = &sim->path[a][b];
            path->cut = false;
            path->spoil = 0;
            path->rate = plan->rate;
            path->segment = plan->segment;
        }
}
