/* SPDX-License-Identifier: ISC */
/* The table of upstream requests: results that are kept. */
#include "dice.h"
#include "requests_rig.h"

#include "herd/err.h"

#include <string.h>

extern const struct check_test test_requests_kept[];

/* A request for key `i` runs, is answered with this text, and is kept if that is possible.
 * Keeping takes no memory. */
static void keep(struct requests_rig *f, int i, const char *text, int64_t now_ms)
{
    struct herd_places_query query = {.request = NULL};
    struct herd_places_key key = requests_rig_key(i);
    struct herd_places_result *result = herd_places_result_new(&f->mem.mem, 64);
    CHECK(herd_requests_find(&f->requests, &key, requests_rig_ms(now_ms)) == NULL);
    CHECK_INT(requests_rig_add_key(f, &query, &key, now_ms), HERD_OK);
    CHECK_INT(herd_buf_append(&result->text, herd_slice_str(text)), HERD_OK);
    herd_requests_start(&f->requests, query.request, requests_rig_ms(now_ms));
    uint64_t id = query.request->id;
    size_t calls = f->mem.calls;
    herd_requests_keep(&f->requests, herd_requests_detach(&query), result,
                       requests_rig_ms(now_ms));
    CHECK_INT((int64_t)f->mem.calls, (int64_t)calls);
    CHECK(requests_rig_running(f, id) == NULL);
    CHECK_INT(f->requests.running.count, 0);
    herd_places_result_release(result);
}

/* The kept text; "" when there is none. */
static struct herd_slice kept(struct requests_rig *f, int i, int64_t now_ms)
{
    struct herd_places_key key = requests_rig_key(i);
    struct herd_places_request *request =
        herd_requests_find(&f->requests, &key, requests_rig_ms(now_ms));
    CHECK(request == NULL || request->state == HERD_REQUEST_KEPT);
    return request != NULL ? herd_buf_bytes(&request->result->text) : HERD_LIT("");
}

static void keeps(void)
{
    struct requests_rig f;
    requests_rig_open_kept(&f, 1, REQUESTS_KEEP_MS);
    CHECK_SLICE(kept(&f, 1, 0), HERD_LIT(""));
    keep(&f, 1, "one", 0);
    keep(&f, 2, "two", 50);
    CHECK_SLICE(kept(&f, 1, 0), HERD_LIT("one"));
    CHECK_SLICE(kept(&f, 1, 99), HERD_LIT("one"));
    CHECK_SLICE(kept(&f, 1, 100), HERD_LIT(""));
    CHECK_SLICE(kept(&f, 2, 100), HERD_LIT("two"));
    CHECK_SLICE(kept(&f, 3, 100), HERD_LIT(""));
    requests_rig_close(&f);
}

/* A result lives as long as a client still reads it. */
static void outlives_its_request(void)
{
    struct requests_rig f;
    requests_rig_open_kept(&f, 1, REQUESTS_KEEP_MS);
    keep(&f, 1, "one", 0);
    struct herd_places_key key = requests_rig_key(1);
    struct herd_places_result *result = herd_places_result_hold(
        herd_requests_find(&f.requests, &key, requests_rig_ms(0))->result);
    herd_requests_expire(&f.requests, requests_rig_ms(100));
    CHECK_SLICE(kept(&f, 1, 100), HERD_LIT(""));
    CHECK_SLICE(herd_buf_bytes(&result->text), HERD_LIT("one"));
    herd_places_result_release(result);
    requests_rig_close(&f);
}

static void expires(void)
{
    struct requests_rig f;
    requests_rig_open_kept(&f, 1, REQUESTS_KEEP_MS);
    CHECK(herd_mono_is_never(herd_requests_deadline(&f.requests)));
    herd_requests_expire(&f.requests, requests_rig_ms(0));
    keep(&f, 1, "one", 10);
    keep(&f, 2, "two", 20);
    CHECK_INT(herd_requests_deadline(&f.requests).ns, requests_rig_ms(110).ns);
    herd_requests_expire(&f.requests, requests_rig_ms(109));
    CHECK_INT((int64_t)f.requests.kept_count, 2);
    herd_requests_expire(&f.requests, requests_rig_ms(110));
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    CHECK_INT((int64_t)f.requests.kept_bytes, 3);
    CHECK_INT(herd_requests_deadline(&f.requests).ns, requests_rig_ms(120).ns);
    keep(&f, 3, "three", 115);
    herd_requests_expire(&f.requests, requests_rig_ms(1000));
    CHECK_INT((int64_t)f.requests.kept_count, 0);
    CHECK_INT((int64_t)f.requests.kept_bytes, 0);
    keep(&f, 1, "again", 1000);
    CHECK_SLICE(kept(&f, 1, 1000), HERD_LIT("again"));
    requests_rig_close(&f);
}

