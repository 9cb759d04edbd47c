/* SPDX-License-Identifier: ISC */
/* How links end and come back: servers that hang, neighbours that do not read, broken
 * connections, and what is sent again after that. */
#include "io/portable.h"

#include "check.h"
#include "files.h"
#include "links.h"
#include "load.h"
#include "peer_talk.h"
#include "relay.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { GOLOMAN = 0, HANDS = 1, HOLIDAY = 2, WELSH = 3, WILKES = 4 };

#define QUICK "link-ping-ms 200\nlink-timeout-ms 1000\n"

static uint32_t bit(uint32_t i)
{
    return UINT32_C(1) << i;
}

/* Reports about all clients at server i, answered. */
static bool report_all(struct load *load, uint32_t i, int64_t serial)
{
    bool ok = true;
    for (unsigned k = 0; ok && k < REPORTS_CLIENTS; k++)
        ok = load_send(load, i, k, serial);
    return ok && load_collect(load, i);
}

/* All servers that run hold what all of them have answered. */
static bool settle(struct load *load)
{
    struct records want;
    uint32_t members = 0;
    for (uint32_t i = 0; i < load->herd->conf.server_count; i++)
        members |= load->conn[i].fd >= 0 ? bit(i) : 0;
    load_best(load, members, &want);
    return records_settle(load->conn, members, &want, NULL);
}

/* ---- servers that hang ---- */

/* For longer than link-timeout-ms: its neighbours give it up, and go on without it. */
static void hangs_for_long(void)
{
    static const uint32_t neighbours[] = {GOLOMAN, HANDS, HOLIDAY};
    static struct load load, others;
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", QUICK));
    REQUIRE(load_open(&load, &herd));
    CHECK(report_all(&load, WILKES, 1) && settle(&load));
    CHECK(kill(herd.server[WILKES].pid, SIGSTOP) == 0);
    int64_t start = now_ms();
    REQUIRE(load_open(&others, &herd));
    load_disconnect(&others, WILKES);
    CHECK(report_all(&others, GOLOMAN, 2) && settle(&others));
    for (size_t k = 0; k < sizeof neighbours / sizeof neighbours[0]; k++) {
        CHECK(links_wait_count(&herd, neighbours[k], "links_timed_out", 1));
        CHECK(links_wait_status(&herd, neighbours[k], "link Wilkes down - 0 ", ""));
        CHECK(links_wait_log(&herd, neighbours[k],
                             "link to Wilkes is down: nothing was heard"));
    }
    note("a server hangs: its three neighbours had given it up after %d ms",
         (int)(now_ms() - start));
    CHECK(report_all(&others, WELSH, 3) && settle(&others));
    CHECK(kill(herd.server[WILKES].pid, SIGCONT) == 0);
    CHECK(herd_proc_wait_links(&herd));
    CHECK(report_all(&load, WELSH, 4) && settle(&load));
    CHECK_INT(links_sum(&herd, "repairs"), 0);
    load_close(&others);
    load_close(&load);
    herd_proc_close(&herd);
}

/* For a few heartbeats, which is less than link-timeout-ms: nothing happens. */
static void hangs_for_a_moment(void)
{
    enum { NEIGHBOURS = 3, MISSED = 4 };
    static struct load load;
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", "link-ping-ms 100\nlink-timeout-ms 10000\n"));
    REQUIRE(load_open(&load, &herd));
    CHECK(kill(herd.server[WILKES].pid, SIGSTOP) == 0);
    CHECK(report_all(&load, GOLOMAN, 1));
    int64_t pings = herd_proc_count(&herd, GOLOMAN, "pings_sent");
    CHECK(links_wait_count(&herd, GOLOMAN, "pings_sent", pings + NEIGHBOURS * MISSED));
    CHECK(kill(herd.server[WILKES].pid, SIGCONT) == 0);
    CHECK(settle(&load));
    pings = herd_proc_count(&herd, WILKES, "pings_sent");
    CHECK(links_wait_count(&herd, WILKES, "pings_sent", pings + NEIGHBOURS));
    CHECK_INT(links_sum(&herd, "links_timed_out"), 0);
    CHECK_INT(links_sum(&herd, "links_down"), 0);
    CHECK_INT(links_sum(&herd, "repairs"), 0);
    load_close(&load);
    herd_proc_close(&herd);
}

