/* SPDX-License-Identifier: ISC */
/* The client protocol, at real servers, byte by byte. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KIWI      "kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503"
#define KIWI_TIME 1621464827.959498503

enum { TEXT = 512 };

static bool is_digits(struct herd_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > 0;
}

/* "AT server +seconds.nnnnnnnnn operands": whether it is, and whether the seconds are from
 * the report's time until now, give or take the minutes of a very slow machine. */
static bool is_at(struct herd_slice line, const char *server, const char *operands,
                  double time_s)
{
    char head[TEXT];
    const double slack_s = 600;
    size_t len = (size_t)snprintf(head, sizeof head, "AT %s ", server);
    size_t tail = strlen(operands);
    if (line.len < len + tail + 12 || memcmp(line.data, head, len) != 0 ||
        memcmp(line.data + line.len - tail, operands, tail) != 0)
        return false;
    struct herd_slice skew = herd_slice(line.data + len, line.len - len - tail - 1);
    double want = difftime(time(NULL), 0) - time_s;
    double got = strtod(skew.data, NULL);
    return skew.data[0] == (want > 0 ? '+' : '-') &&
           line.data[line.len - tail - 1] == ' ' && skew.data[skew.len - 10] == '.' &&
           is_digits(herd_slice(skew.data + skew.len - 9, 9)) &&
           is_digits(herd_slice(skew.data + 1, skew.len - 11)) && got - want < slack_s &&
           want - got < slack_s;
}

/* Asks until the server has heard of the client; the whole reply. */
static bool ask_until_known(struct client *client, const char *command,
                            struct herd_slice *reply)
{
    int64_t until = now_ms() + WAIT_MS;
    while (now_ms() < until) {
        if (!client_say(client, command) || !client_once(client, reply))
            return false;
        if (reply->data[0] != '?')
            return true;
        nap();
    }
    return false;
}

/* The example of the protocol's description: one IAMAT at the first server, the same
 * WHATSAT at all of them. Each reply must come in a single read. */
