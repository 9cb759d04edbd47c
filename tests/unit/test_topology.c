/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "fail_mem.h"
#include "shape.h"

#include "herd/err.h"
#include "herd/topology.h"

static void small_graphs_have_known_figures(void)
{
    shape_check(&shape_of(1)->conf, (struct shape_figures){1, 0, 0, 0, 0, 0, 0});
    shape_check(&shape_of(3)->conf, (struct shape_figures){3, 0, 0, 0, 0, 0, 0});
    shape_check(&shape_line(2)->conf, (struct shape_figures){1, 1, 0, 1, 1, 1, 1});
    shape_check(&shape_line(5)->conf, (struct shape_figures){1, 4, 3, 4, 4, 1, 2});
    shape_check(&shape_ring(3)->conf, (struct shape_figures){1, 1, 0, 0, 4, 2, 2});
    shape_check(&shape_ring(8)->conf, (struct shape_figures){1, 4, 0, 0, 9, 2, 2});
    shape_check(&shape_star(6)->conf, (struct shape_figures){1, 2, 1, 5, 5, 1, 5});
    shape_check(&shape_mesh(8, 7)->conf, (struct shape_figures){1, 1, 0, 0, 49, 7, 7});
    shape_check(&shape_mesh(16, 15)->conf, (struct shape_figures){1, 1, 0, 0, 225, 15, 15});
}

/* Two triangles that share a server: a cut vertex without a bridge. Then two triangles
 * and a link: a bridge between two cut vertices. */
static void cuts_and_bridges(void)
{
    struct shape *shape = shape_of(5);
    shape_join(shape, 0, 1), shape_join(shape, 0, 2), shape_join(shape, 1, 2);
    shape_join(shape, 2, 3), shape_join(shape, 2, 4), shape_join(shape, 3, 4);
    shape_check(&shape->conf, (struct shape_figures){1, 2, 1, 0, 8, 2, 4});
    shape = shape_of(6);
    shape_join(shape, 0, 1), shape_join(shape, 0, 2), shape_join(shape, 1, 2),
        shape_join(shape, 2, 3);
    shape_join(shape, 3, 4), shape_join(shape, 3, 5), shape_join(shape, 4, 5);
    shape_check(&shape->conf, (struct shape_figures){1, 3, 2, 1, 9, 2, 3});
}

static void components_are_analysed_apart(void)
{
    struct fail_mem mem;
    struct herd_topology t;
    struct shape *shape = shape_of(6);
    shape_join(shape, 0, 2), shape_join(shape, 2, 5), shape_join(shape, 3, 4);
    fail_mem_init(&mem);
    REQUIRE(CHECK_INT(herd_topology_init(&t, &mem.mem, &shape->conf), HERD_OK));
    static const uint32_t part[] = {0, 1, 0, 2, 2, 0}, pieces[] = {1, 0, 2, 1, 1, 1};
    for (uint32_t i = 0; i < 6; i++) {
        CHECK_INT(t.servers[i].component, part[i]);
        CHECK_INT(t.servers[i].pieces, pieces[i]);
    }
    static const struct herd_topology_component parts[] = {
        {3, 2, 2, 2}, {1, 0, 0, 0}, {2, 1, 1, 1}};
    REQUIRE(t.component_count == 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_INT(t.components[i].servers, parts[i].servers);
        CHECK_INT(t.components[i].links, parts[i].links);
        CHECK_INT(t.components[i].diameter, parts[i].diameter);
        CHECK_INT(t.components[i].sends, parts[i].sends);
    }
    CHECK(t.bridges[0] && t.bridges[1] && t.bridges[2]);
    herd_topology_free(&t);
    CHECK_INT((int64_t)mem.blocks, 0);
}

static void large_graphs_have_known_figures(void)
{
    uint32_t n = SHAPE_SERVERS;
    shape_check(&shape_line(n)->conf,
                (struct shape_figures){1, n - 1, n - 2, n - 1, n - 1, 1, 2});
    shape_check(&shape_ring(n)->conf, (struct shape_figures){1, n / 2, 0, 0, n + 1, 2, 2});
    shape_check(&shape_star(n)->conf,
                (struct shape_figures){1, 2, 1, n - 1, n - 1, 1, n - 1});
    shape_check(&shape_of(n)->conf, (struct shape_figures){n, 0, 0, 0, 0, 0, 0});
    struct shape *mesh = shape_mesh(n, 16);
    uint32_t links = 16 * n - 16 * 17 / 2;
    shape_check(&mesh->conf,
                (struct shape_figures){1, 64, 0, 0, 2 * links - (n - 1), 16, 32});
    shape_check(&shape_mesh(n, n - 1)->conf,
                (struct shape_figures){1, 1, 0, 0, (n - 1) * (n - 1), n - 1, n - 1});
}

const struct check_test test_topology[] = {
    {"small_graphs_have_known_figures", small_graphs_have_known_figures},
    {"cuts_and_bridges", cuts_and_bridges},
    {"components_are_analysed_apart", components_are_analysed_apart},
    {"large_graphs_have_known_figures", large_graphs_have_known_figures},
    {NULL, NULL},
};
