/* SPDX-License-Identifier: ISC */
/* Disks that fail: at every operation in turn, by a power cut after every one, and by
 * damage anywhere. What was committed stays, whole; what is not whole is not used. */
#include "fault_vfs.h"
#include "store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAST = 40, ERASE_EVERY = 6 };

static struct store_rig rig;

/* The story from behind the position on, with what the program does between; *promised is
 * the last position that was committed. */
static int go_on(struct store *store, unsigned last, unsigned *promised)
{
    int rc = HERD_OK;
    for (unsigned n = *promised + 1; rc == HERD_OK && n <= last; n++) {
        rc = story_tell(store, n);
        if (rc == HERD_OK)
            rc = store_commit(store);
        if (rc != HERD_OK)
            return rc;
        *promised = n;
        fault_log_promise(n);
        if (n % ERASE_EVERY == 0)
            rc = store_erase(store);
        if (rc == HERD_OK && n % 16 == 0)
            rc = store_prune(store, (struct herd_wall){1000010 * HERD_NS_PER_S});
    }
    return rc < 0 ? rc : HERD_OK;
}

/* False: no operation was left to fail. */
static bool fail_once(enum fault_kind kind, size_t n, size_t more)
{
    unsigned promised = 0;
    if (!rig_up(&rig, fault_vfs()))
        return false;
    fault_arm(kind, n, more);
    int rc = store_open(&rig.store, &rig.setup);
    if (rc == HERD_OK)
        rc = go_on(&rig.store, LAST, &promised);
    bool failed = fault_failed() > 0;
    CHECK(rc == HERD_OK || (rc == HERD_ESYS && failed));
    CHECK(rc == HERD_OK || rig.store.error.text[0] != '\0');
    store_close(&rig.store);
    fault_arm(FAULT_NONE, 0, 0);
    if (CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK)) {
        unsigned position = story_check(&rig.store);
        CHECK(position == promised || position == promised + 1);
        promised = position;
        CHECK_INT(go_on(&rig.store, LAST, &promised), HERD_OK);
        CHECK_INT(story_check(&rig.store), LAST);
    }
    rig_down(&rig);
    return failed;
}

static void every_operation_may_fail(void)
{
    static const char *const names[FAULT_KINDS] = {
        "none",         "full",          "EIO of a write", "short write",
        "EIO of fsync", "EIO of a read", "EIO of truncate"};
    for (enum fault_kind kind = FAULT_FULL; kind < FAULT_KINDS; kind++) {
        size_t n = 1;
        bool more = true;
        while (more) {
            CHECK_LABEL("%s, number %zu", names[kind], n);
            more = fail_once(kind, n, n % 2 == 0 ? 0 : 1000);
            n += n < 40 ? 1 : 5;
        }
        CHECK(n > 2);
    }
}

static void a_file_that_is_read_only_is_not_written(void)
{
    REQUIRE(rig_up(&rig, fault_vfs()));
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_tell_all(&rig.store, 1, 3), HERD_OK);
    store_close(&rig.store);
    fault_read_only(true);
    int rc = store_open(&rig.store, &rig.setup);
    if (rc == HERD_OK)
        rc = story_tell_all(&rig.store, 4, 4);
    CHECK_INT(rc, HERD_ESYS);
    CHECK(strstr(rig.store.error.text, "readonly") != NULL);
    store_close(&rig.store);
    fault_read_only(false);
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_check(&rig.store), 3);
    rig_down(&rig);
}

/* ---- power cuts ---- */

static void cut(size_t len, unsigned seed)
{
    struct store_setup setup = {.path = rig.other, .vfs = rig.setup.vfs};
    struct store store;
    unsigned long long promised = fault_log_replay(rig.other, len, seed);
    CHECK_LABEL("after %zu operations, seed %u, promised %llu", len, seed, promised);
    int rc = store_open(&store, &setup);
    /* Before the first promise a file may be rubbish, which the program sets aside. */
    if (rc == HERD_OK) {
        unsigned position = story_check(&store);
        CHECK(position >= promised && position <= promised + 1);
    } else {
        CHECK(rc == HERD_EBAD && promised == 0);
    }
    store_close(&store);
}

