/* SPDX-License-Identifier: ISC */
/* Random days in the life of a server that is asked much, against what must always hold:
 * every question is answered once, in the order of the questions, with an answer to that
 * question which is not too old, and within its time; nothing is asked upstream that is
 * being asked, or kept; and all bounds hold. */
#include "check.h"
#include "dice.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CLIENTS = 6,
    RADII = 5,
    QUESTIONS = 64, /* of one client at once: then it is not read */
    VALUES = 8192,
    SEEDS = 60,
    STEPS = 400,
    TIMEOUT_MS = 900,
};

struct question {
    int radius;
    int64_t at_ns;
};

struct world {
    struct rig rig;
    struct dice dice;
    int flying_max, day_max;
    int64_t keep_ns;
    struct question asked[CLIENTS + 1][QUESTIONS]; /* not answered yet, oldest first */
    int asked_count[CLIENTS + 1];
    size_t number[RADII + 1]; /* of the request under way; 0: none */
    int flying, requests, answered, gone;
    int64_t kept_at_ns[RADII + 1]; /* -1: never */
    int64_t value_at_ns[VALUES];
    int values;
    bool draining[CLIENTS + 1]; /* the core waits for DRAINED */
};

static int number_at(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

/* ---- what the core does ---- */

static int radius_of_query(struct herd_slice query)
{
    char text[96];
    snprintf(text, sizeof text, "%.*s", (int)query.len, query.data);
    const char *at = strstr(text, "radius=");
    return at != NULL ? number_at(at + 7) / 1000 : 0;
}

static void see_fetch(struct world *w, const struct herd_action *action)
{
    int radius = radius_of_query(action->bytes);
    REQUIRE(radius >= 1 && radius <= RADII);
    /* The rig gives it the next number. */
    CHECK_INT((int64_t)w->number[radius], 0);
    w->number[radius] = w->rig.request_count + 1;
    w->flying++;
    w->requests++;
    CHECK(w->flying <= w->flying_max);
    CHECK(w->day_max == 0 || w->requests <= w->day_max);
    CHECK(w->kept_at_ns[radius] < 0 ||
          w->rig.mono.ns >= w->kept_at_ns[radius] + w->keep_ns);
}

static void see_cancel(struct world *w, const struct herd_action *action)
{
    int radius = 1;
    while (radius <= RADII && (w->number[radius] == 0 ||
                               w->rig.request_id[w->number[radius]] != action->request_id))
        radius++;
    REQUIRE(radius <= RADII);
    w->number[radius] = 0;
    w->flying--;
}

/* The reply to the oldest question of that connection. */
static void see_reply(struct world *w, int conn, const char *reply)
{
    struct question *asked = w->asked[conn];
    REQUIRE(w->asked_count[conn] > 0);
    struct question question = asked[0];
    memmove(asked, asked + 1, (size_t)--w->asked_count[conn] * sizeof *asked);
    w->answered++;
    CHECK(strncmp(reply, "AT Clark ", 9) == 0);
    CHECK(w->rig.mono.ns <= question.at_ns + TIMEOUT_MS * HERD_NS_PER_MS);
    const char *results = strstr(reply, "\"results\":[");
    if (results == NULL)
        return;
    int value = number_at(results + strlen("\"results\":["));
    CHECK_INT(value % 10, question.radius);
    /* Either it came after the question, or it was kept then. */
    CHECK(question.at_ns <= w->value_at_ns[value / 10] ||
          question.at_ns - w->value_at_ns[value / 10] < w->keep_ns);
}

static void see_send(struct world *w, const struct herd_action *action)
{
    char *text = malloc(action->bytes.len + 1);
    REQUIRE(text != NULL);
    memcpy(text, action->bytes.data, action->bytes.len);
    text[action->bytes.len] = '\0';
    char *at = text;
    for (char *end; (end = strstr(at, "\n\n")) != NULL; at = end + 2) {
        *end = '\0';
        see_reply(w, (int)action->conn, at);
    }
    CHECK_STR(at, "");
    free(text);
}

static void watch(void *watcher, const struct herd_action *action)
{
    struct world *w = watcher;
    if (action->kind == HERD_DO_FETCH)
        see_fetch(w, action);
    else if (action->kind == HERD_DO_CANCEL)
        see_cancel(w, action);
    else if (action->kind == HERD_DO_SEND && action->conn <= CLIENTS)
        see_send(w, action);
    else if (action->kind == HERD_DO_DRAIN)
        w->draining[action->conn] = true;
}

/* ---- what happens ---- */

static void ask(struct world *w)
{
    int conn = 1 + (int)dice_roll(&w->dice, CLIENTS);
    int count = 1 + (int)dice_roll(&w->dice, 3);
    char line[128] = "";
    size_t len = 0;
    if (!w->rig.open[conn])
        rig_open(&w->rig, (herd_conn_id)conn, HERD_ROLE_CLIENT, -1);
    for (int i = 0; i < count && w->asked_count[conn] < QUESTIONS - 1; i++) {
        struct question *q = &w->asked[conn][w->asked_count[conn]++];
        q->radius = 1 + (int)dice_roll(&w->dice, RADII);
        q->at_ns = w->rig.mono.ns;
        len +=
            (size_t)snprintf(line + len, sizeof line - len, "WHATSAT a %d 1\n", q->radius);
    }
    if (len > 0)
        rig_data(&w->rig, (herd_conn_id)conn, herd_slice(line, len));
}

/* Good days and bad days: on the latter most requests fail. */
static void answer(struct world *w, bool bad_day)
{
    char body[80] = "nonsense";
    int radius = 1 + (int)dice_roll(&w->dice, RADII), status = 200;
    size_t number = w->number[radius];
    if (number == 0)
        return;
    uint32_t kind = dice_roll(&w->dice, 10);
    bool found = kind < (bad_day ? 2 : 7) && w->values < VALUES - 1;
    if (found) {
        w->value_at_ns[++w->values] = w->rig.mono.ns;
        snprintf(body, sizeof body, "{\"results\":[%d],\"status\":\"OK\"}",
                 w->values * 10 + radius);
        w->kept_at_ns[radius] = w->keep_ns > 0 ? w->rig.mono.ns : -1;
    } else if (kind == 7) {
        snprintf(body, sizeof body, "{\"status\":\"REQUEST_DENIED\"}");
    } else if (kind == 8) {
        status = 429;
    } else if (kind == 9) {
        status = 0;
    }
    w->number[radius] = 0;
    w->flying--;
    rig_places(&w->rig, number, status, herd_slice_str(body));
}

static void leave(struct world *w)
{
    int conn = 1 + (int)dice_roll(&w->dice, CLIENTS);
    if (!w->rig.open[conn])
        return;
    w->gone += w->asked_count[conn];
    w->asked_count[conn] = 0;
    w->rig.open[conn] = false;
    rig_step(&w->rig, (struct herd_event){.kind = HERD_EV_CLOSED,
                                          .conn = (herd_conn_id)conn,
                                          .bytes = HERD_LIT("reset")});
}

/* Until nothing more comes of it. */
static void drain(struct world *w)
{
    for (int conn = 1; conn <= CLIENTS; conn++)
        while (w->draining[conn]) {
            w->draining[conn] = false;
            if (w->rig.open[conn])
                rig_step(&w->rig, (struct herd_event){.kind = HERD_EV_DRAINED,
                                                      .conn = (herd_conn_id)conn});
        }
}

/* The clock goes no further than the core's next deadline before it gets its tick. */
static void pass(struct world *w)
{
    int64_t left_ns = (int64_t)dice_roll(&w->dice, 400) * HERD_NS_PER_MS;
    do {
        struct herd_mono due = herd_deadline(w->rig.core);
        int64_t step_ns =
            due.ns - w->rig.mono.ns < left_ns ? due.ns - w->rig.mono.ns : left_ns;
        step_ns = step_ns > 0 ? step_ns : 0;
        w->rig.mono.ns += step_ns;
        w->rig.wall.ns += step_ns;
        left_ns -= step_ns;
        rig_tick(&w->rig);
        drain(w);
        for (int conn = 1; conn <= CLIENTS; conn++)
            if (w->asked_count[conn] > 0)
                CHECK(w->rig.mono.ns <
                      w->asked[conn][0].at_ns + TIMEOUT_MS * HERD_NS_PER_MS);
    } while (left_ns > 0);
}

/* While the breaker is open no request is sent. */
static bool is_left_alone(struct world *w)
{
    size_t from = w->rig.said.len;
    script_act(&w->rig, "open 100 control\n100< STATUS\nclosed 100 done\n");
    const char *at = strstr(w->rig.said.data + from, "places google-legacy open ");
    return at != NULL && number_at(at + strlen("places google-legacy open ")) > 0;
}

static void begin(struct world *w, uint64_t seed)
{
    static const char *const keep[] = {"0", "300", "2000"};
    char conf[512];
    memset(w, 0, sizeof *w);
    w->dice.state = seed;
    w->flying_max = 1 + (int)dice_roll(&w->dice, 4);
    int waiting_max = (int)dice_roll(&w->dice, 4);
    w->day_max = dice_roll(&w->dice, 4) == 0 ? 40 : 0;
    const char *keep_ms = keep[dice_roll(&w->dice, 3)];
    w->keep_ns = number_at(keep_ms) * HERD_NS_PER_MS;
    snprintf(conf, sizeof conf,
             TALK_ALONE "places-timeout-ms %d\nlookups-max %d\nlookups-waiting-max %d\n"
                        "places-budget-day %d\nplaces-cache-ms %s\nplaces-retry %s\n"
                        "output-high 4096\nlog-traffic %s\n",
             TIMEOUT_MS, w->flying_max, waiting_max, w->day_max, keep_ms,
             dice_roll(&w->dice, 2) == 0 ? "yes" : "no",
             dice_roll(&w->dice, 2) == 0 ? "yes" : "no");
    for (int i = 0; i <= RADII; i++)
        w->kept_at_ns[i] = -1;
    rig_start(&w->rig, conf, "Clark");
    script_act(&w->rig, "open 90\n90< IAMAT a +0+0 " TALK_NOW "\nclosed 90 done\n");
    w->rig.watch = watch;
    w->rig.watcher = w;
}

static void end(struct world *w)
{
    /* Whatever is still asked ends with its time, unless its client ends before. */
    for (int i = 0; i < 40; i++)
        pass(w);
    for (int conn = 1; conn <= CLIENTS; conn++)
        CHECK_INT(w->asked_count[conn], 0);
    CHECK_INT(w->flying, 0);
    CHECK_INT(RIG_STAT(&w->rig, queries), w->answered + w->gone);
    CHECK_INT(RIG_STAT(&w->rig, requests_started), w->requests);
    CHECK(RIG_STAT(&w->rig, queries_answered) + RIG_STAT(&w->rig, queries_failed) >=
          w->answered);
    CHECK(script_status_has(&w->rig, "requests_running 0"));
    CHECK(script_status_has(&w->rig, "requests_waiting 0"));
    rig_end(&w->rig);
}

static void live(uint64_t seed)
{
    static struct world w;
    begin(&w, seed);
    for (int step = 0; step < STEPS && w.rig.request_count < RIG_REQUESTS - 20; step++) {
        bool bad_day = step / 50 % 2 == 1;
        bool alone = is_left_alone(&w);
        int requests = w.requests;
        uint32_t what = dice_roll(&w.dice, 16);
        if (what < 6)
            ask(&w);
        else if (what < 12)
            answer(&w, bad_day);
        else if (what < 13)
            leave(&w);
        else
            pass(&w);
        CHECK(!alone || what >= 13 || w.requests == requests ||
              /* Good news from before may have come. */
              (what >= 6 && what < 12));
        drain(&w);
        rig_hush(&w.rig);
    }
    end(&w);
}

static void what_must_always_hold(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        CHECK_LABEL("seed %d", (int)seed);
        live(seed);
    }
}

const struct check_test test_whatsat_oracle[] = {
    {"what_must_always_hold", what_must_always_hold},
    {NULL, NULL},
};
