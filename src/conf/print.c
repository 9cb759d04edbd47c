/* SPDX-License-Identifier: ISC */
/* The normal form of a configuration. */
#include "herd/conf.h"

#include "table.h"
#include "words.h"

#include "decimal.h"
#include "herd/err.h"

/* Appends to `out` until the first error, which is kept in `rc`. */
struct printer {
    struct herd_buf *out;
    int rc;
};

static void put(struct printer *p, struct herd_slice text)
{
    if (p->rc == HERD_OK)
        p->rc = herd_buf_append(p->out, text);
}

static void put_text(struct printer *p, const char *text)
{
    put(p, herd_slice_str(text));
}

/* `number` is 0 or more, as every option is. */
static void put_number(struct printer *p, int64_t number)
{
    char digits[HERD_UINT_TEXT];
    put(p, herd_slice(digits, herd_uint_print((uint64_t)number, digits)));
}

static void put_word(struct printer *p, const char *text)
{
    if (!herd_conf_needs_quotes(herd_slice_str(text))) {
        put_text(p, text);
        return;
    }
    put_text(p, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            put_text(p, "\\");
        put(p, herd_slice(text, 1));
    }
    put_text(p, "\"");
}

static void put_address(struct printer *p, const struct herd_conf_addr *addr)
{
    bool brackets = strchr(addr->host, ':') != NULL;
    put_text(p, brackets ? "[" : "");
    put_text(p, addr->host);
    put_text(p, brackets ? "]:" : ":");
    put_number(p, addr->port);
}

static void put_place(struct printer *p, const char *role,
                      const struct herd_conf_addr *addr,
                      const struct herd_conf_listen *listen)
{
    put_text(p, role);
    put_address(p, addr);
    for (uint32_t i = 0; i < listen->count; i++) {
        put_text(p, " listen ");
        put_address(p, &listen->list[i]);
    }
}

static void put_server(struct printer *p, const struct herd_conf_server *server)
{
    put_text(p, "server ");
    put_text(p, server->name);
    put_place(p, "  client ", &server->client, &server->client_listen);
    put_place(p, "  peer ", &server->peer, &server->peer_listen);
    put_text(p, "\n");
}

/* The links are in ascending order, so those of one first server form one line. */
static void put_links(struct printer *p, const struct herd_conf *conf)
{
    for (uint32_t i = 0; i < conf->link_count; i++) {
        const struct herd_conf_link *link = &conf->links[i];
        if (i == 0 || link[-1].a != link->a) {
            put_text(p, "\nlink ");
            put_text(p, conf->servers[link->a].name);
        }
        put_text(p, " ");
        put_text(p, conf->servers[link->b].name);
    }
    put_text(p, conf->link_count > 0 ? "\n" : "");
}

/* A value of the option's type: `number` for INT and BOOL, `text` for TEXT. */
static void put_value(struct printer *p, const struct conf_option *option, int64_t number,
                      const char *text)
{
    switch (option->type) {
    case CONF_INT: put_number(p, number); break;
    case CONF_BOOL: put_text(p, number != 0 ? "yes" : "no"); break;
    case CONF_TEXT: put_word(p, text); break;
    }
}

/* The comment has the description, the allowed values and the default. */
static void put_option(struct printer *p, const struct herd_conf *conf,
                       const struct conf_option *option)
{
    put_text(p, "\n# ");
    put_text(p, option->description);
    put_text(p, "\n# (");
    if (option->type == CONF_INT) {
        put_number(p, option->min);
        put_text(p, " to ");
        put_number(p, option->max);
        put_text(p, " ");
    }
    put_text(p, option->unit);
    put_text(p, "; default ");
    put_value(p, option, option->number, option->text);
    put_text(p, ")\n");
    put_text(p, option->name);
    put_text(p, " ");
    put_value(p, option, herd_conf_number(conf, option), herd_conf_text(conf, option));
    put_text(p, "\n");
}

int herd_conf_print(const struct herd_conf *conf, struct herd_buf *out)
{
    struct printer p = {out, HERD_OK};
    for (uint32_t i = 0; i < conf->server_count; i++)
        put_server(&p, &conf->servers[i]);
    put_links(&p, conf);
    for (size_t i = 0; i < CONF_OPTION_COUNT; i++)
        put_option(&p, conf, &herd_conf_options[i]);
    return p.rc;
}
