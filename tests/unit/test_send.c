/* SPDX-License-Identifier: ISC */
/* What is sent to neighbours in the order of its changes. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW_A "AT Clark +0.000000000 a +0+0 " TALK_NOW
#define FAR   "AT Bona +0.1 far +0+0 2000000000"

static bool at_rest(const struct rig *rig)
{
    return herd_deadline(rig->core).ns > rig->mono.ns;
}

/* ---- news ---- */

static void records_go_to_all_other_neighbours(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n");
    CHECK(at_rest(&rig));
    SCRIPT_PLAY(&rig, "1< IAMAT a +0+0 " TALK_NOW "\n"
                      "  1> " NOW_A "\n"
                      "tick\n"
                      "  2> BATCH 50 0 1 1\\n" NOW_A "\n"
                      "  3> BATCH 50 0 1 1\\n" NOW_A "\n"
                      "tick\n"
                      "2< BATCH 33 0 1 1\\n" FAR "\n"
                      "tick\n"
                      "drained 2\n"
                      "drained 3\n"
                      "tick\n"
                      "  3> BATCH 33 1 2 1\\n" FAR "\n"
                      "drained 3\n"
                      "tick\n");
    CHECK_INT(RIG_STAT(&rig, records_sent), 3);
    CHECK_INT(RIG_STAT(&rig, echoes_suppressed), 1);
    /* What is not news goes nowhere. */
    SCRIPT_PLAY(&rig, "3< BATCH 33 0 1 1\\n" FAR "\n"
                      "1< IAMAT a +1+1 " TALK_NOW "\n"
                      "  1> AT Clark +0.000000000 a +1+1 " TALK_NOW "\n"
                      "tick\n");
    CHECK(at_rest(&rig));
    /* An echo is suppressed, but its position in the feed is sent. */
    SCRIPT_PLAY(&rig, "1< IAMAT b +0+0 1\n"
                      "  1> AT Clark +1621464827.223371889 b +0+0 1\n"
                      "tick\n"
                      "  2> BATCH 40 1 3 1\\nAT Clark +1621464827.223371889 b +0+0 1\n"
                      "  3> BATCH 40 2 3 1\\nAT Clark +1621464827.223371889 b +0+0 1\n");
    rig_end(&rig);
}

/* Who sends the same record has it; who sends another one, also an older one, has not. */
static void a_copy_is_not_sent_to_its_senders(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n");
    SCRIPT_PLAY(&rig, "2< BATCH 33 0 1 1\\n" FAR "\n"
                      "3< BATCH 33 0 1 1\\n" FAR "\n"
                      "tick\n");
    CHECK_INT(RIG_STAT(&rig, echoes_suppressed), 2);
    SCRIPT_PLAY(&rig, "2< BATCH 33 1 2 1\\nAT Bona +0.1 far +0+0 2000000002\n"
                      "3< BATCH 33 1 2 1\\nAT Bona +0.1 far +0+0 2000000001\n"
                      "tick\n"
                      "  3> BATCH 33 0 2 1\\nAT Bona +0.1 far +0+0 2000000002\n"
                      "drained 3\n");
    /* A newer record is news for both again. */
    SCRIPT_PLAY(&rig, "2< BATCH 33 2 3 1\\nAT Bona +0.1 own +0+0 1621464828\n"
                      "3< BATCH 33 2 3 1\\nAT Bona +0.1 own +0+0 1621464828\n"
                      "tick\n"
                      "1< IAMAT own +0+0 1621464829\n"
                      "  1> AT Clark -0.776628111 own +0+0 1621464829\n"
                      "tick\n"
                      "  2> BATCH 42 0 4 1\\nAT Clark -0.776628111 own +0+0 1621464829\n"
                      "  3> BATCH 42 2 4 1\\nAT Clark -0.776628111 own +0+0 1621464829\n");
    rig_end(&rig);
}

/* A header as it really is: numbers of a fixed width. */
static void a_batch_is_byte_for_byte(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "link 1 Bona\nopen 4\n4< IAMAT a +0+0 " TALK_NOW "\ntick\n");
    CHECK_STR(rig.sent.data,
              "BATCH 00050 00000000000000000000 00000000000000000001 00001\n" NOW_A "\n");
    rig_end(&rig);
}

