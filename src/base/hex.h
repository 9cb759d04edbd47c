/* SPDX-License-Identifier: ISC */
/* Bytes to lower-case hexadecimal digits, and back. */
#ifndef HERD_BASE_HEX_H
#define HERD_BASE_HEX_H

#include "herd/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len digits and a NUL to `out`, which has room for them. */
void herd_hex_print(const uint8_t *bytes, size_t len, char *out);

/* Reads all of `text`, which must be 2 * len lower-case digits, into `bytes`. Errors:
 * HERD_EBAD (`bytes` may be partly written). */
int herd_hex_parse(struct herd_slice text, uint8_t *bytes, size_t len);

/* Reads all of `text`, which must be 16 lower-case digits, the most significant first.
 * Errors: HERD_EBAD (*value is 0). */
int herd_hex_parse_u64(struct herd_slice text, uint64_t *value);

#endif
