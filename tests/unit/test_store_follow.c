/* SPDX-License-Identifier: ISC */
/* Followers of the store's change feed. */
#include "store_rig.h"

#include <stdio.h>

enum { NAME = STORE_RIG_NAME };

static const struct herd_marker nowhere;

/* Passes everything not seen yet; the clients' names go to `out`. */
static const char *pass_all(const struct store_rig *rig, struct herd_marker *marker,
                            char *out)
{
    const struct herd_stored *next;
    char *at = out;
    while ((next = herd_marker_peek(&rig->store, marker)) != NULL) {
        *at++ = herd_stored_client(next).data[0];
        herd_marker_advance(marker, next);
        CHECK_INT((int64_t)marker->seen_seq, (int64_t)next->node.seq);
    }
    *at = '\0';
    return out;
}

static void put_all(struct store_rig *rig, const char *clients, unsigned time)
{
    for (const char *at = clients; *at != '\0'; at++) {
        char name[] = {*at, '\0'};
        CHECK_INT(store_rig_put(rig, name, time), HERD_MERGE_NEWER);
    }
}

/* ---- from now on ---- */

static void begins_at_the_end(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere, two = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    herd_marker_start(&rig.store, &one);
    CHECK_INT((int64_t)one.seen_seq, 0);
    CHECK(herd_marker_peek(&rig.store, &one) == NULL);
    put_all(&rig, "abc", 1);
    herd_marker_start(&rig.store, &two);
    CHECK_INT((int64_t)two.seen_seq, 3);
    CHECK_STR(pass_all(&rig, &two, seen), "");
    put_all(&rig, "b", 2);
    CHECK_STR(pass_all(&rig, &two, seen), "b");
    CHECK_STR(pass_all(&rig, &one, seen), "acb");
    put_all(&rig, "c", 2);
    herd_marker_start(&rig.store, &one);
    CHECK_INT((int64_t)one.seen_seq, 5);
    CHECK_STR(pass_all(&rig, &one, seen), "");
    CHECK_STR(pass_all(&rig, &two, seen), "c");
    store_rig_tear_down(&rig);
}

static void follows_each_change_once(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere, two = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    CHECK(herd_marker_peek(&rig.store, &one) == NULL);
    herd_marker_stop(&one);
    herd_marker_start(&rig.store, &one);
    CHECK(herd_marker_peek(&rig.store, &one) == NULL);
    put_all(&rig, "abc", 1);
    put_all(&rig, "a", 2);
    herd_marker_start(&rig.store, &two);
    CHECK_STR(pass_all(&rig, &one, seen), "bca");
    CHECK_INT((int64_t)one.seen_seq, 4);
    CHECK_STR(pass_all(&rig, &one, seen), "");
    put_all(&rig, "c", 2);
    store_rig_put_long(&rig, "b", 2, 300);
    CHECK_STR(pass_all(&rig, &two, seen), "cb");
    CHECK_STR(pass_all(&rig, &one, seen), "cb");
    herd_marker_stop(&one);
    put_all(&rig, "d", 1);
    CHECK_STR(pass_all(&rig, &one, seen), "");
    CHECK_STR(pass_all(&rig, &two, seen), "d");
    store_rig_tear_down(&rig);
}

/* Two markers side by side, and the record before or after them goes. */
static void keeps_markers_in_place(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere, two = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    herd_marker_start(&rig.store, &one);
    herd_marker_start(&rig.store, &two);
    put_all(&rig, "abc", 1);
    const struct herd_stored *first = herd_marker_peek(&rig.store, &one);
    REQUIRE(first != NULL && first == herd_marker_peek(&rig.store, &two));
    herd_marker_advance(&one, first);
    herd_marker_advance(&two, first);
    store_rig_put_long(&rig, "a", 2, 400);
    store_rig_put_long(&rig, "b", 2, 400);
    CHECK_INT((int64_t)one.seen_seq, 1);
    CHECK_STR(pass_all(&rig, &two, seen), "cab");
    CHECK_STR(pass_all(&rig, &one, seen), "cab");
    herd_marker_stop(&two);
    put_all(&rig, "b", 3);
    CHECK_STR(pass_all(&rig, &one, seen), "b");
    store_rig_tear_down(&rig);
}

