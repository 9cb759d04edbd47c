/* SPDX-License-Identifier: ISC */
/* Clients that send much share the budget of a turn, and others do not wait for them. */
#include "check.h"
#include "client/turn.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

enum { FLOOD = 16384 }; /* as much as one read brings */

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

/* Lines without a word, which is the most that so many bytes can ask for. */
static void flood(struct rig *rig, herd_conn_id conn)
{
    static char lines[FLOOD];
    memset(lines, '\n', sizeof lines);
    rig_data(rig, conn, herd_slice(lines, sizeof lines));
}

static int64_t commands(const struct rig *rig)
{
    return (int64_t)RIG_STAT(rig, commands);
}

/* Nothing is left out, nothing is out of order, and the client is read again at the end. */
static void much_is_served_in_several_turns(void)
{
    struct rig rig;
    int turns = 0;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1\n");
    flood(&rig, 1);
    CHECK_INT(commands(&rig), HERD_TURN_AT_ONCE_MAX);
    CHECK(rig.paused[1]);
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    for (; herd_deadline(rig.core).ns == 0 && turns < 100; turns++) {
        int64_t before = commands(&rig);
        rig_tick(&rig);
        CHECK(commands(&rig) > before);
        CHECK(commands(&rig) - before <= HERD_TURN_BUDGET);
    }
    CHECK_INT(turns, 3);
    CHECK_INT(commands(&rig), FLOOD);
    CHECK_INT((int64_t)count(rig.sent.data, "? \n"), FLOOD);
    CHECK(!rig.paused[1]);
    rig_end(&rig);
}

static void what_was_stashed_is_freed(void)
{
    struct rig rig;
    size_t live[3];
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1\nopen 2\nopen 3\n");
    for (unsigned conn = 1; conn <= 3; conn++) {
        flood(&rig, conn);
        while (rig.paused[conn])
            rig_tick(&rig);
        live[conn - 1] = rig.mem.live;
    }
    CHECK_INT((int64_t)live[2], (int64_t)live[1]);
    rig_end(&rig);
}

/* Who sends a line and waits is served in the turn in which it comes, whatever else there
 * is to do. */
static void one_line_is_served_at_once(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1\n");
    for (unsigned conn = 2; conn < 60; conn++)
        rig_open(&rig, conn, HERD_ROLE_CLIENT, -1);
    for (int turn = 0; turn < 5; turn++) {
        for (unsigned conn = 2; conn < 60; conn++)
            if (!rig.paused[conn])
                flood(&rig, conn);
        rig_hush(&rig);
        rig_data(&rig, 1, HERD_LIT("foo\n"));
        CHECK_STR(rig.said.data, "  1> ? foo\n");
        rig_tick(&rig);
    }
    rig_end(&rig);
}

/* A turn's lines are bounded, however many send at the same time. */
static void a_turn_is_bounded(void)
{
    enum { CLIENTS = 100 };
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    for (unsigned conn = 1; conn <= CLIENTS; conn++)
        rig_open(&rig, conn, HERD_ROLE_CLIENT, -1);
    for (int turn = 0; turn < 20; turn++) {
        int64_t before = commands(&rig);
        for (unsigned conn = 1; conn <= CLIENTS; conn++)
            if (!rig.paused[conn])
                flood(&rig, conn);
        rig_tick(&rig);
        CHECK(commands(&rig) - before <=
              HERD_TURN_BUDGET + CLIENTS * HERD_TURN_AT_ONCE_LEAST + HERD_TURN_TICK_LEAST);
    }
    rig_end(&rig);
}

/* Long lines cost more than short ones. */
static void bytes_count_as_well(void)
{
    enum { LONG = 4096, LINES = 100 };
    static char lines[LINES * LONG];
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1\n");
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % LONG == LONG - 1 ? '\n' : 'x';
    rig_data(&rig, 1, herd_slice(lines, sizeof lines));
    int64_t most = HERD_TURN_AT_ONCE_MAX * HERD_TURN_COST_BYTES / LONG + 1;
    CHECK(commands(&rig) > 1 && commands(&rig) <= most);
    rig_tick(&rig);
    rig_tick(&rig);
    CHECK_INT(commands(&rig), LINES);
    rig_end(&rig);
}

/* All that wait get the same, one after the other. */
static void those_that_wait_take_turns(void)
{
    enum { CLIENTS = 8 };
    struct rig rig;
    char to[16];
    rig_start(&rig, TALK_ALONE, "Clark");
    for (unsigned conn = 1; conn <= CLIENTS; conn++) {
        rig_open(&rig, conn, HERD_ROLE_CLIENT, -1);
        flood(&rig, conn);
    }
    rig_hush(&rig);
    rig_tick(&rig);
    for (unsigned conn = 1; conn <= CLIENTS; conn++) {
        snprintf(to, sizeof to, "  %u> ", conn);
        CHECK_LABEL("client %u", conn);
        CHECK(count(rig.said.data, to) >= 1);
    }
    rig_end(&rig);
}

/* A client that goes, sends no more, or is not wanted any more, while it waits. */
static void who_waits_may_go(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1\nopen 2\nopen 3\n");
    for (unsigned conn = 1; conn <= 3; conn++)
        flood(&rig, conn);
    script_act(&rig, "closed 2 reset\neof 1\ntick\n");
    CHECK(rig.open[1]);
    script_act(&rig, "tick\ntick\ntick\ntick\ntick\n");
    CHECK_INT((int64_t)count(rig.sent.data, "? \n"), FLOOD);
    CHECK(!rig.open[1]);
    flood(&rig, 3);
    script_act(&rig, "stop\n");
    CHECK(!rig.open[3]);
    rig_end(&rig);
}

const struct check_test test_client_turn[] = {
    {"much_is_served_in_several_turns", much_is_served_in_several_turns},
    {"what_was_stashed_is_freed", what_was_stashed_is_freed},
    {"one_line_is_served_at_once", one_line_is_served_at_once},
    {"a_turn_is_bounded", a_turn_is_bounded},
    {"bytes_count_as_well", bytes_count_as_well},
    {"those_that_wait_take_turns", those_that_wait_take_turns},
    {"who_waits_may_go", who_waits_may_go},
    {NULL, NULL},
};
