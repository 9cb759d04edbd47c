/* SPDX-License-Identifier: ISC */
#include "read.h"

#include "decimal.h"

#include <inttypes.h>

enum role { CLIENT, PEER, ROLES };

static const char *const role_names[ROLES] = {"client", "peer"};

struct address {
    struct herd_slice text; /* empty: not given */
    struct herd_slice host; /* without brackets */
    uint16_t port;
};

/* All slices are of the file: a word with backslashes is neither a name nor a host. */
struct server {
    struct herd_slice name;
    struct address address[ROLES];
    struct address listen[ROLES][HERD_CONF_LISTEN_MAX];
    uint32_t listen_count[ROLES];
    int role; /* the one that `listen` is about; ROLES: none was given yet */
};

/* Splits `text` at its last colon into host and port; false: it has no colon. */
static bool split_address(struct herd_slice text, struct herd_slice *host,
                          struct herd_slice *port)
{
    size_t colon = text.len;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *host = herd_slice(text.data, colon - 1);
    *port = herd_slice_from(text, colon);
    return true;
}

/* A host in brackets must contain a colon, another one must not; `%` begins a zone. */
static bool is_host(struct herd_slice host, bool brackets)
{
    bool colon = false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.data[i];
        colon = colon || c == ':';
        if (!herd_conf_is_name_byte(c) && !(brackets && (c == ':' || c == '%')))
            return false;
    }
    return host.len > 0 && colon == brackets;
}

