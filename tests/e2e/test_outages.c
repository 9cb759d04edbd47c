/* SPDX-License-Identifier: ISC */
/* Every herd of the fixtures loses each server and each pair of servers while reports go
 * on, and while they come back; and one server hangs instead of dying. */
#include "check.h"
#include "load.h"
#include "dice.h"
#include "wait.h"

enum { BURST = 200 }; /* reports at the whole herd in one go */

struct rig {
    struct herd_proc herd;
    struct load load;
    struct dice dice;
    int64_t serial; /* of the next report; its client follows from it */
    int64_t slowest_ms;
};

static uint32_t bit(uint32_t i)
{
    return UINT32_C(1) << i;
}

static uint32_t all_of(const struct herd_proc *herd)
{
    return bit(herd->conf.server_count) - 1;
}

static bool rig_open(struct rig *rig, const char *topology, uint64_t seed)
{
    rig->dice = (struct dice){seed};
    rig->serial = 0;
    rig->slowest_ms = 0;
    if (!herd_proc_run(&rig->herd, topology, ""))
        return false;
    if (load_open(&rig->load, &rig->herd))
        return true;
    load_close(&rig->load);
    herd_proc_close(&rig->herd);
    return false;
}

static void rig_close(struct rig *rig)
{
    load_close(&rig->load);
    herd_proc_close(&rig->herd);
}

/* Reports at random servers of `members`; the replies are left for later. */
static bool burst(struct rig *rig, uint32_t members)
{
    bool ok = true;
    for (int n = 0; ok && n < BURST; n++) {
        uint32_t i = dice_roll(&rig->dice, rig->herd.conf.server_count);
        if ((members & bit(i)) == 0)
            continue;
        ok = load_send(&rig->load, i, (unsigned)(rig->serial % REPORTS_CLIENTS),
                       rig->serial);
        rig->serial++;
    }
    return ok;
}

/* The servers of `alive` that i can reach over servers of `alive`. */
static uint32_t component(const struct herd_conf *conf, uint32_t alive, uint32_t i)
{
    uint32_t found = bit(i), before;
    do {
        before = found;
        for (uint32_t k = 0; k < conf->link_count; k++) {
            uint32_t ends = bit(conf->links[k].a) | bit(conf->links[k].b);
            if ((ends & ~alive) == 0 && (ends & found) != 0)
                found |= ends;
        }
    } while (found != before);
    return found;
}

static bool settle(struct rig *rig, uint32_t members, const struct records *want,
                   struct records *found)
{
    int64_t start = now_ms();
    bool ok = records_settle(rig->load.conn, members, want, found);
    int64_t took = now_ms() - start;
    rig->slowest_ms = took > rig->slowest_ms ? took : rig->slowest_ms;
    return ok;
}

/* All servers of a component agree, on reports that were made, and on none older than what
 * one of them has acknowledged. What they hold is added to *known. */
static void check_component(struct rig *rig, uint32_t members, struct records *known)
{
    struct records found, least;
    load_best(&rig->load, members, &least);
    if (!CHECK(settle(rig, members, NULL, &found)))
        return;
    unsigned lost = 0, invented = 0;
    for (unsigned k = 0; k < REPORTS_CLIENTS; k++) {
        int64_t serial = found.of[k].serial;
        lost += serial < least.of[k].serial;
        invented += serial >= rig->serial || (serial >= 0 && serial % REPORTS_CLIENTS != k);
        record_keep_newer(&known->of[k], &found.of[k]);
    }
    CHECK_INT(lost, 0);
    CHECK_INT(invented, 0);
}

static void check_components(struct rig *rig, uint32_t alive, struct records *known)
{
    records_clear(known);
    for (uint32_t i = 0; i < rig->herd.conf.server_count; i++) {
        uint32_t members = (alive & bit(i)) != 0 ? component(&rig->herd.conf, alive, i) : 0;
        if (members != 0 && (members & (bit(i) - 1)) == 0)
            check_component(rig, members, known);
    }
}

