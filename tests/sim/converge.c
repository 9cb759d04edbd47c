/* SPDX-License-Identifier: ISC */
/* After the faults: the servers that can reach each other must converge, and then be idle.
 */
#include "net.h"
#include "run_internal.h"
#include "wire.h"

#include <inttypes.h>
#include <string.h>

enum {
    CHECK_MS = 50, /* between two checks of a healing herd */
    ACK_MS = 1500, /* the last ACK is under way for this time at most */
    PROBE_MS = 2000,
    SLOT_MS = 5000,
    REPAIR_MS = 10000,
};

#define FOR_EVER_MS INT64_C(300000000000)

/* ---- the end of the faults ---- */

static bool link_lives(const struct run *run, uint32_t link)
{
    const struct herd_conf_link *at = &run->sim->conf.links[link];
    return link >= 64 ? sim_is_up(run->sim, at->a) && sim_is_up(run->sim, at->b)
                      : (run->plan->dead_links >> link & 1) == 0 &&
                            sim_is_up(run->sim, at->a) && sim_is_up(run->sim, at->b);
}

/* Groups are named by their first server. */
static void find_groups(struct run *run)
{
    const struct herd_conf *conf = &run->sim->conf;
    for (uint32_t i = 0; i < run->plan->servers; i++)
        run->group[i] = i;
    for (uint32_t round = 0; round < run->plan->servers; round++)
        for (uint32_t i = 0; i < conf->link_count; i++) {
            uint32_t *a = &run->group[conf->links[i].a], *b = &run->group[conf->links[i].b];
            if (link_lives(run, i))
                *a = *b = *a < *b ? *a : *b;
        }
}

void run_expect_what_is_held(struct run *run)
{
    for (uint32_t i = 0; i < run->plan->servers; i++)
        for (int client = 0; client < ORACLE_CLIENTS; client++)
            if (sim_is_up(run->sim, i) && (run->work.used >> client & 1))
                oracle_expect(&run->oracle, run->group[i], client,
                              run_held(run, i, client));
}

void run_end_faults(struct run *run)
{
    const struct plan *plan = run->plan;
    const struct herd_conf *conf = &run->sim->conf;
    sim_note(run->sim, "the faults end");
    for (int64_t i = 0; i < plan->followers; i++)
        follower_calm(run->follower[i]);
    faults_heal(&run->faults, run->sim);
    for (uint32_t i = 0; i < plan->servers; i++) {
        bool dies = (plan->dead >> i & 1) != 0;
        if (dies && sim_is_up(run->sim, i) && plan->dead_silently)
            sim_vanish(run->sim, i);
        else if (dies && sim_is_up(run->sim, i))
            sim_stop(run->sim, i);
        else if (!dies && !sim_is_up(run->sim, i))
            (void)sim_start(run->sim, i);
    }
    for (uint32_t i = 0; i < conf->link_count && i < 64; i++)
        if (plan->dead_links >> i & 1) {
            net_hole(run->sim, conf->links[i].a, conf->links[i].b, FOR_EVER_MS);
            net_hole(run->sim, conf->links[i].b, conf->links[i].a, FOR_EVER_MS);
        }
    find_groups(run);
    run_expect_what_is_held(run);
}

bool run_may_differ(const struct run *run)
{
    return run->plan->expire_s > 0 &&
           (run->oracle.discordant || run->faults.done[OP_SKEW] > 0);
}

/* ---- liveness ---- */

