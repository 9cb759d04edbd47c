/* Bytes as lower-case hexadecimal digits, and back. */
#ifndef HERD_BASE_HEX_H
#define HERD_BASE_HEX_H

#include "herd/slice.h"

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len digits and a NUL. */
void herd_hex_print(const uint8_t *bytes, size_t len, char *out);

/* All of `text`, which must be 2 * len lower-case digits. Errors: HERD_EBAD. */
int herd_hex_parse(struct herd_slice text, uint8_t *bytes, size_t len);

/* Likewise, 16 digits, the most significant first. */
int herd_hex_parse_u64(struct herd_slice text, uint64_t *value);

#endif
