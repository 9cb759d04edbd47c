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

/* Whether all bytes are printable ASCII, as those of nearly all ids are. The last eight are
 * looked at together, too, though some of them for the second time. */
static bool is_plain(const char *at, const char *end)
{
    enum { STEP = sizeof(uint64_t) };
    uint64_t other = 0;
    if (end - at >= STEP) {
        for (; end - at > STEP; at += STEP)
            other |= herd_swar_has_unprintable(herd_swar_load(at));
        return (other | herd_swar_has_unprintable(herd_swar_load(end - STEP))) == 0;
    }
    for (; at < end; at++)
        other |= (unsigned char)*at - (unsigned)' ' >= DEL - (unsigned)' ';
    return other == 0;
}

static bool has_control(const char *at, const char *end)
{
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
    const char *end = id.data + id.len;
    return is_plain(id.data, end) || !has_control(id.data, end) ? HERD_OK : HERD_EBAD;
}
