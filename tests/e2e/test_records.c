/* SPDX-License-Identifier: ISC */
/* herdctl get, clients, watch, dump and load: the records of a real herd. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "links.h"
#include "shell.h"
#include "wait.h"

#include <stdio.h>

enum { GOLOMAN, HANDS, HOLIDAY, WELSH, WILKES, SERVERS };

/* ---- get ---- */

static void servers_agree(void)
{
    static const struct shell_case cases[] = {
        {"herdctl get kiwi", 0, "AT Wilkes +", NULL},
        {"herdctl get kiwi other | cut -d ' ' -f 4", 0, "kiwi\nother\n", NULL},
        {"herdctl -s Welsh get kiwi", 0, " kiwi +34.068930-118.445127 1621464827.9\n",
         NULL},
        {"HERD_SERVER=Nobody herdctl get kiwi", 0, "AT Wilkes +", NULL},
        {"herdctl get gone", 0, "FORGOT Hands +0.000000000 gone ", NULL},
        {"herdctl get nobody", 1, NULL, "Welsh does not know the client \"nobody\"\n"},
        {"herdctl get nobody kiwi 2>&1 | grep -c 'not know'", 0, "5\n", NULL},
        {"herdctl --json get kiwi", 0, "\"agree\":\ttrue", NULL},
        {"herdctl --json get kiwi | grep -c '\"record\":.\"AT Wilkes '", 0, "5\n", NULL},
        {"herdctl --json get nobody 2>/dev/null", 1, "\"agree\":\tfalse", NULL},
        {"herdctl -v -s Hands get kiwi", 0, "AT Wilkes ", "> RECORD kiwi\n< AT Wilkes "},
        {"herdctl get", 2, NULL, "usage: get CLIENT..."},
        {"herdctl get ''", 2, NULL, "CLIENT is empty"},
        {"herdctl get 'a b'", 2, NULL, "contains white space"},
        {"herdctl -s 127.0.0.1:1 get kiwi", 2, NULL, "get needs the name of a server"},
        {"herdctl -s Nobody get kiwi", 2, NULL, "no server \"Nobody\""},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(
        herd_proc_report(&herd, WILKES, "IAMAT kiwi +34.068930-118.445127 1621464827.9\n"));
    CHECK(herd_proc_report(&herd, WILKES, "IAMAT other +35-119 1621464827.9\n"));
    shell_expect(shell(herd.dir, "herdctl -s Hands forget gone"), 0, "FORGOT Hands", NULL);
    CHECK(links_wait_clients(&herd, 2, 1));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* Welsh has no link but that to Holiday, which is stopped. */
static void servers_disagree(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT kiwi +34-118 1621464827\n"));
    CHECK(links_wait_clients(&herd, 1, 0));
    CHECK_INT(herd_proc_stop(&herd, HOLIDAY, SIGTERM), 0);
    shell_expect(shell(herd.dir, "herdctl get kiwi"), 3, "AT Goloman ",
                 "Holiday was not asked: cannot connect to ");
    shell_expect(shell(herd.dir, "herdctl -s Welsh get kiwi"), 0, "AT Goloman ", NULL);
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT kiwi +35-119 1621464828\n"));
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT new +35-119 1621464828\n"));
    shell_expect(shell(herd.dir, "herdctl get kiwi 2>&1 | grep disagree"), 0,
                 "herdctl: Goloman and Welsh disagree about \"kiwi\": AT Goloman ", NULL);
    shell_expect(shell(herd.dir, "herdctl get new 2>&1 | grep 'not know'"), 0,
                 "herdctl: Welsh does not know the client \"new\"\n", NULL);
    CHECK(herd_proc_start(&herd, HOLIDAY) && herd_proc_wait_links(&herd));
    CHECK(links_wait_clients(&herd, 2, 0));
    shell_expect(shell(herd.dir, "until herdctl get new kiwi >out 2>err; do :; done; "
                                 "cut -d ' ' -f 4 out; cat err"),
                 0, "new\nkiwi\n", NULL);
    herd_proc_close(&herd);
}

/* ---- clients ---- */

static void clients_are_listed(void)
{
    static const struct shell_case cases[] = {
        {"herdctl clients | sort", 0,
         "kiwi +34.068930-118.445127 1621464827.9 Goloman\n"
         "kiwi.2 +35-119 1621464828 Goloman\n",
         NULL},
        {"herdctl clients | wc -l | tr -d ' '", 0, "2\n", NULL},
        {"herdctl clients 'kiwi.*'", 0, "kiwi.2 +35-119 1621464828 Goloman\n", NULL},
        {"herdctl clients 'k*' | wc -l | tr -d ' '", 0, "2\n", NULL},
        {"herdctl clients 'wi*'", 0, NULL, NULL},
        {"herdctl clients gone", 0, NULL, NULL},
        {"herdctl clients -a gone", 0, "gone - ", NULL},
        {"herdctl clients -a | wc -l | tr -d ' '", 0, "3\n", NULL},
        {"herdctl clients -- kiwi", 0, "kiwi +34", NULL},
        {"herdctl --json clients kiwi", 0,
         "{\"client\":\"kiwi\",\"server\":\"Goloman\",\"forgotten\":false,"
         "\"location\":\"+34.068930-118.445127\",\"time\":\"1621464827.9\",\"record\":\"AT "
         "Goloman ",
         NULL},
        {"herdctl --json clients -a gone", 0,
         "{\"client\":\"gone\",\"server\":\"Goloman\",\"forgotten\":true,\"time\":\"",
         NULL},
        {"herdctl clients -x", 2, NULL, "clients has no option -x"},
        {"herdctl clients --json", 2, NULL, "clients has no option --json"},
        {"herdctl clients a b", 2, NULL, "usage: clients [-a] [PATTERN]"},
        {"herdctl -s 127.0.0.1:1 clients", 2, NULL, "clients needs the name of a server"},
        {"herdctl -s Hands clients", 3, NULL, "cannot connect to "},
        {"test ! -e /dev/full || ! herdctl clients >/dev/full", 0, NULL, ""},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    shell_expect(shell(herd.dir, "herdctl clients"), 3, NULL, "no server of ");
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    shell_expect(shell(herd.dir, "herdctl clients"), 0, NULL, NULL);
    CHECK(herd_proc_report(&herd, GOLOMAN,
                           "IAMAT kiwi +34.068930-118.445127 1621464827.9\n"));
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT kiwi.2 +35-119 1621464828\n"));
    shell_expect(shell(herd.dir, "herdctl forget gone"), 0, "FORGOT ", NULL);
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* ---- watch ---- */

/* In the shell: waits until `file` has a line like that, for ten seconds. */
#define UNTIL(line, file)                                                                  \
    "n=0; until grep -qs '" line "' " file                                                 \
    "; do n=$((n+1)); test $n -lt 200 || exit 98; sleep 0.05; done; "

/* A change that is made at another server; nothing that was there before, and nothing that
 * does not match. */
static void watch_prints_changes(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT kiwi.old +34-118 1621464827\n"));
    CHECK(links_wait_clients(&herd, 1, 0));
    shell_expect(
        shell(herd.dir,
              "herdctl -s Welsh watch 'kiwi*' >out 2>err & " UNTIL(
                  "watching Welsh",
                  "err") "herdctl -s Wilkes send 'IAMAT pear +1-1 1621464828' "
                         "'IAMAT kiwi +34-118 1621464828' >/dev/null; " UNTIL(
                             " kiwi ", "out") "herdctl -s Hands forget kiwi.old "
                                              ">/dev/null; " UNTIL("FORGOT",
                                                                   "out") "kill -TERM $!; "
                                                                          "wait $!; echo "
                                                                          "status $?; cut "
                                                                          "-d ' ' -f 1,2,4 "
                                                                          "out; cat err"),
        0, "status 0\nAT Wilkes kiwi\nFORGOT Hands kiwi.old\nherdctl: watching Welsh\n",
        NULL);
    shell_expect(
        shell(herd.dir,
              "rm out err; herdctl -s Welsh --json watch >out 2>err & " UNTIL(
                  "watching Welsh",
                  "err") "herdctl -s Wilkes iamat plum +34-118 1621464829 "
                         ">/dev/null; " UNTIL("plum", "out") "kill -INT $!; wait $!; echo "
                                                             "status $?; cut -c -60 out"),
        0, "status 0\n{\"client\":\"plum\",\"server\":\"Wilkes\",\"forgotten\":false,",
        NULL);
    shell_expect(shell(herd.dir, "herdctl -t 0.3 watch"), 0, NULL, "watching Goloman");
    shell_expect(shell(herd.dir, "herdctl watch -a"), 2, NULL, "watch has no option -a");
    herd_proc_close(&herd);
}

static void report_many(const struct herd_proc *herd, uint32_t i, int clients)
{
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_connect(herd, i, &client));
    for (int n = 0; n < clients; n++) {
        char line[64];
        snprintf(line, sizeof line, "IAMAT c%d +34-118 16214648%02d\n", n, n % 60);
        CHECK(client_ask(&client, line, &got));
    }
    client_close(&client);
}

/* Says so, and prints what it missed: once, though the server sends all again. */
static void watch_connects_again(void)
{
    enum { CLIENTS = 3000 };
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    report_many(&herd, GOLOMAN, CLIENTS);
    CHECK(links_wait_clients(&herd, CLIENTS, 0));
    shell_expect(
        shell(herd.dir, "herdctl -s Welsh watch >out 2>err & echo $! >watch.pid; " UNTIL(
                            "watching Welsh", "err")),
        0, NULL, NULL);
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT before +34-118 1621464827\n"));
    shell_expect(shell(herd.dir, UNTIL(" before ", "out")), 0, NULL, NULL);
    CHECK_INT(herd_proc_stop(&herd, WELSH, SIGKILL), -SIGKILL);
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT missed +34-118 1621464827\n"));
    CHECK(herd_proc_start(&herd, WELSH) && herd_proc_wait_links(&herd));
    shell_expect(shell(herd.dir, UNTIL(" missed ", "out")), 0, NULL, NULL);
    CHECK(herd_proc_report(&herd, GOLOMAN, "IAMAT after +34-118 1621464827\n"));
    shell_expect(shell(herd.dir, UNTIL(" after ", "out") "cut -d ' ' -f 4 out"), 0,
                 "before\nmissed\nafter\n", NULL);
    shell_expect(shell(herd.dir, "kill -TERM $(cat watch.pid); cat err"), 0,
                 "; connecting again\nherdctl: Welsh is connected again, and has started "
                 "again meanwhile\n",
                 NULL);
    herd_proc_close(&herd);
}

/* ---- dump and load ---- */

static bool digest_of(const struct herd_proc *herd, uint32_t i, char digest[32])
{
    struct client control;
    struct herd_slice text;
    bool ok = herd_proc_status(herd, i, &control, &text);
    const char *at = ok ? bytes_find(text, HERD_LIT("\ndigest ")) : NULL;
    if (at != NULL)
        snprintf(digest, 32, "%.24s", at);
    client_close(&control);
    return at != NULL;
}

/* All servers are empty at the same time, as after an outage of the power. */
static void a_loaded_herd_is_the_same(void)
{
    enum { CLIENTS = 3000 };
    struct herd_proc herd;
    char before[32], after[32];
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    report_many(&herd, HANDS, CLIENTS);
    shell_expect(shell(herd.dir, "herdctl forget c7 gone"), 0, "FORGOT ", NULL);
    CHECK(links_wait_clients(&herd, CLIENTS - 1, 2));
    CHECK(digest_of(&herd, GOLOMAN, before));
    shell_expect(shell(herd.dir, "herdctl -s Welsh dump >dump && tail -n 1 dump && "
                                 "grep -c '^AT ' dump && grep -c '^FORGOT ' dump"),
                 0, "END 3001\n2999\n2\n", NULL);
    for (uint32_t i = 0; i < SERVERS; i++)
        CHECK_INT(herd_proc_stop(&herd, i, SIGTERM), 0);
    REQUIRE(herd_proc_start_all(&herd));
    CHECK(links_wait_clients(&herd, 0, 0));
    shell_expect(shell(herd.dir, "herdctl -s Wilkes load <dump"), 0,
                 "Wilkes has taken 3001 records\n", NULL);
    CHECK_INT(herd_proc_count(&herd, WILKES, "clients_known"), CLIENTS - 1);
    CHECK(links_wait_clients(&herd, CLIENTS - 1, 2));
    for (uint32_t i = 0; i < SERVERS; i++) {
        CHECK(digest_of(&herd, i, after));
        CHECK_STR(after, before);
    }
    shell_expect(shell(herd.dir, "herdctl dump | herdctl load"), 0, "3001 records\n", NULL);
    CHECK_INT(links_sum(&herd, "digest_mismatches"), 0);
    CHECK_INT(links_sum(&herd, "followers_malformed"), 0);
    herd_proc_close(&herd);
}

#define AT "AT Goloman +0.1 kiwi +34-118 1621464827.9"

static void load_checks_all_first(void)
{
    static const struct shell_case cases[] = {
        {"printf '" AT "\\nnonsense\\nEND 2\\n' | herdctl load", 1, NULL,
         "line 2 of standard input is neither AT, FORGOT nor END as `herdctl dump` writes "
         "them; nothing was loaded: \"nonsense\""},
        {"printf '" AT "\\n\\nEND 1\\n' | herdctl load", 1, NULL,
         "line 2 of standard input"},
        {"printf '" AT "\\n' | herdctl load", 1, NULL,
         "standard input does not end with the line END: the dump is not complete; nothing "
         "was loaded. To load its 1 whole records all the same, remove what follows them "
         "and "
         "add a line END 1\n"},
        {"printf '" AT "\\nEND 1' | herdctl load", 1, NULL, "not end with the line END"},
        {"printf '" AT "\\nEND 2\\n' | herdctl load", 1, NULL,
         "line 2 of standard input is END 2, but 1 records precede it"},
        {"printf 'END 0\\n" AT "\\n' | herdctl load", 1, NULL, "not end with the line END"},
        {"printf '" AT "\\nEND 1\\nEND\\n' | herdctl load", 1, NULL, "line 3 of standard"},
        {"herdctl load", 1, NULL, "not end with the line END"},
        {"herdctl load file", 2, NULL, "load takes no operand such as \"file\""},
        {"herdctl dump file", 2, NULL, "dump takes no operand such as \"file\""},
        {"herdctl --json dump", 2, NULL, "--json is for "},
        {"echo END 0 | herdctl load", 0, "Goloman has taken 0 records\n", NULL},
        {"herdctl dump", 0, "END 0\n", NULL},
        {"herdctl load <&-", 1, NULL, "herdctl: "},
        {"printf '" AT "\\nEND 1\\nEND 0\\n' | herdctl load", 0,
         "Goloman has taken 1 records\n", NULL},
        {"herdctl dump", 0, AT "\nEND 1\n", NULL},
        {"test ! -e /dev/full || ! herdctl dump >/dev/full", 0, NULL, ""},
        {"echo END 0 | herdctl -s Hands load", 3, NULL, "cannot connect to "},
        {"herdctl -s Hands dump", 3, NULL, "cannot connect to "},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    SHELL_CHECK(herd.dir, cases);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_known"), 1);
    /* The server does not answer: no END is written. */
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGSTOP), 0);
    shell_expect(shell(herd.dir, "herdctl -t 0.3 dump"), 4, NULL,
                 "Goloman: not complete within 0.3 s");
    shell_expect(shell(herd.dir, "echo END 0 | herdctl -t 0.3 load"), 4, NULL,
                 "Goloman: not complete within 0.3 s");
    shell_expect(shell(herd.dir, "herdctl -t 0.3 -s Goloman get kiwi"), 4, NULL,
                 "Goloman: no reply within 0.3 s");
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGCONT), 0);
    herd_proc_close(&herd);
}

/* A server has sixteen followers; each herdctl is one by a name of its own. */
static void too_many_at_once(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    shell_expect(
        shell(herd.dir,
              "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do "
              "herdctl watch >out.$i 2>err.$i & pids=\"$pids $!\"; done; "
              "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do " UNTIL(
                  "watching", "err.$i") "done; herdctl dump; echo status $?; kill $pids; "
                                        "wait; herdctl dump"),
        0, "status 1\nEND 0\n", "Goloman: the server does not take followers: ? FOLLOW ");
    herd_proc_close(&herd);
}

const struct check_test test_records[] = {
    {"servers_agree", servers_agree},
    {"servers_disagree", servers_disagree},
    {"clients_are_listed", clients_are_listed},
    {"watch_prints_changes", watch_prints_changes},
    {"watch_connects_again", watch_connects_again},
    {"a_loaded_herd_is_the_same", a_loaded_herd_is_the_same},
    {"load_checks_all_first", load_checks_all_first},
    {"too_many_at_once", too_many_at_once},
    {NULL, NULL},
};