static void example(void)
{
    struct herd_proc herd;
    struct places_proc places;
    struct client client;
    struct herd_slice got;
    char at[TEXT], want[65536];
    REQUIRE(places_proc_start(&places));
    REQUIRE(herd_proc_run(&herd, "ucla-2018", places.conf_line));
    struct herd_slice json = places_expected("ucla-10km", 5);
    CHECK(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT " KIWI "\n", &got));
    CHECK(is_at(got, "Goloman", KIWI, KIWI_TIME));
    snprintf(at, sizeof at, "%.*s", (int)got.len, got.data);
    client_close(&client);
    size_t len =
        (size_t)snprintf(want, sizeof want, "%s\n%.*s\n\n", at, (int)json.len, json.data);
    for (uint32_t i = 0; i < herd.conf.server_count; i++) {
        CHECK_LABEL("%s", herd.conf.servers[i].name);
        CHECK(herd_proc_connect(&herd, i, &client));
        CHECK(ask_until_known(&client, "WHATSAT kiwi.cs.ucla.edu 10 5\n", &got));
        CHECK_SLICE(got, herd_slice(want, len));
        CHECK(client_ask(&client, "IAMAT kiwi.cs.ucla.edu\n", &got));
        CHECK_SLICE(got, HERD_LIT("? IAMAT kiwi.cs.ucla.edu"));
        client_close(&client);
    }
    file_free(json);
    herd_proc_close(&herd);
    places_proc_stop(&places);
}

#define LINE(text)                                                                         \
    {                                                                                      \
        "" text, sizeof(text) - 1                                                          \
    }

static const struct herd_slice invalid_lines[] = {
    LINE(""),
    LINE(" "),
    LINE("\t \v\f"),
    LINE("\r"),
    LINE("?"),
    LINE("hello"),
    LINE("IAMAT"),
    LINE("IAMAT a"),
    LINE("IAMAT a +1+1"),
    LINE("IAMAT a +1+1 1 1"),
    LINE("iamat a +1+1 1"),
    LINE("IAMATa +1+1 1 "),
    LINE("IAMAT a 1+1 1"),
    LINE("IAMAT a +1 1 1"),
    LINE("IAMAT a +1 1"),
    LINE("IAMAT a +1,+1 1"),
    LINE("IAMAT a +90.1+1 1"),
    LINE("IAMAT a -91+1 1"),
    LINE("IAMAT a +1+180.000001 1"),
    LINE("IAMAT a +1-181 1"),
    LINE("IAMAT a +.5+1 1"),
    LINE("IAMAT a ++1+1 1"),
    LINE("IAMAT a +1e1+1 1"),
    LINE("IAMAT a +1+1// 1"),
    LINE("IAMAT a +1/+1 1"),
    LINE("IAMAT a +1+1+1/ 1"),
    LINE("IAMAT a +1+1 -1"),
    LINE("IAMAT a +1+1 +1"),
    LINE("IAMAT a +1+1 1e3"),
    LINE("IAMAT a +1+1 inf"),
    LINE("IAMAT a +1+1 nan"),
    LINE("IAMAT a +1+1 0x1"),
    LINE("IAMAT a +1+1 1s"),
    LINE("WHATSAT"),
    LINE("WHATSAT known"),
    LINE("WHATSAT known 10"),
    LINE("WHATSAT known 10 5 5"),
    LINE("WHATSAT known 51 5"),
    LINE("WHATSAT known 10 21"),
    LINE("WHATSAT known -1 5"),
    LINE("WHATSAT known 10 -1"),
    LINE("WHATSAT known 1.5 5"),
    LINE("WHATSAT known 10 five"),
    LINE("WHATSAT known +10 5"),
    LINE("WHATSAT known 4294967297 5"),
    LINE("WHATSAT a 10 5"),
    LINE("WHATSAT unknown 10 5"),
    LINE("whatsat known 10 5"),
    LINE("AT Goloman +0.1 known +9+9 9999999999"),
    LINE("AT"),
    LINE("STATUS"),
    LINE("HELLO 0 1 1 Hands Goloman 0123456789abcdef"),
    LINE("BATCH 0 0"),
    LINE("a\0b"),
    LINE("\xff\xfe \x80"),
    LINE("  padded \t"),
    LINE("WHATSAT known 10 x\r"),
};

/* All of them in one write, a good command after them: replies come in order, and the
 * record that some of them are about is unchanged. */
static void invalid_commands(void)
{
    enum { COUNT = sizeof invalid_lines / sizeof invalid_lines[0] };
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char text[8192], want[TEXT], at[TEXT];
    size_t len = 0;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT known +1+1 1\n", &got));
    snprintf(at, sizeof at, "%.*s", (int)got.len, got.data);
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(text + len, invalid_lines[i].data, invalid_lines[i].len);
        len += invalid_lines[i].len;
        text[len++] = '\n';
    }
    CHECK(client_send(&client, herd_slice(text, len)));
    CHECK(client_say(&client, "WHATSAT known 1 1\n"));
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(want, "? ", 2);
        memcpy(want + 2, invalid_lines[i].data, invalid_lines[i].len);
        CHECK_LABEL("line %zu", i);
        CHECK(client_line(&client, &got));
        CHECK_SLICE(got, herd_slice(want, invalid_lines[i].len + 2));
    }
    CHECK(client_line(&client, &got));
    CHECK_SLICE(got, herd_slice_str(at));
    client_close(&client);
    herd_proc_close(&herd);
}

/* An HTTP request gets a refusal, and nothing after it is read. */
static void http_is_closed(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_say(&client, "POST / HTTP/1.1\r\nHost: x\r\n\r\nIAMAT a +1+1 1\n"));
    CHECK(client_rest(&client, &got));
    CHECK_SLICE(got, HERD_LIT("? POST / HTTP/1.1\r\n"));
    client_close(&client);
    herd_proc_close(&herd);
}

/* The beginning of a TLS handshake whose session id is a command: no reply on any port, and
 * nothing is obeyed. */
static void tls_is_closed(void)
{
    static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
                                "0123456789abcdef0123456789abcdef \nIAMAT evil +1+1 1\n";
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_send(&client, herd_slice(hello, sizeof hello - 1)));
    CHECK(client_rest(&client, &got));
    CHECK_SLICE(got, HERD_LIT(""));
    client_close(&client);
    CHECK(client_open(&client, herd.peer[0].number));
    CHECK(client_send(&client, HERD_LIT("\x16")));
    CHECK(client_rest(&client, &got) && bytes_have(got, "BYE 0 malformed"));
    client_close(&client);
    CHECK_INT(herd_proc_count(&herd, 0, "reports"), 0);
    CHECK_INT(herd_proc_count(&herd, 0, "clients_tls"), 1);
    herd_proc_close(&herd);
}

