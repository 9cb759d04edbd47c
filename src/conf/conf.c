/* SPDX-License-Identifier: ISC */
/* Freeing a configuration and looking things up in it. */
#include "herd/conf.h"

#include "table.h"

#include "herd/err.h"

static void free_text(const struct herd_conf *conf, char *text)
{
    if (text != NULL)
        herd_mem_free(conf->mem, text, strlen(text) + 1);
}

static void free_listen(const struct herd_conf *conf, struct herd_conf_listen *listen)
{
    for (uint32_t i = 0; i < listen->count; i++)
        free_text(conf, listen->list[i].host);
    herd_mem_free(conf->mem, listen->list, listen->count * sizeof *listen->list);
}

void herd_conf_free(struct herd_conf *conf)
{
    for (uint32_t i = 0; i < conf->server_count; i++) {
        free_text(conf, conf->servers[i].name);
        free_text(conf, conf->servers[i].client.host);
        free_text(conf, conf->servers[i].peer.host);
        free_listen(conf, &conf->servers[i].client_listen);
        free_listen(conf, &conf->servers[i].peer_listen);
    }
    herd_mem_free(conf->mem, conf->servers, conf->server_count * sizeof *conf->servers);
    herd_mem_free(conf->mem, conf->links, conf->link_count * sizeof *conf->links);
    for (size_t i = 0; i < CONF_OPTION_COUNT; i++)
        free_text(conf, herd_conf_text(conf, &herd_conf_options[i]));
    *conf = (struct herd_conf){0};
}

int64_t herd_conf_find(const struct herd_conf *conf, struct herd_slice name)
{
    for (uint32_t i = 0; i < conf->server_count; i++) {
        if (herd_slice_eq(herd_slice_str(conf->servers[i].name), name))
            return i;
    }
    return HERD_EUNKNOWN;
}

bool herd_conf_linked(const struct herd_conf *conf, uint32_t a, uint32_t b)
{
    struct herd_conf_link want =
        a < b ? (struct herd_conf_link){a, b} : (struct herd_conf_link){b, a};
    uint32_t from = 0, to = conf->link_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        const struct herd_conf_link *link = &conf->links[middle];
        if (link->a == want.a && link->b == want.b)
            return true;
        if (link->a < want.a || (link->a == want.a && link->b < want.b))
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}
