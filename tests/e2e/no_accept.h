/* SPDX-License-Identifier: ISC */
/* A system that lets a program listen and refuses every accept(), as a security module may:
 * Linux with seccomp. */
#ifndef TESTS_E2E_NO_ACCEPT_H
#define TESTS_E2E_NO_ACCEPT_H

#include <stdbool.h>

/* Whether this can be done here. */
bool no_accept_possible(void);

/* From here on accept() of this process, and of the programs that it becomes, fails with
 * EPERM. Ends the process where that cannot be done. */
void no_accept(void);

#endif
