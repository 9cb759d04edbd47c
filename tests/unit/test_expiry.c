/* SPDX-License-Identifier: ISC */
/* Records that expire: digests as of an instant, and what is freed when. */
#include "check.h"
#include "dice.h"
#include "herd/err.h"
#include "siphash.h"
#include "store_rig.h"

#include <inttypes.h>
#include <stdio.h>

enum { EXPIRE_S = 3000, SKEW_S = 5, DELAY_S = 2, CLIENTS = 40 };

#define S_NS INT64_C(1000000000)

struct expiry_rig {
    struct store_rig rig;
    struct herd_wall clock;
    struct herd_mono mono;
    int64_t quantum_ns, grace_ns;
};

static void set_up(struct expiry_rig *rig, int64_t expire_s)
{
    store_rig_set_up(&rig->rig);
    rig->clock.ns = INT64_C(1621464828) * S_NS;
    rig->mono.ns = 0;
    struct herd_store_expiry setup = {expire_s * S_NS, SKEW_S * S_NS, DELAY_S * S_NS,
                                      &rig->clock};
    REQUIRE(herd_store_set_expiry(&rig->rig.store, &setup) == HERD_OK);
    rig->quantum_ns = expire_s * S_NS / 1024 > S_NS ? expire_s * S_NS / 1024 : S_NS;
    rig->grace_ns = 2 * SKEW_S * S_NS + 2 * rig->quantum_ns + DELAY_S * S_NS;
}

static int merge(struct expiry_rig *rig, const char *text)
{
    struct herd_record record;
    CHECK(herd_record_parse(herd_slice_str(text), &record) == HERD_OK);
    return herd_store_merge(&rig->rig.store,
                            herd_store_lookup(&rig->rig.store, record.client), &record, 0);
}

/* Walks as often as is due within that time. */
static size_t walk_for(struct expiry_rig *rig, int64_t ns)
{
    size_t freed = 0;
    int64_t end_ns = rig->mono.ns + ns;
    for (;;) {
        struct herd_mono at = herd_store_expire_deadline(&rig->rig.store);
        if (at.ns > end_ns)
            break;
        if (at.ns > rig->mono.ns) {
            rig->clock.ns += at.ns - rig->mono.ns;
            rig->mono = at;
        }
        freed += herd_store_expire(&rig->rig.store, rig->mono);
    }
    rig->clock.ns += end_ns - rig->mono.ns;
    rig->mono.ns = end_ns;
    return freed;
}

/* ---- sums, the slow way ---- */

struct sum {
    const struct herd_store *store;
    int64_t expired_ns; /* records that expire later count */
    uint64_t digest;
    size_t reports, tombstones;
};

static bool add(void *ctx, struct herd_slice text)
{
    struct sum *sum = ctx;
    struct herd_record record;
    CHECK(herd_record_parse(text, &record) == HERD_OK);
    if (record.received.ns + sum->store->expiry.expire_ns <= sum->expired_ns)
        return true;
    sum->digest += herd_siphash(text, sum->store->digest_key);
    sum->reports += !record.tombstone;
    sum->tombstones += record.tombstone;
    return true;
}

static struct sum sum_at(const struct expiry_rig *rig, int64_t instant_ns)
{
    struct sum sum = {.store = &rig->rig.store,
                      .expired_ns = instant_ns / rig->quantum_ns * rig->quantum_ns};
    herd_store_for_each(&rig->rig.store, add, &sum);
    return sum;
}

static void check_sums(struct expiry_rig *rig, struct dice *dice)
{
    int64_t span_ms = (rig->grace_ns / 2 + SKEW_S * S_NS) / 1000000;
    int64_t at_ns = rig->clock.ns - rig->grace_ns / 2 +
                    (int64_t)(dice_next(dice) % (uint64_t)span_ms) * 1000000;
    struct herd_store *store = &rig->rig.store;
    CHECK(herd_store_digest_at(store, (struct herd_wall){at_ns}) ==
          sum_at(rig, at_ns).digest);
    struct sum now = sum_at(rig, rig->clock.ns);
    struct herd_store_counts counts = herd_store_counts(store);
    CHECK_INT((int64_t)counts.known, (int64_t)now.reports);
    CHECK_INT((int64_t)counts.forgotten, (int64_t)now.tombstones);
    CHECK_INT((int64_t)(counts.known + counts.forgotten + counts.expired),
              (int64_t)store->count);
}

