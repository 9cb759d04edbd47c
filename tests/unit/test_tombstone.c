/* SPDX-License-Identifier: ISC */
/* Tombstones: their text, which of two records is kept, and that servers agree. */
#include "check.h"
#include "rig/rig.h"
#include "dice.h"
#include "store_rig.h"

#include "herd/err.h"
#include "protocol/tombstone.h"

#include <stdio.h>
#include <stdlib.h>

#define S_NS HERD_NS_PER_S

static struct herd_record parsed(const char *text)
{
    struct herd_record record = {0};
    CHECK_LABEL("%s", text);
    CHECK_INT(herd_record_parse(herd_slice_str(text), &record), HERD_OK);
    return record;
}

/* ---- texts ---- */

static void is_made(void)
{
    char out[128];
    struct herd_record made, read;
    struct herd_slice server = HERD_LIT("Clark"), client = HERD_LIT("kiwi");
    herd_tombstone_make(server, client, (struct herd_wall){1621464828223371889}, out,
                        &made);
    CHECK_SLICE(made.text, HERD_LIT("FORGOT Clark +0.000000000 kiwi 1621464828.223371889"));
    CHECK(made.text.len <= herd_tombstone_bound(server, client));
    CHECK_INT(herd_record_parse(made.text, &read), HERD_OK);
    CHECK_SLICE(read.client, client);
    CHECK(read.tombstone && made.tombstone);
    CHECK_INT(read.time.ns, made.time.ns);
    CHECK_INT(read.received.ns, made.received.ns);
    CHECK_INT(read.effective.ns, made.effective.ns);
    herd_tombstone_make(server, client, (struct herd_wall){-5}, out, &made);
    CHECK_SLICE(made.text, HERD_LIT("FORGOT Clark +0.000000000 kiwi 0.000000000"));
}

static void is_parsed(void)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"FORGOT S +0 k 5", HERD_OK},        {"FORGOT S +0 k 5 more words", HERD_OK},
        {"FORGOT S +0 k 5 ", HERD_EBAD},     {"FORGOT S +0 k", HERD_EBAD},
        {"FORGOT S +0 k ", HERD_EBAD},       {"FORGOT  S +0 k 5", HERD_EBAD},
        {"FORGOT S 0 k 5", HERD_EBAD},       {"FORGOT S +0 k +1+1", HERD_EBAD},
        {"FORGOT S +0 k +1+1 5", HERD_EBAD}, {"FORGOTS S +0 k 5", HERD_EBAD},
        {"forgot S +0 k 5", HERD_EBAD},      {"FORGOT S -6 k 5", HERD_ERANGE},
        {"AT S +0 k 5", HERD_EBAD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct herd_record record;
        CHECK_LABEL("%s", cases[i].text);
        CHECK_INT(herd_record_parse(herd_slice_str(cases[i].text), &record), cases[i].rc);
    }
}

/* ---- which one is kept ---- */

/* Both ways round, and again with the one that was kept. */
static void check_kept(const char *one, const char *two, const char *kept)
{
    char out[HERD_RECORD_MAX];
    struct herd_record a = parsed(one), b = parsed(two), raised;
    for (int i = 0; i < 2; i++) {
        const struct herd_record *x = i == 0 ? &a : &b, *y = i == 0 ? &b : &a;
        CHECK_LABEL("%s, %s", one, two);
        CHECK_SLICE(herd_tombstone_choose(x, y, out, &raised)->text, herd_slice_str(kept));
        struct herd_record again = parsed(kept);
        if (!herd_slice_eq(again.text, x->text))
            CHECK_SLICE(herd_tombstone_choose(&again, x, out, &raised)->text,
                        herd_slice_str(kept));
    }
}

static void hides_what_was_received_before(void)
{
    const char *forgot = "FORGOT B +0 k 100";
    check_kept("AT A +0 k +1+1 99", forgot, forgot);
    check_kept("AT A +0 k +1+1 100", forgot, forgot);
    check_kept("AT A +50 k +1+1 50", forgot, forgot);
    /* Received later, but the location is older. */
    check_kept("AT A +50 k +1+1 99", forgot, forgot);
    check_kept("AT A +0 k +1+1 100.000000001", forgot, "AT A +0 k +1+1 100.000000001");
    check_kept("AT A -9 k +1+1 110", forgot, "AT A -9 k +1+1 110");
}

