/* What the links of a configuration make of the herd: who hears whom, how many steps news
 * takes, what it costs, and whose failure would part the herd.
 *
 * A part is a set of servers that news passes between; a herd should be one part. Any
 * number of links; the time taken grows with servers * (servers + links) at most. */
#ifndef HERD_TOPOLOGY_H
#define HERD_TOPOLOGY_H

#include "herd/buf.h"
#include "herd/conf.h"
#include "herd/mem.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_topology_part {
    uint32_t servers, links;
    uint32_t diameter; /* links between the two servers that are furthest apart */
    uint32_t sends;    /* most sends of an update: 2 * links - (servers - 1) */
};

struct herd_topology_server {
    uint32_t part;   /* index into parts[] */
    uint32_t degree; /* its links */
    /* What its part falls into when it fails: 0 if it is alone, 2 or more if it is a
     * cut vertex. */
    uint32_t pieces;
};

struct herd_topology_row; /* the neighbours of a server, as bits */

struct herd_topology {
    const struct herd_mem *mem;   /* borrowed, outlives the struct */
    const struct herd_conf *conf; /* likewise; its names are printed */
    struct herd_topology_row *rows;
    struct herd_topology_server *servers; /* as many as conf->servers, in that order */
    bool *bridges; /* for each of conf->links: whether its failure parts the herd */
    struct herd_topology_part *parts; /* in the order of their first servers */
    uint32_t part_count;              /* 1 or more */
    uint32_t cut_count, bridge_count; /* servers with pieces > 1, links with bridges[] */
    uint32_t degree_min, degree_max;
    uint32_t diameter, sends; /* the largest of any part */
};

/* Computes all of it for a configuration as herd_conf_parse hands it out. On success the
 * memory is given back by herd_topology_free. Errors: HERD_ENOMEM (*topology is empty). */
int herd_topology_init(struct herd_topology *topology, const struct herd_mem *mem,
                       const struct herd_conf *conf);

/* Accepts an empty struct, and leaves one. */
void herd_topology_free(struct herd_topology *topology);

/* Appends what people want to know, the warnings last. Every line begins with "# ", so
 * that behind a configuration it is a comment. Long lists are cut and say so: it is less
 * than 64 KiB, however large the herd. Errors: HERD_ENOMEM, HERD_EFULL. */
int herd_topology_print(const struct herd_topology *topology, struct herd_buf *out);

/* Appends the warnings alone, one a line with `prefix` in front: a herd in several parts,
 * and servers whose failure would part it. A link whose failure would part it is no warning
 * of its own: either one of its two servers is such a server, or there are no more than
 * the two, which no further link can help. Errors: HERD_ENOMEM, HERD_EFULL. */
int herd_topology_warn(const struct herd_topology *topology, const char *prefix,
                       struct herd_buf *out);

#endif
