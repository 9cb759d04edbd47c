/* SPDX-License-Identifier: ISC */
/* The table of upstream requests: waiting and running. */
#include "requests_rig.h"

#include "herd/err.h"

#include <string.h>

extern const struct check_test test_requests[];

static void gives_ids(void)
{
    struct requests_rig f;
    requests_rig_open(&f, 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(requests_rig_add(&f, i, 0), HERD_OK);
    CHECK_INT((int64_t)requests_rig_id(&f, 0), 0);
    CHECK_INT(requests_rig_start(&f), 3);
    for (int i = 0; i < 3; i++) {
        CHECK(requests_rig_id(&f, i) != 0);
        CHECK(requests_rig_running(&f, requests_rig_id(&f, i)) == f.query[i].request);
    }
    uint64_t stale = requests_rig_id(&f, 1);
    requests_rig_leave(&f, 1);
    CHECK(requests_rig_running(&f, stale) == NULL);
    CHECK_INT(requests_rig_add(&f, 3, 0), HERD_OK);
    CHECK_INT(requests_rig_start(&f), 1);
    CHECK(requests_rig_id(&f, 3) != stale);
    CHECK(requests_rig_running(&f, stale) == NULL);
    CHECK(requests_rig_running(&f, requests_rig_id(&f, 3)) == f.query[3].request);
    CHECK(requests_rig_running(&f, 0) == NULL);
    CHECK(requests_rig_running(&f, 4) == NULL);
    CHECK(requests_rig_running(&f, UINT64_MAX) == NULL);
    CHECK(requests_rig_running(&f, requests_rig_id(&f, 0) | 0xffff0000) == NULL);
    requests_rig_close(&f);
}

/* The generation of a busy slot wraps around after some weeks. */
static void has_no_id_zero(void)
{
    struct requests_rig f;
    requests_rig_open(&f, 1);
    f.requests.running.slot[0].generation = UINT32_MAX - 1;
    for (int i = 0; i < 4; i++) {
        CHECK_LABEL("query %d", i);
        CHECK_INT(requests_rig_add(&f, i, 0), HERD_OK);
        CHECK_INT(requests_rig_start(&f), 1);
        CHECK(requests_rig_id(&f, i) != 0);
        CHECK(requests_rig_running(&f, requests_rig_id(&f, i)) == f.query[i].request);
        requests_rig_leave(&f, i);
        CHECK_INT(f.requests.running.count, 0);
    }
    requests_rig_close(&f);
}

/* A second attempt for the same queries has another id, and the first one none. */
static void starts_again(void)
{
    struct requests_rig f;
    requests_rig_open(&f, 1);
    CHECK_INT(requests_rig_add(&f, 0, 0), HERD_OK);
    CHECK_INT(requests_rig_add(&f, 1, 0), HERD_OK);
    CHECK_INT(requests_rig_start(&f), 1);
    uint64_t first = requests_rig_id(&f, 0);
    herd_requests_start(&f.requests, f.query[0].request, requests_rig_ms(7));
    CHECK(requests_rig_id(&f, 0) != first && requests_rig_id(&f, 0) != 0);
    CHECK(requests_rig_running(&f, first) == NULL);
    CHECK_INT(f.query[0].request->started_at.ns, requests_rig_ms(7).ns);
    CHECK_INT(f.requests.running.count, 1);
    CHECK_INT(f.requests.waiting.count, 1);
    CHECK_INT(requests_rig_start(&f), 0);
    requests_rig_close(&f);
}

static void lets_wait_in_order(void)
{
    struct requests_rig f;
    requests_rig_open(&f, 2);
    for (int i = 0; i < 6; i++)
        CHECK_INT(requests_rig_add(&f, i, i), HERD_OK);
    CHECK_INT(requests_rig_start(&f), 2);
    CHECK_INT(f.requests.running.count, 2);
    CHECK_INT(f.requests.waiting.count, 4);
    CHECK(requests_rig_id(&f, 0) != 0 && requests_rig_id(&f, 1) != 0 &&
          requests_rig_id(&f, 2) == 0);
    requests_rig_leave(&f, 1);
    CHECK(herd_requests_ready(&f.requests) == f.query[2].request);
    CHECK_INT(requests_rig_add(&f, 6, 7), HERD_OK);
    CHECK_INT(requests_rig_start(&f), 1);
    for (int i = 0; i < 5; i++) {
        CHECK(requests_rig_id(&f, i == 0 ? 0 : i + 1) != 0);
        requests_rig_leave(&f, i == 0 ? 0 : i + 1);
        requests_rig_start(&f);
    }
    CHECK(requests_rig_id(&f, 6) != 0);
    requests_rig_close(&f);
}

/* The first, the last, in the middle, the only one; and one that was never taken in. */
static void removes_waiting(void)
{
    static const struct {
        int gone, then[2];
    } cases[] = {{1, {2, 3}}, {2, {1, 3}}, {3, {1, 2}}};
    struct requests_rig f;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        requests_rig_open(&f, 1);
        CHECK_LABEL("query %d", cases[i].gone);
        for (int k = 0; k < 4; k++)
            CHECK_INT(requests_rig_add(&f, k, 0), HERD_OK);
        CHECK_INT(requests_rig_start(&f), 1);
        requests_rig_leave(&f, cases[i].gone);
        CHECK_INT(f.requests.waiting.count, 2);
        requests_rig_leave(&f, 0);
        CHECK(herd_requests_ready(&f.requests) == f.query[cases[i].then[0]].request);
        requests_rig_leave(&f, cases[i].then[0]);
        CHECK(herd_requests_ready(&f.requests) == f.query[cases[i].then[1]].request);
        requests_rig_leave(&f, cases[i].then[1]);
        CHECK(herd_requests_ready(&f.requests) == NULL);
        requests_rig_leave(&f, 5);
        requests_rig_close(&f);
    }
}

