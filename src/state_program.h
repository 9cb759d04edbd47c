/* SPDX-License-Identifier: ISC */
/* The program that keeps the records in state-dir: where it is. */
#ifndef STATE_PROGRAM_H
#define STATE_PROGRAM_H

#include "herd/conf.h"
#include "io/conf_file.h"

#include <stdbool.h>

/* Writes the path of the program to `path`: state-program, else herd-sqlite in the folder
 * of this program, of which `self` is argv[0], or in the folder tools of its source. False,
 * after a message on standard error: there is none, or it cannot be executed. */
bool state_program_find(const struct herd_conf *conf, const char *conf_path,
                        const char *self, char path[IO_PATH_MAX]);

#endif
