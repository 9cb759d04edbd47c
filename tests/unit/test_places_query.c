/* SPDX-License-Identifier: ISC */
/* Places without a server around it: queries go in, requests go out, results come back. */
#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "places/places.h"

#include <stdio.h>

enum { QUERIES = 6, CALLS_MAX = 4096 };

#define BODY "{\"results\":[1,2,3],\"status\":\"OK\"}"
#define WALL ((struct herd_wall){INT64_C(1600000000000000000)})
#define AWAY "{\"status\":\"UNKNOWN_ERROR\"}"

struct fixture {
    struct fail_mem mem;
    struct herd_conf conf;
    struct herd_stats stats;
    struct herd_places *places;
    struct herd_places_query query[QUERIES];
    int64_t now_ms;
    uint64_t last_id; /* of the request that was sent last */
    char calls[CALLS_MAX];
    size_t calls_len;
};

static void note(struct fixture *f, const char *word, uint64_t id, struct herd_slice text)
{
    f->calls_len +=
        (size_t)snprintf(f->calls + f->calls_len, sizeof f->calls - f->calls_len,
                         "%s %d %.*s;", word, (int)(uint32_t)id, (int)text.len, text.data);
    REQUIRE(f->calls_len < sizeof f->calls);
}

static void fetch(void *ctx, uint64_t request_id, struct herd_slice bytes)
{
    struct fixture *f = ctx;
    f->last_id = request_id;
    note(f, "fetch", request_id, herd_slice(bytes.data, bytes.len > 0 ? 8 : 0));
}

static void cancel(void *ctx, uint64_t request_id)
{
    note(ctx, "cancel", request_id, HERD_LIT(""));
}

static void log_line(void *ctx, struct herd_slice text)
{
    note(ctx, "log", 0, text);
}

static uint64_t random_bits(void *ctx)
{
    (void)ctx;
    return 0;
}

static struct herd_places_setup prepare(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    fail_mem_init(&f->mem);
    f->conf = (struct herd_conf){.lookups_max = 2,
                                 .lookups_waiting_max = 1,
                                 .places_timeout_ms = 900,
                                 .places_body_max = 4096,
                                 .places_provider = "google-legacy",
                                 .places_url = "",
                                 .places_fields = "pro"};
    return (struct herd_places_setup){.mem = &f->mem.mem,
                                      .conf = &f->conf,
                                      .stats = &f->stats,
                                      .hash_key = {3},
                                      .calls = {f, fetch, cancel, log_line, random_bits}};
}

static void set_up(struct fixture *f)
{
    struct herd_places_setup setup = prepare(f);
    CHECK_INT(herd_places_new(&f->places, &setup), HERD_OK);
}

static struct herd_mono now(const struct fixture *f)
{
    return (struct herd_mono){f->now_ms * HERD_NS_PER_MS};
}

static void drop(struct fixture *f, int i)
{
    herd_places_cancel(f->places, &f->query[i], now(f));
    herd_places_result_release(f->query[i].result);
    f->query[i] = (struct herd_places_query){.request = NULL};
}

