/* SPDX-License-Identifier: ISC */
/* Checks in code that tests with CUnit and fuzzers share: what is not so fails the running
 * test, or ends the fuzzer. */
#ifndef TESTS_MUST_H
#define TESTS_MUST_H

#include <stdbool.h>

/* Yields the condition, so that the caller can go on without it. */
#define MUST(cond) ((cond) ? true : (must_fail(#cond, __FILE__, __LINE__), false))

void must_fail(const char *what, const char *file, int line);

/* Whom must_fail() tells; NULL, as at the start: nobody, and the program aborts. */
typedef void must_tell(const char *what, const char *file, int line);
void must_tell_to(must_tell *tell);

#endif
