/* SPDX-License-Identifier: ISC */
/* Many clients whose time is over at once: more than the rig knows, so these tests speak to
 * the core themselves. */
#include "check.h"
#include "client/turn.h"
#include "rig/rig.h"
#include "rig/talk.h"

enum { CLIENTS = 3 * HERD_TURN_TIMEOUTS + 1, FIRST = RIG_CONNS };

struct seen {
    size_t sends, closes;
};

static struct seen step(struct rig *rig, enum herd_event_kind kind, herd_conn_id conn,
                        const char *bytes)
{
    struct herd_event event = {.kind = kind,
                               .role = HERD_ROLE_CLIENT,
                               .conn = conn,
                               .server = -1,
                               .mono = rig->mono,
                               .wall = rig->wall,
                               .bytes = herd_slice_str(bytes),
                               .address = HERD_LIT("127.0.0.1")};
    struct herd_actions actions;
    struct seen seen = {0, 0};
    herd_step(rig->core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++) {
        seen.sends += actions.list[i].kind == HERD_DO_SEND;
        seen.closes += actions.list[i].kind == HERD_DO_CLOSE;
    }
    return seen;
}

static void all_say(struct rig *rig, const char *bytes)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        step(rig, HERD_EV_OPENED, FIRST + i, "");
        step(rig, HERD_EV_DATA, FIRST + i, bytes);
    }
}

/* Ticks until nothing is due; each turn does its share and no more. */
static struct seen tick_all(struct rig *rig, int64_t after_ms)
{
    struct seen all = {0, 0};
    int turns = 0;
    rig->mono = herd_mono_add_ms(rig->mono, after_ms);
    while (herd_mono_reached(rig->mono, herd_deadline(rig->core)) && turns++ < 10) {
        struct seen seen = step(rig, HERD_EV_TICK, 0, "");
        CHECK(seen.sends + seen.closes <= HERD_TURN_TIMEOUTS);
        all.sends += seen.sends;
        all.closes += seen.closes;
    }
    CHECK_INT(turns, CLIENTS / HERD_TURN_TIMEOUTS + 1);
    return all;
}

static void resting_lines_share_a_turn(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_ALONE, "client-compat yes\n");
    all_say(&rig, "WHATSAT nobody 10 5");
    CHECK_INT((int64_t)tick_all(&rig, 300).sends, CLIENTS);
    CHECK_INT((int64_t)tick_all(&rig, 4000).closes, CLIENTS);
    rig_end(&rig);
}

static void idle_clients_share_a_turn(void)
{
    struct rig rig;
    rig_start_with(&rig, TALK_ALONE, "client-idle-ms 1000\n");
    all_say(&rig, "foo\n");
    CHECK_INT((int64_t)tick_all(&rig, 1000).closes, CLIENTS);
    rig_end(&rig);
}

static void slow_lines_share_a_turn(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    all_say(&rig, "foo");
    CHECK_INT((int64_t)tick_all(&rig, 10000).closes, CLIENTS);
    rig_end(&rig);
}

const struct check_test test_client_timeouts[] = {
    {"resting_lines_share_a_turn", resting_lines_share_a_turn},
    {"idle_clients_share_a_turn", idle_clients_share_a_turn},
    {"slow_lines_share_a_turn", slow_lines_share_a_turn},
    {NULL, NULL},
};