static void leaves_followers_behind(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere, two = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    herd_marker_start(&rig.store, &one);
    herd_marker_start(&rig.store, &two);
    put_all(&rig, "a", 1);
    CHECK_STR(pass_all(&rig, &one, seen), "a");
    store_rig_tear_down(&rig);
    CHECK(herd_marker_peek(&rig.store, &one) == NULL);
    CHECK(herd_marker_peek(&rig.store, &two) == NULL);
    herd_marker_stop(&one);
    store_rig_set_up(&rig);
    put_all(&rig, "b", 1);
    herd_marker_start(&rig.store, &one);
    herd_marker_start(&rig.store, &two);
    CHECK(herd_marker_seek(&rig.store, &one, 0, 9));
    CHECK_STR(pass_all(&rig, &two, seen), "");
    CHECK_STR(pass_all(&rig, &one, seen), "b");
    store_rig_tear_down(&rig);
}

/* ---- going back ---- */

/* What put_history leaves in the feed, oldest first, and the numbers of the changes. */
enum { CHANGES = 13, LEFT = 10 };
static const char left[] = "bdeghijcfa";
static const uint64_t left_seq[LEFT] = {2, 4, 5, 7, 8, 9, 10, 11, 12, 13};

static void put_history(struct store_rig *rig)
{
    put_all(rig, "abcdefghij", 1);
    put_all(rig, "cfa", 2);
}

/* The clients that changed after `seq`. */
static const char *left_after(uint64_t seq)
{
    const char *at = left;
    for (size_t i = 0; i < LEFT && left_seq[i] <= seq; i++)
        at++;
    return at;
}

static size_t count_behind(const struct store_rig *rig, const struct herd_marker *marker)
{
    const struct herd_feed_node *node = marker->node.next;
    size_t count = 0;
    for (; node != &rig->store.feed; node = node->next)
        count += node->seq != 0;
    return count;
}

/* Goes back in steps of that size, each of which must bring it further, but no more. */
static void go_back(struct store_rig *rig, struct herd_marker *marker, uint64_t seq,
                    size_t steps)
{
    size_t before = count_behind(rig, marker);
    while (!herd_marker_seek(&rig->store, marker, seq, steps)) {
        size_t behind = count_behind(rig, marker);
        REQUIRE(behind > before && behind <= before + steps);
        before = behind;
    }
    CHECK(count_behind(rig, marker) <= before + steps);
    CHECK_INT((int64_t)marker->seen_seq, (int64_t)seq);
}

static void goes_back_to_any_change(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    put_history(&rig);
    CHECK_INT((int64_t)rig.store.tail_seq, CHANGES);
    for (uint64_t seq = 0; seq <= CHANGES; seq++) {
        for (size_t steps = 1; steps <= LEFT + 2; steps++) {
            CHECK_LABEL("to %d, by %zu", (int)seq, steps);
            herd_marker_start(&rig.store, &one);
            go_back(&rig, &one, seq, steps);
            CHECK_STR(pass_all(&rig, &one, seen), left_after(seq));
            CHECK_INT((int64_t)one.seen_seq, CHANGES);
        }
    }
    store_rig_tear_down(&rig);
}

