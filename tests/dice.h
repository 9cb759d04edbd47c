/* SPDX-License-Identifier: ISC */
/* Seeded random numbers (splitmix64), the same on every machine: a failing test prints
 * its seed, and the seed brings the failure back. */
#ifndef TESTS_DICE_H
#define TESTS_DICE_H

#include <stdint.h>

struct dice {
    uint64_t state; /* starts as the seed */
};

static inline uint64_t dice_next(struct dice *dice)
{
    uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* 0 to sides - 1; `sides` > 0. */
static inline uint32_t dice_roll(struct dice *dice, uint32_t sides)
{
    return (uint32_t)(dice_next(dice) % sides);
}

#endif
