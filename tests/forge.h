/* SPDX-License-Identifier: ISC */
/* A MAC for the herds of tests: blocks of a keyed hash. It is fast, and proves nothing to
 * anybody who wants to forge it. */
#ifndef TESTS_FORGE_H
#define TESTS_FORGE_H

#include "herd/core.h"

enum { FORGE_KEY = 16 }; /* bytes of a key */

/* As struct herd_mac wants it, with the key as its context. */
void forge_sign(void *key, struct herd_slice text, uint8_t mac[HERD_MAC_SIZE]);

#endif
