/* SPDX-License-Identifier: ISC */
/* Command lines as people type them, with herdctl in PATH. */
#ifndef TESTS_E2E_SHELL_H
#define TESTS_E2E_SHELL_H

#include "child.h"

#include <stddef.h>

/* Runs sh in the folder `dir` on a line made like printf's. Standard input is empty, and
 * HERD_SERVER and NO_COLOR are not set unless the line says otherwise; HERD_BIN is the
 * herd under test. */
struct outcome shell(const char *dir, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A line, its exit status, and words of what it prints; NULL: it prints nothing. */
struct shell_case {
    const char *line;
    int status;
    const char *out, *err;
};

void shell_check(const char *dir, const struct shell_case *cases, size_t count);

/* Checks one outcome in the same way, and frees it. */
void shell_expect(struct outcome outcome, int status, const char *out, const char *err);

#define SHELL_CHECK(dir, cases) shell_check(dir, cases, sizeof(cases) / sizeof *(cases))

#endif
