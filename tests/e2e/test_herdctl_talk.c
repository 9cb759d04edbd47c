/* SPDX-License-Identifier: ISC */
/* herdctl as a client: single commands, lines as they are, and commands from its input. */
#include "check.h"
#include "fake_server.h"
#include "files.h"
#include "shell.h"
#include "terminal.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GOLOMAN, HANDS };

/* ---- one command ---- */

static void commands(void)
{
    static const struct shell_case cases[] = {
        {"herdctl iamat kiwi +1+1 5.5", 0, "kiwi +1+1 5.5\n", NULL},
        {"herdctl iamat kiwi +1+1 5.5 | wc -l | tr -d ' '", 0, "1\n", NULL},
        {"herdctl whatsat kiwi 10 5", 1, "AT Goloman ",
         "Goloman has no places: REQUEST_DENIED: This server has no Places API key; "},
        {"herdctl whatsat kiwi 10 5 2>&1 | sed '1d;$d'", 0, "\"REQUEST_DENIED\"", NULL},
        {"herdctl whatsat kiwi 10 5 2>/dev/null | tail -n 1", 0, "\n", NULL},
        {"herdctl -v iamat kiwi +1+1 5.5 2>&1 >/dev/null", 0,
         "> IAMAT kiwi +1+1 5.5\n< AT Goloman ", NULL},
        {"herdctl send 'FOO  bar ' 'IAMAT kiwi +1+1 6' ''", 1, "? FOO  bar \nAT Goloman ",
         NULL},
        {"herdctl send 'FOO  bar ' 'IAMAT kiwi +1+1 6' '' | tail -n 1", 0, "? \n", NULL},
        {"herdctl send 'IAMAT kiwi +1+1 6' 'WHATSAT kiwi 1 1' | grep -c ^AT", 0, "2\n",
         NULL},
        {"herdctl send 'GET / HTTP/1.1'", 1, "? GET / HTTP/1.1\n", NULL},
        {"herdctl iamat kiwi +1+1 7 >&-", 0, NULL, NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* Which operand is wrong, and what is allowed; the status stays that of a refusal. */
static void refusals_are_explained(void)
{
    static const struct shell_case cases[] = {
        {"herdctl iamat kiwi +91+1 5.5", 1, "? IAMAT kiwi +91+1 5.5\n",
         "herdctl: refused: LOCATION \"+91+1\": the latitude is outside of -90 to +90"},
        {"herdctl iamat kiwi +90+180.0000000000000000001 5", 1, "? IAMAT ",
         "the longitude is outside of -180 to +180"},
        {"herdctl iamat kiwi 1,1 5.5", 1, "? IAMAT kiwi 1,1 5.5\n",
         "LOCATION \"1,1\": latitude and longitude in decimal degrees are expected"},
        {"herdctl iamat kiwi +1+1 -5", 1, "? IAMAT ",
         "TIME \"-5\": seconds since 1970 are expected"},
        {"herdctl iamat kiwi +1+1 10000000000", 1, "? IAMAT ", "it is after the year 2262"},
        {"herdctl iamat \"$(printf 'a\302\205')\" +1+1 5", 1, "? IAMAT ",
         "CLIENT \"a\\xc2\\x85\": it contains a control character"},
        {"herdctl iamat $(printf %0256d 1) +1+1 5", 1, "? IAMAT ",
         "it is longer than 255 bytes"},
        {"herdctl whatsat kiwi 51 5", 1, "? WHATSAT kiwi 51 5\n",
         "KM \"51\": a whole number of kilometres from 0 to 50 is expected\n"},
        {"herdctl whatsat kiwi 1.5 5", 1, "? WHATSAT ", "KM \"1.5\": a whole number"},
        {"herdctl whatsat kiwi 5 21", 1, "? WHATSAT kiwi 5 21\n",
         "MAX \"21\": a whole number of places from 0 to 20 is expected\n"},
        {"herdctl whatsat kiwi 5 21 2>&1 >/dev/null | grep -c KM", 1, "0\n", NULL},
        {"herdctl whatsat kiwi x y 2>&1 >/dev/null | grep -c 'refused: [KM]'", 0, "2\n",
         NULL},
        {"herdctl whatsat nobody 10 5", 1, "? WHATSAT nobody 10 5\n",
         "CLIENT \"nobody\": no report of this client is known there\n"},
        {"herdctl iamat late +1+1 $(($(date +%s) + 1000))", 1, "? IAMAT late ",
         "the operands are right; a server also refuses "},
        {"printf 'IAMAT kiwi +1+1\\n' | herdctl", 1, "? IAMAT kiwi +1+1\n",
         "IAMAT has three operands: CLIENT LOCATION TIME\n"},
        {"printf 'FOO kiwi\\n' | herdctl", 1, "? FOO kiwi\n", NULL},
        {"herdctl send 'WHATSAT kiwi 51 5'", 1, "? WHATSAT kiwi 51 5\n", NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "client-skew-max-ms 60000\n"));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* A server replies to them as to any other; a repeated one is no news. */
static void reports_that_do_not_count_are_told(void)
{
    static const struct shell_case cases[] = {
        {"herdctl iamat kiwi +1+1 6", 0, "kiwi +1+1 6\n", NULL},
        {"herdctl iamat kiwi +1+1 6", 0, "kiwi +1+1 6\n", NULL},
        {"herdctl iamat kiwi +2+2 5.5", 0, "kiwi +2+2 5.5\n",
         "this report does not count: Goloman holds one of kiwi with the time 6, which is "
         "not earlier than 5.5\n"},
        {"herdctl iamat kiwi +2+2 6", 0, "kiwi +2+2 6\n",
         "with the time 6, which is not earlier than 6\n"},
        {"herdctl iamat kiwi +2+2 6.1", 0, "kiwi +2+2 6.1\n", NULL},
        {"printf 'iamat kiwi +3+3 5\\nquit\\n' | herdctl", 0, "kiwi +3+3 5\n",
         "does not count"},
        {"printf 'IAMAT kiwi +3+3 5\\n' | herdctl", 0, "kiwi +3+3 5\n", NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "client-one-shot yes\n"));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    shell_expect(shell(herd.dir, "herdctl iamat kiwi +1+1 6"), 0, "kiwi +1+1 6\n", NULL);
    herd_proc_close(&herd);
}

/* Whatever the provider says is printed; the exit status tells whether it is an answer. */
static void the_status_of_places_is_the_exit_status(void)
{
    static const struct {
        const char *json;
        int status;
        const char *err;
    } cases[] = {
        {"{\"results\" : [], \"status\" : \"OK\"}", 0, NULL},
        {"{\"status\" : \"ZERO_RESULTS\", \"results\" : []}", 0, NULL},
        {"{\"status\" : \"OVER_QUERY_LIMIT\"}", 1,
         "Goloman has no places: OVER_QUERY_LIMIT\n"},
        {"{\"error_message\" : \"no\",\n\"status\" : \"UNKNOWN_ERROR\"}", 1,
         "Goloman has no places: UNKNOWN_ERROR: no\n"},
        {"{\"status\" : \"\033[2J\"}", 0, NULL},
        {"{\"results\" : [{\"status\" : \"REQUEST_DENIED\"}]}", 0, NULL},
    };
    struct herd_proc herd;
    struct fake_server fake;
    char reply[256];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].json);
        (void)snprintf(reply, sizeof reply, "AT x\n%s\n\n", cases[i].json);
        CHECK(fake_clients(&fake, &herd, GOLOMAN, reply));
        shell_expect(shell(herd.dir, "herdctl whatsat a 1 1"), cases[i].status, reply,
                     cases[i].err);
        fake_stop(&fake);
    }
    CHECK_LABEL("%s", "");
    herd_proc_close(&herd);
}

/* Without a time it is now, to the nanosecond. */
static void the_time_defaults_to_now(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    int64_t before = (int64_t)time(NULL);
    struct outcome got = shell(herd.dir, "herdctl iamat kiwi +1+1 | cut -d ' ' -f 6");
    int64_t after = (int64_t)time(NULL);
    CHECK_INT(got.status, 0);
    if (CHECK(got.out.data != NULL)) {
        char *end = NULL;
        int64_t said = strtoll(got.out.data, &end, 10);
        CHECK(said >= before && said <= after);
        CHECK(*end == '.' && strspn(end + 1, "0123456789") == 9);
    }
    outcome_free(&got);
    herd_proc_close(&herd);
}

/* -s, then HERD_SERVER, then the first of the configuration that runs. */
static void the_server_is_selected_in_order(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, HANDS));
    unsigned port = herd.client[HANDS].number;
    const char *dir = herd.dir, *says = "AT Hands ";
    shell_expect(shell(dir, "herdctl iamat a +1+1"), 0, says, NULL);
    shell_expect(shell(dir, "herdctl -s Hands iamat a +1+1"), 0, says, NULL);
    shell_expect(shell(dir, "HERD_SERVER=Hands herdctl iamat a +1+1"), 0, says, NULL);
    shell_expect(shell(dir, "HERD_SERVER= herdctl iamat a +1+1"), 0, says, NULL);
    shell_expect(shell(dir, "HERD_SERVER=x herdctl -s Hands iamat a +1+1"), 0, says, NULL);
    shell_expect(shell(dir, "herdctl -c /none -s 127.0.0.1:%u iamat a +1+1", port), 0, says,
                 NULL);
    shell_expect(shell(dir, "herdctl -c /none -s localhost:%u iamat a +1+1", port), 0, says,
                 NULL);
    shell_expect(shell(dir, "HERD_SERVER=127.0.0.1:%u herdctl -c /none iamat a +1+1", port),
                 0, says, NULL);
    shell_expect(shell(dir, "herdctl -s Goloman iamat a +1+1"), 3, NULL,
                 "Goloman is not running: cannot connect to 127.0.0.1:");
    CHECK_INT(herd_proc_stop(&herd, HANDS, SIGTERM), 0);
    shell_expect(shell(dir, "herdctl iamat a +1+1"), 3, NULL, "Goloman is not running: ");
    shell_expect(shell(dir, "herdctl -s 127.0.0.1:%u send x", port), 3, NULL,
                 "is not running: ");
    shell_expect(shell(dir, "herdctl -s 127.0.0.1:%u", port), 0, NULL, NULL);
    shell_expect(shell(dir, "echo X | herdctl -s 127.0.0.1:%u", port), 3, NULL,
                 "is not running: ");
    herd_proc_close(&herd);
}

