/* SPDX-License-Identifier: ISC */
/* The queue of upstream requests is shared by address. */
#include "check.h"
#include "fail_mem.h"
#include "herd/err.h"
#include "places/requests.h"

#include <stdio.h>
#include <string.h>

extern const struct check_test test_requests_fair[];

enum { QUERIES = 64, NOW = 0 };

struct fixture {
    struct fail_mem mem;
    struct herd_requests requests;
    struct herd_places_query query[QUERIES];
};

static const struct herd_mono now = {NOW};

static void set_up(struct fixture *f, uint32_t running_max, uint32_t waiting_max)
{
    memset(f, 0, sizeof *f);
    fail_mem_init(&f->mem);
    struct herd_requests_setup setup = {.mem = &f->mem.mem,
                                        .hash_key = {7},
                                        .running_max = running_max,
                                        .waiting_max = waiting_max,
                                        .timeout_ms = 100};
    REQUIRE(herd_requests_init(&f->requests, &setup) == HERD_OK);
}

static void leave(struct fixture *f, size_t i)
{
    struct herd_places_request *request = herd_requests_detach(&f->query[i]);
    if (request != NULL)
        herd_requests_end(&f->requests, request);
}

static void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < QUERIES; i++)
        leave(f, i);
    herd_requests_free(&f->requests);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

/* Query `i` asks for a place of its own, from the address that the letter names. */
static int ask(struct fixture *f, size_t i, char from)
{
    struct herd_places_key key = {.radius_km = (uint32_t)i + 1};
    struct herd_places_request *request;
    int rc = herd_requests_add(&f->requests, &key, (unsigned char)from, &request);
    if (rc == HERD_OK)
        herd_requests_attach(&f->requests, request, &f->query[i], now);
    return rc;
}

static void ask_all(struct fixture *f, const char *from)
{
    for (size_t i = 0; from[i] != '\0'; i++)
        CHECK_INT(ask(f, i, from[i]), HERD_OK);
}

/* Runs all requests, one at a time; the letters of their addresses, in that order. */
static void run_all(struct fixture *f, const char *from, char order[QUERIES])
{
    struct herd_places_request *request;
    while ((request = herd_requests_ready(&f->requests)) != NULL) {
        size_t i = (size_t)(herd_request_first_query(request) - f->query);
        *order++ = from[i];
        herd_requests_start(&f->requests, request, now);
        leave(f, i);
    }
    *order = '\0';
}

static void addresses_take_turns(void)
{
    static const struct {
        const char *from, *order;
    } cases[] = {
        {"AAAA", "AAAA"},
        {"AAAAB", "ABAAA"},
        {"AAABBC", "ABCABA"},
        {"ABABAB", "ABABAB"},
        {"AAAAAAAAAAAAAAAABC", "ABCAAAAAAAAAAAAAAA"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char order[QUERIES];
        CHECK_LABEL("%s", cases[i].from);
        set_up(&f, 1, QUERIES);
        ask_all(&f, cases[i].from);
        run_all(&f, cases[i].from, order);
        CHECK_SLICE(herd_slice_str(order), herd_slice_str(cases[i].order));
        tear_down(&f);
    }
    CHECK_LABEL("%s", "");
}

/* A newcomer goes between, however long the queue of another address is. */
static void a_late_one_is_next_but_one(void)
{
    struct fixture f;
    set_up(&f, 1, QUERIES);
    ask_all(&f, "AAAAAAAAAA");
    struct herd_places_request *first = herd_requests_ready(&f.requests);
    herd_requests_start(&f.requests, first, now);
    CHECK_INT(ask(&f, 20, 'B'), HERD_OK);
    CHECK(herd_requests_ready(&f.requests) == NULL);
    leave(&f, 0);
    herd_requests_start(&f.requests, herd_requests_ready(&f.requests), now);
    leave(&f, 1);
    CHECK(herd_requests_ready(&f.requests) == f.query[20].request);
    tear_down(&f);
}

/* What several addresses ask for waits for the one that has fewest. */
static void a_shared_request_waits_for_the_smallest(void)
{
    struct fixture f;
    set_up(&f, 1, QUERIES);
    ask_all(&f, "AAAA");
    struct herd_places_request *last = f.query[3].request;
    herd_requests_wait_for(&f.requests, last, 'A');
    CHECK_INT((int64_t)last->share->key, 'A');
    herd_requests_wait_for(&f.requests, last, 'B');
    CHECK_INT((int64_t)last->share->key, 'B');
    CHECK_INT(herd_shares_count(&f.requests.waiting.shares, 'A'), 3);
    herd_requests_wait_for(&f.requests, last, 'A');
    CHECK_INT((int64_t)last->share->key, 'B');
    herd_requests_wait_for(&f.requests, last, 'C');
    CHECK_INT((int64_t)last->share->key, 'B');
    fail_mem_arm(&f.mem, 1, false);
    herd_requests_wait_for(&f.requests, f.query[2].request, 'D');
    CHECK_INT((int64_t)f.query[2].request->share->key, 'A');
    herd_requests_start(&f.requests, herd_requests_ready(&f.requests), now);
    leave(&f, 0);
    CHECK(herd_requests_ready(&f.requests) == last);
    tear_down(&f);
}

static void no_memory_changes_nothing(void)
{
    for (size_t n = 1; n <= 3; n++) {
        struct fixture f;
        set_up(&f, 1, 3);
        fail_mem_arm(&f.mem, n, false);
        CHECK_INT(ask(&f, 0, 'A'), HERD_ENOMEM);
        CHECK_INT(f.requests.waiting.count, 0);
        CHECK_INT(ask(&f, 0, 'A'), HERD_OK);
        tear_down(&f);
    }
}

const struct check_test test_requests_fair[] = {
    {"addresses take turns", addresses_take_turns},
    {"a late one is next but one", a_late_one_is_next_but_one},
    {"a shared request waits for the smallest", a_shared_request_waits_for_the_smallest},
    {"no memory changes nothing", no_memory_changes_nothing},
    {NULL, NULL},
};
