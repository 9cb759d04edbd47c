#include "shape.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

static bool linked(enum shape shape, uint32_t servers, uint32_t a, uint32_t b)
{
    switch (shape) {
    case SHAPE_RING: return b == a + 1 || (a == 0 && b == servers - 1);
    case SHAPE_LINE: return b == a + 1;
    case SHAPE_STAR: return a == 0;
    case SHAPE_MESH:
    case SHAPE_COUNT: break;
    }
    return true;
}

void shape_conf(enum shape shape, uint32_t servers, char *out)
{
    size_t len = 0;
    len += (size_t)snprintf(out, SHAPE_CONF, "log-traffic no\nlink-retry-max-ms 1000\n");
    for (uint32_t a = 0; a < servers; a++)
        len += (size_t)snprintf(out + len, SHAPE_CONF - len,
                                "server %c client h:%u peer h:%u\n", (char)('A' + a),
                                1000 + a, 2000 + a);
    for (uint32_t a = 0; a < servers; a++)
        for (uint32_t b = a + 1; b < servers; b++)
            if (linked(shape, servers, a, b))
                len += (size_t)snprintf(out + len, SHAPE_CONF - len, "link %c %c\n",
                                        (char)('A' + a), (char)('A' + b));
    if (len >= SHAPE_CONF)
        abort();
}

const char *shape_name(enum shape shape)
{
    static const char *const names[] = {"ring", "line", "mesh", "star", "none"};
    return names[shape];
}

uint32_t shape_diameter(enum shape shape, uint32_t servers)
{
    switch (shape) {
    case SHAPE_RING: return servers / 2;
    case SHAPE_LINE: return servers - 1;
    case SHAPE_STAR: return servers > 2 ? 2 : 1;
    case SHAPE_MESH:
    case SHAPE_COUNT: break;
    }
    return 1;
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
