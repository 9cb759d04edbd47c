/* SPDX-License-Identifier: ISC */
/* Remembers processes and folders, and puts an end to them when the tests end. */
#ifndef TESTS_E2E_GUARD_H
#define TESTS_E2E_GUARD_H

#include <sys/types.h>

void guard_pid(pid_t pid);
void guard_pid_gone(pid_t pid);

/* `path` is copied; at most 63 bytes. */
void guard_dir(const char *path);
void guard_dir_gone(const char *path);

#endif
