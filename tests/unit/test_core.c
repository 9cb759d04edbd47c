/* The door itself: connections, stopping, and looking in. */
#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

#define NOW_A "AT Clark +0.000000000 a +0+0 " TALK_NOW
#define FAR   "AT Bona +0.1 far +0+0 2000000000"

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

static void odd_events_change_nothing(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, "open 1\n"
                      "drained 1\n"
                      "places #1 200 {}\n"
                      "open 2 peer\n"
                      "drained 2\n"
                      "eof 2\n"
                      "  close 2\n"
                      "pass 1000\n"
                      "open 3 control\n"
                      "closed 3 reset\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 1);
    rig_end(&rig);
}

/* ---- stopping ---- */

static void stop_answers_what_is_asked(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1\n1< IAMAT a +0+0 " TALK_NOW "\nopen 2\n"
                     "2< WHATSAT a 1 1\\nWHATSAT a 2 1\\nhalf\\c\nopen 3 control\n");
    SCRIPT_PLAY(&rig, "stop\n"
                      "  close 3\n"
                      "  close 1\n"
                      "2< foo\n"
                      "stop\n"
                      "tick\n"
                      "open 4\n"
                      "  close 4\n"
                      "places #1 200 " TALK_JSON_1 "\n"
                      "  2> " NOW_A "\\n" TALK_JSON_1 "\\n\n"
                      "places #2 200 " TALK_JSON_1 "\n"
                      "  2> " NOW_A "\\n" TALK_JSON_1 "\\n\n"
                      "  close 2\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

static void stop_passes_on_what_is_news(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n1< IAMAT a +0+0 " TALK_NOW "\ntick\n"
                                   "1< IAMAT b +0+0 " TALK_NOW "\ndrained 3\n"
                                   "open 4 peer\n");
    SCRIPT_PLAY(&rig, "stop\n"
                      "  close 4\n"
                      "  close 1\n"
                      "tick\n"
                      "  3> BATCH 50 1 2 1\\nAT Clark +0.000000000 b +0+0 " TALK_NOW "\n"
                      "tick\n"
                      "drained 3\n"
                      "tick\n"
                      "  3> BYE 0 closing this server is going down\n"
                      "  close 3\n"
                      "drained 2\n"
                      "tick\n"
                      "  2> BATCH 50 1 2 1\\nAT Clark +0.000000000 b +0+0 " TALK_NOW "\n"
                      "drained 2\n"
                      "tick\n"
                      "  2> BYE 0 closing this server is going down\n"
                      "  close 2\n"
                      "wait 60000\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* What is left for a neighbour came from there: nothing is sent, and nothing drains. */
static void stop_does_not_wait_for_echoes(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "closed 3 reset\n2< BATCH 33 0 1 1\\n" FAR "\n");
    SCRIPT_PLAY(&rig, "stop\n"
                      "tick\n");
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    SCRIPT_PLAY(&rig, "tick\n"
                      "  2> BYE 0 closing this server is going down\n"
                      "  close 2\n");
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

static void stop_ends_dials(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, "tick\n"
                      "  dial Bona\n"
                      "  dial Jaquez\n"
                      "stop\n"
                      "fail Bona refused\n"
                      "open 2 dialled Jaquez\n"
                      "  2> " TALK_HELLO_TO_JAQUEZ "  close 2\n"
                      "wait 60000\n");
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
static void a_large_step_leaves_no_memory_behind(void)
{
    struct rig rig;
    static char lines[1 << 20];
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, HERD_LIT("foo\n"));
    size_t before = rig.mem.live;
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = i % 8 == 7 ? '\n' : 'x';
    rig_data(&rig, 1, herd_slice(lines, sizeof lines));
    CHECK_INT((int64_t)rig.sends, 2);
    CHECK(rig.mem.live > before + sizeof lines);
    rig_tick(&rig);
    CHECK(rig.mem.live <= before);
    rig_end(&rig);
}

const struct check_test test_core[] = {
    {"many_connections_fit", many_connections_fit},
    {"old_ids_mean_nothing", old_ids_mean_nothing},
    {"odd_events_change_nothing", odd_events_change_nothing},
    {"stop_answers_what_is_asked", stop_answers_what_is_asked},
    {"stop_passes_on_what_is_news", stop_passes_on_what_is_news},
    {"stop_does_not_wait_for_echoes", stop_does_not_wait_for_echoes},
    {"stop_ends_dials", stop_ends_dials},
    {"records_can_be_visited", records_can_be_visited},
    {"a_large_step_leaves_no_memory_behind", a_large_step_leaves_no_memory_behind},
    {NULL, NULL},
};