static void tear_down(struct fixture *f)
{
    for (int i = 0; i < QUERIES; i++)
        drop(f, i);
    CHECK(herd_places_next_finished(f->places) == NULL);
    herd_places_free(f->places);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

static bool ask(struct fixture *f, int i, uint32_t radius_km)
{
    f->query[i].owner = f;
    return herd_places_query(f->places, &f->query[i], (struct herd_point){1, 2}, radius_km,
                             0, now(f), WALL);
}

static bool start(struct fixture *f)
{
    return herd_places_start_ready(f->places, now(f), WALL);
}

static void reply(struct fixture *f, int status, const char *body)
{
    struct herd_places_reply reply = {.http_status = status, .body = herd_slice_str(body)};
    herd_places_on_reply(f->places, f->last_id, &reply, now(f), WALL);
}

/* The next finished query is this one. */
static bool finished(struct fixture *f, int i)
{
    return herd_places_next_finished(f->places) == &f->query[i];
}

/* The text of its result, cut to `bound`; NULL: it has none. */
static const char *text_of(const struct fixture *f, int i, uint32_t bound)
{
    static char text[512];
    struct herd_slice part[2];
    if (f->query[i].result == NULL)
        return NULL;
    herd_places_result_cut(f->query[i].result, bound, part);
    if (!CHECK(part[0].len + part[1].len < sizeof text))
        return NULL;
    memcpy(text, part[0].data, part[0].len);
    memcpy(text + part[0].len, part[1].data, part[1].len);
    text[part[0].len + part[1].len] = '\0';
    return text;
}

static bool is_error(const struct fixture *f, int i, const char *words)
{
    return f->query[i].result != NULL &&
           !herd_places_result_is_answer(f->query[i].result) &&
           strstr(text_of(f, i, 0), words) != NULL;
}

static void queries_share_a_request(void)
{
    struct fixture f;
    set_up(&f);
    CHECK(!ask(&f, 0, 1));
    CHECK(!ask(&f, 1, 2));
    CHECK(!ask(&f, 2, 1));
    CHECK(!start(&f));
    CHECK_STR(f.calls, "fetch 1 location;fetch 2 location;");
    CHECK_INT((int64_t)f.stats.queries_joined, 1);
    f.last_id = f.last_id - 1; /* of the first one: both are of the first generation */
    reply(&f, 200, BODY);
    CHECK(finished(&f, 0));
    CHECK(finished(&f, 2));
    CHECK(herd_places_next_finished(f.places) == NULL);
    CHECK(f.query[0].result == f.query[2].result);
    CHECK(herd_places_result_is_answer(f.query[0].result));
    CHECK_STR(text_of(&f, 0, 20), BODY);
    CHECK_STR(text_of(&f, 0, 2), "{\"results\":[1,2],\"status\":\"OK\"}");
    CHECK_STR(text_of(&f, 2, 0), "{\"results\":[],\"status\":\"OK\"}");
    tear_down(&f);
    CHECK_STR(f.calls, "fetch 1 location;fetch 2 location;cancel 2 ;");
}

static void the_last_query_cancels_its_request(void)
{
    struct fixture f;
    set_up(&f);
    CHECK(!ask(&f, 0, 1) && !ask(&f, 1, 1));
    drop(&f, 0);
    CHECK(!start(&f));
    drop(&f, 1);
    CHECK_STR(f.calls, "fetch 1 location;cancel 1 ;");
    reply(&f, 200, BODY);
    CHECK(herd_places_next_finished(f.places) == NULL);
    /* One that only waits was never sent. */
    CHECK(!ask(&f, 0, 1));
    drop(&f, 0);
    CHECK(!start(&f));
    CHECK_STR(f.calls, "fetch 1 location;cancel 1 ;");
    CHECK_INT(herd_places_status(f.places, now(&f)).running, 0);
    tear_down(&f);
}

/* The first, the last, the one in the middle. */
static void a_finished_query_may_be_cancelled(void)
{
    for (int gone = 0; gone < 3; gone++) {
        struct fixture f;
        CHECK_LABEL("query %d", gone);
        set_up(&f);
        for (int i = 0; i < 3; i++)
            CHECK(!ask(&f, i, 1));
        CHECK(!start(&f));
        reply(&f, 200, BODY);
        drop(&f, gone);
        for (int i = 0; i < 3; i++)
            CHECK(i == gone || finished(&f, i));
        CHECK(herd_places_next_finished(f.places) == NULL);
        tear_down(&f);
    }
}

static void time_ends_queries(void)
{
    struct fixture f;
    set_up(&f);
    CHECK(herd_mono_is_never(herd_places_deadline(f.places)));
    CHECK(!ask(&f, 0, 1));
    CHECK(!start(&f));
    f.now_ms = 100;
    CHECK(!ask(&f, 1, 1));
    CHECK_INT(herd_places_deadline(f.places).ns, 900 * HERD_NS_PER_MS);
    f.now_ms = 900;
    herd_places_tick(f.places, now(&f));
    CHECK(finished(&f, 0));
    CHECK(is_error(&f, 0, "did not answer in time"));
    CHECK(herd_places_next_finished(f.places) == NULL);
    CHECK_STR(f.calls, "fetch 1 location;");
    f.now_ms = 1000;
    herd_places_tick(f.places, now(&f));
    CHECK(finished(&f, 1));
    CHECK_STR(f.calls, "fetch 1 location;cancel 1 ;");
    CHECK_INT((int64_t)f.stats.queries_timed_out, 2);
    CHECK_INT((int64_t)f.stats.answers_failed, 1);
    tear_down(&f);
}

static void queries_may_be_finished_at_once(void)
{
    struct fixture f;
    struct herd_places_setup setup = prepare(&f);
    setup.unavailable = "no \"key\"";
    CHECK_INT(herd_places_new(&f.places, &setup), HERD_OK);
    CHECK(ask(&f, 0, 1));
    CHECK(is_error(&f, 0, "no \\\"key\\\""));
    CHECK(is_error(&f, 0, "REQUEST_DENIED"));
    tear_down(&f);
}

static void results_are_kept(void)
{
    struct fixture f;
    struct herd_places_setup setup = prepare(&f);
    f.conf.places_cache_ms = 50;
    CHECK_INT(herd_places_new(&f.places, &setup), HERD_OK);
    CHECK(!ask(&f, 0, 1));
    CHECK(!start(&f));
    reply(&f, 200, BODY);
    CHECK(finished(&f, 0));
    CHECK(ask(&f, 1, 1));
    CHECK(f.query[1].result == f.query[0].result);
    CHECK_INT(herd_places_deadline(f.places).ns, 50 * HERD_NS_PER_MS);
    f.now_ms = 50;
    CHECK(!ask(&f, 2, 1));
    CHECK_STR(text_of(&f, 1, 20), BODY);
    tear_down(&f);
}

static void failures_are_retried_and_counted(void)
{
    struct fixture f;
    struct herd_places_setup setup = prepare(&f);
    f.conf.places_retry = true;
    CHECK_INT(herd_places_new(&f.places, &setup), HERD_OK);
    for (int i = 0; i < 3; i++) {
        CHECK(!ask(&f, i, 1));
        (void)start(&f);
        reply(&f, 200, AWAY);
        reply(&f, 0, "down");
        CHECK(finished(&f, i));
    }
    CHECK(is_error(&f, 0, "cannot be reached"));
    CHECK(strstr(f.calls, "log 0 places: google-legacy failed; no request is sent") !=
          NULL);
    CHECK_INT((int64_t)f.stats.requests_started, 5);
    CHECK_INT((int64_t)f.stats.requests_retried, 2);
    CHECK_INT((int64_t)f.stats.answers_failed, 5);
    CHECK_STR(herd_places_status(f.places, now(&f)).breaker, "open");
    CHECK(ask(&f, 3, 1));
    CHECK_INT((int64_t)f.stats.queries_refused_broken, 1);
    tear_down(&f);
}

/* Whatever fails, each query is finished in time, and all memory comes back. */
static bool survives(size_t n, bool for_ever)
{
    struct fixture f;
    struct herd_places_setup setup = prepare(&f);
    f.conf.places_cache_ms = 50;
    f.conf.places_budget_minute = 100;
    fail_mem_arm(&f.mem, n, for_ever);
    if (herd_places_new(&f.places, &setup) == HERD_OK) {
        int at_once = 0, later = 0;
        for (int i = 0; i < QUERIES; i++)
            at_once += ask(&f, i, (uint32_t)i / 2);
        (void)start(&f);
        reply(&f, 200, BODY);
        (void)start(&f);
        reply(&f, 500, "<html>");
        f.now_ms = 900;
        herd_places_tick(f.places, now(&f));
        while (herd_places_next_finished(f.places) != NULL)
            later++;
        CHECK_INT(at_once + later, QUERIES);
        tear_down(&f);
    }
    CHECK_INT((int64_t)f.mem.blocks, 0);
    return f.mem.failed > 0;
}

static void memory_may_run_out(void)
{
    size_t n = 1;
    for (; survives(n, false); n++)
        CHECK_LABEL("allocation %zu", n);
    CHECK(n > 10);
    for (n = 1; survives(n, true); n++)
        CHECK_LABEL("allocations from %zu on", n);
}

/* That the provider asked for a pause is understood without memory for its words. */
static void a_pause_needs_no_memory(void)
{
    struct fixture f;
    set_up(&f);
    CHECK(!ask(&f, 0, 1));
    CHECK(!start(&f));
    fail_mem_arm(&f.mem, 1, true);
    reply(&f, 429, "x");
    fail_mem_arm(&f.mem, 0, false);
    CHECK(finished(&f, 0));
    CHECK(ask(&f, 1, 2));
    CHECK(is_error(&f, 1, "asked for a pause"));
    CHECK_INT((int64_t)f.stats.provider_pauses, 1);
    CHECK_INT((int64_t)f.stats.queries_refused_paused, 1);
    tear_down(&f);
}

const struct check_test test_places_query[] = {
    {"queries_share_a_request", queries_share_a_request},
    {"the_last_query_cancels_its_request", the_last_query_cancels_its_request},
    {"a_finished_query_may_be_cancelled", a_finished_query_may_be_cancelled},
    {"time_ends_queries", time_ends_queries},
    {"queries_may_be_finished_at_once", queries_may_be_finished_at_once},
    {"results_are_kept", results_are_kept},
    {"failures_are_retried_and_counted", failures_are_retried_and_counted},
    {"memory_may_run_out", memory_may_run_out},
    {"a_pause_needs_no_memory", a_pause_needs_no_memory},
    {NULL, NULL},
};
