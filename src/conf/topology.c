/* SPDX-License-Identifier: ISC */
#include "herd/topology.h"

#include "topology_row.h"

#include "herd/err.h"

#include <assert.h>

void herd_topology_free(struct herd_topology *topology)
{
    if (topology->conf != NULL) {
        const struct herd_mem *mem = topology->mem;
        size_t servers = topology->conf->server_count, links = topology->conf->link_count;
        herd_mem_free(mem, topology->rows, servers * sizeof *topology->rows);
        herd_mem_free(mem, topology->servers, servers * sizeof *topology->servers);
        herd_mem_free(mem, topology->components, servers * sizeof *topology->components);
        herd_mem_free(mem, topology->bridges, links * sizeof *topology->bridges);
    }
    *topology = (struct herd_topology){0};
}

/* There are at most as many components as servers. */
static bool allocate(struct herd_topology *t)
{
    size_t servers = t->conf->server_count, links = t->conf->link_count;
    t->rows = herd_mem_zalloc(t->mem, servers * sizeof *t->rows);
    t->servers = herd_mem_zalloc(t->mem, servers * sizeof *t->servers);
    t->components = herd_mem_zalloc(t->mem, servers * sizeof *t->components);
    if (links > 0)
        t->bridges = herd_mem_zalloc(t->mem, links * sizeof *t->bridges);
    return t->rows != NULL && t->servers != NULL && t->components != NULL &&
           (links == 0 || t->bridges != NULL);
}

static void add_link(struct herd_topology *t, struct herd_conf_link link)
{
    row_add(&t->rows[link.a], link.b);
    row_add(&t->rows[link.b], link.a);
}

static void remove_link(struct herd_topology *t, struct herd_conf_link link)
{
    row_remove(&t->rows[link.a], link.b);
    row_remove(&t->rows[link.b], link.a);
}

static void read_links(struct herd_topology *t)
{
    for (uint32_t i = 0; i < t->conf->link_count; i++) {
        struct herd_conf_link link = t->conf->links[i];
        add_link(t, link);
        t->servers[link.a].degree++;
        t->servers[link.b].degree++;
    }
    t->degree_min = t->degree_max = t->servers[0].degree;
    for (uint32_t i = 1; i < t->conf->server_count; i++) {
        uint32_t degree = t->servers[i].degree;
        t->degree_min = degree < t->degree_min ? degree : t->degree_min;
        t->degree_max = degree > t->degree_max ? degree : t->degree_max;
    }
}

static void all_servers(const struct herd_topology *t, struct herd_topology_row *all)
{
    *all = (struct herd_topology_row){{0}};
    for (uint32_t i = 0; i < t->conf->server_count; i++)
        row_add(all, i);
}

static void find_components(struct herd_topology *t)
{
    struct herd_topology_row left;
    struct topology_reach reach;
    all_servers(t, &left);
    for (uint32_t first = herd_topology_next(&left, 0); first < t->conf->server_count;
         first = herd_topology_next(&left, first)) {
        herd_topology_reach(t, first, &left, &reach);
        for (uint32_t i = herd_topology_next(&reach.servers, 0); i < t->conf->server_count;
             i = herd_topology_next(&reach.servers, i + 1))
            t->servers[i].component = t->component_count;
        t->components[t->component_count++].servers = reach.count;
        row_subtract(&left, &reach.servers);
    }
    for (uint32_t i = 0; i < t->conf->link_count; i++)
        t->components[t->servers[t->conf->links[i].a].component].links++;
}

static void measure_components(struct herd_topology *t)
{
    struct herd_topology_row all;
    struct topology_reach reach;
    all_servers(t, &all);
    for (uint32_t i = 0; i < t->conf->server_count; i++) {
        struct herd_topology_component *c = &t->components[t->servers[i].component];
        herd_topology_reach(t, i, &all, &reach);
        c->diameter = reach.hops > c->diameter ? reach.hops : c->diameter;
    }
    for (uint32_t i = 0; i < t->component_count; i++) {
        struct herd_topology_component *c = &t->components[i];
        c->sends = 2 * c->links - (c->servers - 1);
        t->sends = c->sends > t->sends ? c->sends : t->sends;
        t->diameter = c->diameter > t->diameter ? c->diameter : t->diameter;
    }
}

static void find_cut_vertices(struct herd_topology *t)
{
    for (uint32_t i = 0; i < t->conf->server_count; i++) {
        struct herd_topology_row left;
        struct topology_reach reach;
        herd_topology_members(t, t->servers[i].component, i, &left);
        for (uint32_t first = herd_topology_next(&left, 0); first < t->conf->server_count;
             first = herd_topology_next(&left, first)) {
            herd_topology_reach(t, first, &left, &reach);
            row_subtract(&left, &reach.servers);
            t->servers[i].pieces++;
        }
        t->cut_vertex_count += t->servers[i].pieces > 1;
    }
}

/* Union-find: the representative of the servers that are joined with this one. Path halving
 * keeps the paths short. */
static uint32_t find_head(uint16_t *heads, uint32_t server)
{
    while (heads[server] != server) {
        heads[server] = heads[heads[server]];
        server = heads[server];
    }
    return server;
}

/* A link between servers that earlier links have joined already is no bridge. Only the
 * other links, fewer than there are servers, are tested: without the link, is its other end
 * still reached? */
static void find_bridges(struct herd_topology *t)
{
    uint16_t heads[HERD_CONF_SERVERS_MAX];
    struct herd_topology_row all;
    all_servers(t, &all);
    for (uint32_t i = 0; i < t->conf->server_count; i++)
        heads[i] = (uint16_t)i;
    for (uint32_t i = 0; i < t->conf->link_count; i++) {
        struct herd_conf_link link = t->conf->links[i];
        struct topology_reach reach;
        uint32_t a = find_head(heads, link.a), b = find_head(heads, link.b);
        if (a == b)
            continue;
        heads[b] = (uint16_t)a;
        remove_link(t, link);
        herd_topology_reach(t, link.a, &all, &reach);
        add_link(t, link);
        t->bridges[i] = !row_has(&reach.servers, link.b);
        t->bridge_count += t->bridges[i];
    }
}

int herd_topology_init(struct herd_topology *topology, const struct herd_mem *mem,
                       const struct herd_conf *conf)
{
    assert(conf->server_count > 0 && conf->server_count <= HERD_CONF_SERVERS_MAX);
    *topology = (struct herd_topology){.mem = mem, .conf = conf};
    if (!allocate(topology)) {
        herd_topology_free(topology);
        return HERD_ENOMEM;
    }
    read_links(topology);
    find_components(topology);
    measure_components(topology);
    find_cut_vertices(topology);
    find_bridges(topology);
    return HERD_OK;
}
