/* SPDX-License-Identifier: ISC */
#include "load.h"

#include <stdio.h>

static uint32_t server_count(const struct load *load)
{
    return load->herd->conf.server_count;
}

bool load_reconnect(struct load *load)
{
    bool ok = true;
    for (uint32_t i = 0; i < server_count(load); i++)
        if (load->conn[i].fd < 0 && herd_proc_runs(load->herd, i))
            ok = herd_proc_connect(load->herd, i, &load->conn[i]) && ok;
    return ok;
}

bool load_open(struct load *load, struct herd_proc *herd)
{
    memset(load, 0, sizeof *load);
    load->herd = herd;
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++) {
        load->conn[i].fd = -1;
        records_clear(&load->best[i]);
    }
    return load_reconnect(load);
}

void load_disconnect(struct load *load, uint32_t i)
{
    client_close(&load->conn[i]);
    load->pending_count[i] = 0;
}

void load_close(struct load *load)
{
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++)
        load_disconnect(load, i);
}

bool load_send(struct load *load, uint32_t i, unsigned client, int64_t serial)
{
    char line[REPORT_LINE];
    if (load->pending_count[i] == LOAD_PENDING && !load_collect(load, i))
        return false;
    load->pending[i][load->pending_count[i]++] = (struct load_report){client, serial};
    size_t len = report_line(client, serial, line);
    return client_send(&load->conn[i], herd_slice(line, len));
}

bool load_collect(struct load *load, uint32_t i)
{
    char head[64];
    struct herd_slice line;
    struct record record;
    size_t len =
        (size_t)snprintf(head, sizeof head, "AT %s ", load->herd->conf.servers[i].name);
    unsigned count = load->pending_count[i];
    load->pending_count[i] = 0;
    for (unsigned k = 0; k < count; k++) {
        const struct load_report *report = &load->pending[i][k];
        if (!client_line(&load->conn[i], &line) ||
            !record_read(report->client, line, &record) ||
            record.serial != report->serial || memcmp(record.text, head, len) != 0)
            return false;
        record_keep_newer(&load->best[i].of[report->client], &record);
    }
    return true;
}

bool load_collect_all(struct load *load)
{
    bool ok = true;
    for (uint32_t i = 0; i < server_count(load); i++)
        ok = load_collect(load, i) && ok;
    return ok;
}

void load_best(const struct load *load, uint32_t members, struct records *best)
{
    records_clear(best);
    for (uint32_t i = 0; i < server_count(load); i++)
        for (unsigned k = 0; (members >> i & 1) != 0 && k < REPORTS_CLIENTS; k++)
            record_keep_newer(&best->of[k], &load->best[i].of[k]);
}
