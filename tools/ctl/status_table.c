/* SPDX-License-Identifier: ISC */
/* The status of several servers as a table, with notes on what may need attention. */
#include "status.h"

#include <stdio.h>

/* ---- rows ---- */

enum { COLUMNS = 8, STATE = 1, CELL = 300 };

static const char *const titles[COLUMNS] = {"NAME",           "STATE",   "PID",
                                            "CLIENT-ADDRESS", "CLIENTS", "CONNECTIONS",
                                            "LINKS",          "COMMANDS"};

/* Numbers are aligned to the right. */
static const bool align_right[COLUMNS] = {false, false, true, false,
                                          true,  true,  true, true};

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
        report_parse_link(line.value, &link);
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

/* The last column is not padded, so lines do not end with blanks. */
static void print_row(const int *widths, const struct row *row, const char *colour)
{
    for (int i = 0; i < COLUMNS; i++) {
        const char *text = row->cells[i];
        bool coloured = i == STATE && colour != NULL;
        printf("%s%s%*s", i > 0 ? "  " : "", coloured ? colour : "",
               align_right[i] ? widths[i] : -widths[i], text);
        if (coloured)
            (void)fputs("\033[0m", stdout);
    }
    (void)fputc('\n', stdout);
}

/* ---- notes ---- */

static void note_disk(const char *server, struct herd_slice value)
{
    struct report_disk disk;
    report_parse_disk(value, &disk);
    if (!status_disk_needs_note(&disk))
        return;
    printf("%s: ", server);
    status_put_disk(&disk);
    (void)fputc('\n', stdout);
}

static void note_line(const char *server, const struct report_line *line)
{
    struct report_link link;
    struct report_refusal refusal;
    struct report_places places;
    if (herd_slice_eq(line->key, HERD_LIT("link"))) {
        report_parse_link(line->value, &link);
        if (!status_link_needs_note(&link))
            return;
        printf("%s: link ", server);
        ctl_print(link.name);
        (void)fputc(' ', stdout);
        status_put_link(&link);
        (void)fputc('\n', stdout);
    } else if (herd_slice_eq(line->key, HERD_LIT("refusal"))) {
        report_parse_refusal(line->value, &refusal);
        printf("%s: ", server);
        status_put_refusal(&refusal);
        (void)fputc('\n', stdout);
    } else if (herd_slice_eq(line->key, HERD_LIT("disk"))) {
        note_disk(server, line->value);
    } else if (herd_slice_eq(line->key, HERD_LIT("places"))) {
        report_parse_places(line->value, &places);
        if (!status_places_needs_note(&places))
            return;
        printf("%s: ", server);
        status_put_places(&places);
        (void)fputc('\n', stdout);
    }
}

static void note(const char *server, const struct report *report)
{
    struct herd_slice rest = herd_buf_bytes(&report->text);
    struct report_line line;
    while (report_next(&rest, &line))
        note_line(server, &line);
}

/* ---- the table ---- */

void status_table(const struct servers *servers, const struct selection *selection,
                  const struct report *reports)
{
    struct row row, head;
    int widths[COLUMNS] = {0};
    for (int i = 0; i < COLUMNS; i++)
        (void)snprintf(head.cells[i], CELL, "%s", titles[i]);
    widen(widths, &head);
    for (uint32_t i = 0; i < selection->count; i++) {
        fill_row(&row, &servers->conf.servers[selection->index[i]], &reports[i]);
        widen(widths, &row);
    }
    print_row(widths, &head, NULL);
    for (uint32_t i = 0; i < selection->count; i++) {
        const char *colour = status_colour(reports[i].state);
        fill_row(&row, &servers->conf.servers[selection->index[i]], &reports[i]);
        print_row(widths, &row, ctl_colour() ? colour : NULL);
    }
    for (uint32_t i = 0; i < selection->count; i++)
        note(servers->conf.servers[selection->index[i]].name, &reports[i]);
    for (uint32_t i = 0; i < selection->count; i++)
        if (reports[i].state != STATUS_ELSEWHERE)
            report_put_reason(&reports[i], servers->conf.servers[selection->index[i]].name);
}
