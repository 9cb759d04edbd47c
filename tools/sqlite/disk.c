/* SPDX-License-Identifier: ISC */
#include "disk.h"

#include "aside.h"
#include "follow/link.h"
#include "io/clock.h"
#include "io/loop.h"
#include "io/signals.h"
#include "say.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    RETRY_MAX_MS = 5000,
    GROUP_MS =
        100, /* a transaction is committed after that time when nothing more comes, */
    BUSY_MS = 1000,        /* after that time in any case, */
    SYNC_MS = 2000,        /* in a full sync, whose records count at its end */
    AT_ONCE_MS = 50,       /* and with -d, in any case; when nothing more comes, at once */
    GROUP_RECORDS = 50000, /* or with so many records */
    AT_ONCE_RECORDS = 5000,
    CHORES_MS = 1000, /* between looks at the WAL, and whether the file is still there */
    PRUNE_MS = 60000,
    READER_MS = 60000,
    LEAVE_MS = 2000,
};

struct disk {
    const struct disk_setup *setup;
    struct io_loop *loop;
    struct follow_link *link; /* NULL while the file is not open */
    struct store store;
    struct follow_calls calls;
    struct say say;
    struct io_watch input;
    bool ends, watches;
    bool lost;  /* the connection: commits before it is made again */
    int failed; /* of the store, in a call from the link */
    int64_t retry_ms;
    struct herd_mono now, retry_at, begun_at, chores_at, prune_at, erased_at;
    struct herd_mono failed_at; /* NEVER: the file works */
};

/* ---- calls of the link ---- */

static int keep(struct disk *disk, int rc)
{
    if (rc != HERD_OK && disk->failed == HERD_OK)
        disk->failed = rc;
    return rc;
}

/* Before what may begin a transaction. */
static void start_clock(struct disk *disk)
{
    if (!disk->store.in_transaction)
        disk->begun_at = disk->now;
}

static int on_full_sync(void *ctx)
{
    struct disk *disk = ctx;
    disk->store.full_sync = true;
    return HERD_OK;
}

static int on_record(void *ctx, const struct herd_record *record)
{
    struct disk *disk = ctx;
    start_clock(disk);
    return keep(disk, store_put(&disk->store, record));
}

static int on_position(void *ctx, const struct follow_position *position, bool whole)
{
    struct disk *disk = ctx;
    start_clock(disk);
    if (whole)
        disk->store.full_sync = false;
    return keep(disk, store_put_position(&disk->store, position));
}

static int on_give(void *ctx, struct herd_slice *text)
{
    struct disk *disk = ctx;
    int rc = store_next(&disk->store, text);
    return rc < 0 ? keep(disk, rc) : rc;
}

static void on_followed(void *ctx, struct herd_slice server, bool known)
{
    struct disk *disk = ctx;
    disk->store.full_sync = false;
    store_rewind(&disk->store);
    say(&disk->say, disk->now, known ? "follows %.*s" : "follows %.*s, after a new start",
        (int)server.len, server.data);
}

static void on_lost(void *ctx, const char *why)
{
    struct disk *disk = ctx;
    disk->lost = true;
    store_rewind(&disk->store);
    if (disk->failed == HERD_OK)
        say(&disk->say, disk->now, "%s: %s; trying again", disk->setup->socket, why);
}

static void last_position(void *ctx, struct follow_position *position)
{
    struct disk *disk = ctx;
    *position = disk->store.position;
}

/* ---- the file ---- */

static void close_file(struct disk *disk)
{
    follow_link_free(disk->link);
    disk->link = NULL;
    store_close(&disk->store);
}

static void retry_later(struct disk *disk)
{
    if (herd_mono_is_never(disk->failed_at))
        disk->failed_at = disk->now;
    disk->retry_at = herd_mono_add_ms(disk->now, disk->retry_ms);
    disk->retry_ms = disk->retry_ms < RETRY_MAX_MS / 2 ? disk->retry_ms * 2 : RETRY_MAX_MS;
}