static void is_raised_above_clocks_that_are_ahead(void)
{
    const char *forgot = "FORGOT B +0 k 100";
    check_kept("AT A -10 k +1+1 110", forgot, "FORGOT B -10.000000000 k 110.000000000");
    check_kept("AT A -1000 k +1+1 1100", forgot, "FORGOT B -60.000000000 k 160.000000000");
    check_kept("AT A -1000 k +1+1 1099", forgot, "FORGOT B -59.000000000 k 159.000000000");
    /* Words that a later version adds are not repeated. */
    check_kept("AT A -1.5 k +1+1 101 x", "FORGOT B +0 k 100 why",
               "FORGOT B -1.000000000 k 101.000000000");
}

static void the_later_tombstone_covers_more(void)
{
    check_kept("FORGOT A +0 k 100", "FORGOT B +0 k 101", "FORGOT B +0 k 101");
    check_kept("FORGOT A +0 k 100", "FORGOT B +0 k 100", "FORGOT B +0 k 100");
    check_kept("FORGOT A -20 k 120", "FORGOT B +0 k 101",
               "FORGOT B -19.000000001 k 120.000000001");
    check_kept("FORGOT A -60 k 160", "FORGOT A -59 k 160",
               "FORGOT A -59.000000001 k 160.000000001");
    check_kept("FORGOT A -20 k 120", "FORGOT B +0 k 100", "FORGOT A -20 k 120");
}

static void what_cannot_be_raised_is_ordered(void)
{
    char *forgot = malloc(HERD_RECORD_MAX + 1), *at = malloc(HERD_RECORD_MAX + 1);
    char out[HERD_RECORD_MAX];
    struct herd_record raised;
    REQUIRE(forgot != NULL && at != NULL);
    static char client[8161];
    memset(client, 'k', sizeof client - 1);
    snprintf(forgot, HERD_RECORD_MAX + 1, "FORGOT B +0 %s 100", client);
    snprintf(at, HERD_RECORD_MAX + 1, "AT A -9 %s +1+1 109", client);
    struct herd_record a = parsed(forgot), b = parsed(at);
    CHECK(herd_tombstone_choose(&a, &b, out, &raised) == &b);
    CHECK(herd_tombstone_choose(&b, &a, out, &raised) == &b);
    free(forgot);
    free(at);
    struct herd_record last = parsed("FORGOT A -0.9 k 9223372036.854775807");
    struct herd_record later = parsed("FORGOT B +0 k 9223372036.854775806");
    CHECK(herd_tombstone_choose(&last, &later, out, &raised) == &last);
}

/* ---- the store ---- */

static int merge(struct store_rig *rig, const char *text, uint64_t source)
{
    struct herd_record record = parsed(text);
    return herd_store_merge(&rig->store, herd_store_lookup(&rig->store, record.client),
                            &record, source);
}

static struct herd_slice last_forgotten;

static void note_forgotten(void *ctx, struct herd_slice text)
{
    static char copy[256];
    (*(int *)ctx)++;
    memcpy(copy, text.data, text.len);
    last_forgotten = herd_slice(copy, text.len);
}

static bool holds(const struct herd_stored *stored, const char *bytes)
{
    for (size_t i = 0; i + strlen(bytes) <= stored->text_capacity; i++)
        if (memcmp(stored->text + i, bytes, strlen(bytes)) == 0)
            return true;
    return false;
}

static void the_store_forgets(void)
{
    struct store_rig rig;
    int calls = 0;
    store_rig_set_up(&rig);
    rig.store.on_forget = (struct herd_store_on_forget){note_forgotten, &calls};
    CHECK_INT(merge(&rig, "AT A -10 kiwi +34.5678-118.9876 110", 7), HERD_MERGE_NEWER);
    CHECK(holds(store_rig_find(&rig, "kiwi"), "34.5678"));
    CHECK_INT(merge(&rig, "FORGOT B +0 kiwi 100", 7), HERD_MERGE_NEWER);
    const struct herd_stored *stored = store_rig_find(&rig, "kiwi");
    CHECK_SLICE(herd_stored_text(stored),
                HERD_LIT("FORGOT B -10.000000000 kiwi 110.000000000"));
    CHECK(!holds(stored, "118.9876") && !holds(stored, "34.5"));
    CHECK(stored->tombstone);
    CHECK_INT((int64_t)stored->source, 0); /* it was not what came from 7 */
    CHECK_INT(herd_stored_received(stored).ns, 100 * S_NS);
    CHECK_INT((int64_t)rig.store.count, 1);
    CHECK_INT((int64_t)rig.store.forgotten, 1);
    CHECK_INT(calls, 1);
    CHECK_SLICE(last_forgotten, HERD_LIT("AT A -10 kiwi +34.5678-118.9876 110"));
    CHECK_INT(merge(&rig, "AT A -10 kiwi +34.5678-118.9876 110", 8), HERD_MERGE_NOT_NEWER);
    CHECK_INT(merge(&rig, "FORGOT B +0 kiwi 100", 8), HERD_MERGE_NOT_NEWER);
    CHECK_INT(merge(&rig, "FORGOT B -10.000000000 kiwi 110.000000000", 8),
              HERD_MERGE_NOT_NEWER);
    CHECK_INT((int64_t)stored->last_source, 8);
    CHECK_INT(merge(&rig, "AT A -40 kiwi +1+1 140", 9), HERD_MERGE_NEWER);
    CHECK_SLICE(herd_stored_text(store_rig_find(&rig, "kiwi")),
                HERD_LIT("FORGOT B -40.000000000 kiwi 140.000000000"));
    CHECK_INT(calls, 1);
    CHECK_INT(merge(&rig, "AT A -40 kiwi +1+1 141", 9), HERD_MERGE_NEWER);
    CHECK_INT((int64_t)rig.store.forgotten, 0);
    CHECK_INT((int64_t)store_rig_find(&rig, "kiwi")->source, 9);
    CHECK_INT(merge(&rig, "FORGOT B +0 new 100", 9), HERD_MERGE_NEWER);
    CHECK_INT((int64_t)rig.store.forgotten, 1);
    CHECK_INT(calls, 1);
    store_rig_tear_down(&rig);
}

