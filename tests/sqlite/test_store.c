/* SPDX-License-Identifier: ISC */
/* The store: whose file it takes, what replaces what, and what leaves no trace. */
#include "fault_vfs.h"
#include "sqlite/aside.h"
#include "sqlite/schema.h"
#include "sqlite/scrub.h"
#include "store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store_rig rig;

static bool up(void)
{
    return rig_up(&rig, NULL) && CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
}

static void put(const char *text)
{
    struct herd_record record = rig_record(text);
    CHECK_INT(store_put(&rig.store, &record), HERD_OK);
}

/* What a SELECT of one column says, its rows with a bar between. */
static const char *select_all(const char *sql)
{
    static char out[4096];
    size_t len = 0;
    sqlite3_stmt *statement = NULL;
    CHECK_INT(sqlite3_prepare_v2(rig.store.db, sql, -1, &statement, NULL), SQLITE_OK);
    out[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW && len < sizeof out - 1)
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s", len > 0 ? "|" : "",
                                (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return out;
}

static void in_the_feed_the_server_is_right(void)
{
    REQUIRE(up());
    put("AT A +0.0 kiwi +1.5-2.5 2000.5");
    put("AT A +0.0 kiwi +3.5-2.5 1000.5"); /* its clock was set back, say */
    CHECK_STR(select_all("SELECT latitude FROM records"), "3.5");
    rig_down(&rig);
}

/* The server has started with less, and did not take ours. */
static void a_full_sync_replaces_older_records_only(void)
{
    REQUIRE(up());
    put("AT A +0.0 kiwi +1.5-2.5 2000.5");
    put("AT A +0.0 pear +1.5-2.5 2000.5");
    rig.store.full_sync = true;
    put("AT A +0.0 kiwi +3.5-2.5 1000.5");
    put("AT A +0.0 pear +3.5-2.5 2001.5");
    put("AT B +0.0 kiwi +1.5-2.5 2000.5"); /* the same time, the greater text */
    put("AT A +0.0 kiwi +9.5-2.5 2000.5");
    CHECK_STR(select_all("SELECT record FROM records"),
              "AT B +0.0 kiwi +1.5-2.5 2000.5|AT A +0.0 pear +3.5-2.5 2001.5");
    rig_down(&rig);
}

static void views_are_for_people(void)
{
    REQUIRE(up());
    put("AT Goloman +1.0 kiwi +34.068930-118.445127 1795270852.353039483");
    put("AT Goloman +1.0 pear +1-2 1795270852.5");
    put("AT Hands +1.0 kiwi +34.5-118.25 1795270853.5");
    put("FORGOT Goloman +0.0 pear 1795270854.5");
    CHECK_INT(store_commit(&rig.store), HERD_OK);
    CHECK_STR(select_all("SELECT client || ' ' || latitude || ' ' || longitude || ' ' || "
                         "time || ' ' || received || ' ' || server FROM locations"),
              "kiwi 34.5 -118.25 2026-11-21 14:20:53 2026-11-21 14:20:54 Hands");
    CHECK_STR(select_all("SELECT client || ' ' || latitude || ' ' || server FROM history"),
              "kiwi 34.06893 Goloman|kiwi 34.5 Hands");
    CHECK_STR(select_all("SELECT count(*) FROM records"), "2");
    rig_down(&rig);
}

static void old_history_and_expired_records_go(void)
{
    REQUIRE(up());
    rig.store.setup.history_ns = 100 * HERD_NS_PER_S;
    rig.store.setup.expire_ns = 200 * HERD_NS_PER_S;
    put("AT A +0.0 kiwi +1.5-2.5 1000.5");
    put("AT A +0.0 kiwi +1.5-2.5 1050.5");
    put("AT A +0.0 kiwi +1.5-2.5 1150.5");
    put("AT A +0.0 pear +1.5-2.5 900.5");
    CHECK_INT(store_commit(&rig.store), HERD_OK);
    CHECK_INT(store_erase(&rig.store), HERD_OK);
    CHECK_INT(store_prune(&rig.store, (struct herd_wall){1151 * HERD_NS_PER_S}), 0);
    CHECK_STR(select_all("SELECT time / 1000000000 FROM reports"), "1150");
    CHECK_STR(select_all("SELECT client FROM records"), "kiwi");
    CHECK(rig.store.erase_due);
    rig.store.setup.history_ns = 0; /* turned off: nothing stays */
    CHECK_INT(store_prune(&rig.store, (struct herd_wall){1151 * HERD_NS_PER_S}), 0);
    CHECK_STR(select_all("SELECT count(*) FROM reports"), "0");
    rig_down(&rig);
}

/* ---- no trace ---- */

enum { TRACES = 6000, FILE_ROOM = 8 << 20 };
static unsigned char bytes[FILE_ROOM];

static size_t read_part(const char *suffix)
{
    char path[RIG_PATH + 8];
    snprintf(path, sizeof path, "%s%s", rig.path, suffix);
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file != NULL)
        (void)fclose(file);
    CHECK(len < sizeof bytes);
    return len;
}