/* One that has run out and is asked for makes room for a new one at once. */
static void runs_out_when_asked_for(void)
{
    for (int i = 1; i <= 3; i++) {
        struct requests_rig f;
        CHECK_LABEL("request %d", i);
        requests_rig_open_kept(&f, 1, REQUESTS_KEEP_MS);
        for (int k = 1; k <= 3; k++)
            keep(&f, k, "abc", k);
        keep(&f, i, "new", REQUESTS_KEEP_MS + i);
        CHECK_INT((int64_t)f.requests.kept_count, 3);
        CHECK_INT((int64_t)f.requests.kept_bytes, 9);
        CHECK_SLICE(kept(&f, i, REQUESTS_KEEP_MS + 1), HERD_LIT("new"));
        herd_requests_expire(&f.requests, requests_rig_ms(REQUESTS_KEEP_MS + 3));
        CHECK_INT((int64_t)f.requests.kept_count, 1);
        CHECK_SLICE(kept(&f, i, REQUESTS_KEEP_MS + 3), HERD_LIT("new"));
        requests_rig_close(&f);
    }
}

/* By number and by bytes; one that is asked for is not younger for that. */
static void the_oldest_goes_first(void)
{
    struct requests_rig f;
    requests_rig_open_kept(&f, 1, REQUESTS_KEEP_MS);
    for (int i = 1; i <= REQUESTS_KEPT; i++)
        keep(&f, i, "abc", i);
    CHECK_SLICE(kept(&f, 1, 10), HERD_LIT("abc"));
    keep(&f, 5, "abc", 10);
    CHECK_SLICE(kept(&f, 1, 10), HERD_LIT(""));
    CHECK_SLICE(kept(&f, 2, 10), HERD_LIT("abc"));
    CHECK_INT((int64_t)f.requests.kept_count, REQUESTS_KEPT);
    keep(&f, 6, "123456789012345", 10);
    CHECK_INT((int64_t)f.requests.kept_count, 2);
    CHECK_SLICE(kept(&f, 5, 10), HERD_LIT("abc"));
    CHECK_SLICE(kept(&f, 6, 10), HERD_LIT("123456789012345"));
    keep(&f, 7, "12345678901234567890", 10);
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    CHECK_INT((int64_t)f.requests.kept_bytes, REQUESTS_KEPT_BYTES);
    /* Too large for all of it: what is there stays. */
    keep(&f, 8, "123456789012345678901", 10);
    CHECK_SLICE(kept(&f, 8, 10), HERD_LIT(""));
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    requests_rig_close(&f);
}

/* Running requests do not count as kept, and kept ones leave their slots to others. */
static void keeps_beside_running(void)
{
    struct requests_rig f;
    requests_rig_open_kept(&f, 2, REQUESTS_KEEP_MS);
    keep(&f, 6, "abc", 0);
    CHECK_INT(requests_rig_add(&f, 0, 0), HERD_OK);
    CHECK_INT(requests_rig_add(&f, 1, 0), HERD_OK);
    CHECK_INT(requests_rig_start(&f), 2);
    CHECK_INT((int64_t)f.requests.kept_count, 1);
    requests_rig_leave(&f, 0);
    CHECK_SLICE(kept(&f, 6, 0), HERD_LIT("abc"));
    requests_rig_close(&f);
}

static void may_keep_nothing(void)
{
    struct requests_rig f;
    requests_rig_open_kept(&f, 1, 0);
    keep(&f, 1, "one", 0);
    CHECK_SLICE(kept(&f, 1, 0), HERD_LIT(""));
    CHECK_INT((int64_t)f.mem.blocks, 4); /* slots, table, the shares of those that waited */
    CHECK(herd_mono_is_never(herd_requests_deadline(&f.requests)));
    requests_rig_close(&f);
}

/* ---- against a list ---- */

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
        if (size > 0 && (count == REQUESTS_KEPT || bytes + size > REQUESTS_KEPT_BYTES))
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
static void put_both(struct requests_rig *f, struct list *list, struct dice *dice,
                     int64_t now)
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
    struct requests_rig f;
    struct dice dice = {seed};
    int64_t now = 0;
    list.from = list.count = 0;
    requests_rig_open_kept(&f, 1, TTL);
    /* Chains: the rest of the table is not used. */
    size_t size = f.requests.table_size;
    f.requests.table_size = 1u << dice_roll(&dice, 3);
    for (int step = 0; step < STEPS; step++) {
        now += dice_roll(&dice, 2);
        if (dice_roll(&dice, 2) == 0)
            put_both(&f, &list, &dice, now);
        if (dice_roll(&dice, 5) == 0) {
            herd_requests_expire(&f.requests, requests_rig_ms(now));
            list_expire(&list, now);
        }
        int key = (int)dice_roll(&dice, KEYS);
        REQUIRE(CHECK_SLICE(kept(&f, key, now), herd_slice_str(list_get(&list, key, now))));
        REQUIRE(f.requests.kept_count <= REQUESTS_KEPT &&
                f.requests.kept_bytes <= REQUESTS_KEPT_BYTES);
    }
    herd_requests_expire(&f.requests, requests_rig_ms(now + TTL));
    CHECK_INT((int64_t)f.requests.kept_count, 0);
    f.requests.table_size = size;
    requests_rig_close(&f);
}

static void keeps_like_a_list(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        CHECK_LABEL("seed %d", (int)seed);
        compare(seed);
    }
}

const struct check_test test_requests_kept[] = {
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
