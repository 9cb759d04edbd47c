/* SPDX-License-Identifier: ISC */
/* What a store says about its memory, against what it was given. */
#include "store_rig.h"

#include "dice.h"

#include <stdio.h>

enum { OVERHEAD = 16, CLIENTS = 10000, STEPS = 20000 };

static void check_memory(const struct store_rig *rig)
{
    CHECK_INT((int64_t)herd_store_memory(&rig->store),
              (int64_t)(rig->mem.live + rig->mem.blocks * OVERHEAD));
}

/* New clients and longer records; the table gets further pages meanwhile. */
static void all_memory_is_counted(void)
{
    struct store_rig rig;
    struct dice dice = {3};
    store_rig_set_up(&rig);
    check_memory(&rig);
    for (unsigned i = 0; i < STEPS; i++) {
        char name[STORE_RIG_NAME];
        snprintf(name, sizeof name, "c%u", dice_roll(&dice, CLIENTS));
        CHECK_INT(store_rig_put_long(&rig, name, i + 1, dice_roll(&dice, 300)),
                  HERD_MERGE_NEWER);
        check_memory(&rig);
    }
    CHECK(rig.store.page_count > 1);
    store_rig_tear_down(&rig);
}

/* What a record will take is known before it is stored. */
static void a_record_is_foreseen(void)
{
    static const char *const texts[] = {
        "AT S +1 a +1-1 1", "AT S +1 a +1-1 2 1234567890123", "AT S +1 a +1-1 3 123",
        "AT S +1 a +1-1 4 12345678901234567890", "AT S +1 b +1-1 1"};
    static const bool allocates[] = {true, false, false, true, true};
    struct store_rig rig;
    store_rig_set_up(&rig);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct herd_record record;
        CHECK_LABEL("%s", texts[i]);
        REQUIRE(herd_record_parse(herd_slice_str(texts[i]), &record) == HERD_OK);
        struct herd_store_slot slot = herd_store_lookup(&rig.store, record.client);
        size_t before = herd_store_memory(&rig.store);
        size_t with = herd_store_memory_with(&rig.store, &record);
        CHECK_INT(herd_store_must_allocate(slot, &record), allocates[i]);
        CHECK_INT(herd_store_merge(&rig.store, slot, &record, 0), HERD_MERGE_NEWER);
        if (slot.stored == NULL)
            CHECK_INT((int64_t)herd_store_memory(&rig.store), (int64_t)with);
        else if (!allocates[i])
            CHECK_INT((int64_t)herd_store_memory(&rig.store), (int64_t)before);
        check_memory(&rig);
    }
    store_rig_tear_down(&rig);
}

/* The client's time comes from the text only when it is not the effective one. */
static void the_time_of_the_client_is_known(void)
{
    static const struct {
        const char *text;
        int64_t time_s, effective_s;
    } cases[] = {{"AT S +1 k +1-1 100", 100, 100},
                 {"AT S -60 k +1-1 150", 150, 150},
                 {"AT S -61 k +1-1 200", 200, 199},
                 {"AT S -900 k +1-1 1200 more words", 1200, 360},
                 {"AT S -0 k +1-1 361", 361, 361}};
    struct store_rig rig;
    store_rig_set_up(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_record record;
        CHECK_LABEL("%s", cases[i].text);
        REQUIRE(herd_record_parse(herd_slice_str(cases[i].text), &record) == HERD_OK);
        struct herd_store_slot slot = herd_store_lookup(&rig.store, record.client);
        REQUIRE(herd_store_merge(&rig.store, slot, &record, 0) == HERD_MERGE_NEWER);
        const struct herd_stored *stored = store_rig_find(&rig, "k");
        CHECK_INT(herd_stored_time(stored).ns, cases[i].time_s * HERD_NS_PER_S);
        CHECK_INT(stored->effective_ns, cases[i].effective_s * HERD_NS_PER_S);
        CHECK_INT(herd_stored_cmp(stored, &record), 0);
    }
    store_rig_tear_down(&rig);
}

/* A larger record would be paid for by every client of a herd. With short pointers it is
 * smaller still. */
static void a_record_has_a_small_head(void)
{
    CHECK(sizeof(struct herd_stored) <= 10 * sizeof(uint64_t));
    CHECK_INT((int64_t)(offsetof(struct herd_stored, text) % sizeof(void *)), 0);
}

const struct check_test test_store_memory[] = {
    {"all memory is counted", all_memory_is_counted},
    {"a record is foreseen", a_record_is_foreseen},
    {"the time of the client is known", the_time_of_the_client_is_known},
    {"a record has a small head", a_record_has_a_small_head},
    {NULL, NULL},
};
