/* SPDX-License-Identifier: ISC */
/* Large replies leave as far as a turn, and the room for all together, allow. */
#include "check.h"
#include "client/reply_budget.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

enum { LARGE = 900000, MEGABYTE = 1 << 20 };

/* `count` clients from `first` on ask for the same, all from one address or each from its
 * own. */
static void ask_all(struct rig *rig, unsigned first, unsigned count, bool one_address)
{
    char text[64];
    for (unsigned conn = first; conn < first + count; conn++) {
        snprintf(text, sizeof text, "10.0.0.%u", one_address ? first : conn);
        rig_open_from(rig, conn, herd_slice_str(text));
        rig_data(rig, conn, HERD_LIT("WHATSAT a 1 1\n"));
    }
}

static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE, options);
    rig->quiet = true;
    rig_open(rig, RIG_CONNS - 1, HERD_ROLE_CLIENT, -1);
    rig_data(rig, RIG_CONNS - 1, HERD_LIT("IAMAT a +0+0 1\n"));
    rig_drain(rig);
}

static size_t owing(const struct rig *rig)
{
    size_t n = 0;
    for (unsigned conn = 1; conn < RIG_CONNS; conn++)
        n += rig->open[conn] && rig->owes[conn];
    return n;
}

/* The answer to a hundred queries is not copied a hundred times at once. */
static void a_turn_copies_a_bounded_number(void)
{
    enum { CLIENTS = 60 };
    struct rig rig;
    start(&rig, "");
    ask_all(&rig, 1, CLIENTS, false);
    size_t before = rig.sends, turns = 0;
    rig_places_sized(&rig, 1, LARGE);
    for (size_t sends = before; rig.sends < before + CLIENTS && turns < 1000; turns++) {
        CHECK(rig.sends - sends <= HERD_REPLY_TURN_BYTES / LARGE + 1);
        CHECK(rig.mem.live < 8 * MEGABYTE);
        sends = rig.sends;
        rig_drain(&rig);
        CHECK_INT(herd_deadline(rig.core).ns, 0);
        rig_tick(&rig);
    }
    CHECK_INT((int64_t)(rig.sends - before), CLIENTS);
    CHECK(turns >= CLIENTS / 3 && turns <= CLIENTS);
    rig_drain(&rig);
    rig_tick(&rig);
    CHECK(script_status_has(&rig, "queries_waiting 0"));
    rig_end(&rig);
}

/* Its room is given back when it has drained, so that is asked for. A small one has none.
 */
static void a_large_reply_asks_when_it_has_drained(void)
{
    for (int large = 0; large < 2; large++) {
        struct rig rig;
        CHECK_LABEL("large %d", large);
        start(&rig, "");
        ask_all(&rig, 1, 1, false);
        rig.quiet = false;
        rig_hush(&rig);
        rig_places_sized(&rig, 1, large ? LARGE : HERD_REPLY_SMALL / 2);
        CHECK((strstr(rig.said.data, "  drain 1\n") != NULL) == (large == 1));
        rig_end(&rig);
    }
}

/* Nobody reads: copies stay within the room, the server has nothing to do, and what is left
 * leaves when somebody reads. */
static void copies_have_a_bound(void)
{
    enum { CLIENTS = 60, ROOM = 4 };
    struct rig rig;
    start(&rig, "replies-memory-max 16777216\n");
    ask_all(&rig, 1, CLIENTS, false);
    size_t before = rig.sends;
    rig_places_sized(&rig, 1, LARGE);
    for (int turn = 0; turn < 20; turn++)
        rig_tick(&rig);
    CHECK_INT((int64_t)(rig.sends - before), ROOM);
    CHECK_INT((int64_t)owing(&rig), ROOM);
    CHECK(herd_deadline(rig.core).ns != 0);
    for (unsigned conn = 1; conn <= CLIENTS; conn++) {
        if (!rig.owes[conn])
            continue;
        rig_closed(&rig, conn, HERD_LIT("does not read"));
        break;
    }
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    rig_tick(&rig);
    CHECK_INT((int64_t)(rig.sends - before), ROOM + 1);
    rig_end(&rig);
}