static void roll_record(const struct expiry_rig *rig, struct dice *dice, char *text,
                        size_t size)
{
    static const int64_t since_s[] = {0, 0, 0, 1, 100, 2000, 2995, 3000, 3030, -4};
    int64_t received_s = rig->clock.ns / S_NS - since_s[dice_roll(dice, 10)];
    int64_t ahead_s = (int64_t)dice_roll(dice, 90) - 10;
    bool forget = dice_roll(dice, 6) == 0;
    if (dice_roll(dice, 30) == 0)
        received_s += 6000; /* beyond the ring */
    if (dice_roll(dice, 8) == 0)
        ahead_s = 5 - received_s;
    snprintf(text, size, "%s A %+" PRId64 " c%u %s%" PRId64, forget ? "FORGOT" : "AT",
             -ahead_s, dice_roll(dice, CLIENTS),
             forget                   ? ""
             : dice_roll(dice, 2) > 0 ? "+1+1 "
                                      : "+1.2345678901234567890123456789+1 ",
             received_s + ahead_s);
}

static void sums_are_those_of_what_is_held(void)
{
    struct dice dice = {77};
    struct expiry_rig rig;
    size_t freed = 0, gone = 0;
    set_up(&rig, EXPIRE_S);
    for (int i = 0; i < 6000; i++) {
        char text[160];
        roll_record(&rig, &dice, text, sizeof text);
        struct herd_record record;
        CHECK_LABEL("%d", i);
        if (herd_record_parse(herd_slice_str(text), &record) == HERD_OK &&
            !herd_record_is_over(&rig.rig.store, &record))
            CHECK(merge(&rig, text) >= 0);
        else
            gone++;
        check_sums(&rig, &dice);
        freed += walk_for(
            &rig, (int64_t)dice_roll(&dice, dice_roll(&dice, 20) == 0 ? 900000 : 30000) *
                      1000000);
        if (dice_roll(&dice, 100) == 0)
            rig.clock.ns += ((int64_t)dice_roll(&dice, 16000) - 8000) * 1000000;
        check_sums(&rig, &dice);
    }
    CHECK(freed > 100);
    CHECK(gone > 100);
    walk_for(&rig, 12000 * S_NS);
    CHECK_INT((int64_t)rig.rig.store.count, 0);
    CHECK_INT((int64_t)rig.rig.store.bytes, 0);
    CHECK_INT((int64_t)rig.rig.store.forgotten, 0);
    CHECK(rig.rig.store.digest == 0);
    CHECK(rig.rig.store.expiry.far == 0 && rig.rig.store.expiry.over_reports == 0 &&
          rig.rig.store.expiry.over_tombstones == 0);
    store_rig_tear_down(&rig.rig);
}

/* ---- one record ---- */

static void a_record_goes_step_by_step(void)
{
    struct expiry_rig rig;
    set_up(&rig, 10);
    struct herd_store *store = &rig.rig.store;
    CHECK_INT(merge(&rig, "AT A +0 k +1+1 1621464828"), HERD_MERGE_NEWER);
    const struct herd_stored *stored = store_rig_find(&rig.rig, "k");
    struct herd_record record;
    REQUIRE(herd_record_parse(herd_stored_text(stored), &record) == HERD_OK);
    int64_t start_ns = rig.clock.ns;
    rig.clock.ns = start_ns + 10 * S_NS - 1;
    CHECK(herd_stored_is_visible(store, stored) && herd_stored_is_sent(store, stored));
    rig.clock.ns++;
    CHECK(!herd_stored_is_visible(store, stored) && herd_stored_is_sent(store, stored));
    rig.clock.ns = start_ns + 10 * S_NS + rig.grace_ns / 2 - 1;
    CHECK(herd_stored_is_sent(store, stored));
    rig.clock.ns++;
    CHECK(!herd_stored_is_sent(store, stored));
    rig.clock.ns = start_ns + 10 * S_NS + rig.grace_ns - 1;
    CHECK(!herd_record_is_over(store, &record));
    CHECK_INT((int64_t)herd_store_expire(store, (struct herd_mono){0}), 0);
    CHECK(herd_store_expire_deadline(store).ns > 0);
    rig.clock.ns++;
    CHECK(herd_record_is_over(store, &record));
    rig.mono = herd_store_expire_deadline(store);
    CHECK_INT((int64_t)herd_store_expire(store, (struct herd_mono){rig.mono.ns - 1}), 0);
    CHECK_INT((int64_t)store->count, 1);
    CHECK_INT((int64_t)herd_store_expire(store, rig.mono), 1);
    CHECK_INT((int64_t)store->count, 0);
    CHECK(herd_store_expire_deadline(store).ns == HERD_NEVER.ns);
    store_rig_tear_down(&rig.rig);
}

