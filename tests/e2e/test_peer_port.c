/* SPDX-License-Identifier: ISC */
/* Programs without the key at the peer port are refused, and the herd goes on. */
#include "check.h"
#include "files.h"
#include "protocol/hello.h"
#include "load.h"
#include "wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Goloman is server 0; Welsh has no link to it. What stands for the rest of a HELLO here
 * is put in by complete(). */
#define REST           "$zero $rules $clock $nonce"
#define HELLO_AS(from) "HELLO 0 2 2 herd " from " Goloman " REST "\n"

enum { TEXT = 1024 };

struct part {
    const char *name;
    char value[40];
};

static void fill_parts(struct part parts[6])
{
    const struct part all[6] = {{"$zero", "0000000000000000"},
                                {"$rules", ""},
                                {"$clock", ""},
                                {"$nonce", "0123456789abcdef0123456789abcdef"},
                                {"$early", ""},
                                {"$late", ""}};
    int64_t now = (int64_t)time(NULL);
    memcpy(parts, all, sizeof all);
    snprintf(parts[1].value, sizeof parts[1].value, "%016" PRIx64, herd_hello_rules(0));
    snprintf(parts[2].value, sizeof parts[2].value, "%" PRId64, now);
    snprintf(parts[4].value, sizeof parts[4].value, "%" PRId64, now - 600);
    snprintf(parts[5].value, sizeof parts[5].value, "%" PRId64, now + 600);
}

/* The text with the moment's values for the words that begin with a dollar. */
static struct herd_slice complete(const char *text, char out[TEXT])
{
    struct part parts[6];
    size_t len = 0;
    fill_parts(parts);
    while (*text != '\0' && len < TEXT - sizeof parts->value) {
        size_t skip = 0;
        for (int i = 0; i < 6 && skip == 0; i++) {
            if (strncmp(text, parts[i].name, strlen(parts[i].name)) != 0)
                continue;
            skip = strlen(parts[i].name);
            len += (size_t)snprintf(out + len, TEXT - len, "%s", parts[i].value);
        }
        if (skip == 0)
            out[len++] = *text;
        text += skip > 0 ? skip : 1;
    }
    return herd_slice(out, len);
}

static bool open_peer_port(const struct herd_proc *herd, struct client *client)
{
    return client_open(client, herd->peer[0].number);
}

/* The sum of one counter over all servers. */
static int64_t count_all(const struct herd_proc *herd, const char *name)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < herd->conf.server_count; i++)
        sum += herd_proc_count(herd, i, name);
    return sum;
}

/* A report at each server gets to all. */
static void check_flood(struct herd_proc *herd, int64_t serial)
{
    static struct load load;
    struct records want;
    uint32_t count = herd->conf.server_count;
    REQUIRE(load_open(&load, herd));
    for (uint32_t i = 0; i < count; i++)
        CHECK(load_send(&load, i, i, serial) && load_collect(&load, i));
    load_best(&load, (UINT32_C(1) << count) - 1, &want);
    for (uint32_t i = 0; i < count; i++)
        CHECK_INT(want.of[i].serial, serial);
    CHECK(records_settle(load.conn, (UINT32_C(1) << count) - 1, &want, NULL));
    load_close(&load);
}

/* Waits until no server has a connection too many: where two dials crossed, one of the two
 * connections goes. */
static bool wait_single(struct herd_proc *herd)
{
    int64_t until = now_ms() + WAIT_MS;
    for (uint32_t i = 0; i < herd->conf.server_count;) {
        int64_t want = 1; /* the one that asks */
        for (uint32_t j = 0; j < herd->conf.server_count; j++)
            want += herd_conf_linked(&herd->conf, i, j) ? 1 : 0;
        if (herd_proc_count(herd, i, "connections_open") == want) {
            i++;
            continue;
        }
        if (now_ms() > until)
            return false;
        nap();
    }
    return herd_proc_wait_links(herd);
}

/* Every link has come up once, on both sides, and none has gone down. */
static void check_links(const struct herd_proc *herd)
{
    CHECK_INT(count_all(herd, "links_up"), 2 * (int64_t)herd->conf.link_count);
    CHECK_INT(count_all(herd, "links_down"), 0);
}

static bool run(struct herd_proc *herd, const char *more)
{
    if (!herd_proc_run(herd, "ucla-2018", more))
        return false;
    check_flood(herd, 1);
    CHECK(wait_single(herd));
    check_links(herd);
    return true;
}

