/* SPDX-License-Identifier: ISC */
/* Clients that mean ill: whatever they do, others are served meanwhile and memory stays
 * flat. */
#include "check.h"
#include "descriptors.h"
#include "files.h"
#include "herd_proc.h"
#include "links.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MEGABYTE = 1 << 20,
    LINE_MAX_BYTES = 4096, /* the default of client-line-max */
    GROWTH_MAX_KB = 16 * 1024,
};

struct rig {
    struct herd_proc herd;
    struct client good; /* somebody who is to be served all the time */
    int asked;
};

static bool rig_open(struct rig *rig, const char *more)
{
    *rig = (struct rig){.good = {.fd = -1}};
    if (!herd_proc_open(&rig->herd, "ucla-2018", more))
        return false;
    if (herd_proc_start(&rig->herd, 0) && herd_proc_connect(&rig->herd, 0, &rig->good))
        return true;
    herd_proc_close(&rig->herd);
    return false;
}

static void rig_close(struct rig *rig)
{
    client_close(&rig->good);
    herd_proc_close(&rig->herd);
}

/* A report and its reply, within a time in which nobody gets impatient. */
static void check_served(struct rig *rig)
{
    enum { PATIENCE_MS = 5000 };
    char line[64];
    struct herd_slice got;
    int64_t start = now_ms();
    snprintf(line, sizeof line, "IAMAT good +1+1 %d\n", ++rig->asked);
    CHECK(client_ask(&rig->good, line, &got));
    CHECK(got.len > 10 && memcmp(got.data, "AT Goloman", 10) == 0);
    CHECK(now_ms() - start < PATIENCE_MS);
}

static void check_memory(const struct rig *rig, int64_t before_kb, const char *what)
{
    int64_t now_kb = herd_proc_memory_kb(&rig->herd, 0);
    if (before_kb < 0 || now_kb < 0)
        return;
    note("%s: memory %d kB, before %d kB", what, (int)now_kb, (int)before_kb);
    CHECK(now_kb - before_kb < GROWTH_MAX_KB);
}

/* ---- lines ---- */

/* The reply has what was read of the line, and nothing more is listened to. */
static void endless_line(void)
{
    enum { TIMES = 20 };
    struct rig rig;
    char *line = malloc(MEGABYTE);
    char want[LINE_MAX_BYTES + 3];
    REQUIRE(line != NULL && rig_open(&rig, ""));
    memset(line, 'x', MEGABYTE);
    memset(want, 'x', sizeof want);
    memcpy(want, "? ", 2);
    want[sizeof want - 1] = '\n';
    int64_t before = herd_proc_memory_kb(&rig.herd, 0);
    for (int i = 0; i < TIMES; i++) {
        struct client client;
        struct herd_slice got;
        CHECK(herd_proc_connect(&rig.herd, 0, &client));
        CHECK(client_send(&client, herd_slice(line, MEGABYTE / 2)));
        check_served(&rig);
        CHECK(client_send(&client, herd_slice(line, MEGABYTE / 2)));
        client_half_close(&client);
        CHECK(client_rest(&client, &got));
        CHECK_SLICE(got, herd_slice(want, sizeof want));
        client_close(&client);
    }
    CHECK_INT(herd_proc_count(&rig.herd, 0, "lines_too_long"), TIMES);
    check_memory(&rig, before, "20 lines of 1 MB");
    free(line);
    rig_close(&rig);
}

/* The longest line that is allowed is a line like any other. */
static void longest_line(void)
{
    struct rig rig;
    struct client client;
    struct herd_slice got;
    char line[LINE_MAX_BYTES + 4];
    REQUIRE(rig_open(&rig, ""));
    memset(line, 'y', sizeof line);
    memcpy(line, "? ", 2);
    line[LINE_MAX_BYTES + 2] = '\n';
    CHECK(herd_proc_connect(&rig.herd, 0, &client));
    for (int i = 0; i < 2; i++) {
        CHECK(client_send(&client, herd_slice(line + 2, LINE_MAX_BYTES + 1)));
        CHECK(client_line(&client, &got));
        CHECK_SLICE(got, herd_slice(line, LINE_MAX_BYTES + 2));
    }
    client_close(&client);
    rig_close(&rig);
}

static void every_byte(void)
{
    struct rig rig;
    struct client client;
    struct herd_slice got;
    REQUIRE(rig_open(&rig, ""));
    CHECK(herd_proc_connect(&rig.herd, 0, &client));
    for (int c = 0; c < 256; c++) {
        char line[] = {'?', ' ', 'a', (char)c, 'b', '\n'};
        CHECK_LABEL("byte %d", c);
        CHECK(client_send(&client, herd_slice(line + 2, 4)));
        if (c == '\n') {
            CHECK(client_line(&client, &got));
            CHECK_SLICE(got, HERD_LIT("? a"));
            CHECK(client_line(&client, &got));
            CHECK_SLICE(got, HERD_LIT("? b"));
        } else {
            CHECK(client_line(&client, &got));
            CHECK_SLICE(got, herd_slice(line, 5));
        }
    }
    client_close(&client);
    rig_close(&rig);
}

