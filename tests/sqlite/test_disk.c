/* SPDX-License-Identifier: ISC */
/* herd-sqlite as a process: killed, without room, with a damaged file, or none. */
#include "disk_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct disk_rig rig;

/* The n-th change: a report of one of ten clients; `pad` makes it longer. */
static bool send_change(unsigned n, int pad)
{
    char text[2048];
    int len = snprintf(text, sizeof text, "AT A +0.0 c%u +%u.5-2.5 %u.5 %0*d\n", n % 10,
                       n % 90, 1000000 + n, pad, 0);
    return disk_says(&rig, "BATCH %d %u %u 1\n%s", len, n - 1, n, text);
}

/* What the server sends first: the position is in the feed, or everything. */
static bool send_start(unsigned position)
{
    if (position > 0)
        return disk_says(&rig, "RESUME 0 " DISK_FEED " %u\n", position);
    return disk_says(&rig, "SYNC 0 " DISK_FEED " 0\nSYNCED 0 " DISK_FEED " 0\n");
}

static bool start_and_accept(void)
{
    return disk_start(&rig) && disk_accept(&rig);
}

static void what_is_acknowledged_is_in_the_file(void)
{
    REQUIRE(disk_up(&rig) && start_and_accept());
    CHECK_INT(disk_position(&rig), 0);
    CHECK(strstr(rig.heard, "BATCH") == NULL); /* nothing to give */
    CHECK(send_start(0) && send_change(1, 1) && send_change(2, 1));
    CHECK(disk_hears(&rig, "ACK 0 2\n"));
    CHECK_STR(disk_select(&rig, "SELECT seq FROM state"), "2");
    CHECK_STR(disk_select(&rig, "SELECT latitude FROM locations WHERE client = 'c2'"),
              "2.5");
    struct stat info;
    CHECK(stat(rig.store.path, &info) == 0 && (info.st_mode & 0777) == 0640);
    CHECK_INT(disk_kill(&rig, SIGTERM), 0);
    CHECK(disk_complains(&rig, "follows Goloman"));
    disk_down(&rig);
}

/* kill -9 at any time: it comes back with what it has acknowledged, or more. */
static void a_killed_one_keeps_its_promises(void)
{
    enum { LIVES = 15 };
    unsigned acked = 0, n = 0;
    REQUIRE(disk_up(&rig));
    rig.options[0] = "-d";
    for (unsigned life = 0; life < LIVES; life++) {
        CHECK_LABEL("life %u", life);
        REQUIRE(start_and_accept());
        n = disk_position(&rig);
        CHECK(n >= acked);
        CHECK(send_start(n));
        unsigned until = n + 3 + life * 5;
        while (n < until)
            CHECK(send_change(++n, 100));
        if (life % 3 != 0) {
            char words[32];
            snprintf(words, sizeof words, "ACK 0 %u\n", until - life % 2 * 2);
            CHECK(life % 2 == 1 || disk_hears(&rig, words));
        }
        acked = disk_acked(&rig, acked);
        CHECK_INT(disk_kill(&rig, SIGKILL), -SIGKILL);
    }
    REQUIRE(start_and_accept());
    n = disk_position(&rig);
    CHECK(n >= acked && send_start(n) && send_change(n + 1, 1));
    char words[32];
    snprintf(words, sizeof words, "ACK 0 %u\n", n + 1);
    CHECK(disk_hears(&rig, words));
    CHECK_STR(disk_select(&rig, "SELECT count(*) FROM locations"), "10");
    CHECK_STR(disk_select(&rig, "PRAGMA integrity_check"), "ok");
    disk_down(&rig);
}

/* Another feed: the server has started again, and is given everything before HAVE. */
static void a_server_that_has_started_again_is_given_all(void)
{
    REQUIRE(disk_up(&rig) && start_and_accept());
    CHECK(send_start(0) && send_change(1, 1) && send_change(2, 1));
    CHECK(disk_hears(&rig, "ACK 0 2\n"));
    CHECK_INT(disk_kill(&rig, SIGTERM), 0);
    CHECK_INT(store_open(&rig.store.store, &rig.store.setup), HERD_OK);
    struct follow_position other = {.known = true, .feed = {9}, .seq = 5};
    CHECK_INT(store_put_position(&rig.store.store, &other), HERD_OK);
    CHECK_INT(store_commit(&rig.store.store), HERD_OK);
    store_close(&rig.store.store);
    REQUIRE(start_and_accept());
    const char *sync = strstr(rig.heard, "SYNC 0 ");
    const char *given = strstr(rig.heard, "AT A +0.0 c1 ");
    const char *synced = strstr(rig.heard, "SYNCED 0 ");
    const char *have = strstr(rig.heard, "HAVE 0 0900");
    CHECK(sync != NULL && given != NULL && synced != NULL && have != NULL);
    CHECK(sync < given && given < synced && synced < have);
    CHECK(strstr(rig.heard, "AT A +0.0 c2 ") != NULL);
    disk_down(&rig);
}

static void a_damaged_file_is_set_aside(void)
{
    char aside[RIG_PATH + 32];
    REQUIRE(disk_up(&rig));
    FILE *file = fopen(rig.store.path, "w");
    REQUIRE(file != NULL);
    for (int i = 0; i < 5000; i++)
        (void)fputs("rubbish ", file);
    (void)fclose(file);
    REQUIRE(start_and_accept());
    CHECK_INT(disk_position(&rig), 0);
    CHECK(send_start(0) && send_change(1, 1));
    CHECK(disk_hears(&rig, "ACK 0 1\n"));
    CHECK(disk_complains(&rig, "is damaged (file is not a database): kept as "));
    snprintf(aside, sizeof aside, "%s.damaged-1", rig.store.path);
    CHECK(access(aside, F_OK) == 0);
    CHECK_STR(disk_select(&rig, "SELECT count(*) FROM locations"), "1");
    disk_down(&rig);
}

