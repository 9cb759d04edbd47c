/* SPDX-License-Identifier: ISC */
#include "store_rig.h"

#include <stdio.h>

const uint8_t store_rig_key[HERD_STORE_KEY] = {9, 8, 7};
const uint8_t store_rig_digest_key[HERD_STORE_KEY] = {4, 5, 6};

void store_rig_set_up(struct store_rig *rig)
{
    fail_mem_init(&rig->mem);
    CHECK_INT(
        herd_store_init(&rig->store, &rig->mem.mem, store_rig_key, store_rig_digest_key),
        HERD_OK);
}

void store_rig_tear_down(struct store_rig *rig)
{
    herd_store_free(&rig->store);
    CHECK_INT((int64_t)rig->mem.blocks, 0);
}

struct herd_stored *store_rig_find(const struct store_rig *rig, const char *client)
{
    return herd_store_lookup(&rig->store, herd_slice_str(client)).stored;
}

/* The text lives until the next call. */
static int make_record(const char *client, unsigned time, size_t len,
                       struct herd_record *record)
{
    static char text[HERD_RECORD_MAX + 2];
    int head = snprintf(text, sizeof text, "AT S +1 %s +1-1 %u", client, time);
    size_t used = (size_t)head;
    if (used + 1 < len) {
        memset(text + used, 'x', len - used);
        text[used] = ' ';
        used = len;
    }
    return herd_record_parse(herd_slice(text, used), record);
}

int store_rig_put_long(struct store_rig *rig, const char *client, unsigned time, size_t len)
{
    struct herd_record record;
    int rc = make_record(client, time, len, &record);
    if (rc != HERD_OK)
        return rc;
    return herd_store_merge(&rig->store, herd_store_lookup(&rig->store, record.client),
                            &record, time);
}

int store_rig_put(struct store_rig *rig, const char *client, unsigned time)
{
    return store_rig_put_long(rig, client, time, 0);
}

int store_rig_put_at(struct store_rig *rig, uint64_t hash, struct herd_stored *at,
                     const char *client, unsigned time, size_t len)
{
    struct herd_store_slot slot = {hash, at};
    struct herd_record record;
    int rc = make_record(client, time, len, &record);
    if (rc != HERD_OK)
        return rc;
    return herd_store_merge(&rig->store, slot, &record, time);
}

struct herd_stored *store_rig_newest(const struct store_rig *rig)
{
    struct herd_feed_node *node = rig->store.feed.prev;
    while (node != &rig->store.feed && node->seq == 0)
        node = node->prev;
    return node == &rig->store.feed ? NULL : (struct herd_stored *)node;
}
