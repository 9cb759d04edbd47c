/* SPDX-License-Identifier: ISC */
/* A pseudo-terminal. */
#ifndef TESTS_E2E_TERMINAL_H
#define TESTS_E2E_TERMINAL_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum { TERMINAL_NAME = 64, TERMINAL_SHOWN = 8192 };

struct terminal {
    int keys;                 /* the side of the person */
    int line;                 /* the side of the programs; keeps what was printed */
    char name[TERMINAL_NAME]; /* its path, which programs open */
    char shown[TERMINAL_SHOWN];
};

bool terminal_open(struct terminal *terminal);
void terminal_close(struct terminal *terminal);

/* Types in advance; what is typed is shown, too. At most a kilobyte. */
bool terminal_type(struct terminal *terminal, const char *text);

/* All that has been shown since the last call; at most a few kilobytes fit. Its lines end
 * with CR LF. Lives until the next call. */
struct herd_slice terminal_shown(struct terminal *terminal);

#endif