/* ---- servers that do not answer well ---- */

static void incomplete_replies_are_failures(void)
{
    static const struct {
        const char *reply, *line;
        int status;
        const char *out, *err;
    } cases[] = {
        {"", "iamat a +1+1", 1, NULL, "without a reply"},
        {"AT Golo", "iamat a +1+1", 1, "AT Golo", "in the middle of a reply"},
        {"AT x\n{\n", "whatsat a 1 1", 1, "AT x\n{\n", "in the middle of a reply"},
        {"AT x\n{}\n\n", "whatsat a 1 1", 0, "AT x\n{}\n\n", NULL},
        {"", "send X", 1, NULL, "without a reply"},
        {"AT x\nAT", "send X", 1, "AT x\nAT", "in the middle of a reply"},
        {"AT x\n", "send X", 0, "AT x\n", NULL},
    };
    struct herd_proc herd;
    struct fake_server fake;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s, \"%s\"", cases[i].line, cases[i].reply);
        CHECK(fake_clients(&fake, &herd, GOLOMAN, cases[i].reply));
        shell_expect(shell(herd.dir, "herdctl %s", cases[i].line), cases[i].status,
                     cases[i].out, cases[i].err);
        fake_stop(&fake);
    }
    CHECK_LABEL("%s", "");
    herd_proc_close(&herd);
}

