/* SPDX-License-Identifier: ISC */
/* Neighbours that come back among strangers, talk nonsense, or break the rules. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "peer_talk.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { GOLOMAN = 0, HANDS = 1, HOLIDAY = 2 };

static bool wait_count(const struct herd_proc *herd, uint32_t i, const char *name,
                       int64_t want)
{
    int64_t until = now_ms() + WAIT_MS;
    while (herd_proc_count(herd, i, name) != want && now_ms() < until)
        nap();
    return CHECK_INT(herd_proc_count(herd, i, name), want);
}

/* A report at one server arrives at the other. */
static void check_flooded(const struct herd_proc *herd, uint32_t from, uint32_t to)
{
    static int serial;
    struct client here, there;
    struct herd_slice got;
    char line[64];
    bool known = false;
    int64_t until = now_ms() + WAIT_MS;
    CHECK(herd_proc_connect(herd, from, &here) && herd_proc_connect(herd, to, &there));
    snprintf(line, sizeof line, "IAMAT f%d +1+1 1\n", ++serial);
    CHECK(client_ask(&here, line, &got) && memcmp(got.data, "AT ", 3) == 0);
    snprintf(line, sizeof line, "WHATSAT f%d 1 0\n", serial);
    while (!known && now_ms() < until && client_ask(&there, line, &got)) {
        known = memcmp(got.data, "AT ", 3) == 0;
        if (!known)
            nap();
    }
    CHECK(known);
    client_close(&here);
    client_close(&there);
}

/* A neighbour that comes back while strangers take all the places gets its link anyway. */
static void a_neighbour_among_strangers(void)
{
    enum { CONNECTIONS = 8 };
    struct herd_proc herd;
    struct client scan[CONNECTIONS];
    REQUIRE(
        herd_proc_run(&herd, "ucla-2018", "handshakes-max 4\nhandshake-timeout-ms 1000\n"));
    CHECK_INT(herd_proc_stop(&herd, HANDS, SIGKILL), -SIGKILL);
    for (int i = 0; i < CONNECTIONS; i++)
        CHECK(client_open(&scan[i], herd.peer[GOLOMAN].number));
    CHECK(herd_proc_start(&herd, HANDS));
    CHECK(herd_proc_wait_links(&herd));
    check_flooded(&herd, HANDS, GOLOMAN);
    for (int i = 0; i < CONNECTIONS; i++)
        client_close(&scan[i]);
    herd_proc_close(&herd);
}

/* One server, and this test as its neighbour. */
struct rig {
    struct herd_proc herd;
    struct peer_talk peer;
};

static bool join(struct rig *rig)
{
    const struct peer_self self = {
        .from = "Holiday", .to = "Goloman", .boot = 0xa1, .mac = herd_proc_mac(&rig->herd)};
    return peer_talk_join(&rig->peer, rig->herd.peer[GOLOMAN].number, &self);
}

static bool rig_open(struct rig *rig)
{
    if (!herd_proc_open(&rig->herd, "ucla-2018", ""))
        return false;
    if (herd_proc_start(&rig->herd, GOLOMAN) && join(rig))
        return true;
    herd_proc_close(&rig->herd);
    return false;
}

static void rig_close(struct rig *rig)
{
    peer_talk_close(&rig->peer);
    herd_proc_close(&rig->herd);
}

/* What it sends is checked like a stranger's: bad records are skipped, good ones are
 * taken, and unknown kinds of frames too. */
