/* SPDX-License-Identifier: ISC */
/* Many who ask at once, and a Places server that is dead for a time. */
#include "answer.h"
#include "check.h"
#include "descriptors.h"
#include "files.h"
#include "herd_proc.h"
#include "pace.h"
#include "places_proc.h"
#include "shell.h"
#include "swarm.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct check_test test_upstream[];

enum { TEXT = 512, PLACES = 10 };

struct rig {
    struct places_proc places;
    struct herd_proc herd;
};

static bool rig_open(struct rig *rig, const char *const *args, const char *more)
{
    char conf[TEXT];
    if (!places_proc_start_with(&rig->places, args))
        return false;
    snprintf(conf, sizeof conf, "%s%s", rig->places.conf_line, more);
    if (herd_proc_open(&rig->herd, "ucla-2018", conf)) {
        if (herd_proc_start(&rig->herd, 0))
            return true;
        herd_proc_close(&rig->herd);
    }
    places_proc_stop(&rig->places);
    return false;
}

static void rig_close(struct rig *rig)
{
    herd_proc_close(&rig->herd);
    places_proc_stop(&rig->places);
}

/* ---- many at once ---- */

/* c0 to c9 at ten places; `at` is what the server says about each. */
static void report_all(const struct rig *rig, char at[PLACES][TEXT])
{
    struct client client;
    struct herd_slice got;
    char line[TEXT];
    CHECK(herd_proc_connect(&rig->herd, 0, &client));
    for (int i = 0; i < PLACES; i++) {
        snprintf(line, sizeof line, "IAMAT c%d +45+%d 1\n", i, i);
        CHECK(client_ask(&client, line, &got) && memcmp(got.data, "AT ", 3) == 0);
        snprintf(at[i], TEXT, "%.*s", (int)got.len, got.data);
    }
    client_close(&client);
}

static void check_replies(const struct swarm *swarm, char at[PLACES][TEXT])
{
    struct herd_slice want = places_expected("default", 2);
    unsigned wrong = 0;
    for (size_t i = 0; i < swarm->count; i++) {
        const char *line = at[i % PLACES];
        struct herd_slice reply = swarm_reply(swarm, i);
        wrong += reply.len != strlen(line) + want.len + 3 ||
                 !herd_slice_eq(answer_json(reply, herd_slice_str(line)), want);
    }
    CHECK_INT(wrong, 0);
    file_free(want);
}

static void measure_quiet(const struct rig *rig, struct pace_figures *figures)
{
    enum { QUIET_MS = 500 };
    struct pace pace;
    REQUIRE(pace_begin(&pace, rig->herd.client[0].number));
    int64_t until = now_ms() + QUIET_MS;
    while (now_ms() < until)
        nap();
    CHECK(pace_end(&pace, figures));
    CHECK_INT(figures->bad, 0);
}

static void note_swarm(struct swarm *swarm, int64_t requests)
{
    int64_t took[SWARM_MAX];
    for (size_t i = 0; i < swarm->count; i++)
        took[i] = swarm->of[i].took_us;
    int64_t p50 = percentile(took, swarm->count, 50);
    int64_t p99 = percentile(took, swarm->count, 99);
    note("%zu WHATSATs at once for %d places, answered after 300 ms: %d requests, "
         "replies p50 %.1f ms, p99 %.1f ms",
         swarm->count, PLACES, (int)requests, (double)p50 / 1000, (double)p99 / 1000);
}

static void note_pace(const char *when, const struct pace_figures *figures)
{
    note("IAMAT %s: p50 %.2f ms, p99 %.2f ms, most %.2f ms of %d", when,
         (double)figures->p50_us / 1000, (double)figures->p99_us / 1000,
         (double)figures->most_us / 1000, (int)figures->count);
}

/* Few requests for many questions, and others are hardly held up by it. */
static void a_thousand(void)
{
    static const char *const args[] = {"--delay-ms", "300", NULL};
    struct rig rig;
    struct swarm swarm;
    struct pace pace;
    struct pace_figures quiet, busy;
    char at[PLACES][TEXT];
    bool ok = true;
    REQUIRE(rig_open(&rig, args, "log-traffic no\n"));
    REQUIRE(swarm_init(&swarm));
    report_all(&rig, at);
    measure_quiet(&rig, &quiet);
    int count = descriptors_for(SWARM_MAX, 4); /* the server has the same limit */
    for (int i = 0; i < count && ok; i++)
        ok = swarm_add(&swarm, rig.herd.client[0].number, "WHATSAT c%d 5 2\n", i % PLACES);
    CHECK_INT((int64_t)swarm.count, count);
    CHECK(pace_begin(&pace, rig.herd.client[0].number));
    CHECK_INT((int64_t)swarm_run(&swarm, WAIT_MS), count);
    CHECK(pace_end(&pace, &busy));
    CHECK_INT(busy.bad, 0);
    check_replies(&swarm, at);
    int64_t requests = places_proc_control(&rig.places, "requests", "google-legacy");
    CHECK(requests >= PLACES && requests <= 4 * PLACES);
    CHECK_INT(herd_proc_count(&rig.herd, 0, "queries_joined") + requests, count);
    note_swarm(&swarm, requests);
    note_pace("before", &quiet);
    note_pace("meanwhile", &busy);
    swarm_free(&swarm);
    rig_close(&rig);
}

