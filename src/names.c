/* SPDX-License-Identifier: ISC */
#include "names.h"

#include "io/clock.h"
#include "io/lookup.h"
#include "io/mem.h"
#include "io/own_name.h"

#include <stdio.h>

enum { TIME_MS = 5000, WARNINGS_MAX = 16 };

struct name {
    struct io_lookup lookup;
    const char *server, *role; /* borrowed from the configuration */
    bool listens;              /* the server listens there */
    struct names *names;
};

struct names {
    struct io_loop *loop;
    struct io_resolver *resolver;
    struct name *list;
    size_t count, open; /* `open`: without an answer yet */
    size_t warnings;
};

static void warn(struct names *names, const char *text)
{
    if (names->warnings++ < WARNINGS_MAX)
        fprintf(stderr, "herd: warning: %s\n", text);
}

static void on_answer(void *arg, const struct io_addrs *addrs, const char *error)
{
    struct name *name = arg;
    struct herd_error_text text;
    name->names->open--;
    if (addrs == NULL) {
        herd_error_set(&text, "%s address of %s: %s; %s", name->role, name->server, error,
                       name->listens ? "this server does not start where that is so"
                                     : "it is looked up again whenever it is dialled");
        warn(name->names, text.text);
    } else if (name->listens && io_own_name_warn(&text, name->server, name->role,
                                                 name->lookup.host, addrs)) {
        warn(name->names, text.text);
    }
}

/* A number needs no lookup. */
static void add(struct names *names, const struct herd_conf_server *server,
                const char *role, const struct herd_conf_addr *addr, bool listens)
{
    struct io_addrs addrs;
    struct herd_error_text error;
    struct name *name = &names->list[names->count];
    if (io_addrs_read(&addrs, addr->host, addr->port, &error) != HERD_EUNKNOWN)
        return;
    names->count++;
    *name = (struct name){.server = server->name,
                          .role = role,
                          .listens = listens,
                          .names = names,
                          .lookup = {.host = addr->host, .done = on_answer, .arg = name}};
}

static void add_role(struct names *names, const struct herd_conf_server *server,
                     const char *role, const struct herd_conf_addr *reached,
                     const struct herd_conf_listen *listen)
{
    add(names, server, role, reached, listen->count == 0);
    for (uint32_t i = 0; i < listen->count; i++)
        add(names, server, role, &listen->list[i], true);
}

static void look_up_all(struct names *names)
{
    struct herd_mono end = herd_mono_add_ms(io_clock_mono(), TIME_MS);
    struct herd_error_text error;
    for (size_t i = 0; i < names->count; i++) {
        if (io_resolver_start(names->resolver, &names->list[i].lookup, &error) == HERD_OK)
            names->open++;
        else
            warn(names, error.text);
    }
    while (names->open > 0 && !herd_mono_reached(io_clock_mono(), end) &&
           io_loop_turn(names->loop, end) >= 0)
        ;
    if (names->open > 0) {
        herd_error_set(&error, "%zu names without an answer of the resolver in %d s",
                       names->open, TIME_MS / 1000);
        warn(names, error.text);
    }
    if (names->warnings > WARNINGS_MAX)
        fprintf(stderr, "herd: warning: ... and %zu more about names\n",
                names->warnings - WARNINGS_MAX);
}

void names_warn(const struct herd_conf *conf)
{
    struct names names = {.loop = io_loop_new(&io_mem)};
    size_t most = 0;
    for (uint32_t i = 0; i < conf->server_count; i++)
        most +=
            2 + conf->servers[i].client_listen.count + conf->servers[i].peer_listen.count;
    names.list = herd_mem_zalloc(&io_mem, most * sizeof *names.list);
    if (names.loop != NULL)
        names.resolver = io_resolver_new(&io_mem, names.loop, NULL);
    if (names.resolver != NULL && names.list != NULL) {
        for (uint32_t i = 0; i < conf->server_count; i++) {
            const struct herd_conf_server *server = &conf->servers[i];
            add_role(&names, server, "client", &server->client, &server->client_listen);
            add_role(&names, server, "peer", &server->peer, &server->peer_listen);
        }
        look_up_all(&names);
    }
    io_resolver_free(names.resolver);
    io_loop_free(names.loop);
    herd_mem_free(&io_mem, names.list, most * sizeof *names.list);
}
