#include "check.h"
#include "cut.h"
#include "script.h"
#include "talk.h"

#include <stdio.h>

static void a_report_is_answered(void)
{
    SCRIPT_PLAY_ALONE("", "open 1\n"
                          "1< IAMAT " TALK_KIWI "\n"
                          "  1> " TALK_KIWI_AT "\n");
}

static void operands_are_copied(void)
{
    SCRIPT_PLAY_ALONE(
        "", "open 1\n"
            "1<  \\t IAMAT\\r kiwi\\xc3\\xa9!?\\t+090.000-0\\x0b\\x0c 007.500 \\r\n"
            "  1> AT Clark +1621464820.723371889 kiwi\xc3\xa9!? +090.000-0 007.500\n"
            "1< IAMAT b +0+0 1621464829\n"
            "  1> AT Clark -0.776628111 b +0+0 1621464829\n"
            "1< IAMAT AT -90-180 " TALK_NOW "\n"
            "  1> AT Clark +0.000000000 AT -90-180 " TALK_NOW "\n");
}

static void only_newer_times_are_stored(void)
{
    struct rig rig;
    struct herd_slice a = HERD_LIT("a");
    rig_start(&rig, TALK_ALONE, "Clark");
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< IAMAT a +1+1 5.5\n"
                      "  1> AT Clark +1621464822.723371889 a +1+1 5.5\n");
    /* Older, the same again, and another place at the same time. */
    SCRIPT_PLAY(&rig, "1< IAMAT a +2+2 5.499999999\n"
                      "  1> AT Clark +1621464822.723371890 a +2+2 5.499999999\n"
                      "1< IAMAT a +1+1 5.5\n"
                      "  1> AT Clark +1621464822.723371889 a +1+1 5.5\n"
                      "1< IAMAT a +9+9 5.50\n"
                      "  1> AT Clark +1621464822.723371889 a +9+9 5.50\n");
    CHECK_SLICE(herd_core_record(rig.core, a),
                HERD_LIT("AT Clark +1621464822.723371889 a +1+1 5.5"));
    SCRIPT_PLAY(&rig, "1< IAMAT a +3+3 5.500000001\n"
                      "  1> AT Clark +1621464822.723371888 a +3+3 5.500000001\n");
    CHECK_SLICE(herd_core_record(rig.core, a),
                HERD_LIT("AT Clark +1621464822.723371888 a +3+3 5.500000001"));
    CHECK_INT((int64_t)herd_core_client_count(rig.core), 1);
    CHECK_INT(RIG_STAT(&rig, reports), 5);
    CHECK_INT(RIG_STAT(&rig, reports_stored), 2);
    CHECK_INT(RIG_STAT(&rig, reports_stale), 3);
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("b")), HERD_LIT(""));
    rig_end(&rig);
}

/* Sixty-four lines in one piece: news of a known client, old news, and nonsense. */
static void say_many(struct rig *rig, int64_t time)
{
    char text[64 * 64];
    size_t len = 0;
    for (int i = 0; i < 64; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                i % 8 == 7   ? "IAMAT %d nowhere %lld\n"
                                : i % 8 == 6 ? "IAMAT client-%d +1+1 1.%09lld\n"
                                             : "IAMAT client-%d +1+1 5.%09lld\n",
                                i, (long long)(i % 8 == 6 ? 0 : time));
    rig_data(rig, 1, herd_slice(text, len));
}

/* What is usual neither allocates, nor is sent in pieces; with the log as without. */
static void what_is_usual_takes_no_memory(void)
{
    static const char *const options[] = {"log-traffic no\n", "log-traffic yes\n"};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        CHECK_LABEL("%s", options[i]);
        rig_start_with(&rig, TALK_ALONE, options[i]);
        rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
        say_many(&rig, 1);
        size_t calls = rig.mem.calls, sends = rig.sends;
        for (int turn = 2; turn < 10; turn++)
            say_many(&rig, turn);
        CHECK_INT((int64_t)(rig.mem.calls - calls), 0);
        CHECK_INT((int64_t)(rig.sends - sends), 8);
        CHECK_INT(RIG_STAT(&rig, reports_stored), 64 / 8 * (9 * 6 + 1));
        CHECK_INT(RIG_STAT(&rig, invalid), 9 * 64 / 8);
        rig_end(&rig);
    }
}

