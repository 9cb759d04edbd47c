/* SPDX-License-Identifier: ISC */
/* The report of herd/topology.h as text. */
#include "topology_row.h"

#include "decimal.h"
#include "herd/err.h"

/* Longer lists are cut: such a herd is repaired step by step, with `herd -t` in between. */
enum { NAMES_SHOWN = 8, PIECES_SHOWN = 8, CUTS_WARNED = 8 };

/* Appends to `out` until the first error, which is kept in `rc`. */
struct printer {
    const struct herd_topology *topology;
    struct herd_buf *out;
    int rc;
};

static void put(struct printer *p, const char *text)
{
    if (p->rc == HERD_OK)
        p->rc = herd_buf_append(p->out, herd_slice_str(text));
}

static void put_number(struct printer *p, uint32_t number)
{
    char digits[HERD_UINT_TEXT];
    struct herd_slice text = herd_slice(digits, herd_uint_print(number, digits));
    if (p->rc == HERD_OK)
        p->rc = herd_buf_append(p->out, text);
}

/* "1 link", "2 links" */
static void put_count(struct printer *p, uint32_t count, const char *what)
{
    put_number(p, count);
    put(p, " ");
    put(p, what);
    put(p, count == 1 ? "" : "s");
}

/* Before the next item of a list of which `before` items have been printed. */
static void put_separator(struct printer *p, uint32_t before, const char *separator)
{
    put(p, before > 0 ? separator : "");
}

/* At the end of a list that was cut: "and 3 more". */
static void put_rest(struct printer *p, uint32_t count, uint32_t shown)
{
    if (count <= shown)
        return;
    put(p, "and ");
    put_number(p, count - shown);
    put(p, " more");
}

static void put_name(struct printer *p, uint32_t server)
{
    put(p, p->topology->conf->servers[server].name);
}

/* "Goloman Hands Wilkes" */
static void put_reached(struct printer *p, const struct topology_reach *reach)
{
    uint32_t server = herd_topology_next(&reach->servers, 0);
    for (uint32_t i = 0; i < reach->count && i < NAMES_SHOWN; i++) {
        put_separator(p, i, " ");
        put_name(p, server);
        server = herd_topology_next(&reach->servers, server + 1);
    }
    put(p, reach->count > NAMES_SHOWN ? " " : "");
    put_rest(p, reach->count, NAMES_SHOWN);
}

/* " (Goloman Hands Wilkes | Welsh)": the `count` pieces that the servers of `left` form. */
static void put_pieces(struct printer *p, struct herd_topology_row left, uint32_t count)
{
    struct topology_reach reach;
    put(p, " (");
    for (uint32_t i = 0; i < count && i < PIECES_SHOWN; i++) {
        herd_topology_reach(p->topology, herd_topology_next(&left, 0), &left, &reach);
        put_separator(p, i, " | ");
        put_reached(p, &reach);
        row_subtract(&left, &reach.servers);
    }
    put(p, count > PIECES_SHOWN ? " | " : "");
    put_rest(p, count, PIECES_SHOWN);
    put(p, ")");
}

static void put_advice(struct printer *p, uint32_t pieces)
{
    put(p, ": add ");
    put_count(p, pieces - 1, "link");
    put(p, " between them");
}

/* ---- warnings ---- */

static void warn_components(struct printer *p, const char *prefix)
{
    const struct herd_topology *t = p->topology;
    struct herd_topology_row all = {{0}};
    for (uint32_t i = 0; i < t->conf->server_count; i++)
        row_add(&all, i);
    put(p, prefix);
    put(p, "the herd is split into ");
    put_count(p, t->component_count, "part");
    put_pieces(p, all, t->component_count);
    put(p, " that are not connected");
    put_advice(p, t->component_count);
    put(p, "\n");
}

