/* SPDX-License-Identifier: ISC */
/* Events in which memory runs out just where it hurts. The conversations of fixtures/core
 * are played with each allocation failing, too: test_conversations.c. */
#include "check.h"
#include "rig/conversation.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

/* Enough records that the list of actions grows while they are sent and logged: at the
 * second neighbour's batch, or amid the first one's. */
static void check_large_batch(int records)
{
    static char text[8192];
    size_t len =
        (size_t)snprintf(text, sizeof text, "herd three\nlink 2 Bona 3 Jaquez\nopen 1\n");
    for (int i = 0; i < records; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "1< IAMAT c%02d +0+0 1\n", i);
    snprintf(text + len, sizeof text - len, "tick\ndrained 2\ndrained 3\ntick\n");
    CHECK(conversation_check_memory("a large batch", herd_slice_str(text)) > 0);
}

static void memory_may_run_out_amid_a_batch(void)
{
    check_large_batch(63);
    check_large_batch(70);
}

/* Refusals that are too much at once, so that the list of actions grows for the DRAIN. */
static void memory_may_run_out_for_a_drain(void)
{
    static char text[4096];
    for (int refusals = 14; refusals <= 22; refusals++) {
        size_t len = (size_t)snprintf(text, sizeof text,
                                      "herd alone\noption lookups-max 1\n"
                                      "option lookups-waiting-max 0\n"
                                      "option output-high 4096\nopen 1\nopen 2\n"
                                      "2< IAMAT a +0+0 1\n| WHATSAT a 1 1\n1< foo\n");
        for (int i = 0; i < 31; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s",
                                    i < refusals ? "| WHATSAT a 2 1\n" : "| foo\n");
        snprintf(text + len, sizeof text - len, "| WHATSAT a 2 1\ndrained 1\ntick\n");
        CHECK(conversation_check_memory("a drain", herd_slice_str(text)) > 0);
    }
}

/* A connection for which there is no memory at all is closed at once. */
static void no_connection_is_forgotten(void)
{
    static const enum herd_role roles[] = {HERD_ROLE_CLIENT, HERD_ROLE_PEER,
                                           HERD_ROLE_CONTROL};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct rig rig;
        CHECK_LABEL("role %d", (int)roles[i]);
        rig_start(&rig, TALK_ALONE, "Clark");
        fail_mem_arm(&rig.mem, 1, true);
        rig_open(&rig, 1, roles[i], -1);
        CHECK_STR(rig.said.data, "  close 1\n");
        CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
        CHECK_INT(RIG_STAT(&rig, out_of_memory), 1);
        rig_end(&rig);
    }
}

/* That it was dialled is forgotten, too, and it is dialled again. */
static void no_dialled_connection_is_forgotten(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "tick\nfail Jaquez away\n");
    rig_hush(&rig);
    fail_mem_arm(&rig.mem, 1, true);
    rig_open(&rig, 2, HERD_ROLE_PEER, 1);
    CHECK_STR(rig.said.data, "  close 2\n");
    fail_mem_arm(&rig.mem, 0, false);
    script_act(&rig, "wait 2000\n");
    CHECK(rig.dialling[1]);
    rig_end(&rig);
}

/* Not even after a step so large that its memory was given back. */
static void a_large_step_leaves_room_for_a_close(void)
{
    enum { LINES = 20000 };
    static char lines[24 * LINES];
    struct rig rig;
    size_t len = 0;
    for (int i = 0; i < LINES; i++)
        len += (size_t)snprintf(lines + len, sizeof lines - len, "IAMAT %d +0+0 1\n", i);
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "link 2 Bona 3 Jaquez\n");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, herd_slice(lines, len));
    rig_tick(&rig);
    rig_drain(&rig);
    rig_tick(&rig); /* as many lines as a turn may have, and two batches */
    rig_hush(&rig);
    fail_mem_arm(&rig.mem, 2, true);
    rig_open(&rig, 4, HERD_ROLE_CLIENT, -1);
    CHECK_STR(rig.said.data, "  close 4\n");
    rig_end(&rig);
}

static void each_step_closes_one(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_open(&rig, 2, HERD_ROLE_CLIENT, -1);
    fail_mem_arm(&rig.mem, 1, true);
    rig_data(&rig, 1, HERD_LIT("foo\n"));
    CHECK_STR(rig.said.data, "  close 1\n");
    rig_data(&rig, 2, HERD_LIT("foo\n"));
    CHECK_STR(rig.said.data, "  close 1\n  close 2\n");
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* A malformed batch of enough lines that its log fills the list of actions. */
static void a_full_list_has_room_for_a_close(void)
{
    struct rig rig;
    char batch[112] = "BATCH 80 0 0 81\n";
    size_t header = strlen(batch);
    memset(batch + header, '\n', 80);
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP);
    rig_hush(&rig);
    fail_mem_arm(&rig.mem, 1, true);
    rig_data(&rig, 2, herd_slice(batch, header + 80));
    CHECK_STR(rig.said.data, "  close 2\n");
    rig_end(&rig);
}

/* How many clients are open, so that all their replies at once are more than the list
 * of actions holds. */
enum { CROWD = 80 };

static void open_crowd(struct rig *rig, const char *say)
{
    for (unsigned i = RIG_CONNS - CROWD; i < RIG_CONNS; i++) {
        char line[64];
        snprintf(line, sizeof line, "open %u\n%u< %s\n", i, i, say);
        script_act(rig, line);
    }
}

/* More CLOSEs at once than fit: the rest comes with the next steps, with or without
 * memory, and none of them is in vain. */