static void a_power_cut_loses_no_promise(void)
{
    enum { SEEDS = 2, SOON = 20 };
    unsigned promised = 0;
    REQUIRE(rig_up(&rig, fault_vfs()));
    fault_log_start();
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(go_on(&rig.store, SOON, &promised), HERD_OK);
    store_close(&rig.store);
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(go_on(&rig.store, LAST, &promised), HERD_OK);
    store_close(&rig.store);
    fault_log_stop();
    for (size_t len = 0; len <= fault_log_len(); len++)
        for (unsigned seed = 0; seed < SEEDS; seed++)
            cut(len, seed + (unsigned)len * SEEDS);
    CHECK(fault_log_len() > 100);
    fault_log_free();
    rig_down(&rig);
}

/* ---- damage ---- */

static unsigned dice(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 8;
}

static size_t read_whole(const char *path, unsigned char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(bytes, 1, room, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    return len;
}

static void write_whole(const char *path, const unsigned char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (CHECK(file != NULL)) {
        CHECK(fwrite(bytes, 1, len, file) == len);
        CHECK(fclose(file) == 0);
    }
}

/* A byte, a run of zeros or of rubbish, or all that follows is missing. */
static size_t damage(unsigned char *bytes, size_t len, unsigned *seed)
{
    size_t at = dice(seed) % 3 == 0 ? dice(seed) % 200 : dice(seed) % len;
    size_t run = len - at < 700 ? len - at : dice(seed) % 700;
    switch (dice(seed) % 4) {
    case 0: bytes[at] = (unsigned char)(bytes[at] ^ 1u << dice(seed) % 8); return len;
    case 1: memset(bytes + at, 0, run); return len;
    case 2:
        for (size_t i = 0; i < run; i++)
            bytes[at + i] = (unsigned char)dice(seed);
        return len;
    default: return at;
    }
}

/* Either it is found, or what is there is right: nothing half. */
static void damage_is_found(void)
{
    enum { TRIES = 600, ROOM = 1 << 20 };
    static unsigned char whole[ROOM], bytes[ROOM];
    unsigned found = 0;
    REQUIRE(rig_up(&rig, fault_vfs()));
    struct store_setup setup = {.path = rig.other, .vfs = rig.setup.vfs};
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_tell_all(&rig.store, 1, LAST), HERD_OK);
    store_close(&rig.store);
    size_t len = read_whole(rig.path, whole, sizeof whole);
    for (unsigned i = 1; i <= TRIES; i++) {
        unsigned seed = i;
        struct store store;
        CHECK_LABEL("damage %u", i);
        memcpy(bytes, whole, len);
        write_whole(rig.other, bytes, damage(bytes, len, &seed));
        int rc = store_open(&store, &setup);
        if (rc == HERD_OK && store.position.known)
            CHECK_INT(story_check(&store), LAST);
        else if (rc == HERD_OK)
            CHECK_INT(story_check(&store), 0); /* nothing was left of it */
        else if (CHECK_INT(rc, HERD_EBAD))
            found++;
        store_close(&store);
        (void)unlink(rig.other);
    }
    CHECK(found > TRIES / 2);
    rig_down(&rig);
}

/* An older copy goes on from where it was. */
static void an_older_copy_goes_on(void)
{
    enum { ROOM = 1 << 20 };
    static unsigned char bytes[ROOM];
    REQUIRE(rig_up(&rig, NULL));
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_tell_all(&rig.store, 1, 10), HERD_OK);
    store_close(&rig.store);
    size_t len = read_whole(rig.path, bytes, sizeof bytes);
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_tell_all(&rig.store, 11, LAST), HERD_OK);
    store_close(&rig.store);
    write_whole(rig.path, bytes, len);
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_check(&rig.store), 10);
    CHECK_INT(story_tell_all(&rig.store, 11, LAST), HERD_OK);
    CHECK_INT(story_check(&rig.store), LAST);
    rig_down(&rig);
}

const struct check_test test_faults[] = {
    {"every_operation_may_fail", every_operation_may_fail},
    {"a_file_that_is_read_only_is_not_written", a_file_that_is_read_only_is_not_written},
    {"a_power_cut_loses_no_promise", a_power_cut_loses_no_promise},
    {"damage_is_found", damage_is_found},
    {"an_older_copy_goes_on", an_older_copy_goes_on},
    {NULL, NULL},
};