int64_t run_bound_ms(const struct plan *plan)
{
    int64_t bound_ms = 2 * plan->timeout_ms + 2 * plan->ping_ms + PROBE_MS +
                       3 * (plan->retry_max_ms + 200) + 2 * plan->connect_ms +
                       2 * plan->handshake_ms;
    int64_t records = PLAN_CLIENTS, repair_ms = REPAIR_MS, slow = plan->rate;
    uint32_t hops = shape_diameter(plan->shape, plan->servers);
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct op *op = &plan->op[i];
        records += op->kind == OP_BULK ? op->n : 0;
        if (op->kind == OP_SLOW && (slow == 0 || op->n < slow))
            slow = op->n;
        if (op->kind == OP_SPOIL) {
            bound_ms += 6 * plan->ping_ms + repair_ms;
            repair_ms *= 2;
        }
    }
    bound_ms += 40 * hops * (plan->latency_ms + 1);
    if (records > 100)
        bound_ms += SLOT_MS * (int64_t)plan->servers;
    if (plan->rate > 0)
        bound_ms += 2 * hops * (records * 150 + 40000) * 1000 / plan->rate;
    if (plan->expire_s > 0) /* see run_may_differ */
        bound_ms += 6 * plan->ping_ms + 4 * plan->skew_max_ms + 6 * REPAIR_MS;
    if (slow > 0)
        bound_ms += (int64_t)plan->kernel * 1000 / slow;
    return bound_ms;
}

static size_t links_wanted(const struct run *run, uint32_t server)
{
    const struct herd_conf *conf = &run->sim->conf;
    size_t wanted = 0;
    for (uint32_t i = 0; i < conf->link_count; i++)
        wanted += (conf->links[i].a == server || conf->links[i].b == server) &&
                  link_lives(run, i);
    return wanted;
}

/* One end does not know yet that nothing comes from the other any more. */
static bool is_dead(const struct sim_pipe *pipe)
{
    bool here = pipe->open[0] || pipe->opening[0], there = pipe->open[1];
    bool lost = pipe->from[0].lost || pipe->from[1].lost;
    return pipe->server[1] != SIM_SERVERS && (here || there) && (here != there || lost);
}

static bool find_dead_connection(const struct run *run, uint32_t *server)
{
    for (uint32_t i = 0; i < run->sim->pipe_count; i++) {
        const struct sim_pipe *pipe = run->sim->pipe[i];
        *server = pipe->server[1];
        if (is_dead(pipe))
            return true;
    }
    return false;
}

const char *run_find_disagreement(const struct run *run, uint32_t *server)
{
    for (*server = 0; *server < run->plan->servers; ++*server)
        if (sim_is_up(run->sim, *server) &&
            herd_core_links_up(run->sim->server[*server].core) !=
                links_wanted(run, *server))
            return "a link does not come up";
    for (*server = 0; *server < run->plan->servers; ++*server)
        if (sim_is_up(run->sim, *server) &&
            sim_digest(run->sim, *server) != sim_digest(run->sim, run->group[*server]))
            return "servers do not agree";
    return find_dead_connection(run, server) ? "a dead connection is not noticed" : NULL;
}

/* Servers that hold the same records may still exchange frames about them. */
static bool is_busy(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->pipe_count; i++)
        for (int end = 0; end < 2; end++) {
            const struct sim_stream *stream = &sim->pipe[i]->from[end];
            if (sim->pipe[i]->open[end] &&
                (stream->is_sync || stream->taken < stream->last_non_idle_end))
                return true;
        }
    return false;
}

static size_t followers_of(const struct run *run, uint32_t server)
{
    size_t count = 0;
    for (int64_t i = 0; i < run->plan->followers; i++)
        if ((uint32_t)i % run->plan->servers == server)
            count += follower_connections(run->follower[i]);
    return count;
}

static const char *find_odd_follower(const struct run *run, uint32_t *server)
{
    for (int64_t i = 0; i < run->plan->followers; i++) {
        const char *why = follower_fault(run->follower[i]);
        *server = (uint32_t)i % run->plan->servers;
        if (why != NULL)
            return why;
    }
    return NULL;
}

static const char *find_leftover(const struct run *run, uint32_t *server)
{
    *server = 0;
    if (is_busy(run->sim))
        return "there is always something under way";
    for (*server = 0; *server < run->plan->servers; ++*server)
        if (sim_is_up(run->sim, *server) &&
            herd_core_conn_count(run->sim->server[*server].core) !=
                links_wanted(run, *server) + followers_of(run, *server))
            return "a connection is left over";
    for (uint32_t i = 0; i < run->sim->conf.link_count; i++) {
        const struct herd_conf_link *at = &run->sim->conf.links[i];
        *server = at->a;
        if (sim_pipes(run->sim, at->a, at->b) != link_lives(run, i))
            return "a link has not exactly one connection, or a dead one has some";
    }
    return NULL;
}

