/* status of several servers: the table, and JSON. */
#include "status.h"

#include "herd/decimal.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the table ---- */

enum { COLUMNS = 8, STATE = 1, CELL = 300 };

static const char *const titles[COLUMNS] = {"NAME",           "STATE",   "PID",
                                            "CLIENT-ADDRESS", "CLIENTS", "CONNECTIONS",
                                            "LINKS",          "COMMANDS"};

/* Numbers stand at the right of their columns. */
static const bool at_right[COLUMNS] = {false, false, true, false, true, true, true, true};

struct row {
    char cells[COLUMNS][CELL];
};

static void put_value(char *cell, const struct report *report, const char *key)
{
    struct herd_slice value = report_get(report, key);
    if (value.len == 0)
        value = HERD_LIT("-");
    (void)snprintf(cell, CELL, "%.*s", (int)value.len, value.data);
}

static void put_links(char *cell, const struct report *report)
{
    unsigned up = 0, all = 0;
    struct herd_slice rest = herd_buf_bytes(&report->text);
    struct report_line line;
    struct report_link link;
    while (report_next(&rest, &line)) {
        if (!herd_slice_eq(line.key, HERD_LIT("link")))
            continue;
        report_link(line.value, &link);
        up += link.up;
        all++;
    }
    (void)snprintf(cell, CELL, "%u/%u", up, all);
    if (report->state != STATUS_UP)
        (void)snprintf(cell, CELL, "-");
}

static void fill_row(struct row *row, const struct herd_conf_server *server,
                     const struct report *report)
{
    (void)snprintf(row->cells[0], CELL, "%s", server->name);
    (void)snprintf(row->cells[STATE], CELL, "%s", report_state(report));
    (void)snprintf(row->cells[2], CELL, "-");
    if (report->pid > 0)
        (void)snprintf(row->cells[2], CELL, "%ld", (long)report->pid);
    servers_address(&server->client, row->cells[3]);
    put_value(row->cells[4], report, "clients_known");
    put_value(row->cells[5], report, "connections_open");
    put_links(row->cells[6], report);
    put_value(row->cells[7], report, "commands");
}

static void widen(int *widths, const struct row *row)
{
    for (int i = 0; i < COLUMNS; i++) {
        int len = (int)strlen(row->cells[i]);
        widths[i] = len > widths[i] ? len : widths[i];
    }
}

/* Blanks behind the last column would only be in the way of copies. */
static void print_row(const int *widths, const struct row *row, const char *colour)
{
    for (int i = 0; i < COLUMNS; i++) {
        const char *text = row->cells[i];
        bool coloured = i == STATE && colour != NULL;
        printf("%s%s%*s", i > 0 ? "  " : "", coloured ? colour : "",
               at_right[i] ? widths[i] : -widths[i], text);
        if (coloured)
            (void)fputs("\033[0m", stdout);
    }
    (void)fputc('\n', stdout);
}

void status_table(const struct servers *servers, const struct choice *choice,
                  const struct report *reports)
{
    struct row row, head;
    int widths[COLUMNS] = {0};
    for (int i = 0; i < COLUMNS; i++)
        (void)snprintf(head.cells[i], CELL, "%s", titles[i]);
    widen(widths, &head);
    for (uint32_t i = 0; i < choice->count; i++) {
        fill_row(&row, &servers->conf.servers[choice->index[i]], &reports[i]);
        widen(widths, &row);
    }
    print_row(widths, &head, NULL);
    for (uint32_t i = 0; i < choice->count; i++) {
        const char *colour = reports[i].state == STATUS_UP ? "\033[32m" : "\033[31m";
        fill_row(&row, &servers->conf.servers[choice->index[i]], &reports[i]);
        print_row(widths, &row, ctl_colour() ? colour : NULL);
    }
    (void)fflush(stdout);
    for (uint32_t i = 0; i < choice->count; i++)
        if (reports[i].state == STATUS_SILENT)
            ctl_complain(CTL_LATE, "%s", reports[i].why);
}

/* ---- JSON ---- */

/* Counters are written digit by digit: a number of cJSON is a double, and rounds. */
static bool add(cJSON *object, const char *key, struct herd_slice value)
{
    char *text = malloc(value.len + 1);
    uint64_t number;
    if (text == NULL)
        return false;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    bool digits = herd_uint_parse(value, UINT64_MAX, &number) == 0;
    cJSON *added = digits ? cJSON_AddRawToObject(object, key, text)
                          : cJSON_AddStringToObject(object, key, text);
    free(text);
    return added != NULL;
}

static bool add_text(cJSON *object, const char *key, const char *text)
{
    return cJSON_AddStringToObject(object, key, text) != NULL;
}

static bool add_link(cJSON *links, struct herd_slice value)
{
    struct report_link link;
    cJSON *object = cJSON_CreateObject();
    report_link(value, &link);
    if (object == NULL || !cJSON_AddItemToArray(links, object))
        return false;
    if (!add(object, "name", link.name) || !add(object, "state", link.state))
        return false;
    if (link.up)
        return add(object, "how", link.how) && add(object, "behind", link.behind);
    return add(object, "why", link.why);
}

static bool add_reply(cJSON *object, const struct report *report)
{
    char key[64];
    struct herd_slice rest = herd_buf_bytes(&report->text);
    struct report_line line;
    cJSON *links = cJSON_AddArrayToObject(object, "links");
    bool ok = links != NULL;
    while (ok && report_next(&rest, &line)) {
        (void)snprintf(key, sizeof key, "%.*s", (int)line.key.len, line.key.data);
        if (strcmp(key, "link") == 0)
            ok = add_link(links, line.value);
        else if (strcmp(key, "server") != 0)
            ok = add(object, key, line.value);
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
    return add_text(object, "name", server->name) &&
           add_text(object, "state", report_state(report)) &&
           (report->pid <= 0 ||
            cJSON_AddNumberToObject(object, "pid", (double)report->pid) != NULL) &&
           add_text(object, "client", client) && add_text(object, "peer", peer) &&
           (report->state != STATUS_SILENT || add_text(object, "why", report->why)) &&
           (report->state != STATUS_UP || add_reply(object, report));
}

bool status_json(const struct servers *servers, const struct choice *choice,
                 const struct report *reports)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = root != NULL ? cJSON_AddArrayToObject(root, "servers") : NULL;
    bool ok = list != NULL;
    for (uint32_t i = 0; ok && i < choice->count; i++)
        ok = add_server(list, &servers->conf.servers[choice->index[i]], &reports[i]);
    char *text = ok ? cJSON_Print(root) : NULL;
    if (text != NULL) {
        ctl_print(herd_slice_str(text));
        (void)fputc('\n', stdout);
    }
    cJSON_free(text);
    cJSON_Delete(root);
    return text != NULL;
}