/* ---- dead for a time ---- */

static int64_t down_time_ms(void)
{
    enum { SHORT_MS = 3000, LONGEST_MS = 500000 };
    const char *text = getenv("HERD_TEST_DOWN_MS");
    int64_t ms = text != NULL ? (int64_t)strtol(text, NULL, 10) : SHORT_MS;
    return ms > 0 && ms < LONGEST_MS ? ms : LONGEST_MS;
}

static int64_t count_requests(const struct rig *rig)
{
    struct herd_slice log = file_read(rig->places.log);
    size_t count = log.data != NULL ? bytes_count(log, HERD_LIT("GET /maps")) : 0;
    file_free(log);
    return (int64_t)count;
}

/* One question, one reply in the legacy shape; whether places came. */
static bool ask(struct client *client, struct herd_slice at, int64_t *took_us)
{
    char status[ANSWER_STATUS];
    struct herd_slice reply;
    int64_t start = now_us();
    if (!CHECK(client_say(client, "WHATSAT x 5 2\n") && client_reply(client, &reply)))
        return false;
    *took_us = now_us() - start;
    CHECK(answer_is_legacy(answer_json(reply, at), status));
    CHECK(strcmp(status, "OK") == 0 || strcmp(status, "UNKNOWN_ERROR") == 0);
    return strcmp(status, "OK") == 0;
}

struct bad_time {
    int64_t questions, slowest_us;
};

static void ask_until(struct client *client, struct herd_slice at, int64_t until,
                      struct bad_time *bad)
{
    int64_t took_us = 0;
    while (now_ms() < until) {
        bool good = ask(client, at, &took_us);
        CHECK(!good);
        if (good)
            return;
        bad->questions++;
        bad->slowest_us = took_us > bad->slowest_us ? took_us : bad->slowest_us;
        nap();
    }
}

/* The breaker's pauses double up to a minute. */
static int64_t ask_until_good(struct client *client, struct herd_slice at)
{
    enum { PAUSE_MOST_MS = 60000 };
    int64_t took_us = 0, start = now_ms(), until = start + PAUSE_MOST_MS + WAIT_MS;
    while (now_ms() < until)
        if (ask(client, at, &took_us))
            return now_ms() - start;
        else
            nap();
    CHECK(now_ms() < until);
    return -1;
}

static void check_status_open(const struct rig *rig)
{
    const char *dir = rig->herd.dir;
    shell_expect(
        shell(dir, "herdctl -c herd.conf status Goloman | grep '^ *places google'"), 0,
        ": circuit open after failures", NULL);
    shell_expect(shell(dir, "herdctl -c herd.conf status Goloman"), 0, "answers_failed",
                 NULL);
}

/* A client asks and asks: few requests get through, replies come at once, and places are
 * back when the next probe says so. */
static void dead_for_a_time(void)
{
    static const char *const none[] = {NULL};
    struct rig rig;
    struct client client;
    struct herd_slice got;
    char at[TEXT];
    struct bad_time bad = {0, 0};
    int64_t took_us = 0, down_ms = down_time_ms();
    REQUIRE(rig_open(&rig, none, "log-traffic no\n"));
    CHECK(herd_proc_connect(&rig.herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT x +45+45 1\n", &got));
    snprintf(at, sizeof at, "%.*s", (int)got.len, got.data);
    CHECK(ask(&client, herd_slice_str(at), &took_us));
    int64_t before = count_requests(&rig), start = now_ms();
    CHECK(places_proc_control(&rig.places, "down", "google-legacy") >= 0);
    ask_until(&client, herd_slice_str(at), start + down_ms / 2, &bad);
    check_status_open(&rig);
    ask_until(&client, herd_slice_str(at), start + down_ms, &bad);
    int64_t requests = count_requests(&rig) - before;
    CHECK(places_proc_control(&rig.places, "up", "google-legacy") >= 0);
    int64_t back_ms = ask_until_good(&client, herd_slice_str(at));
    CHECK(requests >= 5 && requests <= 20 && requests < bad.questions);
    /* libcurl makes a request anew when a connection that it had kept turns out dead. */
    int64_t failed = herd_proc_count(&rig.herd, 0, "answers_failed");
    CHECK(failed == requests || failed == requests - 1);
    note("dead for %d ms: %d questions, %d requests, slowest reply %.1f ms; places again "
         "%d ms after it was back",
         (int)down_ms, (int)bad.questions, (int)requests, (double)bad.slowest_us / 1000,
         (int)back_ms);
    client_close(&client);
    rig_close(&rig);
}

const struct check_test test_upstream[] = {
    {"a_thousand", a_thousand},
    {"dead_for_a_time", dead_for_a_time},
    {NULL, NULL},
};
