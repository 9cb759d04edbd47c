/* SPDX-License-Identifier: ISC */
/* Servers that are killed under load. Those that live and can reach each other agree;
 * those that restart get a full sync. */
#include "check.h"
#include "load.h"
#include "dice.h"
#include "wait.h"

#include <stdio.h>

/* Reports about clients below MOVING are made before and after servers are killed, about
 * the others only before. */
enum { MOVING = REPORTS_CLIENTS / 2, BEFORE = 600, AFTER = 400 };

struct scene {
    struct herd_proc herd;
    struct load load;
    struct dice dice;
    int64_t serial; /* of the newest report: all times differ */
    unsigned splits;
};

static uint32_t bit(uint32_t i)
{
    return UINT32_C(1) << i;
}

static uint32_t all_of(const struct scene *scene)
{
    return bit(scene->herd.conf.server_count) - 1;
}

/* Who of the living can be reached from server i by links between the living. */
static uint32_t component(const struct herd_conf *conf, uint32_t living, uint32_t i)
{
    uint32_t reached = bit(i), before = 0;
    while (reached != before) {
        before = reached;
        for (uint32_t k = 0; k < conf->link_count; k++) {
            uint32_t ends = bit(conf->links[k].a) | bit(conf->links[k].b);
            if ((ends & living) == ends && (ends & reached) != 0)
                reached |= ends;
        }
    }
    return reached;
}

/* Random reports at random servers of `living`; replies are left for later. */
static bool report(struct scene *scene, uint32_t living, unsigned clients, int count)
{
    bool ok = true;
    while (ok && count > 0) {
        uint32_t i = dice_roll(&scene->dice, scene->herd.conf.server_count);
        if ((living & bit(i)) == 0)
            continue;
        unsigned client = dice_roll(&scene->dice, clients);
        ok = load_send(&scene->load, i, client, ++scene->serial);
        count--;
    }
    return ok;
}

/* One report about each moving client at each living server: from here on it is certain
 * what every component must hold about them. */
static bool report_everywhere(struct scene *scene, uint32_t living)
{
    bool ok = true;
    for (uint32_t i = 0; i < scene->herd.conf.server_count; i++)
        for (unsigned client = 0; ok && client < MOVING && (living & bit(i)); client++)
            ok = load_send(&scene->load, i, client, ++scene->serial);
    return ok;
}

/* All members hold the same: what any of them has answered, or something newer, which the
 * killed may have passed on before. About clients below `exact` there is nothing newer. */
static void check_agree(struct scene *scene, uint32_t members, unsigned exact,
                        struct records *found)
{
    struct records want;
    records_clear(found);
    load_best(&scene->load, members, &want);
    if (!CHECK(records_settle(scene->load.conn, members, NULL, found)))
        return;
    for (unsigned i = 0; i < REPORTS_CLIENTS; i++) {
        CHECK(found->of[i].serial <= scene->serial);
        if (i >= exact)
            record_keep_newer(&want.of[i], &found->of[i]);
    }
    CHECK_INT(records_differ(&want, found), 0);
}

static void check_components(struct scene *scene, uint32_t living)
{
    struct records found;
    uint32_t left = living;
    unsigned parts = 0;
    for (uint32_t i = 0; left != 0; i++) {
        if ((left & bit(i)) == 0)
            continue;
        uint32_t members = component(&scene->herd.conf, living, i);
        check_agree(scene, members, MOVING, &found);
        left &= ~members;
        parts++;
    }
    scene->splits += parts > 1;
}

/* All five again. What they agree upon now must not be lost later. */
static void check_reunion(struct scene *scene, uint32_t living)
{
    struct records found, want;
    load_best(&scene->load, living, &want);
    CHECK(herd_proc_start_all(&scene->herd));
    CHECK(load_reconnect(&scene->load));
    check_agree(scene, all_of(scene), MOVING, &found);
    for (unsigned i = 0; i < REPORTS_CLIENTS; i++)
        CHECK(found.of[i].serial >= want.of[i].serial);
    for (uint32_t i = 0; i < scene->herd.conf.server_count; i++)
        scene->load.best[i] = found;
}

/* What the killed have answered since the last reunion may have been heard by nobody. */
static void kill_some(struct scene *scene, uint32_t killed)
{
    uint32_t living = all_of(scene) & ~killed;
    CHECK(report(scene, all_of(scene), REPORTS_CLIENTS, BEFORE));
    for (uint32_t i = 0; i < scene->herd.conf.server_count; i++) {
        if ((killed & bit(i)) == 0)
            continue;
        CHECK_INT(herd_proc_stop(&scene->herd, i, SIGKILL), -SIGKILL);
        load_disconnect(&scene->load, i);
        records_clear(&scene->load.best[i]);
    }
    CHECK(report(scene, living, MOVING, AFTER));
    CHECK(report_everywhere(scene, living));
    CHECK(load_collect_all(&scene->load));
    check_components(scene, living);
    check_reunion(scene, living);
}

static bool scene_open(struct scene *scene, uint64_t seed)
{
    *scene = (struct scene){.dice = {seed}};
    CHECK_LABEL("seed %llu", (unsigned long long)seed);
    if (!herd_proc_run(&scene->herd, "ucla-2018", ""))
        return false;
    if (load_open(&scene->load, &scene->herd))
        return true;
    load_close(&scene->load);
    herd_proc_close(&scene->herd);
    return false;
}

static void scene_close(struct scene *scene)
{
    load_close(&scene->load);
    herd_proc_close(&scene->herd);
}

/* Only without Holiday is Welsh alone. */
static void each_server(void)
{
    static struct scene scene;
    REQUIRE(scene_open(&scene, 1));
    int64_t start = now_ms();
    for (uint32_t i = 0; i < scene.herd.conf.server_count; i++) {
        CHECK_LABEL("without %s", scene.herd.conf.servers[i].name);
        kill_some(&scene, bit(i));
    }
    CHECK_INT(scene.splits, 1);
    note("%d servers killed in turn: %d reports, %d ms", (int)scene.herd.conf.server_count,
         (int)scene.serial, (int)(now_ms() - start));
    scene_close(&scene);
}

/* The herd falls apart without Goloman and Wilkes, and without Holiday and one of
 * Goloman, Hands and Wilkes. */
static void each_pair(void)
{
    static struct scene scene;
    int pairs = 0;
    REQUIRE(scene_open(&scene, 2));
    int64_t start = now_ms();
    for (uint32_t i = 0; i < scene.herd.conf.server_count; i++)
        for (uint32_t j = 0; j < i; j++, pairs++) {
            CHECK_LABEL("without %s and %s", scene.herd.conf.servers[j].name,
                        scene.herd.conf.servers[i].name);
            kill_some(&scene, bit(i) | bit(j));
        }
    CHECK_INT(pairs, 10);
    CHECK_INT(scene.splits, 4);
    note("%d pairs killed in turn: %d reports, %d ms", pairs, (int)scene.serial,
         (int)(now_ms() - start));
    scene_close(&scene);
}

extern const struct check_test test_failures[];
const struct check_test test_failures[] = {
    {"each_server", each_server},
    {"each_pair", each_pair},
    {NULL, NULL},
};
