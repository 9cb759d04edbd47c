/* SPDX-License-Identifier: ISC */
/* Many who send, or are sent, much: others are served meanwhile, links stay up, and memory
 * has a bound. */
#include "check.h"
#include "descriptors.h"
#include "herd_proc.h"
#include "pace.h"
#include "places_proc.h"
#include "swarm.h"
#include "wait.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* ---- many that send ---- */

enum { FLOODERS = 300, PIECE = 16384, FLOOD_MS = 6000, SERVED_LEAST = 50 };

struct flood {
    struct client of[FLOODERS];
    struct pollfd fds[FLOODERS];
    int count;
    int64_t taken, heard; /* bytes */
    int closed;
};

static bool flood_open(struct flood *flood, const struct herd_proc *herd)
{
    bool ok = true;
    memset(flood, 0, sizeof *flood);
    flood->count = descriptors_for(FLOODERS, 4); /* the server has the same limit */
    for (int i = 0; i < flood->count; i++) {
        ok = herd_proc_connect(herd, 0, &flood->of[i]) && ok;
        flood->fds[i] = (struct pollfd){flood->of[i].fd, POLLIN | POLLOUT, 0};
        ok = ok && fcntl(flood->of[i].fd, F_SETFL, O_NONBLOCK) == 0;
    }
    return ok;
}

static void flood_close(struct flood *flood)
{
    for (int i = 0; i < flood->count; i++)
        client_close(&flood->of[i]);
}

/* Each sends lines without a word, as many as it can, and reads what comes. */
static void flood_run(struct flood *flood, int64_t ms)
{
    static char lines[PIECE], heard[65536];
    int64_t until = now_ms() + ms;
    memset(lines, '\n', sizeof lines);
    while (now_ms() < until && poll(flood->fds, (nfds_t)flood->count, 100) >= 0) {
        for (int i = 0; i < flood->count; i++) {
            struct pollfd *at = &flood->fds[i];
            ssize_t got = at->revents & POLLIN ? recv(at->fd, heard, sizeof heard, 0) : 1;
            ssize_t put = at->revents & POLLOUT ? send(at->fd, lines, PIECE, 0) : 0;
            flood->heard += at->revents & POLLIN && got > 0 ? got : 0;
            flood->taken += put > 0 ? put : 0;
            flood->closed += got == 0;
            if (got == 0)
                at->fd = -1;
        }
    }
}

/* A turn in which each of them is read and answered in full takes seconds. */
static void many_that_send_much(void)
{
    static struct flood flood;
    struct herd_proc herd;
    struct pace pace;
    struct pace_figures figures;
    REQUIRE(herd_proc_run(&herd, "ucla-2018",
                          "log-traffic no\nlink-ping-ms 500\nlink-timeout-ms 3000\n"));
    CHECK(flood_open(&flood, &herd));
    CHECK(pace_begin(&pace, herd.client[0].number));
    flood_run(&flood, FLOOD_MS);
    CHECK(pace_end(&pace, &figures));
    CHECK_INT(figures.bad, 0);
    CHECK(figures.count >= SERVED_LEAST);
    CHECK_INT(flood.closed, 0);
    CHECK(flood.heard > 0);
    for (uint32_t i = 0; i < herd.conf.server_count; i++)
        CHECK_INT(herd_proc_count(&herd, i, "links_timed_out"), 0);
    note("%d that send line feeds: %lld lines; another client: %d replies, p50 %.1f ms, "
         "p99 %.1f ms, most %.1f ms",
         flood.count, (long long)flood.heard / 3, (int)figures.count,
         (double)figures.p50_us / 1000, (double)figures.p99_us / 1000,
         (double)figures.most_us / 1000);
    flood_close(&flood);
    herd_proc_close(&herd);
}

/* ---- many that are sent much ---- */

enum { ASKERS = 100, GROWTH_MAX_KB = 64 * 1024 };

/* One large answer for many queries: all get it, and the server never holds it once for
 * each. */
