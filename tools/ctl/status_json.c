/* SPDX-License-Identifier: ISC */
/* The status of servers as JSON. */
#include "status.h"

#include "decimal.h"
#include "json.h"

#include <stdio.h>

static bool add_chars(cJSON *object, const char *key, const char *text)
{
    return json_add_text(object, key, herd_slice_str(text));
}

/* Whether `value` is an integer of JSON, which has no leading zero. */
static bool is_number(struct herd_slice value)
{
    uint64_t number;
    if (value.len > 0 && value.data[0] == '-')
        value = herd_slice_from(value, 1);
    return herd_uint_parse(value, UINT64_MAX, &number) == 0 &&
           (value.len == 1 || value.data[0] != '0');
}

/* The digits are copied: a number of cJSON is a double, which would round them. */
static bool add_number(cJSON *object, const char *key, struct herd_slice value)
{
    char text[32];
    if (!is_number(value) || value.len >= sizeof text)
        return json_add_text(object, key, value);
    (void)snprintf(text, sizeof text, "%.*s", (int)value.len, value.data);
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

/* Older servers do not send some values; these are left out. */
static bool add_if_known(cJSON *object, const char *key, struct herd_slice value)
{
    return value.len == 0 || add_number(object, key, value);
}

static bool add_link(cJSON *links, struct herd_slice value)
{
    struct report_link link;
    cJSON *object = cJSON_CreateObject();
    report_parse_link(value, &link);
    if (object == NULL || !cJSON_AddItemToArray(links, object))
        return false;
    if (!json_add_text(object, "name", link.name) ||
        !json_add_text(object, "state", link.state))
        return false;
    if (!link.up)
        return json_add_text(object, "why", link.why);
    return json_add_text(object, "how", link.how) &&
           add_number(object, "behind", link.behind) &&
           (link.mode.len == 0 || json_add_text(object, "mode", link.mode)) &&
           add_if_known(object, "rtt_us", link.rtt_us) &&
           add_if_known(object, "skew_ms", link.skew_ms);
}

static bool add_follower(cJSON *followers, struct herd_slice value)
{
    struct report_follower follower;
    cJSON *object = cJSON_CreateObject();
    report_parse_follower(value, &follower);
    return object != NULL && cJSON_AddItemToArray(followers, object) &&
           json_add_text(object, "name", follower.name) &&
           json_add_text(object, "mode", follower.mode) &&
           add_number(object, "behind", follower.behind) &&
           add_number(object, "unacknowledged", follower.unacknowledged);
}

static bool add_disk(cJSON *server, struct herd_slice value)
{
    struct report_disk disk;
    cJSON *object = cJSON_AddObjectToObject(server, "disk");
    report_parse_disk(value, &disk);
    return object != NULL && json_add_text(object, "name", disk.name) &&
           json_add_text(object, "state", disk.state) &&
           add_number(object, "behind", disk.behind) &&
           (disk.why.len == 0 || json_add_text(object, "why", disk.why));
}

static bool add_refusal(cJSON *refusals, struct herd_slice value)
{
    struct report_refusal refusal;
    cJSON *object = cJSON_CreateObject();
    report_parse_refusal(value, &refusal);
    return object != NULL && cJSON_AddItemToArray(refusals, object) &&
           json_add_text(object, "name", refusal.name) &&
           add_number(object, "count", refusal.count) &&
           json_add_text(object, "why", refusal.why);
}

static bool add_places(cJSON *server, struct herd_slice value)
{
    struct report_places places;
    cJSON *object = cJSON_AddObjectToObject(server, "places");
    report_parse_places(value, &places);
    return object != NULL && json_add_text(object, "provider", places.provider) &&
           json_add_text(object, "state", places.state) &&
           add_if_known(object, "retry_ms", places.retry_ms);
}

/* These values are texts, even if they consist of digits only. */
static bool is_text(const char *key)
{
    return strcmp(key, "version") == 0 || strcmp(key, "digest") == 0;
}

static bool add_reply(cJSON *object, const struct report *report)
{
    char key[64];
    struct herd_slice rest = herd_buf_bytes(&report->text);
    struct report_line line;
    cJSON *links = cJSON_AddArrayToObject(object, "links");
    cJSON *followers = cJSON_AddArrayToObject(object, "followers");
    cJSON *refusals = cJSON_AddArrayToObject(object, "refusals");
    bool ok = links != NULL && followers != NULL && refusals != NULL;
    while (ok && report_next(&rest, &line)) {
        (void)snprintf(key, sizeof key, "%.*s", (int)line.key.len, line.key.data);
        if (strcmp(key, "link") == 0)
            ok = add_link(links, line.value);
        else if (strcmp(key, "follower") == 0)
            ok = add_follower(followers, line.value);
        else if (strcmp(key, "disk") == 0)
            ok = add_disk(object, line.value);
        else if (strcmp(key, "refusal") == 0)
            ok = add_refusal(refusals, line.value);
        else if (strcmp(key, "places") == 0)
            ok = add_places(object, line.value);
        else if (strcmp(key, "server") != 0)
            ok = is_text(key) ? json_add_text(object, key, line.value)
                              : add_number(object, key, line.value);
    }
    return ok;
}

static bool add_server(cJSON *list, const struct herd_conf_server *server,
                       const struct report *report)
{
    char client[SERVERS_ADDRESS], peer[SERVERS_ADDRESS];
    cJSON *object = cJSON_CreateObject();
    servers_address(&server->client, client);
    servers_address(&server->peer, peer);
    if (object == NULL || !cJSON_AddItemToArray(list, object))
        return false;
    return add_chars(object, "name", server->name) &&
           add_chars(object, "state", report_state(report)) &&
           (report->pid <= 0 ||
            cJSON_AddNumberToObject(object, "pid", (double)report->pid) != NULL) &&
           add_chars(object, "client", client) && add_chars(object, "peer", peer) &&
           (!report_has_reason(report) || add_chars(object, "why", report->error.text)) &&
           (report->state != STATUS_UP || add_reply(object, report));
}

bool status_json(const struct servers *servers, const struct selection *selection,
                 const struct report *reports)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = root != NULL ? cJSON_AddArrayToObject(root, "servers") : NULL;
    bool ok = list != NULL;
    for (uint32_t i = 0; ok && i < selection->count; i++)
        ok = add_server(list, &servers->conf.servers[selection->index[i]], &reports[i]);
    ok = ok && json_print(root, true);
    cJSON_Delete(root);
    return ok;
}
