#include "run.h"

#include "herd/err.h"
#include "protocol/record.h"
#include "net.h"
#include "wire.h"
#include "work.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    UNSENT_MAX = 65536, /* bytes kept for a neighbour that takes none */
    LOOK_MS = 50,       /* between two checks of a healing herd */
    ACK_MS = 1500,      /* the last ACK is on its way for so long */
    NUMBERS = 4,        /* timers of a operation */
    START = NUMBERS * PLAN_OPS,
    PROBE_MS = 2000,
    SLOT_MS = 5000,
    REPAIR_MS = 10000,
};

enum { AT_BEGIN, AT_END, AT_AGAIN };

#define FOR_EVER_MS INT64_C(300000000000)

struct run {
    const struct plan *plan;
    struct sim *sim;
    struct run_result *result;
    const struct run_hooks *hooks;
    struct faults faults;
    struct oracle oracle;
    struct work work;
    uint64_t changes[SIM_SERVERS]; /* of the store, when it was looked at last */
    uint32_t group[SIM_SERVERS];   /* in the end: servers that can reach each other */
};

static void fail(struct run *run, const char *why, uint32_t server, int client)
{
    if (why == NULL || run->sim->broken[0] != '\0')
        return;
    if (client >= 0)
        sim_broken(run->sim, "%s (server %c, client %s)", why, shape_server(server),
                   work_client(client));
    else
        sim_broken(run->sim, "%s (server %c)", why, shape_server(server));
}

static struct herd_slice held(const struct run *run, uint32_t server, int client)
{
    return sim_record(run->sim, server, work_client(client));
}

/* ---- safety ---- */

static void look(struct run *run, uint32_t server)
{
    const struct sim_server *at = &run->sim->server[server];
    for (int client = 0; client < ORACLE_CLIENTS; client++)
        if (run->work.used >> client & 1)
            fail(run,
                 oracle_observe(&run->oracle, server, at->life, client,
                                held(run, server, client)),
                 server, client);
}

static void stepped(void *ctx, struct sim *sim, uint32_t server)
{
    struct run *run = ctx;
    const struct sim_server *at = &sim->server[server];
    const struct herd_stats *stats = herd_core_stats(at->core);
    uint64_t changes =
        (at->life << 40) + (stats->reports_stored + stats->records_stored) * 2;
    if (sim->most_unsent > UNSENT_MAX)
        fail(run, "too much is kept for a neighbour that takes nothing", server, -1);
    /* Mostly only when the server says that something has changed. */
    if (run->work.busy || (changes == run->changes[server] && sim->steps % 16 != 0))
        return;
    run->changes[server] = changes;
    look(run, server);
}

static void on_frame(void *ctx, struct sim *sim, const struct sim_frame *frame)
{
    struct run *run = ctx;
    enum sim_verb verb = wire_verb(frame->verb);
    char text[WIRE_TEXT];
    marks_frame(&run->result->marks, frame);
    if (run->hooks == NULL || !run->hooks->frames || wire_is_idle(verb))
        return;
    wire_text(sim, frame, text);
    sim_note(sim, "%s -> %s  %s", sim_name(sim, frame->from), sim_name(sim, frame->to),
             text);
}

/* ---- what happens when ---- */

static void op_timer(struct run *run, size_t number, int part)
{
    const struct op *op = &run->plan->op[number];
    if (op_is_work(op->kind)) {
        const char *why = work_do(&run->work, number, part == AT_BEGIN);
        fail(run, why, op->a, -1);
        if (op->kind == OP_STORM &&
            sim_ms(run->sim) + WORK_STORM_MS < op->at_ms + op->for_ms)
            sim_timer(run->sim, WORK_STORM_MS, number * NUMBERS + AT_AGAIN);
    } else if (part == AT_BEGIN) {
        faults_begin(&run->faults, run->sim, number);
    } else {
        faults_end(&run->faults, run->sim, number);
    }
}

static void timer(void *ctx, struct sim *sim, uint64_t number)
{
    struct run *run = ctx;
    if (number >= START) {
        if (!sim_is_up(sim, (uint32_t)(number - START)))
            (void)sim_start(sim, (uint32_t)(number - START));
    } else {
        op_timer(run, (size_t)number / NUMBERS, (int)(number % NUMBERS));
    }
}

