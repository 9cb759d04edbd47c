/* SPDX-License-Identifier: ISC */
/* What conversations about handshakes (fixtures/core/handshake) cannot show of floods: how
 * few lines of the log they cost. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

static void start(struct rig *rig, const char *options)
{
    char conf[1024];
    snprintf(conf, sizeof conf, "%s%s", TALK_HERD, options);
    rig_start(rig, conf, "Clark");
}

static int count(const char *text, const char *what)
{
    int found = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        found++;
    return found;
}

static void open_many(struct rig *rig, int from, int to)
{
    char line[32];
    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, "open %d peer\n", i);
        script_act(rig, line);
    }
}

static void a_flood_is_logged_in_few_lines(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 1\n");
    rig.logs = true;
    open_many(&rig, 2, 83);
    CHECK_INT(count(rig.said.data, "refused"), 16);
    CHECK_INT(count(rig.said.data, "log peer"), 16);
    CHECK_INT(count(rig.said.data, "left out"), 0);
    CHECK_INT(count(rig.said.data, "> BYE 0 closing"), 16 + 80);
    CHECK_INT(RIG_STAT(&rig, peers_evicted), 80);
    rig_pass_ms(&rig, 1000);
    rig_hush(&rig);
    open_many(&rig, 83, 90);
    CHECK_INT(count(rig.said.data, "refused"), 1);
    CHECK_INT(
        count(rig.said.data,
              "log herd 0 - 64 unauthenticated connections were left out of this log"),
        1);
    rig_pass_ms(&rig, 1000);
    rig_hush(&rig);
    open_many(&rig, 90, 91);
    CHECK_INT(count(rig.said.data, "refused"), 1);
    CHECK_INT(count(rig.said.data,
                    "log herd 0 - 6 unauthenticated connections were left out of this log"),
              1);
    CHECK_INT(RIG_STAT(&rig, peers_refused), 88);
    rig_end(&rig);
}

#define CLAIMS_BONA                                                                        \
    "9< HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES 1621464820.0 NONCE"

/* All lines about one, or none: of those that talk nonsense, claim a name, or are refused;
 * and each is asked about once. */
static void a_connection_is_logged_completely_or_not(void)
{
    static const char *const talk[] = {
        "9< nonsense\n",
        "9< HELLO 0 2 2 herd Nobody Clark 0000000000000000 RULES CLOCK NONCE\n",
        CLAIMS_BONA "\\nAUTH 0 some\n",
    };
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++) {
        struct rig rig;
        int lines = 0;
        CHECK_LABEL("%s", talk[i]);
        start(&rig, "");
        rig.logs = true;
        for (int time = 0; time < 20; time++) {
            rig_hush(&rig);
            script_act(&rig, "open 9 peer\n");
            script_act(&rig, talk[i]);
            CHECK(!rig.open[9]);
            lines = time == 0 ? count(rig.said.data, "  log ") : lines;
            CHECK_INT(count(rig.said.data, "  log "), time < 16 ? lines : 0);
        }
        CHECK(lines >= 2);
        rig_end(&rig);
    }
}

/* A neighbour that has proved itself gets into the log, however long the flood. */
static void neighbours_are_always_logged(void)
{
    struct rig rig;
    start(&rig, "handshakes-max 1\n");
    open_many(&rig, 20, 60);
    rig.logs = true;
    rig_hush(&rig);
    script_act(&rig, "open 2 peer\n2< " TALK_HELLO_BONA "2< " TALK_AUTH_BONA);
    CHECK_INT(count(rig.said.data, "link to Bona is up (accepted)"), 1);
    script_act(&rig, "2< nonsense\n");
    CHECK_INT(count(rig.said.data, "closed: malformed header"), 1);
    script_act(&rig, "tick\nopen 3 dialled Jaquez\n3< nonsense\n");
    CHECK_INT(count(rig.said.data, "closed: malformed header"), 2);
    rig_end(&rig);
}

const struct check_test test_admission[] = {
    {"a_flood_is_logged_in_few_lines", a_flood_is_logged_in_few_lines},
    {"a_connection_is_logged_completely_or_not", a_connection_is_logged_completely_or_not},
    {"neighbours_are_always_logged", neighbours_are_always_logged},
    {NULL, NULL},
};
