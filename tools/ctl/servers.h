/* The servers of the configuration, and where to talk to one. */
#ifndef CTL_SERVERS_H
#define CTL_SERVERS_H

#include "ctl.h"
#include "herd/conf.h"
#include "io/conf_file.h"

#include <sys/types.h>

struct servers {
    const char *conf_path; /* borrowed */
    struct herd_conf conf;
};

/* Reads the configuration. Complains. */
int servers_open(struct servers *servers, const char *conf_path);
void servers_close(struct servers *servers);

/* The process that serves as server `i`; 0: none, negative: one that cannot be told. */
pid_t servers_pid(const struct servers *servers, uint32_t i);

/* FOLDER/NAME SUFFIX for server `i`; `folder` is one of the configuration's, `out` has
 * IO_PATH_MAX bytes. False when it is too long; complains. */
bool servers_path(const struct servers *servers, const char *folder, uint32_t i,
                  const char *suffix, char *out);

/* "127.0.0.1:11490" or "[::1]:11490", for people; `out` has SERVERS_ADDRESS bytes. */
enum { SERVERS_ADDRESS = HERD_CONF_HOST_MAX + 16 };
void servers_address(const struct herd_conf_addr *addr, char *out);

/* Servers by their indexes. */
struct choice {
    uint32_t index[HERD_CONF_SERVERS_MAX];
    uint32_t count;
    bool named; /* somebody asked for them by name */
};

/* The servers that a command is about: those named, each once; without names the one
 * given with -s; else all. Complains about unknown names; then none is chosen. */
int servers_choose(struct choice *choice, const struct servers *servers,
                   const struct ctl *ctl, int count, char **names);

/* Where clients connect. */
struct place {
    char name[SERVERS_ADDRESS]; /* of the server; the address when it is not known */
    char host[HERD_CONF_HOST_MAX + 1];
    char address[SERVERS_ADDRESS];
    unsigned port;
};

/* -s NAME, -s HOST:PORT, or the first server that runs, or the first one. Reads the
 * configuration when it is needed. Complains. */
int servers_place(struct place *place, const struct ctl *ctl);

#endif