static void plan_timers(struct run *run)
{
    const struct plan *plan = run->plan;
    struct dice dice = {plan->seed ^ 0x5175};
    for (uint32_t i = 0; i < plan->servers; i++)
        sim_timer(run->sim, dice_roll(&dice, 3) == 0 ? dice_roll(&dice, 200) : 0,
                  START + i);
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct op *op = &plan->op[i];
        sim_timer(run->sim, op->at_ms, i * NUMBERS + AT_BEGIN);
        if (op->for_ms > 0 && !op_is_work(op->kind))
            sim_timer(run->sim, op->at_ms + op->for_ms, i * NUMBERS + AT_END);
    }
}

static void plan_paths(struct run *run)
{
    const struct plan *plan = run->plan;
    struct dice dice = {plan->seed ^ 0x9a75};
    run->sim->kernel = plan->kernel;
    for (uint32_t a = 0; a < plan->servers; a++)
        for (uint32_t b = 0; b < plan->servers; b++) {
            struct sim_path *path = &run->sim->path[a][b];
            path->latency_ns =
                (int64_t)(dice_next(&dice) % ((uint64_t)plan->latency_ms + 1)) *
                HERD_NS_PER_MS;
            path->rate = plan->rate;
            path->segment = plan->segment;
        }
}

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

