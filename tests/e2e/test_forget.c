/* SPDX-License-Identifier: ISC */
/* A client is forgotten, by one server, and so by the whole herd. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "links.h"
#include "mem_scan.h"
#include "places_proc.h"
#include "shell.h"
#include "wait.h"

#include <stdio.h>

enum { GOLOMAN, HANDS, HOLIDAY, WELSH, WILKES, SERVERS };

static void check_unknown(const struct herd_proc *herd, const char *query)
{
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        struct client client;
        struct herd_slice got;
        CHECK_LABEL("%s", herd->conf.servers[i].name);
        if (CHECK(herd_proc_connect(herd, i, &client)) &&
            CHECK(client_ask(&client, query, &got)))
            CHECK(got.len > 2 && memcmp(got.data, "? ", 2) == 0);
        client_close(&client);
    }
    CHECK_LABEL("%s", "");
}

static int64_t digest_sum(const struct herd_proc *herd)
{
    int64_t differ = 0;
    struct client control;
    struct herd_slice text;
    char first[32] = "";
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        if (!CHECK(herd_proc_status(herd, i, &control, &text)))
            return -1;
        const char *at = bytes_find(text, HERD_LIT("\ndigest "));
        if (i == 0 && CHECK(at != NULL))
            memcpy(first, at, 24);
        differ += at == NULL || memcmp(first, at, 24) != 0;
        client_close(&control);
    }
    return differ;
}

/* Everywhere, and for good: no server that comes back has it, or brings it back. */
static void by_the_whole_herd(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(
        herd_proc_report(&herd, WILKES, "IAMAT kiwi +34.068930-118.445127 1621464827.9\n"));
    CHECK(herd_proc_report(&herd, WILKES, "IAMAT other +35-119 1621464827.9\n"));
    CHECK(links_wait_clients(&herd, 2, 0));
    shell_expect(shell(herd.dir, "herdctl -s Goloman forget kiwi"), 0,
                 "FORGOT Goloman +0.000000000 kiwi ", NULL);
    CHECK(links_wait_clients(&herd, 1, 1));
    check_unknown(&herd, "WHATSAT kiwi 10 5\n");
    for (uint32_t i = 0; i < SERVERS; i++) {
        CHECK_INT(herd_proc_stop(&herd, i, i % 2 == 0 ? SIGTERM : SIGKILL),
                  i % 2 == 0 ? 0 : -SIGKILL);
        CHECK(herd_proc_start(&herd, i) && herd_proc_wait_links(&herd));
        CHECK(links_wait_clients(&herd, 1, 1));
    }
    check_unknown(&herd, "WHATSAT kiwi 10 5\n");
    CHECK_INT(digest_sum(&herd), 0);
    CHECK_INT(links_sum(&herd, "digest_mismatches"), 0);
    CHECK(herd_proc_report(&herd, HANDS, "IAMAT kiwi +36-120 9000000000\n"));
    CHECK(links_wait_clients(&herd, 2, 0));
    herd_proc_close(&herd);
}

