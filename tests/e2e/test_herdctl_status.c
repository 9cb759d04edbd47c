/* SPDX-License-Identifier: ISC */
/* herdctl status: what servers of this and of other versions say, in all its forms. */
#include "check.h"
#include "fake_server.h"
#include "files.h"
#include "shell.h"
#include "terminal.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum { GOLOMAN, HANDS, HOLIDAY, WELSH, WILKES };

static const char now_says[] =
    "server Goloman\nversion 0.2.0\nuptime_ms 5\n"
    "clients_known 18446744073709551615\nconnections_open 007\ncommands 42\n"
    "counter_of_tomorrow 7\ndigest 1234567890123456\n"
    "places google-new open 2500 words of tomorrow\n"
    "link Hands up dialled 0 feed 412 12\n"
    "link Holiday up accepted 25 sync 1500 -2500 words of tomorrow\n"
    "link Welsh up accepted 3 wait 0 1000\n"
    "link Wilkes down - 0 cannot connect to 127.0.0.1:1: Connection refused\n"
    "follower disk sync 25 31 words of tomorrow\nfollower watch feed 0 0\n"
    "refusal Nobody 1 unknown server: it is not in this server's configuration\n"
    "refusal H\xc3\xa4nd\xff 12 the clocks are 70 s apart \"\\\n\n";

/* Fewer words in a line, and no refusals. */
static const char once_said[] = "server Hands\nversion 0.1.0\nclients_known 3\n"
                                "link Goloman up dialled 0\nlink Wilkes down - 0 \n\n";

/* ---- JSON ---- */

static const cJSON *find(const cJSON *servers, const char *name)
{
    const cJSON *server;
    cJSON_ArrayForEach(server, servers)
    {
        const cJSON *its = cJSON_GetObjectItemCaseSensitive(server, "name");
        if (cJSON_IsString(its) && strcmp(its->valuestring, name) == 0)
            return server;
    }
    return NULL;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) ? item->valuestring : "no such text";
}

static int64_t number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

static void check_links_of_now(const cJSON *links)
{
    CHECK_INT(cJSON_GetArraySize(links), 4);
    CHECK_STR(text_of(find(links, "Hands"), "state"), "up");
    CHECK_STR(text_of(find(links, "Hands"), "how"), "dialled");
    CHECK_STR(text_of(find(links, "Hands"), "mode"), "feed");
    CHECK_INT(number_of(find(links, "Hands"), "behind"), 0);
    CHECK_INT(number_of(find(links, "Hands"), "rtt_us"), 412);
    CHECK_INT(number_of(find(links, "Hands"), "skew_ms"), 12);
    CHECK_STR(text_of(find(links, "Holiday"), "mode"), "sync");
    CHECK_INT(number_of(find(links, "Holiday"), "behind"), 25);
    CHECK_INT(number_of(find(links, "Holiday"), "skew_ms"), -2500);
    CHECK_INT(number_of(find(links, "Welsh"), "rtt_us"), 0);
    CHECK_STR(text_of(find(links, "Wilkes"), "state"), "down");
    CHECK_STR(text_of(find(links, "Wilkes"), "why"),
              "cannot connect to 127.0.0.1:1: Connection refused");
    CHECK(!cJSON_HasObjectItem(find(links, "Wilkes"), "mode"));
}

