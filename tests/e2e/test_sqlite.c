/* SPDX-License-Identifier: ISC */
/* herd-sqlite and real servers, killed in turn: no report that was answered and written is
 * lost. Nothing is tested where herd-sqlite is not built. */
#include "check.h"
#include "child.h"
#include "files.h"
#include "links.h"
#include "load.h"
#include "wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { GOLOMAN = 0, PATH_LEN = 1024 };

static bool is_built(void)
{
    char path[PATH_LEN];
    const char *folder = getenv("HERD_TEST_TOOLS");
    snprintf(path, sizeof path, "%s/herd-sqlite", folder != NULL ? folder : "tools");
    return access(path, X_OK) == 0;
}

static bool disk_start(struct child *disk, const struct herd_proc *herd)
{
    char socket[HERD_PROC_PATH], file[PATH_LEN];
    const char *const argv[] = {"herd-sqlite", "-s", socket, "-f", file, "-d", NULL};
    herd_proc_path(herd, socket, "run", GOLOMAN, ".sock");
    snprintf(file, sizeof file, "%s/disk.db", herd->dir);
    return CHECK(child_start(disk, "HERD_TEST_TOOLS", argv, -1, NULL));
}

static void report(struct load *load, int64_t serial, struct records *best)
{
    REQUIRE(load_reconnect(load));
    for (unsigned n = 0; n < REPORTS_CLIENTS; n++)
        CHECK(load_send(load, GOLOMAN, n, serial + n % 3));
    CHECK(load_collect_all(load));
    load_best(load, UINT32_C(1) << GOLOMAN, best);
}

static void servers_and_disks_are_killed(void)
{
    enum { LIVES = 6 };
    static struct load load;
    static struct records best;
    struct herd_proc herd;
    struct child disk = {0};
    if (!is_built())
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_start(&herd, GOLOMAN) && load_open(&load, &herd));
    REQUIRE(disk_start(&disk, &herd));
    for (int i = 0; i < LIVES; i++) {
        CHECK_LABEL("life %d", i);
        report(&load, (i + 1) * 1000, &best);
        /* The disk has everything and has said so. */
        CHECK(links_wait_status(&herd, GOLOMAN, "follower sqlite feed 0 0\n", ""));
        if (i % 3 != 0) {
            CHECK_INT(child_end(&disk, SIGKILL), -SIGKILL);
            CHECK(disk_start(&disk, &herd));
        }
        if (i % 3 == 1)
            continue;
        load_close(&load);
        CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGKILL), -SIGKILL);
        REQUIRE(herd_proc_start(&herd, GOLOMAN) && load_open(&load, &herd));
        CHECK(records_settle(load.conn, 1, &best, NULL));
    }
    CHECK_INT(child_end(&disk, SIGTERM), 0);
    load_close(&load);
    herd_proc_close(&herd);
}

extern const struct check_test test_sqlite[];
const struct check_test test_sqlite[] = {
    {"servers_and_disks_are_killed", servers_and_disks_are_killed},
    {NULL, NULL},
};
