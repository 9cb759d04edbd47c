/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "dice.h"

#include "bench/histogram.h"

#include <inttypes.h>
#include <stdlib.h>

enum { VALUES = 5000 };

static struct histogram histogram, other;

/* Every value is in its bucket, buckets touch, and none is wider than 1/1024 of its values.
 */
static void buckets(void)
{
    for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        int64_t least = histogram_bucket_min(bucket);
        int64_t most = histogram_bucket_max(bucket);
        bool touches =
            bucket == 0 ? least == 0 : least == histogram_bucket_max(bucket - 1) + 1;
        bool narrow = most == least || (most - least + 1) <= least >> HISTOGRAM_BITS;
        bool own = histogram_bucket(least) == bucket && histogram_bucket(most) == bucket;
        if (!touches || !narrow || !own) {
            CHECK_LABEL("bucket %d", bucket);
            CHECK(touches);
            CHECK(narrow);
            CHECK(own);
            CHECK_LABEL("%s", "");
            return;
        }
    }
    CHECK_INT(histogram_bucket_max(HISTOGRAM_BUCKETS - 1), INT64_MAX);
    CHECK_INT(histogram_bucket_min(2047), 2047);
    CHECK_INT(histogram_bucket_max(2047), 2047);
    CHECK_INT(histogram_bucket_max(2048), 2049);
}

static void empty(void)
{
    histogram_clear(&histogram);
    CHECK_INT(histogram_at(&histogram, 500000), 0);
    CHECK_INT(histogram_at(&histogram, HISTOGRAM_WHOLE), 0);
    CHECK_INT((int64_t)histogram_mean(&histogram), 0);
    CHECK_INT((int64_t)histogram_up_to(&histogram, INT64_MAX), 0);
}

/* Known by heart: 1 to 1000. */
static void a_thousand(void)
{
    histogram_clear(&histogram);
    for (int i = 1000; i > 0; i--)
        histogram_add(&histogram, i);
    CHECK_INT(histogram_at(&histogram, 0), 1);
    CHECK_INT(histogram_at(&histogram, 1), 1);
    CHECK_INT(histogram_at(&histogram, 500000), 500);
    CHECK_INT(histogram_at(&histogram, 500001), 501);
    CHECK_INT(histogram_at(&histogram, 990000), 990);
    CHECK_INT(histogram_at(&histogram, 999000), 999);
    CHECK_INT(histogram_at(&histogram, 999001), 1000);
    CHECK_INT(histogram_at(&histogram, HISTOGRAM_WHOLE), 1000);
    CHECK_INT((int64_t)(histogram_mean(&histogram) * 10), 5005);
    CHECK_INT((int64_t)histogram_up_to(&histogram, 250), 250);
    histogram_clear(&histogram);
    histogram_add(&histogram, -5);
    CHECK_INT(histogram.min, 0);
    CHECK_INT((int64_t)histogram.count, 1);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The oracle: the values themselves, sorted. The rank is counted off one by one. */
static int64_t exact(const int64_t *sorted, int64_t count, int share)
{
    int64_t rank = 1;
    while (rank * HISTOGRAM_WHOLE < count * share)
        rank++;
    return sorted[rank - 1];
}

static void check_against(const int64_t *sorted, int64_t count)
{
    static const int shares[] = {0,      1,      100000, 333333, 500000, 900000,
                                 990000, 999000, 999900, 999999, 1000000};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        int64_t want = exact(sorted, count, shares[i]);
        int64_t got = histogram_at(&histogram, shares[i]);
        if (got < want || got - want > want >> HISTOGRAM_BITS) {
            CHECK_LABEL("share %d of %" PRId64, shares[i], count);
            CHECK_INT(got, want);
        }
    }
    CHECK_LABEL("%s", "");
    CHECK_INT(histogram.min, sorted[0]);
    CHECK_INT(histogram.max, sorted[count - 1]);
    CHECK_INT((int64_t)histogram.count, count);
    CHECK_INT(histogram_at(&histogram, HISTOGRAM_WHOLE), sorted[count - 1]);
}

/* Values of all sizes; half of them are counted elsewhere and merged. */
static void oracle(void)
{
    static int64_t values[VALUES];
    struct dice dice = {20240607};
    for (int round = 0; round < 20; round++) {
        int64_t count = 1 + dice_roll(&dice, VALUES);
        histogram_clear(&histogram);
        histogram_clear(&other);
        for (int64_t i = 0; i < count; i++) {
            values[i] = (int64_t)(dice_next(&dice) >> (1 + dice_roll(&dice, 63)));
            histogram_add(i % 2 == 0 ? &histogram : &other, values[i]);
        }
        histogram_merge(&histogram, &other);
        qsort(values, (size_t)count, sizeof values[0], by_size);
        check_against(values, count);
    }
}

const struct check_test test_histogram[] = {
    {"buckets", buckets}, {"empty", empty}, {"a thousand", a_thousand},
    {"oracle", oracle},   {NULL, NULL},
};