/* Markers of others, two at each place, are neither counted nor moved. */
static void goes_back_over_others(void)
{
    enum { OTHERS = 2 * (CHANGES + 1) };
    struct store_rig rig;
    struct herd_marker other[OTHERS], one = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    put_history(&rig);
    for (size_t i = 0; i < OTHERS; i++) {
        other[i] = nowhere;
        herd_marker_start(&rig.store, &other[i]);
        go_back(&rig, &other[i], i / 2, 1 + i % 3);
    }
    for (uint64_t seq = 0; seq <= CHANGES; seq++) {
        for (size_t steps = 1; steps <= LEFT + 2; steps++) {
            CHECK_LABEL("to %d, by %zu", (int)seq, steps);
            herd_marker_start(&rig.store, &one);
            go_back(&rig, &one, seq, steps);
            CHECK_STR(pass_all(&rig, &one, seen), left_after(seq));
        }
    }
    for (size_t i = 0; i < OTHERS; i++) {
        CHECK_LABEL("other %zu", i);
        CHECK_INT((int64_t)other[i].seen_seq, (int64_t)(i / 2));
        CHECK_STR(pass_all(&rig, &other[i], seen), left_after(i / 2));
    }
    store_rig_tear_down(&rig);
}

/* A marker stops halfway, and starts again. */
static void stops_on_the_way_back(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    put_history(&rig);
    herd_marker_start(&rig.store, &one);
    CHECK(!herd_marker_seek(&rig.store, &one, 0, 4));
    herd_marker_stop(&one);
    CHECK(herd_marker_peek(&rig.store, &one) == NULL);
    herd_marker_start(&rig.store, &one);
    CHECK(herd_marker_peek(&rig.store, &one) == NULL);
    CHECK(herd_marker_seek(&rig.store, &one, 11, 4));
    CHECK_STR(pass_all(&rig, &one, seen), "fa");
    store_rig_tear_down(&rig);
}

/* Between two steps records change: before the marker, at it and after it, in place and
 * not. Those are at the end then, and none is missing. */
static void goes_back_while_records_change(void)
{
    for (int way = 0; way < LEFT; way++) {
        struct store_rig rig;
        struct herd_marker one = nowhere;
        char seen[NAME], want[NAME], name[] = {left[way], '\0'};
        CHECK_LABEL("%s changes", name);
        store_rig_set_up(&rig);
        put_history(&rig);
        herd_marker_start(&rig.store, &one);
        CHECK(!herd_marker_seek(&rig.store, &one, 4, 3));
        CHECK_INT(store_rig_put_long(&rig, name, 3, way % 2 ? 300 : 0), HERD_MERGE_NEWER);
        go_back(&rig, &one, 4, 2);
        int len = 0;
        for (int i = 2; i < LEFT; i++)
            if (i != way)
                want[len++] = left[i];
        want[len++] = left[way];
        want[len] = '\0';
        CHECK_STR(pass_all(&rig, &one, seen), want);
        CHECK_INT((int64_t)one.seen_seq, CHANGES + 1);
        store_rig_tear_down(&rig);
    }
}

static void goes_back_in_an_empty_store(void)
{
    struct store_rig rig;
    struct herd_marker one = nowhere, two = nowhere;
    char seen[NAME];
    store_rig_set_up(&rig);
    herd_marker_start(&rig.store, &one);
    herd_marker_start(&rig.store, &two);
    CHECK(herd_marker_seek(&rig.store, &two, 0, 1));
    CHECK(herd_marker_seek(&rig.store, &one, 0, 1));
    put_all(&rig, "a", 1);
    CHECK_STR(pass_all(&rig, &one, seen), "a");
    CHECK_STR(pass_all(&rig, &two, seen), "a");
    store_rig_tear_down(&rig);
}

const struct check_test test_store_follow[] = {
    {"begins at the end", begins_at_the_end},
    {"follows each change once", follows_each_change_once},
    {"keeps markers in place", keeps_markers_in_place},
    {"leaves followers behind", leaves_followers_behind},
    {"goes back to any change", goes_back_to_any_change},
    {"goes back over others", goes_back_over_others},
    {"stops on the way back", stops_on_the_way_back},
    {"goes back while records change", goes_back_while_records_change},
    {"goes back in an empty store", goes_back_in_an_empty_store},
    {NULL, NULL},
};
