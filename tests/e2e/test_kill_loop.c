/* SPDX-License-Identifier: ISC */
/* Random servers are killed under load, one every KILL_PAUSE_MS, and come back empty.
 *
 * What a herd that keeps everything in memory can promise, and what is checked here: while
 * a server lives without interruption it forgets nothing, and in the end all hold the same.
 * So whatever a server
 *   - has answered to a client (AT), or
 *   - was seen to hold when it was asked, whoever had told it,
 * in a life that has lasted since, is held by all in the end, or something newer is: the
 * server's own store never goes back (that is checked at every look), and it is one of
 * those that agree. This includes every acknowledged report of a server that was killed,
 * if it was seen at any neighbour that was not.
 *
 * No more can be asked: what was only held by servers that were killed afterwards is gone,
 * and a test that wanted it would be right or wrong by chance. That what is held in the end
 * was reported by a client is checked as well.
 *
 * HERD_TEST_KILL_MS in the environment makes it go on for so long. */
#include "check.h"
#include "links.h"
#include "load.h"
#include "dice.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KILL_PAUSE_MS = 100,
    DEFAULT_MS = 3000,
    ROUND_MS = 1500, /* of killing, between two times of quiet */
    BURST = 25,      /* reports in one go */
    DEAD_MAX = 2,    /* at the same time */
};

struct scene {
    struct herd_proc herd;
    struct load load;
    struct dice dice;
    int64_t serial;                      /* of the newest report */
    struct records floor[HERD_PROC_MAX]; /* what each has held in its present life */
    int64_t back_at[HERD_PROC_MAX];      /* when a dead one is started again */
    int kills, rounds, looks;
    int64_t slowest_ms;
};

static uint32_t bit(uint32_t i)
{
    return UINT32_C(1) << i;
}

static uint32_t count_of(const struct scene *scene)
{
    return scene->herd.conf.server_count;
}

/* ---- what is known ---- */

/* What a server has answered it holds. */
static void note_answers(struct scene *scene)
{
    CHECK(load_collect_all(&scene->load));
    for (uint32_t i = 0; i < count_of(scene); i++)
        for (unsigned k = 0; k < REPORTS_CLIENTS; k++)
            record_keep_newer(&scene->floor[i].of[k], &scene->load.best[i].of[k]);
}

static unsigned older(const struct records *a, const struct records *b)
{
    unsigned count = 0;
    for (unsigned k = 0; k < REPORTS_CLIENTS; k++)
        count += a->of[k].serial < b->of[k].serial;
    return count;
}

/* Asks a server for all it holds: nothing has gone back, and nothing was made up. */
static void look_at(struct scene *scene, uint32_t i)
{
    struct records now;
    if (!CHECK(records_read(&scene->load.conn[i], &now)))
        return;
    CHECK_INT(older(&now, &scene->floor[i]), 0);
    unsigned invented = 0;
    for (unsigned k = 0; k < REPORTS_CLIENTS; k++) {
        int64_t serial = now.of[k].serial;
        invented += serial > scene->serial ||
                    (serial >= 0 && (unsigned)(serial % REPORTS_CLIENTS) != k);
    }
    CHECK_INT(invented, 0);
    scene->floor[i] = now;
    scene->looks++;
}

/* ---- what happens ---- */

/* One random server that runs, or -1. */
static int pick(struct scene *scene)
{
    uint32_t first = dice_roll(&scene->dice, count_of(scene));
    for (uint32_t n = 0; n < count_of(scene); n++) {
        uint32_t i = (first + n) % count_of(scene);
        if (herd_proc_runs(&scene->herd, i))
            return (int)i;
    }
    return -1;
}

static void burst(struct scene *scene)
{
    bool ok = true;
    for (int n = 0; n < BURST; n++) {
        int64_t serial = ++scene->serial;
        ok = load_send(&scene->load, (uint32_t)pick(scene),
                       (unsigned)(serial % REPORTS_CLIENTS), serial) &&
             ok;
    }
    CHECK(ok);
    note_answers(scene);
}

