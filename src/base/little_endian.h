/* SPDX-License-Identifier: ISC */
/* Numbers as bytes, the least significant first, whatever the order of the machine: what
 * is hashed or drawn is then the same everywhere. Written out, compilers make one load or
 * store of it. */
#ifndef HERD_BASE_LITTLE_ENDIAN_H
#define HERD_BASE_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint64_t herd_le64_load(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
           (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
           (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

static inline void herd_le64_store(uint8_t *at, uint64_t number)
{
    at[0] = (uint8_t)number;
    at[1] = (uint8_t)(number >> 8);
    at[2] = (uint8_t)(number >> 16);
    at[3] = (uint8_t)(number >> 24);
    at[4] = (uint8_t)(number >> 32);
    at[5] = (uint8_t)(number >> 40);
    at[6] = (uint8_t)(number >> 48);
    at[7] = (uint8_t)(number >> 56);
}

#endif
