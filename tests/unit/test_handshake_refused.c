/* SPDX-License-Identifier: ISC */
/* Connections that HELLO and AUTH refuse, and the reasons. */
#include "check.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

/* ---- reasons of refusal ---- */

struct refusal {
    const char *input;
    const char *name, *why; /* name is NULL: malformed */
};

#define MALFORMED "malformed or unexpected frame"

static const struct refusal refusals[] = {
    {"HELLO 0 3 4 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", "Bona",
     "no common protocol version: this server speaks version 2"},
    {"HELLO 0 1 1 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", "Bona",
     "no common protocol version: this server speaks version 2"},
    {"HELLO 0 0 0 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", "Bona",
     "no common protocol version: this server speaks version 2"},
    {"HELLO 0 2 2 other Bona Clark 00000000000000b0 RULES CLOCK NONCE", "Bona",
     "another herd: herd-name differs"},
    {"HELLO 0 2 2 herd Bona Jaquez 0000000000000000 RULES CLOCK NONCE", "Bona",
     "wrong address: this is not the server that was asked for"},
    {"HELLO 0 2 2 herd Nobody Clark 0000000000000000 RULES CLOCK NONCE", "Nobody",
     "unknown server: it is not in this server's configuration"},
    {"HELLO 0 2 2 herd No\\x1bbo\\xc3\\xa4dy\\x7f Clark 0000000000000000 RULES CLOCK NONCE",
     "No?bo??dy?", "unknown server: it is not in this server's configuration"},
    {"HELLO 0 2 2 herd Bailey Clark 0000000000000000 RULES CLOCK NONCE", "Bailey",
     "not a neighbour: this server's configuration has no link to it"},
    {"HELLO 0 2 2 herd Clark Clark 0000000000000000 RULES CLOCK NONCE", "Clark",
     "not a neighbour: this server's configuration has no link to it"},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000000 0123456789abcdef CLOCK NONCE", "Bona",
     "other merge rules, or another client-expire: the two servers would never agree"},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES 1621464800 NONCE", "Bona",
     "clocks differ by more than link-skew-max-ms"},
    {"HELLO 0 2 x herd Bona Clark 0000000000000000 RULES CLOCK NONCE", NULL, MALFORMED},
    {"HELLO 0 -1 1 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", NULL, MALFORMED},
    {"HELLO 0 2 1 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", NULL, MALFORMED},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000b0 RULES CLOCK NONCE", NULL, MALFORMED},
    {"HELLO 0 2 2 herd Bona Clark 00000000000000B0 RULES CLOCK NONCE", NULL, MALFORMED},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000000 rules CLOCK NONCE", NULL, MALFORMED},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES noon NONCE", NULL, MALFORMED},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES CLOCK NONCE0", NULL, MALFORMED},
    {"HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES CLOCK", NULL, MALFORMED},
    {"HELLO 0", NULL, MALFORMED},
    {"AUTH 0 none 00000000000000b0", NULL, MALFORMED},
    {"UP 0 none 00000000000000b0", NULL, MALFORMED},
    {"UP 0 none", NULL, MALFORMED},
    {"AUTH 0", NULL, MALFORMED},
    {"HAVE 0 - 0", NULL, MALFORMED},
    {"RESUME 0 " TALK_FEED_BONA " 0", NULL, MALFORMED},
    {"SYNC 0 " TALK_FEED_BONA " 0", NULL, MALFORMED},
    {"SYNCED 0 " TALK_FEED_BONA " 0", NULL, MALFORMED},
    {"WAIT 0 5000", NULL, MALFORMED},
    {"BATCH 0 0 0 0", NULL, MALFORMED},
    {"ACK 0 0", NULL, MALFORMED},
    {"PING 0 1 0 0 DIGEST CLOCK", NULL, MALFORMED},
    {"PONG 0 1", NULL, MALFORMED},
    {"NEWS 0", NULL, "the first frame must be HELLO"},
    {"IAMAT a +0+0 1", NULL, "malformed header"},
    {"GET / HTTP/1.1\\r", NULL, "malformed header"},
    {"HELLO 1025 1 1 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE", NULL,
     "frame too long"},
};