static const char *const invalid[] = {"",
                                      " ",
                                      "\t \r",
                                      "FOO",
                                      "?",
                                      "iamat a +0+0 1",
                                      "IAMAT",
                                      "IAMAT a",
                                      "IAMAT a +0+0",
                                      "IAMAT a +0+0 1 2",
                                      "IAMAT a +0+0 1 2 3 4 5 6 7 8",
                                      "IAMAT +0+0 1",
                                      "IAMAT a +0 1",
                                      "IAMAT a 0+0 1",
                                      "IAMAT a +0.+0 1",
                                      "IAMAT a +.5+0 1",
                                      "IAMAT a +90.1+0 1",
                                      "IAMAT a +0+180.0000000001 1",
                                      "IAMAT a +0+0 -1",
                                      "IAMAT a +0+0 +1",
                                      "IAMAT a +0+0 1e9",
                                      "IAMAT a +0+0 0x1",
                                      "IAMAT a +0+0 inf",
                                      "IAMAT a +0+0 nan",
                                      "IAMAT a +0+0 1.",
                                      "IAMAT a +0+0 .5",
                                      "IAMAT a +0+0 9223372037",
                                      "WHATSAT",
                                      "WHATSAT k",
                                      "WHATSAT k 1",
                                      "WHATSAT k 1 1 1",
                                      "WHATSAT k 51 1",
                                      "WHATSAT k 1 21",
                                      "WHATSAT k -1 1",
                                      "WHATSAT k +1 1",
                                      "WHATSAT k 1.0 1",
                                      "WHATSAT k 1 1.5",
                                      "WHATSAT k x 1",
                                      "WHATSAT k 1 x",
                                      "WHATSAT k 10k 5",
                                      "WHATSAT nobody 10 5",
                                      "WHATSAT 10 5",
                                      "AT Clark +0.1 k +0+0 9000000000",
                                      "HELLO 0 1 1 Bona Clark 0000000000000001",
                                      "BATCH 0 0",
                                      "STATUS",
                                      "BYE 0",
                                      "  IAMAT  a\t+0+0 \r",
                                      "IAMATa +0+0 1",
                                      "GET /",
                                      "GET / http/1.1",
                                      "x y HTTP/"};

static void invalid_lines_are_quoted(void)
{
    struct rig rig;
    char want[256], line[256];
    rig_start(&rig, TALK_ALONE, "Clark");
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< IAMAT k +1+1 1\n"
                      "  1> AT Clark +1621464827.223371889 k +1+1 1\n");
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        CHECK_LABEL("%s", invalid[i]);
        rig_hush(&rig);
        int len = snprintf(line, sizeof line, "%s\n", invalid[i]);
        snprintf(want, sizeof want, "? %s\n", invalid[i]);
        rig_data(&rig, 1, herd_slice(line, (size_t)len));
        CHECK_STR(rig.sent.data, want);
        CHECK(rig.open[1]);
    }
    CHECK_SLICE(herd_core_record(rig.core, HERD_LIT("k")),
                HERD_LIT("AT Clark +1621464827.223371889 k +1+1 1"));
    CHECK_INT((int64_t)herd_core_client_count(rig.core), 1);
    CHECK_INT(RIG_STAT(&rig, invalid), (int64_t)(sizeof invalid / sizeof *invalid));
    rig_end(&rig);
}

static void any_byte_is_quoted(void)
{
    struct rig rig;
    char line[258] = "x";
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    for (int c = 0; c < 256; c++)
        line[1 + c] = (char)(c == '\n' ? ' ' : c);
    line[257] = '\n';
    rig_data(&rig, 1, herd_slice(line, sizeof line));
    CHECK_SLICE(herd_slice(rig.sent.data, 2), HERD_LIT("? "));
    CHECK_SLICE(herd_slice(rig.sent.data + 2, rig.sent.len - 2),
                herd_slice(line, sizeof line));
    rig_end(&rig);
}

static void pipelined_replies_leave_at_once(void)
{
    SCRIPT_PLAY_ALONE("", "open 1\n"
                          "1< IAMAT a +0+0 " TALK_NOW "\\nfoo\\nIAMAT b +0+0 " TALK_NOW "\n"
                          "  1> AT Clark +0.000000000 a +0+0 " TALK_NOW
                          "\\n? foo\\nAT Clark +0.000000000 b +0+0 " TALK_NOW "\n"
                          "1< fo\\c\n"
                          "1< o\\nbar\\nba\\c\n"
                          "  1> ? foo\\n? bar\n"
                          "1< z\n"
                          "  1> ? baz\n");
}

/* No word of the line before it completes a line. */
static void lines_do_not_share_words(void)
{
    SCRIPT_PLAY_ALONE("", "open 1\n"
                          "1< IAMAT a +0+0 " TALK_NOW "\\nIAMAT a +0+0\\nIAMAT a\\nIAMAT\n"
                          "  1> AT Clark +0.000000000 a +0+0 " TALK_NOW
                          "\\n? IAMAT a +0+0\\n? IAMAT a\\n? IAMAT\n");
}

static void the_last_line_needs_no_lf(void)
{
    SCRIPT_PLAY_ALONE("", "open 1\n"
                          "1< IAMAT a +0+0 " TALK_NOW "\\c\n"
                          "eof 1\n"
                          "  1> AT Clark +0.000000000 a +0+0 " TALK_NOW "\n"
                          "  close 1\n"
                          "open 2\n"
                          "2< foo\n"
                          "  2> ? foo\n"
                          "eof 2\n"
                          "  close 2\n"
                          "open 3\n"
                          "eof 3\n"
                          "  close 3\n"
                          "open 4\n"
                          "4< half\\c\n"
                          "closed 4 reset\n"
                          "tick\n");
}