static void end_faults(struct run *run)
{
    const struct plan *plan = run->plan;
    const struct herd_conf *conf = &run->sim->conf;
    sim_note(run->sim, "the faults end");
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
    for (uint32_t i = 0; i < plan->servers; i++)
        for (int client = 0; client < ORACLE_CLIENTS; client++)
            if (sim_is_up(run->sim, i) && (run->work.used >> client & 1))
                oracle_expect(&run->oracle, run->group[i], client, held(run, i, client));
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

static const char *find_disagreement(const struct run *run, uint32_t *server)
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

static const char *find_leftover(const struct run *run, uint32_t *server)
{
    *server = 0;
    if (is_busy(run->sim))
        return "there is always something under way";
    for (*server = 0; *server < run->plan->servers; ++*server)
        if (sim_is_up(run->sim, *server) &&
            herd_core_conn_count(run->sim->server[*server].core) !=
                links_wanted(run, *server))
            return "a connection is left over";
    for (uint32_t i = 0; i < run->sim->conf.link_count; i++) {
        const struct herd_conf_link *at = &run->sim->conf.links[i];
        *server = at->a;
        if (sim_pipes(run->sim, at->a, at->b) != link_lives(run, i))
            return "a link has not exactly one connection, or a dead one has some";
    }
    return NULL;
}

static bool await(struct run *run, int64_t bound_ms,
                  const char *(*find_fault)(const struct run *run, uint32_t *server))
{
    const char *why;
    uint32_t server = 0;
    int64_t end_ms = sim_ms(run->sim) + bound_ms;
    while ((why = find_fault(run, &server)) != NULL && sim_ms(run->sim) < end_ms &&
           run->sim->broken[0] == '\0')
        sim_run_for(run->sim, LOOK_MS);
    fail(run, why, server, -1);
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

static void judge(struct run *run)
{
    bool exactly = !can_lose(run);
    for (uint32_t i = 0; i < run->plan->servers; i++)
        for (int client = 0; client < ORACLE_CLIENTS; client++)
            if (sim_is_up(run->sim, i) && (run->work.used >> client & 1))
                fail(run,
                     oracle_check_final(&run->oracle, run->group[i], client,
                                        held(run, i, client), exactly),
                     i, client);
}

static uint64_t non_idle_frames(const struct sim *sim)
{
    uint64_t frames = 0;
    for (int verb = 0; verb < SIM_VERBS; verb++)
        if (!wire_is_idle((enum sim_verb)verb))
            frames += sim->wire.frames[verb];
    return frames;
}

static void heal(struct run *run)
{
    int64_t start_ms = sim_ms(run->sim);
    run->result->bound_ms = run_bound_ms(run->plan);
    bool healed = await(run, run->result->bound_ms, find_disagreement);
    run->result->heal_ms = sim_ms(run->sim) - start_ms;
    /* A dial may be under way. */
    sim_run_for(run->sim, run->plan->connect_ms + 2 * run->plan->latency_ms);
    if (!healed || !await(run, run->result->bound_ms, find_leftover))
        return;
    judge(run);
    sim_note(run->sim, "healed within %" PRId64 " ms, and at rest", run->result->heal_ms);
    sim_run_for(run->sim, ACK_MS + 2 * run->plan->latency_ms);
    uint64_t frames = non_idle_frames(run->sim);
    sim_run_for(run->sim, run->plan->idle_ms);
    if (non_idle_frames(run->sim) != frames)
        fail(run, "the herd is not idle after it has converged", 0, -1);
    uint32_t server = 0;
    fail(run, find_disagreement(run, &server), server, -1);
    judge(run);
}

/* ---- a run ---- */

static int core_cmp(struct herd_slice a, struct herd_slice b)
{
    struct herd_record left, right;
    if (herd_record_parse(a, &left) != HERD_OK || herd_record_parse(b, &right) != HERD_OK)
        abort();
    return herd_record_cmp(&left, &right);
}

/* The same for the same run, and hardly for another one. */
static uint64_t fingerprint_of(const struct sim *sim)
{
    struct dice print = {sim->steps};
    for (int verb = 0; verb < SIM_VERBS; verb++)
        print.state ^= dice_next(&print) + sim->wire.frames[verb] + sim->wire.bytes[verb];
    for (uint32_t i = 0; i < sim->conf.server_count; i++)
        print.state ^= dice_next(&print) + sim_digest(sim, i);
    return dice_next(&print);
}

/* For the reader of a transcript. */
static void note_state(struct run *run, uint32_t server)
{
    char text[300];
    size_t len = 0;
    for (int client = 0; client < ORACLE_CLIENTS && len + 80 < sizeof text; client++) {
        struct herd_slice record = held(run, server, client);
        struct herd_slice by = wire_word(record, 1), time = wire_word(record, 5);
        if (record.len > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, ", %s %.*s by %.*s",
                                    work_client(client), (int)(time.len % 24), time.data,
                                    (int)by.len, by.data);
    }
    text[len] = '\0';
    sim_note(run->sim, "state: %s, links up: %zu, clients: %zu%s",
             sim_name(run->sim, server), herd_core_links_up(run->sim->server[server].core),
             herd_core_client_count(run->sim->server[server].core), text);
}

/* Repairs hide whatever else is wrong, so there must be none without damage. */
static void check_differences(struct run *run)
{
    struct herd_stats stats = sim_stats(run->sim);
    if (run->faults.done[OP_SPOIL] > 0)
        return;
    if (stats.repairs > 0)
        fail(run, "a difference was repaired that should not be there", 0, -1);
    if (stats.digest_mismatches > 0)
        fail(run, "a difference was seen that should not be there", 0, -1);
}

static void conclude(struct run *run)
{
    struct run_result *result = run->result;
    struct sim *sim = run->sim;
    check_differences(run);
    marks_stats(&result->marks, sim);
    result->marks.seen[MARK_TIE] += run->oracle.ties;
    if (sim->wire.records != sim_records_sent(sim))
        fail(run, "records were sent by another way than batches", 0, -1);
    fail(run, oracle_order_laws(&run->oracle, core_cmp, &result->order_triples), 0, -1);
    for (uint32_t i = 0; i < run->plan->servers && sim->notes.note != NULL; i++)
        if (sim_is_up(sim, i))
            note_state(run, i);
    result->print = fingerprint_of(sim);
    result->ok = sim->broken[0] == '\0';
    memcpy(result->why, sim->broken, sizeof result->why);
    sim->broken[0] = '\0';
    result->total_ms = sim_ms(sim);
    result->steps = sim->steps;
    result->reports = run->work.lines;
    result->most_unsent = sim->most_unsent;
    memcpy(result->done, run->faults.done, sizeof result->done);
    for (size_t i = 0; i < run->plan->op_count; i++)
        result->done[run->plan->op[i].kind] += op_is_work(run->plan->op[i].kind);
}

void run_plan(const struct plan *plan, const struct run_hooks *hooks,
              struct run_result *result)
{
    struct run *run = calloc(1, sizeof *run);
    char conf[SHAPE_CONF];
    if (run == NULL)
        abort();
    plan_conf(plan, conf);
    *result = (struct run_result){.ok = false};
    run->plan = plan;
    run->result = result;
    run->hooks = hooks;
    struct sim_setup setup = {
        .conf = conf,
        .seed = plan->seed,
        .keyed = plan->keyed,
        .unstarted = true,
        .hooks = {.stepped = stepped, .frame = on_frame, .timer = timer}};
    setup.hooks.ctx = run;
    run->sim = sim_new_with(&setup);
    if (hooks != NULL)
        run->sim->notes = (struct sim_notes){hooks->note, hooks->ctx};
    faults_init(&run->faults, plan);
    oracle_init(&run->oracle);
    work_init(&run->work, plan, run->sim, &run->oracle);
    plan_paths(run);
    plan_timers(run);
    sim_run_until(run->sim, plan->end_ms);
    if (run->sim->broken[0] == '\0')
        end_faults(run);
    if (run->sim->broken[0] == '\0')
        heal(run);
    conclude(run);
    sim_free(run->sim);
    faults_free(&run->faults);
    oracle_free(&run->oracle);
    free(run);
}
