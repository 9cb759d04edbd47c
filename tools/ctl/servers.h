/* SPDX-License-Identifier: ISC */
/* The servers of the configuration, and the address of one. */
#ifndef CTL_SERVERS_H
#define CTL_SERVERS_H

#include "ctl.h"
#include "herd/conf.h"
#include "io/conf_file.h"
#include "io/pidfile.h"

#include <sys/types.h>

struct servers {
    const char *conf_path; /* borrowed */
    struct herd_conf conf;
};

/* Reads the configuration; servers_close frees it. CTL_OK, or CTL_USAGE after printing an
 * error, and then there is nothing to close. */
int servers_open(struct servers *servers, const char *conf_path);
void servers_close(struct servers *servers);

/* Writes the path FOLDER/NAMESUFFIX to `out` (IO_PATH_MAX bytes); `folder` is run_dir or
 * log_dir of the configuration, `name` that of a server. False if it is too long; prints an
 * error. */
bool servers_path(const struct servers *servers, const char *folder, const char *name,
                  const char *suffix, char *out);

/* The pid file of the server `name`, which need not be in the configuration (any more). */
struct io_pidfile_view servers_pidfile(const struct servers *servers, const char *name);

enum {
    SERVERS_ADDRESS = HERD_CONF_HOST_MAX + 16
}; /* bytes of an address as text, with NUL */

/* Writes "127.0.0.1:11490" or "[::1]:11490" to `out` (SERVERS_ADDRESS bytes). */
void servers_address(const struct herd_conf_addr *addr, char *out);

/* The servers that a command is about. */
struct selection {
    uint32_t index[HERD_CONF_SERVERS_MAX]; /* in the configuration; [0..count), each once */
    uint32_t count;
    bool named; /* they were named on the command line; false: they are all servers */
};

/* Selects the servers in `names`, in that order; without names the one of -s; else all.
 * CTL_OK, or CTL_USAGE after printing an error about an unknown name, and then none is
 * selected. */
int servers_select(struct selection *selection, const struct servers *servers,
                   const struct ctl *ctl, int count, char **names);

/* The client address of a server. */
struct endpoint {
    char name[SERVERS_ADDRESS]; /* of the server; the address if only that is known */
    char host[HERD_CONF_HOST_MAX + 1]; /* a name or an address that connections can use */
    char address[SERVERS_ADDRESS];     /* host and port, for messages */
    unsigned port;
};

/* The server of -s NAME or -s HOST:PORT; without -s the first running one of the
 * configuration, or else its first one. The configuration is read unless -s has an address.
 * CTL_OK, or CTL_USAGE after printing an error. */
int servers_endpoint(struct endpoint *endpoint, const struct ctl *ctl);

#endif
