/* HELLO and AUTH without a key: who gets in, how, and when. */
#include "check.h"
#include "cut.h"
#include "protocol/hello.h"
#include "hex.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

#define DIAL "tick\n  dial Bona\n  dial Jaquez\n"

/* ---- who gets in ---- */

static void neighbours_are_dialled(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    CHECK_INT(herd_deadline(rig.core).ns, rig.mono.ns);
    SCRIPT_PLAY(
        &rig, DIAL
        "tick\n"
        "open 2 dialled Bona\n"
        "  2> " TALK_HELLO_TO_BONA "2< " TALK_HELLO_BONA "  2> AUTH 0 none\n"
        "2< AUTH 0 none\n" TALK_FIRST("2") "fail Jaquez refused\n"
                                           "wait 99\n"
                                           "wait 201\n"
                                           "  dial Jaquez\n"
                                           "open 3 dialled Jaquez\n"
                                           "  3> " TALK_HELLO_TO_JAQUEZ
                                           "3< " TALK_HELLO_JAQUEZ "  3> AUTH 0 none\n"
                                           "3< AUTH 0 none\n" TALK_FIRST("3") "tick\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, dials), 3);
    CHECK_INT(RIG_STAT(&rig, dials_failed), 1);
    CHECK_INT(RIG_STAT(&rig, links_up), 2);
    CHECK_INT(RIG_STAT(&rig, peers_accepted), 0);
    CHECK(script_status_has(&rig, "link Bona up dialled 0 wait 0 0"));
    rig_end(&rig);
}

static void neighbours_are_accepted(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig, "open 2 peer\n"
                      "2< " TALK_HELLO_BONA "  2> " TALK_HELLO_TO_BONA "2< AUTH 0 none\n"
                      "  2> AUTH 0 none\n" TALK_FIRST(
                          "2") "open 3 peer\n"
                               "3< " TALK_HELLO_JAQUEZ "  3> " TALK_HELLO_TO_JAQUEZ
                               "3< AUTH 0 none\n"
                               "  3> AUTH 0 none\n" TALK_FIRST("3") "tick\n");
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 2);
    CHECK_INT(RIG_STAT(&rig, peers_accepted), 2);
    CHECK_INT(RIG_STAT(&rig, links_up), 2);
    CHECK_INT(RIG_STAT(&rig, pings_sent), 2);
    CHECK(script_status_has(&rig, "link Bona up accepted 0 wait 0 0"));
    rig_end(&rig);
}

/* A newer neighbour may say more than this server understands. */
static void more_may_be_said(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD, "Clark");
    SCRIPT_PLAY(&rig,
                "open 2 peer\n"
                "2< HELLO 3 0 9 herd Bona Clark 00000000000000b0 RULES CLOCK NONCE and "
                "more words, really many more, more than there can be\\nabc\\c\n"
                "  2> " TALK_HELLO_TO_BONA "2< AUTH 2 none of this matters\\nxy\\c\n"
                "  2> AUTH 0 none\n" TALK_FIRST("2"));
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
    rig_end(&rig);
}

/* Byte for byte, for once: a transcript hides some of it. */
static void a_hello_is_spelled_out(void)
{
    struct rig rig;
    struct herd_hello first, second;
    char nonce[33];
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "tick\nopen 1 dialled Bona\n");
    REQUIRE(rig.sent.len == 116 && rig.sent.data[115] == '\n');
    CHECK_SLICE(herd_slice(rig.sent.data, 45),
                HERD_LIT("HELLO 0 1 1 herd Clark Bona 00000000000c1a4c "));
    CHECK_SLICE(herd_slice(rig.sent.data + 61, 22), HERD_LIT(" 1621464828.223371889 "));
    CHECK_INT(herd_hello_parse(herd_slice(rig.sent.data + 8, 107), &first), 0);
    herd_hex_print(first.nonce, sizeof first.nonce, nonce);
    CHECK_SLICE(herd_slice(rig.sent.data + 83, 32), herd_slice_str(nonce));
    CHECK(first.rules == herd_hello_rules());
    /* No nonce is used twice. */
    script_act(&rig, "closed 1 reset\nwait 300\n");
    rig_hush(&rig);
    script_act(&rig, "open 1 dialled Bona\n");
    CHECK_INT(herd_hello_parse(herd_slice(rig.sent.data + 8, 107), &second), 0);
    CHECK(memcmp(first.nonce, second.nonce, sizeof first.nonce) != 0);
    rig_end(&rig);
}

/* ---- clocks ---- */

static void clocks_may_differ_a_little(void)
{
    static const struct {
        const char *clock;
        bool welcome, logged;
    } cases[] = {
        {"1621464828.223371889", true, false},  {"1621464829.224371888", true, false},
        {"1621464829.224371889", true, true},   {"1621464830.224371888", true, true},
        {"1621464830.224371889", false, false}, {"1621464827.222371890", true, false},
        {"1621464827.222371889", true, true},   {"1621464826.222371890", true, true},
        {"1621464826.222371889", false, false}, {"0", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig rig;
        char script[256];
        CHECK_LABEL("%s", cases[i].clock);
        rig_start(&rig, TALK_HERD "link-skew-max-ms 2000\n", "Clark");
        rig.logs = true;
        snprintf(script, sizeof script,
                 "open 2 peer\n2< HELLO 0 1 1 herd Bona Clark 00000000000000b0 RULES %s "
                 "NONCE\n",
                 cases[i].clock);
        script_act(&rig, script);
        CHECK_INT(rig.open[2], cases[i].welcome);
        CHECK_INT(strstr(rig.said.data,
                         "the clock of Bona differs from this server's by ") != NULL,
                  cases[i].logged);
        rig_end(&rig);
    }
}

static void clocks_need_not_be_compared(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "link-skew-max-ms 0\n", "Clark");
    script_act(&rig, "open 2 peer\n2< HELLO 0 1 1 herd Bona Clark 00000000000000b0 RULES 0 "
                     "NONCE\n");
    CHECK(rig.open[2]);
    /* A clock before 1970 is told as 1970. */
    rig.wall.ns = -1;
    SCRIPT_PLAY(&rig, "open 3 peer\n"
                      "3< HELLO 0 1 1 herd Jaquez Clark 00000000000000f0 RULES 0 NONCE\n"
                      "  3> HELLO 0 1 1 herd Clark Jaquez 00000000000c1a4c RULES "
                      "0.000000000 NONCE\n"
                      "3< AUTH 0 none\n"
                      "  3> AUTH 0 none\n"
                      "  3> HAVE 0 - 0\n"
                      "  3> PING 0 1 0 0 DIGEST 0.000000000\n");
    rig_end(&rig);
}