static void check_now(const cJSON *server, const char *text)
{
    const cJSON *refusals = cJSON_GetObjectItemCaseSensitive(server, "refusals");
    CHECK_STR(text_of(server, "state"), "up");
    CHECK(number_of(server, "pid") > 1);
    CHECK_STR(text_of(server, "version"), "0.2.0");
    CHECK_STR(text_of(server, "digest"), "1234567890123456");
    CHECK_STR(text_of(server, "connections_open"), "007");
    CHECK_INT(number_of(server, "counter_of_tomorrow"), 7);
    const cJSON *places = cJSON_GetObjectItemCaseSensitive(server, "places");
    CHECK_STR(text_of(places, "provider"), "google-new");
    CHECK_STR(text_of(places, "state"), "open");
    CHECK_INT(number_of(places, "retry_ms"), 2500);
    CHECK(strstr(text, "18446744073709551615,") != NULL);
    check_links_of_now(cJSON_GetObjectItemCaseSensitive(server, "links"));
    const cJSON *followers = cJSON_GetObjectItemCaseSensitive(server, "followers");
    CHECK_INT(cJSON_GetArraySize(followers), 2);
    CHECK_STR(text_of(find(followers, "disk"), "mode"), "sync");
    CHECK_INT(number_of(find(followers, "disk"), "behind"), 25);
    CHECK_INT(number_of(find(followers, "disk"), "unacknowledged"), 31);
    CHECK_INT(cJSON_GetArraySize(refusals), 2);
    CHECK_INT(number_of(find(refusals, "Nobody"), "count"), 1);
    CHECK_STR(text_of(find(refusals, "Nobody"), "why"),
              "unknown server: it is not in this server's configuration");
    const cJSON *odd = find(refusals, "H\xc3\xa4nd\\xff");
    CHECK_INT(number_of(odd, "count"), 12);
    CHECK_STR(text_of(odd, "why"), "the clocks are 70 s apart \"\\x5c");
}

static void check_once(const cJSON *server)
{
    const cJSON *links = cJSON_GetObjectItemCaseSensitive(server, "links");
    const cJSON *up = find(links, "Goloman");
    CHECK_STR(text_of(up, "how"), "dialled");
    CHECK_INT(number_of(up, "behind"), 0);
    CHECK(!cJSON_HasObjectItem(up, "mode") && !cJSON_HasObjectItem(up, "rtt_us") &&
          !cJSON_HasObjectItem(up, "skew_ms"));
    CHECK_STR(text_of(find(links, "Wilkes"), "why"), "");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(server, "refusals")), 0);
    CHECK(cJSON_HasObjectItem(server, "refusals"));
    CHECK(!cJSON_HasObjectItem(server, "places"));
}

static void json(void)
{
    struct herd_proc herd;
    struct fake_server now, once;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_control(&now, &herd, GOLOMAN, now_says));
    CHECK(fake_control(&once, &herd, HANDS, once_said));
    struct outcome got = shell(herd.dir, "herdctl --json status");
    CHECK_INT(got.status, 3);
    CHECK_INT((int64_t)got.err.len, 0);
    cJSON *root = cJSON_ParseWithLength(got.out.data, got.out.len);
    const cJSON *servers = cJSON_GetObjectItemCaseSensitive(root, "servers");
    CHECK_INT(cJSON_GetArraySize(servers), 5);
    check_now(find(servers, "Goloman"), got.out.data != NULL ? got.out.data : "");
    check_once(find(servers, "Hands"));
    CHECK_STR(text_of(find(servers, "Welsh"), "state"), "down");
    CHECK(!cJSON_HasObjectItem(find(servers, "Welsh"), "links"));
    cJSON_Delete(root);
    outcome_free(&got);
    shell_expect(shell(herd.dir, "herdctl status --json Hands | grep -c pid"), 0, "1\n",
                 NULL);
    fake_stop(&now);
    fake_stop(&once);
    herd_proc_close(&herd);
}

/* ---- for people ---- */

