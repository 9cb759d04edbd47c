/* SPDX-License-Identifier: ISC */
/* The table of upstream requests: waiting, running, kept. */
#include "check.h"
#include "dice.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "places/requests.h"

enum { QUERIES = 8, TIMEOUT_MS = 100, KEEP_MS = 100, KEPT = 4, KEPT_BYTES = 20 };

struct fixture {
    struct fail_mem mem;
    struct herd_requests requests;
    struct herd_places_query query[QUERIES];
};

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

/* Query `i` asks within `i` kilometres. */
static struct herd_places_key key_of(int i)
{
    return (struct herd_places_key){.point = {1, 2}, .radius_km = (uint32_t)i};
}

static struct herd_requests_setup setup_of(struct fixture *f, uint32_t running_max,
                                           uint32_t waiting_max, int64_t keep_ms)
{
    return (struct herd_requests_setup){.mem = &f->mem.mem,
                                        .hash_key = {7},
                                        .running_max = running_max,
                                        .waiting_max = waiting_max,
                                        .timeout_ms = TIMEOUT_MS,
                                        .keep_ms = keep_ms,
                                        .kept_max = KEPT,
                                        .kept_bytes_max = KEPT_BYTES};
}

static void set_up_kept(struct fixture *f, uint32_t running_max, uint32_t waiting_max,
                        int64_t keep_ms)
{
    fail_mem_init(&f->mem);
    memset(f->query, 0, sizeof f->query);
    struct herd_requests_setup setup = setup_of(f, running_max, waiting_max, keep_ms);
    CHECK_INT(herd_requests_init(&f->requests, &setup), HERD_OK);
}

static void set_up(struct fixture *f, uint32_t running_max, uint32_t waiting_max)
{
    set_up_kept(f, running_max, waiting_max, 0);
}

static void leave(struct fixture *f, int i)
{
    struct herd_places_request *request = herd_requests_detach(&f->query[i]);
    CHECK(f->query[i].request == NULL);
    CHECK(!herd_timer_armed(&f->query[i].timer));
    if (request != NULL)
        herd_requests_end(&f->requests, request);
}

static void tear_down(struct fixture *f)
{
    for (int i = 0; i < QUERIES; i++)
        leave(f, i);
    CHECK_INT(f->requests.running_count, 0);
    CHECK_INT(f->requests.waiting_count, 0);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f->requests.timers)));
    herd_requests_free(&f->requests);
    CHECK_INT((int64_t)f->mem.blocks, 0);
    herd_requests_free(&f->requests);
}

static int add_key(struct fixture *f, struct herd_places_query *query,
                   const struct herd_places_key *key, int64_t now_ms)
{
    struct herd_places_request *request;
    int rc = herd_requests_add(&f->requests, key, 0, &request);
    if (rc == HERD_OK)
        herd_requests_attach(&f->requests, request, query, at_ms(now_ms));
    return rc;
}

static int add(struct fixture *f, int i, int64_t now_ms)
{
    struct herd_places_key key = key_of(i);
    return add_key(f, &f->query[i], &key, now_ms);
}

static bool join_key(struct fixture *f, int i, const struct herd_places_key *key,
                     int64_t now_ms)
{
    struct herd_places_request *request =
        herd_requests_find(&f->requests, key, at_ms(now_ms));
    if (request != NULL)
        herd_requests_attach(&f->requests, request, &f->query[i], at_ms(now_ms));
    return request != NULL;
}

/* Query `i` asks what query `other` asks. */
static bool join(struct fixture *f, int i, int other, int64_t now_ms)
{
    struct herd_places_key key = key_of(other);
    return join_key(f, i, &key, now_ms);
}

/* Starts all that may run; returns how many. */
static int start(struct fixture *f)
{
    int count = 0;
    struct herd_places_request *request;
    for (; (request = herd_requests_ready(&f->requests)) != NULL; count++)
        herd_requests_start(&f->requests, request, at_ms(0));
    return count;
}

