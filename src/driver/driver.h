/* One server in the real world: turns what the adapters tell into events for the core,
 * and the core's actions into calls of the adapters. These are the only files that know
 * both sides. */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H

#include "herd/conf.h"
#include "herd/core.h"
#include "herd/err.h"
#include "herd/mem.h"
#include "io/log.h"

#include <stdint.h>

struct driver_setup {
    const struct herd_mem *mem;
    const struct herd_conf *conf; /* borrowed, outlives the driver */
    uint32_t self;                /* index of this server */
    const char *control_path;     /* of the control socket */
    const char *places_key;       /* "" when there is none; copied by whoever needs it */
    const char *places_ca_file;   /* "": the system's certificates */
    struct herd_mac mac;          /* the herd's key; `sign` is NULL when there is none */
    struct io_log *log;           /* borrowed */
};

struct driver;

/* Opens the doors: listens on all addresses, sets up signals and libcurl. NULL with `error`
 * when anything is not as configured: nothing half-starts. */
struct driver *driver_new(const struct driver_setup *setup, struct herd_error_text *error);

/* Accepts NULL. */
void driver_free(struct driver *driver);

/* The addresses that are listened on, as text with the real ports: they live as long as
 * the driver. */
const char *driver_client_address(const struct driver *driver);
const char *driver_peer_address(const struct driver *driver);

/* Serves until SIGTERM or SIGINT, then takes leave of everybody. Errors: HERD_ESYS (errno
 * is set) when poll() fails. */
int driver_run(struct driver *driver);

#endif
