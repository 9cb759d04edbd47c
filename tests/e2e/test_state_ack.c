/* SPDX-License-Identifier: ISC */
/* report-ack: all servers of a herd and their disks are killed at once under load. With
 * `disk` every report that was answered is there afterwards, or a newer one about the same
 * client; with `memory` some may be missing.
 *
 * HERD_TEST_ACK_ROUNDS in the environment is the number of rounds, and HERD_TEST_NOTES
 * shows what was found. */
#include "check.h"
#include "dice.h"
#include "files.h"
#include "load.h"
#include "wait.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONF = 512, ROUNDS = 3, BURST = 40, BURSTS_MAX = 12, NAP_MAX_MS = 9 };

struct scene {
    struct herd_proc herd;
    struct load load;
    struct dice dice;
    int64_t serial;
    unsigned answered, missing;
};

/* The configuration, or false: this build has no herd-sqlite. */
static bool options(char out[CONF], const char *ack)
{
    const char *tools = getenv("HERD_TEST_TOOLS");
    char program[CONF / 2];
    (void)snprintf(program, sizeof program, "%s/herd-sqlite",
                   tools != NULL ? tools : "tools");
    (void)snprintf(out, CONF, "state-dir state\nstate-program %s\nreport-ack %s\n", program,
                   ack);
    return access(program, X_OK) == 0;
}

static int rounds(void)
{
    const char *wanted = getenv("HERD_TEST_ACK_ROUNDS");
    int count = wanted != NULL ? (int)strtol(wanted, NULL, 10) : 0;
    return count > 0 ? count : ROUNDS;
}

static void send_burst(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->herd.conf.server_count; i++)
        for (int n = 0; n < BURST; n++)
            CHECK(load_send(&scene->load, i, dice_roll(&scene->dice, REPORTS_CLIENTS),
                            ++scene->serial));
}

static void kill_disk(const struct herd_proc *herd, uint32_t i)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "state", i, ".sqlite.lock");
    struct herd_slice text = file_read(path);
    pid_t pid = text.data != NULL ? (pid_t)strtol(text.data, NULL, 10) : 0;
    file_free(text);
    if (pid > 0)
        (void)kill(pid, SIGKILL);
}

/* All of them, the disks first or the servers first; no one is given time. */
static void kill_all(struct scene *scene)
{
    struct herd_proc *herd = &scene->herd;
    bool disks_first = dice_roll(&scene->dice, 2) == 0;
    for (uint32_t i = 0; disks_first && i < herd->conf.server_count; i++)
        kill_disk(herd, i);
    for (uint32_t i = 0; i < herd->conf.server_count; i++)
        (void)kill(herd->server[i].pid, SIGKILL);
    for (uint32_t i = 0; !disks_first && i < herd->conf.server_count; i++)
        kill_disk(herd, i);
    for (uint32_t i = 0; i < herd->conf.server_count; i++)
        (void)herd_proc_stop(herd, i, SIGKILL);
}

static void load_and_kill(struct scene *scene)
{
    unsigned bursts = 1 + dice_roll(&scene->dice, BURSTS_MAX);
    for (unsigned k = 0; k < bursts; k++) {
        send_burst(scene);
        CHECK(load_collect_all(&scene->load));
    }
    send_burst(scene);
    (void)poll(NULL, 0, (int)dice_roll(&scene->dice, NAP_MAX_MS));
    kill_all(scene);
    /* Replies that have left count; the others do not come. */
    (void)load_collect_all(&scene->load);
    for (uint32_t i = 0; i < scene->herd.conf.server_count; i++)
        load_disconnect(&scene->load, i);
}

static void compare(struct scene *scene)
{
    static struct records best, found;
    uint32_t all = (UINT32_C(1) << scene->herd.conf.server_count) - 1;
    load_best(&scene->load, all, &best);
    if (!CHECK(records_settle(scene->load.conn, all, NULL, &found)))
        return;
    for (unsigned k = 0; k < REPORTS_CLIENTS; k++) {
        scene->answered += best.of[k].serial >= 0;
        scene->missing += found.of[k].serial < best.of[k].serial;
    }
    /* What is lost is counted once. */
    for (uint32_t i = 0; i < scene->herd.conf.server_count; i++)
        scene->load.best[i] = found;
}

static void play(const char *ack, struct scene *scene)
{
    char conf[CONF];
    if (!options(conf, ack))
        return;
    *scene = (struct scene){.answered = 0};
    scene->dice.state = (uint64_t)now_ms();
    REQUIRE(herd_proc_run(&scene->herd, "ucla-2018", conf));
    REQUIRE(load_open(&scene->load, &scene->herd));
    for (int round = 0; round < rounds(); round++) {
        CHECK_LABEL("%s, round %d", ack, round);
        load_and_kill(scene);
        REQUIRE(herd_proc_start_all(&scene->herd));
        REQUIRE(load_reconnect(&scene->load));
        compare(scene);
    }
    if (getenv("HERD_TEST_NOTES") != NULL)
        printf(
            "      report-ack %s: %d rounds, %lld reports, of %u newest answered ones %u "
            "are missing\n",
            ack, rounds(), (long long)scene->serial, scene->answered, scene->missing);
    load_close(&scene->load);
    herd_proc_close(&scene->herd);
}

static void answered_reports_survive(void)
{
    static struct scene scene;
    play("disk", &scene);
    CHECK_INT(scene.missing, 0);
}

/* No promise, but the herd comes back and agrees. */
static void answers_from_memory_may_be_lost(void)
{
    static struct scene scene;
    play("memory", &scene);
}

extern const struct check_test test_state_ack[];
const struct check_test test_state_ack[] = {
    {"answered_reports_survive", answered_reports_survive},
    {"answers_from_memory_may_be_lost", answers_from_memory_may_be_lost},
    {NULL, NULL},
};
