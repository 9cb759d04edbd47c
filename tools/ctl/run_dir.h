/* SPDX-License-Identifier: ISC */
/* The servers that run-dir knows, whether they are in the configuration or not. */
#ifndef CTL_RUN_DIR_H
#define CTL_RUN_DIR_H

#include "servers.h"

/* Calls `visit` for each server that holds its pid file in run-dir, in no order; `pid` is 0
 * if its process is not visible from here. Ends early when `visit` returns false. */
void run_dir_each(const struct servers *servers,
                  bool (*visit)(void *arg, const char *name, pid_t pid), void *arg);

/* Whether a server of this name runs and is not in the configuration (any more). */
bool run_dir_is_left_over(const struct servers *servers, const char *name);

/* Tells, on standard output, of each server that runs and is not in the configuration. */
void run_dir_note_left_over(const struct servers *servers);

#endif
