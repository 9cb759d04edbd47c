/* SPDX-License-Identifier: ISC */
/* Too many of one kind do not keep out those of another, and strangers keep no neighbour
 * out. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "links.h"
#include "no_accept.h"
#include "shell.h"
#include "silence.h"
#include "wait.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { GOLOMAN = 0, HANDS = 1, PATH_SIZE = 64 };

static int64_t log_size(const struct herd_proc *herd, uint32_t i)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "log", i, ".log");
    struct herd_slice text = file_read(path);
    int64_t size = (int64_t)text.len;
    file_free(text);
    return size;
}

/* Descriptors that the server has open; -1 where /proc does not tell. */
static int open_files(const struct herd_proc *herd, uint32_t i)
{
    char path[PATH_SIZE];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)herd->server[i].pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return -1;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static bool link_is_up(const struct herd_proc *herd, uint32_t i, uint32_t other)
{
    char line[PATH_SIZE];
    struct client client;
    struct herd_slice text;
    snprintf(line, sizeof line, "\nlink %s up ", herd->conf.servers[other].name);
    bool up = herd_proc_status(herd, i, &client, &text) && bytes_have(text, line);
    client_close(&client);
    return up;
}

/* Waits for the link on both sides; in milliseconds. */
static int64_t await_link(const struct herd_proc *herd, uint32_t a, uint32_t b)
{
    int64_t start = now_ms();
    while (!(link_is_up(herd, a, b) && link_is_up(herd, b, a)) &&
           now_ms() - start < WAIT_MS)
        nap();
    return now_ms() - start;
}

static int64_t restart(struct herd_proc *herd, uint32_t i, uint32_t other)
{
    CHECK_INT(herd_proc_stop(herd, i, SIGKILL), -SIGKILL);
    CHECK(herd_proc_start(herd, i));
    return await_link(herd, i, other);
}

/* ---- strangers ---- */

/* Starts Hands again, lets strangers come before Goloman hears of it, and waits for the
 * link. */
static void restart_among_strangers(struct herd_proc *herd)
{
    enum { FEW_SECONDS_MS = 10000, MANY = 500 };
    CHECK_INT(herd_proc_stop(herd, HANDS, SIGKILL), -SIGKILL);
    CHECK_INT(kill(herd->server[GOLOMAN].pid, SIGSTOP), 0);
    CHECK(herd_proc_start(herd, HANDS));
    CHECK(links_wait_count(herd, HANDS, "peers_evicted", MANY));
    CHECK_INT(kill(herd->server[GOLOMAN].pid, SIGCONT), 0);
    int64_t took_ms = await_link(herd, HANDS, GOLOMAN);
    note("among strangers the link was up after %d ms", (int)took_ms);
    CHECK(took_ms < FEW_SECONDS_MS);
}

/* Silent ones hold all places at both ends, and take each place that is given up. */
static void strangers_at_both_ends(void)
{
    enum { EACH = 64, LINE = 400, BURST = 16, OTHERS = 100, TIMES = 3 };
    struct herd_proc herd;
    struct silence silence;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    const uint16_t ports[] = {herd.peer[GOLOMAN].number, herd.peer[HANDS].number};
    REQUIRE(silence_begin(&silence, ports, 2, EACH));
    CHECK(links_wait_count(&herd, GOLOMAN, "peers_evicted", 2 * EACH));
    int64_t start = now_ms(), size = log_size(&herd, GOLOMAN);
    for (int i = 0; i < TIMES; i++)
        restart_among_strangers(&herd);
    int64_t crowded = herd_proc_count(&herd, GOLOMAN, "peers_evicted");
    int64_t grown = log_size(&herd, GOLOMAN) - size;
    int64_t took_s = (now_ms() - start) / 1000 + 1;
    note("%d gave way in %d s, the log grew by %d bytes; %d files are open", (int)crowded,
         (int)took_s, (int)grown, open_files(&herd, GOLOMAN));
    CHECK(grown < (BURST + took_s + OTHERS) * LINE);
    CHECK(herd_proc_count(&herd, GOLOMAN, "peers_refused") >= crowded);
    silence_end(&silence);
    CHECK(herd_proc_wait_links(&herd));
    herd_proc_close(&herd);
}

