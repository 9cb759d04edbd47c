/* SPDX-License-Identifier: ISC */
#include "siphash.h"

#include "little_endian.h"

/* By value, so that compilers keep all four words in registers. */
struct state {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t x, unsigned n)
{
    return (x << n) | (x >> (64 - n));
}

static inline struct state round_once(struct state v)
{
    v.a += v.b;
    v.b = rotate(v.b, 13) ^ v.a;
    v.a = rotate(v.a, 32);
    v.c += v.d;
    v.d = rotate(v.d, 16) ^ v.c;
    v.a += v.d;
    v.d = rotate(v.d, 21) ^ v.a;
    v.c += v.b;
    v.b = rotate(v.b, 17) ^ v.c;
    v.c = rotate(v.c, 32);
    return v;
}

static inline struct state absorb(struct state v, uint64_t word)
{
    v.d ^= word;
    v = round_once(v);
    v.a ^= word;
    return v;
}

/* The last `left` bytes, fewer than eight. Those of a text that is long enough come with
 * the bytes before them in one load. */
static inline uint64_t tail(const uint8_t *at, size_t left, size_t len)
{
    uint64_t bytes = 0;
    if (left == 0)
        return 0;
    if (len >= 8)
        return herd_le64_load(at + left - 8) >> (64 - 8 * left);
    for (size_t i = 0; i < left; i++)
        bytes |= (uint64_t)at[i] << (8 * i);
    return bytes;
}

uint64_t herd_siphash(struct herd_slice bytes, const uint8_t key[HERD_SIPHASH_KEY])
{
    uint64_t k0 = herd_le64_load(key), k1 = herd_le64_load(key + 8);
    struct state v = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                      k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    const uint8_t *at = (const uint8_t *)bytes.data;
    size_t left = bytes.len;
    for (; left >= 8; at += 8, left -= 8)
        v = absorb(v, herd_le64_load(at));
    v = absorb(v, (uint64_t)bytes.len << 56 | tail(at, left, bytes.len));
    v.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        v = round_once(v);
    return v.a ^ v.b ^ v.c ^ v.d;
}