/* -t is for all of it together, and less than what a command takes by itself. */
static void a_hanging_server_times_out(void)
{
    static const struct shell_case cases[] = {
        {"herdctl -t 0.2 iamat a +1+1", 4, NULL, "Goloman: no reply within 0.2 s"},
        {"herdctl -t 0.2 whatsat a 1 1", 4, NULL, "Goloman: no reply within 0.2 s"},
        {"herdctl -t 0.2 send X", 4, NULL, "Goloman: no reply within 0.2 s"},
        {"printf 'X\\nY\\nquit\\nZ\\n' | herdctl -t 0.2 2>&1 | grep -c 'no reply'", 0,
         "2\n", NULL},
        {"echo X | herdctl -t 0.2", 4, NULL, "no reply within 0.2 s"},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGSTOP), 0);
    int64_t start = now_ms();
    SHELL_CHECK(herd.dir, cases);
    CHECK(now_ms() - start >= 6 * 200);
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGCONT), 0);
    herd_proc_close(&herd);
}

/* Without -t, a WHATSAT is given longer than the five seconds of all else: it is under way
 * before the other begins. */
static void whatsat_has_the_longer_timeout(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    shell_expect(shell(herd.dir, "herdctl iamat kiwi +1+1 5"), 0, "AT Goloman ", NULL);
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGSTOP), 0);
    shell_expect(
        shell(herd.dir,
              "mkfifo wire; herdctl -v whatsat kiwi 1 1 >said 2>wire & exec 3<wire\n"
              "read line <&3; herdctl iamat kiwi +1+1\n"
              "late=$?; kill -CONT %ld; wait $!; cat said; exit $late",
              (long)herd.server[GOLOMAN].pid),
        4, "AT Goloman ", "herdctl: Goloman: no reply within 5 s\n");
    herd_proc_close(&herd);
}