/* What the dead have acknowledged and not passed on is lost with them. */
static void kill_servers(struct rig *rig, uint32_t dead)
{
    for (uint32_t i = 0; i < rig->herd.conf.server_count; i++) {
        if ((dead & bit(i)) == 0)
            continue;
        CHECK_INT(herd_proc_stop(&rig->herd, i, SIGKILL), -SIGKILL);
        load_disconnect(&rig->load, i);
        records_clear(&rig->load.best[i]);
    }
}

static void revive(struct rig *rig, uint32_t dead)
{
    for (uint32_t i = 0; i < rig->herd.conf.server_count; i++)
        if ((dead & bit(i)) != 0)
            CHECK(herd_proc_start(&rig->herd, i));
    CHECK(load_reconnect(&rig->load));
}

/* In the end all hold the newest of what was known before they came back and of what was
 * reported since: there is one right answer. */
static bool one_round(struct rig *rig, uint32_t dead)
{
    struct records known, answered;
    uint32_t all = all_of(&rig->herd), alive = all & ~dead;
    CHECK(burst(rig, all));
    kill_servers(rig, dead);
    CHECK(burst(rig, alive) && load_collect_all(&rig->load));
    check_components(rig, alive, &known);
    revive(rig, dead);
    CHECK(burst(rig, all) && load_collect_all(&rig->load));
    load_best(&rig->load, all, &answered);
    for (unsigned k = 0; k < REPORTS_CLIENTS; k++)
        record_keep_newer(&known.of[k], &answered.of[k]);
    if (!CHECK(settle(rig, all, &known, NULL)))
        return false;
    return CHECK(herd_proc_wait_links(&rig->herd));
}

static void all_that_may_die(const char *topology, uint64_t seed)
{
    static struct rig rig;
    CHECK_LABEL("%s, seed %llu", topology, (unsigned long long)seed);
    REQUIRE(rig_open(&rig, topology, seed));
    uint32_t count = rig.herd.conf.server_count;
    bool ok = true;
    for (uint32_t a = 0; ok && a < count; a++)
        for (uint32_t b = a; ok && b < count; b++) {
            CHECK_LABEL("%s, seed %llu, %s and %s die", topology, (unsigned long long)seed,
                        rig.herd.conf.servers[a].name, rig.herd.conf.servers[b].name);
            ok = one_round(&rig, bit(a) | bit(b));
        }
    note("%s: 15 outages, %d reports, all agreed after %d ms at most", topology,
         (int)rig.serial, (int)rig.slowest_ms);
    rig_close(&rig);
}

static void herd_of_2018(void)
{
    all_that_may_die("ucla-2018", 2018);
}

static void herd_of_2020(void)
{
    all_that_may_die("ucla-2020", 2020);
}

static void herd_of_2022(void)
{
    all_that_may_die("ucla-2022", 2022);
}

static void herd_of_2023(void)
{
    all_that_may_die("ucla-2023", 2023);
}

/* A server that hangs is no different from a slow one: the others go on, and it has
 * everything when it wakes up. */
static void one_hangs(void)
{
    static struct rig rig;
    struct records want;
    enum { WILKES = 4, BURSTS = 10 };
    REQUIRE(rig_open(&rig, "ucla-2018", 4));
    uint32_t all = all_of(&rig.herd);
    CHECK(kill(rig.herd.server[WILKES].pid, SIGSTOP) == 0);
    for (int i = 0; i < BURSTS; i++)
        CHECK(burst(&rig, all & ~bit(WILKES)));
    CHECK(load_collect_all(&rig.load));
    load_best(&rig.load, all, &want);
    CHECK(settle(&rig, all & ~bit(WILKES), &want, NULL));
    CHECK(kill(rig.herd.server[WILKES].pid, SIGCONT) == 0);
    CHECK(settle(&rig, all, &want, NULL));
    rig_close(&rig);
}

extern const struct check_test test_outages[];
const struct check_test test_outages[] = {
    {"herd_of_2018", herd_of_2018}, {"herd_of_2020", herd_of_2020},
    {"herd_of_2022", herd_of_2022}, {"herd_of_2023", herd_of_2023},
    {"one_hangs", one_hangs},       {NULL, NULL},
};