static void a_close_is_due(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    open_crowd(&rig, "foo");
    fail_mem_arm(&rig.mem, 1, true);
    script_act(&rig, "stop\n");
    size_t left = herd_core_conn_count(rig.core);
    CHECK(left > 1 && left < CROWD);
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    /* One of them goes by itself meanwhile. */
    for (unsigned i = RIG_CONNS - CROWD; i < RIG_CONNS; i++)
        if (rig.open[i]) {
            char line[32];
            snprintf(line, sizeof line, "closed %u reset\n", i);
            script_act(&rig, line);
            break;
        }
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    for (unsigned i = 1; i < RIG_CONNS; i++)
        CHECK(!rig.open[i]);
    rig_end(&rig);
}

/* Both neighbours are given up in a turn that has so much to say to clients that only one
 * CLOSE finds room: Bona's is owed. */
static void owe_a_close(struct rig *rig)
{
    open_crowd(rig, "foo\\c");
    script_act(rig, "2< PONG 0 0\n3< PONG 0 0\npass 15000\n");
    fail_mem_arm(&rig->mem, 1, true);
    rig_tick(rig);
    CHECK(rig->open[2] && !rig->open[3]);
    CHECK_INT(herd_deadline(rig->core).ns, 0);
    fail_mem_arm(&rig->mem, 0, false);
    rig_hush(rig);
}

/* Neighbours that are owed a CLOSE get nothing else. */
static void closes_of_neighbours_are_due(void)
{
    struct rig rig;
    for (int stops = 0; stops < 2; stops++) {
        CHECK_LABEL("stops: %d", stops);
        rig_start(&rig, TALK_HERD "client-idle-line-ms 5000\n", "Clark");
        script_act(&rig, TALK_LINKS_UP "open 1\n1< IAMAT a +0+0 1\n");
        owe_a_close(&rig);
        script_act(&rig, stops ? "stop\ntick\n" : "tick\n");
        CHECK(!rig.open[2]);
        CHECK(strstr(rig.said.data, "  2>") == NULL);
        rig_end(&rig);
    }
}

/* Others come, but there is nobody to be asked for a sign of life. */
static void a_link_with_a_close_due_is_not_probed(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "client-idle-line-ms 5000\nhandshake-timeout-ms 60000\n",
              "Clark");
    script_act(&rig, TALK_LINKS_UP "open 4 peer\n4< HELLO 0 2 2 herd Bona Clark "
                                   "0000000000000000 RULES CLOCK NONCE\n");
    owe_a_close(&rig);
    script_act(&rig, "4< AUTH 0 none 00000000000000b1\n");
    CHECK(strstr(rig.said.data, "  4> BYE 0 taken another") != NULL);
    CHECK(strstr(rig.said.data, "  2>") == NULL);
    CHECK(!rig.open[2] && !rig.open[4]);
    rig_end(&rig);
}

/* A link that has timed out sends nothing after its BYE, though all is due at
 * once: heartbeat, ACK and news. */
static void a_quiet_link_is_sent_nothing_after_bye(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\nfail Jaquez away\n2< BATCH 0 0 1 0\n"
                                   "1< IAMAT a +0+0 1\npass 15000\n");
    SCRIPT_PLAY(&rig, "tick\n"
                      "  3> BYE 0 quiet nothing was heard for link-timeout-ms\n"
                      "  2> BYE 0 quiet nothing was heard for link-timeout-ms\n"
                      "  close 2\n"
                      "  close 3\n");
    rig_end(&rig);
}

/* Those that the stop ends wait for their CLOSEs; their time runs out, too, but that is no
 * second reason. */
static void a_handshake_with_a_close_due_is_not_refused(void)
{
    enum { STRANGERS = 80, FIRST = 2 };
    struct rig rig;
    int open = 0;
    rig_start(&rig, TALK_HERD "handshakes-max 100\n", "Clark");
    for (herd_conn_id i = FIRST; i < FIRST + STRANGERS; i++)
        rig_open(&rig, i, HERD_ROLE_PEER, -1);
    fail_mem_arm(&rig.mem, 1, true);
    script_act(&rig, "stop\n");
    for (int i = FIRST; i < FIRST + STRANGERS; i++)
        open += rig.open[i];
    CHECK(open > 0 && open < STRANGERS);
    script_act(&rig, "wait 5000\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 0);
    rig_end(&rig);
}

const struct check_test test_memory[] = {
    {"memory_may_run_out_amid_a_batch", memory_may_run_out_amid_a_batch},
    {"memory_may_run_out_for_a_drain", memory_may_run_out_for_a_drain},
    {"no_connection_is_forgotten", no_connection_is_forgotten},
    {"no_dialled_connection_is_forgotten", no_dialled_connection_is_forgotten},
    {"a_large_step_leaves_room_for_a_close", a_large_step_leaves_room_for_a_close},
    {"each_step_closes_one", each_step_closes_one},
    {"a_full_list_has_room_for_a_close", a_full_list_has_room_for_a_close},
    {"a_close_is_due", a_close_is_due},
    {"closes_of_neighbours_are_due", closes_of_neighbours_are_due},
    {"a_link_with_a_close_due_is_not_probed", a_link_with_a_close_due_is_not_probed},
    {"a_quiet_link_is_sent_nothing_after_bye", a_quiet_link_is_sent_nothing_after_bye},
    {"a_handshake_with_a_close_due_is_not_refused",
     a_handshake_with_a_close_due_is_not_refused},
    {NULL, NULL},
};
