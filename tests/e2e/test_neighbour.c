/* Neighbours that come back among strangers, talk nonsense, or never read. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>

enum { GOLOMAN = 0, HANDS = 1, HOLIDAY = 2 };

#define HELLO_AS_HOLIDAY "HELLO 0 1 1 Holiday Goloman 00000000000000a1\n"

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
    struct client peer;
};

static bool rig_open(struct rig *rig)
{
    struct herd_slice hello;
    if (!herd_proc_open(&rig->herd, "ucla-2018", ""))
        return false;
    if (herd_proc_start(&rig->herd, GOLOMAN) &&
        client_open(&rig->peer, rig->herd.peer[GOLOMAN].number) &&
        client_ask(&rig->peer, HELLO_AS_HOLIDAY, &hello) &&
        bytes_have(hello, "HELLO 0 1 1 Goloman Holiday "))
        return true;
    client_close(&rig->peer);
    herd_proc_close(&rig->herd);
    return false;
}

static void rig_close(struct rig *rig)
{
    client_close(&rig->peer);
    herd_proc_close(&rig->herd);
}

static void batch(struct client *peer, const char *record)
{
    char frame[512];
    snprintf(frame, sizeof frame, "BATCH %zu 1\n%s\n", strlen(record) + 1, record);
    CHECK(client_say(peer, frame));
}

/* What it sends is checked like a stranger's: bad records are skipped, good ones are
 * taken, unknown kinds of frames too, and what cannot be read ends the link. */
static void a_neighbour_talks_nonsense(void)
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
    for (int i = 0; i < BAD; i++)
        batch(&rig.peer, bad[i]);
    CHECK(client_say(&rig.peer, "FUTURE 10 a b\n123456\n\n\n\n"));
    batch(&rig.peer, "AT Holiday +0.1 y +1+1 1");
    wait_count(&rig.herd, GOLOMAN, "records_stored", 1);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "records_bad"), BAD);
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "frames_unknown"), 1);
    CHECK(herd_proc_connect(&rig.herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "WHATSAT y 1 1\n", &got));
    CHECK_SLICE(got, HERD_LIT("AT Holiday +0.1 y +1+1 1"));
    CHECK(client_reply(&client, &got));
    CHECK(client_ask(&client, "WHATSAT x 1 1\n", &got));
    CHECK_SLICE(got, HERD_LIT("? WHATSAT x 1 1"));
    client_close(&client);
    CHECK(client_say(&rig.peer, "BATCH 4 9\nAT \n"));
    CHECK(client_is_closed(&rig.peer));
    CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "peers_malformed"), 1);
    wait_count(&rig.herd, GOLOMAN, "links_down", 1);
    rig_close(&rig);
}

/* A frame that announces more than any frame may have. */
static void a_frame_too_long(void)
{
    static const char *const frames[] = {
        "BATCH 65537 1\n", "BATCH 99999999999999999999 1\n", "BATCH -1 1\n", "batch 0 0\n"};
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct rig rig;
        CHECK_LABEL("%s", frames[i]);
        REQUIRE(rig_open(&rig));
        CHECK(client_say(&rig.peer, frames[i]));
        CHECK(client_is_closed(&rig.peer));
        CHECK_INT(herd_proc_count(&rig.herd, GOLOMAN, "peers_malformed"), 1);
        rig_close(&rig);
    }
}

/* A neighbour that reads nothing costs the server a bounded amount of memory: it is sent
 * the newest record of each client when it reads again, not all that were news. */
static void a_neighbour_never_reads(void)
{
    enum { ROUNDS = 40, A_ROUND = 1000, GROWTH_MAX_KB = 16 * 1024 };
    struct rig rig;
    struct client client;
    struct herd_slice got;
    static char text[A_ROUND * 40];
    bool ok = true;
    REQUIRE(rig_open(&rig));
    CHECK(herd_proc_connect(&rig.herd, GOLOMAN, &client));
    int64_t before = -1;
    for (int round = 0; ok && round < ROUNDS; round++) {
        size_t len = 0;
        for (int i = 0; i < A_ROUND; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "IAMAT k%d +1+1 %d\n", i,
                                    round);
        ok = client_send(&client, herd_slice(text, len));
        for (int i = 0; ok && i < A_ROUND; i++)
            ok = client_line(&client, &got);
        if (round == 0)
            before = herd_proc_memory_kb(&rig.herd, GOLOMAN);
    }
    CHECK(ok);
    int64_t now_kb = herd_proc_memory_kb(&rig.herd, GOLOMAN);
    note("a neighbour that never reads: memory %d kB, before %d kB", (int)now_kb,
         (int)before);
    CHECK(before < 0 || now_kb - before < GROWTH_MAX_KB);
    client_close(&client);
    rig_close(&rig);
}

const struct check_test test_neighbour[] = {
    {"a_neighbour_among_strangers", a_neighbour_among_strangers},
    {"a_neighbour_talks_nonsense", a_neighbour_talks_nonsense},
    {"a_frame_too_long", a_frame_too_long},
    {"a_neighbour_never_reads", a_neighbour_never_reads},
    {NULL, NULL},
};