/* A refused connection that is not closed by its other end takes a slot of its role for a
 * while, and then frees it. */
static void strangers_that_do_not_leave(void)
{
    enum { STRANGERS = 200, PLACES = 2 * 16 + 4 * 3, OTHERS = 8 };
    static const char *const talk[] = {"nonsense\n", "HELLO 0\n", ""};
    struct herd_proc herd;
    struct client clients[STRANGERS];
    struct herd_slice got;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    int before = open_files(&herd, GOLOMAN);
    for (int i = 0; i < STRANGERS; i++) {
        CHECK(client_open(&clients[i], herd.peer[GOLOMAN].number));
        /* The server may have closed already. */
        (void)client_say(&clients[i], talk[i % 3]);
    }
    CHECK(links_wait_count(&herd, GOLOMAN, "peers_malformed", STRANGERS / 3));
    int after = open_files(&herd, GOLOMAN);
    note("%d strangers that stay: %d files, %d before", STRANGERS, after, before);
    CHECK(before < 0 || after - before <= PLACES + OTHERS);
    CHECK(restart(&herd, HANDS, GOLOMAN) < WAIT_MS);
    struct client last;
    CHECK(client_open(&last, herd.peer[GOLOMAN].number));
    CHECK(client_say(&last, "nonsense\n"));
    CHECK(client_rest(&last, &got) && bytes_have(got, "BYE 0 malformed"));
    client_close(&last);
    for (int i = 0; i < STRANGERS; i++)
        client_close(&clients[i]);
    herd_proc_close(&herd);
}

/* Connections from a neighbour's address are kept while strangers' are evicted. */
static void a_neighbours_address_is_known(void)
{
    enum { STRANGERS = 40, PLACES = 4 };
    struct herd_proc herd;
    struct client near, far[STRANGERS];
    struct herd_slice got;
    REQUIRE(herd_proc_run(&herd, "ucla-2018",
                          "handshakes-max 4\nhandshake-timeout-ms 60000\n"));
    CHECK(client_open(&near, herd.peer[GOLOMAN].number));
    if (!client_open_from(&far[0], "127.0.0.2", herd.peer[GOLOMAN].number)) {
        note("not tried: 127.0.0.2 is no address of this machine");
        client_close(&near);
        herd_proc_close(&herd);
        return;
    }
    for (int i = 1; i < STRANGERS; i++)
        CHECK(client_open_from(&far[i], "127.0.0.2", herd.peer[GOLOMAN].number));
    CHECK(links_wait_count(&herd, GOLOMAN, "peers_evicted", STRANGERS + 1 - PLACES));
    CHECK(client_say(&near, "nonsense\n"));
    CHECK(client_rest(&near, &got) && bytes_have(got, "BYE 0 malformed"));
    client_close(&near);
    for (int i = 0; i < STRANGERS; i++)
        client_close(&far[i]);
    herd_proc_close(&herd);
}

/* ---- clients ---- */

/* They hold all that connections-max allows, and more of them come. */
static void clients_take_no_slots_of_other_roles(void)
{
    enum { PLACES = 8, CLIENTS = 24 };
    struct herd_proc herd;
    struct client clients[CLIENTS];
    struct herd_slice got;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", "connections-max 8\n"));
    for (int i = 0; i < CLIENTS; i++)
        CHECK(herd_proc_connect(&herd, GOLOMAN, &clients[i]));
    CHECK(links_wait_count(&herd, GOLOMAN, "clients_evicted", CLIENTS - PLACES));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_accepted"), CLIENTS);
    CHECK(links_wait_log(&herd, GOLOMAN, "all slots for clients are in use"));
    CHECK(restart(&herd, HANDS, GOLOMAN) < WAIT_MS);
    const char *argv[] = {"herdctl", "-c", herd.conf_path, "status", "Goloman", NULL};
    struct outcome outcome = child_run("HERD_TEST_TOOLS", argv);
    CHECK_INT(outcome.status, 0);
    CHECK(bytes_have(outcome.out, "clients_evicted"));
    outcome_free(&outcome);
    /* A dial that comes from the full server finds a place, too. */
    CHECK_INT(herd_proc_stop(&herd, HANDS, SIGKILL), -SIGKILL);
    CHECK(links_wait_status(&herd, GOLOMAN, "link Hands down", ""));
    CHECK(herd_proc_start(&herd, HANDS) && herd_proc_wait_links(&herd));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_accepted"), CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
        CHECK(i < CLIENTS - PLACES ? client_is_closed(&clients[i])
                                   : client_ask(&clients[i], "hello\n", &got));
        client_close(&clients[i]);
    }
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "peers_full"), 0);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "accept_paused"), 0);
    herd_proc_close(&herd);
}

