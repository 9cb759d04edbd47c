/* SPDX-License-Identifier: ISC */
/* Every fault that fake-places knows, with every provider: the client gets a whole reply
 * in the usual shape, in time. */
#include "answer.h"
#include "check.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "swarm.h"
#include "wait.h"

#include <stdio.h>

extern const struct check_test test_upstream_faults[];

enum { PROVIDERS = 4, SERVERS = 5, TEXT = 512, TIMEOUT_MS = 1500, SLACK_MS = 5000 };

static const char *const providers[PROVIDERS] = {"google-legacy", "google-new", "overpass",
                                                 "photon"};

/* `place` is the second number of its location; the first is 1. */
struct fault {
    unsigned place;
    const char *name, *status;
};

/* Two for each server and wave: with their second tries they are fewer failures than open
 * the breaker. */
enum { WAVES = 4, IN_A_WAVE = 2 * SERVERS };
static const struct fault waves[WAVES][IN_A_WAVE] = {
    {
        {2, "status", "UNKNOWN_ERROR"},
        {3, "cut", "UNKNOWN_ERROR"},
        {4, "reset", "UNKNOWN_ERROR"},
        {5, "short-length", "UNKNOWN_ERROR"},
        {6, "long-length", "UNKNOWN_ERROR"},
        {7, "chunked", "OK"},
        {8, "gzip", "UNKNOWN_ERROR"},
        {11, "garbage", "UNKNOWN_ERROR"},
        {12, "redirect", "UNKNOWN_ERROR"},
        {13, "html", "UNKNOWN_ERROR"},
    },
    {
        {1, "delay", "OK"},
        {9, "huge", "UNKNOWN_ERROR"},
        {14, "badjson", "UNKNOWN_ERROR"},
        {16, "endless", "UNKNOWN_ERROR"},
        {17, "text-type", "OK"},
        {18, "lure", "UNKNOWN_ERROR"},
        {20, "flaky", "OK"},
    },
    {
        {10, "stall", "UNKNOWN_ERROR"},
        {15, "headers-slow", "UNKNOWN_ERROR"},
        {21, "drip", "UNKNOWN_ERROR"},
    },
    /* The last one: after it that server asks no more. */
    {
        {19, "retry-after", "OVER_QUERY_LIMIT"},
    },
};

struct rig {
    struct places_proc places;
    struct herd_proc herd[PROVIDERS];
    int64_t before_kb[PROVIDERS][SERVERS];
};

static bool open_herd(const struct places_proc *places, struct herd_proc *herd,
                      const char *provider)
{
    char conf[PLACES_CONF], text[TEXT];
    bool ok = true;
    places_proc_conf(places, provider, conf);
    snprintf(text, sizeof text, "%splaces-timeout-ms %d\nlog-traffic no\n", conf,
             TIMEOUT_MS);
    if (!CHECK(herd_proc_open(herd, "ucla-2018", text)))
        return false;
    for (uint32_t i = 0; i < SERVERS; i++)
        ok = CHECK(herd_proc_start(herd, i)) && ok;
    return ok;
}

static uint16_t port_of(const struct rig *rig, size_t provider, size_t i)
{
    return rig->herd[provider].client[i].number;
}

/* The reply to a report and to a question, in one piece. */
static void check_reply(struct herd_slice both, const char *want)
{
    char status[ANSWER_STATUS];
    const char *end = both.len > 0 ? memchr(both.data, '\n', both.len) : NULL;
    if (!CHECK(end != NULL && memcmp(both.data, "AT ", 3) == 0))
        return;
    struct herd_slice at = herd_slice(both.data, (size_t)(end - both.data));
    struct herd_slice json = answer_json(herd_slice_from(both, at.len + 1), at);
    CHECK(answer_is_legacy(json, status));
    CHECK_STR(status, want);
}

