/* SPDX-License-Identifier: ISC */
#include "shape.h"

#include "check.h"
#include "fail_mem.h"

#include "herd/err.h"
#include "herd/topology.h"

#include <stdio.h>

struct shape *shape_of(uint32_t count)
{
    static struct shape shape;
    shape.conf.servers = shape.servers;
    shape.conf.server_count = count;
    shape.conf.links = shape.links;
    shape.conf.link_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        shape.servers[i].name = shape.names[i];
        snprintf(shape.names[i], sizeof shape.names[i], "s%u", (unsigned)i);
    }
    return &shape;
}

void shape_join(struct shape *shape, uint32_t a, uint32_t b)
{
    shape->links[shape->conf.link_count++] = (struct herd_conf_link){a, b};
}

struct shape *shape_line(uint32_t count)
{
    struct shape *shape = shape_of(count);
    for (uint32_t i = 0; i + 1 < count; i++)
        shape_join(shape, i, i + 1);
    return shape;
}

struct shape *shape_ring(uint32_t count)
{
    struct shape *shape = shape_of(count);
    shape_join(shape, 0, 1);
    shape_join(shape, 0, count - 1);
    for (uint32_t i = 1; i + 1 < count; i++)
        shape_join(shape, i, i + 1);
    return shape;
}

struct shape *shape_star(uint32_t count)
{
    struct shape *shape = shape_of(count);
    for (uint32_t i = 1; i < count; i++)
        shape_join(shape, 0, i);
    return shape;
}

struct shape *shape_mesh(uint32_t count, uint32_t reach)
{
    struct shape *shape = shape_of(count);
    for (uint32_t a = 0; a < count; a++) {
        for (uint32_t b = a + 1; b < count && b <= a + reach; b++)
            shape_join(shape, a, b);
    }
    return shape;
}

void shape_check(const struct herd_conf *conf, struct shape_figures want)
{
    struct fail_mem mem;
    struct herd_topology t;
    fail_mem_init(&mem);
    REQUIRE(CHECK_INT(herd_topology_init(&t, &mem.mem, conf), HERD_OK));
    CHECK_INT(t.component_count, want.parts);
    CHECK_INT(t.diameter, want.diameter);
    CHECK_INT(t.cut_vertex_count, want.cuts);
    CHECK_INT(t.bridge_count, want.bridges);
    CHECK_INT(t.sends, want.sends);
    CHECK_INT(t.degree_min, want.degree_min);
    CHECK_INT(t.degree_max, want.degree_max);
    herd_topology_free(&t);
    CHECK_INT((int64_t)mem.blocks, 0);
    herd_topology_free(&t);
}