/* Says it after `before`, and then some more that must not be heard. */
static void check_refusal(const struct refusal *r, const char *before)
{
    struct rig rig;
    char script[512], line[256];
    bool refused = r->name != NULL;
    CHECK_LABEL("%s%s", before, r->input);
    snprintf(script, sizeof script, "2< %s\\nBATCH 0 0\n  2> BYE 0 %s %s\n  close 2\n",
             r->input, refused ? "refused" : "malformed", r->why);
    rig_start(&rig, TALK_HERD "link-skew-max-ms 20000\n", "Clark");
    script_act(&rig, before);
    SCRIPT_PLAY(&rig, script);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 0);
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
    CHECK_INT(RIG_STAT(&rig, peers_refused), refused);
    CHECK_INT(RIG_STAT(&rig, peers_malformed), !refused);
    CHECK_INT(RIG_STAT(&rig, peers_skewed), strstr(r->why, "clocks") != NULL);
    snprintf(line, sizeof line, "refusal %s 1 %s", r->name, r->why);
    if (refused)
        CHECK(script_status_has(&rig, line));
    /* It is still welcome when it behaves. */
    script_act(&rig, "closed 3 done\nfail Jaquez down\n" TALK_LINKS_UP);
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    rig_end(&rig);
}

static void strangers_are_refused(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        check_refusal(&refusals[i], "open 2 peer\n");
        check_refusal(&refusals[i], "tick\nopen 2 dialled Bona\n");
    }
}

/* Nothing but AUTH may follow HELLO; a second HELLO may not. */
static void the_order_is_fixed(void)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct refusal late = refusals[i];
        if (strcmp(late.input, "AUTH 0 none 00000000000000b0") == 0)
            continue;
        if (late.name != NULL) {
            late.name = NULL;
            late.why = MALFORMED;
        }
        check_refusal(&late, "open 2 peer\n2< " TALK_HELLO_BONA);
        check_refusal(&late, "tick\nopen 2 dialled Bona\n2< " TALK_HELLO_BONA);
    }
}

/* ---- the list of refusals ---- */

static void a_few_names_are_remembered(void)
{
    struct rig rig;
    char line[300], name[80];
    rig_start(&rig, TALK_HERD, "Clark");
    for (int i = 0; i < 9; i++) {
        snprintf(line, sizeof line,
                 "open 2 peer\n2< HELLO 0 2 2 herd S%d Clark 0000000000000000 RULES CLOCK "
                 "NONCE\n",
                 i == 5 ? 3 : i);
        script_act(&rig, line);
    }
    for (int i = 0; i < 9; i++) {
        snprintf(line, sizeof line,
                 "refusal S%d %d unknown server: it is not in this server's configuration",
                 i, i == 3 ? 2 : 1);
        CHECK_LABEL("%d", i);
        CHECK(i == 5 || script_status_has(&rig, line));
    }
    /* The last place is everybody's. */
    memset(name, 'n', 70);
    name[70] = '\0';
    snprintf(
        line, sizeof line,
        "open 2 peer\n2< HELLO 0 2 2 herd %s Clark 0000000000000000 RULES CLOCK NONCE\n",
        name);
    script_act(&rig, line);
    script_act(&rig, line);
    snprintf(line, sizeof line,
             "refusal %.64s 2 unknown server: it is not in this server's configuration",
             name);
    CHECK(script_status_has(&rig, line));
    CHECK_INT(RIG_STAT(&rig, peers_refused), 11);
    rig_end(&rig);
}

const struct check_test test_handshake_refused[] = {
    {"strangers_are_refused", strangers_are_refused},
    {"the_order_is_fixed", the_order_is_fixed},
    {"a_few_names_are_remembered", a_few_names_are_remembered},
    {NULL, NULL},
};