static uint64_t id_of(const struct fixture *f, int i)
{
    return f->query[i].request->id;
}

static struct herd_places_request *running(struct fixture *f, uint64_t id)
{
    return herd_requests_running(&f->requests, id);
}

static void gives_ids(void)
{
    struct fixture f;
    set_up(&f, 3, 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(add(&f, i, 0), HERD_OK);
    CHECK_INT((int64_t)id_of(&f, 0), 0);
    CHECK_INT(start(&f), 3);
    for (int i = 0; i < 3; i++) {
        CHECK(id_of(&f, i) != 0);
        CHECK(running(&f, id_of(&f, i)) == f.query[i].request);
    }
    uint64_t stale = id_of(&f, 1);
    leave(&f, 1);
    CHECK(running(&f, stale) == NULL);
    CHECK_INT(add(&f, 3, 0), HERD_OK);
    CHECK_INT(start(&f), 1);
    CHECK(id_of(&f, 3) != stale);
    CHECK(running(&f, stale) == NULL);
    CHECK(running(&f, id_of(&f, 3)) == f.query[3].request);
    CHECK(running(&f, 0) == NULL);
    CHECK(running(&f, 4) == NULL);
    CHECK(running(&f, UINT64_MAX) == NULL);
    CHECK(running(&f, id_of(&f, 0) | 0xffff0000) == NULL);
    tear_down(&f);
}

/* The generation of a busy slot wraps around after some weeks. */
static void has_no_id_zero(void)
{
    struct fixture f;
    set_up(&f, 1, 0);
    f.requests.slots[0].generation = UINT32_MAX - 1;
    for (int i = 0; i < 4; i++) {
        CHECK_LABEL("query %d", i);
        CHECK_INT(add(&f, i, 0), HERD_OK);
        CHECK_INT(start(&f), 1);
        CHECK(id_of(&f, i) != 0);
        CHECK(running(&f, id_of(&f, i)) == f.query[i].request);
        leave(&f, i);
        CHECK_INT(f.requests.running_count, 0);
    }
    tear_down(&f);
}

/* A second attempt for the same queries has another id, and the first one none. */
static void starts_again(void)
{
    struct fixture f;
    set_up(&f, 1, 1);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    CHECK_INT(start(&f), 1);
    uint64_t first = id_of(&f, 0);
    herd_requests_start(&f.requests, f.query[0].request, at_ms(7));
    CHECK(id_of(&f, 0) != first && id_of(&f, 0) != 0);
    CHECK(running(&f, first) == NULL);
    CHECK_INT(f.query[0].request->started_at.ns, at_ms(7).ns);
    CHECK_INT(f.requests.running_count, 1);
    CHECK_INT(f.requests.waiting_count, 1);
    CHECK_INT(start(&f), 0);
    tear_down(&f);
}

static void lets_wait_in_order(void)
{
    struct fixture f;
    set_up(&f, 2, 4);
    for (int i = 0; i < 6; i++)
        CHECK_INT(add(&f, i, i), HERD_OK);
    CHECK_INT(add(&f, 6, 6), HERD_EFULL);
    CHECK(f.query[6].request == NULL && !herd_timer_armed(&f.query[6].timer));
    CHECK_INT(start(&f), 2);
    CHECK_INT(f.requests.running_count, 2);
    CHECK_INT(f.requests.waiting_count, 4);
    CHECK(id_of(&f, 0) != 0 && id_of(&f, 1) != 0 && id_of(&f, 2) == 0);
    leave(&f, 1);
    CHECK(herd_requests_ready(&f.requests) == f.query[2].request);
    CHECK_INT(add(&f, 6, 7), HERD_OK);
    CHECK_INT(start(&f), 1);
    for (int i = 0; i < 5; i++) {
        CHECK(id_of(&f, i == 0 ? 0 : i + 1) != 0);
        leave(&f, i == 0 ? 0 : i + 1);
        start(&f);
    }
    CHECK(id_of(&f, 6) != 0);
    tear_down(&f);
}

static void lets_none_wait(void)
{
    struct fixture f;
    set_up(&f, 1, 0);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_EFULL);
    CHECK_INT(start(&f), 1);
    CHECK_INT(add(&f, 1, 0), HERD_EFULL);
    leave(&f, 0);
    CHECK(herd_requests_ready(&f.requests) == NULL);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    tear_down(&f);
}