/* Nothing has happened to the links since the start, and reports get everywhere. */
static void check_unharmed(struct herd_proc *herd, int64_t serial)
{
    CHECK(herd_proc_wait_links(herd));
    check_flood(herd, serial);
    check_links(herd);
}

/* Says `bytes`; the one thing that comes back is a BYE with this code. */
static void check_turned_away(const struct herd_proc *herd, struct herd_slice bytes,
                              const char *code)
{
    struct client client;
    struct herd_slice got;
    char want[TEXT];
    int len = snprintf(want, sizeof want, "BYE 0 %s ", code);
    CHECK(open_peer_port(herd, &client));
    /* The server may have closed before all of it is sent. */
    (void)client_send(&client, bytes);
    CHECK(client_rest(&client, &got));
    struct herd_slice head = got;
    head.len = got.len < (size_t)len ? got.len : (size_t)len;
    CHECK_SLICE(head, herd_slice(want, (size_t)len));
    CHECK_INT((int64_t)bytes_count(got, HERD_LIT("\n")), 1);
    CHECK(got.len > 0 && got.data[got.len - 1] == '\n');
    client_close(&client);
}

struct stranger {
    const char *name, *says, *code;
};

/* What is malformed, and what makes sense but comes from the wrong one. */
static const struct stranger strangers[] = {
    {"a client", "IAMAT kiwi +1+1 1\n", "malformed"},
    {"empty line", "\n", "malformed"},
    {"a browser", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "malformed"},
    {"record alone", "AT Goloman +0.1 ghost +1+1 1\n", "malformed"},
    {"no arguments", "HELLO 0\n", "malformed"},
    {"an older program", "HELLO 0 1 1 Hands Goloman 00000000000000ab\n", "malformed"},
    {"no nonce", "HELLO 0 2 2 herd Hands Goloman $zero $rules $clock\n", "malformed"},
    {"half a nonce", "HELLO 0 2 2 herd Hands Goloman $zero $rules $clock 0123\n",
     "malformed"},
    {"no number in versions", "HELLO 0 2 x herd Hands Goloman " REST "\n", "malformed"},
    {"versions upside down", "HELLO 0 3 2 herd Hands Goloman " REST "\n", "malformed"},
    {"bad reserved word", "HELLO 0 2 2 herd Hands Goloman AB $rules $clock $nonce\n",
     "malformed"},
    {"bad rules", "HELLO 0 2 2 herd Hands Goloman $zero 12 $clock $nonce\n", "malformed"},
    {"bad clock", "HELLO 0 2 2 herd Hands Goloman $zero $rules -1 $nonce\n", "malformed"},
    {"huge payload", "HELLO 99999999999999999999 1 1 herd Hands Goloman 0\n", "malformed"},
    {"payload above 1024", "HELLO 1025 1 1 herd Hands Goloman " REST "\n", "malformed"},
    {"negative payload", "HELLO -1 1 1 herd Hands Goloman " REST "\n", "malformed"},
    {"BATCH first", "BATCH 29 0 0 1\nAT Goloman +0.1 ghost +1+1 1\n", "malformed"},
    {"AUTH first", "AUTH 0 none\n", "malformed"},
    {"UP first", "UP 0 none 0000000000000001\n", "malformed"},
    {"HAVE first", "HAVE 0 - 0\n", "malformed"},
    {"SYNC first", "SYNC 0 $nonce 0\n", "malformed"},
    {"PING first", "PING 0 1 0 0 0000000000000000 1\n", "malformed"},
    {"unknown verb first", "FOO 0\n", "malformed"},
    {"unknown name", HELLO_AS("Nobody"), "refused"},
    {"not linked", HELLO_AS("Welsh"), "refused"},
    {"itself", HELLO_AS("Goloman"), "refused"},
    {"name of many bytes", HELLO_AS("\xff\x01%n%s\xfe"), "refused"},
    {"other address", "HELLO 0 2 2 herd Hands Wilkes " REST "\n", "refused"},
    {"other herd", "HELLO 0 2 2 sheep Hands Goloman " REST "\n", "refused"},
    {"other rules", "HELLO 0 2 2 herd Hands Goloman $zero $zero $clock $nonce\n",
     "refused"},
    {"clock behind", "HELLO 0 2 2 herd Hands Goloman $zero $rules $early $nonce\n",
     "refused"},
    {"clock ahead", "HELLO 0 2 2 herd Hands Goloman $zero $rules $late $nonce\n",
     "refused"},
    {"later version", "HELLO 0 7 9 herd Hands Goloman " REST "\n", "refused"},
    {"version 1", "HELLO 0 1 1 herd Hands Goloman 00000000000000ab $rules $clock $nonce\n",
     "refused"},
    {"earlier version", "HELLO 0 0 0 herd Hands Goloman " REST "\n", "refused"},
    {"BATCH behind", HELLO_AS("Nobody") "BATCH 29 0 0 1\nAT Goloman +0.1 ghost +1+1 1\n",
     "refused"},
};