static bool is_between(const struct herd_places_request *request,
                       const struct herd_places_query *first,
                       const struct herd_places_query *last)
{
    return herd_request_first_query(request) == first &&
           herd_places_query_of(herd_list_last(&request->queries)) == last;
}

/* Those that wait and those that run can both be joined; the others keep their places. */
static void joins(void)
{
    struct requests_rig f;
    requests_rig_open(&f, 1);
    CHECK(!requests_rig_join(&f, 0, 0, 0));
    CHECK(f.query[0].request == NULL);
    CHECK_INT(requests_rig_add(&f, 0, 0), HERD_OK);
    CHECK_INT(requests_rig_add(&f, 1, 0), HERD_OK);
    CHECK_INT(requests_rig_start(&f), 1);
    CHECK(requests_rig_join(&f, 2, 0, 10));
    CHECK(requests_rig_join(&f, 3, 1, 20));
    CHECK(requests_rig_join(&f, 4, 1, 30));
    CHECK(!requests_rig_join(&f, 5, 5, 30));
    CHECK(f.query[2].request == f.query[0].request);
    CHECK(f.query[3].request == f.query[1].request);
    CHECK_INT(f.requests.running.count + f.requests.waiting.count, 2);
    struct herd_places_request *waiting = f.query[1].request;
    /* From the front, from the middle, the last. */
    requests_rig_leave(&f, 1);
    CHECK(is_between(waiting, &f.query[3], &f.query[4]));
    CHECK(requests_rig_join(&f, 1, 1, 40));
    requests_rig_leave(&f, 4);
    CHECK(is_between(waiting, &f.query[3], &f.query[1]));
    requests_rig_leave(&f, 1);
    CHECK(is_between(waiting, &f.query[3], &f.query[3]));
    requests_rig_leave(&f, 0);
    CHECK(requests_rig_id(&f, 2) != 0);
    CHECK_INT(f.requests.running.count, 1);
    requests_rig_leave(&f, 2);
    CHECK_INT(f.requests.running.count, 0);
    CHECK_INT(requests_rig_start(&f), 1);
    CHECK(requests_rig_running(&f, requests_rig_id(&f, 3)) == waiting);
    requests_rig_leave(&f, 3);
    CHECK(!requests_rig_join(&f, 3, 1, 50));
    requests_rig_close(&f);
}

/* Every part of the key counts. */
static void tells_keys_apart(void)
{
    static const struct herd_places_key keys[] = {{{1, 2}, 3, false}, {{0, 2}, 3, false},
                                                  {{1, 0}, 3, false}, {{1, 2}, 4, false},
                                                  {{1, 2}, 3, true},  {{2, 1}, 3, false}};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct requests_rig f;
    requests_rig_open(&f, KEYS);
    for (int i = 0; i < KEYS; i++) {
        CHECK_LABEL("key %d", i);
        CHECK(!requests_rig_join_key(&f, i, &keys[i], 0));
        CHECK_INT(requests_rig_add_key(&f, &f.query[i], &keys[i], 0), HERD_OK);
    }
    for (int i = 0; i < KEYS; i++) {
        CHECK_LABEL("key %d", i);
        CHECK(requests_rig_join_key(&f, 7, &keys[i], 0));
        CHECK(f.query[7].request == f.query[i].request);
        requests_rig_leave(&f, 7);
    }
    requests_rig_close(&f);
}

