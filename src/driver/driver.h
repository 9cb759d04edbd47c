/* SPDX-License-Identifier: ISC */
/* One server in the real world: turns what the adapters report into events for the core,
 * and the core's actions into calls of the adapters. Only the files of this folder know
 * both. */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H

#include "herd/conf.h"
#include "herd/core.h"
#include "herd/err.h"
#include "herd/mem.h"
#include "io/log.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes anew what somebody has removed of this server's files in run-dir, other than the
 * control socket, which the driver looks after. Called every few seconds, so it must be
 * cheap while nothing is missing. *note, empty before, becomes a line for the log. Returns
 * whether the control socket is ours to make anew: false once another server has taken its
 * name. */
struct driver_keep {
    bool (*files)(void *arg, struct herd_error_text *note); /* NULL: nothing is kept */
    void *arg;
};

struct driver_setup {
    const struct herd_mem *mem;   /* borrowed, outlives the driver */
    const struct herd_conf *conf; /* likewise */
    uint32_t self;                /* index of this server in the configuration */
    const char *control_path;     /* of the control socket; borrowed likewise */
    const char *places_key;       /* "": none; borrowed likewise */
    const char *places_ca_file;   /* "": the system's certificates; borrowed likewise */
    struct herd_mac mac;          /* the herd's key */
    struct io_log *log;           /* borrowed, outlives the driver */
    struct driver_keep keep;
    const char *state_program; /* of state-dir; NULL: there is none; borrowed likewise */
    const char *state_file;    /* the database of this server; borrowed likewise */
};

struct driver;

/* Sets up signals and libcurl and listens on all addresses, with state-dir on the control
 * socket only: all of it or nothing. Errors:
 * NULL with `error` when something is not to be had as configured, or memory is out. */
struct driver *driver_new(const struct driver_setup *setup, struct herd_error_text *error);

/* With state-dir: serves no client and no neighbour until what it holds was given back, or
 * the core goes on without; then listens. Calls `progress`, every second, with the number
 * of clients known so far. Does nothing without state-dir. Returns 1: the server listens;
 * 0: a signal has ended it meanwhile, and driver_run is still to be called. Errors:
 * HERD_ESYS, HERD_EBAD and others, with `error`: it cannot listen, or poll() failed. */
int driver_load(struct driver *driver, void (*progress)(void *arg, size_t clients),
                void *arg, struct herd_error_text *error);

/* Closes everything at once. Accepts NULL. */
void driver_free(struct driver *driver);

/* The addresses on which clients and neighbours are accepted, as text with the ports that
 * the system chose; live as long as the driver. */
const char *driver_client_address(const struct driver *driver);
const char *driver_peer_address(const struct driver *driver);

/* Serves until SIGTERM or SIGINT, then shuts down, in 3 s at most. Errors: HERD_ESYS (errno
 * is set) when poll() fails. */
int driver_run(struct driver *driver);

#endif