static void unknown_peers_are_refused(void)
{
    enum { COUNT = sizeof strangers / sizeof strangers[0] };
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char text[TEXT];
    int64_t refused = 0;
    REQUIRE(run(&herd, ""));
    for (int i = 0; i < COUNT; i++) {
        CHECK_LABEL("%s", strangers[i].name);
        check_turned_away(&herd, complete(strangers[i].says, text), strangers[i].code);
        refused += strcmp(strangers[i].code, "refused") == 0;
    }
    CHECK_LABEL("afterwards");
    CHECK_INT(herd_proc_count(&herd, 0, "peers_malformed"), COUNT - refused);
    CHECK_INT(herd_proc_count(&herd, 0, "peers_refused"), refused);
    CHECK_INT(herd_proc_count(&herd, 0, "peers_skewed"), 2);
    check_unharmed(&herd, 2);
    CHECK(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "WHATSAT ghost 1 0\n", &got));
    CHECK_SLICE(got, HERD_LIT("? WHATSAT ghost 1 0"));
    client_close(&client);
    herd_proc_close(&herd);
}

/* With line ends and without. */
static void garbage(void)
{
    enum { ROUNDS = 20 };
    struct herd_proc herd;
    char endless[4096];
    struct herd_slice bytes = fixture_file("msg/garbage.bin");
    REQUIRE(bytes.len > ROUNDS * 1024);
    REQUIRE(run(&herd, ""));
    for (size_t i = 0; i < ROUNDS; i++) {
        CHECK_LABEL("garbage from byte %zu", i * 1024);
        check_turned_away(&herd, herd_slice_from(bytes, i * 1024), "malformed");
    }
    CHECK_LABEL("a header without end");
    memset(endless, 'A', sizeof endless);
    check_turned_away(&herd, herd_slice(endless, sizeof endless), "malformed");
    CHECK_LABEL("afterwards");
    check_unharmed(&herd, 2);
    file_free(bytes);
    herd_proc_close(&herd);
}

/* Every part of a HELLO, and then an end, or nothing more until patience is over. */
static void half_a_hello(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char text[TEXT];
    struct herd_slice hello =
        complete("HELLO 9 1 1 herd Hands Goloman " REST "\nhalf", text);
    REQUIRE(run(&herd, "handshake-timeout-ms 300\n"));
    for (size_t len = 1; len <= hello.len; len++) {
        CHECK_LABEL("%zu bytes and an end", len);
        CHECK(open_peer_port(&herd, &client) &&
              client_send(&client, herd_slice(text, len)));
        client_half_close(&client);
        CHECK(client_rest(&client, &got));
        CHECK(!bytes_have(got, "HELLO"));
        client_close(&client);
    }
    for (size_t len = 0; len <= hello.len; len += 32) {
        CHECK_LABEL("%zu bytes and a pause", len);
        check_turned_away(&herd, herd_slice(text, len), "closing");
    }
    CHECK_LABEL("afterwards");
    check_unharmed(&herd, 2);
    herd_proc_close(&herd);
}