/* All servers answer well: no breaker is open, and failures are no longer in a row. */
static void cheer_up(const struct rig *rig, size_t round)
{
    struct swarm swarm;
    REQUIRE(swarm_init(&swarm));
    for (size_t p = 0; p < PROVIDERS; p++)
        for (size_t i = 0; i < SERVERS; i++)
            CHECK(swarm_add(&swarm, port_of(rig, p, i),
                            "IAMAT well%zu +45+45 %zu\nWHATSAT well%zu 5 20\n", i, round,
                            i));
    CHECK_INT((int64_t)swarm_run(&swarm, WAIT_MS), (int64_t)swarm.count);
    for (size_t k = 0; k < swarm.count; k++)
        check_reply(swarm_reply(&swarm, k), "OK");
    swarm_free(&swarm);
}

/* One fault hits two servers at most, at the same time as the others. */
static int64_t run_wave(const struct rig *rig, const struct fault *wave)
{
    struct swarm swarm;
    int64_t slowest_us = 0;
    size_t count = 0, k = 0;
    if (!CHECK(swarm_init(&swarm)))
        return 0;
    while (count < IN_A_WAVE && wave[count].name != NULL)
        count++;
    for (size_t p = 0; p < PROVIDERS; p++)
        for (size_t i = 0; i < count; i++)
            CHECK(swarm_add(&swarm, port_of(rig, p, i % SERVERS),
                            "IAMAT f%u +1+%u 1\nWHATSAT f%u 5 20\n", wave[i].place,
                            wave[i].place, wave[i].place));
    CHECK_INT((int64_t)swarm_run(&swarm, WAIT_MS), (int64_t)swarm.count);
    for (size_t p = 0; p < PROVIDERS; p++)
        for (size_t i = 0; i < count && k < swarm.count; i++, k++) {
            CHECK_LABEL("%s, %s", providers[p], wave[i].name);
            check_reply(swarm_reply(&swarm, k), wave[i].status);
            int64_t took_us = swarm.of[k].took_us;
            CHECK(took_us >= 0 && took_us < (TIMEOUT_MS + SLACK_MS) * 1000);
            slowest_us = took_us > slowest_us ? took_us : slowest_us;
        }
    CHECK_LABEL("%s", "");
    swarm_free(&swarm);
    return slowest_us;
}

static void note_memory(const struct rig *rig)
{
    for (size_t p = 0; p < PROVIDERS; p++) {
        int64_t most = 0, first = 0, last = 0;
        for (uint32_t i = 0; i < SERVERS; i++) {
            int64_t now = herd_proc_memory_kb(&rig->herd[p], i);
            if (now - rig->before_kb[p][i] >= most) {
                most = now - rig->before_kb[p][i];
                first = rig->before_kb[p][i];
                last = now;
            }
        }
        note("%s: the server that grew most went from %d to %d kB", providers[p],
             (int)first, (int)last);
    }
}

static void every_fault(void)
{
    struct rig rig;
    REQUIRE(places_proc_start(&rig.places));
    for (size_t p = 0; p < PROVIDERS; p++)
        REQUIRE(open_herd(&rig.places, &rig.herd[p], providers[p]));
    cheer_up(&rig, 0);
    for (size_t p = 0; p < PROVIDERS; p++)
        for (uint32_t i = 0; i < SERVERS; i++)
            rig.before_kb[p][i] = herd_proc_memory_kb(&rig.herd[p], i);
    for (size_t i = 0; i < WAVES; i++) {
        int64_t slowest_us = run_wave(&rig, waves[i]);
        note("faults, wave %zu: the slowest reply took %.0f ms", i + 1,
             (double)slowest_us / 1000);
        if (i + 1 < WAVES)
            cheer_up(&rig, i + 1);
    }
    note_memory(&rig);
    CHECK_INT(places_proc_control(&rig.places, "requests", "followed"), 0);
    for (size_t p = 0; p < PROVIDERS; p++)
        herd_proc_close(&rig.herd[p]);
    places_proc_stop(&rig.places);
}

const struct check_test test_upstream_faults[] = {
    {"every_fault", every_fault},
    {NULL, NULL},
};
