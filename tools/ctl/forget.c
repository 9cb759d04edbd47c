/* SPDX-License-Identifier: ISC */
/* herdctl forget: has one server tell the herd to forget clients. */
#include "ctl.h"
#include "escape.h"
#include "io/mem.h"
#include "wire.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 8192 }; /* of a control line, without LF */

static int check_clients(int count, char **clients)
{
    if (count == 0)
        return ctl_error(CTL_USAGE, "usage: forget CLIENT..., for example\n  forget "
                                    "kiwi.cs.ucla.edu");
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

static int dial_server(const struct servers *servers, uint32_t i, struct wire *wire)
{
    const char *name = servers->conf.servers[i].name;
    char path[IO_PATH_MAX];
    if (io_conf_file_path(path, servers->conf_path, servers->conf.run_dir, name, ".sock") !=
        HERD_OK)
        return ctl_error(CTL_FAILED, "%s: the path of its .sock file is too long", name);
    return wire_dial_unix(wire, name, path);
}

/* Connects to the control socket of the server of -s or HERD_SERVER, or else of the first
 * one that accepts. */
static int dial(const struct ctl *ctl, const struct servers *servers, struct wire *wire)
{
    struct selection selection;
    int status = CTL_DOWN;
    if (ctl->server != NULL) {
        char *name[] = {(char *)(uintptr_t)ctl->server};
        if (servers_select(&selection, servers, ctl, 1, name) != CTL_OK)
            return CTL_USAGE;
        status = dial_server(servers, selection.index[0], wire);
        if (status != CTL_OK && status != CTL_FAILED)
            ctl_error(status, "%s", wire->error.text);
        return status;
    }
    for (uint32_t i = 0; i < servers->conf.server_count && status != CTL_OK; i++)
        status = dial_server(servers, i, wire);
    if (status != CTL_OK)
        ctl_error(status,
                  "no server of %s runs on this machine, or none accepts "
                  "operators; the last one: %s",
                  servers->conf_path, wire->error.text);
    return status;
}

/* ---- one client ---- */

/* Sends FORGET and receives the reply, which lives until the next call. CTL_OK;
 * CTL_FAILED with *refused: the reply begins with '?'. Prints other errors. */
static int exchange(struct wire *wire, const char *client, struct herd_slice *reply,
                    bool *refused)
{
    char line[LINE_MAX_BYTES + 1];
    int len = snprintf(line, sizeof line, "FORGET %s", client);
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

static bool add_text(cJSON *object, const char *key, struct herd_slice value)
{
    char *text = malloc(value.len * HERD_ESCAPE_GROWTH + 1);
    if (text == NULL)
        return false;
    size_t len =
        herd_escape(text, value.len * HERD_ESCAPE_GROWTH, &value, HERD_ESCAPE_LINE);
    text[len] = '\0';
    cJSON *added = cJSON_AddStringToObject(object, key, text);
    free(text);
    return added != NULL;
}

static bool add_client(cJSON *list, const char *client, struct herd_slice reply,
                       bool refused)
{
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToArray(list, object))
        return false;
    return add_text(object, "client", herd_slice_str(client)) &&
           cJSON_AddBoolToObject(object, "forgotten", !refused) != NULL &&
           add_text(object, refused ? "reply" : "record", reply);
}

/* ---- all of them ---- */

/* `list`: the replies are added to it; NULL: they are printed. A client that is refused
 * does not keep the others from being forgotten. */
static int forget_all(struct wire *wire, int count, char **clients, cJSON *list)
{
    int result = CTL_OK;
    for (int i = 0; i < count; i++) {
        struct herd_slice reply;
        bool refused;
        int status = exchange(wire, clients[i], &reply, &refused);
        result = ctl_first_failure(result, status);
        if (status != CTL_OK && !refused)
            return result;
        if (list == NULL) {
            ctl_print(reply);
            ctl_print(HERD_LIT("\n"));
        } else if (!add_client(list, clients[i], reply, refused)) {
            return ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
        }
    }
    return result;
}

static int forget_json(struct wire *wire, int count, char **clients)
{
    cJSON *root = cJSON_CreateObject();
    bool ok = root != NULL && cJSON_AddStringToObject(root, "server", wire->name) != NULL;
    cJSON *list = ok ? cJSON_AddArrayToObject(root, "clients") : NULL;
    int status = list != NULL ? forget_all(wire, count, clients, list) : CTL_OK;
    char *text = list != NULL ? cJSON_Print(root) : NULL;
    if (text != NULL) {
        ctl_print(herd_slice_str(text));
        ctl_print(HERD_LIT("\n"));
    } else {
        status = ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    }
    cJSON_free(text);
    cJSON_Delete(root);
    return status;
}

int ctl_forget(const struct ctl *ctl, int count, char **clients)
{
    struct servers servers;
    struct wire wire;
    int status = check_clients(count, clients);
    if (status != CTL_OK)
        return status;
    if (ctl->server != NULL && strchr(ctl->server, ':') != NULL)
        return ctl_error(CTL_USAGE,
                         "-s %s: forget needs the name of a server, whose control socket "
                         "is in the run-dir of the configuration",
                         ctl->server);
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    wire_init(&wire, ctl->verbose);
    wire_set_timeout(&wire, ctl_timeout_ms(ctl, CTL_TIMEOUT_MS));
    status = dial(ctl, &servers, &wire);
    if (status == CTL_OK)
        status = ctl->json ? forget_json(&wire, count, clients)
                           : forget_all(&wire, count, clients, NULL);
    wire_close(&wire);
    servers_close(&servers);
    return status;
}