static void nothing_is_left_behind_a_shorter_tombstone(void)
{
    struct store_rig rig;
    store_rig_set_up(&rig);
    CHECK_INT(merge(&rig, "AT A +0 k +1.00000000000000000000000000-118.9876 1", 7),
              HERD_MERGE_NEWER);
    CHECK(holds(store_rig_find(&rig, "k"), "118.9876"));
    CHECK_INT(merge(&rig, "FORGOT A +0 k 1", 7), HERD_MERGE_NEWER);
    CHECK(!holds(store_rig_find(&rig, "k"), "118.9876"));
    CHECK(!holds(store_rig_find(&rig, "k"), "0000"));
    store_rig_tear_down(&rig);
}

/* A tombstone that is longer than the report needs a larger record. */
static void a_longer_tombstone_forgets_as_well(void)
{
    struct store_rig rig;
    store_rig_set_up(&rig);
    CHECK_INT(merge(&rig, "AT A +0 k +1+1 1", 7), HERD_MERGE_NEWER);
    CHECK_INT(merge(&rig, "FORGOT server-with-a-long-name +0.000000000 k 1.000000000", 0),
              HERD_MERGE_NEWER);
    CHECK_INT((int64_t)rig.store.forgotten, 1);
    CHECK_INT(
        merge(&rig, "FORGOT server-with-a-long-name +0.0 k 2.0 and some more words", 0),
        HERD_MERGE_NEWER);
    CHECK_INT((int64_t)rig.store.forgotten, 1);
    store_rig_tear_down(&rig);
}

/* ---- FORGET ---- */

/* Of the longest client ids: those are taken whose tombstones fit into a record. */
static void forget_takes_what_fits(void)
{
    enum { LEAST = 8090, MOST = 8185, CONTROL = 1 };
    static const char alone[] = "server Clark client 127.0.0.1:3 peer 127.0.0.1:13\n";
    static char line[MOST + 16], client[MOST + 1];
    struct rig rig;
    int taken = 0;
    rig_start(&rig, alone, "Clark");
    rig.quiet = true;
    rig_open(&rig, CONTROL, HERD_ROLE_CONTROL, -1);
    for (int len = LEAST; len <= MOST; len++) {
        memset(client, 'k', sizeof client);
        int size = snprintf(line, sizeof line, "FORGET %.*s\n", len, client);
        CHECK_LABEL("%d", len);
        REQUIRE(rig_data(&rig, CONTROL, herd_slice(line, (size_t)size)));
        struct herd_slice held =
            herd_core_record(rig.core, herd_slice(client, (size_t)len));
        CHECK(held.len <= HERD_RECORD_MAX);
        size_t bound =
            herd_tombstone_bound(HERD_LIT("Clark"), herd_slice(client, (size_t)len));
        CHECK((held.len > 0) == (bound <= HERD_RECORD_MAX));
        taken += held.len > 0;
    }
    CHECK(taken > 0 && taken < MOST - LEAST);
    rig_end(&rig);
}

/* ---- a herd ---- */

enum { SERVERS = 4, RECORDS = 7, TEXT = 96, SEEDS = 3000, ROUNDS = 4000 };

struct herd_of_stores {
    struct dice dice;
    struct store_rig rig[SERVERS];
    char sent[SERVERS][SERVERS][TEXT]; /* what the first one sends to the second one next */
};