/* Controls and marks of direction that a client has left in its name reach files, and no
 * terminal. */
static void a_terminal_gets_no_controls(void)
{
    static const char reply[] = "AT x \033[2J\x07 \xc3\xa4 \xc2\x9b\ty\xe2\x80\xaez\n";
    struct herd_proc herd;
    struct fake_server fake;
    struct terminal terminal;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_clients(&fake, &herd, GOLOMAN, reply));
    struct outcome got = shell(herd.dir, "herdctl iamat a +1+1");
    CHECK_SLICE(got.out, herd_slice_str(reply));
    outcome_free(&got);
    if (CHECK(terminal_open(&terminal))) {
        shell_expect(shell(herd.dir, "herdctl iamat a +1+1 >%s", terminal.name), 0, NULL,
                     NULL);
        struct herd_slice shown = terminal_shown(&terminal);
        CHECK(bytes_have(shown, "AT x \\x1b[2J\\x07 \xc3\xa4 \\xc2\\x9b"));
        CHECK(bytes_have(shown, "y\\xe2\\x80\\xaez"));
        CHECK(!bytes_have(shown, "\033"));
        terminal_close(&terminal);
    }
    fake_stop(&fake);
    herd_proc_close(&herd);
}

/* ---- commands from standard input ---- */

static void script(void)
{
    static const struct shell_case cases[] = {
        {"herdctl", 0, NULL, NULL},
        {"printf '\\n \\t\\nquit\\nX\\n' | herdctl", 0, NULL, NULL},
        {"printf 'iamat a +1+1 5\\nwhatsat a 1 1\\n' | herdctl", 1, "AT Goloman ",
         "REQUEST_DENIED"},
        {"printf 'iamat a +1+1 5\\nwhatsat a 1 1\\n' | herdctl 2>&1 | grep -c '^AT'", 0,
         "2\n", NULL},
        {"printf 'IAMAT a  +1+1 5 \\nX  y \\n' | herdctl", 1, "a +1+1 5\n? X  y \n", NULL},
        {"printf '  X' | herdctl", 1, "?   X\n", NULL},
        {"printf 'help\\n' | herdctl", 0, "  help, quit, exit ", NULL},
        {"printf 'exit\\nX\\n' | herdctl", 0, NULL, NULL},
        {"printf 'server\\n' | herdctl", 0, "Goloman at 127.0.0.1:", NULL},
        {"printf 'server Hands\\nserver\\n' | herdctl", 3,
         "Hands at 127.0.0.1:", "Hands is not running: "},
        {"printf 'server Hands\\nserver Goloman\\nX\\n' | herdctl", 3, "? X\n",
         "Hands is not running: "},
        {"printf 'server nobody\\nX\\n' | herdctl", 2, "? X\n", "no server \"nobody\""},
        {"printf 'server a b\\n' | herdctl", 2, NULL, "usage: server NAME"},
        {"printf 'iamat a\\033[D +1+1\\nX\\n' | herdctl", 2, "? X\n",
         "not done: the line has a control byte in it"},
        {"printf 'status \\033[A\\n' | herdctl", 2, NULL, "control byte"},
        {"printf 'X\\033[D\\n' | herdctl", 1, "? X\033[D\n", NULL},
        {"printf 'nonsense\\nX\\n' | herdctl", 2, "? X\n",
         "unknown command nonsense; `help`"},
        {"printf 'iamat\\nX\\n' | herdctl", 2, "? X\n", "iamat CLIENT LOCATION [TIME]"},
        {"printf 'status\\n' | herdctl", 3, "Goloman  up ", NULL},
        {"printf 'status Goloman\\n' | herdctl", 0, "Goloman is up", NULL},
        {"printf 'status x\\n' | herdctl", 2, NULL, "no server \"x\""},
        {"printf 'X\\r\\niamat a +1+1 5\\r\\n' | herdctl", 1, "? X\r\nAT Goloman ", NULL},
        {"printf 'A\\nA\\nA\\n' | herdctl -v 2>&1 | grep -c '^> A'", 0, "3\n", NULL},
        {"printf 'A\\n' | herdctl >&-", 1, NULL, NULL},
        {"herdctl <.", 1, NULL, "cannot read the input: "},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    SHELL_CHECK(herd.dir, cases);
    int64_t before = herd_proc_count(&herd, GOLOMAN, "clients_accepted");
    shell_expect(shell(herd.dir, "printf 'A\\nB\\nC\\n' | herdctl"), 1, "? A\n? B\n? C\n",
                 NULL);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_accepted"), before + 1);
    herd_proc_close(&herd);
}

/* The server is another one when the second line comes. */
static void a_lost_connection_is_re_established(void)
{
    static const char line[] = "mkfifo out\n"
                               "(echo A; read a <&3; herdctl stop Goloman >&2; herdctl "
                               "start Goloman >&2; echo B; read b <&3\n"
                               "echo \"$a, $b\" >both; echo quit) 3<out | herdctl >out\n"
                               "status=$?; cat both; herdctl stop >both; exit $status";
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    struct outcome got = shell(herd.dir, "%s", line);
    if (!CHECK_INT(got.status, 1))
        shell_expect(shell(herd.dir, "kill -9 $(cat run/Goloman.pid)"), 0, "", "");
    CHECK_SLICE(got.out, HERD_LIT("? A, ? B\n"));
    CHECK(bytes_have(got.err, "the connection was lost; reconnected to Goloman\n"));
    outcome_free(&got);
    herd_proc_close(&herd);
}

/* People see what failed, so the exit status is 0. */
static void interactive(void)
{
    struct herd_proc herd;
    struct terminal terminal;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    if (CHECK(terminal_open(&terminal))) {
        const char *name = terminal.name;
        CHECK(terminal_type(&terminal, "FOO\nnonsense\nhelp\nBAR\033[D\nexit\n"));
        shell_expect(shell(herd.dir, "herdctl <%s >%s 2>%s", name, name, name), 0, NULL,
                     NULL);
        struct herd_slice shown = terminal_shown(&terminal);
        CHECK(bytes_have(shown, "Connected to Goloman at 127.0.0.1:"));
        CHECK_INT((int64_t)bytes_count(shown, HERD_LIT("herd> ")), 5);
        CHECK(bytes_have(shown, "herdctl: not done: the line has a control byte in it"));
        CHECK(!bytes_have(shown, "? BAR"));
        CHECK(bytes_have(shown, "? FOO\r\n"));
        CHECK(bytes_have(shown, "herdctl: unknown command nonsense"));
        CHECK(bytes_have(shown, "  help, quit"));
        CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
        CHECK(terminal_type(&terminal, "FOO\n\x04"));
        shell_expect(shell(herd.dir, "herdctl <%s >%s 2>%s", name, name, name), 0, NULL,
                     NULL);
        CHECK_INT((int64_t)bytes_count(terminal_shown(&terminal),
                                       HERD_LIT("Goloman is not running: ")),
                  2);
        shell_expect(shell(herd.dir, "herdctl -c none <%s >%s", name, name), 2, NULL,
                     "none");
        terminal_close(&terminal);
    }
    herd_proc_close(&herd);
}

extern const struct check_test test_herdctl_talk[];
const struct check_test test_herdctl_talk[] = {
    {"commands", commands},
    {"refusals_are_explained", refusals_are_explained},
    {"reports_that_do_not_count_are_told", reports_that_do_not_count_are_told},
    {"the_status_of_places_is_the_exit_status", the_status_of_places_is_the_exit_status},
    {"the_time_defaults_to_now", the_time_defaults_to_now},
    {"the_server_is_selected_in_order", the_server_is_selected_in_order},
    {"incomplete_replies_are_failures", incomplete_replies_are_failures},
    {"a_hanging_server_times_out", a_hanging_server_times_out},
    {"whatsat_has_the_longer_timeout", whatsat_has_the_longer_timeout},
    {"a_terminal_gets_no_controls", a_terminal_gets_no_controls},
    {"script", script},
    {"a_lost_connection_is_re_established", a_lost_connection_is_re_established},
    {"interactive", interactive},
    {NULL, NULL},
};