static bool read_port(struct conf_reader *reader, struct herd_slice text, uint16_t *port)
{
    uint64_t value = 0;
    if (herd_uint_parse(text, UINT16_MAX, &value) != HERD_OK) {
        herd_conf_error(reader,
                        "server: %s is not a port: a number from 0 to 65535 is expected",
                        herd_conf_quote(reader, text));
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* Removes the brackets of an IPv6 host; false: it is no host. */
static bool read_host(struct herd_slice *host)
{
    bool brackets =
        host->len > 1 && host->data[0] == '[' && host->data[host->len - 1] == ']';
    if (brackets)
        *host = herd_slice(host->data + 1, host->len - 2);
    return is_host(*host, brackets);
}

/* Sets address->text only if the whole address is valid. */
static void read_address(struct conf_reader *reader, struct herd_slice text,
                         struct address *address)
{
    struct herd_slice port;
    if (!split_address(text, &address->host, &port) || !read_host(&address->host))
        herd_conf_error(
            reader, "server: %s is not an address: HOST:PORT or [IPv6]:PORT is expected",
            herd_conf_quote(reader, text));
    else if (address->host.len > HERD_CONF_HOST_MAX)
        herd_conf_error(reader,
                        "server: %s is too long: a host of 1 to %d bytes is expected",
                        herd_conf_quote(reader, address->host), HERD_CONF_HOST_MAX);
    else if (read_port(reader, port, &address->port))
        address->text = text;
}

static void check_name(struct conf_reader *reader, struct herd_slice name)
{
    if (!herd_conf_is_name(name))
        herd_conf_error(reader, "server: %s is not a name: " CONF_NAME_RULE,
                        herd_conf_quote(reader, name), HERD_CONF_NAME_MAX);
    else if (herd_conf_find(reader->conf, name) >= 0)
        herd_conf_error(reader, "server: %s is already the name of another server",
                        herd_conf_quote(reader, name));
}

static int role_of(struct herd_slice word)
{
    int role = CLIENT;
    while (role < ROLES && !herd_slice_eq(word, herd_slice_str(role_names[role])))
        role++;
    return role;
}

/* The address after the word `after`; false: there is none, or an error ends the line. */
static bool read_value(struct conf_reader *reader, const char *after,
                       struct herd_slice *text)
{
    enum conf_word kind = herd_conf_read_word(reader, text);
    if (kind == CONF_END)
        herd_conf_error(reader, "server: HOST:PORT is expected after %s", after);
    return kind == CONF_WORD;
}

/* `listen HOST:PORT`, of the role before it. */
static bool read_listen(struct conf_reader *reader, struct server *server)
{
    struct herd_slice text;
    int role = server->role;
    if (role == ROLES) {
        herd_conf_error(reader, "server: listen is expected after client HOST:PORT or peer "
                                "HOST:PORT, whose connections it accepts");
        return false;
    }
    if (!read_value(reader, "listen", &text))
        return false;
    if (server->listen_count[role] == HERD_CONF_LISTEN_MAX)
        herd_conf_error(reader, "server: more than %d listen addresses of the %s address",
                        HERD_CONF_LISTEN_MAX, role_names[role]);
    else
        read_address(reader, text, &server->listen[role][server->listen_count[role]++]);
    return true;
}

/* Reads `client HOST:PORT`, `peer HOST:PORT` or `listen HOST:PORT`; false: the line has
 * ended, or an error ends its parsing. */
static bool read_role(struct conf_reader *reader, struct server *server)
{
    struct herd_slice word, text;
    if (herd_conf_read_word(reader, &word) != CONF_WORD)
        return false;
    if (herd_slice_eq(word, HERD_LIT("listen")))
        return read_listen(reader, server);
    int role = role_of(word);
    if (role == ROLES) {
        herd_conf_error(reader,
                        "server: %s is unexpected: client, peer or listen is "
                        "expected",
                        herd_conf_quote(reader, word));
        return false;
    }
    if (!read_value(reader, role_names[role], &text))
        return false;
    server->role = role;
    if (server->address[role].text.len > 0)
        herd_conf_error(reader,
                        "server: the %s address is set twice; further addresses to "
                        "listen on are given with listen",
                        role_names[role]);
    else
        read_address(reader, text, &server->address[role]);
    return true;
}

/* Port 0 is no address: the system chooses a free port for each. */
static bool same_address(const struct address *a, struct herd_slice host, uint16_t port)
{
    return a->port == port && port != 0 && herd_slice_eq(a->host, host);
}

static void check_address(struct conf_reader *reader, const struct address *a)
{
    for (uint32_t i = 0; i < reader->conf->server_count; i++) {
        const struct herd_conf_server *other = &reader->conf->servers[i];
        bool client =
            same_address(a, herd_slice_str(other->client.host), other->client.port);
        bool peer = same_address(a, herd_slice_str(other->peer.host), other->peer.port);
        if (client || peer)
            herd_conf_error(reader, "server: %s is already the %s address of %s",
                            herd_conf_quote(reader, a->text),
                            role_names[client ? CLIENT : PEER], other->name);
    }
}

/* The addresses that a role listens on. */
static const struct address *listens(const struct server *server, int role, uint32_t *count)
{
    *count = server->listen_count[role] > 0 ? server->listen_count[role] : 1;
    return server->listen_count[role] > 0 ? server->listen[role] : &server->address[role];
}

/* Other servers may listen on the same addresses of other machines, so only those of this
 * one are compared. */
static void check_listens(struct conf_reader *reader, const struct server *server)
{
    const struct address *all[ROLES];
    uint32_t count[ROLES];
    for (int role = 0; role < ROLES; role++)
        all[role] = listens(server, role, &count[role]);
    for (int role = 0; role < ROLES; role++) {
        for (uint32_t i = 0; i < count[role]; i++) {
            const struct address *a = &all[role][i];
            bool twice = false;
            for (uint32_t k = 0; k < i; k++)
                twice = twice || same_address(a, all[role][k].host, all[role][k].port);
            for (uint32_t k = 0; role == PEER && k < count[CLIENT]; k++)
                twice = twice || same_address(a, all[CLIENT][k].host, all[CLIENT][k].port);
            if (twice)
                herd_conf_error(reader, "server: it cannot listen on %s twice",
                                herd_conf_quote(reader, a->text));
        }
    }
}

static void check_server(struct conf_reader *reader, const struct server *server)
{
    const struct address *client = &server->address[CLIENT];
    const struct address *peer = &server->address[PEER];
    for (int role = 0; role < ROLES; role++) {
        if (server->address[role].text.len == 0)
            herd_conf_error(reader, "server: %s HOST:PORT is missing", role_names[role]);
        else
            check_address(reader, &server->address[role]);
    }
    if (same_address(client, peer->host, peer->port))
        herd_conf_error(reader, "server: %s cannot be both the client and the peer address",
                        herd_conf_quote(reader, client->text));
    else
        check_listens(reader, server);
}

static void copy_listen(struct conf_reader *reader, const struct server *from, int role,
                        struct herd_conf_listen *listen)
{
    const struct herd_mem *mem = reader->conf->mem;
    uint32_t count = from->listen_count[role];
    *listen = (struct herd_conf_listen){NULL, 0};
    if (count == 0)
        return;
    listen->list = herd_mem_zalloc(mem, count * sizeof *listen->list);
    if (listen->list == NULL) {
        reader->rc = HERD_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct address *address = &from->listen[role][i];
        struct herd_conf_addr *addr = &listen->list[listen->count++];
        addr->host = herd_conf_copy(reader, address->host);
        addr->port = address->port;
    }
}

/* A text that cannot be copied stays NULL, which herd_conf_free accepts. */
static void add_server(struct conf_reader *reader, const struct server *from)
{
    struct herd_conf *conf = reader->conf;
    size_t size = conf->server_count * sizeof *conf->servers;
    struct herd_conf_server *servers =
        herd_mem_resize(conf->mem, conf->servers, size, size + sizeof *conf->servers);
    if (servers == NULL) {
        reader->rc = HERD_ENOMEM;
        return;
    }
    conf->servers = servers;
    struct herd_conf_server *server = &conf->servers[conf->server_count++];
    *server = (struct herd_conf_server){
        .name = herd_conf_copy(reader, from->name),
        .client.host = herd_conf_copy(reader, from->address[CLIENT].host),
        .client.port = from->address[CLIENT].port,
        .peer.host = herd_conf_copy(reader, from->address[PEER].host),
        .peer.port = from->address[PEER].port,
    };
    copy_listen(reader, from, CLIENT, &server->client_listen);
    copy_listen(reader, from, PEER, &server->peer_listen);
}

void herd_conf_read_server(struct conf_reader *reader)
{
    struct server server = {.name = {"", 0}, .role = ROLES};
    uint32_t before = reader->error_count;
    reader->server_given = true;
    enum conf_word kind = herd_conf_read_word(reader, &server.name);
    if (kind == CONF_END)
        herd_conf_error(reader, "server: the name is missing: NAME client HOST:PORT peer "
                                "HOST:PORT is expected");
    if (kind != CONF_WORD)
        return;
    check_name(reader, server.name);
    while (read_role(reader, &server))
        ;
    if (reader->error_count == before)
        check_server(reader, &server);
    if (reader->error_count > before)
        return;
    if (reader->conf->server_count == HERD_CONF_SERVERS_MAX)
        herd_conf_error(reader,
                        "server: there are already %d servers, which is the maximum",
                        HERD_CONF_SERVERS_MAX);
    else
        add_server(reader, &server);
}
