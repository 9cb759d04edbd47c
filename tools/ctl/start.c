/* SPDX-License-Identifier: ISC */
/* start: those that do not run yet, several at once. */
#include "holder.h"
#include "io/clock.h"
#include "look.h"
#include "spawn.h"

#include <poll.h>
#include <stdio.h>

enum { CONCURRENT_MAX = 64 /* servers that are being started, each with a pipe */ };

/* Milliseconds until the deadline, at most `most`; 0: it is reached. */
static int remaining_ms(struct herd_mono deadline, int most)
{
    int64_t left = (deadline.ns - io_clock_mono().ns + HERD_NS_PER_MS - 1) / HERD_NS_PER_MS;
    return left <= 0 ? 0 : left < most ? (int)left : most;
}

struct starting {
    const struct servers *servers;
    const char *program;
    int64_t timeout_ms;
    bool strict;      /* it holds even while a server tells that it is loading */
    bool named;       /* the servers were named on the command line */
    uint32_t skipped; /* servers of other machines */
    struct launch launches[CONCURRENT_MAX];
    uint32_t count;
};

/* Polls all launches once. False: none is left. */
static bool poll_launches(struct starting *starting, int timeout_ms)
{
    struct pollfd pollfds[CONCURRENT_MAX];
    nfds_t count = 0;
    for (uint32_t i = 0; i < starting->count; i++)
        if (starting->launches[i].ready_fd >= 0)
            pollfds[count++] =
                (struct pollfd){.fd = starting->launches[i].ready_fd, .events = POLLIN};
    if (count == 0)
        return false;
    if (poll(pollfds, count, timeout_ms) <= 0)
        return true;
    for (uint32_t i = 0, k = 0; i < starting->count; i++)
        if (starting->launches[i].ready_fd >= 0 && pollfds[k++].revents != 0)
            spawn_read(&starting->launches[i], starting->servers);
    return true;
}

static bool is_loading(struct starting *starting)
{
    bool loading = false;
    for (uint32_t i = 0; i < starting->count; i++) {
        loading = loading || starting->launches[i].loading;
        starting->launches[i].loading = false;
    }
    return loading;
}

/* Who loads what state-dir holds tells so every second, and knows itself when to give up.
 */
static int wait_ready(struct starting *starting)
{
    int status = CTL_OK, left;
    struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), starting->timeout_ms);
    while ((left = remaining_ms(deadline, 1000)) > 0 && poll_launches(starting, left))
        if (is_loading(starting) && !starting->strict)
            deadline = herd_mono_add_ms(io_clock_mono(), starting->timeout_ms);
    for (uint32_t i = 0; i < starting->count; i++) {
        struct launch *launch = &starting->launches[i];
        if (launch->ready_fd >= 0)
            spawn_abort(launch, starting->servers, starting->timeout_ms);
        if (launch->status == CTL_FAILED)
            holder_explain(starting->servers, launch->server);
        status = ctl_first_failure(status, launch->status);
    }
    starting->count = 0;
    return status;
}

/* When there is no telling whether it runs, the server itself finds out. One of another
 * machine is started only by its name: then its own message says what is wrong. */
static int start_one(struct starting *starting, uint32_t server)
{
    struct look look;
    const char *name = starting->servers->conf.servers[server].name;
    struct launch *launch = &starting->launches[starting->count];
    look_for(&look, starting->servers, server);
    if (look.state == LOOK_RUNS && look.pid > 0)
        printf("%s is running already (pid %ld)\n", name, (long)look.pid);
    else if (look.state == LOOK_RUNS)
        printf("%s is running already: %s\n", name, look.why.text);
    if (look.state == LOOK_RUNS)
        return CTL_OK;
    if (look.state == LOOK_ELSEWHERE && !starting->named) {
        printf("%s is elsewhere: %s\n", name, look.why.text);
        starting->skipped++;
        return CTL_OK;
    }
    launch->server = server;
    int status = spawn(launch, starting->servers, starting->program);
    if (status == CTL_OK)
        starting->count++;
    return status;
}

static int start_all(struct starting *starting, const struct selection *selection)
{
    int status = CTL_OK;
    for (uint32_t i = 0; i < selection->count; i++) {
        status = ctl_first_failure(status, start_one(starting, selection->index[i]));
        if (starting->count == CONCURRENT_MAX)
            status = ctl_first_failure(status, wait_ready(starting));
    }
    status = ctl_first_failure(status, wait_ready(starting));
    if (starting->skipped > 0 && starting->skipped == selection->count)
        return ctl_error(CTL_FAILED,
                         "no server of %s has its addresses on this machine; "
                         "name the one that shall be started here",
                         starting->servers->conf_path);
    return status;
}

int ctl_start(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    struct selection selection;
    struct starting starting = {.servers = &servers,
                                .timeout_ms = ctl_timeout_ms(ctl, CTL_TIMEOUT_MS),
                                .strict = ctl->timeout_ms > 0};
    char program[IO_PATH_MAX];
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = servers_select(&selection, &servers, ctl, count, names);
    if (status == CTL_OK && !spawn_find(ctl->self, program))
        status = CTL_FAILED;
    starting.program = program;
    starting.named = selection.named;
    if (status == CTL_OK)
        status = start_all(&starting, &selection);
    servers_close(&servers);
    return status;
}
