/* SPDX-License-Identifier: ISC */
/* Herds of simple shapes. */
#ifndef TESTS_UNIT_SHAPE_H
#define TESTS_UNIT_SHAPE_H

#include "herd/conf.h"

enum {
    SHAPE_SERVERS = HERD_CONF_SERVERS_MAX,
    SHAPE_LINKS = SHAPE_SERVERS * (SHAPE_SERVERS - 1) / 2,
};

/* A configuration of servers s0, s1, ... and links, without a file. */
struct shape {
    struct herd_conf conf;
    struct herd_conf_server servers[SHAPE_SERVERS];
    struct herd_conf_link links[SHAPE_LINKS];
    char names[SHAPE_SERVERS][HERD_CONF_NAME_MAX + 1];
};

/* Without links. There is one shape at a time: that of the last call. */
struct shape *shape_of(uint32_t count);

/* Links are added in ascending order, as the parser hands them out. */
void shape_join(struct shape *shape, uint32_t a, uint32_t b);

struct shape *shape_line(uint32_t count);
struct shape *shape_ring(uint32_t count);
struct shape *shape_star(uint32_t count);

/* Each with the `reach` servers after it and before it, without wrapping around. */
struct shape *shape_mesh(uint32_t count, uint32_t reach);

struct shape_figures {
    uint32_t parts, diameter, cuts, bridges, sends, degree_min, degree_max;
};

/* Computes the topology, and checks its figures and that no memory is left. */
void shape_check(const struct herd_conf *conf, struct shape_figures want);

#endif