/* rm FILE, as people do. */
static void a_removed_file_is_made_again(void)
{
    REQUIRE(disk_up(&rig) && start_and_accept());
    CHECK(send_start(0) && send_change(1, 1));
    CHECK(disk_hears(&rig, "ACK 0 1\n"));
    CHECK(unlink(rig.store.path) == 0);
    CHECK(disk_complains(&rig, "the file was removed or replaced"));
    REQUIRE(disk_accept(&rig));
    CHECK_INT(disk_position(&rig), 0);
    CHECK(disk_says(&rig, "SYNC 0 " DISK_FEED " 4\nSYNCED 0 " DISK_FEED " 4\n"));
    CHECK(disk_hears(&rig, "ACK 0 4\n"));
    CHECK(access(rig.store.path, F_OK) == 0);
    disk_down(&rig);
}

/* No room: it says so, promises nothing, and goes on trying. */
static void a_full_disk_is_waited_for(void)
{
    enum { LIMIT = 150000, CHANGES = 400 };
    REQUIRE(disk_up(&rig));
    rig.file_size_max = LIMIT;
    rig.options[0] = "-d";
    REQUIRE(start_and_accept());
    CHECK(send_start(0));
    unsigned n = 0, acked = 0;
    while (n < CHANGES && send_change(n + 1, 1500))
        n++;
    CHECK(disk_complains(&rig, "nothing is kept on this disk until that works"));
    acked = disk_acked(&rig, 0);
    REQUIRE(disk_accept(&rig)); /* it lives */
    CHECK(disk_position(&rig) >= acked);
    unsigned position = disk_position(&rig);
    CHECK_INT(disk_kill(&rig, SIGKILL), -SIGKILL);
    rig.file_size_max = 0;
    REQUIRE(start_and_accept());
    CHECK(disk_position(&rig) >= position);
    position = disk_position(&rig);
    CHECK(send_start(position) && send_change(position + 1, 1));
    char words[32];
    snprintf(words, sizeof words, "ACK 0 %u\n", position + 1);
    CHECK(disk_hears(&rig, words));
    disk_down(&rig);
}

static void one_program_has_the_file(void)
{
    static struct disk_rig second;
    REQUIRE(disk_up(&rig) && start_and_accept());
    second = rig;
    REQUIRE(disk_start(&second));
    CHECK_INT(disk_wait(&second), 3);
    CHECK(disk_complains(&rig, "already running as process"));
    CHECK_INT(disk_kill(&rig, SIGTERM), 0);
    disk_down(&rig);
}

static void a_foreign_file_ends_it(void)
{
    sqlite3 *db = NULL;
    REQUIRE(disk_up(&rig));
    CHECK_INT(sqlite3_open(rig.store.path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "CREATE TABLE song (name)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    REQUIRE(disk_start(&rig));
    CHECK_INT(disk_wait(&rig), 1);
    CHECK(disk_complains(&rig, "is a database of another program"));
    disk_down(&rig);
}

/* Its parent is gone: what has come is committed. */
static void it_ends_with_its_input(void)
{
    REQUIRE(disk_up(&rig));
    rig.options[0] = "-e";
    REQUIRE(start_and_accept());
    CHECK(send_start(0) && send_change(1, 1));
    CHECK(disk_hears(&rig, "ACK 0 1\n"));
    CHECK(send_change(2, 1) && disk_hears(&rig, "ACK 0 2\n"));
    close(rig.input);
    rig.input = -1;
    CHECK(disk_hears(&rig, "BYE 0 closing"));
    disk_hang_up(&rig);
    CHECK_INT(disk_wait(&rig), 0);
    CHECK_STR(disk_select(&rig, "SELECT seq FROM state"), "2");
    disk_down(&rig);
}

static void wrong_usage(void)
{
    static const char *const wrong[][2] = {{"-H", "x"},   {"-H", "36501"}, {"-E", "-1"},
                                           {"-n", "a b"}, {"-n", ""},      {"-x", NULL},
                                           {"more", NULL}};
    REQUIRE(disk_up(&rig));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_LABEL("%s %s", wrong[i][0], wrong[i][1] != NULL ? wrong[i][1] : "");
        rig.options[0] = wrong[i][0];
        rig.options[1] = wrong[i][1];
        REQUIRE(disk_start(&rig));
        CHECK_INT(disk_wait(&rig), 2);
    }
    CHECK(disk_complains(&rig, "-H: days from 0 to 36500 are expected, not x"));
    rig.options[0] = "--help";
    rig.options[1] = NULL;
    REQUIRE(disk_start(&rig));
    CHECK_INT(disk_wait(&rig), 0);
    disk_down(&rig);
}

const struct check_test test_disk[] = {
    {"what_is_acknowledged_is_in_the_file", what_is_acknowledged_is_in_the_file},
    {"a_killed_one_keeps_its_promises", a_killed_one_keeps_its_promises},
    {"a_server_that_has_started_again_is_given_all",
     a_server_that_has_started_again_is_given_all},
    {"a_damaged_file_is_set_aside", a_damaged_file_is_set_aside},
    {"a_removed_file_is_made_again", a_removed_file_is_made_again},
    {"a_full_disk_is_waited_for", a_full_disk_is_waited_for},
    {"one_program_has_the_file", one_program_has_the_file},
    {"a_foreign_file_ends_it", a_foreign_file_ends_it},
    {"it_ends_with_its_input", it_ends_with_its_input},
    {"wrong_usage", wrong_usage},
    {NULL, NULL},
};