/* Usual states are not shown. */
static void details(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status Goloman | grep 'link Hands '", 0,
         "  up, dialled, 0 records behind, round trip 0.412 ms\n", NULL},
        {"herdctl status Goloman | grep 'link Holiday '", 0,
         "  up, accepted, 25 records behind, round trip 1.5 ms, full sync in progress, its "
         "clock "
         "is 2.5 s behind\n",
         NULL},
        {"herdctl status Goloman | grep 'link Welsh '", 0,
         "  up, accepted, 3 records behind, waiting for a full sync\n", NULL},
        {"herdctl status Goloman | grep 'link Wilkes '", 0,
         "  down: cannot connect to 127.0.0.1:1: Connection refused\n", NULL},
        {"herdctl status Goloman | grep 'places g'", 0,
         "  places google-new: circuit open after failures, next request in 2.5 s\n", NULL},
        {"herdctl status Goloman | grep follower.disk", 0,
         "  follower disk, 25 records behind, 31 changes not acknowledged, full sync in "
         "progress\n",
         NULL},
        {"herdctl status Goloman | grep follower.watch", 0,
         "  follower watch, 0 records behind, 0 changes not acknowledged\n", NULL},
        {"herdctl status Goloman | grep Nobody", 0,
         "  refused Nobody, 1 time: unknown server: it is not in this server's "
         "configuration\n",
         NULL},
        {"herdctl status Goloman | LC_ALL=C sed -n '/times, last/p'", 0,
         ", 12 times, last: the clocks are 70 s", NULL},
        {"herdctl status Goloman | grep clients_known", 0,
         "  clients_known        18446744073709551615  clients whose location is known\n",
         NULL},
        {"herdctl status Goloman | grep tomorrow", 0, "  counter_of_tomorrow  ", NULL},
        {"herdctl status Goloman | grep -c words", 1, "0\n", NULL},
        {"herdctl status Hands | grep 'link Goloman '", 0,
         "  up, dialled, 0 records behind\n", NULL},
        {"herdctl status Hands Goloman | sed -n '/^$/,$p'", 0, "\nGoloman is up, pid ",
         NULL},
        {"herdctl status Hands Goloman", 0, "Hands is up, pid ", NULL},
    };
    struct herd_proc herd;
    struct fake_server now, once;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_control(&now, &herd, GOLOMAN, now_says));
    CHECK(fake_control(&once, &herd, HANDS, once_said));
    SHELL_CHECK(herd.dir, cases);
    fake_stop(&now);
    fake_stop(&once);
    herd_proc_close(&herd);
}

static void table(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status | sed -n 1p | tr -s ' '", 0,
         "NAME STATE PID CLIENT-ADDRESS CLIENTS CONNECTIONS LINKS COMMANDS\n", NULL},
        {"herdctl status", 3, "\nHands    up ", NULL},
        {"herdctl status | awk '$1 == \"Goloman\" { print $2, $5, $6, $7, $8 }'", 0,
         "up 18446744073709551615 007 3/4 42\n", NULL},
        {"herdctl status | awk '$1 == \"Hands\" { print $2, $5, $6, $7, $8 }'", 0,
         "up 3 - 1/2 -\n", NULL},
        {"herdctl status | awk '$1 == \"Welsh\" { print $2, $3, $5, $6, $7, $8 }'", 0,
         "down - - - - -\n", NULL},
        {"herdctl status | sed 1,6d | sed 5d", 0,
         "Goloman: places google-new: circuit open after failures, next request in 2.5 s\n"
         "Goloman: link Holiday up, accepted, 25 records behind, round trip 1.5 ms, "
         "full sync in progress, its clock is 2.5 s behind\n"
         "Goloman: link Welsh up, accepted, 3 records behind, waiting for a full "
         "sync\n"
         "Goloman: refused Nobody, 1 time: unknown server: it is not in this server's "
         "configuration\n",
         NULL},
        {"herdctl status | sed 1,6d | wc -l | tr -d ' '", 0, "5\n", NULL},
        {"herdctl status | grep ' $'", 1, NULL, NULL},
    };
    struct herd_proc herd;
    struct fake_server now, once;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_control(&now, &herd, GOLOMAN, now_says));
    CHECK(fake_control(&once, &herd, HANDS, once_said));
    SHELL_CHECK(herd.dir, cases);
    fake_stop(&now);
    fake_stop(&once);
    herd_proc_close(&herd);
}

