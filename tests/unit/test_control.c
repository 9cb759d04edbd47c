#include "check.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

static const char status[] = "server Clark\n"
                             "version 1.2.3\n"
                             "uptime_ms 1500\n"
                             "clients_known 2\n"
                             "records_bytes *\n"
                             "digest *\n"
                             "connections_open 4\n"
                             "requests_running 1\n"
                             "requests_waiting 1\n"
                             "clients_accepted 1\n"
                             "clients_full 0\n"
                             "commands 5\n"
                             "reports 2\n"
                             "reports_stored 2\n"
                             "reports_stale 0\n"
                             "reports_refused_full 0\n"
                             "reports_refused_memory 0\n"
                             "reports_refused_skew 0\n"
                             "queries 3\n"
                             "invalid 0\n"
                             "lines_too_long 0\n"
                             "lines_too_slow 0\n"
                             "clients_idle 0\n"
                             "clients_http 0\n"
                             "requests_started 1\n"
                             "requests_retried 0\n"
                             "queries_joined 1\n"
                             "queries_cached 0\n"
                             "queries_answered 0\n"
                             "queries_failed 0\n"
                             "queries_timed_out 0\n"
                             "queries_refused 0\n"
                             "queries_over_budget 0\n"
                             "queries_refused_broken 0\n"
                             "answers_found 0\n"
                             "answers_refused 0\n"
                             "answers_limited 0\n"
                             "answers_failed 0\n"
                             "peers_accepted 3\n"
                             "peers_full 0\n"
                             "peers_refused 1\n"
                             "peers_evicted 0\n"
                             "peers_name_in_use 0\n"
                             "peers_auth_failed 0\n"
                             "peers_skewed 0\n"
                             "peers_malformed 0\n"
                             "dials 0\n"
                             "dials_failed 0\n"
                             "links_up 2\n"
                             "links_down 1\n"
                             "links_timed_out 0\n"
                             "pings_sent 2\n"
                             "resumes 0\n"
                             "syncs 2\n"
                             "cursors_unknown 0\n"
                             "waits_sent 0\n"
                             "syncs_lagging 0\n"
                             "digest_mismatches 0\n"
                             "repairs 0\n"
                             "records_received 0\n"
                             "records_stored 0\n"
                             "records_malformed 0\n"
                             "records_sent 0\n"
                             "echoes_suppressed 0\n"
                             "acks_sent 0\n"
                             "batches_sent 0\n"
                             "frames_unknown 0\n"
                             "controls_full 0\n"
                             "controls_idle 0\n"
                             "accept_paused 0\n"
                             "out_of_memory 0\n"
                             "places google-legacy closed 0\n"
                             "link Bona down - 0 connection reset\n"
                             "link Jaquez up accepted 2 feed 0 0\n"
                             "refusal Nobody 1 unknown server: it is not in this server's "
                             "configuration\n"
                             "\n";

/* Takes the first line off *text; false when there is none. */
static bool next_line(const char **text, struct herd_slice *line)
{
    size_t len = strcspn(*text, "\n");
    if (**text == '\0')
        return false;
    *line = herd_slice(*text, len);
    *text += len + 1;
    return true;
}

/* Line by line; a `*` stands for any number. */
static void check_status(const char *got, const char *want)
{
    struct herd_slice g, w;
    while (next_line(&want, &w)) {
        REQUIRE(next_line(&got, &g));
        if (w.len > 0 && w.data[w.len - 1] == '*')
            CHECK_SLICE(herd_slice(g.data, w.len - 1), herd_slice(w.data, w.len - 1));
        else
            CHECK_SLICE(g, w);
    }
    CHECK_STR(got, "");
}

static void status_tells_everything(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "lookups-max 1\n", "Clark");
    script_act(
        &rig, TALK_LINKS_UP
        "open 4\n4< IAMAT a +0+0 1\\nIAMAT b +0+0 1\\nWHATSAT a 1 1\\n"
        "WHATSAT a 2 1\\nWHATSAT a 1 1\nopen 6 peer\n6< HELLO 0 1 1 herd Nobody Clark "
        "0000000000000001 RULES "
        "CLOCK NONCE\nopen 1 control\nopen 5 control\nclosed 2 connection reset\n"
        "pass 1500\n");
    rig_hush(&rig);
    size_t sends = rig.sends;
    script_act(&rig, "1< STATUS\n");
    CHECK_INT((int64_t)(rig.sends - sends), 1);
    check_status(rig.sent.data, status);
    CHECK(strstr(rig.sent.data, "\ndigest 0000000000000000\n") == NULL);
    rig_end(&rig);
}

/* How far behind a neighbour is: by changes, but never by more than there are clients. */
static void status_tells_how_links_are(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "open 1 control\n1< STATUS\n");
    CHECK(strstr(rig.sent.data, "\nlink Bona down - 0 \nlink Jaquez down - 0 \n\n") !=
          NULL);
    script_act(&rig, "tick\nanswer 2 Bona\n");
    CHECK(script_status_has(&rig, "link Bona up dialled 0 feed 0 0"));
    CHECK(script_status_has(&rig, "digest 0000000000000000"));
    script_act(&rig, "open 4\n4< IAMAT a +0+0 1\\nIAMAT b +0+0 1\ntick\n");
    script_act(&rig, "4< IAMAT a +0+0 2\n");
    CHECK(script_status_has(&rig, "link Bona up dialled 1 feed 0 0"));
    script_act(&rig, "4< IAMAT a +0+0 3\\nIAMAT a +0+0 4\\nIAMAT a +0+0 5\n");
    CHECK(script_status_has(&rig, "link Bona up dialled 2 feed 0 0"));
    rig_end(&rig);
}