static void roll_record(struct dice *dice, char text[TEXT])
{
    unsigned received = 100 + dice_roll(dice, 6) * 10;
    int ahead = (int)dice_roll(dice, 9) * 10 - 20;
    char server = (char)('A' + dice_roll(dice, 2));
    if (dice_roll(dice, 3) == 0)
        snprintf(text, TEXT, "FORGOT %c +0 k %u", server, received);
    else
        snprintf(text, TEXT, "AT %c %+d k +%u+1 %d", server, -ahead, dice_roll(dice, 2),
                 (int)received + ahead);
}

static void tell_others(struct herd_of_stores *herd, uint32_t from)
{
    const struct herd_stored *stored = store_rig_find(&herd->rig[from], "k");
    for (uint32_t to = 0; to < SERVERS; to++)
        snprintf(herd->sent[from][to], TEXT, "%.*s", (int)stored->text_len, stored->text);
}

static void hear(struct herd_of_stores *herd, uint32_t at, const char *text)
{
    if (merge(&herd->rig[at], text, 0) == HERD_MERGE_NEWER)
        tell_others(herd, at);
}

/* Delivers in any order; a later change takes the place of one that was not sent. */
static void flood(struct herd_of_stores *herd)
{
    int left = ROUNDS;
    for (uint32_t silent = 0; silent < SERVERS * SERVERS * 20; left--) {
        uint32_t from = dice_roll(&herd->dice, SERVERS),
                 to = dice_roll(&herd->dice, SERVERS);
        char text[TEXT];
        memcpy(text, herd->sent[from][to], TEXT);
        herd->sent[from][to][0] = '\0';
        silent = text[0] == '\0' || from == to ? silent + 1 : 0;
        if (text[0] != '\0' && from != to)
            hear(herd, to, text);
        REQUIRE(left > 0);
    }
}

/* When every report was received before the last FORGET, the client is forgotten. */
static void check_end(struct herd_of_stores *herd, char texts[RECORDS][TEXT], int count)
{
    const struct herd_stored *first = store_rig_find(&herd->rig[0], "k");
    int64_t forgot = -1, reported = -1;
    for (uint32_t i = 1; i < SERVERS; i++) {
        CHECK_SLICE(herd_stored_text(store_rig_find(&herd->rig[i], "k")),
                    herd_stored_text(first));
        CHECK(herd->rig[i].store.digest == herd->rig[0].store.digest);
    }
    for (int i = 0; i < count; i++) {
        struct herd_record record = parsed(texts[i]);
        int64_t *latest = record.tombstone ? &forgot : &reported;
        *latest = record.received.ns > *latest ? record.received.ns : *latest;
    }
    if (forgot >= reported)
        CHECK(first->tombstone);
    if (forgot < 0)
        CHECK(!first->tombstone);
}

static void servers_agree(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        static struct herd_of_stores herd;
        char texts[RECORDS][TEXT];
        memset(&herd, 0, sizeof herd);
        herd.dice.state = seed;
        for (uint32_t i = 0; i < SERVERS; i++)
            store_rig_set_up(&herd.rig[i]);
        int count = 1 + (int)dice_roll(&herd.dice, RECORDS);
        for (int i = 0; i < count; i++) {
            roll_record(&herd.dice, texts[i]);
            hear(&herd, dice_roll(&herd.dice, SERVERS), texts[i]);
            if (dice_roll(&herd.dice, 3) == 0)
                flood(&herd);
        }
        flood(&herd);
        CHECK_LABEL("seed %d", (int)seed);
        check_end(&herd, texts, count);
        for (uint32_t i = 0; i < SERVERS; i++)
            store_rig_tear_down(&herd.rig[i]);
    }
}

const struct check_test test_tombstone[] = {
    {"is_made", is_made},
    {"is_parsed", is_parsed},
    {"hides_what_was_received_before", hides_what_was_received_before},
    {"is_raised_above_clocks_that_are_ahead", is_raised_above_clocks_that_are_ahead},
    {"the_later_tombstone_covers_more", the_later_tombstone_covers_more},
    {"what_cannot_be_raised_is_ordered", what_cannot_be_raised_is_ordered},
    {"the_store_forgets", the_store_forgets},
    {"nothing_is_left_behind_a_shorter_tombstone",
     nothing_is_left_behind_a_shorter_tombstone},
    {"a_longer_tombstone_forgets_as_well", a_longer_tombstone_forgets_as_well},
    {"forget_takes_what_fits", forget_takes_what_fits},
    {"servers_agree", servers_agree},
    {NULL, NULL},
};