/* ---- time ---- */

#define TOO_SLOW "the handshake took longer than handshake-timeout-ms"

static void handshakes_take_their_time(void)
{
    struct rig rig;
    rig_start(&rig,
              TALK_HERD "handshake-timeout-ms 1000\nlink-retry-min-ms 100\n"
                        "link-retry-max-ms 5000\n",
              "Clark");
    script_act(&rig, "tick\nopen 2 dialled Bona\nopen 3 peer\n3< HELLO 0 1 1 herd \\c\n"
                     "open 4 peer\n4< " TALK_HELLO_BONA
                     "open 5 dialled Jaquez\n5< " TALK_HELLO_JAQUEZ);
    rig_pass_ms(&rig, 999);
    CHECK(herd_deadline(rig.core).ns > rig.mono.ns);
    SCRIPT_PLAY(&rig, "tick\n"
                      "wait 1\n"
                      "  2> BYE 0 closing " TOO_SLOW "\n"
                      "  3> BYE 0 closing " TOO_SLOW "\n"
                      "  4> BYE 0 closing " TOO_SLOW "\n"
                      "  5> BYE 0 closing " TOO_SLOW "\n"
                      "  close 5\n"
                      "  close 4\n"
                      "  close 3\n"
                      "  close 2\n");
    CHECK_INT(RIG_STAT(&rig, peers_refused), 4);
    CHECK(script_status_has(&rig, "refusal Bona 2 " TOO_SLOW));
    CHECK(script_status_has(&rig, "refusal - 1 " TOO_SLOW));
    CHECK(script_status_has(&rig, "refusal Jaquez 1 " TOO_SLOW));
    CHECK(script_status_has(&rig, "link Bona down - 0 " TOO_SLOW));
    /* Slow is not unwelcome: the first pause is a short one. */
    int64_t waited = 0;
    for (; !(rig.dialling[1] && rig.dialling[3]) && waited < 1000; waited++)
        script_act(&rig, "wait 1\n");
    CHECK(waited >= 50 && waited <= 150);
    rig_end(&rig);
}

/* ---- cuttings ---- */

static void feed(void *ctx, struct herd_slice piece)
{
    struct rig *rig = ctx;
    if (piece.len > 0 && rig->open[2])
        rig_data(rig, 2, piece);
}

static void greetings_come_in_any_cutting(void)
{
    struct herd_slice text =
        HERD_LIT("HELLO 2 1 1 herd Bona Clark 00000000000000b0 "
                 "0000000000000000 1621464828.3 0123456789abcdef0123456789abcdef\nxy"
                 "AUTH 3 none\nabc");
    for (size_t at = 0; at <= text.len + 1; at++) {
        struct rig rig;
        struct rig_text full = {NULL, 0, 0};
        CHECK_LABEL("cut at %zu", at);
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n");
        rig_text_add(&full, text);
        snprintf(full.data + 45, 17, "%016llx", (unsigned long long)herd_hello_rules());
        full.data[61] = ' ';
        if (at > text.len)
            cut_bytes(herd_slice(full.data, full.len), feed, &rig);
        else
            cut_at(herd_slice(full.data, full.len), at, feed, &rig);
        CHECK_STR(rig.said.data,
                  "  2> " TALK_HELLO_TO_BONA "  2> AUTH 0 none\n" TALK_FIRST("2"));
        rig_text_free(&full);
        rig_end(&rig);
    }
}

/* Truncated anywhere, it is just a connection that has gone. */
static void greetings_may_break_off(void)
{
    struct herd_slice text = HERD_LIT("HELLO 0 1 1 herd Bona Clark 00000000000000b0");
    for (size_t len = 0; len <= text.len; len++) {
        struct rig rig;
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n");
        feed(&rig, cut_guarded(herd_slice(text.data, len)));
        SCRIPT_PLAY(&rig, "eof 2\n"
                          "  close 2\n");
        CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
        rig_end(&rig);
    }
}

const struct check_test test_handshake[] = {
    {"neighbours_are_dialled", neighbours_are_dialled},
    {"neighbours_are_accepted", neighbours_are_accepted},
    {"more_may_be_said", more_may_be_said},
    {"a_hello_is_spelled_out", a_hello_is_spelled_out},
    {"clocks_may_differ_a_little", clocks_may_differ_a_little},
    {"clocks_need_not_be_compared", clocks_need_not_be_compared},
    {"handshakes_take_their_time", handshakes_take_their_time},
    {"greetings_come_in_any_cutting", greetings_come_in_any_cutting},
    {"greetings_may_break_off", greetings_may_break_off},
    {NULL, NULL},
};
