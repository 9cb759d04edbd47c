/* SPDX-License-Identifier: ISC */
/* herdctl forget: has one server tell the herd to forget clients. */
#include "control_socket.h"
#include "json.h"

static bool add_client(cJSON *list, const char *client, struct herd_slice reply,
                       bool refused)
{
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToArray(list, object))
        return false;
    return json_add_text(object, "client", herd_slice_str(client)) &&
           cJSON_AddBoolToObject(object, "forgotten", !refused) != NULL &&
           json_add_text(object, refused ? "reply" : "record", reply);
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
        int status = control_socket_ask(wire, "FORGET", clients[i], &reply, &refused);
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
    if (list == NULL || !json_print(root, true))
        status = ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    cJSON_Delete(root);
    return status;
}

int ctl_forget(const struct ctl *ctl, int count, char **clients)
{
    struct servers servers;
    struct wire wire;
    uint32_t i = 0;
    int status = control_socket_check_clients("forget", count, clients);
    if (status == CTL_OK)
        status = control_socket_check_server(ctl, "forget");
    if (status != CTL_OK)
        return status;
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    wire_init(&wire, ctl->verbose);
    wire_set_timeout(&wire, ctl_timeout_ms(ctl, CTL_TIMEOUT_MS));
    status = control_socket_dial(ctl, &servers, &wire, &i);
    if (status == CTL_OK)
        status = ctl->json ? forget_json(&wire, count, clients)
                           : forget_all(&wire, count, clients, NULL);
    wire_close(&wire);
    servers_close(&servers);
    return status;
}
