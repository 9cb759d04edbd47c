/* SPDX-License-Identifier: ISC */
#include "neighbour.h"

#include <string.h>

enum { REASON_MAX = 95 }; /* bytes kept of a reason: some come from the neighbour */

struct herd_neighbour *herd_neighbour_find(struct herd_links *links, int64_t server)
{
    for (uint32_t i = 0; i < links->neighbour_count; i++)
        if (links->neighbours[i].server == server)
            return &links->neighbours[i];
    return NULL;
}

const char *herd_neighbour_name(const struct herd_links *links,
                                const struct herd_neighbour *neighbour)
{
    return links->context->setup.conf->servers[neighbour->server].name;
}

/* Operators read this on a terminal, and some of it comes from the neighbour. */
bool herd_neighbour_set_reason(struct herd_neighbour *neighbour, struct herd_slice reason)
{
    char printable[REASON_MAX + 1];
    size_t len = reason.len < REASON_MAX ? reason.len : REASON_MAX;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)reason.data[i];
        printable[i] = c < ' ' || c == 0x7f ? '?' : reason.data[i];
    }
    printable[len] = '\0';
    if (strcmp(printable, neighbour->down_reason.text) == 0)
        return false;
    memcpy(neighbour->down_reason.text, printable, len + 1);
    return true;
}
