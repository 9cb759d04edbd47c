/* SPDX-License-Identifier: ISC */
/* A store in a folder of its own, and a story of transactions: after the n-th one it has to
 * hold exactly what the first n said, and the position n. */
#ifndef TESTS_SQLITE_STORE_RIG_H
#define TESTS_SQLITE_STORE_RIG_H

#include "check.h"
#include "sqlite/store.h"

enum { STORY_CLIENTS = 24, STORY_TOUCHES = 3, RIG_PATH = 128 };

struct store_rig {
    char dir[RIG_PATH / 2], path[RIG_PATH], other[RIG_PATH];
    struct store_setup setup;
    struct store store;
};

/* False when it failed, which is then reported. `vfs`: see store_setup. */
bool rig_up(struct store_rig *rig, const char *vfs);
void rig_down(struct store_rig *rig);

/* A record as the parser makes it; `text` lives as long. */
struct herd_record rig_record(const char *text);

/* The n-th transaction, from 1 on; does not commit. */
int story_tell(struct store *store, unsigned n);
int story_tell_all(struct store *store, unsigned from, unsigned to);

/* Checks that an open store is as after its position; returns that. */
unsigned story_check(struct store *store);

#endif