/* All states, and one of tomorrow; only the usual one is not in the table. */
static void states_of_places(void)
{
    static const struct {
        const char *line, *shown;
        bool noted;
    } cases[] = {
        {"overpass closed 0", "places overpass\n", false},
        {"overpass open 61",
         "places overpass: circuit open after failures, next request in 0.061 s\n", true},
        {"overpass open 0",
         "places overpass: circuit open after failures, next request with the next query\n",
         true},
        {"overpass paused 9000",
         "places overpass: paused, since it limits requests, next request in 9 s\n", true},
        {"overpass probing 0",
         "places overpass: circuit half-open, testing with one request\n", true},
        {"overpass asleep", "places overpass: asleep\n", true},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake_server fake;
        char says[128], want[128];
        CHECK_LABEL("%s", cases[i].line);
        snprintf(says, sizeof says, "server Goloman\nplaces %s\n\n", cases[i].line);
        CHECK(fake_control(&fake, &herd, GOLOMAN, says));
        snprintf(want, sizeof want, "  %s", cases[i].shown);
        shell_expect(shell(herd.dir, "herdctl status Goloman | grep places"), 0, want,
                     NULL);
        snprintf(want, sizeof want, "Goloman: %s", cases[i].noted ? cases[i].shown : "");
        shell_expect(shell(herd.dir, "herdctl status | grep places || echo none"), 0,
                     cases[i].noted ? want : "none\n", NULL);
        fake_stop(&fake);
    }
    herd_proc_close(&herd);
}

/* Colours are for terminals, and for those who did not say that they want none; foreign
 * control bytes are for no terminal. */
static void colours(void)
{
    static const char harmful[] = "server Goloman\nlink Hands up dia\033lled 1\n"
                                  "link Welsh down - 0 \033[2Jgone\n\n";
    struct herd_proc herd;
    struct fake_server fake;
    struct terminal terminal;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(fake_control(&fake, &herd, GOLOMAN, harmful));
    if (CHECK(terminal_open(&terminal))) {
        const char *name = terminal.name;
        shell_expect(shell(herd.dir, "herdctl status >%s", name), 3, NULL, NULL);
        struct herd_slice shown = terminal_shown(&terminal);
        CHECK(bytes_have(shown, "\033[32mup"));
        CHECK(bytes_have(shown, "\033[31mdown"));
        CHECK_INT((int64_t)bytes_count(shown, HERD_LIT("\033[0m")), 5);
        shell_expect(shell(herd.dir, "NO_COLOR=1 herdctl status >%s", name), 3, NULL, NULL);
        CHECK(!bytes_have(terminal_shown(&terminal), "\033"));
        shell_expect(shell(herd.dir, "NO_COLOR= herdctl status Hands >%s", name), 3, NULL,
                     NULL);
        CHECK(bytes_have(terminal_shown(&terminal), "Hands is \033[31mdown\033[0m,"));
        shell_expect(shell(herd.dir, "NO_COLOR=1 herdctl status Goloman >%s", name), 0,
                     NULL, NULL);
        shown = terminal_shown(&terminal);
        CHECK(bytes_have(shown, "dia\\x1blled") && bytes_have(shown, "\\x1b[2Jgone"));
        CHECK(!bytes_have(shown, "\033"));
        terminal_close(&terminal);
    }
    shell_expect(shell(herd.dir, "herdctl status Hands Welsh | grep -c \"$(printf "
                                 "'\\033')\""),
                 1, "0\n", NULL);
    fake_stop(&fake);
    herd_proc_close(&herd);
}

/* ---- servers that do not answer well ---- */

static void incomplete_replies_are_shown_as_silent(void)
{
    static const struct {
        const char *reply, *why;
    } cases[] = {
        {"server Goloman\nclients_known 1\n", "closed the connection in the middle"},
        {"server Goloman\nclients_known 1", "the reply is incomplete"},
        {"", "closed the connection without a reply"},
    };
    struct herd_proc herd;
    struct fake_server fake;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].why);
        CHECK(fake_control(&fake, &herd, GOLOMAN, cases[i].reply));
        shell_expect(shell(herd.dir, "herdctl status Goloman"), 4,
                     "Goloman is silent, pid ", cases[i].why);
        struct outcome got = shell(herd.dir, "herdctl status Goloman --json");
        CHECK_INT(got.status, 4);
        CHECK(bytes_have(got.out, cases[i].why));
        CHECK(!bytes_have(got.out, "clients_known"));
        outcome_free(&got);
        fake_stop(&fake);
    }
    herd_proc_close(&herd);
}