/* Silent connections of one address, in all slots, keep out nobody: a client of another
 * address is served at once and stays, and so does one of the same address that speaks. */
static void silent_clients_keep_nobody_out(void)
{
    enum { SLOTS = 1000, MORE = 200, SOON_MS = 2000 };
    static struct client silent[SLOTS + MORE];
    struct herd_proc herd;
    struct client far, near;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "connections-max 1000\n"));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i < SLOTS; i++)
        CHECK(herd_proc_connect(&herd, GOLOMAN, &silent[i]));
    CHECK(links_wait_count(&herd, GOLOMAN, "clients_accepted", SLOTS));
    int64_t start = now_ms();
    bool is_far = client_open_from(&far, "127.0.0.2", herd.client[GOLOMAN].number);
    CHECK(is_far || herd_proc_connect(&herd, GOLOMAN, &far));
    CHECK(client_ask(&far, "IAMAT far +1+1 1\n", &got) && bytes_have(got, "AT Goloman"));
    int64_t took_ms = now_ms() - start;
    note("with %d silent connections a new client has its reply after %d ms", SLOTS,
         (int)took_ms);
    CHECK(took_ms < SOON_MS);
    CHECK(herd_proc_connect(&herd, GOLOMAN, &near));
    CHECK(client_ask(&near, "IAMAT near +1+1 1\n", &got));
    for (int i = SLOTS; i < SLOTS + MORE; i++)
        CHECK(herd_proc_connect(&herd, GOLOMAN, &silent[i]));
    CHECK(links_wait_count(&herd, GOLOMAN, "clients_evicted", MORE + 2));
    CHECK(client_ask(&far, "IAMAT far +1+1 2\n", &got) && bytes_have(got, "AT Goloman"));
    CHECK(client_ask(&near, "IAMAT near +1+1 2\n", &got) && bytes_have(got, "AT Goloman"));
    for (int i = 0; i < SLOTS + MORE; i++)
        client_close(&silent[i]);
    client_close(&near);
    client_close(&far);
    herd_proc_close(&herd);
}

static void an_address_has_a_limit(void)
{
    enum { LIMIT = 3, TRIES = 5 };
    struct herd_proc herd;
    struct client clients[TRIES], far;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "connections-per-address 3\n"));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i < TRIES; i++) {
        CHECK(herd_proc_connect(&herd, GOLOMAN, &clients[i]));
        CHECK(i < LIMIT ? client_ask(&clients[i], "hello\n", &got)
                        : client_is_closed(&clients[i]));
    }
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_refused"), TRIES - LIMIT);
    CHECK(links_wait_log(&herd, GOLOMAN,
                         "connections-per-address (3) is reached: closed a new client of "
                         "127.0.0.1"));
    if (client_open_from(&far, "127.0.0.2", herd.client[GOLOMAN].number)) {
        CHECK(client_ask(&far, "hello\n", &got));
        client_close(&far);
    }
    for (int i = 0; i < TRIES; i++)
        client_close(&clients[i]);
    herd_proc_close(&herd);
}

/* ---- control connections ---- */

static bool open_control(const struct herd_proc *herd, uint32_t i, struct client *client)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "run", i, ".sock");
    return client_open_unix(client, path);
}

/* Those above their number wait, and keep nobody else out. */
static void control_connections_wait(void)
{
    enum { PLACES = 32, ALL = PLACES + 4 };
    struct herd_proc herd;
    struct client controls[ALL], client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i < ALL; i++) {
        CHECK(open_control(&herd, GOLOMAN, &controls[i]));
        CHECK(client_say(&controls[i], "hello\n"));
    }
    for (int i = 0; i < PLACES; i++)
        CHECK(client_line(&controls[i], &got));
    CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "IAMAT a +1+1 1\n", &got));
    client_close(&client);
    CHECK(links_wait_log(&herd, GOLOMAN, "new control connections wait"));
    for (int i = 0; i < ALL; i++) {
        CHECK(i < PLACES || client_line(&controls[i], &got));
        client_close(&controls[i]);
    }
    CHECK(herd_proc_count(&herd, GOLOMAN, "controls_full") >= 1);
    herd_proc_close(&herd);
}