/* A name may have any byte but white space and control characters, and is passed on as it
 * is. */
static void every_byte_in_a_name(void)
{
    struct herd_proc herd;
    struct client here, there;
    struct herd_slice got;
    char name[256], line[512], at[512];
    size_t len = 0;
    for (int c = '!'; c < 256; c++)
        if (c != 0x7f)
            name[len++] = (char)c;
    name[len] = '\0';
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(herd_proc_connect(&herd, 0, &here) && herd_proc_connect(&herd, 3, &there));
    snprintf(line, sizeof line, "IAMAT %s +1+1 1\n", name);
    CHECK(client_ask(&here, line, &got));
    CHECK(got.len < sizeof at && memcmp(got.data, "AT Goloman", 10) == 0);
    memcpy(at, got.data, got.len);
    struct herd_slice want = herd_slice(at, got.len);
    int64_t until = now_ms() + WAIT_MS;
    while (herd_proc_count(&herd, 3, "clients_known") == 0 && now_ms() < until)
        nap();
    snprintf(line, sizeof line, "WHATSAT %s 1 1\n", name);
    CHECK(client_ask(&there, line, &got));
    CHECK_SLICE(got, want);
    client_close(&here);
    client_close(&there);
    herd_proc_close(&herd);
}

/* What the server must say to the garbage: each line with "? " before it. */
static struct herd_slice garbage_answers(struct herd_slice garbage)
{
    char *out = malloc(garbage.len * 3 + 4);
    size_t len = 0;
    bool fresh = true;
    for (size_t i = 0; out != NULL && i < garbage.len; i++) {
        if (fresh) {
            out[len++] = '?';
            out[len++] = ' ';
        }
        out[len++] = garbage.data[i];
        fresh = garbage.data[i] == '\n';
    }
    if (out != NULL && !fresh)
        out[len++] = '\n';
    return herd_slice(out, len);
}

static void garbage(void)
{
    enum { TIMES = 20 };
    struct rig rig;
    struct herd_slice bytes = fixture_file("msg/garbage.bin"), got;
    REQUIRE(bytes.len > 0 && rig_open(&rig, ""));
    struct herd_slice want = garbage_answers(bytes);
    int64_t before = herd_proc_memory_kb(&rig.herd, 0);
    for (int i = 0; i < TIMES; i++) {
        struct client client;
        CHECK_LABEL("time %d", i);
        CHECK(herd_proc_connect(&rig.herd, 0, &client));
        CHECK(client_send(&client, bytes));
        client_half_close(&client);
        check_served(&rig);
        CHECK(client_rest(&client, &got));
        CHECK_SLICE(got, want);
        client_close(&client);
    }
    check_memory(&rig, before, "20 times the garbage");
    file_free(bytes);
    file_free(want);
    rig_close(&rig);
}

/* ---- connections ---- */

/* All of them at once, all of them served, and all of them gone. */
static void five_hundred_at_once(void)
{
    enum { MOST = 500, WAVES = 3 };
    struct rig rig;
    static struct client clients[MOST];
    int count = descriptors_for(MOST, 4); /* the server has the same limit */
    struct herd_slice got;
    char line[64];
    int64_t before = -1;
    REQUIRE(rig_open(&rig, ""));
    for (int wave = 0; wave < WAVES; wave++) {
        int served = 0, opened = 0;
        for (int i = 0; i < count; i++)
            opened += herd_proc_connect(&rig.herd, 0, &clients[i]);
        for (int i = 0; i < count; i++) {
            snprintf(line, sizeof line, "IAMAT n%d +1+1 %d\n", i, wave + 1);
            client_say(&clients[i], line);
        }
        check_served(&rig);
        for (int i = count - 1; i >= 0; i--)
            served += client_line(&clients[i], &got) && memcmp(got.data, "AT ", 3) == 0;
        CHECK_INT(opened, count);
        CHECK_INT(served, count);
        CHECK(herd_proc_count(&rig.herd, 0, "connections_open") >= count);
        for (int i = 0; i < count; i++)
            client_close(&clients[i]);
        if (wave == 0)
            before = herd_proc_memory_kb(&rig.herd, 0);
    }
    int64_t until = now_ms() + WAIT_MS;
    while (herd_proc_count(&rig.herd, 0, "connections_open") > 2 && now_ms() < until)
        nap();
    CHECK_INT(herd_proc_count(&rig.herd, 0, "connections_open"), 2);
    check_memory(&rig, before, "500 connections, the second and third time");
    rig_close(&rig);
}

/* With no slot left each new one takes that of the longest idle one, and a client that is
 * not idle keeps its own. */