static bool has(size_t len, const void *what, size_t size)
{
    const unsigned char *first = what;
    for (size_t i = 0; i + size <= len; i++)
        if (bytes[i] == *first && memcmp(bytes + i, what, size) == 0)
            return true;
    return false;
}

/* Latitudes that no two reports share: as text, and as SQLite stores the number. */
static void latitude_text(char text[32], unsigned serial)
{
    snprintf(text, 32, "+12.7%06u1", serial);
}

static void count_traces(size_t len, const unsigned *serial, const bool *forgotten,
                         unsigned count, unsigned *stale, unsigned *live)
{
    for (unsigned i = 0; i < count; i++) {
        char text[32];
        latitude_text(text, serial[i]);
        double number = strtod(text, NULL);
        uint64_t raw;
        unsigned char stored[sizeof raw];
        memcpy(&raw, &number, sizeof raw);
        for (unsigned k = 0; k < sizeof raw; k++)
            stored[k] = (unsigned char)(raw >> (8 * (sizeof raw - 1 - k)));
        bool there = has(len, text, strlen(text)) || has(len, stored, sizeof stored);
        if (forgotten[i])
            *stale += there;
        else
            *live += there;
    }
}

static void report(unsigned client, unsigned serial)
{
    char text[256], latitude[32];
    latitude_text(text, serial);
    memcpy(latitude, text, sizeof latitude);
    snprintf(text, sizeof text, "AT A +0.0 c%05u %s-2.5 %u.5 %0*d", client * 7919 % 100000,
             latitude, 100000 + serial, (int)(1 + serial * 31 % 90), 0);
    put(text);
}

/* Pages are split and joined, which leaves copies behind in SQLite; see scrub.h. */
static void a_forgotten_location_leaves_no_byte(void)
{
    enum { CLIENTS = 1500 };
    static unsigned serial[CLIENTS];
    static bool forgotten[CLIENTS];
    unsigned stale = 0, live = 0;
    REQUIRE(up());
    for (unsigned i = 0; i < TRACES; i++) {
        unsigned client = i < CLIENTS ? i : i * 2654435761u % CLIENTS;
        report(client, i);
        serial[client] = i;
        if (i % 500 == 0)
            CHECK_INT(store_commit(&rig.store), HERD_OK);
    }
    for (unsigned i = 0; i < CLIENTS; i += 1 + i % 3) {
        char text[128];
        snprintf(text, sizeof text, "FORGOT A +0.0 c%05u %u.5", i * 7919 % 100000,
                 200000 + i);
        put(text);
        forgotten[i] = true;
    }
    CHECK_INT(store_commit(&rig.store), HERD_OK);
    CHECK_INT(store_erase(&rig.store), HERD_OK);
    CHECK(!rig.store.erase_due);
    CHECK_INT((int64_t)read_part("-wal"), 0);
    count_traces(read_part(""), serial, forgotten, CLIENTS, &stale, &live);
    CHECK_INT(stale, 0);
    CHECK(live > CLIENTS / 4);
    rig_down(&rig);
}