/* The receipt counts: the client's clock was ahead, or far behind. */
static void the_clock_of_a_client_does_not_count(void)
{
    struct expiry_rig rig;
    set_up(&rig, 10);
    CHECK_INT(merge(&rig, "AT A -59 ahead +1+1 1621464887"), HERD_MERGE_NEWER);
    CHECK_INT(merge(&rig, "AT A -1000 far +1+1 1621465828"), HERD_MERGE_NEWER);
    CHECK_INT(merge(&rig, "AT A +1621464827 behind +1+1 1"), HERD_MERGE_NEWER);
    rig.clock.ns += 10 * S_NS + rig.grace_ns - 1;
    CHECK_INT((int64_t)herd_store_expire(&rig.rig.store, (struct herd_mono){0}), 0);
    rig.clock.ns += rig.quantum_ns + 1;
    rig.mono = herd_store_expire_deadline(&rig.rig.store);
    CHECK_INT((int64_t)herd_store_expire(&rig.rig.store, rig.mono), 3);
    store_rig_tear_down(&rig.rig);
}

/* What is in no sum any more stays so, though the clock says that it is not over yet. */
static void a_clock_that_goes_back_brings_nothing_back(void)
{
    struct expiry_rig rig;
    set_up(&rig, 10);
    struct herd_store *store = &rig.rig.store;
    CHECK_INT(merge(&rig, "AT A +0 k +1+1 1621464828"), HERD_MERGE_NEWER);
    rig.clock.ns += 10 * S_NS + rig.grace_ns + 2 * rig.quantum_ns;
    CHECK(herd_store_digest_at(store, rig.clock) == 0 && store->digest == 0);
    struct herd_wall last = {rig.clock.ns - rig.grace_ns};
    last.ns -= last.ns % rig.quantum_ns;
    CHECK(herd_store_has_digest_at(store, last));
    last.ns--;
    CHECK(!herd_store_has_digest_at(store, last));
    rig.clock.ns -= 5 * S_NS;
    CHECK(herd_store_digest_at(store, rig.clock) == 0 && store->digest == 0);
    CHECK_INT(merge(&rig, "AT A +20 k +1+1 1621464829"), HERD_MERGE_NEWER);
    struct sum sum = sum_at(&rig, rig.clock.ns);
    CHECK(sum.digest != 0 && store->digest == sum.digest);
    CHECK(herd_store_digest_at(store, rig.clock) == sum.digest);
    struct herd_store_counts counts = herd_store_counts(store);
    CHECK(counts.known == 1 && counts.expired == 0);
    walk_for(&rig, 90 * S_NS);
    CHECK(store->count == 0 && store->digest == 0);
    store_rig_tear_down(&rig.rig);
}

/* Without memory for a longer record the one that is held expires as before. */
static void memory_runs_out(void)
{
    struct expiry_rig rig;
    set_up(&rig, 10);
    struct herd_store *store = &rig.rig.store;
    CHECK_INT(merge(&rig, "AT A +0 k +1+1 1621464828"), HERD_MERGE_NEWER);
    uint64_t digest = store->digest;
    fail_mem_arm(&rig.rig.mem, 1, false);
    CHECK_INT(
        merge(&rig,
              "AT A +0 k +1+1 1621464829 and words that need more room than there is"),
        HERD_ENOMEM);
    CHECK(store->digest == digest && herd_store_digest_at(store, rig.clock) == digest);
    CHECK_INT((int64_t)herd_store_counts(store).known, 1);
    rig.clock.ns += 11 * S_NS;
    CHECK(herd_store_digest_at(store, rig.clock) == 0);
    CHECK_INT((int64_t)herd_store_counts(store).known, 0);
    walk_for(&rig, 60 * S_NS);
    CHECK(store->count == 0 && store->digest == 0);
    store_rig_tear_down(&rig.rig);
}

