/* SPDX-License-Identifier: ISC */
/* Strangers against memory-max: the most memory that they can make a server take. */
#include "check.h"
#include "core_internal.h"
#include "rig/rig.h"
#include "rig/talk.h"

#include <stdio.h>

enum {
    LIMIT = 1 << 20,
    PAGE = 1 << 15,
    LINES = 64,
    LINE = 4096,
    ROUNDS = 200,
    DIGITS = 3000,
};

static char text[LINES * (LINE + 1)];

/* LINES reports of the clients from `first` on, whose latitude has that many decimals. */
static void report(struct rig *rig, int first, int id_len, int decimals, int64_t time)
{
    size_t len = 0;
    for (int i = 0; i < LINES; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "IAMAT %0*d +1.%0*d+1 %lld\n",
                             id_len, first + i, decimals, 0, (long long)time);
    rig_data(rig, 1, herd_slice(text, len));
    /* The lines that were more than a turn's share. */
    while (herd_deadline(rig->core).ns == 0)
        rig_tick(rig);
}

static void start(struct rig *rig)
{
    char options[64];
    snprintf(options, sizeof options, "memory-max %d\nlog-traffic no\n", LIMIT);
    rig_start_with(rig, TALK_ALONE, options);
    rig->quiet = true;
    rig_open(rig, 1, HERD_ROLE_CLIENT, -1);
}

static size_t memory(const struct rig *rig)
{
    return herd_store_memory(&rig->core->store);
}

/* Ids that never come twice, short or as long as they may be; with locations of any length.
 */
static void new_clients_are_refused(void)
{
    static const struct {
        int id_len, decimals;
    } cases[] = {{8, 1}, {255, 1}, {8, DIGITS}, {255, DIGITS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        CHECK_LABEL("case %zu", i);
        start(&rig);
        for (int round = 0; round < ROUNDS; round++)
            report(&rig, round * LINES, cases[i].id_len, cases[i].decimals, 1);
        CHECK(memory(&rig) <= LIMIT + PAGE);
        CHECK(memory(&rig) > LIMIT - 2 * LINE);
        CHECK(rig.mem.live < LIMIT + 2 * PAGE + LINES * 2 * LINE);
        CHECK_INT(RIG_STAT(&rig, reports_refused_memory_max),
                  ROUNDS * LINES - (int64_t)rig.core->store.count);
        rig_end(&rig);
    }
}

/* The smallest records that there are, and then the largest that they can become: a report
 * of 64 bytes; and not the ones that are long on purpose. */
static void known_clients_grow_by_half(void)
{
    struct rig rig;
    start(&rig);
    for (int round = 0; round < ROUNDS; round++)
        report(&rig, round * LINES, 5, 1, 1);
    int64_t known = (int64_t)rig.core->store.count;
    int64_t stored = RIG_STAT(&rig, reports_stored);
    for (int round = 0; round < ROUNDS; round++)
        report(&rig, round * LINES, 5, 200, 2);
    CHECK_INT(RIG_STAT(&rig, reports_stored), stored);
    for (int round = 0; round < ROUNDS; round++)
        report(&rig, round * LINES, 5, 58, 3);
    CHECK_INT(RIG_STAT(&rig, reports_stored), stored + known);
    CHECK(memory(&rig) > LIMIT * 5 / 4);
    CHECK(memory(&rig) <= LIMIT * 3 / 2);
    for (int round = 0; round < ROUNDS; round++)
        report(&rig, round * LINES, 5, DIGITS, 4);
    CHECK_INT(RIG_STAT(&rig, reports_stored), stored + known);
    CHECK(memory(&rig) <= LIMIT * 3 / 2);
    CHECK_INT((int64_t)rig.core->store.count, known);
    rig_end(&rig);
}

const struct check_test test_client_memory[] = {
    {"new_clients_are_refused", new_clients_are_refused},
    {"known_clients_grow_by_half", known_clients_grow_by_half},
    {NULL, NULL},
};
