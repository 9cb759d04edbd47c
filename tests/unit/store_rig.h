/* SPDX-License-Identifier: ISC */
/* A store in a test: put records into it, look at what it holds. */
#ifndef TESTS_UNIT_STORE_RIG_H
#define TESTS_UNIT_STORE_RIG_H

#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "store/store.h"

enum { STORE_RIG_NAME = 32, STORE_RIG_FIRST_BUCKETS = 4096 };

extern const uint8_t store_rig_key[HERD_STORE_KEY];
extern const uint8_t store_rig_digest_key[HERD_STORE_KEY];

struct store_rig {
    struct fail_mem mem;
    struct herd_store store;
};

void store_rig_set_up(struct store_rig *rig);

/* Checks that all memory has been given back. */
void store_rig_tear_down(struct store_rig *rig);

/* NULL: not known. */
struct herd_stored *store_rig_find(const struct store_rig *rig, const char *client);

/* Merges "AT S +1 client +1-1 time", whose source is `time`. */
int store_rig_put(struct store_rig *rig, const char *client, unsigned time);

/* Likewise, with a word after it so that the text is `len` bytes long if that can be. */
int store_rig_put_long(struct store_rig *rig, const char *client, unsigned time,
                       size_t len);

/* Likewise, as if the client's hash were `hash`: `at` is where its record is, or NULL. */
int store_rig_put_at(struct store_rig *rig, uint64_t hash, struct herd_stored *at,
                     const char *client, unsigned time, size_t len);

/* The record that changed last. */
struct herd_stored *store_rig_newest(const struct store_rig *rig);

#endif
