/* SPDX-License-Identifier: ISC */
#include "run_internal.h"

#include "herd/err.h"
#include "protocol/record.h"
#include "protocol/tombstone.h"
#include "wire.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    UNSENT_MAX = 65536, /* bytes kept for a neighbour that stalls */
    NUMBERS = 4,        /* timers of an operation */
    START = NUMBERS * PLAN_OPS,
    FOLLOW = START + SIM_SERVERS,
};

enum { AT_BEGIN, AT_END, AT_AGAIN };

void run_fail(struct run *run, const char *why, uint32_t server, int client)
{
    if (why == NULL || run->sim->broken[0] != '\0')
        return;
    if (client >= 0)
        sim_broken(run->sim, "%s (server %c, client %s)", why, shape_server(server),
                   work_client(client));
    else
        sim_broken(run->sim, "%s (server %c)", why, shape_server(server));
}

struct herd_slice run_held(const struct run *run, uint32_t server, int client)
{
    return sim_record(run->sim, server, work_client(client));
}

/* ---- safety ---- */

static void look(struct run *run, uint32_t server)
{
    const struct sim_server *at = &run->sim->server[server];
    oracle_set_clock(&run->oracle, sim_wall_ns(run->sim, server));
    for (int client = 0; client < ORACLE_CLIENTS; client++)
        if (run->work.used >> client & 1)
            run_fail(run,
                     oracle_observe(&run->oracle, server, at->life, client,
                                    run_held(run, server, client)),
                     server, client);
}

static void stepped(void *ctx, struct sim *sim, uint32_t server)
{
    struct run *run = ctx;
    const struct sim_server *at = &sim->server[server];
    const struct herd_stats *stats = herd_core_stats(at->core);
    uint64_t changes = (at->life << 40) + (stats->reports_stored + stats->records_stored +
                                           stats->forgets + stats->records_expired) *
                                              2;
    if (sim->most_unsent > UNSENT_MAX)
        run_fail(run, "too much is kept for a neighbour that takes nothing", server, -1);
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
        run_fail(run, why, op->a, -1);
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
    if (number >= FOLLOW) {
        sim_timer(sim, follower_act(run->follower[number - FOLLOW]), number);
    } else if (number >= START) {
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
    for (int64_t i = 0; i < plan->followers; i++)
        sim_timer(run->sim, 0, (uint64_t)(FOLLOW + i));
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

/* ---- a run ---- */

static int core_cmp(struct herd_slice a, struct herd_slice b)
{
    struct herd_record left, right;
    if (herd_record_parse(a, &left) != HERD_OK || herd_record_parse(b, &right) != HERD_OK)
        abort();
    return herd_record_cmp(&left, &right);
}

static struct herd_slice core_choose(struct herd_slice a, struct herd_slice b, char *out)
{
    static char text[HERD_RECORD_MAX];
    struct herd_record left, right, raised;
    if (herd_record_parse(a, &left) != HERD_OK || herd_record_parse(b, &right) != HERD_OK)
        abort();
    struct herd_slice kept = herd_tombstone_choose(&left, &right, text, &raised)->text;
    memcpy(out, kept.data, kept.len);
    return herd_slice(out, kept.len);
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
        struct herd_slice record = run_held(run, server, client);
        struct herd_slice by = wire_word(record, 1), time = wire_time(record);
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
    if (run->faults.done[OP_SPOIL] > 0 || run_may_differ(run))
        return;
    if (stats.repairs > 0)
        run_fail(run, "a difference was repaired that should not be there", 0, -1);
    if (stats.digest_mismatches > 0)
        run_fail(run, "a difference was seen that should not be there", 0, -1);
}

static void mark_forgets(struct run *run)
{
    uint64_t *seen = run->result->marks.seen;
    const struct oracle *oracle = &run->oracle;
    seen[MARK_FORGET] += oracle->forgets;
    seen[MARK_FORGOTTEN] += oracle->forgotten;
    seen[MARK_RAISED] += oracle->raised;
    seen[MARK_COVERED] += oracle->refused;
    seen[MARK_BACK] += oracle->back;
    seen[MARK_GAP] += oracle->gaps;
    seen[MARK_UNSEEN] += run->work.expired_queries;
    seen[MARK_REPLACED] += oracle->replaced;
    seen[MARK_ORDERLY] += sim_stats(run->sim).records_expired > 0 && !run_may_differ(run);
}

static void mark_followers(struct run *run)
{
    uint64_t *seen = run->result->marks.seen;
    struct herd_stats stats = sim_stats(run->sim);
    for (int64_t i = 0; i < run->plan->followers; i++) {
        struct follower_seen follower = follower_seen(run->follower[i]);
        seen[MARK_FOLLOWER_RESUME] += follower.resumes;
        seen[MARK_FOLLOWER_SYNC] += follower.syncs;
        seen[MARK_FOLLOWER_GIVES] += follower.gifts;
    }
    seen[MARK_FOLLOWER_QUIET] += stats.followers_timed_out;
}

static void conclude(struct run *run)
{
    struct run_result *result = run->result;
    struct sim *sim = run->sim;
    check_differences(run);
    marks_stats(&result->marks, sim);
    result->marks.seen[MARK_TIE] += run->oracle.ties;
    result->marks.seen[MARK_AHEAD] += run->oracle.ahead;
    result->marks.seen[MARK_HIDDEN] += run->oracle.hidden;
    result->marks.seen[MARK_REPEATED] += run->oracle.repeated;
    mark_followers(run);
    if (sim->wire.records != sim_records_sent(sim))
        run_fail(run, "records were sent by another way than batches", 0, -1);
    mark_forgets(run);
    run_fail(run, oracle_choice_laws(&run->oracle, core_choose, &result->order_triples), 0,
             -1);
    run_fail(run, oracle_order_laws(&run->oracle, core_cmp, &result->order_triples), 0, -1);
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
    run->oracle.expire_s = plan->expire_s;
    run->oracle.grace_s = 2 * plan->skew_max_ms / 1000;
    work_init(&run->work, plan, run->sim, &run->oracle);
    plan_paths(run);
    for (int64_t i = 0; i < plan->followers; i++)
        run->follower[i] = follower_new(run->sim, (uint32_t)i % plan->servers,
                                        plan->seed ^ (uint64_t)(i + 0xf0));
    plan_timers(run);
    sim_run_until(run->sim, plan->end_ms);
    if (run->sim->broken[0] == '\0')
        run_end_faults(run);
    if (run->sim->broken[0] == '\0')
        run_heal(run);
    conclude(run);
    sim_free(run->sim);
    for (int64_t i = 0; i < plan->followers; i++)
        follower_free(run->follower[i]);
    faults_free(&run->faults);
    oracle_free(&run->oracle);
    free(run);
}