/* While somebody reads, the WAL cannot be emptied; afterwards it is. */
static void erasing_waits_for_a_reader(void)
{
    sqlite3 *reader = NULL;
    REQUIRE(up());
    report(1, 77);
    CHECK_INT(store_commit(&rig.store), HERD_OK);
    CHECK_INT(sqlite3_open_v2(rig.path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    CHECK_INT(schema_run(reader, "BEGIN; SELECT count(*) FROM records"), HERD_OK);
    put("FORGOT A +0.0 c07919 200000.5");
    CHECK_INT(store_commit(&rig.store), HERD_OK);
    CHECK_INT(store_erase(&rig.store), HERD_OK);
    CHECK(rig.store.erase_due);
    CHECK_INT(schema_run(reader, "COMMIT"), HERD_OK);
    CHECK_INT(store_erase(&rig.store), HERD_OK);
    CHECK(!rig.store.erase_due);
    CHECK_INT((int64_t)read_part("-wal"), 0);
    sqlite3_close(reader);
    rig_down(&rig);
}

/* Pages of pointers begin like those of a tree, and are left alone. */
static void scrubbing_knows_its_pages(void)
{
    static unsigned char page[SCRUB_PAGE], want[SCRUB_PAGE];
    memset(page, 0xee, sizeof page);
    page[0] = 13;
    page[3] = 0, page[4] = 2;       /* cells */
    page[5] = 0x0f, page[6] = 0x00; /* where their content begins */
    memcpy(want, page, sizeof page);
    scrub_page(page, SCRUB_PAGE); /* page 2: of pointers */
    CHECK(memcmp(page, want, sizeof page) == 0);
    scrub_page(page, 821LL * SCRUB_PAGE); /* page 822, the next one */
    CHECK(memcmp(page, want, sizeof page) == 0);
    scrub_page(page, 2LL * SCRUB_PAGE);
    memset(want + 12, 0, 0xf00 - 12);
    CHECK(memcmp(page, want, sizeof page) == 0);
    page[0] = 1;
    memset(page + 12, 0xee, 4);
    memcpy(want, page, sizeof page);
    scrub_page(page, 2LL * SCRUB_PAGE);
    CHECK(memcmp(page, want, sizeof page) == 0);
}

/* ---- whose file ---- */

static void change(const char *sql)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(rig.path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void files_of_others_are_left_alone(void)
{
    REQUIRE(rig_up(&rig, NULL));
    change("CREATE TABLE song (name TEXT); INSERT INTO song VALUES ('la');");
    size_t before = read_part("");
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_EUNKNOWN);
    CHECK(strstr(rig.store.error.text, "another program") != NULL);
    store_close(&rig.store);
    CHECK_INT((int64_t)read_part(""), (int64_t)before);
    CHECK(has(before, "song", 4));
    rig_down(&rig);
}

static void a_newer_schema_is_refused(void)
{
    REQUIRE(up());
    store_close(&rig.store);
    change("PRAGMA user_version = 3; UPDATE state SET schema = 3;");
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_EUNKNOWN);
    CHECK(strstr(rig.store.error.text, "schema version 3") != NULL);
    store_close(&rig.store);
    /* The header alone: it is damaged. */
    change("UPDATE state SET schema = 2;");
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_EBAD);
    rig_down(&rig);
}

/* Version 1 had no history. */
static void an_older_schema_is_migrated(void)
{
    REQUIRE(up());
    CHECK_INT(story_tell_all(&rig.store, 1, 9), HERD_OK);
    store_close(&rig.store);
    change("DROP VIEW history; DROP TABLE reports; UPDATE state SET schema = 1;"
           "PRAGMA user_version = 1;");
    CHECK_INT(store_open(&rig.store, &rig.setup), HERD_OK);
    CHECK_INT(story_check(&rig.store), 9);
    CHECK_STR(select_all("PRAGMA user_version"), "2");
    CHECK_STR(select_all("SELECT schema FROM state"), "2");
    CHECK_STR(select_all("PRAGMA journal_mode"), "wal");
    CHECK_STR(select_all("SELECT count(*) FROM history"), "0");
    CHECK_INT(story_tell_all(&rig.store, 10, 12), HERD_OK);
    CHECK_INT(story_check(&rig.store), 12);
    rig_down(&rig);
}

static void a_removed_file_is_noticed(void)
{
    REQUIRE(up());
    CHECK(!store_is_moved(&rig.store));
    CHECK(unlink(rig.path) == 0);
    CHECK(store_is_moved(&rig.store));
    rig_down(&rig);
}

static void damaged_files_are_set_aside(void)
{
    char name[HERD_ERROR_TEXT_MAX], want[RIG_PATH + 32];
    struct herd_error_text error;
    REQUIRE(rig_up(&rig, NULL));
    for (int i = 1; i <= ASIDE_MOST + 2; i++) {
        FILE *file = fopen(rig.path, "wb");
        REQUIRE(file != NULL);
        (void)fclose(file);
        CHECK_INT(aside_move(rig.path, name, &error), HERD_OK);
        snprintf(want, sizeof want, "%s.damaged-%d", rig.path,
                 i < ASIDE_MOST ? i : ASIDE_MOST);
        CHECK_STR(name, want);
        CHECK(access(name, F_OK) == 0 && access(rig.path, F_OK) != 0);
    }
    rig_down(&rig);
}

const struct check_test test_store[] = {
    {"in_the_feed_the_server_is_right", in_the_feed_the_server_is_right},
    {"a_full_sync_replaces_older_records_only", a_full_sync_replaces_older_records_only},
    {"views_are_for_people", views_are_for_people},
    {"old_history_and_expired_records_go", old_history_and_expired_records_go},
    {"a_forgotten_location_leaves_no_byte", a_forgotten_location_leaves_no_byte},
    {"erasing_waits_for_a_reader", erasing_waits_for_a_reader},
    {"scrubbing_knows_its_pages", scrubbing_knows_its_pages},
    {"files_of_others_are_left_alone", files_of_others_are_left_alone},
    {"a_newer_schema_is_refused", a_newer_schema_is_refused},
    {"an_older_schema_is_migrated", an_older_schema_is_migrated},
    {"a_removed_file_is_noticed", a_removed_file_is_noticed},
    {"damaged_files_are_set_aside", damaged_files_are_set_aside},
    {NULL, NULL},
};