/* In the middle of reports whose answers nobody waits for. */
static void kill_one(struct scene *scene)
{
    uint32_t i = (uint32_t)pick(scene);
    for (int n = 0; n < BURST; n++) {
        int64_t serial = ++scene->serial;
        CHECK(load_send(&scene->load, i, (unsigned)(serial % REPORTS_CLIENTS), serial));
    }
    CHECK_INT(herd_proc_stop(&scene->herd, i, SIGKILL), -SIGKILL);
    load_disconnect(&scene->load, i);
    records_clear(&scene->load.best[i]);
    records_clear(&scene->floor[i]);
    scene->back_at[i] = now_ms() + dice_roll(&scene->dice, 2 * KILL_PAUSE_MS);
    scene->kills++;
}

static unsigned bring_back(struct scene *scene, bool all)
{
    unsigned dead = 0;
    for (uint32_t i = 0; i < count_of(scene); i++) {
        if (herd_proc_runs(&scene->herd, i))
            continue;
        if (all || now_ms() >= scene->back_at[i])
            CHECK(herd_proc_start(&scene->herd, i));
        else
            dead++;
    }
    CHECK(load_reconnect(&scene->load));
    return dead;
}

static void kill_for(struct scene *scene, int64_t ms)
{
    int64_t until = now_ms() + ms, next = now_ms() + KILL_PAUSE_MS;
    while (now_ms() < until) {
        unsigned dead = bring_back(scene, false);
        burst(scene);
        look_at(scene, (uint32_t)pick(scene));
        if (now_ms() < next || dead >= DEAD_MAX)
            continue;
        kill_one(scene);
        next = now_ms() + KILL_PAUSE_MS;
    }
}

/* The killing stops, and reports too: all agree, on nothing older than what any of them
 * has held in its life. */
static void check_quiet(struct scene *scene)
{
    struct records found;
    CHECK_INT(bring_back(scene, true), 0);
    note_answers(scene);
    int64_t start = now_ms();
    CHECK(herd_proc_wait_links(&scene->herd));
    if (!CHECK(records_settle(scene->load.conn, bit(count_of(scene)) - 1, NULL, &found)))
        return;
    int64_t took = now_ms() - start;
    scene->slowest_ms = took > scene->slowest_ms ? took : scene->slowest_ms;
    for (uint32_t i = 0; i < count_of(scene); i++) {
        CHECK_LABEL("round %d, %s", scene->rounds, scene->herd.conf.servers[i].name);
        CHECK_INT(older(&found, &scene->floor[i]), 0);
        look_at(scene, i);
    }
    CHECK_INT(links_sum(&scene->herd, "repairs"), 0);
    CHECK_INT(links_sum(&scene->herd, "peers_malformed"), 0);
    CHECK_INT(links_sum(&scene->herd, "records_malformed"), 0);
    scene->rounds++;
}

static void kill_loop(void)
{
    static struct scene scene;
    const char *wanted = getenv("HERD_TEST_KILL_MS");
    int64_t left = wanted != NULL ? (int64_t)strtoll(wanted, NULL, 10) : DEFAULT_MS;
    scene.dice.state = wanted != NULL ? (uint64_t)now_ms() : 1;
    CHECK_LABEL("seed %llu", (unsigned long long)scene.dice.state);
    note("kill loop: seed %llu", (unsigned long long)scene.dice.state);
    REQUIRE(herd_proc_run(&scene.herd, "ucla-2018", "log-traffic no\n"));
    REQUIRE(load_open(&scene.load, &scene.herd));
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++)
        records_clear(&scene.floor[i]);
    for (; left > 0; left -= ROUND_MS) {
        kill_for(&scene, left < ROUND_MS ? left : ROUND_MS);
        check_quiet(&scene);
    }
    note(
        "kill loop: %d kills, %d reports, %d looks, %d times quiet; all agreed after %d ms "
        "at most",
        scene.kills, (int)scene.serial, scene.looks, scene.rounds, (int)scene.slowest_ms);
    load_close(&scene.load);
    herd_proc_close(&scene.herd);
}

extern const struct check_test test_kill_loop[];
const struct check_test test_kill_loop[] = {
    {"kill_loop", kill_loop},
    {NULL, NULL},
};