static void superseded_records_are_not_sent(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\nclosed 3 reset\n");
    SCRIPT_PLAY(&rig, "1< IAMAT a +0+0 1\n"
                      "  1> AT Clark +1621464827.223371889 a +0+0 1\n"
                      "tick\n"
                      "  2> BATCH 40 0 1 1\\nAT Clark +1621464827.223371889 a +0+0 1\n");
    for (int i = 2; i < 100; i++) {
        char line[80];
        snprintf(line, sizeof line, "1< IAMAT a +0+0 %d\ntick\n", i);
        script_act(&rig, line);
    }
    SCRIPT_PLAY(&rig, "drained 2\n"
                      "tick\n"
                      "  2> BATCH 41 1 99 1\\nAT Clark +1621464729.223371889 a +0+0 99\n");
    CHECK_INT(RIG_STAT(&rig, records_sent), 2);
    rig_end(&rig);
}

/* Each batch is closed by the record that reaches 16 KiB. */
static void batches_are_bounded(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n");
    for (int i = 0; i < 500; i++) {
        char line[80];
        snprintf(line, sizeof line, "1< IAMAT client-%05d +0+0 " TALK_NOW "\n", i);
        script_act(&rig, line);
    }
    int64_t sent = 0, batches = 0;
    while (!at_rest(&rig)) {
        int64_t before = RIG_STAT(&rig, records_sent);
        rig_hush(&rig);
        script_act(&rig, "tick\n");
        CHECK_INT(RIG_STAT(&rig, batches_sent), 2 * ++batches);
        REQUIRE(memcmp(rig.said.data, "  2> BATCH ", 11) == 0);
        CHECK(strtoul(rig.said.data + 11, NULL, 10) < 16384 + 60);
        /* At most one each, until the system has taken it. */
        script_act(&rig, "tick\n");
        CHECK_INT(RIG_STAT(&rig, batches_sent), 2 * batches);
        sent += RIG_STAT(&rig, records_sent) - before;
        script_act(&rig, "drained 2\ndrained 3\n");
    }
    CHECK_INT(batches, 2);
    CHECK_INT(sent, 1000);
    rig_end(&rig);
}

static void many_echoes_are_skipped_in_portions(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "closed 3 reset\n");
    for (int i = 0; i < 5000; i++) {
        char line[80];
        snprintf(line, sizeof line, "2< BATCH 31 %d %d 1\\nAT Bona +0.1 far-%05d +0+0 20\n",
                 i, i + 1, i);
        script_act(&rig, line);
    }
    script_act(&rig, "tick\n");
    CHECK_INT(RIG_STAT(&rig, echoes_suppressed), 4096);
    CHECK_INT(herd_deadline(rig.core).ns, 0);
    script_act(&rig, "tick\n");
    CHECK_INT(RIG_STAT(&rig, echoes_suppressed), 5000);
    CHECK(at_rest(&rig));
    CHECK_INT(RIG_STAT(&rig, batches_sent), 0);
    rig_end(&rig);
}

static void records_are_logged(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1\n"
                                   "1< IAMAT a +0+0 " TALK_NOW "\\nIAMAT b +0+0 1\n");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "2< BATCH 33 0 1 1\\n" FAR "\n"
                      "  log peer 2 < " FAR "\n"
                      "tick\n"
                      "  2> BATCH 90 0 3 2\\n" NOW_A
                      "\\nAT Clark +1621464827.223371889 b +0+0 1\n"
                      "  log peer 2 > " NOW_A "\n"
                      "  log peer 2 > AT Clark +1621464827.223371889 b +0+0 1\n"
                      "  3> BATCH 123 0 3 3\\n" NOW_A
                      "\\nAT Clark +1621464827.223371889 b +0+0 1\\n" FAR "\n"
                      "  log peer 3 > " NOW_A "\n"
                      "  log peer 3 > AT Clark +1621464827.223371889 b +0+0 1\n"
                      "  log peer 3 > " FAR "\n");
    rig_end(&rig);
    rig_start(&rig, TALK_HERD "log-traffic no\n", "Clark");
    script_act(&rig, TALK_LINKS_UP);
    rig.logs = true;
    SCRIPT_PLAY(&rig, "2< BATCH 33 0 1 1\\n" FAR "\n"
                      "tick\n"
                      "  3> BATCH 33 0 1 1\\n" FAR "\n");
    rig_end(&rig);
}

const struct check_test test_send[] = {
    {"records_go_to_all_other_neighbours", records_go_to_all_other_neighbours},
    {"a_copy_is_not_sent_to_its_senders", a_copy_is_not_sent_to_its_senders},
    {"a_batch_is_byte_for_byte", a_batch_is_byte_for_byte},
    {"superseded_records_are_not_sent", superseded_records_are_not_sent},
    {"batches_are_bounded", batches_are_bounded},
    {"many_echoes_are_skipped_in_portions", many_echoes_are_skipped_in_portions},
    {"records_are_logged", records_are_logged},
    {NULL, NULL},
};
