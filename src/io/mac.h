/* SPDX-License-Identifier: ISC */
/* HMAC-SHA256 (RFC 2104) under one key, by libcrypto of OpenSSL or LibreSSL. */
#ifndef IO_MAC_H
#define IO_MAC_H

#include "herd/slice.h"

#include <stddef.h>
#include <stdint.h>

enum { IO_MAC_SIZE = 32, IO_MAC_KEY_MAX = 1024 }; /* bytes */

/* Has its own copy of the key. Must not move while it is the ctx of a struct herd_mac. */
struct io_mac {
    uint8_t key[IO_MAC_KEY_MAX];
    size_t key_len;
};

/* Copies a key of 1 to IO_MAC_KEY_MAX bytes and signs once, so that a library that cannot
 * do it is found at the start. Errors: HERD_ETOOLONG, HERD_EBAD (empty), HERD_ESYS (the
 * library refused); *mac has no key then. */
int io_mac_init(struct io_mac *mac, struct herd_slice key);

/* Overwrites the key. */
void io_mac_wipe(struct io_mac *mac);

/* Writes the HMAC of `text` under the key of `ctx`, a struct io_mac, to `out`. When the
 * library fails, writes random bytes, which equal no other side's HMAC. */
void io_mac_sign(void *ctx, struct herd_slice text, uint8_t out[IO_MAC_SIZE]);

/* Name and version of the library, for people; lives for ever. */
const char *io_mac_library(void);

#endif
