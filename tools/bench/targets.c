/* SPDX-License-Identifier: ISC */
#include "targets.h"

#include "bench.h"
#include "herd/instant.h"
#include "herd/err.h"
#include "io/address.h"
#include "io/conf_file.h"
#include "io/dial.h"
#include "io/mem.h"
#include "io/pidfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- one target ---- */

/* Every address, since any of them may be the one that is connected to. */
static bool is_loopback(const struct io_addrs *addrs)
{
    for (size_t i = 0; i < addrs->count; i++)
        if (!io_addr_is_loopback(&addrs->list[i]))
            return false;
    return true;
}

static int resolve(struct target *target, const struct bench_options *options,
                   const char *host, unsigned port)
{
    struct herd_error_text error;
    struct io_addrs addrs;
    host = io_address_reachable(host);
    if (io_addrs_lookup(&addrs, host, port, &error) != HERD_OK)
        return bench_error(BENCH_USAGE, "%s: %s", target->text, error.text);
    (void)snprintf(target->host, sizeof target->host, "%s", host);
    target->port = port;
    target->addr = addrs.list[0];
    if (is_loopback(&addrs) ||
        (options->remote != NULL && strcmp(options->remote, host) == 0))
        return BENCH_OK;
    return bench_error(BENCH_USAGE,
                       "%s: %s is not on loopback; if the machine is yours, --remote %s "
                       "allows to load it",
                       target->text, host, host);
}

static int take_address(struct target *target, const struct bench_options *options)
{
    char host[HERD_CONF_HOST_MAX + 1];
    unsigned port;
    if (io_address_read(options->server, host, sizeof host, &port) != HERD_OK)
        return bench_error(BENCH_USAGE,
                           "-s %s: neither NAME, HOST:PORT nor [IPV6-ADDRESS]:PORT",
                           options->server);
    (void)snprintf(target->text, sizeof target->text, "%s", options->server);
    target->index = UINT32_MAX;
    for (int i = 0; i < PIDS_MAX; i++)
        target->pids[i] = (pid_t)options->pids[i];
    return resolve(target, options, host, port);
}

static int take_server(struct target *target, const struct targets *targets,
                       const struct bench_options *options, uint32_t i)
{
    const struct herd_conf_server *server = &targets->conf.servers[i];
    char path[IO_PATH_MAX];
    (void)snprintf(target->name, sizeof target->name, "%s", server->name);
    (void)snprintf(target->text, sizeof target->text, "%s", server->name);
    target->index = i;
    if (io_conf_file_path(path, targets->conf_path, targets->conf.run_dir, server->name,
                          ".pid") == HERD_OK)
        target->pids[0] = io_pidfile_holder(path);
    return resolve(target, options, server->client.host, server->client.port);
}

/* ---- all targets ---- */

static int open_conf(struct targets *targets, const struct bench_options *options)
{
    targets->conf_path = io_conf_file_find("herdbench", options->conf_path);
    if (targets->conf_path == NULL)
        return BENCH_USAGE;
    int rc = io_conf_file_read(&targets->conf, &io_mem, "herdbench", targets->conf_path);
    if (rc == HERD_ESYS)
        bench_error(BENCH_USAGE, "no configuration: give its file with -c, or a server "
                                 "with -s HOST:PORT");
    targets->has_conf = rc == HERD_OK;
    return rc == HERD_OK ? BENCH_OK : BENCH_USAGE;
}

static int open_named(struct targets *targets, const struct bench_options *options)
{
    int64_t i = herd_conf_find(&targets->conf, herd_slice_str(options->server));
    if (i < 0)
        return bench_error(BENCH_USAGE, "%s has no server \"%s\"", targets->conf_path,
                           options->server);
    targets->count = 1;
    return take_server(targets->list, targets, options, (uint32_t)i);
}

static int fill(struct targets *targets, const struct bench_options *options)
{
    bool address = options->server != NULL && strchr(options->server, ':') != NULL;
    int status = address ? BENCH_OK : open_conf(targets, options);
    if (status != BENCH_OK)
        return status;
    uint32_t most = address ? 1 : targets->conf.server_count;
    targets->list = calloc(most, sizeof *targets->list);
    if (targets->list == NULL)
        return bench_error(BENCH_FAILED, "out of memory");
    if (address) {
        targets->count = 1;
        return take_address(targets->list, options);
    }
    if (options->server != NULL)
        return open_named(targets, options);
    for (uint32_t i = 0; i < most && status == BENCH_OK; i++) {
        targets->count++;
        status = take_server(&targets->list[i], targets, options, i);
    }
    return status;
}

int targets_open(struct targets *targets, const struct bench_options *options)
{
    *targets = (struct targets){0};
    int status = fill(targets, options);
    if (status != BENCH_OK)
        targets_close(targets);
    return status;
}

void targets_close(struct targets *targets)
{
    if (targets->has_conf)
        herd_conf_free(&targets->conf);
    free(targets->list);
    *targets = (struct targets){0};
}

/* Relaxes all links until no distance gets shorter; herds are small. */
uint32_t targets_hops(const struct targets *targets, uint32_t a, uint32_t b)
{
    const struct herd_conf *conf = &targets->conf;
    uint32_t far[HERD_CONF_SERVERS_MAX];
    bool changed = true;
    for (uint32_t i = 0; i < conf->server_count; i++)
        far[i] = i == a ? 0 : UINT32_MAX;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < conf->link_count; i++) {
            uint32_t *x = &far[conf->links[i].a], *y = &far[conf->links[i].b];
            uint32_t *low = *x < *y ? x : y, *high = *x < *y ? y : x;
            if (*low != UINT32_MAX && *high > *low + 1) {
                *high = *low + 1;
                changed = true;
            }
        }
    }
    return far[b];
}

/* ---- connecting ---- */

int target_dial(struct target *target, int64_t timeout_ns, int *status)
{
    const struct io_dial_order order = {.host = target->host, .port = target->port};
    struct io_dial_result result;
    struct herd_error_text error;
    switch (
        io_dial_wait(&order, timeout_ns / HERD_NS_PER_MS, bench_stopped, &result, &error)) {
    case IO_DIAL_OPEN: target->addr = result.addr; return result.fd;
    case IO_DIAL_FAILED:
        *status =
            bench_error(BENCH_DOWN, "%s is not running: %s", target->text, error.text);
        break;
    case IO_DIAL_TIMED_OUT:
        *status = bench_error(BENCH_TIMED_OUT, "%s: cannot connect in time", target->text);
        break;
    case IO_DIAL_STOPPED: *status = BENCH_STOPPED; break;
    }
    return -1;
}
