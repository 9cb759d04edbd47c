/* SPDX-License-Identifier: ISC */
#include "control_socket.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 8192 }; /* of a control line, without LF */

int control_socket_check_clients(const char *verb, int count, char **clients)
{
    if (count == 0)
        return ctl_error(CTL_USAGE,
                         "usage: %s CLIENT..., for example\n  %s kiwi.cs.ucla.edu", verb,
                         verb);
    for (int i = 0; i < count; i++) {
        if (clients[i][0] == '\0')
            return ctl_error(CTL_USAGE, "CLIENT is empty");
        for (const char *at = clients[i]; *at != '\0'; at++)
            if ((unsigned char)*at <= ' ' || *at == 0x7f)
                return ctl_error(CTL_USAGE,
                                 "CLIENT \"%.100s\" contains white space or a control "
                                 "byte; no client can have that name",
                                 clients[i]);
    }
    return CTL_OK;
}

/* ---- the server ---- */

int control_socket_dial_server(const struct servers *servers, uint32_t i, struct wire *wire)
{
    const char *name = servers->conf.servers[i].name;
    char path[IO_PATH_MAX];
    if (io_conf_file_path(path, servers->conf_path, servers->conf.run_dir, name, ".sock") !=
        HERD_OK)
        return ctl_error(CTL_FAILED, "%s: the path of its .sock file is too long", name);
    return wire_dial_unix(wire, name, path);
}

int control_socket_check_server(const struct ctl *ctl, const char *verb)
{
    if (ctl->server == NULL || strchr(ctl->server, ':') == NULL)
        return CTL_OK;
    return ctl_error(CTL_USAGE,
                     "-s %s: %s needs the name of a server, whose control socket "
                     "is in the run-dir of the configuration",
                     ctl->server, verb);
}

int control_socket_dial(const struct ctl *ctl, const struct servers *servers,
                        struct wire *wire, uint32_t *i)
{
    struct selection selection;
    int status = CTL_DOWN;
    if (ctl->server != NULL) {
        char *name[] = {(char *)(uintptr_t)ctl->server};
        if (servers_select(&selection, servers, ctl, 1, name) != CTL_OK)
            return CTL_USAGE;
        *i = selection.index[0];
        status = control_socket_dial_server(servers, *i, wire);
        if (status != CTL_OK && status != CTL_FAILED)
            ctl_error(status, "%s", wire->error.text);
        return status;
    }
    for (uint32_t k = 0; k < servers->conf.server_count && status != CTL_OK; k++) {
        *i = k;
        status = control_socket_dial_server(servers, k, wire);
    }
    if (status != CTL_OK)
        ctl_error(status,
                  "no server of %s runs on this machine, or none accepts "
                  "operators; the last one: %s",
                  servers->conf_path, wire->error.text);
    return status;
}

/* ---- commands ---- */

int control_socket_ask(struct wire *wire, const char *verb, const char *client,
                       struct herd_slice *reply, bool *refused)
{
    char line[LINE_MAX_BYTES + 1];
    int len = snprintf(line, sizeof line, "%s %s", verb, client);
    *refused = false;
    if (len < 0 || (size_t)len >= sizeof line)
        return ctl_error(CTL_FAILED, "CLIENT \"%.40s...\" is too long", client);
    int status = wire_send(wire, herd_slice(line, (size_t)len));
    if (status == CTL_OK)
        status = wire_receive(wire, reply);
    if (status != CTL_OK)
        return ctl_error(status, "%s", wire->error.text);
    if (reply->data[reply->len - 1] != '\n')
        return ctl_error(CTL_FAILED, "%s closed the connection in the middle of a reply",
                         wire->name);
    reply->len--;
    *refused = reply->len == 0 || reply->data[0] == '?';
    return *refused ? CTL_FAILED : CTL_OK;
}