static void set_aside(struct disk *disk)
{
    char name[HERD_ERROR_TEXT_MAX];
    struct herd_error_text error;
    if (aside_move(disk->setup->store.path, name, &error) == HERD_OK)
        say(&disk->say, disk->now,
            "is damaged (%s): kept as %s; a new file is filled from the server",
            disk->store.error.text, name);
    else
        say(&disk->say, disk->now, "is damaged (%s), and %s; trying again",
            disk->store.error.text, error.text);
}

/* False: this program cannot do anything with the file. */
static bool handle(struct disk *disk, int rc)
{
    close_file(disk);
    disk->failed = HERD_OK;
    if (rc == HERD_EUNKNOWN) {
        say(&disk->say, disk->now, "%s", disk->store.error.text);
        return false;
    }
    if (rc == HERD_EBAD)
        set_aside(disk);
    else
        say(&disk->say, disk->now,
            "%s; nothing is kept on this disk until that works: trying again",
            disk->store.error.text);
    retry_later(disk);
    return true;
}

static bool open_link(struct disk *disk)
{
    const struct follow_link_setup setup = {.mem = disk->setup->mem,
                                            .loop = disk->loop,
                                            .path = disk->setup->socket,
                                            .name = disk->setup->name,
                                            .calls = &disk->calls,
                                            .position = last_position,
                                            .lost = on_lost};
    disk->link = follow_link_new(&setup);
    if (disk->link != NULL)
        return true;
    say(&disk->say, disk->now, "out of memory; trying again");
    close_file(disk);
    retry_later(disk);
    return false;
}

static bool open_file(struct disk *disk)
{
    int rc = store_open(&disk->store, &disk->setup->store);
    if (rc != HERD_OK)
        return handle(disk, rc);
    if (!open_link(disk))
        return true;
    if (!herd_mono_is_never(disk->failed_at))
        say(&disk->say, disk->now, "works again after %lld s",
            (long long)((disk->now.ns - disk->failed_at.ns) / HERD_NS_PER_S));
    disk->chores_at = disk->prune_at = disk->erased_at = disk->now;
    return true;
}

static int commit(struct disk *disk)
{
    int rc = store_commit(&disk->store);
    if (rc != HERD_OK)
        return rc;
    disk->failed_at = HERD_NEVER;
    disk->retry_ms = disk->setup->retry_ms;
    follow_link_acknowledge(disk->link, &disk->store.position);
    return rc;
}

/* When the transaction is committed; `idle`: nothing more is to be read now. */
static struct herd_mono commit_at(const struct disk *disk, bool idle)
{
    bool at_once = disk->setup->at_once;
    int64_t ms = disk->store.full_sync ? SYNC_MS : at_once ? AT_ONCE_MS : BUSY_MS;
    if (idle && !disk->store.full_sync)
        ms = at_once ? 0 : GROUP_MS;
    return herd_mono_add_ms(disk->begun_at, ms);
}

static bool is_due(const struct disk *disk, bool idle)
{
    const struct store *store = &disk->store;
    bool at_once = disk->setup->at_once && !store->full_sync;
    return store->in_transaction &&
           (disk->lost || store->puts >= (at_once ? AT_ONCE_RECORDS : GROUP_RECORDS) ||
            herd_mono_reached(disk->now, commit_at(disk, idle)));
}

/* Tells when somebody who reads has kept it from that for long. */
static int erase(struct disk *disk)
{
    int rc = store_erase(&disk->store);
    if (!disk->store.erase_due)
        disk->erased_at = disk->now;
    else if (herd_mono_reached(disk->now, herd_mono_add_ms(disk->erased_at, READER_MS)))
        say(&disk->say, disk->now,
            "somebody has read it for a minute: until that ends, deleted records stay in "
            "%s-wal, which grows",
            disk->setup->store.path);
    return rc;
}

