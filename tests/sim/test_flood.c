/* SPDX-License-Identifier: ISC */
/* Without faults: each report reaches every server by the shortest path, and then the herd
 * is quiet. */
#include "check.h"
#include "shape.h"

static const char location[] = "+34.068930-118.445127";

/* ---- one report at a time ---- */

static void flood(enum shape shape, uint32_t origin)
{
    enum { N = 5 };
    char conf[SHAPE_CONF];
    shape_conf(shape, N, conf);
    struct sim *sim = sim_new(conf, 1 + origin);
    CHECK_LABEL("%s, from %u", shape_name(shape), origin);
    CHECK(sim_settle(sim));
    for (int64_t round = 1; round <= 3; round++) {
        uint64_t before = sim_records_sent(sim);
        sim_report(sim, origin, "c", location, round);
        sim_run_for(sim, 10 * shape_diameter(shape, N));
        for (uint32_t i = 0; i < N; i++)
            CHECK_INT(sim_seconds(sim, i, "c"), round);
        shape_agrees(sim, "c");
        sim_run_for(sim, 1000);
        uint64_t sent = sim_records_sent(sim) - before;
        CHECK(sent >= N - 1);
        CHECK(sent <= 2 * sim->conf.link_count - (N - 1));
        sim_run_for(sim, 100000);
        CHECK_INT((int64_t)(sim_records_sent(sim) - before), (int64_t)sent);
    }
    sim_free(sim);
}

static void reaches_all(void)
{
    for (int shape = 0; shape < SHAPE_COUNT; shape++)
        for (uint32_t origin = 0; origin < 5; origin++)
            flood((enum shape)shape, origin);
}

/* A report that is not newer is not sent on. */
static void stale_stays(void)
{
    char conf[SHAPE_CONF];
    shape_conf(SHAPE_RING, 4, conf);
    struct sim *sim = sim_new(conf, 1);
    CHECK(sim_settle(sim));
    sim_report(sim, 0, "c", location, 9);
    sim_run_for(sim, 1000);
    uint64_t before = sim_records_sent(sim);
    for (uint32_t i = 0; i < 4; i++) {
        sim_report(sim, i, "c", "+1.0+1.0", 9);
        sim_report(sim, i, "c", "+1.0+1.0", 8);
    }
    sim_run_for(sim, 1000);
    CHECK_INT((int64_t)(sim_records_sent(sim) - before), 0);
    CHECK_INT(sim_seconds(sim, 2, "c"), 9);
    sim_free(sim);
}

/* ---- four reports in every order ---- */

enum { REPORTS = 4, ORDERS = 24 };

/* The n-th permutation of 0 to 3. */
static void permute(int n, int order[REPORTS])
{
    int left[REPORTS] = {0, 1, 2, 3};
    for (int i = 0; i < REPORTS; i++) {
        int at = n % (REPORTS - i);
        n /= REPORTS - i;
        order[i] = left[at];
        for (int j = at; j + 1 < REPORTS - i; j++)
            left[j] = left[j + 1];
    }
}

static const char *const clients[] = {"c0", "c1"};

static void check_end(const struct sim *sim, const int64_t want[2], int client_count)
{
    for (int c = 0; c < client_count; c++) {
        shape_agrees(sim, clients[c]);
        CHECK_INT(sim_seconds(sim, 0, clients[c]), want[c]);
    }
}

static void report_in_order(struct sim *sim, const int64_t times[REPORTS], int n,
                            int client_count, int64_t gap_ms)
{
    static const char *const places[] = {"+1.0+1.0", "+2.0+2.0", "+3.0+3.0", "+4.0+4.0"};
    int64_t want[2] = {-1, -1};
    int order[REPORTS];
    permute(n, order);
    for (int i = 0; i < REPORTS; i++) {
        int r = order[i];
        int c = r % client_count;
        sim_report(sim, (uint32_t)r, clients[c], places[r], times[r]);
        want[c] = times[r] > want[c] ? times[r] : want[c];
        sim_run_for(sim, gap_ms);
    }
    sim_run_for(sim, 1000);
    check_end(sim, want, client_count);
}

static void every_order(void)
{
    static const int64_t times[][REPORTS] = {{1, 2, 3, 4}, {1, 1, 2, 2}, {5, 5, 5, 5},
                                             {1, 2, 2, 2}, {2, 1, 2, 1}, {3, 3, 3, 1}};
    static const int64_t gaps_ms[] = {0, 6, 200};
    char conf[SHAPE_CONF];
    for (int shape = 0; shape < SHAPE_COUNT; shape++) {
        int64_t base = 0;
        shape_conf((enum shape)shape, 4, conf);
        struct sim *sim = sim_new(conf, 7);
        CHECK(sim_settle(sim));
        for (int i = 0; i < 6 * 3 * 2 * ORDERS; i++) {
            int n = i % ORDERS, count = i / ORDERS % 2 + 1;
            size_t t = (size_t)(i / (2 * ORDERS) % 6), g = (size_t)(i / (12 * ORDERS));
            int64_t shifted[REPORTS];
            /* Each case is later than all before it, so one herd serves them all. */
            base += 10;
            for (int r = 0; r < REPORTS; r++)
                shifted[r] = base + times[t][r];
            CHECK_LABEL("%s, order %d, %d clients, times %d, gap %d ms",
                        shape_name((enum shape)shape), n, count, (int)t, (int)gaps_ms[g]);
            report_in_order(sim, shifted, n, count, gaps_ms[g]);
        }
        sim_free(sim);
    }
}

const struct check_test test_flood[] = {
    {"each report reaches every server in time", reaches_all},
    {"a report that is not newer is not sent on", stale_stays},
    {"four reports in every order", every_order},
    {NULL, NULL},
};
