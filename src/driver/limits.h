/* SPDX-License-Identifier: ISC */
/* How many connections each role may have. */
#ifndef DRIVER_LIMITS_H
#define DRIVER_LIMITS_H

#include "herd/conf.h"

#include <stdint.h>

/* Connections. */
struct driver_limits {
    uint32_t clients;  /* connections-max, or fewer where the system allows no more files */
    uint32_t peers;    /* for both stages of the handshake, and for each neighbour */
    uint32_t controls; /* always the same */
    uint32_t all;      /* the sum, with those that are dialled beyond the limit of peers */
};

/* Computes the limits of server `self`. Raises the process's limit on open files as far as
 * these need it and the system lets it. */
struct driver_limits driver_limits_set(const struct herd_conf *conf, uint32_t self);

#endif