/* However many share a place in the table. */
static void finds_all_of_a_chain(void)
{
    enum { MANY = 300 };
    static struct herd_places_query query[MANY];
    struct requests_rig f;
    requests_rig_open(&f, 1);
    size_t size = f.requests.table_size;
    f.requests.table_size = 1; /* the rest of it is not used */
    memset(query, 0, sizeof query);
    for (int i = 0; i < MANY; i++) {
        struct herd_places_key key = requests_rig_key(i);
        CHECK_INT(requests_rig_add_key(&f, &query[i], &key, 0), HERD_OK);
    }
    for (int i = 0; i < MANY; i++) {
        struct herd_places_key key = requests_rig_key(i * 7 % MANY);
        CHECK(requests_rig_join_key(&f, 0, &key, 0));
        CHECK(f.query[0].request == query[i * 7 % MANY].request);
        herd_requests_detach(&f.query[0]);
        herd_requests_end(&f.requests, herd_requests_detach(&query[i * 7 % MANY]));
    }
    f.requests.table_size = size;
    requests_rig_close(&f);
}

/* The deadline counts from the arrival, and neither a start nor company puts it off. */
static void times_out(void)
{
    struct requests_rig f;
    requests_rig_open(&f, 1);
    CHECK(herd_mono_is_never(herd_requests_deadline(&f.requests)));
    CHECK_INT(requests_rig_add(&f, 0, 10), HERD_OK);
    CHECK_INT(requests_rig_add(&f, 1, 20), HERD_OK);
    CHECK(requests_rig_join(&f, 2, 0, 30));
    CHECK_INT(requests_rig_start(&f), 1);
    requests_rig_leave(&f, 0);
    CHECK_INT(herd_requests_deadline(&f.requests).ns, requests_rig_ms(120).ns);
    CHECK(herd_timerq_expired(&f.requests.timers, requests_rig_ms(119)) == NULL);
    CHECK(herd_timerq_expired(&f.requests.timers, requests_rig_ms(130)) == &f.query[1]);
    CHECK(herd_timerq_expired(&f.requests.timers, requests_rig_ms(130)) == &f.query[2]);
    CHECK(herd_timerq_expired(&f.requests.timers, requests_rig_ms(130)) == NULL);
    requests_rig_close(&f);
}

static void memory_may_run_out(void)
{
    for (size_t n = 1; n <= 2; n++) {
        struct requests_rig f;
        fail_mem_init(&f.mem);
        fail_mem_arm(&f.mem, n, false);
        struct herd_requests_setup setup = requests_rig_setup(&f, 64, 0);
        CHECK_INT(herd_requests_init(&f.requests, &setup), HERD_ENOMEM);
        CHECK_INT((int64_t)f.mem.blocks, 0);
        herd_requests_free(&f.requests);
    }
    struct requests_rig f;
    requests_rig_open(&f, 2);
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(requests_rig_add(&f, 0, 0), HERD_ENOMEM);
    CHECK(f.query[0].request == NULL && !requests_rig_join(&f, 0, 0, 0));
    CHECK_INT(f.requests.waiting.count, 0);
    CHECK_INT(requests_rig_add(&f, 0, 0), HERD_OK);
    size_t calls = f.mem.calls;
    CHECK(requests_rig_join(&f, 1, 0, 0));
    CHECK_INT(requests_rig_start(&f), 1);
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    requests_rig_close(&f);
}

const struct check_test test_requests[] = {
    {"gives ids", gives_ids},
    {"has no id zero", has_no_id_zero},
    {"starts again", starts_again},
    {"lets requests wait in order", lets_wait_in_order},
    {"removes waiting requests", removes_waiting},
    {"joins queries", joins},
    {"tells keys apart", tells_keys_apart},
    {"finds all of a chain", finds_all_of_a_chain},
    {"times out", times_out},
    {"memory may run out", memory_may_run_out},
    {NULL, NULL},
};
