/* SPDX-License-Identifier: ISC */
/* Who harms one link harms no other: neighbours that say garbage, strangers that scan the
 * ports, and a network that loses everything without a word. */
#include "check.h"
#include "files.h"
#include "links.h"
#include "load.h"
#include "netns.h"
#include "peer_talk.h"
#include "dice.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

enum { GOLOMAN = 0, HANDS = 1, HOLIDAY = 2, WELSH = 3, WILKES = 4 };

static uint32_t bit(uint32_t i)
{
    return UINT32_C(1) << i;
}

/* ---- garbage ---- */

/* How far the handshake goes before the garbage. */
enum stage { AFTER_HELLO, AFTER_AUTH, AFTER_HAVE, STAGES };

static bool reach(struct peer_talk *talk, enum stage stage)
{
    if (stage == AFTER_HELLO)
        return peer_talk_hello(talk) && peer_talk_hear_hello(talk);
    return peer_talk_up(talk) && (stage == AFTER_AUTH || peer_talk_sync(talk));
}

static void say_garbage(struct herd_proc *herd, struct herd_slice garbage)
{
    const struct peer_self self = {
        .from = "Holiday", .to = "Goloman", .boot = 0xa1, .mac = herd_proc_mac(herd)};
    for (enum stage stage = AFTER_HELLO; stage < STAGES; stage++) {
        struct peer_talk talk;
        REQUIRE(peer_talk_dial(&talk, herd->peer[GOLOMAN].number, &self));
        CHECK(reach(&talk, stage));
        /* The server may have closed before all of it is sent. */
        (void)client_send(&talk.conn, garbage);
        CHECK(peer_talk_is_sent_away(&talk, "malformed"));
        peer_talk_close(&talk);
    }
}

/* Two thirds of the neighbours that say it had a link, and lose it. */
static void garbage(void)
{
    static const char *const files[] = {"msg/garbage.bin", "msg/invalid.txt",
                                        "msg/valid.txt", "msg/README.md"};
    enum { FILES = sizeof files / sizeof files[0], SEEDS = 12, SIZE = 2048 };
    struct herd_proc herd;
    char bytes[SIZE];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    for (uint32_t i = 0; i < herd.conf.server_count; i++)
        CHECK(i == HOLIDAY || herd_proc_start(&herd, i));
    CHECK(herd_proc_wait_links(&herd));
    for (int i = 0; i < FILES; i++) {
        struct herd_slice text = fixture_file(files[i]);
        CHECK_LABEL("%s", files[i]);
        say_garbage(&herd, text);
        file_free(text);
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct dice dice = {seed};
        CHECK_LABEL("seed %d", (int)seed);
        for (size_t i = 0; i < SIZE; i++)
            bytes[i] = (char)dice_next(&dice);
        say_garbage(&herd, herd_slice(bytes, SIZE));
    }
    CHECK_LABEL("afterwards");
    CHECK(links_wait_count(&herd, GOLOMAN, "links_down", (FILES + SEEDS) * (STAGES - 1)));
    CHECK_INT(links_sum(&herd, "links_down"), (FILES + SEEDS) * (STAGES - 1));
    CHECK_INT(links_sum(&herd, "peers_malformed"), (FILES + SEEDS) * STAGES);
    CHECK_INT(links_sum(&herd, "clients_known"), 0);
    CHECK(herd_proc_wait_links(&herd));
    herd_proc_close(&herd);
}

/* ---- a scan of the ports ---- */

/* Bytes that are said before the end, and whether it is an abrupt one. */
struct scan {
    const char *says;
    bool reset;
};

static void scan_port(uint16_t port, const struct scan *scan)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    struct client client;
    if (!CHECK(client_open(&client, port)))
        return;
    CHECK(client_say(&client, scan->says));
    if (scan->reset)
        setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(&client);
}

static void a_scan_of_the_ports(void)
{
    static const struct scan scans[] = {{"", false},      {"", true},
                                        {"H", false},     {"H", true},
                                        {"\n\n\n", true}, {"HELLO 0 1", false}};
    enum { ROUNDS = 5, SCANS = sizeof scans / sizeof scans[0] };
    static struct load load;
    struct herd_proc herd;
    struct records want;
    int64_t serial = 0;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    REQUIRE(load_open(&load, &herd));
    uint32_t count = herd.conf.server_count;
    for (int n = 0; n < ROUNDS * SCANS; n++)
        for (uint32_t i = 0; i < count; i++) {
            scan_port(herd.peer[i].number, &scans[n % SCANS]);
            scan_port(herd.client[i].number, &scans[n % SCANS]);
            CHECK(load_send(&load, i, (unsigned)(serial % REPORTS_CLIENTS), serial));
            serial++;
        }
    CHECK(load_collect_all(&load));
    load_best(&load, bit(count) - 1, &want);
    CHECK(records_settle(load.conn, bit(count) - 1, &want, NULL));
    CHECK_INT(links_sum(&herd, "links_down"), 0);
    CHECK_INT(links_sum(&herd, "links_up"), 2 * (int64_t)herd.conf.link_count);
    load_close(&load);
    herd_proc_close(&herd);
}

