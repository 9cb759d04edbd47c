/* SPDX-License-Identifier: ISC */
#include "look.h"

#include "io/address.h"
#include "io/sock.h"
#include "io/sock_probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { DIAL_MS = 1000 };

/* ---- the pid file ---- */

/* False: it does not decide the matter. */
static bool look_at_pidfile(struct look *look, const struct servers *servers,
                            struct io_pidfile_view view)
{
    if (view.state == IO_PIDFILE_LOCKED) {
        look->state = LOOK_RUNS;
        look->pid = view.pid;
        if (view.pid == 0)
            herd_error_set(&look->why,
                           "its process is not visible from here: it is in another pid "
                           "namespace (a container), or on another machine that shares "
                           "run-dir; stop it there");
        return true;
    }
    if (view.state == IO_PIDFILE_UNKNOWN) {
        look->state = LOOK_UNKNOWN;
        herd_error_set(&look->why,
                       "cannot look at its pid file in %.200s: %s; run herdctl as the user "
                       "that started the server",
                       servers->conf.run_dir, strerror(view.err));
        return true;
    }
    return false;
}

/* ---- sockets ---- */

/* Whether a dial that was started has succeeded; closes the descriptor. */
static bool is_accepted(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
    bool accepted = poll(&pollfd, 1, DIAL_MS) == 1 && io_sock_error(fd) == 0;
    (void)close(fd);
    return accepted;
}

static bool look_at_control(struct look *look, const struct servers *servers,
                            const char *name)
{
    struct herd_error_text error;
    char path[IO_PATH_MAX];
    if (!servers_path(servers, servers->conf.run_dir, name, ".sock", path))
        return false;
    int fd = io_sock_dial_unix(path, &error);
    if (fd < 0 || !is_accepted(fd))
        return false;
    look->state = LOOK_RUNS;
    look->lost = true;
    herd_error_set(&look->why,
                   "its pid file in %.200s is missing or was replaced, so its "
                   "process is not known; it makes the file anew within %d s",
                   servers->conf.run_dir, (LOOK_REMADE_MS + 999) / 1000);
    return true;
}

static bool is_foreign_host(const char *host)
{
    struct herd_error_text error;
    struct io_addrs addrs;
    if (io_addrs_lookup(&addrs, host, 0, &error) != HERD_OK)
        return false;
    for (size_t i = 0; i < addrs.count; i++) {
        int err = io_sock_probe(&addrs.list[i]);
        if (err != EADDRNOTAVAIL && err != EAFNOSUPPORT)
            return false;
    }
    return true;
}

/* The first host at which a role listens and this machine cannot; NULL: there is none. Only
 * what certainly cannot be listened on counts: a name that is not found may be one of this
 * machine all the same. */
static const char *foreign_host(const struct herd_conf_addr *reached,
                                const struct herd_conf_listen *listen)
{
    if (listen->count == 0)
        return is_foreign_host(reached->host) ? reached->host : NULL;
    for (uint32_t i = 0; i < listen->count; i++)
        if (is_foreign_host(listen->list[i].host))
            return listen->list[i].host;
    return NULL;
}

static bool look_at_addresses(struct look *look, const struct herd_conf_server *server)
{
    const char *host = foreign_host(&server->peer, &server->peer_listen);
    if (host == NULL)
        host = foreign_host(&server->client, &server->client_listen);
    if (host == NULL)
        return false;
    look->state = LOOK_ELSEWHERE;
    herd_error_set(&look->why, "this machine does not have its address %.256s", host);
    return true;
}

/* A server that ends removes its pid file and its socket; so without them it is down,
 * unless it was not the server who removed them. */
static bool look_at_clients(struct look *look, const struct servers *servers,
                            const struct herd_conf_server *server)
{
    struct herd_error_text error;
    struct io_addr addr;
    char text[SERVERS_ADDRESS];
    if (io_addr_lookup(&addr, io_address_reachable(server->client.host),
                       server->client.port, &error) != HERD_OK)
        return false;
    int fd = io_sock_dial(&addr, &error);
    if (fd < 0 || !is_accepted(fd))
        return false;
    look->state = LOOK_UNKNOWN;
    look->lost = true;
    servers_address(&server->client, text);
    herd_error_set(&look->why,
                   "its pid file and socket are not in %.128s, but something accepts "
                   "connections at %.128s: another program, or this server, whose files "
                   "somebody removed; then it makes them anew within %d s: look again",
                   servers->conf.run_dir, text, (LOOK_REMADE_MS + 999) / 1000);
    return true;
}

void look_for(struct look *look, const struct servers *servers, uint32_t i)
{
    const struct herd_conf_server *server = &servers->conf.servers[i];
    struct io_pidfile_view view = servers_pidfile(servers, server->name);
    *look = (struct look){.state = LOOK_DOWN};
    if (look_at_pidfile(look, servers, view) ||
        look_at_control(look, servers, server->name) || look_at_addresses(look, server))
        return;
    if (view.state == IO_PIDFILE_MISSING)
        (void)look_at_clients(look, servers, server);
}
