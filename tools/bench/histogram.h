/* SPDX-License-Identifier: ISC */
/* Counts of values in buckets whose width grows with the value, as in HdrHistogram: below
 * 2048 each value has a bucket of its own, above that a bucket is at most 1/1024 as wide as
 * the values in it. So every value that an int64_t holds is kept to three digits in
 * a fixed amount of memory. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 10, /* each octave has 1 << BITS buckets */
    HISTOGRAM_BUCKETS = (63 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
    HISTOGRAM_WHOLE = 1000000 /* parts of a whole, for shares: 990000 is p99 */
};

struct histogram {
    uint64_t count;
    int64_t min, max; /* exact; 0 and 0 when empty */
    double sum;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

/* Makes it empty. */
void histogram_clear(struct histogram *histogram);

/* Counts a value; one below 0 counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);

/* Adds all values of `other`. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The least value such that at least `share` parts of HISTOGRAM_WHOLE of all values are no
 * greater, rounded up to the end of its bucket but never above the greatest value. A share
 * of 0 is the least value. 0 when empty. */
int64_t histogram_at(const struct histogram *histogram, int share);

/* The mean of all values; 0 when empty. */
double histogram_mean(const struct histogram *histogram);

/* The number of values in buckets that end at or below `value`. */
uint64_t histogram_up_to(const struct histogram *histogram, int64_t value);

/* The bucket of a value >= 0, and the least and greatest value of a bucket. */
int histogram_bucket(int64_t value);
int64_t histogram_bucket_min(int bucket);
int64_t histogram_bucket_max(int bucket);

#endif
