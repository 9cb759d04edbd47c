/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "places/breaker.h"

enum { ANY = 999999 }; /* chance */

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

/* A request of which nobody waits for others: begins and ends at once. */
static void request(struct herd_breaker *b, enum herd_breaker_end end, int64_t now_ms,
                    uint64_t random)
{
    bool probe = herd_breaker_begin(b);
    herd_breaker_end(b, end, probe, at_ms(now_ms), random);
}

static void fail(struct herd_breaker *b, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++)
        request(b, HERD_BREAKER_FAILED, now_ms, 500);
}

static void opens_after_failures_in_a_row(void)
{
    struct herd_breaker b = {0};
    CHECK_STR(herd_breaker_state_text(&b), "closed");
    fail(&b, HERD_BREAKER_FAILURES - 1, 0);
    CHECK_INT(b.state, HERD_BREAKER_CLOSED);
    request(&b, HERD_BREAKER_OK, 0, 0);
    fail(&b, HERD_BREAKER_FAILURES - 1, 0);
    request(&b, HERD_BREAKER_UNKNOWN, 0, 0);
    CHECK(herd_breaker_allows(&b, at_ms(0)));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(0)), 0);
    fail(&b, 1, 0);
    CHECK_STR(herd_breaker_state_text(&b), "open");
    CHECK(!herd_breaker_allows(&b, at_ms(999)));
    CHECK(herd_breaker_allows(&b, at_ms(1000)));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(0)), 1000);
    CHECK_INT(herd_breaker_retry_ms(&b, (struct herd_mono){1}), 1000);
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(999)), 1);
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(1000)), 0);
}

static void probes_with_one(void)
{
    struct herd_breaker b = {0};
    fail(&b, 5, 0);
    CHECK(herd_breaker_begin(&b));
    CHECK_STR(herd_breaker_state_text(&b), "probing");
    CHECK(!herd_breaker_allows(&b, at_ms(100000)));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(0)), 0);
    herd_breaker_end(&b, HERD_BREAKER_OK, true, at_ms(1000), 0);
    CHECK_INT(b.state, HERD_BREAKER_CLOSED);
    CHECK(!herd_breaker_begin(&b));
    /* It starts from nothing again. */
    fail(&b, 4, 0);
    CHECK_INT(b.state, HERD_BREAKER_CLOSED);
    fail(&b, 1, 0);
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(0)), 1000);
}

/* 1, 2, 4, 8, 15, 15 s; chance takes up to half of it away. */
static void pauses_double(void)
{
    static const int64_t want_ms[] = {1000, 2000, 4000, 8000, 15000, 15000};
    struct herd_breaker longest = {0}, shortest = {0};
    fail(&longest, 4, 0);
    fail(&shortest, 4, 0);
    for (size_t i = 0; i < sizeof want_ms / sizeof *want_ms; i++) {
        CHECK_LABEL("pause %d", (int)i);
        request(&longest, HERD_BREAKER_FAILED, 0, (uint64_t)want_ms[i] / 2);
        request(&shortest, HERD_BREAKER_FAILED, 0, 0);
        CHECK_INT(herd_breaker_retry_ms(&longest, at_ms(0)), want_ms[i]);
        CHECK_INT(herd_breaker_retry_ms(&shortest, at_ms(0)), want_ms[i] / 2);
    }
    for (uint64_t random = 0; random < 100000; random += 77) {
        struct herd_breaker b = longest;
        request(&b, HERD_BREAKER_FAILED, 0, random * random);
        int64_t ms = herd_breaker_retry_ms(&b, at_ms(0));
        CHECK(ms >= 7500 && ms <= 15000);
    }
}

/* Requests that were under way when it opened. */
static void old_requests_do_not_count_twice(void)
{
    struct herd_breaker b = {0};
    fail(&b, 5, 0);
    for (int i = 0; i < 60; i++)
        herd_breaker_end(&b, HERD_BREAKER_FAILED, false, at_ms(500), 500);
    herd_breaker_end(&b, HERD_BREAKER_UNKNOWN, false, at_ms(500), 500);
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(0)), 1000);
    CHECK(herd_breaker_begin(&b));
    herd_breaker_end(&b, HERD_BREAKER_FAILED, false, at_ms(1000), 500);
    herd_breaker_end(&b, HERD_BREAKER_UNKNOWN, false, at_ms(1000), 500);
    CHECK_INT(b.state, HERD_BREAKER_PROBING);
    /* But good news are good news. */
    herd_breaker_end(&b, HERD_BREAKER_OK, false, at_ms(1000), 500);
    CHECK_INT(b.state, HERD_BREAKER_CLOSED);
    herd_breaker_end(&b, HERD_BREAKER_FAILED, true, at_ms(1000), 500);
    CHECK_INT(b.state, HERD_BREAKER_CLOSED);
    CHECK_INT(b.failures, 1);
}

