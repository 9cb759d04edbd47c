/* SPDX-License-Identifier: ISC */
#include "shape.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

bool shape_linked(enum shape shape, uint32_t servers, uint32_t a, uint32_t b)
{
    bool ring = b == a + 1 || (a == 0 && b == servers - 1);
    switch (shape) {
    case SHAPE_RING: return ring;
    case SHAPE_LINE: return b == a + 1;
    case SHAPE_STAR: return a == 0;
    case SHAPE_CHORDS: return ring || (servers > 3 && b - a == servers / 2);
    case SHAPE_MESH:
    case SHAPE_COUNT: break;
    }
    return true;
}

char shape_server(uint32_t server)
{
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"[server % SHAPE_SERVERS];
}

void shape_conf(enum shape shape, uint32_t servers, char *out)
{
    size_t len = 0;
    len += (size_t)snprintf(out, SHAPE_CONF, "log-traffic no\nlink-retry-max-ms 1000\n");
    for (uint32_t a = 0; a < servers; a++)
        len += (size_t)snprintf(out + len, SHAPE_CONF - len,
                                "server %c client h:%u peer h:%u\n", shape_server(a),
                                1000 + a, 2000 + a);
    for (uint32_t a = 0; a < servers; a++)
        for (uint32_t b = a + 1; b < servers; b++)
            if (shape_linked(shape, servers, a, b))
                len += (size_t)snprintf(out + len, SHAPE_CONF - len, "link %c %c\n",
                                        shape_server(a), shape_server(b));
    if (len >= SHAPE_CONF)
        abort();
}

const char *shape_name(enum shape shape)
{
    static const char *const names[] = {"ring", "line", "mesh", "star", "chords", "none"};
    return names[shape];
}

/* The greatest distance from one server, by breadth. */
static uint32_t depth_from(enum shape shape, uint32_t servers, uint32_t from)
{
    uint32_t queue[SHAPE_SERVERS] = {from}, depth[SHAPE_SERVERS] = {0}, count = 1;
    bool seen[SHAPE_SERVERS] = {false};
    seen[from] = true;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t b = 0; b < servers; b++) {
            uint32_t a = queue[i];
            if (seen[b] || !shape_linked(shape, servers, a < b ? a : b, a < b ? b : a))
                continue;
            seen[b] = true;
            depth[b] = depth[a] + 1;
            queue[count++] = b;
        }
    }
    return depth[queue[count - 1]];
}

uint32_t shape_diameter(enum shape shape, uint32_t servers)
{
    uint32_t most = 0;
    for (uint32_t from = 0; from < servers; from++) {
        uint32_t depth = depth_from(shape, servers, from);
        most = depth > most ? depth : most;
    }
    return most;
}

bool shape_agrees(const struct sim *sim, const char *client)
{
    uint32_t first = 0;
    bool same = true;
    while (first < sim->conf.server_count && !sim_is_up(sim, first))
        first++;
    for (uint32_t i = first + 1; i < sim->conf.server_count; i++)
        if (sim_is_up(sim, i))
            same =
                CHECK_SLICE(sim_record(sim, i, client), sim_record(sim, first, client)) &&
                same;
    return same;
}
