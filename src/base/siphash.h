/* SPDX-License-Identifier: ISC */
/* SipHash-1-3, a keyed hash for tables that strangers fill (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012, with one round per block and three at the end).
 */
#ifndef HERD_BASE_SIPHASH_H
#define HERD_BASE_SIPHASH_H

#include "herd/slice.h"

#include <stdint.h>

enum { HERD_SIPHASH_KEY = 16 }; /* bytes */

/* The hash of `bytes` under `key`; the same on every machine. */
uint64_t herd_siphash(struct herd_slice bytes, const uint8_t key[HERD_SIPHASH_KEY]);

#endif