/* Clients of one address that do not read leave room for those of others. */
static void an_address_has_a_share(void)
{
    enum { BAD = 40, GOOD = 20 };
    struct rig rig;
    start(&rig, "");
    ask_all(&rig, 1, BAD, true);
    ask_all(&rig, 1 + BAD, GOOD, false);
    rig_places_sized(&rig, 1, LARGE);
    size_t drained = 0;
    for (int turn = 0; turn < 100; turn++) {
        rig_tick(&rig);
        for (unsigned conn = 1 + BAD; conn <= BAD + GOOD; conn++) {
            drained += rig.owes[conn];
            if (rig.owes[conn])
                rig_drained(&rig, conn);
        }
    }
    CHECK_INT((int64_t)drained, GOOD);
    CHECK(owing(&rig) >= 1 && owing(&rig) <= 2);
    CHECK(script_status_has(&rig, "queries_waiting 38"));
    rig_end(&rig);
}

/* Answers that wait for clients have a bound: above it queries are refused. */
static void answers_have_a_bound(void)
{
    enum { CLIENTS = 20 };
    struct rig rig;
    char line[64];
    start(&rig, "replies-memory-max 16777216\n");
    for (unsigned conn = 1; conn <= CLIENTS; conn++) {
        rig_open(&rig, conn, HERD_ROLE_CLIENT, -1);
        int len = snprintf(line, sizeof line, "WHATSAT a 50 1\nWHATSAT a %u 1\n", conn);
        rig_data(&rig, conn, herd_slice(line, (size_t)len));
    }
    for (size_t number = 2; number <= CLIENTS + 1; number++)
        rig_places_sized(&rig, number, LARGE);
    CHECK_INT((int64_t)RIG_STAT(&rig, answers_dropped), CLIENTS - 4);
    CHECK(rig.mem.live < 8 * MEGABYTE);
    rig_places(&rig, 1, 200, HERD_LIT(TALK_JSON_1));
    for (int turn = 0; turn < 100; turn++) {
        rig_drain(&rig);
        rig_tick(&rig);
    }
    CHECK(script_status_has(&rig, "queries_waiting 0"));
    /* All are free again. */
    rig_data(&rig, 1, HERD_LIT("WHATSAT a 49 1\n"));
    rig_places_sized(&rig, rig_oldest_request(&rig), LARGE);
    CHECK_INT((int64_t)RIG_STAT(&rig, answers_dropped), CLIENTS - 4);
    rig_end(&rig);
}

/* Queries without a reply have a bound, whether they share a request or not. */
static void joined_queries_are_counted(void)
{
    struct rig rig;
    start(&rig, "lookups-max 1\nlookups-waiting-max 99\n");
    for (unsigned conn = 1; conn <= 10; conn++) {
        rig_open(&rig, conn, HERD_ROLE_CLIENT, -1);
        for (int i = 0; i < 20; i++)
            rig_data(&rig, conn, HERD_LIT("WHATSAT a 1 1\n"));
    }
    CHECK_INT((int64_t)RIG_STAT(&rig, queries), 200);
    CHECK_INT((int64_t)RIG_STAT(&rig, queries_refused), 100);
    CHECK(script_status_has(&rig, "queries_waiting 100"));
    rig_places(&rig, 1, 200, HERD_LIT(TALK_JSON_1));
    CHECK(script_status_has(&rig, "queries_waiting 0"));
    CHECK_INT((int64_t)RIG_STAT(&rig, queries_answered), 100);
    rig_end(&rig);
}

const struct check_test test_reply_budget[] = {
    {"a_turn_copies_a_bounded_number", a_turn_copies_a_bounded_number},
    {"a_large_reply_asks_when_it_has_drained", a_large_reply_asks_when_it_has_drained},
    {"copies_have_a_bound", copies_have_a_bound},
    {"an_address_has_a_share", an_address_has_a_share},
    {"answers_have_a_bound", answers_have_a_bound},
    {"joined_queries_are_counted", joined_queries_are_counted},
    {NULL, NULL},
};