/* The first, the last, in the middle, the only one; and one that was never taken in. */
static void removes_waiting(void)
{
    static const struct {
        int gone, then[2];
    } cases[] = {{1, {2, 3}}, {2, {1, 3}}, {3, {1, 2}}};
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_up(&f, 1, 3);
        CHECK_LABEL("query %d", cases[i].gone);
        for (int k = 0; k < 4; k++)
            CHECK_INT(add(&f, k, 0), HERD_OK);
        CHECK_INT(start(&f), 1);
        leave(&f, cases[i].gone);
        CHECK_INT(f.requests.waiting_count, 2);
        leave(&f, 0);
        CHECK(herd_requests_ready(&f.requests) == f.query[cases[i].then[0]].request);
        leave(&f, cases[i].then[0]);
        CHECK(herd_requests_ready(&f.requests) == f.query[cases[i].then[1]].request);
        leave(&f, cases[i].then[1]);
        CHECK(herd_requests_ready(&f.requests) == NULL);
        leave(&f, 5);
        tear_down(&f);
    }
}

/* Those that wait and those that run can both be joined; the others keep their places. */
static void joins(void)
{
    struct fixture f;
    set_up(&f, 1, 1);
    CHECK(!join(&f, 0, 0, 0));
    CHECK(f.query[0].request == NULL);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    CHECK_INT(start(&f), 1);
    CHECK(join(&f, 2, 0, 10));
    CHECK(join(&f, 3, 1, 20));
    CHECK(join(&f, 4, 1, 30));
    CHECK(!join(&f, 5, 5, 30));
    CHECK(f.query[2].request == f.query[0].request);
    CHECK(f.query[3].request == f.query[1].request);
    CHECK_INT(f.requests.running_count + f.requests.waiting_count, 2);
    struct herd_places_request *waiting = f.query[1].request;
    /* From the front, from the middle, the last. */
    leave(&f, 1);
    CHECK(waiting->first == &f.query[3] && waiting->last == &f.query[4]);
    CHECK(join(&f, 1, 1, 40));
    leave(&f, 4);
    CHECK(waiting->first == &f.query[3] && waiting->last == &f.query[1]);
    leave(&f, 1);
    CHECK(waiting->first == waiting->last);
    leave(&f, 0);
    CHECK(id_of(&f, 2) != 0);
    CHECK_INT(f.requests.running_count, 1);
    leave(&f, 2);
    CHECK_INT(f.requests.running_count, 0);
    CHECK_INT(start(&f), 1);
    CHECK(running(&f, id_of(&f, 3)) == waiting);
    leave(&f, 3);
    CHECK(!join(&f, 3, 1, 50));
    tear_down(&f);
}

/* Every part of the key counts. */
static void tells_keys_apart(void)
{
    static const struct herd_places_key keys[] = {{{1, 2}, 3, false}, {{0, 2}, 3, false},
                                                  {{1, 0}, 3, false}, {{1, 2}, 4, false},
                                                  {{1, 2}, 3, true},  {{2, 1}, 3, false}};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct fixture f;
    set_up(&f, KEYS, 0);
    for (int i = 0; i < KEYS; i++) {
        CHECK_LABEL("key %d", i);
        CHECK(!join_key(&f, i, &keys[i], 0));
        CHECK_INT(add_key(&f, &f.query[i], &keys[i], 0), HERD_OK);
    }
    for (int i = 0; i < KEYS; i++) {
        CHECK_LABEL("key %d", i);
        CHECK(join_key(&f, 7, &keys[i], 0));
        CHECK(f.query[7].request == f.query[i].request);
        leave(&f, 7);
    }
    tear_down(&f);
}

