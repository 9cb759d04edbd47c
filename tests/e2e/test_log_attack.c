/* SPDX-License-Identifier: ISC */
/* A client that makes as much log as it can: each LF it sends is a hundred bytes of log. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN = 0, MAX = 1048576, KEEP = 3, PIECE = 16384, PIECES = 30 };

static int64_t size_of(const struct herd_proc *herd, const char *suffix)
{
    char path[HERD_PROC_PATH];
    struct stat st;
    herd_proc_path(herd, path, "log", GOLOMAN, suffix);
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
}

/* Bytes of all log files of the server; -1 when there is one too many. */
static int64_t disk_used(const struct herd_proc *herd)
{
    int64_t all = size_of(herd, ".log") + size_of(herd, ".log.1") + size_of(herd, ".log.2");
    return size_of(herd, ".log.3") > 0 ? -1 : all;
}

/* Sends line feeds and reads the replies; the greatest size of the logs meanwhile. */
static int64_t attack(const struct herd_proc *herd, struct client *client)
{
    static char feeds[PIECE];
    struct herd_slice got;
    int64_t most = 0;
    memset(feeds, '\n', sizeof feeds);
    for (int i = 0; i < PIECES; i++) {
        CHECK(client_send(client, herd_slice(feeds, sizeof feeds)));
        CHECK(client_bytes(client, (size_t)3 * PIECE, &got));
        int64_t used = disk_used(herd);
        CHECK(used >= 0);
        most = used > most ? used : most;
    }
    return most;
}

static const char *const conf = "log-max-size 1048576\nlog-keep 3\n";

/* Half a million bytes of input would be fifty million bytes of log. */
static void disk_is_bounded(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_connect(&herd, GOLOMAN, &client));
    int64_t most = attack(&herd, &client);
    CHECK(most <= (int64_t)MAX * KEEP);
    CHECK(most > (int64_t)MAX * (KEEP - 1));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "log_lines_lost"), 0);
    CHECK(client_ask(&client, "last\n", &got));
    note("at most %lld bytes of log", (long long)most);
    client_close(&client);
    herd_proc_close(&herd);
}

/* The same when the logs cannot be renamed: lines are left out and counted, and the server
 * answers as before. When the cause is gone the log goes on. */
static void disk_is_bounded_without_rotation(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char next[HERD_PROC_PATH], path[HERD_PROC_PATH];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_connect(&herd, GOLOMAN, &client));
    herd_proc_path(&herd, next, "log", GOLOMAN, ".log.1");
    herd_proc_path(&herd, path, "log", GOLOMAN, ".log");
    /* Folders in the place of the next files stop root as well. */
    CHECK_INT(mkdir(next, 0700), 0);
    char second[HERD_PROC_PATH + 8];
    snprintf(second, sizeof second, "%.*s2", (int)strlen(next) - 1, next);
    CHECK_INT(mkdir(second, 0700), 0);
    char inside[HERD_PROC_PATH + 16];
    snprintf(inside, sizeof inside, "%s/x", second);
    CHECK_INT(mkdir(inside, 0700), 0);
    CHECK(attack(&herd, &client) <= MAX);
    int64_t lost = herd_proc_count(&herd, GOLOMAN, "log_lines_lost");
    CHECK(lost > (int64_t)PIECE * PIECES);
    got = file_read(path);
    CHECK_INT((int64_t)bytes_count(got, HERD_LIT("the log is full and cannot be rotated")),
              1);
    file_free(got);
    CHECK_INT(rmdir(inside), 0);
    CHECK_INT(rmdir(second), 0);
    CHECK_INT(rmdir(next), 0);
    int64_t until = now_ms() + WAIT_MS;
    while (size_of(&herd, ".log.1") == 0 && now_ms() < until)
        (void)attack(&herd, &client);
    CHECK(size_of(&herd, ".log.1") > 0 && disk_used(&herd) <= (int64_t)MAX * KEEP);
    client_close(&client);
    herd_proc_close(&herd);
}

/* Two servers and a cleaner in one folder. */
static void beside_a_cleaner(void)
{
    enum { HANDS = 1 };
    struct herd_proc herd;
    struct client first, second;
    char path[HERD_PROC_PATH], moved[HERD_PROC_PATH];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_connect(&herd, GOLOMAN, &first));
    CHECK(herd_proc_start(&herd, HANDS) && herd_proc_connect(&herd, HANDS, &second));
    herd_proc_path(&herd, path, "log", GOLOMAN, ".log");
    herd_proc_path(&herd, moved, "log", GOLOMAN, ".log.old");
    for (int i = 0; i < 4; i++) {
        CHECK(attack(&herd, &first) <= (int64_t)MAX * KEEP);
        int64_t until = now_ms() + WAIT_MS;
        while (rename(path, moved) != 0 && now_ms() < until)
            nap(); /* the server is between its own rename and its next file */
        CHECK_INT(kill(herd.server[GOLOMAN].pid, SIGUSR1), 0);
        (void)attack(&herd, &second);
        CHECK(size_of(&herd, ".log.old") <= MAX);
    }
    CHECK(attack(&herd, &first) <= (int64_t)MAX * KEEP);
    CHECK(size_of(&herd, ".log") > 0);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "log_lines_lost"), 0);
    CHECK_INT(herd_proc_count(&herd, HANDS, "log_lines_lost"), 0);
    client_close(&first);
    client_close(&second);
    herd_proc_close(&herd);
}

const struct check_test test_log_attack[] = {
    {"disk_is_bounded", disk_is_bounded},
    {"disk_is_bounded_without_rotation", disk_is_bounded_without_rotation},
    {"beside_a_cleaner", beside_a_cleaner},
    {NULL, NULL},
};
