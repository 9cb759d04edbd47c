/* SPDX-License-Identifier: ISC */
#include "store_rig.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool rig_up(struct store_rig *rig, const char *vfs)
{
    memset(rig, 0, sizeof *rig);
    snprintf(rig->dir, sizeof rig->dir, "/tmp/herd-store-XXXXXX");
    if (!CHECK(mkdtemp(rig->dir) != NULL))
        return false;
    snprintf(rig->path, sizeof rig->path, "%s/a.db", rig->dir);
    snprintf(rig->other, sizeof rig->other, "%s/b.db", rig->dir);
    rig->setup = (struct store_setup){
        .path = rig->path, .vfs = vfs, .history_ns = 86400 * HERD_NS_PER_S};
    return true;
}

void rig_down(struct store_rig *rig)
{
    const struct dirent *entry;
    store_close(&rig->store);
    DIR *dir = opendir(rig->dir);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[RIG_PATH + 256];
        snprintf(path, sizeof path, "%s/%s", rig->dir, entry->d_name);
        (void)unlink(path);
    }
    if (dir != NULL)
        closedir(dir);
    CHECK(rmdir(rig->dir) == 0);
}

struct herd_record rig_record(const char *text)
{
    struct herd_record record;
    CHECK_INT(herd_record_parse(herd_slice_str(text), &record), HERD_OK);
    return record;
}

/* ---- the story ---- */

enum { TEXT = 600 };

static unsigned touched(unsigned n, unsigned i)
{
    return (n * 7 + i * 5) % STORY_CLIENTS;
}

/* Of different lengths, so that pages are split and joined. */
static void tell(char text[TEXT], unsigned n, unsigned client)
{
    if (n % 11 == 5)
        snprintf(text, TEXT, "FORGOT A +0.0 client%u %u.5", client, 1000000 + n);
    else
        snprintf(text, TEXT, "AT A +0.0 client%u +%u.25-2.5 %u.5 %0*d", client, n % 90,
                 1000000 + n, (int)(1 + (n * 37 + client * 91) % 500), 0);
}

int story_tell(struct store *store, unsigned n)
{
    struct follow_position position = {.known = true, .feed = {1}, .seq = n};
    int rc = HERD_OK;
    for (unsigned i = 0; rc == HERD_OK && i < STORY_TOUCHES; i++) {
        char text[TEXT];
        tell(text, n, touched(n, i));
        struct herd_record record = rig_record(text);
        rc = store_put(store, &record);
    }
    return rc == HERD_OK ? store_put_position(store, &position) : rc;
}

int story_tell_all(struct store *store, unsigned from, unsigned to)
{
    int rc = HERD_OK;
    for (unsigned n = from; rc == HERD_OK && n <= to; n++) {
        rc = story_tell(store, n);
        if (rc == HERD_OK)
            rc = store_commit(store);
    }
    return rc;
}

static bool expected(char text[TEXT], unsigned client, unsigned position)
{
    for (unsigned n = position; n > 0; n--)
        for (unsigned i = 0; i < STORY_TOUCHES; i++)
            if (touched(n, i) == client) {
                tell(text, n, client);
                return true;
            }
    return false;
}

unsigned story_check(struct store *store)
{
    unsigned position = store->position.known ? (unsigned)store->position.seq : 0;
    unsigned want = 0, got = 0;
    struct herd_slice text;
    int more = HERD_OK;
    for (unsigned client = 0; client < STORY_CLIENTS; client++) {
        char ignored[TEXT];
        want += expected(ignored, client, position);
    }
    while ((more = store_next(store, &text)) == 1) {
        char wanted[TEXT] = "";
        struct herd_record record;
        CHECK_INT(herd_record_parse(text, &record), HERD_OK);
        unsigned client = (unsigned)strtoul(record.client.data + 6, NULL, 10);
        CHECK(expected(wanted, client, position));
        CHECK_SLICE(text, herd_slice_str(wanted));
        got++;
    }
    CHECK_INT(more, 0);
    CHECK_INT(got, want);
    return position;
}