/* However many share a place in the table. */
static void finds_all_of_a_chain(void)
{
    enum { MANY = 300 };
    static struct herd_places_query query[MANY];
    struct fixture f;
    set_up(&f, 1, MANY);
    f.requests.table_size = 1; /* the rest of it is not used */
    memset(query, 0, sizeof query);
    for (int i = 0; i < MANY; i++) {
        struct herd_places_key key = key_of(i);
        CHECK_INT(add_key(&f, &query[i], &key, 0), HERD_OK);
    }
    for (int i = 0; i < MANY; i++) {
        struct herd_places_key key = key_of(i * 7 % MANY);
        CHECK(join_key(&f, 0, &key, 0));
        CHECK(f.query[0].request == query[i * 7 % MANY].request);
        herd_requests_detach(&f.query[0]);
        herd_requests_end(&f.requests, herd_requests_detach(&query[i * 7 % MANY]));
    }
    f.requests.table_size = 512;
    tear_down(&f);
}

/* The deadline counts from the arrival, and neither a start nor company puts it off. */
static void times_out(void)
{
    struct fixture f;
    set_up(&f, 1, 2);
    CHECK(herd_mono_is_never(herd_requests_deadline(&f.requests)));
    CHECK_INT(add(&f, 0, 10), HERD_OK);
    CHECK_INT(add(&f, 1, 20), HERD_OK);
    CHECK(join(&f, 2, 0, 30));
    CHECK_INT(start(&f), 1);
    leave(&f, 0);
    CHECK_INT(herd_requests_deadline(&f.requests).ns, at_ms(120).ns);
    CHECK(herd_timerq_expired(&f.requests.timers, at_ms(119)) == NULL);
    CHECK(herd_timerq_expired(&f.requests.timers, at_ms(130)) == &f.query[1]);
    CHECK(herd_timerq_expired(&f.requests.timers, at_ms(130)) == &f.query[2]);
    CHECK(herd_timerq_expired(&f.requests.timers, at_ms(130)) == NULL);
    tear_down(&f);
}

static void memory_may_run_out(void)
{
    for (size_t n = 1; n <= 2; n++) {
        struct fixture f;
        fail_mem_init(&f.mem);
        fail_mem_arm(&f.mem, n, false);
        struct herd_requests_setup setup = setup_of(&f, 64, 4096, 0);
        CHECK_INT(herd_requests_init(&f.requests, &setup), HERD_ENOMEM);
        CHECK_INT((int64_t)f.mem.blocks, 0);
        herd_requests_free(&f.requests);
    }
    struct fixture f;
    set_up(&f, 2, 2);
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(add(&f, 0, 0), HERD_ENOMEM);
    CHECK(f.query[0].request == NULL && !join(&f, 0, 0, 0));
    CHECK_INT(f.requests.waiting_count, 0);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    size_t calls = f.mem.calls;
    CHECK(join(&f, 1, 0, 0));
    CHECK_INT(start(&f), 1);
    CHECK_INT((int64_t)f.mem.calls, (int64_t)calls);
    tear_down(&f);
}

/* ---- kept results ---- */

/* A request for key `i` runs, is answered with this text, and is kept if that is possible.
 * Keeping takes no memory. */
