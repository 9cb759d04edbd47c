/* SPDX-License-Identifier: ISC */
/* Random graphs, of which slower and simpler ways find the same. */
#include "check.h"
#include "dice.h"
#include "fail_mem.h"
#include "shape.h"

#include "herd/err.h"
#include "herd/topology.h"

enum { SOME = 80, FAR = 1 << 20, NOBODY = SHAPE_SERVERS };

/* Labels each server but `gone` with the first one that reaches it when link `cut` is down;
 * returns how many labels there are. */
static uint32_t label(const struct herd_conf *conf, uint32_t gone, uint32_t cut,
                      uint32_t labels[SOME])
{
    uint32_t count = 0;
    bool changed = true;
    for (uint32_t i = 0; i < conf->server_count; i++)
        labels[i] = i;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < conf->link_count; i++) {
            uint32_t a = conf->links[i].a, b = conf->links[i].b;
            if (i == cut || a == gone || b == gone || labels[a] == labels[b])
                continue;
            labels[a] = labels[b] = labels[a] < labels[b] ? labels[a] : labels[b];
            changed = true;
        }
    }
    for (uint32_t i = 0; i < conf->server_count; i++)
        count += i != gone && labels[i] == i;
    return count;
}

/* Floyd and Warshall. */
static void measure(const struct herd_conf *conf, uint32_t far[SOME][SOME])
{
    uint32_t n = conf->server_count;
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = 0; b < n; b++)
            far[a][b] = a == b ? 0 : FAR;
    }
    for (uint32_t i = 0; i < conf->link_count; i++) {
        struct herd_conf_link link = conf->links[i];
        far[link.a][link.b] = far[link.b][link.a] = 1;
    }
    for (uint32_t via = 0; via < n; via++) {
        for (uint32_t a = 0; a < n; a++) {
            for (uint32_t b = 0; b < n; b++) {
                uint32_t around = far[a][via] + far[via][b];
                far[a][b] = around < far[a][b] ? around : far[a][b];
            }
        }
    }
}

static void check_part(const struct herd_topology *t, uint32_t head, const uint32_t *labels,
                       uint32_t far[SOME][SOME])
{
    const struct herd_conf *conf = t->conf;
    const struct herd_topology_component *part = &t->components[t->servers[head].component];
    struct herd_topology_component want = {0};
    for (uint32_t a = 0; a < conf->server_count; a++) {
        CHECK_INT(t->servers[a].component == t->servers[head].component, labels[a] == head);
        want.servers += labels[a] == head;
        for (uint32_t b = 0; b < conf->server_count; b++) {
            if (labels[a] == head && labels[b] == head && far[a][b] > want.diameter)
                want.diameter = far[a][b];
        }
    }
    for (uint32_t i = 0; i < conf->link_count; i++)
        want.links += labels[conf->links[i].a] == head;
    CHECK_INT(part->servers, want.servers);
    CHECK_INT(part->links, want.links);
    CHECK_INT(part->diameter, want.diameter);
    CHECK_INT(part->sends, 2 * (int64_t)want.links - (want.servers - 1));
    CHECK(part->diameter <= t->diameter && part->sends <= t->sends);
}

static void check_against_oracle(const struct herd_topology *t)
{
    static uint32_t far[SOME][SOME];
    const struct herd_conf *conf = t->conf;
    uint32_t labels[SOME], others[SOME], cuts = 0, bridges = 0, next = 0;
    uint32_t parts = label(conf, NOBODY, conf->link_count, labels);
    CHECK_INT(t->component_count, parts);
    measure(conf, far);
    for (uint32_t i = 0; i < conf->server_count; i++) {
        if (labels[i] == i) {
            CHECK_INT(t->servers[i].component, next++);
            check_part(t, i, labels, far);
        }
        uint32_t pieces = label(conf, i, conf->link_count, others) - (parts - 1);
        CHECK_INT(t->servers[i].pieces, pieces);
        cuts += pieces > 1;
    }
    for (uint32_t i = 0; i < conf->link_count; i++) {
        bool bridge = label(conf, NOBODY, i, others) > parts;
        CHECK_INT(t->bridges[i], bridge);
        bridges += bridge;
    }
    CHECK_INT(t->cut_vertex_count, cuts);
    CHECK_INT(t->bridge_count, bridges);
}

/* Most of the graphs are small and around the number of links at which they fall apart;
 * every tenth has more servers than a word has bits. */
static struct shape *random_shape(struct dice *dice, bool large)
{
    uint32_t n = large ? 60 + dice_roll(dice, SOME - 60) : 1 + dice_roll(dice, 14);
    uint32_t tenths = 3 + dice_roll(dice, large ? 30 : 45);
    struct shape *shape = shape_of(n);
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = a + 1; b < n; b++) {
            if (dice_roll(dice, 10 * n) < tenths)
                shape_join(shape, a, b);
        }
    }
    return shape;
}

static void agrees_with_simple_algorithms(void)
{
    uint32_t several = 0, cuts = 0, bridges = 0, none = 0;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct dice dice = {seed};
        struct fail_mem mem;
        struct herd_topology t;
        struct shape *shape = random_shape(&dice, seed % 10 == 0);
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        fail_mem_init(&mem);
        REQUIRE(CHECK_INT(herd_topology_init(&t, &mem.mem, &shape->conf), HERD_OK));
        check_against_oracle(&t);
        several += t.component_count > 1;
        cuts += t.cut_vertex_count > 0;
        bridges += t.bridge_count > 0;
        none += t.component_count == 1 && t.cut_vertex_count == 0 &&
                shape->conf.server_count > 2;
        herd_topology_free(&t);
        CHECK_INT((int64_t)mem.blocks, 0);
    }
    CHECK_LABEL("kinds of graphs");
    CHECK(several > 50 && cuts > 50 && bridges > 50 && none > 50);
}

const struct check_test test_topology_oracle[] = {
    {"agrees_with_simple_algorithms", agrees_with_simple_algorithms},
    {NULL, NULL},
};
