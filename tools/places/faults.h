/* SPDX-License-Identifier: ISC */
/* The faults that this server has on demand. One may come from the command line, others
 * from fixtures; reply.c applies them to a reply. */
#ifndef PLACES_FAULTS_H
#define PLACES_FAULTS_H

#include "herd/err.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdio.h>

enum fault {
    FAULT_NONE,
    FAULT_DELAY, /* only a word of the table: kept in delay_ms, so that it combines */
    FAULT_STATUS,
    FAULT_CUT,
    FAULT_RESET,
    FAULT_SHORT_LENGTH,
    FAULT_LONG_LENGTH,
    FAULT_CHUNKED,
    FAULT_GZIP,
    FAULT_HUGE,
    FAULT_STALL,
    FAULT_GARBAGE,
    FAULT_REDIRECT,
    FAULT_HTML,
    FAULT_BADJSON,
    FAULT_HEADERS_SLOW,
    FAULT_DRIP,
    FAULT_ENDLESS,
    FAULT_TEXT_TYPE,
    FAULT_LURE,
    FAULT_RETRY_AFTER,
    FAULT_FLAKY /* serve.c makes FAULT_STATUS or FAULT_NONE of it */
};

/* At most one fault that changes the reply, and a delay. */
struct faults {
    enum fault kind;
    long arg; /* of `kind`, within its limits */
    long delay_ms;
};

/* Adds "NAME" or "NAME=ARG". False with `error` when the name is unknown, the argument is
 * missing or outside its limits, or a fault of this sort is there already; *faults is then
 * unchanged. */
bool faults_add(struct faults *faults, struct herd_slice text,
                struct herd_error_text *error);

/* `first` where it says something, else `second`. */
struct faults faults_merge(struct faults first, struct faults second);

/* One line for each fault. */
void faults_print_help(FILE *out);

#endif