/* What is in the year 2262 neither overflows nor stays in the way. */
static void the_last_instant_does_not_expire(void)
{
    struct expiry_rig rig;
    set_up(&rig, 315360000);
    struct herd_store *store = &rig.rig.store;
    CHECK_INT(merge(&rig, "AT A +0 k +1+1 9223372036.854775807"), HERD_MERGE_NEWER);
    CHECK(herd_stored_is_visible(store, store_rig_find(&rig.rig, "k")));
    CHECK(herd_store_digest_at(store, rig.clock) == store->digest && store->digest != 0);
    CHECK_INT((int64_t)herd_store_counts(store).known, 1);
    rig.clock.ns = INT64_MAX - 1;
    CHECK_INT((int64_t)herd_store_expire(store, (struct herd_mono){0}), 0);
    CHECK_INT(merge(&rig, "FORGOT A +0 k 9223372036.854775807"), HERD_MERGE_NEWER);
    store_rig_tear_down(&rig.rig);
}

/* A walk is cut into pieces, and finds all there is. */
static void walks_take_turns(void)
{
    enum { MANY = 20000 };
    struct expiry_rig rig;
    char text[80];
    size_t freed = 0, most = 0;
    set_up(&rig, 10);
    struct herd_store *store = &rig.rig.store;
    uint64_t empty = herd_store_memory(store);
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "AT A +0 c%d +1+1 16214648%d", i, 28 + i % 3);
        CHECK_INT(merge(&rig, text), HERD_MERGE_NEWER);
    }
    struct herd_marker marker = {.seen_seq = 0};
    herd_marker_start(store, &marker);
    REQUIRE(herd_marker_seek(store, &marker, 0, SIZE_MAX));
    for (int i = 0; i < MANY / 2; i++)
        herd_marker_advance(&marker, herd_marker_peek(store, &marker));
    rig.clock.ns += 10 * S_NS + rig.grace_ns + S_NS + 1;
    int pieces = 0;
    for (; pieces < 20 && freed < (size_t)MANY * 2 / 3; pieces++) {
        size_t now = herd_store_expire(store, rig.mono);
        most = now > most ? now : most;
        freed += now;
        CHECK(pieces == 0 || rig.mono.ns <= pieces * 10 * S_NS / 1000);
        rig.mono = herd_store_expire_deadline(store);
    }
    CHECK_INT((int64_t)freed, MANY * 2 / 3 + 1);
    CHECK(pieces >= 4 && most < MANY / 2);
    const struct herd_stored *next = herd_marker_peek(store, &marker);
    REQUIRE(next != NULL);
    CHECK_SLICE(herd_stored_text(next), HERD_LIT("AT A +0 c10001 +1+1 1621464830"));
    rig.clock.ns += S_NS;
    walk_for(&rig, 40 * S_NS);
    CHECK_INT((int64_t)store->count, 0);
    CHECK(herd_marker_peek(store, &marker) == NULL);
    CHECK(store->bytes == 0 && herd_store_memory(store) >= empty);
    herd_marker_stop(&marker);
    store_rig_tear_down(&rig.rig);
}

const struct check_test test_expiry[] = {
    {"a_record_goes_step_by_step", a_record_goes_step_by_step},
    {"sums_are_those_of_what_is_held", sums_are_those_of_what_is_held},
    {"the_clock_of_a_client_does_not_count", the_clock_of_a_client_does_not_count},
    {"a_clock_that_goes_back_brings_nothing_back",
     a_clock_that_goes_back_brings_nothing_back},
    {"memory_runs_out", memory_runs_out},
    {"the_last_instant_does_not_expire", the_last_instant_does_not_expire},
    {"walks_take_turns", walks_take_turns},
    {NULL, NULL},
};
