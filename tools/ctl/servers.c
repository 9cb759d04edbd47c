/* SPDX-License-Identifier: ISC */
#include "servers.h"

#include "escape.h"
#include "herd/err.h"
#include "io/address.h"
#include "io/mem.h"

#include <errno.h>
#include <stdio.h>

int servers_open(struct servers *servers, const char *conf_path)
{
    static const char advice[] = "give its file with -c, or a server with -s HOST:PORT";
    servers->conf_path = io_conf_file_find("herdctl", conf_path);
    if (servers->conf_path == NULL) {
        ctl_error(CTL_USAGE, "%s", advice);
        return CTL_USAGE;
    }
    int rc = io_conf_file_read(&servers->conf, &io_mem, "herdctl", servers->conf_path);
    if (rc == HERD_ESYS)
        ctl_error(CTL_USAGE, "no configuration: %s", advice);
    return rc == HERD_OK ? CTL_OK : CTL_USAGE;
}

void servers_close(struct servers *servers)
{
    herd_conf_free(&servers->conf);
}

bool servers_path(const struct servers *servers, const char *folder, const char *name,
                  const char *suffix, char *out)
{
    if (io_conf_file_path(out, servers->conf_path, folder, name, suffix) == HERD_OK)
        return true;
    ctl_error(CTL_FAILED, "%s: the path of its %s file is too long", name, suffix);
    return false;
}

struct io_pidfile_view servers_pidfile(const struct servers *servers, const char *name)
{
    char path[IO_PATH_MAX];
    if (servers_path(servers, servers->conf.run_dir, name, ".pid", path))
        return io_pidfile_look(path);
    return (struct io_pidfile_view){.state = IO_PIDFILE_UNKNOWN, .err = ENAMETOOLONG};
}

void servers_address(const struct herd_conf_addr *addr, char *out)
{
    bool six = strchr(addr->host, ':') != NULL;
    (void)snprintf(out, SERVERS_ADDRESS, "%s%s%s:%u", six ? "[" : "", addr->host,
                   six ? "]" : "", (unsigned)addr->port);
}

static int64_t find(const struct servers *servers, const char *name)
{
    int64_t i = herd_conf_find(&servers->conf, herd_slice_str(name));
    if (i >= 0)
        return i;
    char known[512] = "", shown[HERD_CONF_NAME_MAX * HERD_ESCAPE_GROWTH];
    struct herd_slice rest = herd_slice_str(name);
    size_t used = 0, len = herd_escape(shown, sizeof shown, &rest, HERD_ESCAPE_VISIBLE);
    for (uint32_t k = 0; k < servers->conf.server_count && used < sizeof known; k++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s %s",
                                 k > 0 ? "," : "", servers->conf.servers[k].name);
    ctl_error(CTL_USAGE, "%s has no server \"%.*s%s\"; it has%s%s", servers->conf_path,
              (int)len, shown, rest.len > 0 ? "..." : "", known,
              used < sizeof known ? "" : "...");
    return -1;
}

static void add(struct selection *selection, uint32_t i)
{
    for (uint32_t k = 0; k < selection->count; k++)
        if (selection->index[k] == i)
            return;
    selection->index[selection->count++] = i;
}

int servers_select(struct selection *selection, const struct servers *servers,
                   const struct ctl *ctl, int count, char **names)
{
    const char *given[] = {ctl->server};
    bool by_flag = count == 0 && ctl->server_given;
    selection->count = 0;
    selection->named = count > 0 || by_flag;
    for (int k = 0; k < (by_flag ? 1 : count); k++) {
        int64_t i = find(servers, by_flag ? given[k] : names[k]);
        if (i < 0) {
            selection->count = 0;
            return CTL_USAGE;
        }
        add(selection, (uint32_t)i);
    }
    for (uint32_t i = 0; !selection->named && i < servers->conf.server_count; i++)
        add(selection, i);
    return CTL_OK;
}

/* ---- endpoints ---- */

static void endpoint_of_server(struct endpoint *endpoint,
                               const struct herd_conf_server *server)
{
    (void)snprintf(endpoint->name, sizeof endpoint->name, "%s", server->name);
    (void)snprintf(endpoint->host, sizeof endpoint->host, "%s",
                   io_address_reachable(server->client.host));
    endpoint->port = server->client.port;
    servers_address(&server->client, endpoint->address);
}

static int endpoint_of_address(struct endpoint *endpoint, const char *text)
{
    if (io_address_read(text, endpoint->host, sizeof endpoint->host, &endpoint->port) !=
        HERD_OK)
        return ctl_error(CTL_USAGE,
                         "-s %s: neither NAME, HOST:PORT nor [IPV6-ADDRESS]:PORT", text);
    (void)snprintf(endpoint->name, sizeof endpoint->name, "%s", text);
    (void)snprintf(endpoint->address, sizeof endpoint->address, "%s", text);
    return CTL_OK;
}

static uint32_t first_running(const struct servers *servers)
{
    for (uint32_t i = 0; i < servers->conf.server_count; i++)
        if (servers_pidfile(servers, servers->conf.servers[i].name).state ==
            IO_PIDFILE_LOCKED)
            return i;
    return 0;
}

int servers_endpoint(struct endpoint *endpoint, const struct ctl *ctl)
{
    struct servers servers;
    if (ctl->server != NULL && strchr(ctl->server, ':') != NULL)
        return endpoint_of_address(endpoint, ctl->server);
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int64_t i = ctl->server != NULL ? find(&servers, ctl->server)
                                    : (int64_t)first_running(&servers);
    if (i >= 0)
        endpoint_of_server(endpoint, &servers.conf.servers[i]);
    servers_close(&servers);
    return i >= 0 ? CTL_OK : CTL_USAGE;
}
