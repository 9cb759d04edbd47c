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
    for (size_t i = 0; i < PLAN_DEEDS; i++) {
        if (faults->odd[i] == NULL)
            continue;
        herd_conf_free(faults->odd[i]);
        free(faults->odd[i]);
    }
}

/* ---- odd configurations ---- */

static void drop_link(char *conf, const struct deed *deed)
{
    char line[32];
    uint32_t low = deed->a < deed->b ? deed->a : deed->b;
    snprintf(line, sizeof line, "link %c %c\n", shape_server(low),
             shape_server(deed->a + deed->b - low));
    char *at = strstr(conf, line);
    if (at == NULL)
        abort();
    at[0] = '#';
}

static const struct herd_conf *odd_conf(struct faults *faults, size_t number)
{
    const struct deed *deed = &faults->plan->deed[number];
    char conf[SHAPE_CONF];
    if (faults->odd[number] != NULL)
        return faults->odd[number];
    plan_conf(faults->plan, conf);
    if (deed->kind == DEED_ONE_SIDED)
        drop_link(conf, deed);
    else
        memcpy(conf, "herd-name b   ", 14); /* instead of "log-traffic no" */
    struct herd_conf_mistakes none = {NULL, NULL};
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
static void change_key(struct sim *sim, const struct deed *deed)
{
    struct sim_server *at = &sim->server[deed->a];
    end_server(sim, deed->a, false);
    if (deed->n == 0)
        at->key[15] ^= 1;
    else
        at->keyed = !at->keyed;
    start_server(sim, deed->a);
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

/* New connections, so that HELLO is said again. */
static void reset_links(struct sim *sim, uint32_t server)
{
    for (uint32_t i = 0; i < sim->count; i++)
        if (i != server)
            net_reset_all(sim, server, i);
}

static void speak(struct sim *sim, uint32_t server, bool other_versions)
{
    sim->server[server].speaks_least = other_versions ? '2' : '\0';
    sim->server[server].speaks_most = other_versions ? '3' : '\0';
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
    if (sim_is_up(sim, server) && !sim->server[server].leaving)
        sim_leave(sim, server);
}

/* ---- paths ---- */

static void change_rate(struct sim *sim, const struct deed *deed, int64_t rate)
{
    sim->path[deed->a][deed->b].rate = rate;
    sim->path[deed->b][deed->a].rate = rate;
}

static void change_segment(struct sim *sim, const struct deed *deed, uint32_t segment)
{
    sim->path[deed->a][deed->b].segment = segment;
    sim->path[deed->b][deed->a].segment = segment;
}

static void half_open(struct sim *sim, const struct deed *deed)
{
    net_lose(sim, deed->a, deed->b);
    if (deed->n != 0)
        net_lose(sim, deed->b, deed->a);
}

/* ---- beginnings and ends ---- */

static void begin_on_path(struct sim *sim, const struct deed *deed)
{
    uint32_t a = deed->a, b = deed->b;
    switch (deed->kind) {
    case DEED_CUT: net_cut(sim, a, b); break;
    case DEED_STALL: net_hole(sim, b, a, deed->for_ms); /* fall through */
    case DEED_ONE_WAY: net_hole(sim, a, b, deed->for_ms); break;
    case DEED_HALF_OPEN: half_open(sim, deed); break;
    case DEED_SLOW: change_rate(sim, deed, deed->n); break;
    case DEED_RESET: net_reset_all(sim, a, b); break;
    case DEED_PIECES: change_segment(sim, deed, 1); break;
    default: /* DEED_SPOIL */ sim->path[a][b].spoil++; break;
    }
}

static void begin_on_server(struct faults *faults, struct sim *sim, size_t number)
{
    const struct deed *deed = &faults->plan->deed[number];
    struct sim_server *at = &sim->server[deed->a];
    switch (deed->kind) {
    case DEED_CRASH: end_server(sim, deed->a, false); break;
    case DEED_VANISH: end_server(sim, deed->a, true); break;
    case DEED_LEAVE: leave(sim, deed->a); break;
    case DEED_FREEZE:
        at->frozen_until_ns = sim->now_ns + deed->for_ms * HERD_NS_PER_MS;
        break;
    case DEED_CLOCK: shift_clock(sim, deed->a, deed->n); break;
    case DEED_SKEW:
        shift_clock(sim, deed->a, deed->n);
        reset_links(sim, deed->a);
        break;
    case DEED_TWIN: faults->twin[number] = sim_impostor(sim, deed->a); break;
    case DEED_ONE_SIDED:
    case DEED_OTHER_HERD: restart_with(sim, deed->a, odd_conf(faults, number)); break;
    case DEED_WRONG_KEY: change_key(sim, deed); break;
    case DEED_VERSIONS: speak(sim, deed->a, true); break;
    case DEED_RULES: rules(sim, deed->a, true); break;
    default: /* DEED_MEMORY, DEED_HICCUP */
        fail_mem_arm(&at->mem, (size_t)deed->n, deed->kind == DEED_MEMORY);
        break;
    }
}

static void note(struct sim *sim, const struct deed *deed, const char *what)
{
    char text[128];
    if (sim->noted.note == NULL)
        return;
    plan_print_deed(deed, text, sizeof text);
    sim_note(sim, "%s: %s", what, text);
}

void faults_begin(struct faults *faults, struct sim *sim, size_t number)
{
    const struct deed *deed = &faults->plan->deed[number];
    note(sim, deed, "fault");
    faults->done[deed->kind]++;
    if (deed->kind <= DEED_PIECES || deed->kind == DEED_SPOIL)
        begin_on_path(sim, deed);
    else
        begin_on_server(faults, sim, number);
}

void faults_end(struct faults *faults, struct sim *sim, size_t number)
{
    const struct deed *deed = &faults->plan->deed[number];
    struct sim_server *at = &sim->server[deed->a];
    note(sim, deed, "over");
    switch (deed->kind) {
    case DEED_CUT: net_heal(sim, deed->a, deed->b); break;
    case DEED_SLOW: change_rate(sim, deed, faults->plan->rate); break;
    case DEED_PIECES: change_segment(sim, deed, faults->plan->segment); break;
    case DEED_LEAVE:
        if (at->leaving)
            end_server(sim, deed->a, false);
        start_server(sim, deed->a);
        break;
    case DEED_CRASH:
    case DEED_VANISH: start_server(sim, deed->a); break;
    case DEED_SKEW: shift_clock(sim, deed->a, -deed->n); break;
    case DEED_TWIN: end_server(sim, faults->twin[number], deed->n != 0); break;
    case DEED_ONE_SIDED:
    case DEED_OTHER_HERD: restart_with(sim, deed->a, &sim->conf); break;
    case DEED_WRONG_KEY: right_key(sim, deed->a, faults->plan->keyed); break;
    case DEED_VERSIONS: speak(sim, deed->a, false); break;
    case DEED_RULES: rules(sim, deed->a, false); break;
    case DEED_MEMORY: fail_mem_arm(&at->mem, 0, false); break;
    default: break;
    }
}

/* ---- the end of all faults ---- */

static void heal_server(const struct plan *plan, struct sim *sim, uint32_t server)
{
    struct sim_server *at = &sim->server[server];
    fail_mem_arm(&at->mem, 0, false);
    if (at->leaving)
        end_server(sim, server, false);
    if (at->speaks_least != '\0')
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