/* ---- neighbours that do not read ---- */

/* One server, and the test as its neighbour with little room. */
struct rig {
    struct herd_proc herd;
    struct peer_talk peer;
    struct client client;
};

static bool rig_open(struct rig *rig, const char *more)
{
    struct peer_self self = {
        .from = "Holiday", .to = "Goloman", .boot = 0xa1, .receive_buffer = 4096};
    rig->client.fd = rig->peer.conn.fd = -1;
    if (!herd_proc_open(&rig->herd, "ucla-2018", more))
        return false;
    if (herd_proc_start(&rig->herd, GOLOMAN) &&
        (self.mac = herd_proc_mac(&rig->herd)) != NULL &&
        peer_talk_join(&rig->peer, rig->herd.peer[GOLOMAN].number, &self) &&
        peer_talk_sync(&rig->peer) && herd_proc_connect(&rig->herd, GOLOMAN, &rig->client))
        return true;
    peer_talk_close(&rig->peer);
    herd_proc_close(&rig->herd);
    return false;
}

static void rig_close(struct rig *rig)
{
    client_close(&rig->client);
    peer_talk_close(&rig->peer);
    herd_proc_close(&rig->herd);
}

enum { MANY = 1000 };

/* A report about each of MANY clients, answered. */
static bool report_round(struct rig *rig, int round)
{
    static char text[MANY * 40];
    struct herd_slice got;
    size_t len = 0;
    for (int i = 0; i < MANY; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "IAMAT k%d +1+1 %d\n", i,
                                round);
    bool ok = client_send(&rig->client, herd_slice(text, len));
    for (int i = 0; ok && i < MANY; i++)
        ok = client_line(&rig->client, &got) && memcmp(got.data, "AT ", 3) == 0;
    return ok;
}

/* It gives signs of life and takes nothing: it costs a bounded amount of memory, and after
 * link-timeout-ms the link. */
static void a_neighbour_never_reads(void)
{
    enum { GROWTH_MAX_KB = 16 * 1024 };
    struct rig rig;
    REQUIRE(rig_open(&rig, QUICK "log-traffic no\n"));
    bool ok = report_round(&rig, 0);
    int64_t start = now_ms(), before = herd_proc_memory_kb(&rig.herd, GOLOMAN);
    int rounds = 1;
    while (ok && herd_proc_count(&rig.herd, GOLOMAN, "links_down") == 0 &&
           now_ms() < start + WAIT_MS)
        ok = report_round(&rig, rounds++) && peer_talk_say(&rig.peer, "PONG 0 0\n");
    CHECK(ok);
    CHECK(links_wait_log(
        &rig.herd, GOLOMAN,
        "link to Holiday is down: does not read: took nothing for too long"));
    CHECK(links_wait_status(&rig.herd, GOLOMAN, "link Holiday down - 0 ", ""));
    int64_t after = herd_proc_memory_kb(&rig.herd, GOLOMAN);
    note("a neighbour never reads: closed after %d ms and %d reports; memory %d kB, before "
         "%d kB",
         (int)(now_ms() - start), rounds * MANY, (int)after, (int)before);
    CHECK(before < 0 || after - before < GROWTH_MAX_KB);
    CHECK(report_round(&rig, rounds));
    rig_close(&rig);
}

/* It takes little at a time: what the kernel holds for it takes longer than
 * link-timeout-ms, and a batch has to wait so long; but the link is alive. */