/* ---- the system's limit ---- */

/* Runs Goloman, with three neighbours, for a moment; what it says in its log. */
static struct outcome run_with(const struct herd_proc *herd, const char *limit)
{
    return shell(herd->dir,
                 "rm -f out && %s || exit 7\n"
                 "\"$HERD_BIN\" -c herd.conf Goloman >out 2>err & pid=$!\n"
                 "until grep -qs ready out; do sleep 0.02; done\n"
                 "kill $pid; wait $pid; echo status $?\n"
                 "cat log/Goloman.log; rm log/Goloman.log",
                 limit);
}

/* Clients get what the others and the requests to Places leave, and the soft limit is no
 * limit. */
static void open_files_are_limited(void)
{
    static const struct {
        const char *limit, *says; /* NULL: nothing */
    } cases[] = {
        {"ulimit -n 262",
         "leaves 108 connections for clients: connections-max is 109; raise"},
        {"ulimit -n 263", NULL},
        {"ulimit -n 164",
         "leaves 10 connections for clients: connections-max is 109; raise"},
        {"ulimit -n 85", "leaves 8 connections for clients: connections-max is 109; raise"},
        {"ulimit -S -n 64", NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "connections-max 109\nlookups-max 5\n"));
    port_lend(&herd.client[GOLOMAN]);
    port_lend(&herd.peer[GOLOMAN]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_LABEL("%s", cases[i].limit);
        struct outcome got = run_with(&herd, cases[i].limit);
        CHECK(bytes_have(got.out, "status 0\n"));
        CHECK_INT(bytes_have(got.out, "the system's limit on open files leaves "),
                  cases[i].says != NULL);
        CHECK(cases[i].says == NULL || bytes_have(got.out, cases[i].says));
        outcome_free(&got);
    }
    herd_proc_close(&herd);
}

/* Processor time of the programs that have ended, in milliseconds. */
static int64_t children_ms(void)
{
    struct rusage usage;
    CHECK_INT(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (int64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* The connection stays in the queue, so its listener is ready all the time. */
static void a_refused_accept_does_not_spin(void)
{
    enum { WATCH_MS = 1000, MOST_MS = 400 };
    struct herd_proc herd;
    struct client client;
    if (!no_accept_possible()) {
        note("not tried: this system lets nobody refuse accept()");
        return;
    }
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    child_prepare = no_accept;
    bool started = herd_proc_start(&herd, GOLOMAN);
    child_prepare = NULL;
    if (CHECK(started) && CHECK(herd_proc_connect(&herd, GOLOMAN, &client))) {
        struct pollfd nothing = {.fd = -1};
        int64_t before = children_ms(), until = now_ms() + WATCH_MS;
        CHECK(links_wait_log(&herd, GOLOMAN, "new client connections wait: accept: "));
        while (now_ms() < until)
            (void)poll(&nothing, 1, (int)(until - now_ms()));
        CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
        int64_t used = children_ms() - before;
        note("a server that may not accept used %d ms in %d ms", (int)used, WATCH_MS);
        CHECK(used < MOST_MS);
        client_close(&client);
    }
    herd_proc_close(&herd);
}

const struct check_test test_admission[] = {
    {"strangers_at_both_ends", strangers_at_both_ends},
    {"strangers_that_do_not_leave", strangers_that_do_not_leave},
    {"a_neighbours_address_is_known", a_neighbours_address_is_known},
    {"clients_take_no_slots_of_other_roles", clients_take_no_slots_of_other_roles},
    {"silent_clients_keep_nobody_out", silent_clients_keep_nobody_out},
    {"an_address_has_a_limit", an_address_has_a_limit},
    {"control_connections_wait", control_connections_wait},
    {"open_files_are_limited", open_files_are_limited},
    {"a_refused_accept_does_not_spin", a_refused_accept_does_not_spin},
    {NULL, NULL},
};
