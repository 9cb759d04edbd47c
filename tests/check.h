/* SPDX-License-Identifier: ISC */
/* The thin layer over CUnit: a failing check prints what was got and what was wanted.
 *
 * CHECK_LABEL names the case of a table-driven test; it is printed with every failure
 * until the next label. Each check evaluates its arguments once. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include "herd/slice.h"

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>

/* A suite is a list of these, ended by {NULL, NULL}. */
struct check_test {
    const char *name;
    void (*run)(void);
};

struct check_suite {
    const char *name;
    const struct check_test *tests;
};

/* Runs all suites with CUnit's basic runner and returns an exit status (0 or 1).
 * Arguments: words that select suites or tests whose name contains one of them; those with
 * a minus before them leave out. */
int check_main(int argc, char **argv, const struct check_suite *suites, size_t count);

void check_label(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool check_true(bool ok, const char *what, const char *file, int line);
bool check_int(int64_t got, int64_t want, const char *what, const char *file, int line);
bool check_slice(struct herd_slice got, struct herd_slice want, const char *what,
                 const char *file, int line);

#define CHECK_LABEL(...)       check_label(__VA_ARGS__)
#define CHECK(cond)            check_true((cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(got, want)   check_int((got), (want), #got, __FILE__, __LINE__)
#define CHECK_SLICE(got, want) check_slice((got), (want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want)                                                               \
    check_slice(herd_slice_str(got), herd_slice_str(want), #got, __FILE__, __LINE__)

/* Ends the test function at once: for what later checks depend on. */
#define REQUIRE(cond)                                                                      \
    do {                                                                                   \
        if (!CHECK(cond))                                                                  \
            return;                                                                        \
    } while (0)

#endif
