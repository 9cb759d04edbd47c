/* SPDX-License-Identifier: ISC */
#include "client_id.h"

#include "herd/err.h"
#include "swar.h"

#include <stdbool.h>

enum {
    DEL = 0x7f,
    C1_LEAD = 0xc2, /* U+0080 to U+009F are this byte and one of 80 to 9F */
    C1_LAST = 0x9f,
};

/* Whether one of eight bytes is, or may begin, a control character. */
static bool may_control(uint64_t bytes)
{
    return (herd_swar_has_less(bytes, ' ') |
            herd_swar_has_less(bytes ^ HERD_SWAR_OF(DEL), 1) |
            herd_swar_has_less(bytes ^ HERD_SWAR_OF(C1_LEAD), 1)) != 0;
}

static bool has_control(const char *at, const char *end)
{
    enum { STEP = sizeof(uint64_t) };
    while (end - at >= STEP && !may_control(herd_swar_load(at)))
        at += STEP;
    for (; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        unsigned char next = end - at > 1 ? (unsigned char)at[1] : 0;
        if (byte < ' ' || byte == DEL ||
            (byte == C1_LEAD && next >= 0x80 && next <= C1_LAST))
            return true;
    }
    return false;
}

int herd_client_id_check(struct herd_slice id, size_t max)
{
    if (id.len > max)
        return HERD_ETOOLONG;
    return has_control(id.data, id.data + id.len) ? HERD_EBAD : HERD_OK;
}
