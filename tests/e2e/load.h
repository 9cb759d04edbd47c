/* SPDX-License-Identifier: ISC */
/* Many reports at many servers at once: persistent connections, pipelined in rounds. */
#ifndef TESTS_E2E_LOAD_H
#define TESTS_E2E_LOAD_H

#include "reports.h"

#include <stdbool.h>
#include <stdint.h>

/* A report on its way: its reply has not come. */
struct load_report {
    unsigned client;
    int64_t serial;
};

enum { LOAD_PENDING = 256 };

struct load {
    struct herd_proc *herd;
    struct client conn[HERD_PROC_MAX]; /* by server; fd -1: none */
    struct load_report pending[HERD_PROC_MAX][LOAD_PENDING];
    unsigned pending_count[HERD_PROC_MAX];
    struct records best[HERD_PROC_MAX]; /* the newest of what each server has answered */
};

/* Connects to every server that runs. */
bool load_open(struct load *load, struct herd_proc *herd);
void load_close(struct load *load);

/* Connects anew to servers that have been started again. */
bool load_reconnect(struct load *load);
void load_disconnect(struct load *load, uint32_t i);

/* Sends a report to server i without waiting for the reply. */
bool load_send(struct load *load, uint32_t i, unsigned client, int64_t serial);

/* Reads the replies that server i owes; each must be the AT line of its report, made by
 * this server. */
bool load_collect(struct load *load, uint32_t i);
bool load_collect_all(struct load *load);

/* Of all that the servers of `members` have answered, the textbook's maximum. */
void load_best(const struct load *load, uint32_t members, struct records *best);

#endif