/* One connection, commands in single bytes, blanks of every kind, UTF-8 in the name. */
static void persistent_and_piecewise(void)
{
    static const char command[] =
        " \tIAMAT\v\xc3\xbc/\"'\\  +00034.5-118\f1.000000001 \r\n";
    static const char operands[] = "\xc3\xbc/\"'\\ +00034.5-118 1.000000001";
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 3) && herd_proc_connect(&herd, 3, &client));
    for (int round = 0; round < 3; round++) {
        CHECK_LABEL("round %d", round);
        for (size_t i = 0; i < sizeof command - 1; i++)
            CHECK(client_send(&client, herd_slice(command + i, 1)));
        CHECK(client_line(&client, &got));
        CHECK(is_at(got, "Welsh", operands, 1));
    }
    CHECK_INT(herd_proc_count(&herd, 3, "commands"), 3);
    CHECK_INT(herd_proc_count(&herd, 3, "clients_accepted"), 1);
    client_close(&client);
    herd_proc_close(&herd);
}

static void half_close(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_say(&client, "IAMAT " KIWI "\nx\nWHATSAT kiwi.cs.ucla.edu 10 51"));
    client_half_close(&client);
    CHECK(client_rest(&client, &got));
    const char *lf = bytes_find(got, HERD_LIT("\n"));
    CHECK(lf != NULL);
    size_t first = lf != NULL ? (size_t)(lf - got.data) : 0;
    CHECK(is_at(herd_slice(got.data, first), "Goloman", KIWI, KIWI_TIME));
    CHECK_SLICE(herd_slice_from(got, first),
                HERD_LIT("\n? x\n? WHATSAT kiwi.cs.ucla.edu 10 51\n"));
    client_close(&client);
    CHECK(herd_proc_connect(&herd, 0, &client));
    client_half_close(&client);
    CHECK(client_rest(&client, &got));
    CHECK_INT((int64_t)got.len, 0);
    client_close(&client);
    herd_proc_close(&herd);
}

/* Older and repeated reports get the reply to the report just made, and change nothing. */
static void stale_reports(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char newest[TEXT];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT a +1+1 5.000000002\n", &got));
    snprintf(newest, sizeof newest, "%.*s", (int)got.len, got.data);
    CHECK(client_ask(&client, "IAMAT a +2+2 5.000000001\n", &got));
    CHECK(is_at(got, "Goloman", "a +2+2 5.000000001", 5));
    CHECK(client_ask(&client, "IAMAT a +3+3 5.000000002\n", &got));
    CHECK(is_at(got, "Goloman", "a +3+3 5.000000002", 5));
    CHECK(client_ask(&client, "WHATSAT a 1 0\n", &got));
    CHECK_SLICE(got, herd_slice_str(newest));
    CHECK(client_reply(&client, &got));
    CHECK(client_ask(&client, "IAMAT a +4+4 5.000000003\n", &got));
    snprintf(newest, sizeof newest, "%.*s", (int)got.len, got.data);
    CHECK(client_ask(&client, "WHATSAT a 1 0\n", &got));
    CHECK_SLICE(got, herd_slice_str(newest));
    CHECK_INT(herd_proc_count(&herd, 0, "reports_stale"), 2);
    client_close(&client);
    herd_proc_close(&herd);
}

static void a_time_in_the_future(void)
{
    static const char operands[] = "a +1+1 9000000000.5";
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT a +1+1 9000000000.5\n", &got));
    CHECK(is_at(got, "Goloman", operands, 9000000000.5));
    client_close(&client);
    herd_proc_close(&herd);
}

static void option_one_shot(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "client-one-shot yes\n"));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_say(&client, "first\nsecond\n"));
    CHECK(client_rest(&client, &got));
    CHECK_SLICE(got, HERD_LIT("? first\n? second\n"));
    client_close(&client);
    herd_proc_close(&herd);
}

/* Bytes that come one by one count as one line as long as no pause is too long. */
static void option_idle_line(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "client-idle-line-ms 60\n"));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "no newline here", &got));
    CHECK_SLICE(got, HERD_LIT("? no newline here"));
    CHECK(client_ask(&client, "whole\nrest", &got));
    CHECK_SLICE(got, HERD_LIT("? whole"));
    CHECK(client_line(&client, &got));
    CHECK_SLICE(got, HERD_LIT("? rest"));
    client_close(&client);
    herd_proc_close(&herd);
}

const struct check_test test_session[] = {
    {"example", example},
    {"invalid_commands", invalid_commands},
    {"http_is_closed", http_is_closed},
    {"tls_is_closed", tls_is_closed},
    {"persistent_and_piecewise", persistent_and_piecewise},
    {"half_close", half_close},
    {"stale_reports", stale_reports},
    {"a_time_in_the_future", a_time_in_the_future},
    {"option_one_shot", option_one_shot},
    {"option_idle_line", option_idle_line},
    {NULL, NULL},
};