static void warn_cut(struct printer *p, const char *prefix, uint32_t server)
{
    const struct herd_topology *t = p->topology;
    uint32_t pieces = t->servers[server].pieces;
    struct herd_topology_row left;
    herd_topology_members(t, t->servers[server].component, server, &left);
    put(p, prefix);
    put(p, "if ");
    put_name(p, server);
    put(p, t->component_count > 1 ? " fails, its part of the herd splits into "
                                  : " fails, the herd splits into ");
    put_count(p, pieces, "part");
    put_pieces(p, left, pieces);
    put_advice(p, pieces);
    put(p, "\n");
}

static void warn_more(struct printer *p, const char *prefix, uint32_t count)
{
    put(p, prefix);
    put_count(p, count, "more server");
    put(p, count == 1 ? " splits the herd if it fails" : " split the herd if they fail");
    put(p, ": a ring of links through all servers would prevent that\n");
}

static void warn_all(struct printer *p, const char *prefix)
{
    const struct herd_topology *t = p->topology;
    uint32_t warned = 0;
    if (t->component_count > 1)
        warn_components(p, prefix);
    for (uint32_t i = 0; i < t->conf->server_count && warned < CUTS_WARNED; i++) {
        if (t->servers[i].pieces <= 1)
            continue;
        warn_cut(p, prefix, i);
        warned++;
    }
    if (t->cut_vertex_count > warned)
        warn_more(p, prefix, t->cut_vertex_count - warned);
}

int herd_topology_warn(const struct herd_topology *topology, const char *prefix,
                       struct herd_buf *out)
{
    struct printer p = {topology, out, HERD_OK};
    warn_all(&p, prefix);
    return p.rc;
}

/* ---- the report ---- */

static void print_size(struct printer *p)
{
    const struct herd_topology *t = p->topology;
    put(p, "# topology: ");
    put_count(p, t->conf->server_count, "server");
    put(p, ", ");
    put_count(p, t->conf->link_count, "link");
    put(p, ", ");
    if (t->degree_min != t->degree_max) {
        put_number(p, t->degree_min);
        put(p, " to ");
    }
    put_number(p, t->degree_max);
    put(p, " a server\n");
}

static void print_cost(struct printer *p)
{
    const struct herd_topology *t = p->topology;
    put(p, "# an update takes at most ");
    put_count(p, t->diameter, "hop");
    put(p, " and ");
    put_count(p, t->sends, "send");
    put(p, t->component_count > 1 ? " to reach its part of the herd\n"
                                  : " to reach the whole herd\n");
}

static void print_cuts(struct printer *p)
{
    const struct herd_topology *t = p->topology;
    uint32_t shown = 0;
    put(p, "# servers whose failure splits the herd: ");
    for (uint32_t i = 0; i < t->conf->server_count && shown < NAMES_SHOWN; i++) {
        if (t->servers[i].pieces <= 1)
            continue;
        put_separator(p, shown++, " ");
        put_name(p, i);
    }
    put(p, shown == 0 ? "none" : t->cut_vertex_count > shown ? " " : "");
    put_rest(p, t->cut_vertex_count, shown);
    put(p, "\n");
}

static void print_bridges(struct printer *p)
{
    const struct herd_topology *t = p->topology;
    uint32_t shown = 0;
    put(p, "# links whose failure splits the herd: ");
    for (uint32_t i = 0; i < t->conf->link_count && shown < NAMES_SHOWN; i++) {
        if (!t->bridges[i])
            continue;
        put_separator(p, shown++, ", ");
        put_name(p, t->conf->links[i].a);
        put(p, " ");
        put_name(p, t->conf->links[i].b);
    }
    put(p, shown == 0 ? "none" : t->bridge_count > shown ? " " : "");
    put_rest(p, t->bridge_count, shown);
    put(p, "\n");
}

int herd_topology_print(const struct herd_topology *topology, struct herd_buf *out)
{
    struct printer p = {topology, out, HERD_OK};
    print_size(&p);
    print_cost(&p);
    print_cuts(&p);
    print_bridges(&p);
    warn_all(&p, "# warning: ");
    return p.rc;
}