static void a_neighbour_reads_slowly(void)
{
    enum { SIP = 100, BYTES_PER_S = 6000, FOR_MS = 4000 };
    struct rig rig;
    char sip[SIP];
    REQUIRE(rig_open(&rig, QUICK "log-traffic no\n"));
    if (io_portable_unacknowledged(rig.peer.conn.fd) < 0) {
        fprintf(stderr, "\n    skipped: this system does not tell what was taken\n");
        rig_close(&rig);
        return;
    }
    int64_t start = now_ms(), taken = 0;
    bool ok = true;
    for (int round = 0; ok && now_ms() < start + FOR_MS; round++) {
        ok = report_round(&rig, round) && peer_talk_say(&rig.peer, "PONG 0 0\n");
        ssize_t got = 1;
        while (got > 0 && taken < (now_ms() - start) * BYTES_PER_S / 1000) {
            got = recv(rig.peer.conn.fd, sip, sizeof sip, 0);
            taken += got > 0 ? got : 0;
        }
        nap();
    }
    CHECK(ok);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "links_down"), 0);
    note("a neighbour reads slowly: %d bytes in %d ms", (int)taken,
         (int)(now_ms() - start));
    rig_close(&rig);
}

/* The newest round of each client that a batch tells of; false for anything else. */
static bool take_batch(struct herd_slice batch, int newest[MANY], int *count)
{
    for (; batch.len > 0; (*count)++) {
        const char *lf = memchr(batch.data, '\n', batch.len);
        size_t len = lf != NULL ? (size_t)(lf - batch.data) : batch.len - 1;
        const char *id = bytes_find(herd_slice(batch.data, len), HERD_LIT(" k"));
        const char *time = bytes_find(herd_slice(batch.data, len), HERD_LIT(" +1+1 "));
        long k = id != NULL ? strtol(id + 2, NULL, 10) : -1;
        if (lf == NULL || k < 0 || k >= MANY || time == NULL)
            return false;
        newest[k] = (int)strtol(time + 6, NULL, 10);
        batch = herd_slice_from(batch, len + 1);
    }
    return true;
}

static int up_to_date(const int newest[MANY], int round)
{
    int count = 0;
    for (int k = 0; k < MANY; k++)
        count += newest[k] == round;
    return count;
}

/* It reads when all is over, and is sent where each client is, not where each has been. */
static void a_neighbour_reads_late(void)
{
    enum { ROUNDS = 20, RECORDS_MAX = 4 * MANY };
    static int newest[MANY];
    struct rig rig;
    struct peer_frame frame;
    int count = 0;
    bool ok = true;
    REQUIRE(rig_open(&rig, ""));
    for (int round = 1; ok && round <= ROUNDS; round++)
        ok = report_round(&rig, round);
    while (ok && up_to_date(newest, ROUNDS) < MANY)
        ok = peer_talk_await(&rig.peer, "BATCH", &frame) &&
             take_batch(frame.payload, newest, &count);
    CHECK(ok);
    CHECK_INT(up_to_date(newest, ROUNDS), MANY);
    CHECK(count <= RECORDS_MAX);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "links_down"), 0);
    note("a neighbour reads late: %d records for %d reports", count, ROUNDS * MANY);
    rig_close(&rig);
}

/* ---- what is sent again ---- */

/* A server that was killed has lost even what it told others; they tell it. With one
 * neighbour alone there is no way around that. */
static void a_restarted_server_gets_its_own_reports_back(void)
{
    static struct load load;
    struct herd_proc herd;
    struct records want;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_start(&herd, HANDS));
    CHECK(herd_proc_wait_links(&herd) && load_open(&load, &herd));
    CHECK(report_all(&load, GOLOMAN, 1) && settle(&load));
    load_best(&load, bit(GOLOMAN), &want);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGKILL), -SIGKILL);
    load_disconnect(&load, GOLOMAN);
    CHECK(herd_proc_start(&herd, GOLOMAN) && load_reconnect(&load));
    CHECK(records_settle(load.conn, bit(GOLOMAN), &want, NULL));
    CHECK_INT(herd_proc_count(&herd, HANDS, "repairs"), 0);
    load_close(&load);
    herd_proc_close(&herd);
}

/* Goloman and Hands, and a relay between them. Hands dials but once, so that no two
 * connections cross and all numbers are exact. */
struct wire {
    struct herd_proc herd;
    struct relay relay;
    struct load load;
};

