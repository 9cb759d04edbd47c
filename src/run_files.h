/* SPDX-License-Identifier: ISC */
/* The files of a server in run-dir, which a cleaner of old files may take while it runs. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "io/pidfile.h"
#include "secrets.h"

#include <stdbool.h>

struct run_files {
    const char *dir;      /* run-dir itself */
    const char *key_path; /* the key that the servers of run-dir share; NULL: theirs
                           * is in herd-key-file */
    const struct secrets *secrets; /* which have that key */
    struct io_pidfile pidfile;
};

/* For driver_keep.files; `arg` is a struct run_files whose pid file has been taken. Makes
 * anew what is missing: the folder, the pid file, the key. While nothing is, it costs three
 * system calls. */
bool run_files_keep(void *arg, struct herd_error_text *note);

#endif
