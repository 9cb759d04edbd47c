/* SPDX-License-Identifier: ISC */
/* herd_step() itself: connections, memory, and looking in. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

/* ---- connections ---- */

static void many_connections_fit(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    for (unsigned i = 1; i < RIG_CONNS; i++)
        rig_open(&rig, i, HERD_ROLE_CLIENT, -1);
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), RIG_CONNS - 1);
    rig_data(&rig, 100, HERD_LIT("foo\n"));
    CHECK_STR(rig.said.data, "  100> ? foo\n");
    rig_end(&rig);
}

/* A slot is used again under another id. */
static void old_ids_mean_nothing(void)
{
    struct rig rig;
    struct herd_event gone = {
        .kind = HERD_EV_CLOSED, .conn = UINT64_C(1) << 32 | 1, .bytes = HERD_LIT("x")};
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig.open[0] = true;
    rig_step(&rig, gone);
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 1);
    rig.open[1] = true;
    rig_data(&rig, 1, HERD_LIT("bar\n"));
    CHECK_STR(rig.said.data, "  1> ? bar\n");
    rig_end(&rig);
}

/* ---- looking in ---- */

struct visited {
    char text[256];
    int left;
};

static bool visit(void *ctx, struct herd_slice record)
{
    struct visited *visited = ctx;
    size_t len = strlen(visited->text);
    snprintf(visited->text + len, sizeof visited->text - len, "%.*s\n", (int)record.len,
             record.data);
    return --visited->left > 0;
}

static void records_can_be_visited(void)
{
    struct rig rig;
    struct visited all = {.left = 9}, one = {.left = 1};
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n1< IAMAT a +0+0 1\\nIAMAT b +0+0 1\\n"
                                   "IAMAT c +0+0 1\\nIAMAT a +0+0 2\ntick\n");
    herd_core_for_each_record(rig.core, visit, &all);
    CHECK_STR(all.text, "AT Clark +1621464827.223371889 b +0+0 1\n"
                        "AT Clark +1621464827.223371889 c +0+0 1\n"
                        "AT Clark +1621464826.223371889 a +0+0 2\n");
    herd_core_for_each_record(rig.core, visit, &one);
    CHECK_STR(one.text, "AT Clark +1621464827.223371889 b +0+0 1\n");
    rig_end(&rig);
}

/* An unusual step's memory is given back by the next one. */
static void a_large_step_frees_its_memory(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, HERD_LIT("IAMAT a +0+0 1\n"));
    size_t before = rig.mem.live;
    rig_large_step(&rig, 1, "a");
    CHECK_INT((int64_t)rig.sends, 2);
    CHECK(rig.mem.live > before + (size_t)rig.conf.output_max);
    rig_tick(&rig);
    CHECK(rig.mem.live <= before);
    rig_end(&rig);
}

const struct check_test test_core[] = {
    {"many_connections_fit", many_connections_fit},
    {"old_ids_mean_nothing", old_ids_mean_nothing},
    {"records_can_be_visited", records_can_be_visited},
    {"a_large_step_frees_its_memory", a_large_step_frees_its_memory},
    {NULL, NULL},
};