/* One that hangs counts less than one that is down; the others are shown all the same. */
static void silent_servers(void)
{
    static const struct shell_case cases[] = {
        {"herdctl -t 0.2 status Goloman", 4, "Goloman is silent, pid ",
         "Goloman: no reply within 0.2 s"},
        {"herdctl -t 0.2 status Goloman Welsh", 4, "\nWelsh is up", "no reply"},
        {"herdctl -t 0.2 status", 3, "Welsh", "Goloman: no reply within 0.2 s"},
        {"herdctl -t 0.2 status --json Goloman", 4, "\"silent\"", NULL},
        {"rm run/Goloman.sock; herdctl status Goloman", 4, "Goloman is silent",
         "cannot connect to "},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_start(&herd, WELSH));
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGSTOP), 0);
    SHELL_CHECK(herd.dir, cases);
    CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGCONT), 0);
    herd_proc_close(&herd);
}

/* The real one, of this version. */
static void real_servers(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status", 0, "  3/3 ", NULL},
        {"herdctl status | grep -c ' up '", 0, "5\n", NULL},
        {"herdctl status Goloman Hands Holiday Welsh Wilkes | grep -c ' records behind'", 0,
         "12\n", NULL},
        {"herdctl status Welsh | grep -c 'link Holiday *  up, '", 0, "1\n", NULL},
        {"herdctl -v status Welsh 2>&1 | grep -c '^> STATUS$'", 0, "1\n", NULL},
        {"herdctl -v status Welsh 2>&1 | grep -c '^< server Welsh$'", 0, "1\n", NULL},
        {"herdctl status Welsh | grep -E '^  [a-z_]+ +[0-9]+  $'", 1, NULL, NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, cases);
    struct outcome got = shell(herd.dir, "herdctl status --json");
    cJSON *root = cJSON_ParseWithLength(got.out.data, got.out.len);
    const cJSON *servers = cJSON_GetObjectItemCaseSensitive(root, "servers");
    CHECK_INT(got.status, 0);
    CHECK_INT(cJSON_GetArraySize(servers), 5);
    CHECK_INT(number_of(find(servers, "Wilkes"), "clients_known"), 0);
    CHECK_INT(number_of(find(servers, "Wilkes"), "pid"), herd.server[WILKES].pid);
    const cJSON *links =
        cJSON_GetObjectItemCaseSensitive(find(servers, "Holiday"), "links");
    CHECK_INT(cJSON_GetArraySize(links), 3);
    CHECK_STR(text_of(find(links, "Welsh"), "state"), "up");
    CHECK(strcmp(text_of(find(links, "Welsh"), "mode"), "no such text") != 0);
    CHECK(number_of(find(links, "Welsh"), "rtt_us") >= 0);
    CHECK(cJSON_HasObjectItem(find(links, "Welsh"), "skew_ms"));
    cJSON_Delete(root);
    outcome_free(&got);
    herd_proc_close(&herd);
}

/* Somebody who is not of this herd shows up in all forms. */
static void a_stranger_is_shown(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status", 3, "\nGoloman: refused Nobody, 1 time: ", NULL},
        {"herdctl status Goloman", 0, "\n  refused Nobody, 1 time: ", NULL},
        {"herdctl status --json Goloman | grep -c Nobody", 0, "1\n", NULL},
    };
    struct herd_proc herd;
    struct client stranger;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK(client_open(&stranger, herd.peer[GOLOMAN].number));
    CHECK(client_say(&stranger, "HELLO 0 2 2 herd Nobody Goloman 0000000000000000 "
                                "00000000000000cd 5.5 "
                                "000102030405060708090a0b0c0d0e0f\n"));
    CHECK(client_is_closed(&stranger));
    client_close(&stranger);
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

extern const struct check_test test_herdctl_status[];
const struct check_test test_herdctl_status[] = {
    {"json", json},
    {"details", details},
    {"table", table},
    {"states_of_places", states_of_places},
    {"colours", colours},
    {"incomplete_replies_are_shown_as_silent", incomplete_replies_are_shown_as_silent},
    {"silent_servers", silent_servers},
    {"real_servers", real_servers},
    {"a_stranger_is_shown", a_stranger_is_shown},
    {NULL, NULL},
};
