/* SPDX-License-Identifier: ISC */
/* The command status: a table of servers, their details, or JSON. */
#include "status.h"

#include "herd/err.h"
#include "run_dir.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the details of one server ---- */

static void put_state(const struct report *report)
{
    bool colour = ctl_colour();
    if (colour)
        (void)fputs(status_colour(report->state), stdout);
    printf("%s%s", report_state(report), colour ? "\033[0m" : "");
}

static bool is(const struct report_line *line, const char *key)
{
    return herd_slice_eq(line->key, herd_slice_str(key));
}

struct widths {
    size_t key, value;
};

static struct widths measure(struct herd_slice rest)
{
    struct widths widths = {0, 0};
    struct report_line line;
    while (report_next(&rest, &line)) {
        if (is(&line, "link") || is(&line, "refusal") || is(&line, "places") ||
            is(&line, "follower") || is(&line, "disk"))
            continue;
        widths.key = line.key.len > widths.key ? line.key.len : widths.key;
        widths.value = line.value.len > widths.value ? line.value.len : widths.value;
    }
    return widths;
}

static void put_padded(struct herd_slice text, size_t width)
{
    ctl_print(text);
    printf("%*s", text.len < width ? (int)(width - text.len) : 0, "");
}

static void put_link(struct herd_slice value, size_t width)
{
    struct report_link link;
    report_parse_link(value, &link);
    (void)fputs("  link ", stdout);
    put_padded(link.name, width > 5 ? width - 5 : 0);
    (void)fputs("  ", stdout);
    status_put_link(&link);
    (void)fputc('\n', stdout);
}

static void put_follower(struct herd_slice value)
{
    struct report_follower follower;
    report_parse_follower(value, &follower);
    (void)fputs("  ", stdout);
    status_put_follower(&follower);
    (void)fputc('\n', stdout);
}

static void put_disk(struct herd_slice value)
{
    struct report_disk disk;
    report_parse_disk(value, &disk);
    (void)fputs("  ", stdout);
    status_put_disk(&disk);
    (void)fputc('\n', stdout);
}

static void put_refusal(struct herd_slice value)
{
    struct report_refusal refusal;
    report_parse_refusal(value, &refusal);
    (void)fputs("  ", stdout);
    status_put_refusal(&refusal);
    (void)fputc('\n', stdout);
}

static void put_places(struct herd_slice value)
{
    struct report_places places;
    report_parse_places(value, &places);
    (void)fputs("  ", stdout);
    status_put_places(&places);
    (void)fputc('\n', stdout);
}

static void put_counter(const struct report_line *line, const struct widths *widths)
{
    size_t value_len = line->value.len;
    (void)fputs("  ", stdout);
    put_padded(line->key, widths->key);
    printf("  %*s", value_len < widths->value ? (int)(widths->value - value_len) : 0, "");
    ctl_print(line->value);
    printf("  %s\n", report_describe(line->key));
}

void status_details(const struct servers *servers, uint32_t i, const struct report *report)
{
    char client[SERVERS_ADDRESS], peer[SERVERS_ADDRESS];
    const struct herd_conf_server *server = &servers->conf.servers[i];
    struct herd_slice rest = herd_buf_bytes(&report->text);
    struct report_line line;
    struct widths widths = measure(rest);
    servers_address(&server->client, client);
    servers_address(&server->peer, peer);
    printf("%s is ", server->name);
    put_state(report);
    if (report->pid > 0)
        printf(", pid %ld", (long)report->pid);
    printf(", clients %s, neighbours %s\n", client, peer);
    report_put_reason(report, server->name);
    while (report_next(&rest, &line)) {
        if (is(&line, "link"))
            put_link(line.value, widths.key);
        else if (is(&line, "follower"))
            put_follower(line.value);
        else if (is(&line, "disk"))
            put_disk(line.value);
        else if (is(&line, "refusal"))
            put_refusal(line.value);
        else if (is(&line, "places"))
            put_places(line.value);
        else if (!is(&line, "server"))
            put_counter(&line, &widths);
    }
}

/* ---- the command ---- */

/* The exit code: a server that is down takes precedence over one that may be, and this over
 * one that is silent. Those of other machines are no failures, unless they were named. */
static int exit_code(const struct selection *selection, const struct report *reports)
{
    bool down = false, unknown = false, silent = false;
    for (uint32_t i = 0; i < selection->count; i++) {
        down = down || reports[i].state == STATUS_DOWN ||
               (reports[i].state == STATUS_ELSEWHERE && selection->named);
        unknown = unknown || reports[i].state == STATUS_UNKNOWN;
        silent = silent || reports[i].state == STATUS_SILENT;
    }
    return down ? CTL_DOWN : unknown ? CTL_FAILED : silent ? CTL_TIMED_OUT : CTL_OK;
}

static int show(const struct ctl *ctl, const struct servers *servers,
                const struct selection *selection, const struct report *reports)
{
    if (ctl->json) {
        if (!status_json(servers, selection, reports))
            return ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    } else if (!selection->named) {
        status_table(servers, selection, reports);
        run_dir_note_left_over(servers);
    } else {
        for (uint32_t i = 0; i < selection->count; i++) {
            if (i > 0)
                (void)fputc('\n', stdout);
            status_details(servers, selection->index[i], &reports[i]);
        }
    }
    return exit_code(selection, reports);
}

int ctl_show_status(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    struct selection selection;
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = servers_select(&selection, &servers, ctl, count, names);
    struct report *reports = calloc(selection.count + (size_t)1, sizeof *reports);
    if (reports == NULL) {
        status = ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    } else if (status == CTL_OK) {
        for (uint32_t i = 0; i < selection.count; i++)
            report_fetch(&reports[i], &servers, selection.index[i], ctl);
        status = show(ctl, &servers, &selection, reports);
        for (uint32_t i = 0; i < selection.count; i++)
            report_free(&reports[i]);
    }
    free(reports);
    servers_close(&servers);
    return status;
}
