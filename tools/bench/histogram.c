/* SPDX-License-Identifier: ISC */
#include "histogram.h"

#include <string.h>

enum { SUB = 1 << HISTOGRAM_BITS };

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

static int top_bit(uint64_t value)
{
    int bit = 0;
    for (int step = 32; step > 0; step /= 2) {
        if (value >> step != 0) {
            value >>= step;
            bit += step;
        }
    }
    return bit;
}

/* Octave 0 holds 0 to SUB - 1; octave n > 0 the values whose top bit is BITS + n - 1, in
 * SUB buckets of 1 << (n - 1) values each. */
int histogram_bucket(int64_t value)
{
    uint64_t bits = (uint64_t)value;
    if (bits < SUB)
        return (int)bits;
    int shift = top_bit(bits) - HISTOGRAM_BITS;
    return ((shift + 1) << HISTOGRAM_BITS) + (int)(bits >> shift) - SUB;
}

int64_t histogram_bucket_min(int bucket)
{
    int octave = bucket >> HISTOGRAM_BITS;
    if (octave == 0)
        return bucket;
    return (int64_t)(SUB + (bucket & (SUB - 1))) << (octave - 1);
}

int64_t histogram_bucket_max(int bucket)
{
    int octave = bucket >> HISTOGRAM_BITS;
    int64_t width = octave == 0 ? 1 : INT64_C(1) << (octave - 1);
    return histogram_bucket_min(bucket) + (width - 1);
}

void histogram_add(struct histogram *histogram, int64_t value)
{
    if (value < 0)
        value = 0;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->sum += (double)value;
    histogram->bucket[histogram_bucket(value)]++;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    if (other->count == 0)
        return;
    if (histogram->count == 0 || other->min < histogram->min)
        histogram->min = other->min;
    if (other->max > histogram->max)
        histogram->max = other->max;
    histogram->count += other->count;
    histogram->sum += other->sum;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram->bucket[i] += other->bucket[i];
}

/* ceil(count * share / WHOLE), without an intermediate product that could overflow. */
static uint64_t rank_of(uint64_t count, int share)
{
    uint64_t whole = HISTOGRAM_WHOLE, part = (uint64_t)share;
    return count / whole * part + (count % whole * part + whole - 1) / whole;
}

int64_t histogram_at(const struct histogram *histogram, int share)
{
    uint64_t rank = rank_of(histogram->count, share), seen = 0;
    if (rank == 0)
        return histogram->min;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen >= rank) {
            int64_t value = histogram_bucket_max(i);
            return value < histogram->max ? value : histogram->max;
        }
    }
    return histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count > 0 ? histogram->sum / (double)histogram->count : 0;
}

uint64_t histogram_up_to(const struct histogram *histogram, int64_t value)
{
    uint64_t seen = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS && histogram_bucket_max(i) <= value; i++)
        seen += histogram->bucket[i];
    return seen;
}