/* ---- a network that loses everything ---- */

/* Goloman and Hands, each in a network of its own. */
struct far {
    struct netns netns;
    struct herd_proc herd;
    struct load load;
};

#define DROP_CONF                                                                          \
    "herd-key-file key\nlink-ping-ms 200\nlink-timeout-ms 1000\n"                          \
    "link-connect-timeout-ms 300\n"

static bool move_to(struct herd_proc *herd, uint32_t server, const char *host)
{
    char from[64], to[64];
    snprintf(from, sizeof from, "peer 127.0.0.1:%u\n", herd->peer[server].number);
    snprintf(to, sizeof to, "peer %s:%u\n", host, herd->peer[server].number);
    return herd_proc_edit(herd, GOLOMAN, from, to) && herd_proc_edit(herd, HANDS, from, to);
}

static bool start_far(struct far *far)
{
    bool ok = links_write_key(&far->herd, "key", "0123456789abcdef0123456789abcdef\n") &&
              move_to(&far->herd, GOLOMAN, NETNS_HERE) &&
              move_to(&far->herd, HANDS, NETNS_THERE);
    memset(&far->load, 0, sizeof far->load);
    far->load.herd = &far->herd;
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++)
        far->load.conn[i].fd = -1;
    for (int side = 0; ok && side < 2; side++) {
        records_clear(&far->load.best[side]);
        ok = netns_enter(&far->netns, side) &&
             herd_proc_start(&far->herd, (uint32_t)side) &&
             herd_proc_connect(&far->herd, (uint32_t)side, &far->load.conn[side]);
    }
    return netns_enter(&far->netns, -1) && ok && herd_proc_wait_links(&far->herd);
}

static void far_close(struct far *far)
{
    load_close(&far->load);
    herd_proc_close(&far->herd);
    netns_close(&far->netns);
}

static bool report_and_settle(struct far *far, int64_t serial)
{
    struct records want;
    bool ok = true;
    for (uint32_t i = 0; i < 2; i++)
        for (unsigned k = 0; ok && k < REPORTS_CLIENTS / 2; k++)
            ok = load_send(&far->load, i, 2 * k + i, serial);
    ok = ok && load_collect_all(&far->load);
    load_best(&far->load, bit(GOLOMAN) | bit(HANDS), &want);
    return ok && records_settle(far->load.conn, bit(GOLOMAN) | bit(HANDS), &want, NULL);
}

/* Loses what the sides of `lost` send; both servers must notice, without any word. */
static void lose_and_heal(struct far *far, uint32_t lost, int64_t serial)
{
    int64_t downs = herd_proc_count(&far->herd, GOLOMAN, "links_down");
    int64_t start = now_ms();
    for (int side = 0; side < 2; side++)
        CHECK((lost & bit((uint32_t)side)) == 0 || netns_lose(&far->netns, side, true));
    for (unsigned k = 0; k < 10; k++)
        CHECK(load_send(&far->load, k % 2, k, serial));
    CHECK(load_collect_all(&far->load));
    CHECK(links_wait_count(&far->herd, GOLOMAN, "links_down", downs + 1));
    CHECK(links_wait_count(&far->herd, HANDS, "links_down", downs + 1));
    int64_t noticed = now_ms();
    for (int side = 0; side < 2; side++)
        CHECK(netns_lose(&far->netns, side, false));
    CHECK(herd_proc_wait_links(&far->herd));
    CHECK(report_and_settle(far, serial + 1));
    note("packets of %s lost: noticed after %d ms, all equal %d ms after it was over",
         lost == 3 ? "both" : "one side", (int)(noticed - start),
         (int)(now_ms() - noticed));
}

static void packets_are_lost(void)
{
    static struct far far;
    const char *why;
    if (!netns_open(&far.netns, &why)) {
        fprintf(stderr, "\n    skipped: %s\n", why);
        return;
    }
    if (!CHECK(herd_proc_open(&far.herd, "ucla-2018", DROP_CONF))) {
        netns_close(&far.netns);
        return;
    }
    if (CHECK(start_far(&far))) {
        CHECK(report_and_settle(&far, 1));
        lose_and_heal(&far, bit(GOLOMAN) | bit(HANDS), 2);
        CHECK(links_wait_count(&far.herd, GOLOMAN, "links_timed_out", 1));
        CHECK(links_wait_count(&far.herd, HANDS, "links_timed_out", 1));
        lose_and_heal(&far, bit(GOLOMAN), 4);
        CHECK(links_wait_count(&far.herd, HANDS, "links_timed_out", 2));
        CHECK_INT(links_sum(&far.herd, "repairs"), 0);
    }
    far_close(&far);
}

extern const struct check_test test_link_harm[];
const struct check_test test_link_harm[] = {
    {"garbage", garbage},
    {"a_scan_of_the_ports", a_scan_of_the_ports},
    {"packets_are_lost", packets_are_lost},
    {NULL, NULL},
};
