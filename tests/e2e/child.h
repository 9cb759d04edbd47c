/* SPDX-License-Identifier: ISC */
/* Programs that the tests start, each with what it starts itself a process group of its
 * own. What is still running or lying about when the tests end, however they end, is killed
 * and removed. */
#ifndef TESTS_E2E_CHILD_H
#define TESTS_E2E_CHILD_H

#include "herd/slice.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: not running */
    int out;   /* its standard output */
};

/* Starts a program of the folder that the environment's `folder_variable` names. `argv`
 * ends with NULL; argv[0] is the program's name. `err` (or -1) becomes its standard error;
 * `key` (or NULL) its HERD_PLACES_KEY, which it does not have otherwise. */
bool child_start(struct child *child, const char *folder_variable, const char *const *argv,
                 int err, const char *key);

/* Called in programs that are started, before they begin; NULL: nothing is. */
extern void (*child_prepare)(void);

/* The first line of its output, without LF. */
bool child_line(struct child *child, char *line, size_t size);

/* Sends the signal (0: none) and waits for the end: the exit status, minus the number of
 * the signal that ended it, or -1000 when it had to be killed. */
int child_end(struct child *child, int signal);

/* A program that ends by itself. `out` and `err` are to be freed with outcome_free. */
struct outcome {
    int status; /* as child_end */
    struct herd_slice out, err;
};

struct outcome child_run(const char *folder_variable, const char *const *argv);
void outcome_free(struct outcome *outcome);

/* A new private folder; `path` has CHILD_DIR bytes. */
enum { CHILD_DIR = 32 };
bool child_dir_make(char *path);
void child_dir_remove(const char *path);

#endif
