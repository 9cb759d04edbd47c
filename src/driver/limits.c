/* SPDX-License-Identifier: ISC */
#include "limits.h"

#include "io/dial.h"

#include <sys/resource.h>

enum {
    CONTROLS_MAX = 16 + 16,  /* operators; followers: HERD_FOLLOWERS_MAX of the core */
    CONNS_PER_NEIGHBOUR = 4, /* one that carries the link, one that is dialled, and two that
                              * are about to end */
    CLIENTS_MIN = 8,
    ATTEMPTS_MORE = IO_DIAL_ATTEMPTS - 1, /* at once, while a neighbour is dialled */
    RESERVED_FDS = 64 /* for the log, listeners, lookups of names, what libcurl has besides
                       * requests */
};

/* Raises the limit on open files to `need`, or as far as the system lets it, and returns
 * it. Some systems (macOS) refuse values below the hard limit; then it grows by halves. */
static rlim_t raise_file_limit(struct rlimit limit, rlim_t need)
{
    rlim_t before = limit.rlim_cur;
    rlim_t most = limit.rlim_max < need ? limit.rlim_max : need;
    for (rlim_t more = most > before ? most - before : 0; more > 0; more /= 2) {
        limit.rlim_cur = before + more;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
            return limit.rlim_cur;
    }
    return before;
}

/* As many clients as the configuration wants and the limit on open files allows besides
 * `others`, which need a descriptor each as well. */
static uint32_t client_limit(int64_t wanted, uint32_t others)
{
    struct rlimit limit;
    rlim_t taken = (rlim_t)others + RESERVED_FDS;
    rlim_t need = (rlim_t)wanted + taken;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return CLIENTS_MIN;
    rlim_t files = limit.rlim_cur < need ? raise_file_limit(limit, need) : limit.rlim_cur;
    if (files >= need)
        return (uint32_t)wanted;
    return files > taken + CLIENTS_MIN ? (uint32_t)(files - taken) : CLIENTS_MIN;
}

struct driver_limits driver_limits_set(const struct herd_conf *conf, uint32_t self)
{
    uint32_t neighbours = 0;
    for (uint32_t i = 0; i < conf->server_count; i++)
        neighbours += herd_conf_linked(conf, self, i);
    struct driver_limits limits = {
        .peers = 2 * (uint32_t)conf->handshakes_max + CONNS_PER_NEIGHBOUR * neighbours,
        .controls = CONTROLS_MAX,
    };
    uint32_t others = limits.peers + ATTEMPTS_MORE * neighbours + limits.controls +
                      (uint32_t)conf->lookups_max;
    limits.clients = client_limit(conf->connections_max, others);
    limits.all = limits.clients + limits.peers + neighbours + limits.controls;
    return limits;
}