static void more_than_connections_max(void)
{
    enum { SLOTS = 8, COMING = 24 };
    struct rig rig;
    struct client clients[COMING];
    struct herd_slice got;
    REQUIRE(rig_open(&rig, "connections-max 8\n"));
    check_served(&rig);
    for (int i = 0; i < COMING; i++) {
        CHECK(herd_proc_connect(&rig.herd, 0, &clients[i]));
        CHECK(client_ask(&clients[i], "hello\n", &got));
        check_served(&rig);
    }
    for (int i = 0; i < COMING; i++) {
        CHECK(i <= COMING - SLOTS ? client_is_closed(&clients[i])
                                  : client_ask(&clients[i], "hello\n", &got));
        client_close(&clients[i]);
    }
    check_served(&rig);
    rig_close(&rig);
}

/* ---- slow ones ---- */

/* Sends commands for ever and reads nothing. It is not read any more after a while, and
 * closed in the end. */
static void never_reads(void)
{
    enum { PATIENCE_MS = 100, MEGABYTES_MAX = 64 };
    static const char command[] = "IAMAT a +1+1 1\nWHATSAT a 5 5\n?\n\n";
    struct rig rig;
    struct client bad[2];
    struct herd_slice got;
    char *text = malloc(MEGABYTE);
    REQUIRE(text != NULL && rig_open(&rig, "output-stall-ms 1000\nlog-traffic no\n"));
    size_t len = 0;
    for (; len + sizeof command < MEGABYTE; len += sizeof command - 1)
        memcpy(text + len, command, sizeof command - 1);
    check_served(&rig);
    int64_t before = herd_proc_memory_kb(&rig.herd, 0);
    for (int i = 0; i < 2; i++) {
        size_t taken = len, megabytes = 0;
        CHECK(herd_proc_connect(&rig.herd, 0, &bad[i]));
        for (; taken == len && megabytes < MEGABYTES_MAX; megabytes++) {
            taken = client_push(&bad[i], herd_slice(text, len), PATIENCE_MS);
            check_served(&rig);
        }
        note("a client that never reads was heard for %d MB", (int)megabytes);
        CHECK(megabytes < MEGABYTES_MAX);
    }
    check_memory(&rig, before, "two clients that never read");
    for (int i = 0; i < 2; i++) {
        int64_t until = now_ms() + WAIT_MS;
        while (herd_proc_count(&rig.herd, 0, "connections_open") > 2 && now_ms() < until)
            nap();
        CHECK(client_is_closed(&bad[i]));
        client_close(&bad[i]);
    }
    CHECK(client_ask(&rig.good, "still here\n", &got));
    check_memory(&rig, before, "two clients that never read, after their end");
    free(text);
    rig_close(&rig);
}

/* A byte now and then: the line must end within its time, counted from its first byte. */
static void never_finishes_a_line(void)
{
    struct rig rig;
    struct client bad;
    REQUIRE(rig_open(&rig, "client-half-line-ms 300\n"));
    CHECK(herd_proc_connect(&rig.herd, 0, &bad));
    int64_t start = now_ms();
    while (client_push(&bad, HERD_LIT("x"), 1) == 1 && now_ms() - start < WAIT_MS)
        nap();
    CHECK(client_is_closed(&bad));
    CHECK(now_ms() - start < WAIT_MS);
    CHECK_INT(herd_proc_count(&rig.herd, 0, "lines_too_slow"), 1);
    client_close(&bad);
    check_served(&rig);
    rig_close(&rig);
}

/* Connects, says half a word, and goes: thousands of times. */
static void comes_and_goes(void)
{
    enum { WARM = 200, TIMES = 2000 };
    struct rig rig;
    int64_t before = -1;
    REQUIRE(rig_open(&rig, "log-traffic no\n"));
    for (int i = 0; i < TIMES; i++) {
        struct client bad;
        if (i == WARM)
            before = herd_proc_memory_kb(&rig.herd, 0);
        if (!herd_proc_connect(&rig.herd, 0, &bad) || !client_say(&bad, "IAMAT x +1"))
            break;
        client_close(&bad);
    }
    check_served(&rig);
    CHECK(links_wait_count(&rig.herd, 0, "clients_accepted", TIMES));
    check_memory(&rig, before, "2000 short visits");
    rig_close(&rig);
}

const struct check_test test_hostile[] = {
    {"endless_line", endless_line},
    {"longest_line", longest_line},
    {"every_byte", every_byte},
    {"every_byte_in_a_name", every_byte_in_a_name},
    {"garbage", garbage},
    {"five_hundred_at_once", five_hundred_at_once},
    {"more_than_connections_max", more_than_connections_max},
    {"never_reads", never_reads},
    {"never_finishes_a_line", never_finishes_a_line},
    {"comes_and_goes", comes_and_goes},
    {NULL, NULL},
};