static void a_neighbour_sends_garbage(void)
{
    static const char *const bad[] = {
        "AT Holiday +0.1 x +1+1",     "AT Holiday 0.1 x +1+1 1",
        "AT Holiday +0.1 x 1+1 1",    "AT Holiday +0.1 x +91+1 1",
        "AT  Holiday +0.1 x +1+1 1",  "IAMAT x +1+1 1",
        "AT Holiday +0.1 x +1+1 1\r", "",
    };
    enum { BAD = sizeof bad / sizeof bad[0] };
    struct rig rig;
    struct client client;
    struct herd_slice got;
    REQUIRE(rig_open(&rig));
    CHECK(peer_talk_sync(&rig.peer));
    for (int i = 0; i < BAD; i++)
        CHECK(peer_talk_record(&rig.peer, bad[i]));
    CHECK(peer_talk_say(&rig.peer, "FUTURE 10 a b\n123456\n\n\n\n"));
    CHECK(peer_talk_record(&rig.peer, "AT Holiday +0.1 y +1+1 1"));
    wait_count(&rig.herd, GOLOMAN, "records_stored", 1);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "records_malformed"), BAD);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "frames_unknown"), 1);
    CHECK(herd_proc_connect(&rig.herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "WHATSAT y 1 1\n", &got));
    CHECK_SLICE(got, HERD_LIT("AT Holiday +0.1 y +1+1 1"));
    CHECK(client_reply(&client, &got));
    CHECK(client_ask(&client, "WHATSAT x 1 1\n", &got));
    CHECK_SLICE(got, HERD_LIT("? WHATSAT x 1 1"));
    client_close(&client);
    rig_close(&rig);
}

#define FEED  "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"
#define AS_HOLIDAY                                                                         \
    "HELLO 0 2 2 herd Holiday Goloman 0000000000000000 00000000000000a1 1 " FEED "\n"

/* What may not be said on a link that is up, and the place in the conversation that makes
 * it wrong. */
static const char *const broken_rules[] = {
    AS_HOLIDAY,
    "AUTH 0 none\n",
    "HAVE 0 -\n",
    "HAVE 0 " FEED "0 0\n",
    "HAVE 0 - 0\nHAVE 0 - 0\n",
    "RESUME 0 " FEED " 0\n",
    "RESUME 0 - 0\n",
    "SYNC 0 - 0\n",
    "SYNC 0 " FEED " 0\nSYNC 0 " FEED " 0\n",
    "SYNCED 0 " FEED " 0\n",
    "SYNC 0 " FEED " 7\nSYNCED 0 " FEED " 8\n",
    "SYNC 0 " FEED " 7\nSYNCED 0 " OTHER " 7\n",
    "BATCH 0 0 0 0\n",
    "SYNC 0 " FEED " 7\nBATCH 0 7 8 0\n",
    "SYNC 0 " FEED " 7\nBATCH 4 0 0 9\nAT \n",
    "SYNC 0 " FEED " 7\nBATCH 4 0 0 0\nAT \n",
    "SYNC 0 " FEED " 7\nBATCH 4 0 0 1\nAT x",
    "SYNC 0 " FEED " 7\nSYNCED 0 " FEED " 7\nBATCH 0 8 9 0\n",
    "SYNC 0 " FEED " 7\nSYNCED 0 " FEED " 7\nBATCH 0 7 6 0\n",
    "SYNC 0 " FEED " 7\nSYNCED 0 " FEED " 7\nPING 0 1 6 9 0000000000000000 1\n",
    "SYNC 0 " FEED " 7\nSYNCED 0 " FEED " 7\nSYNC 0 " FEED " 6\n",
    "PING 0 1 9 8 0000000000000000 1\n",
    "PING 0 1 0 0 xyz 1\n",
    "PING 0 1 0 0\n",
    "PONG 0\n",
    "ACK 0 1\n",
    "ACK 0 -1\n",
    "WAIT 0\n",
    "WAIT 0 soon\n",
    "SYNC 0 " FEED " 7\nWAIT 0 100\n",
    "BATCH 65537 0 0 1\n",
    "BATCH 99999999999999999999 0 0 1\n",
    "BATCH -1 0 0 1\n",
    "batch 0 0\n",
};

