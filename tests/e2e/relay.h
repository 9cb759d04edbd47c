/* SPDX-License-Identifier: ISC */
/* A relay between two servers: a child process that passes on what comes in at its ports,
 * keeps a copy, and does harm to order.
 *
 * Each of its two ports leads to one server. When the two servers' configurations name the
 * ports instead of each other, every connection of the link goes through the relay. */
#ifndef TESTS_E2E_RELAY_H
#define TESTS_E2E_RELAY_H

#include "herd_proc.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { RELAY_PORTS = 2 };

struct relay {
    pid_t pid; /* 0: not running */
    int talk;  /* orders go out, answers come in */
    struct port port[RELAY_PORTS];
    char dir[HERD_PROC_PATH];
};

/* Starts a relay between servers a and b, which have not been started yet, and edits their
 * configurations. Copies of what goes through lie in the herd's folder. */
bool relay_open(struct relay *relay, struct herd_proc *herd, uint32_t a, uint32_t b);
void relay_close(struct relay *relay);

/* Breaks all connections off (both ends see a reset), and turns new ones away until
 * relay_heal. */
bool relay_cut(struct relay *relay);
bool relay_heal(struct relay *relay);

/* From now on one digit of every AUTH that a dialler says is changed on the way, or no
 * longer. */
bool relay_forge(struct relay *relay, bool on);

/* The number of connections so far, and of bytes passed on in both directions. */
bool relay_count(struct relay *relay, int64_t *conns, int64_t *bytes);

/* What the dialler (or the other one) said on the n-th connection; file_free it. */
struct herd_slice relay_copy(const struct relay *relay, int64_t n, bool dialler);

#endif