static void keep(struct fixture *f, int i, const char *text, int64_t now_ms)
{
    struct herd_places_query query = {.request = NULL};
    struct herd_places_key key = key_of(i);
    struct herd_places_result *result = herd_places_result_new(&f->mem.mem, 64);
    CHECK(herd_requests_find(&f->requests, &key, at_ms(now_ms)) == NULL);
    CHECK_INT(add_key(f, &query, &key, now_ms), HERD_OK);
    CHECK_INT(herd_buf_append(&result->text, herd_slice_str(text)), HERD_OK);
    herd_requests_start(&f->requests, query.request, at_ms(now_ms));
    uint64_t id = query.request->id;
    size_t calls = f->mem.calls;
    herd_requests_keep(&f->requests, herd_requests_detach(&query), result, at_ms(now_ms));
    CHECK_INT((int64_t)f->mem.calls, (int64_t)calls);
    CHECK(running(f, id) == NULL);
    CHECK_INT(f->requests.running_count, 0);
    herd_places_result_release(result);
}

/* The kept text; "" when there is none. */
static struct herd_slice kept(struct fixture *f, int i, int64_t now_ms)
{
    struct herd_places_key key = key_of(i);
    struct herd_places_request *request =
        herd_requests_find(&f->requests, &key, at_ms(now_ms));
    CHECK(request == NULL || request->state == HERD_REQUEST_KEPT);
    return request != NULL ? herd_buf_bytes(&request->result->text) : HERD_LIT("");
}

static void keeps(void)
{
    struct fixture f;
    set_up_kept(&f, 1, 0, KEEP_MS);
    CHECK_SLICE(kept(&f, 1, 0), HERD_LIT(""));
    keep(&f, 1, "one", 0);
    keep(&f, 2, "two", 50);
    CHECK_SLICE(kept(&f, 1, 0), HERD_LIT("one"));
    CHECK_SLICE(kept(&f, 1, 99), HERD_LIT("one"));
    CHECK_SLICE(kept(&f, 1, 100), HERD_LIT(""));
    CHECK_SLICE(kept(&f, 2, 100), HERD_LIT("two"));
    CHECK_SLICE(kept(&f, 3, 100), HERD_LIT(""));
    tear_down(&f);
}

/* A result lives as long as a client still reads it. */
static void outlives_its_request(void)
{
    struct fixture f;
    set_up_kept(&f, 1, 0, KEEP_MS);
    keep(&f, 1, "one", 0);
    struct herd_places_key key = key_of(1);
    struct herd_places_result *result =
        herd_places_result_hold(herd_requests_find(&f.requests, &key, at_ms(0))->result);
    herd_requests_expire(&f.requests, at_ms(100));
    CHECK_SLICE(kept(&f, 1, 100), HERD_LIT(""));
    CHECK_SLICE(herd_buf_bytes(&result->text), HERD_LIT("one"));
    herd_places_result_release(result);
    tear_down(&f);
}

static void expires(void)
{
    struct fixture f;
    set_up_kept(&f, 1, 0, KEEP_MS);
    CHECK(herd_mono_is_never(herd_requests_deadline(&f.requests)));
    herd_requests_expire(&f.requests, at_ms(0));
    keep(&f, 1, "one", 10);
    keep(&f, 2, "two", 20);
    CHECK_INT(herd_requests_deadline(&f.requests).ns, at_ms(110).ns);
    herd_requests_expire(&f.requests, at_ms(109));
    CHECK_INT((int64_t)f.requests.kept_count, 2);
    herd_requests_expire(&f.requests, at_ms(110));
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    CHECK_INT((int64_t)f.requests.kept_bytes, 3);
    CHECK_INT(herd_requests_deadline(&f.requests).ns, at_ms(120).ns);
    keep(&f, 3, "three", 115);
    herd_requests_expire(&f.requests, at_ms(1000));
    CHECK_INT((int64_t)f.requests.kept_count, 0);
    CHECK_INT((int64_t)f.requests.kept_bytes, 0);
    keep(&f, 1, "again", 1000);
    CHECK_SLICE(kept(&f, 1, 1000), HERD_LIT("again"));
    tear_down(&f);
}