bool run_await(struct run *run, int64_t bound_ms,
               const char *(*find_fault)(const struct run *run, uint32_t *server))
{
    const char *why;
    uint32_t server = 0;
    int64_t end_ms = sim_ms(run->sim) + bound_ms;
    while ((why = find_fault(run, &server)) != NULL && sim_ms(run->sim) < end_ms &&
           run->sim->broken[0] == '\0')
        sim_run_for(run->sim, CHECK_MS);
    run_fail(run, why, server, -1);
    return why == NULL && run->sim->broken[0] == '\0';
}

/* Records are lost with a server that ends. */
static bool can_lose(const struct run *run)
{
    static const enum op_kind losing[] = {OP_CRASH,  OP_VANISH,    OP_LEAVE,
                                          OP_TWIN,   OP_ONE_SIDED, OP_OTHER_HERD,
                                          OP_MEMORY, OP_HICCUP,    OP_WRONG_KEY};
    for (size_t i = 0; i < sizeof losing / sizeof losing[0]; i++)
        if (run->faults.done[losing[i]] > 0)
            return true;
    return run->plan->dead != 0 || run->plan->dead_links != 0;
}

/* A record that has expired by this one may have been replaced anywhere. */
int64_t run_latest_clock_ns(const struct run *run)
{
    int64_t latest_ns = 0;
    for (uint32_t i = 0; i < run->plan->servers; i++)
        if (sim_wall_ns(run->sim, i) > latest_ns)
            latest_ns = sim_wall_ns(run->sim, i);
    return latest_ns;
}

void run_judge(struct run *run)
{
    if (run->plan->expire_s > 0 && run->faults.done[OP_SKEW] > 0)
        return;
    bool exactly = !can_lose(run) && run->plan->expire_s == 0;
    for (uint32_t i = 0; i < run->plan->servers; i++) {
        oracle_set_clock(&run->oracle, run_latest_clock_ns(run));
        for (int client = 0; client < ORACLE_CLIENTS; client++)
            if (sim_is_up(run->sim, i) && (run->work.used >> client & 1))
                run_fail(run,
                         oracle_check_final(&run->oracle, run->group[i], client,
                                            run_held(run, i, client), exactly),
                         i, client);
    }
}

static uint64_t non_idle_frames(const struct sim *sim)
{
    uint64_t frames = 0;
    for (int verb = 0; verb < SIM_VERBS; verb++)
        if (!wire_is_idle((enum sim_verb)verb))
            frames += sim->wire.frames[verb];
    return frames;
}

void run_heal(struct run *run)
{
    int64_t start_ms = sim_ms(run->sim);
    run->result->bound_ms = run_bound_ms(run->plan);
    bool healed = run_await(run, run->result->bound_ms, run_find_disagreement);
    run->result->heal_ms = sim_ms(run->sim) - start_ms;
    /* What a follower gives goes to all. */
    healed = healed && run_await(run, run->result->bound_ms, find_odd_follower) &&
             run_await(run, run->result->bound_ms, run_find_disagreement);
    /* A dial may be under way. */
    sim_run_for(run->sim, run->plan->connect_ms + 2 * run->plan->latency_ms);
    if (!healed || !run_await(run, run->result->bound_ms, find_leftover))
        return;
    run_judge(run);
    sim_note(run->sim, "healed within %" PRId64 " ms, and at rest", run->result->heal_ms);
    sim_run_for(run->sim, ACK_MS + 2 * run->plan->latency_ms);
    uint64_t frames = non_idle_frames(run->sim);
    sim_run_for(run->sim, run->plan->idle_ms);
    if (non_idle_frames(run->sim) != frames && !run_may_differ(run))
        run_fail(run, "the herd is not idle after it has converged", 0, -1);
    uint32_t server = 0;
    const char *why = run_find_disagreement(run, &server);
    if (!run_may_differ(run))
        run_fail(run, why, server, -1);
    run_fail(run, find_odd_follower(run, &server), server, -1);
    run_judge(run);
    run_check_nothing_is_frozen(run);
    run_forget_everywhere(run);
    run_check_all_are_freed(run);
}
