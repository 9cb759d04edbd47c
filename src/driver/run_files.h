/* SPDX-License-Identifier: ISC */
/* Looks after the files of this server in run-dir, every few seconds. */
#ifndef DRIVER_RUN_FILES_H
#define DRIVER_RUN_FILES_H

#include "herd/instant.h"

struct driver;

/* Call when driver->mono is set, before the first turn. */
void driver_run_files_start(struct driver *driver);

/* When driver_run_files_tick next has something to do. */
struct herd_mono driver_run_files_deadline(const struct driver *driver);

/* When it is time, makes anew what somebody has removed, and logs it; call once a turn. */
void driver_run_files_tick(struct driver *driver);

#endif