/* The client of the probe has gone: the next request may be a probe at once. */
static void a_probe_may_be_given_up(void)
{
    struct herd_breaker b = {0};
    fail(&b, 5, 0);
    CHECK(herd_breaker_begin(&b));
    herd_breaker_end(&b, HERD_BREAKER_UNKNOWN, true, at_ms(1000), 0);
    CHECK_INT(b.state, HERD_BREAKER_OPEN);
    CHECK(herd_breaker_allows(&b, at_ms(1000)));
    CHECK(herd_breaker_begin(&b));
    herd_breaker_end(&b, HERD_BREAKER_FAILED, true, at_ms(1000), ANY);
    CHECK_INT(b.pause_ms, 2000);
}

/* ---- pauses that the provider asks for ---- */

static void pauses_at_once(void)
{
    static const struct {
        int64_t asked_ms, pause_ms;
    } cases[] = {{7000, 7000},       {1, 1},
                 {0, 30000},         {3600000, 3600000},
                 {3600001, 3600000}, {INT64_MAX, 3600000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_breaker b = {0};
        CHECK(!herd_breaker_begin(&b));
        herd_breaker_pause(&b, cases[i].asked_ms, at_ms(50));
        CHECK_STR(herd_breaker_state_text(&b), "paused");
        CHECK_INT(herd_breaker_retry_ms(&b, at_ms(50)), cases[i].pause_ms);
        CHECK(!herd_breaker_allows(&b, at_ms(49 + cases[i].pause_ms)));
        CHECK(herd_breaker_allows(&b, at_ms(50 + cases[i].pause_ms)));
    }
}

/* Only the probe ends it: an answer to an earlier request says nothing about it. */
static void only_the_probe_ends_a_pause(void)
{
    struct herd_breaker b = {0};
    herd_breaker_pause(&b, 1000, at_ms(0));
    herd_breaker_end(&b, HERD_BREAKER_OK, false, at_ms(10), 0);
    CHECK_STR(herd_breaker_state_text(&b), "paused");
    CHECK(herd_breaker_begin(&b));
    herd_breaker_end(&b, HERD_BREAKER_OK, false, at_ms(1010), 0);
    CHECK_STR(herd_breaker_state_text(&b), "probing");
    herd_breaker_end(&b, HERD_BREAKER_OK, true, at_ms(1020), 0);
    CHECK_STR(herd_breaker_state_text(&b), "closed");
    CHECK(!b.asked);
}

static void the_longest_pause_counts(void)
{
    struct herd_breaker b = {0};
    herd_breaker_pause(&b, 5000, at_ms(0));
    herd_breaker_pause(&b, 1000, at_ms(100));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(100)), 4900);
    herd_breaker_pause(&b, 6000, at_ms(200));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(200)), 6000);
    /* Also of the pause after failures. */
    b = (struct herd_breaker){0};
    fail(&b, HERD_BREAKER_FAILURES, 0);
    int64_t after_failures_ms = herd_breaker_retry_ms(&b, at_ms(0));
    herd_breaker_pause(&b, 1, at_ms(0));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(0)), after_failures_ms);
    CHECK_STR(herd_breaker_state_text(&b), "paused");
}

/* A pause that is asked for leaves no trace in those after failures. */
static void a_probe_may_fail_after_a_pause(void)
{
    struct herd_breaker b = {0};
    herd_breaker_pause(&b, 1000, at_ms(0));
    request(&b, HERD_BREAKER_FAILED, 1000, 500);
    CHECK_STR(herd_breaker_state_text(&b), "open");
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(1000)), 1000);
    request(&b, HERD_BREAKER_FAILED, 2000, 1000);
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(2000)), 2000);
    CHECK(herd_breaker_begin(&b));
    herd_breaker_pause(&b, 3000, at_ms(4000));
    CHECK_INT(herd_breaker_retry_ms(&b, at_ms(4000)), 3000);
}

const struct check_test test_breaker[] = {
    {"opens after failures in a row", opens_after_failures_in_a_row},
    {"probes with one", probes_with_one},
    {"pauses double", pauses_double},
    {"old requests do not count twice", old_requests_do_not_count_twice},
    {"a probe may be given up", a_probe_may_be_given_up},
    {"pauses at once", pauses_at_once},
    {"only the probe ends a pause", only_the_probe_ends_a_pause},
    {"the longest pause counts", the_longest_pause_counts},
    {"a probe may fail after a pause", a_probe_may_fail_after_a_pause},
    {NULL, NULL},
};