static void many_that_are_sent_much(void)
{
    static const char *const args[] = {"--fault", "huge=900000", "--delay-ms", "300", NULL};
    int askers = descriptors_for(ASKERS, 4); /* the server has the same limit */
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    struct swarm swarm;
    struct pace pace;
    struct pace_figures figures;
    struct herd_slice got;
    char conf[512];
    REQUIRE(places_proc_start_with(&places, args));
    snprintf(conf, sizeof conf, "%slog-traffic no\n", places.conf_line);
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf) && herd_proc_start(&herd, 0));
    REQUIRE(swarm_init(&swarm));
    CHECK(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT a +1+1 1\n", &got));
    int64_t before = herd_proc_peak_kb(&herd, 0);
    for (int i = 0; i < askers; i++)
        CHECK(swarm_add(&swarm, herd.client[0].number, "WHATSAT a 5 20\n"));
    CHECK(pace_begin(&pace, herd.client[0].number));
    CHECK_INT((int64_t)swarm_run(&swarm, WAIT_MS), askers);
    CHECK(pace_end(&pace, &figures));
    CHECK_INT(figures.bad, 0);
    for (int i = 0; i < askers; i++)
        CHECK(swarm_reply(&swarm, (size_t)i).len > 900000);
    int64_t grown = herd_proc_peak_kb(&herd, 0) - before;
    CHECK(before < 0 || grown < GROWTH_MAX_KB);
    CHECK_INT(herd_proc_count(&herd, 0, "queries_answered"), askers);
    CHECK_INT(herd_proc_count(&herd, 0, "queries_waiting"), 0);
    note("%d queries with one answer of 900 kB: peak of memory +%d kB; another client: "
         "p99 %.1f ms, most %.1f ms",
         askers, (int)grown, (double)figures.p99_us / 1000, (double)figures.most_us / 1000);
    swarm_free(&swarm);
    client_close(&client);
    herd_proc_close(&herd);
    places_proc_stop(&places);
}

/* ---- many that wait ---- */

/* Queries that share a request count like any others: what is too much is refused, and
 * memory does not grow with it. */
static void many_that_wait(void)
{
    enum { CLIENTS = 100, EACH = 64, ROOM = 1000 };
    static const char *const args[] = {"--delay-ms", "1000", NULL};
    struct places_proc places;
    struct herd_proc herd;
    struct client of[CLIENTS];
    struct herd_slice got;
    struct herd_slice line = HERD_LIT("WHATSAT a 5 20\n");
    char conf[512], ask[EACH * 16];
    REQUIRE(places_proc_start_with(&places, args));
    snprintf(conf, sizeof conf, "%slookups-max 1\nlookups-waiting-max %d\n",
             places.conf_line, ROOM - 1);
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf) && herd_proc_start(&herd, 0));
    for (size_t i = 0; i < EACH; i++)
        memcpy(ask + i * line.len, line.data, line.len);
    for (int i = 0; i < CLIENTS; i++)
        CHECK(herd_proc_connect(&herd, 0, &of[i]));
    CHECK(client_ask(&of[0], "IAMAT a +1+1 1\n", &got));
    for (int i = 0; i < CLIENTS; i++)
        CHECK(client_send(&of[i], herd_slice(ask, EACH * line.len)));
    for (int i = 0; i < CLIENTS; i++)
        for (int k = 0; k < EACH; k++)
            CHECK(client_reply(&of[i], &got));
    CHECK_INT(herd_proc_count(&herd, 0, "queries"), CLIENTS * EACH);
    CHECK_INT(herd_proc_count(&herd, 0, "queries_waiting"), 0);
    CHECK(herd_proc_count(&herd, 0, "queries_answered") >= ROOM);
    CHECK(herd_proc_count(&herd, 0, "queries_refused") > 0);
    for (int i = 0; i < CLIENTS; i++)
        client_close(&of[i]);
    herd_proc_close(&herd);
    places_proc_stop(&places);
}

const struct check_test test_turn[] = {
    {"many_that_send_much", many_that_send_much},
    {"many_that_are_sent_much", many_that_are_sent_much},
    {"many_that_wait", many_that_wait},
    {NULL, NULL},
};