static bool wire_open(struct wire *wire)
{
    struct herd_proc *herd = &wire->herd;
    if (!herd_proc_open(herd, "ucla-2018", ""))
        return false;
    if (relay_open(&wire->relay, herd, GOLOMAN, HANDS)) {
        if (herd_proc_edit(herd, HANDS, "link-retry-min-ms 10\nlink-retry-max-ms 100\n",
                           "link-retry-min-ms 600000\nlink-retry-max-ms 600000\n") &&
            herd_proc_start(herd, HANDS) && herd_proc_start(herd, GOLOMAN) &&
            herd_proc_wait_links(herd) && load_open(&wire->load, herd))
            return true;
        relay_close(&wire->relay);
    }
    herd_proc_close(herd);
    return false;
}

static void wire_close(struct wire *wire)
{
    load_close(&wire->load);
    relay_close(&wire->relay);
    herd_proc_close(&wire->herd);
}

/* The connection breaks, and before it is back `here` clients report to Goloman and
 * `there` others to Hands: the numbers that go over the wire then. */
static void break_and_mend(struct wire *wire, unsigned here, unsigned there, int64_t serial)
{
    static const char *const names[] = {"resumes", "syncs", "records_sent"};
    const int64_t more[2][3] = {{1, 0, here}, {1, 0, there}};
    int64_t before[2][3], conns, bytes, bytes_before;
    for (uint32_t i = 0; i < 2; i++)
        for (int n = 0; n < 3; n++)
            before[i][n] = herd_proc_count(&wire->herd, i, names[n]);
    int64_t downs = herd_proc_count(&wire->herd, GOLOMAN, "links_down");
    CHECK(relay_cut(&wire->relay));
    CHECK(links_wait_count(&wire->herd, GOLOMAN, "links_down", downs + 1) &&
          links_wait_count(&wire->herd, HANDS, "links_down", downs + 1));
    for (unsigned k = 0; k < here + there; k++)
        CHECK(load_send(&wire->load, k < here ? GOLOMAN : HANDS, k, serial));
    CHECK(load_collect_all(&wire->load));
    CHECK(relay_count(&wire->relay, &conns, &bytes_before));
    CHECK(relay_heal(&wire->relay));
    CHECK(herd_proc_wait_links(&wire->herd) && settle(&wire->load));
    for (uint32_t i = 0; i < 2; i++)
        for (int n = 0; n < 3; n++)
            CHECK_INT(herd_proc_count(&wire->herd, i, names[n]) - before[i][n], more[i][n]);
    CHECK(relay_count(&wire->relay, &conns, &bytes));
    note("a broken link, %u and %u of 100 records missed: %d bytes to mend it", here, there,
         (int)(bytes - bytes_before));
    CHECK(bytes - bytes_before < 2000 + (here + there) * RECORD_TEXT);
}

static void only_what_was_missed(void)
{
    static struct wire wire;
    REQUIRE(wire_open(&wire));
    CHECK(report_all(&wire.load, GOLOMAN, 1) && settle(&wire.load));
    CHECK(report_all(&wire.load, HANDS, 2) && settle(&wire.load));
    break_and_mend(&wire, 0, 0, 3);
    break_and_mend(&wire, 10, 5, 4);
    break_and_mend(&wire, 1, 0, 5);
    break_and_mend(&wire, 0, 50, 6);
    CHECK_INT(links_sum(&wire.herd, "repairs"), 0);
    wire_close(&wire);
}

extern const struct check_test test_link_life[];
const struct check_test test_link_life[] = {
    {"hangs_for_long", hangs_for_long},
    {"hangs_for_a_moment", hangs_for_a_moment},
    {"a_neighbour_never_reads", a_neighbour_never_reads},
    {"a_neighbour_reads_slowly", a_neighbour_reads_slowly},
    {"a_neighbour_reads_late", a_neighbour_reads_late},
    {"a_restarted_server_gets_its_own_reports_back",
     a_restarted_server_gets_its_own_reports_back},
    {"only_what_was_missed", only_what_was_missed},
    {NULL, NULL},
};