static void herdctl_forget(void)
{
    static const struct shell_case cases[] = {
        {"herdctl forget a b", 0, "FORGOT Hands +0.000000000 a ", NULL},
        {"herdctl forget a b | wc -l | tr -d ' '", 0, "2\n", NULL},
        {"herdctl -v -s Hands forget a", 0, "FORGOT Hands ", "> FORGET a\n< FORGOT Hands "},
        {"HERD_SERVER=Hands herdctl forget a", 0, "FORGOT Hands ", NULL},
        {"herdctl --json forget a -b", 0, "\"forgotten\":\ttrue", NULL},
        {"herdctl --json forget a | grep -c '\"record\":.\"FORGOT Hands '", 0, "1\n", NULL},
        {"herdctl --json forget a | grep -c '\"server\":.\"Hands\"'", 0, "1\n", NULL},
        {"herdctl forget a $(printf '%8170s' x | tr ' ' x) b | cut -c 1-8", 0,
         "FORGOT H\n? FORGET\nFORGOT H\n", NULL},
        {"herdctl forget $(printf '%8170s' x | tr ' ' x)", 1, "? FORGET xxx", NULL},
        {"herdctl --json forget $(printf '%8170s' x | tr ' ' x)", 1,
         "\"forgotten\":\tfalse", NULL},
        {"herdctl forget $(printf '%9000s' x | tr ' ' x)", 1, NULL, "is too long"},
        {"herdctl forget", 2, NULL, "usage: forget CLIENT..."},
        {"herdctl forget ''", 2, NULL, "CLIENT is empty"},
        {"herdctl forget a 'b c'", 2, NULL, "CLIENT \"b c\" contains white space"},
        {"herdctl forget \"$(printf 'a\\nSTATUS')\"", 2, NULL, "contains white space"},
        {"herdctl -s 127.0.0.1:1 forget a", 2, NULL, "forget needs the name of a server"},
        {"herdctl -s Nobody forget a", 2, NULL, "no server \"Nobody\""},
        {"herdctl -s Goloman forget a", 3, NULL, "Goloman"},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    shell_expect(shell(herd.dir, "herdctl forget a"), 3, NULL, "no server of ");
    CHECK(herd_proc_start(&herd, HANDS));
    SHELL_CHECK(herd.dir, cases);
    CHECK_INT(herd_proc_count(&herd, HANDS, "clients_forgotten"), 3);
    herd_proc_close(&herd);
}

/* ---- memory ---- */

static int64_t copies(const struct herd_proc *herd, bool each)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < SERVERS; i++) {
        int64_t n = mem_scan(herd->server[i].pid, HERD_LIT("4068931")) +
                    mem_scan(herd->server[i].pid, HERD_LIT("8445127"));
        note("%s: %d copies of the location\n", herd->conf.servers[i].name, (int)n);
        CHECK_LABEL("%s", herd->conf.servers[i].name);
        if (each)
            CHECK(n > 0);
        sum += n;
    }
    CHECK_LABEL("%s", "");
    return sum;
}

/* After FORGET no server has the location in its memory, in no buffer and not in what was
 * freed. */
static void no_memory_holds_it(void)
{
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(places_proc_start(&places));
    REQUIRE(herd_proc_open(&herd, "ucla-2018", places.conf_line));
    herd.key = "no-secret";
    REQUIRE(herd_proc_start_all(&herd));
    if (mem_scan(herd.server[0].pid, HERD_LIT("no such bytes")) < 0) {
        printf("cannot be tested here: the memory of other processes cannot be read ... ");
        herd_proc_close(&herd);
        places_proc_stop(&places);
        return;
    }
    CHECK(herd_proc_report(&herd, WILKES,
                           "IAMAT kiwi +34.4068931-118.8445127 1621464827.9\n"));
    CHECK(links_wait_clients(&herd, 1, 0));
    CHECK(herd_proc_connect(&herd, WELSH, &client));
    CHECK(client_say(&client, "WHATSAT kiwi 10 5\n") && client_reply(&client, &got));
    CHECK_INT(herd_proc_count(&herd, WELSH, "requests_started"), 1);
    CHECK(copies(&herd, true) >= SERVERS);
    shell_expect(shell(herd.dir, "herdctl -s Goloman forget kiwi"), 0, "FORGOT ", NULL);
    CHECK(links_wait_clients(&herd, 0, 1));
    CHECK_INT(copies(&herd, false), 0);
    client_close(&client);
    herd_proc_close(&herd);
    places_proc_stop(&places);
}

const struct check_test test_forget[] = {
    {"no memory holds a forgotten location", no_memory_holds_it},
    {"a client is forgotten by the whole herd", by_the_whole_herd},
    {"herdctl forget", herdctl_forget},
    {NULL, NULL},
};