/* One that has run out and is asked for makes room for a new one at once. */
static void runs_out_when_asked_for(void)
{
    for (int i = 1; i <= 3; i++) {
        struct fixture f;
        CHECK_LABEL("request %d", i);
        set_up_kept(&f, 1, 0, KEEP_MS);
        for (int k = 1; k <= 3; k++)
            keep(&f, k, "abc", k);
        keep(&f, i, "new", KEEP_MS + i);
        CHECK_INT((int64_t)f.requests.kept_count, 3);
        CHECK_INT((int64_t)f.requests.kept_bytes, 9);
        CHECK_SLICE(kept(&f, i, KEEP_MS + 1), HERD_LIT("new"));
        herd_requests_expire(&f.requests, at_ms(KEEP_MS + 3));
        CHECK_INT((int64_t)f.requests.kept_count, 1);
        CHECK_SLICE(kept(&f, i, KEEP_MS + 3), HERD_LIT("new"));
        tear_down(&f);
    }
}

/* By number and by bytes; one that is asked for is not younger for that. */
static void the_oldest_goes_first(void)
{
    struct fixture f;
    set_up_kept(&f, 1, 0, KEEP_MS);
    for (int i = 1; i <= KEPT; i++)
        keep(&f, i, "abc", i);
    CHECK_SLICE(kept(&f, 1, 10), HERD_LIT("abc"));
    keep(&f, 5, "abc", 10);
    CHECK_SLICE(kept(&f, 1, 10), HERD_LIT(""));
    CHECK_SLICE(kept(&f, 2, 10), HERD_LIT("abc"));
    CHECK_INT((int64_t)f.requests.kept_count, KEPT);
    keep(&f, 6, "123456789012345", 10);
    CHECK_INT((int64_t)f.requests.kept_count, 2);
    CHECK_SLICE(kept(&f, 5, 10), HERD_LIT("abc"));
    CHECK_SLICE(kept(&f, 6, 10), HERD_LIT("123456789012345"));
    keep(&f, 7, "12345678901234567890", 10);
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    CHECK_INT((int64_t)f.requests.kept_bytes, KEPT_BYTES);
    /* Too large for all of it: what is there stays. */
    keep(&f, 8, "123456789012345678901", 10);
    CHECK_SLICE(kept(&f, 8, 10), HERD_LIT(""));
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    tear_down(&f);
}

/* Running requests do not count as kept, and kept ones leave their slots to others. */
static void keeps_beside_running(void)
{
    struct fixture f;
    set_up_kept(&f, 2, 0, KEEP_MS);
    keep(&f, 6, "abc", 0);
    CHECK_INT(add(&f, 0, 0), HERD_OK);
    CHECK_INT(add(&f, 1, 0), HERD_OK);
    CHECK_INT(add(&f, 2, 0), HERD_EFULL);
    CHECK_INT(start(&f), 2);
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    leave(&f, 0);
    CHECK_SLICE(kept(&f, 6, 0), HERD_LIT("abc"));
    tear_down(&f);
}

static void may_keep_nothing(void)
{
    struct fixture f;
    set_up_kept(&f, 1, 0, 0);
    keep(&f, 1, "one", 0);
    CHECK_SLICE(kept(&f, 1, 0), HERD_LIT(""));
    CHECK_INT((int64_t)f.mem.blocks, 4); /* slots, table, the shares of those that waited */
    CHECK(herd_mono_is_never(herd_requests_deadline(&f.requests)));
    tear_down(&f);
}

/* ---- kept results, against a list ---- */

enum { STEPS = 4000, KEYS = 9, TTL = 7 };

struct row {
    int key;
    char text[8]; /* empty: gone */
    int64_t at;
};

struct list {
    struct row row[STEPS];
    size_t from, count;
};

