/* SPDX-License-Identifier: ISC */
#include "hex.h"

#include "herd/err.h"

void herd_hex_print(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int herd_hex_parse(struct herd_slice text, uint8_t *bytes, size_t len)
{
    if (text.len != 2 * len)
        return HERD_EBAD;
    for (size_t i = 0; i < len; i++) {
        int high = digit(text.data[2 * i]), low = digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return HERD_EBAD;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return HERD_OK;
}

int herd_hex_parse_u64(struct herd_slice text, uint64_t *value)
{
    uint8_t bytes[8];
    int rc = herd_hex_parse(text, bytes, sizeof bytes);
    *value = 0;
    for (size_t i = 0; rc == HERD_OK && i < sizeof bytes; i++)
        *value = *value << 8 | bytes[i];
    return rc;
}