/* The oldest are evicted, the others stay, and the herd goes on meanwhile. */
static void too_many_silent_ones(void)
{
    enum { LIMIT = 16, COUNT = 3 * LIMIT };
    struct herd_proc herd;
    struct client clients[COUNT];
    struct herd_slice got;
    char text[TEXT];
    REQUIRE(run(&herd, "handshake-timeout-ms 60000\n"));
    for (int i = 0; i < COUNT; i++)
        CHECK(open_peer_port(&herd, &clients[i]));
    for (int i = 0; i < COUNT - LIMIT; i++) {
        CHECK_LABEL("connection %d", i);
        CHECK(client_rest(&clients[i], &got) && bytes_have(got, "BYE 0 closing too many"));
        client_close(&clients[i]);
    }
    CHECK_LABEL("%d silent connections", LIMIT);
    CHECK_INT(herd_proc_count(&herd, 0, "peers_evicted"), COUNT - LIMIT);
    CHECK_INT(herd_proc_count(&herd, 0, "peers_refused"), COUNT - LIMIT);
    check_unharmed(&herd, 2);
    /* An answer to the first that is left proves that it has been there all the time. */
    struct client *first = &clients[COUNT - LIMIT];
    CHECK(client_send(first, complete(HELLO_AS("Nobody"), text)) &&
          client_rest(first, &got));
    CHECK(bytes_have(got, "BYE 0 refused unknown"));
    for (int i = COUNT - LIMIT; i < COUNT; i++)
        client_close(&clients[i]);
    CHECK_LABEL("afterwards");
    check_unharmed(&herd, 3);
    herd_proc_close(&herd);
}

/* What only neighbours may say is invalid from a client: of one who is not known, and
 * newer than what is known. */
static void records_from_a_client(void)
{
    static const char *const lines[] = {
        "AT Goloman +0.1 ghost +1+1 1",
        "AT Goloman +0.000000001 c0 +9+9 9000000000",
        "AT Hands -0.000000001 c0 +9+9 9000000000",
        "BATCH 00029 00000 00001 00001",
        "AUTH 0 none",
        "SYNC 0 0123456789abcdef0123456789abcdef 0",
        HELLO_AS("Hands"),
    };
    struct herd_proc herd;
    static struct load load;
    struct records want, found;
    struct herd_slice got;
    char text[TEXT], answer[TEXT];
    REQUIRE(run(&herd, ""));
    check_unharmed(&herd, 2);
    REQUIRE(load_open(&load, &herd));
    CHECK(records_read(&load.conn[0], &want));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        size_t len = strcspn(lines[i], "\n");
        CHECK_LABEL("%s", lines[i]);
        snprintf(text, sizeof text, "%.*s\n", (int)len, lines[i]);
        snprintf(answer, sizeof answer, "? %.*s", (int)len, lines[i]);
        CHECK(client_ask(&load.conn[0], text, &got));
        CHECK_SLICE(got, herd_slice_str(answer));
    }
    CHECK_LABEL("afterwards");
    CHECK(records_read(&load.conn[0], &found));
    CHECK_INT(records_differ(&want, &found), 0);
    /* Had one of them been passed on, it would arrive before these do. */
    CHECK(load_send(&load, 0, 7, 3) && load_collect(&load, 0));
    load_best(&load, 1, &found);
    want.of[7] = found.of[7];
    CHECK(records_settle(load.conn, (UINT32_C(1) << herd.conf.server_count) - 1, &want,
                         NULL));
    for (uint32_t i = 0; i < herd.conf.server_count; i++) {
        CHECK(client_ask(&load.conn[i], "WHATSAT ghost 1 0\n", &got));
        CHECK_SLICE(got, HERD_LIT("? WHATSAT ghost 1 0"));
    }
    load_close(&load);
    herd_proc_close(&herd);
}

/* Every link is dialled from both sides at once, and yet comes up once. */
static void healthy_starts(void)
{
    static const char *const topologies[] = {"ucla-2018", "ucla-2020", "ucla-2022",
                                             "ucla-2023"};
    enum { STARTS = 20 };
    int64_t crossed = 0, start = now_ms();
    for (int i = 0; i < STARTS; i++) {
        struct herd_proc herd;
        CHECK_LABEL("%s, start %d", topologies[i % 4], i);
        REQUIRE(herd_proc_run(&herd, topologies[i % 4], ""));
        CHECK(wait_single(&herd));
        check_links(&herd);
        CHECK_INT(count_all(&herd, "peers_refused"), 0);
        crossed += count_all(&herd, "peers_accepted") - herd.conf.link_count;
        herd_proc_close(&herd);
    }
    note("%d healthy starts: %d dials crossed, no link went down; %d ms", STARTS,
         (int)crossed, (int)(now_ms() - start));
}

const struct check_test test_peer_port[] = {
    {"healthy_starts", healthy_starts},
    {"unknown_peers_are_refused", unknown_peers_are_refused},
    {"garbage", garbage},
    {"half_a_hello", half_a_hello},
    {"too_many_silent_ones", too_many_silent_ones},
    {"records_from_a_client", records_from_a_client},
    {NULL, NULL},
};
