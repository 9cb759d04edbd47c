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

/* Only what certainly cannot be listened on counts: a name that is not found may be one of
 * this machine all the same. */
static bool is_foreign(const struct herd_conf_addr *at)
{
    struct herd_error_text error;
    struct io_addr addr;
    if (io_addr_lookup(&addr, at->host, 0, &error) != HERD_OK)
        return false;
    int err = io_sock_probe(&addr);
    return err == EADDRNOTAVAIL || err == EAFNOSUPPORT;
}

static bool look_at_addresses(struct look *look, const struct herd_conf_server *server)
{
    const struct herd_conf_addr *foreign = is_foreign(&server->peer)     ? &server->peer
                                           : is_foreign(&server->client) ? &server->client
                                                                         : NULL;
    if (foreign == NULL)
        return false;
    look->state = LOOK_ELSEWHERE;
    herd_error_set(&look->why, "this machine does not have its address %.256s",
                   foreign->host);
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