/* What is done now and then, outside of transactions. */
static int do_chores(struct disk *disk)
{
    if (disk->store.in_transaction || !herd_mono_reached(disk->now, disk->chores_at))
        return HERD_OK;
    int rc = HERD_OK;
    disk->chores_at = herd_mono_add_ms(disk->now, CHORES_MS);
    if (store_is_moved(&disk->store)) {
        herd_error_set(&disk->store.error, "the file was removed or replaced");
        return HERD_ESYS;
    }
    if (herd_mono_reached(disk->now, disk->prune_at)) {
        rc = store_prune(&disk->store, io_clock_wall());
        if (rc == 0)
            disk->prune_at = herd_mono_add_ms(disk->now, PRUNE_MS);
    }
    return rc < 0 ? rc : erase(disk);
}

/* ---- the loop ---- */

static void on_signal(void *arg, int number)
{
    struct disk *disk = arg;
    (void)number;
    disk->ends = true;
}

static void on_input(struct io_watch *watch, unsigned ready)
{
    struct disk *disk = watch->arg;
    char rubbish[256];
    (void)ready;
    if (read(watch->fd, rubbish, sizeof rubbish) <= 0)
        disk->ends = true;
}

static struct herd_mono deadline(const struct disk *disk)
{
    if (disk->link == NULL)
        return disk->retry_at;
    struct herd_mono at = herd_mono_min(follow_link_deadline(disk->link), disk->chores_at);
    if (!disk->store.in_transaction)
        return at;
    return herd_mono_min(at, commit_at(disk, true));
}

/* False: it cannot go on. */
static bool turn(struct disk *disk)
{
    bool idle = io_loop_turn(disk->loop, deadline(disk)) == 0;
    disk->now = io_clock_mono();
    if (disk->link == NULL)
        return !herd_mono_reached(disk->now, disk->retry_at) || open_file(disk);
    int rc = disk->failed;
    if (rc == HERD_OK && is_due(disk, idle))
        rc = commit(disk);
    if (rc == HERD_OK)
        rc = do_chores(disk);
    if (rc != HERD_OK)
        return handle(disk, rc);
    disk->lost = false;
    follow_link_tick(disk->link, disk->now);
    return true;
}

static void leave(struct disk *disk)
{
    if (disk->link == NULL)
        return;
    if (commit(disk) != HERD_OK)
        say(&disk->say, disk->now, "%s", disk->store.error.text);
    struct herd_mono until = herd_mono_add_ms(disk->now, LEAVE_MS);
    while (!follow_link_leave(disk->link, "herd-sqlite ends") &&
           !herd_mono_reached(disk->now, until)) {
        (void)io_loop_turn(disk->loop, until);
        disk->now = io_clock_mono();
        follow_link_tick(disk->link, disk->now);
    }
}

static bool start(struct disk *disk)
{
    disk->loop = io_loop_new(disk->setup->mem);
    if (disk->loop == NULL || io_signals_start(disk->loop, on_signal, disk) != HERD_OK)
        return false;
    disk->input = (struct io_watch){.fd = STDIN_FILENO, .ready = on_input, .arg = disk};
    disk->watches =
        disk->setup->until_eof && io_loop_add(disk->loop, &disk->input, IO_READ) == HERD_OK;
    return true;
}

static void stop(struct disk *disk)
{
    close_file(disk);
    if (disk->watches)
        io_loop_remove(disk->loop, &disk->input);
    io_signals_stop(disk->loop);
    io_loop_free(disk->loop);
}

int disk_run(const struct disk_setup *setup)
{
    struct disk disk = {.setup = setup, .retry_ms = setup->retry_ms};
    disk.calls = (struct follow_calls){.ctx = &disk,
                                       .followed = on_followed,
                                       .full_sync = on_full_sync,
                                       .record = on_record,
                                       .position = on_position,
                                       .give = on_give};
    disk.now = disk.retry_at = io_clock_mono();
    disk.failed_at = HERD_NEVER;
    say_init(&disk.say, setup->store.path);
    if (!start(&disk)) {
        say(&disk.say, disk.now, "out of memory or descriptors");
        io_loop_free(disk.loop);
        return DISK_FAILED;
    }
    bool goes_on = true;
    while (goes_on && !disk.ends)
        goes_on = turn(&disk);
    leave(&disk);
    stop(&disk);
    return goes_on ? DISK_OK : DISK_FAILED;
}
