/* SPDX-License-Identifier: ISC */
/* Servers that say what a test wants, as processes of their own: a process does not see
 * its own locks. */
#ifndef TESTS_E2E_FAKE_SERVER_H
#define TESTS_E2E_FAKE_SERVER_H

#include "herd_proc.h"

#include <stdbool.h>
#include <stdint.h>

struct fake_server {
    pid_t pid; /* 0: not running */
};

/* Runs as server `i`: holds its pid file, and answers the first line of each connection to
 * its control socket with `reply`, byte for byte, and closes. NULL: it never answers. */
bool fake_control(struct fake_server *fake, const struct herd_proc *herd, uint32_t i,
                  const char *reply);

/* The same at the client address, without a pid file. */
bool fake_clients(struct fake_server *fake, struct herd_proc *herd, uint32_t i,
                  const char *reply);

void fake_stop(struct fake_server *fake);

#endif