/* As many of the newest as there is room for. */
static void list_put(struct list *list, int key, const char *text, int64_t now)
{
    size_t count = 0, bytes = 0, oldest = list->count + 1;
    for (size_t i = list->from; i < list->count; i++)
        if (list->row[i].key == key)
            list->row[i].text[0] = '\0';
    struct row *row = &list->row[list->count++];
    row->key = key;
    row->at = now;
    memcpy(row->text, text, strlen(text) + 1);
    for (; oldest > list->from; oldest--) {
        size_t size = strlen(list->row[oldest - 1].text);
        if (size > 0 && (count == KEPT || bytes + size > KEPT_BYTES))
            break;
        count += size > 0;
        bytes += size;
    }
    list->from = oldest;
}

static void list_expire(struct list *list, int64_t now)
{
    while (list->from < list->count && now - list->row[list->from].at >= TTL)
        list->from++;
}

static const char *list_get(const struct list *list, int key, int64_t now)
{
    for (size_t i = list->count; i > list->from; i--)
        if (list->row[i - 1].key == key)
            return now - list->row[i - 1].at < TTL ? list->row[i - 1].text : "";
    return "";
}

/* A request whose result is kept is not made again. */
static void put_both(struct fixture *f, struct list *list, struct dice *dice, int64_t now)
{
    int key = (int)dice_roll(dice, KEYS);
    char text[8];
    memset(text, 'a' + (int)dice_roll(dice, 26), sizeof text);
    text[1 + dice_roll(dice, 7)] = '\0';
    if (list_get(list, key, now)[0] != '\0')
        return;
    keep(f, key, text, now);
    list_put(list, key, text, now);
}

static void compare(uint64_t seed)
{
    static struct list list;
    struct fixture f;
    struct dice dice = {seed};
    int64_t now = 0;
    list.from = list.count = 0;
    set_up_kept(&f, 1, 0, TTL);
    /* Chains: the rest of the table is not used. */
    size_t size = f.requests.table_size;
    f.requests.table_size = 1u << dice_roll(&dice, 3);
    for (int step = 0; step < STEPS; step++) {
        now += dice_roll(&dice, 2);
        if (dice_roll(&dice, 2) == 0)
            put_both(&f, &list, &dice, now);
        if (dice_roll(&dice, 5) == 0) {
            herd_requests_expire(&f.requests, at_ms(now));
            list_expire(&list, now);
        }
        int key = (int)dice_roll(&dice, KEYS);
        REQUIRE(CHECK_SLICE(kept(&f, key, now), herd_slice_str(list_get(&list, key, now))));
        REQUIRE(f.requests.kept_count <= KEPT && f.requests.kept_bytes <= KEPT_BYTES);
    }
    herd_requests_expire(&f.requests, at_ms(now + TTL));
    CHECK_INT((int64_t)f.requests.kept_count, 0);
    f.requests.table_size = size;
    tear_down(&f);
}

static void keeps_like_a_list(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        CHECK_LABEL("seed %d", (int)seed);
        compare(seed);
    }
}

const struct check_test test_requests[] = {
    {"gives ids", gives_ids},
    {"has no id zero", has_no_id_zero},
    {"starts again", starts_again},
    {"lets requests wait in order", lets_wait_in_order},
    {"lets none wait", lets_none_wait},
    {"removes waiting requests", removes_waiting},
    {"joins queries", joins},
    {"tells keys apart", tells_keys_apart},
    {"finds all of a chain", finds_all_of_a_chain},
    {"times out", times_out},
    {"memory may run out", memory_may_run_out},
    {"keeps results", keeps},
    {"a result outlives its request", outlives_its_request},
    {"kept results expire", expires},
    {"kept results run out when asked for", runs_out_when_asked_for},
    {"the oldest result goes first", the_oldest_goes_first},
    {"keeps results beside running requests", keeps_beside_running},
    {"may keep nothing", may_keep_nothing},
    {"keeps results like a list", keeps_like_a_list},
    {NULL, NULL},
};