static void a_neighbour_breaks_rules(void)
{
    enum { COUNT = sizeof broken_rules / sizeof broken_rules[0] };
    struct rig rig;
    REQUIRE(rig_open(&rig));
    for (int i = 0; i < COUNT; i++) {
        CHECK_LABEL("%s", broken_rules[i]);
        REQUIRE(i == 0 || CHECK(join(&rig)));
        CHECK(client_say(&rig.peer.conn, broken_rules[i]));
        CHECK(peer_talk_is_sent_away(&rig.peer, "malformed"));
        peer_talk_close(&rig.peer);
    }
    CHECK_LABEL("afterwards");
    wait_count(&rig.herd, GOLOMAN, "links_down", COUNT);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "links_up"), COUNT);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "peers_malformed"), COUNT);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "clients_known"), 0);
    rig_close(&rig);
}

/* What is unusual, but allowed, and leaves the link as it is. */
static void unusual_frames_leave_the_link_up(void)
{
    static const char *const odd[] = {
        "HAVE 3 " FEED " 18446744073709551615 more words\nabc",
        "WAIT 0 0\n",
        "SYNC 0 " FEED " 7 and more\n",
        "BATCH 0 0 0 0\n",
        "SYNCED 5 " FEED " 7\n\n\n\n\n\n",
        "BATCH 0 7 7 0\n",
        "BATCH 0 7 18446744073709551615 0\n",
        "PING 0 0 0 0 0000000000000000 0\n",
        "PONG 0 99999\n",
        "ZZZZZZZZZZZZZZZZ 0\n",
    };
    struct rig rig;
    struct peer_frame frame;
    REQUIRE(rig_open(&rig));
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        CHECK_LABEL("%s", odd[i]);
        CHECK(client_say(&rig.peer.conn, odd[i]));
        CHECK(peer_talk_say(&rig.peer, "PING 0 %zu 0 0 0000000000000000 1\n", 1000 + i));
        do
            CHECK(peer_talk_await(&rig.peer, "PONG", &frame));
        while (frame.args.len == 1);
        CHECK_INT((int64_t)strtoll(frame.args.data, NULL, 10), (int64_t)(1000 + i));
    }
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "peers_malformed"), 0);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "cursors_unknown"), 1);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "links_down"), 0);
    rig_close(&rig);
}

/* The test dials, or is dialled; either way records go both ways, and none comes back. */
static void a_neighbour_in_both_roles(void)
{
    struct rig rig;
    struct client client;
    struct herd_slice got;
    struct peer_frame frame;
    REQUIRE(rig_open(&rig));
    const struct peer_self self = rig.peer.self;
    peer_talk_close(&rig.peer);
    int door = peer_talk_listen(rig.herd.peer[HOLIDAY].number);
    REQUIRE(door >= 0);
    CHECK(peer_talk_accept(&rig.peer, door, &self) && peer_talk_up(&rig.peer));
    CHECK(peer_talk_sync(&rig.peer));
    CHECK(peer_talk_record(&rig.peer, "AT Holiday +0.1 y +1+1 1"));
    wait_count(&rig.herd, GOLOMAN, "records_stored", 1);
    CHECK(herd_proc_connect(&rig.herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "IAMAT z +1+1 1\n", &got) && bytes_have(got, "AT Goloman "));
    CHECK(peer_talk_await(&rig.peer, "BATCH", &frame));
    CHECK(bytes_have(frame.payload, " z +1+1 1\n"));
    CHECK_INT((int64_t)bytes_count(frame.payload, HERD_LIT("\n")), 1);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "echoes_suppressed"), 1);
    client_close(&client);
    close(door);
    rig_close(&rig);
}

const struct check_test test_neighbour[] = {
    {"a_neighbour_among_strangers", a_neighbour_among_strangers},
    {"a_neighbour_sends_garbage", a_neighbour_sends_garbage},
    {"a_neighbour_breaks_rules", a_neighbour_breaks_rules},
    {"unusual_frames_leave_the_link_up", unusual_frames_leave_the_link_up},
    {"a_neighbour_in_both_roles", a_neighbour_in_both_roles},
    {NULL, NULL},
};
