/* SPDX-License-Identifier: ISC */
/* herdctl get: the records that the servers hold about clients, and whether they agree. */
#include "control_socket.h"
#include "json.h"
#include "io/mem.h"
#include "look.h"
#include "record.h"

#include <stdio.h>

/* What a server replied about a client. */
struct answer {
    struct herd_buf record; /* empty: it knows none */
    bool asked;             /* it replied */
};

struct get {
    const struct ctl *ctl;
    struct servers servers;
    struct selection selection;
    int count;
    char **clients;
    struct answer *answers; /* of server k about client i: [k * count + i] */
};

static const char *name_of(const struct get *get, uint32_t k)
{
    return get->servers.conf.servers[get->selection.index[k]].name;
}

static struct answer *answer_of(const struct get *get, uint32_t k, int i)
{
    return &get->answers[(size_t)k * (size_t)get->count + (size_t)i];
}

/* ---- asking ---- */

static int ask(const struct get *get, uint32_t k, struct wire *wire)
{
    int status = CTL_OK;
    for (int i = 0; i < get->count; i++) {
        struct answer *answer = answer_of(get, k, i);
        struct herd_slice reply;
        bool refused;
        status = control_socket_ask(wire, "RECORD", get->clients[i], &reply, &refused);
        if (status != CTL_OK && !refused)
            return status;
        if (!refused && herd_buf_append(&answer->record, reply) != HERD_OK)
            return ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
        answer->asked = true;
    }
    return CTL_OK;
}

/* One that does not run here because it is of another machine is no failure, unless it was
 * named. */
static int not_reached(const struct get *get, uint32_t k, int status, const char *why)
{
    struct look look;
    look_for(&look, &get->servers, get->selection.index[k]);
    if (look.state == LOOK_ELSEWHERE && !get->selection.named)
        return CTL_OK;
    return ctl_error(status, "%s was not asked: %s", name_of(get, k), why);
}

static int ask_all(const struct get *get)
{
    int result = CTL_OK;
    for (uint32_t k = 0; k < get->selection.count; k++) {
        struct wire wire;
        wire_init(&wire, get->ctl->verbose);
        wire_set_timeout(&wire, ctl_timeout_ms(get->ctl, CTL_TIMEOUT_MS));
        int status =
            control_socket_dial_server(&get->servers, get->selection.index[k], &wire);
        if (status == CTL_OK)
            status = ask(get, k, &wire);
        else if (status != CTL_FAILED)
            status = not_reached(get, k, status, wire.error.text);
        result = ctl_first_failure(result, status);
        wire_close(&wire);
    }
    return result;
}

/* ---- comparing ---- */

/* The first server that knows a record of the client; NULL: none does. */
static const struct answer *first_of(const struct get *get, int i, uint32_t *k)
{
    for (*k = 0; *k < get->selection.count; (*k)++)
        if (answer_of(get, *k, i)->record.len > 0)
            return answer_of(get, *k, i);
    return NULL;
}

static struct herd_slice text_of(const struct answer *answer)
{
    return herd_buf_bytes(&answer->record);
}

/* Whether the servers that replied know the same record; says which do not. */
static bool compare(const struct get *get, int i, const struct answer *first,
                    uint32_t first_k)
{
    bool same = true;
    for (uint32_t k = 0; k < get->selection.count; k++) {
        const struct answer *answer = answer_of(get, k, i);
        if (!answer->asked ||
            (first != NULL && herd_slice_eq(text_of(answer), text_of(first))))
            continue;
        same = false;
        if (answer->record.len == 0)
            ctl_error(CTL_FAILED, "%s does not know the client \"%.100s\"", name_of(get, k),
                      get->clients[i]);
        else
            ctl_error(CTL_FAILED, "%s and %s disagree about \"%.100s\": %.*s",
                      name_of(get, first_k), name_of(get, k), get->clients[i],
                      (int)answer->record.len, text_of(answer).data);
    }
    return same;
}

static bool add_servers(const struct get *get, int i, cJSON *list)
{
    for (uint32_t k = 0; k < get->selection.count; k++) {
        const struct answer *answer = answer_of(get, k, i);
        if (!answer->asked)
            continue;
        cJSON *object = cJSON_CreateObject();
        if (object == NULL || !cJSON_AddItemToArray(list, object) ||
            !json_add_text(object, "name", herd_slice_str(name_of(get, k))) ||
            (answer->record.len > 0 && !json_add_text(object, "record", text_of(answer))))
            return false;
    }
    return true;
}

static bool add_client(const struct get *get, int i, bool agree, cJSON *list)
{
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToArray(list, object))
        return false;
    cJSON *servers = NULL;
    return json_add_text(object, "client", herd_slice_str(get->clients[i])) &&
           cJSON_AddBoolToObject(object, "agree", agree) != NULL &&
           (servers = cJSON_AddArrayToObject(object, "servers")) != NULL &&
           add_servers(get, i, servers);
}

/* `list`: NULL: records are printed. */
static int show(const struct get *get, cJSON *list)
{
    int status = CTL_OK;
    for (int i = 0; i < get->count; i++) {
        uint32_t k;
        const struct answer *first = first_of(get, i, &k);
        if (list == NULL && first != NULL) {
            ctl_print(text_of(first));
            ctl_print(HERD_LIT("\n"));
        }
        bool agree = compare(get, i, first, k) && first != NULL;
        if (!agree)
            status = CTL_FAILED;
        if (list != NULL && !add_client(get, i, agree, list))
            return ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    }
    return status;
}

static int show_json(const struct get *get)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = root != NULL ? cJSON_AddArrayToObject(root, "clients") : NULL;
    int status = list != NULL ? show(get, list) : CTL_OK;
    if (list == NULL || !json_print(root, true))
        status = ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    cJSON_Delete(root);
    return status;
}

/* ---- the command ---- */

static int run(struct get *get)
{
    size_t count = (size_t)get->selection.count * (size_t)get->count;
    get->answers = herd_mem_zalloc(&io_mem, count * sizeof *get->answers);
    if (get->answers == NULL)
        return ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    for (size_t n = 0; n < count; n++)
        herd_buf_init(&get->answers[n].record, &io_mem, HERD_RECORD_MAX);
    int status = ask_all(get);
    status = ctl_first_failure(status, get->ctl->json ? show_json(get) : show(get, NULL));
    for (size_t n = 0; n < count; n++)
        herd_buf_free(&get->answers[n].record);
    herd_mem_free(&io_mem, get->answers, count * sizeof *get->answers);
    return status;
}

int ctl_get(const struct ctl *ctl, int count, char **clients)
{
    struct get get = {.ctl = ctl, .count = count, .clients = clients};
    int status = control_socket_check_clients("get", count, clients);
    if (status == CTL_OK && ctl->server_given)
        status = control_socket_check_server(ctl, "get");
    if (status != CTL_OK)
        return status;
    if (servers_open(&get.servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    status = servers_select(&get.selection, &get.servers, ctl, 0, NULL);
    if (status == CTL_OK)
        status = run(&get);
    servers_close(&get.servers);
    return status;
}
