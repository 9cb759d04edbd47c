/* SPDX-License-Identifier: ISC */
/* What the links of a configuration mean for the herd: which servers an update reaches,
 * over how many hops, how often it is sent, and whose failure would split the herd.
 *
 * The herd is seen as a graph of servers and links. A component is a set of servers that
 * updates spread between; a herd should be one component. Any number of links; the time
 * taken grows with servers * (servers + links) at most. */
#ifndef HERD_TOPOLOGY_H
#define HERD_TOPOLOGY_H

#include "herd/buf.h"
#include "herd/conf.h"
#include "herd/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_topology_component {
    uint32_t servers, links;
    uint32_t diameter; /* hops between the two servers that are furthest apart */
    uint32_t sends;    /* most sends of one update: 2 * links - (servers - 1) */
};

struct herd_topology_server {
    uint32_t component; /* index into components[] */
    uint32_t degree;    /* its links */
    uint32_t pieces;    /* components into which its component falls when it fails: 0 if it
                           is alone, 2 or more if it is a cut vertex */
};

struct herd_topology_row; /* the neighbours of a server, as bits */

/* Owns its arrays. */
struct herd_topology {
    const struct herd_mem *mem;   /* borrowed, outlives the struct */
    const struct herd_conf *conf; /* likewise; its names are printed */
    struct herd_topology_row *rows;
    struct herd_topology_server *servers; /* as many as conf->servers, in that order */
    bool *bridges; /* for each of conf->links: whether its failure splits its component */
    struct herd_topology_component *components; /* in the order of their first servers */
    uint32_t component_count;                   /* 1 or more */
    uint32_t cut_vertex_count;                  /* servers with pieces > 1 */
    uint32_t bridge_count;                      /* links with bridges[] */
    uint32_t degree_min, degree_max;            /* over all servers */
    uint32_t diameter, sends;                   /* the largest of any component */
};

/* Analyses a configuration that herd_conf_parse has filled. The memory is freed by
 * herd_topology_free. Errors: HERD_ENOMEM (*topology is empty). */
int herd_topology_init(struct herd_topology *topology, const struct herd_mem *mem,
                       const struct herd_conf *conf);

/* Frees all memory and leaves an empty struct. Accepts an empty one. */
void herd_topology_free(struct herd_topology *topology);

/* Appends the report, the warnings last. Every line begins with "# ", so that it is a
 * comment after a configuration. Long lists are cut and tell how many items are left out,
 * so the report is less than 64 KiB for any herd. Errors: HERD_ENOMEM, HERD_EFULL; `out`
 * then has a part of it. */
int herd_topology_print(const struct herd_topology *topology, struct herd_buf *out);

/* Appends the warnings alone, each on a line that begins with `prefix`: a herd of several
 * components, and servers whose failure would split the herd. A bridge is no warning of its
 * own: one of its two servers is a cut vertex, or there are only these two servers, which
 * no further link can help. Errors: HERD_ENOMEM, HERD_EFULL; `out` then has a part of it.
 */
int herd_topology_warn(const struct herd_topology *topology, const char *prefix,
                       struct herd_buf *out);

#endif