/* A neighbour's words do not play tricks on the operator's terminal. */
static void reasons_are_plain_text(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "2< BYE 0 closing \\x1b[2J\\r\\x7fx\nopen 1 control\n");
    script_act(&rig, "1< STATUS\n");
    CHECK(strstr(rig.sent.data, "\nlink Bona down - 0 closing ?[2J??x\n") != NULL);
    rig_end(&rig);
}

static void a_long_reason_is_cut(void)
{
    struct rig rig;
    char want[200], why[120];
    memset(why, 'x', sizeof why);
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, TALK_LINKS_UP "open 1 control\n");
    rig.open[2] = false;
    rig_step(&rig, (struct herd_event){.kind = HERD_EV_CLOSED,
                                       .conn = 2,
                                       .bytes = herd_slice(why, sizeof why)});
    script_act(&rig, "1< STATUS\n");
    snprintf(want, sizeof want, "\nlink Bona down - 0 %.95s\n", why);
    CHECK(strstr(rig.sent.data, want) != NULL);
    rig_end(&rig);
}

static void other_words_are_quoted(void)
{
    struct rig rig;
    char line[300];
    rig_start(&rig, TALK_ALONE, "Clark");
    SCRIPT_PLAY(&rig, "open 1 control\n"
                      "1< foo\\n\\nSTATUS now\n"
                      "  1> ? foo\\n? \\n? STATUS now\n"
                      "1< IAMAT a +0+0 1\n"
                      "  1> ? IAMAT a +0+0 1\n"
                      "1< STA\\c\n"
                      "1< TU\\c\n"
                      "eof 1\n"
                      "  close 1\n"
                      "open 2 control\n"
                      "drained 2\n");
    memset(line, 'x', sizeof line);
    rig_data(&rig, 2, herd_slice(line, sizeof line));
    CHECK(!rig.open[2]);
    rig_end(&rig);
}

/* Who asks nothing gives its place back; who asks now and then keeps it. */
static void idle_connections_end(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    SCRIPT_PLAY(&rig, "open 1 control\n"
                      "pass 4000\n"
                      "open 2 control\n"
                      "open 3 control\n"
                      "pass 5999\n"
                      "2< foo\n"
                      "  2> ? foo\n"
                      "3< STA\\c\n"
                      "tick\n"
                      "wait 1\n"
                      "  close 1\n"
                      "wait 3999\n"
                      "wait 1\n"
                      "  close 3\n"
                      "wait 5998\n"
                      "wait 1\n"
                      "  close 2\n");
    CHECK_INT(RIG_STAT(&rig, controls_idle), 3);
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

static void idleness_is_a_deadline(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    script_act(&rig, "open 1 control\n");
    CHECK_INT(herd_deadline(rig.core).ns - rig.mono.ns, 10 * HERD_NS_PER_S);
    script_act(&rig, "closed 1 gone\n");
    CHECK(herd_mono_is_never(herd_deadline(rig.core)));
    rig_end(&rig);
}

/* ---- connection limits ---- */

static void tell_full(struct rig *rig, enum herd_role role, int times)
{
    for (int i = 0; i < times; i++)
        rig_step(rig, (struct herd_event){.kind = HERD_EV_ROLE_FULL, .role = role});
}

static void tell_exhausted(struct rig *rig, int times)
{
    for (int i = 0; i < times; i++)
        rig_step(rig, (struct herd_event){.kind = HERD_EV_DESCRIPTORS_EXHAUSTED});
}

static void reached_connection_limits_are_counted(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    rig.logs = true;
    tell_full(&rig, HERD_ROLE_CLIENT, 1);
    tell_full(&rig, HERD_ROLE_PEER, 1);
    tell_full(&rig, HERD_ROLE_CONTROL, 1);
    tell_exhausted(&rig, 1);
    CHECK_STR(rig.said.data,
              "  log herd 0 - new clients wait: connections-max is reached\\c\n"
              "  log herd 0 - new peer connections wait: all slots for them are in use\\c\n"
              "  log herd 0 - new control connections wait: all slots for them are in "
              "use\\c\n"
              "  log herd 0 - new connections wait: no descriptors or memory are "
              "left\\c\n");
    rig_hush(&rig);
    tell_full(&rig, HERD_ROLE_CLIENT, 9);
    tell_full(&rig, HERD_ROLE_PEER, 8);
    tell_full(&rig, HERD_ROLE_CONTROL, 7);
    tell_exhausted(&rig, 6);
    CHECK_STR(rig.said.data, "");
    rig_pass_ms(&rig, 10000);
    tell_full(&rig, HERD_ROLE_CLIENT, 1);
    CHECK_STR(rig.said.data,
              "  log herd 0 - new clients wait: connections-max is reached; left "
              "out of this log: 30 such lines\\c\n");
    CHECK_INT(RIG_STAT(&rig, clients_full), 11);
    CHECK_INT(RIG_STAT(&rig, peers_full), 9);
    CHECK_INT(RIG_STAT(&rig, controls_full), 8);
    CHECK_INT(RIG_STAT(&rig, accept_paused), 7);
    rig_end(&rig);
}

const struct check_test test_control[] = {
    {"status_tells_everything", status_tells_everything},
    {"status_tells_how_links_are", status_tells_how_links_are},
    {"reasons_are_plain_text", reasons_are_plain_text},
    {"a_long_reason_is_cut", a_long_reason_is_cut},
    {"other_words_are_quoted", other_words_are_quoted},
    {"idle_connections_end", idle_connections_end},
    {"idleness_is_a_deadline", idleness_is_a_deadline},
    {"reached_connection_limits_are_counted", reached_connection_limits_are_counted},
    {NULL, NULL},
};
