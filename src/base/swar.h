/* SPDX-License-Identifier: ISC */
/* Tests on eight bytes at once (SIMD within a register). */
#ifndef HERD_BASE_SWAR_H
#define HERD_BASE_SWAR_H

#include <stdint.h>
#include <string.h>

/* The same byte eight times. */
#define HERD_SWAR_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The eight bytes at `at`, in the order of this machine. */
static inline uint64_t herd_swar_load(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Not zero when one of the bytes is less than `limit`, which is 1 to 128. The subtraction
 * borrows from a byte only when a lower one is less than `limit`, so without such a byte
 * the result is exactly zero. */
static inline uint64_t herd_swar_has_less(uint64_t bytes, unsigned limit)
{
    return (bytes - HERD_SWAR_OF(limit)) & ~bytes & HERD_SWAR_OF(0x80);
}

/* Not zero when one of the bytes is not printable ASCII, 0x20 to 0x7e. Sum and difference
 * carry from a byte only when it is not; so the lowest such byte is always seen. */
static inline uint64_t herd_swar_has_unprintable(uint64_t bytes)
{
    return (bytes | (bytes + HERD_SWAR_OF(1)) | (bytes - HERD_SWAR_OF(' '))) &
           HERD_SWAR_OF(0x80);
}

#endif