static void http_is_shown_the_door(void)
{
    SCRIPT_PLAY_ALONE("", "open 1\n"
                          "1< POST /x HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nIAMAT a +0+0 1\n"
                          "  1> ? POST /x HTTP/1.1\\r\n"
                          "  close 1\n");
}

/* ---- the same in any cutting ---- */

static const char conversation[] =
    "IAMAT a +0+0 1\nIAMAT b +1+1 2\r\n\nfoo\n WHATSAT a 10 2 \nIAMAT a +2+2 3\n"
    "WHATSAT b 1 0\nbar\r\nWHATSAT nobody 1 1\nIAMAT c +3-3 4";

#define JSON_TWO TALK_JSON_12

static const char conversation_replies[] =
    "AT Clark +1621464827.223371889 a +0+0 1\n"
    "AT Clark +1621464826.223371889 b +1+1 2\n"
    "? \n? foo\n"
    "AT Clark +1621464827.223371889 a +0+0 1\n" JSON_TWO "\n\n"
    "AT Clark +1621464825.223371889 a +2+2 3\n"
    "AT Clark +1621464826.223371889 b +1+1 2\n" TALK_JSON_0 "\n\n"
    "? bar\r\n? WHATSAT nobody 1 1\n"
    "AT Clark +1621464824.223371889 c +3-3 4\n";

static void feed(void *ctx, struct herd_slice piece)
{
    if (piece.len > 0)
        rig_data(ctx, 1, piece);
}

/* The answers come out of order. */
static void finish(struct rig *rig)
{
    script_act(rig, "eof 1\n"
                    "places #2 200 " TALK_JSON_789 "\n"
                    "places #1 200 " TALK_JSON_123 "\n");
    CHECK_STR(rig->sent.data, conversation_replies);
    CHECK(!rig->open[1]);
    rig_end(rig);
}

static void replies_do_not_depend_on_cutting(void)
{
    struct herd_slice text = herd_slice_str(conversation);
    struct rig rig;
    for (size_t at = 0; at <= text.len; at++) {
        CHECK_LABEL("cut at %zu", at);
        rig_start(&rig, TALK_ALONE, "Clark");
        rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
        cut_at(text, at, feed, &rig);
        finish(&rig);
    }
    CHECK_LABEL("byte by byte");
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    cut_bytes(text, feed, &rig);
    finish(&rig);
}

/* ---- the log ---- */

static void traffic_is_logged(void)
{
    struct rig rig;
    rig_start(&rig, TALK_ALONE, "Clark");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< foo\n"
                      "  log client 1 < foo\\c\n"
                      "  1> ? foo\n"
                      "  log client 1 > ? foo\\c\n"
                      "1< ba\\c\n"
                      "1< r\\n\n"
                      "  log client 1 < bar\\c\n"
                      "  1> ? bar\\n? \n"
                      "  log client 1 > ? bar\\c\n"
                      "  log client 1 < \\c\n"
                      "  log client 1 > ? \\c\n"
                      "1< baz\\c\n"
                      "eof 1\n"
                      "  log client 1 < baz\\c\n"
                      "  1> ? baz\n"
                      "  log client 1 > ? baz\\c\n"
                      "  close 1\n");
    rig_end(&rig);
    rig_start(&rig, TALK_ALONE "log-traffic no\n", "Clark");
    rig.logs = true;
    SCRIPT_PLAY(&rig, "open 1\n"
                      "1< foo\n"
                      "  1> ? foo\n"
                      "1< baz\\c\n"
                      "eof 1\n"
                      "  1> ? baz\n"
                      "  close 1\n");
    rig_end(&rig);
}

const struct check_test test_client[] = {
    {"a_report_is_answered", a_report_is_answered},
    {"operands_are_copied", operands_are_copied},
    {"only_newer_times_are_stored", only_newer_times_are_stored},
    {"what_is_usual_takes_no_memory", what_is_usual_takes_no_memory},
    {"invalid_lines_are_quoted", invalid_lines_are_quoted},
    {"any_byte_is_quoted", any_byte_is_quoted},
    {"pipelined_replies_leave_at_once", pipelined_replies_leave_at_once},
    {"lines_do_not_share_words", lines_do_not_share_words},
    {"the_last_line_needs_no_lf", the_last_line_needs_no_lf},
    {"http_is_shown_the_door", http_is_shown_the_door},
    {"replies_do_not_depend_on_cutting", replies_do_not_depend_on_cutting},
    {"traffic_is_logged", traffic_is_logged},
    {NULL, NULL},
};
