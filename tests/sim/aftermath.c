/* SPDX-License-Identifier: ISC */
/* When a herd has converged and is idle: clients report again, are forgotten, and what
 * expires is freed. */
#include "run_internal.h"
#include "textbook.h"

enum { FROZEN_MS = 60000 }; /* a record, by a client whose clock is ahead */

/* When no report that was received so far can hide those of clients whose clocks are right:
 * a minute after its receipt by the clock of whoever received it; later where a server's
 * own clock is so slow that it takes right clocks for those that are ahead. */
static int64_t nothing_is_hidden_ns(const struct run *run)
{
    int64_t late_ns = FROZEN_MS * HERD_NS_PER_MS;
    for (uint32_t i = 0; i < run->plan->servers; i++)
        if (sim_is_up(run->sim, i) && late_ns < -run->sim->server[i].wall_offset_ns)
            late_ns = -run->sim->server[i].wall_offset_ns;
    return run->work.latest_receipt_ns + late_ns - SIM_WALL_NS;
}

static void report_everywhere(struct run *run, int client)
{
    for (uint32_t i = run->plan->servers; i-- > 0;) {
        if (!sim_is_up(run->sim, i))
            continue;
        char before[ORACLE_TEXT];
        struct herd_slice held = run_held(run, i, client);
        size_t len = held.len < sizeof before ? held.len : sizeof before;
        if (len > 0)
            memcpy(before, held.data, len);
        run_fail(run, work_report_now(&run->work, i, client), i, client);
        if (len > 0 && herd_slice_eq(herd_slice(before, len), run_held(run, i, client)))
            run_fail(run, "the record is frozen", i, client);
    }
}

void run_check_nothing_is_frozen(struct run *run)
{
    int64_t wait_ns = nothing_is_hidden_ns(run) - run->sim->now_ns;
    if (!run->work.ahead || run->sim->broken[0] != '\0')
        return;
    sim_run_for(run->sim, wait_ns > 0 ? wait_ns / HERD_NS_PER_MS + 1 : 1);
    sim_note(run->sim, "clients whose clocks are right report everywhere");
    for (int client = 0; client < ORACLE_CLIENTS; client++)
        if (run->work.used >> client & 1)
            report_everywhere(run, client);
    run_expect_what_is_held(run);
    if (run_await(run, run->result->bound_ms, run_find_disagreement))
        run_judge(run);
}

/* The first of its group, or the one whose turn it is. */
static bool is_teller(const struct run *run, uint32_t server, uint32_t turn)
{
    if (!sim_is_up(run->sim, server))
        return false;
    return run->group[server] == run->group[turn] && sim_is_up(run->sim, turn)
               ? server == turn
               : server == run->group[server];
}

static void check_all_forgotten(struct run *run, uint32_t server)
{
    for (int client = 0; client < ORACLE_CLIENTS; client++) {
        struct herd_slice held = run_held(run, server, client);
        oracle_set_clock(&run->oracle, run_latest_clock_ns(run));
        if (run->plan->expire_s > 0 &&
            (held.len == 0 || oracle_has_expired(&run->oracle, held)))
            continue;
        if ((run->work.used >> client & 1) && !textbook_is_tombstone(held))
            run_fail(run, "a location is held after FORGET", server, client);
    }
}

/* At rest, one server of each group is told to forget all clients. */
void run_forget_everywhere(struct run *run)
{
    uint32_t teller = (uint32_t)(run->plan->seed % run->plan->servers);
    if (run->oracle.forgets == 0 || run->sim->broken[0] != '\0')
        return;
    sim_note(run->sim, "all clients are forgotten");
    for (int client = 0; client < ORACLE_CLIENTS; client++)
        for (uint32_t i = 0; i < run->plan->servers; i++)
            if ((run->work.used >> client & 1) && is_teller(run, i, teller))
                run_fail(run, work_forget(&run->work, i, client), i, client);
    if (!run_await(run, run->result->bound_ms, run_find_disagreement))
        return;
    for (uint32_t i = 0; i < run->plan->servers; i++)
        if (sim_is_up(run->sim, i))
            check_all_forgotten(run, i);
}

/* By the slowest clock all records are over, and two walks have passed. */
void run_check_all_are_freed(struct run *run)
{
    enum { WALKS_MS = 30000, WAIT_MAX_MS = 4000000 };
    const struct plan *plan = run->plan;
    int64_t wait_ms = (nothing_is_hidden_ns(run) - run->sim->now_ns) / HERD_NS_PER_MS;
    wait_ms = (wait_ms > 0 ? wait_ms : 0) + plan->expire_s * 1030 + 4 * plan->skew_max_ms +
              plan->timeout_ms + WALKS_MS;
    if (plan->expire_s == 0 || wait_ms > WAIT_MAX_MS || run->sim->broken[0] != '\0')
        return;
    sim_run_for(run->sim, wait_ms);
    for (uint32_t i = 0; i < plan->servers; i++)
        if (sim_is_up(run->sim, i) && herd_core_client_count(run->sim->server[i].core) > 0)
            run_fail(run, "a record is not freed", i, -1);
}
