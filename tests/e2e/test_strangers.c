/* SPDX-License-Identifier: ISC */
/* What one anonymous client can do to a herd of five: fool it with its clock, fill it. */
#include "check.h"
#include "herd_proc.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { GOLOMAN = 0, WELSH = 3, SERVERS = 5 };

/* ---- clocks ---- */

/* Whether all servers hold this record of k in time. Asking costs an upstream request, so
 * the fakes' absence is an answer, too: only the first line counts. */
static bool all_hold(struct client clients[SERVERS], const char *record)
{
    for (int i = 0; i < SERVERS; i++) {
        int64_t until = now_ms() + WAIT_MS;
        bool has = false;
        while (!has && now_ms() < until) {
            struct herd_slice reply;
            if (!client_say(&clients[i], "WHATSAT k 1 1\n") ||
                !client_reply(&clients[i], &reply))
                return false;
            has = reply.len > strlen(record) &&
                  memcmp(reply.data, record, strlen(record)) == 0;
            if (!has)
                nap();
        }
        if (!has)
            return false;
    }
    return true;
}

static bool report(struct client *client, const char *line, char record[256])
{
    struct herd_slice got;
    bool ok = client_ask(client, line, &got) && got.len < 256;
    snprintf(record, 256, "%.*s", ok ? (int)got.len : 0, ok ? got.data : "");
    return ok && strncmp(record, "AT ", 3) == 0;
}

/* The year 2262 at one server; then another far future at another one. Of two clocks that
 * are far ahead the order of receipt decides, though the first time is the later one. */
static void a_far_future_is_no_end(void)
{
    struct herd_proc herd;
    struct client clients[SERVERS];
    char first[256], second[256], honest[256], line[64];
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    for (uint32_t i = 0; i < SERVERS; i++)
        CHECK(herd_proc_connect(&herd, i, &clients[i]));
    CHECK(report(&clients[GOLOMAN], "IAMAT k +1+1 9223372036.854775807\n", first));
    CHECK(all_hold(clients, first));
    CHECK(report(&clients[WELSH], "IAMAT k +2+2 4102444800\n", second));
    CHECK(all_hold(clients, second));
    /* For a minute a clock that is right is hidden, and a repeated report changes nothing.
     */
    CHECK(report(&clients[GOLOMAN], "IAMAT k +3+3 4102444800\n", first));
    snprintf(line, sizeof line, "IAMAT k +4+4 %lld\n", (long long)time(NULL));
    CHECK(report(&clients[GOLOMAN], line, honest));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "reports_stale"), 2);
    CHECK(all_hold(clients, second));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "reports_stored"), 1);
    for (uint32_t i = 0; i < SERVERS; i++)
        client_close(&clients[i]);
    herd_proc_close(&herd);
}

/* ---- memory ---- */

enum {
    LIMIT_KB = 4096,
    IDS = 100000, /* without a limit they take 44 MB */
    AT_ONCE = 200,
    ID = 255,
    LINE = ID + 32,
    GROWTH_MAX_KB = 16 * 1024,
};

static bool flood(struct client *client)
{
    char *text = malloc(AT_ONCE * LINE);
    struct herd_slice got;
    bool ok = text != NULL;
    for (int first = 0; ok && first < IDS; first += AT_ONCE) {
        size_t len = 0;
        for (int i = 0; i < AT_ONCE; i++)
            len += (size_t)snprintf(text + len, AT_ONCE * LINE - len,
                                    "IAMAT %0*d +1+1 1700000000\n", ID, first + i);
        ok = client_send(client, herd_slice(text, len));
        for (int i = 0; ok && i < AT_ONCE; i++)
            ok = client_line(client, &got);
    }
    free(text);
    return ok;
}

static bool digest_of(const struct herd_proc *herd, uint32_t i, char digest[64])
{
    struct client control;
    struct herd_slice text;
    bool ok = herd_proc_status(herd, i, &control, &text);
    const char *at = NULL;
    for (size_t n = 0; ok && at == NULL && n + 24 < text.len; n++)
        if (memcmp(text.data + n, "\ndigest ", 8) == 0)
            at = text.data + n + 8;
    snprintf(digest, 64, "%.16s", at != NULL ? at : "");
    if (ok)
        client_close(&control);
    return at != NULL;
}

static bool all_agree(const struct herd_proc *herd)
{
    int64_t until = now_ms() + WAIT_MS;
    uint32_t equal = 0;
    while (equal < SERVERS && now_ms() < until) {
        char first[64], other[64];
        equal = digest_of(herd, 0, first);
        while (equal > 0 && equal < SERVERS && digest_of(herd, equal, other) &&
               strcmp(first, other) == 0)
            equal++;
        if (equal < SERVERS)
            nap();
    }
    return equal == SERVERS;
}

/* One connection, ids that never come twice, as fast as it goes. */
static void a_flood_of_ids_is_refused(void)
{
    struct herd_proc herd;
    struct client client;
    char record[256];
    int64_t before_kb[SERVERS];
    REQUIRE(herd_proc_run(&herd, "ucla-2018", "memory-max 4194304\nlog-traffic no\n"));
    CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(report(&client, "IAMAT k +1+1 1700000000\n", record));
    for (uint32_t i = 0; i < SERVERS; i++)
        before_kb[i] = herd_proc_memory_kb(&herd, i);
    CHECK(flood(&client));
    CHECK(all_agree(&herd));
    CHECK(herd_proc_count(&herd, GOLOMAN, "reports_refused_memory_max") > IDS / 2);
    for (uint32_t i = 0; i < SERVERS; i++) {
        int64_t grown_kb = herd_proc_memory_kb(&herd, i) - before_kb[i];
        CHECK_LABEL("server %u", (unsigned)i);
        CHECK(herd_proc_count(&herd, i, "store_bytes") <= (LIMIT_KB + 64) * 1024);
        CHECK(herd_proc_count(&herd, i, "store_bytes") > LIMIT_KB / 2 * 1024);
        CHECK(before_kb[i] < 0 || grown_kb < GROWTH_MAX_KB);
        CHECK_INT(herd_proc_count(&herd, i, "links_down"), 0);
        note("server %u: %d kB more", (unsigned)i, (int)grown_kb);
    }
    /* A client that is known is served as before. */
    CHECK(report(&client, "IAMAT k +34.068930-118.445127 1700000001.5\n", record));
    CHECK(all_agree(&herd));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "reports_stale"), 0);
    client_close(&client);
    herd_proc_close(&herd);
}

const struct check_test test_strangers[] = {
    {"a_far_future_is_no_end", a_far_future_is_no_end},
    {"a_flood_of_ids_is_refused", a_flood_of_ids_is_refused},
    {NULL, NULL},
};
