/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

extern const struct check_test test_fetch_reuse[];

/* ---- connections ---- */

static void connections_are_reused(void)
{
    for (size_t most = 0; most < 3; most++) {
        struct stub stub;
        struct io_fetch_setup setup = usual;
        setup.connects_max = most;
        CHECK_LABEL("%zu kept", most);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            if (CHECK(open_fetch(&setup, "127.0.0.1", stub.port)))
                for (int i = 0; i < 5; i++) {
                    const struct result *r = fetch_one("q=1");
                    CHECK_INT(r->status, 200);
                    CHECK_SLICE(herd_slice(r->body, r->len), HERD_LIT("hello"));
                }
            CHECK_INT(stub.requests, 5);
            CHECK_INT(stub.accepted, most == 0 ? 5 : 1);
            stub_close(&stub);
        }
        close_all();
    }
}

/* A kept connection breaks when it is used again: libcurl would repeat the request by
 * itself on a new one, and the owner, who counts requests, would not know. */
static void requests_are_not_repeated(void)
{
    struct stub stub;
    if (open_stub(&stub, &usual, OK_REPLY)) {
        CHECK_INT(fetch_one("q=1")->status, 200);
        stub.reply = HERD_LIT("");
        stub.hang_up = true;
        const struct result *r = fetch_one("q=2");
        CHECK_INT(r->status, 0);
        CHECK_STR(r->error, "the connection broke before a reply came");
        CHECK_INT(stub.requests, 2);
        stub.reply = HERD_LIT(OK_REPLY);
        CHECK_INT(fetch_one("q=3")->status, 200);
        CHECK_INT(stub.requests, 3);
    }
    close_stub(&stub);
}

static void fifty_at_once(void)
{
    enum { COUNT = 50 };
    struct fake fake;
    REQUIRE(fake_start(&fake, "delay=100"));
    if (open_loop() && CHECK(open_fetch(&usual, "127.0.0.1", fake.port))) {
        bool seen[COUNT] = {false};
        int64_t begin = fake_now_ms();
        for (int i = 0; i < COUNT; i++)
            CHECK_INT(start((uint64_t)i, "location=9,9&radius=5"), HERD_OK);
        CHECK(turn_until(COUNT, NULL, 0));
        int64_t took = fake_now_ms() - begin;
        CHECK_LABEL("%d ms, %d turns", (int)took, run.turns);
        CHECK(took >= 100 && took < 2000);
        CHECK(run.turns < 1000);
        for (int i = 0; i < run.done && i < COUNT; i++) {
            CHECK_INT(run.results[i].status, 200);
            seen[run.results[i].id % COUNT] = true;
        }
        for (int i = 0; i < COUNT; i++)
            CHECK(seen[i]);
    }
    close_all();
    fake_stop(&fake, SIGTERM);
}

/* ---- much -------------------------------------------------------------------------- */

/* After four at once, two connections are kept. */
static void no_more_are_kept(void)
{
    struct stub stub;
    struct io_fetch_setup setup = usual;
    setup.connects_max = 2;
    if (open_stub(&stub, &setup, OK_REPLY))
        for (int round = 0; round < 2; round++) {
            stub.hold = true;
            for (uint64_t id = 0; id < 4; id++)
                CHECK_INT(start(id, ""), HERD_OK);
            CHECK(turn_until(0, &stub, 4 * round + 4));
            stub.hold = false;
            stub_go_on(&stub);
            CHECK(turn_until(4 * round + 4, NULL, 0));
            CHECK_INT(stub.accepted, round == 0 ? 4 : 6);
        }
    close_stub(&stub);
}

/* Eight at a time, thousands in all: no more connections than are kept, no memory that
 * grows, no descriptor left. */
static void thousands(void)
{
    enum { TOTAL = 4000, AT_ONCE = 8 };
    struct stub stub;
    struct io_fetch_setup setup = usual;
    setup.connects_max = AT_ONCE;
    if (open_stub(&stub, &setup, OK_REPLY)) {
        int started = 0;
        size_t most = 0;
        struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), 60000);
        while (run.total < TOTAL && !herd_mono_reached(io_clock_mono(), limit)) {
            for (; started < TOTAL && started - run.total < AT_ONCE; started++)
                CHECK_INT(start((uint64_t)started, "a=1"), HERD_OK);
            turn(limit);
            if (started <= TOTAL / 4 && run.fail.live > most)
                most = run.fail.live;
        }
        CHECK_INT(run.total, TOTAL);
        CHECK_INT(stub.requests, TOTAL);
        CHECK_INT(stub.accepted, AT_ONCE);
        CHECK_INT((int64_t)io_fetch_count(run.fetch).connects, stub.accepted);
        CHECK(run.fail.live <= most);
        CHECK_INT((int64_t)io_fetch_count(run.fetch).spin_pauses, 0);
    }
    close_stub(&stub);
}

/* ---- names ------------------------------------------------------------------------- */

/* The name of this machine, if a local file resolves it: other lookups would leave the
 * machine. */
static bool own_name(char *name, size_t size)
{
    char line[512];
    bool found = false;
    FILE *in = fopen("/etc/hosts", "r");
    bool named = gethostname(name, size) == 0 && strcasecmp(name, "localhost") != 0;
    name[size - 1] = '\0';
    while (named && !found && in != NULL && fgets(line, sizeof line, in) != NULL) {
        const char *at = strstr(line, name);
        found = line[0] != '#' && at != NULL && at > line &&
                isspace((unsigned char)at[-1]) && isspace((unsigned char)at[strlen(name)]);
    }
    if (in != NULL)
        fclose(in);
    return found;
}

/* libcurl looks the name up in a thread, whose descriptor wakes the loop: no error of the
 * resolver, few turns, no pause of 50 ms. No TLS server listens there. */
static void name_is_looked_up(void)
{
    char name[256], url[300];
    struct stub stub;
    struct io_fetch_setup setup = usual;
    if (!own_name(name, sizeof name)) {
        printf(" (skipped: /etc/hosts does not name this machine) ");
        return;
    }
    snprintf(url, sizeof url, "https://%s:1/x", name);
    setup.url = url;
    setup.timeout_ms = 1500;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
        if (CHECK(open_fetch(&setup, "", 0))) {
            const struct result *r = fetch_one("");
            CHECK_INT(r->status, 0);
            CHECK_LABEL("%s", r->error);
            CHECK(strstr(r->error, "connect") != NULL);
            CHECK(strstr(r->error, "resolve") == NULL);
            CHECK(run.turns < 200);
            CHECK_INT((int64_t)io_fetch_count(run.fetch).spin_pauses, 0);
            CHECK_INT(start(1, ""), HERD_OK); /* and cancelled while it is looked up */
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(2, ""), HERD_OK);
            turn(HERD_NEVER);
            io_fetch_free(run.fetch); /* or freed */
            run.fetch = NULL;
        }
        stub_close(&stub);
    }
    close_all();
}

const struct check_test test_fetch_reuse[] = {
    {"fetch connections are reused", connections_are_reused},
    {"fetch does not repeat requests by itself", requests_are_not_repeated},
    {"fetch fifty at once", fifty_at_once},
    {"fetch keeps no more than connects_max", no_more_are_kept},
    {"fetch thousands", thousands},
    {"fetch name is looked up", name_is_looked_up},
    {NULL, NULL},
};
