/* SPDX-License-Identifier: ISC */
/* start and stop. A server runs while its process holds the lock of its pid file. */
#include "io/clock.h"
#include "spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

enum {
    CONCURRENT_MAX = 64, /* servers that are being started, each with a pipe */
    POLL_MS = 10         /* poll(2) cannot wait for a lock, so stop looks this often */
};

/* Milliseconds until the deadline, at most `most`; 0: it is reached. */
static int remaining_ms(struct herd_mono deadline, int most)
{
    int64_t left = (deadline.ns - io_clock_mono().ns + HERD_NS_PER_MS - 1) / HERD_NS_PER_MS;
    return left <= 0 ? 0 : left < most ? (int)left : most;
}

/* ---- start ---- */

struct starting {
    const struct servers *servers;
    const char *program;
    int64_t timeout_ms;
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

static int wait_ready(struct starting *starting)
{
    int status = CTL_OK, left;
    struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), starting->timeout_ms);
    while ((left = remaining_ms(deadline, 1000)) > 0 && poll_launches(starting, left))
        ;
    for (uint32_t i = 0; i < starting->count; i++) {
        struct launch *launch = &starting->launches[i];
        if (launch->ready_fd >= 0)
            spawn_abort(launch, starting->servers, starting->timeout_ms);
        status = ctl_first_failure(status, launch->status);
    }
    starting->count = 0;
    return status;
}

static int start_one(struct starting *starting, uint32_t server)
{
    pid_t pid = servers_pid(starting->servers, server);
    struct launch *launch = &starting->launches[starting->count];
    if (pid != 0) {
        printf("%s is running already (pid %ld)\n",
               starting->servers->conf.servers[server].name, (long)pid);
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
    return ctl_first_failure(status, wait_ready(starting));
}

int ctl_start(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    struct selection selection;
    struct starting starting = {.servers = &servers,
                                .timeout_ms = ctl_timeout_ms(ctl, CTL_TIMEOUT_MS)};
    char program[IO_PATH_MAX];
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = servers_select(&selection, &servers, ctl, count, names);
    if (status == CTL_OK && !spawn_find(ctl->self, program))
        status = CTL_FAILED;
    starting.program = program;
    if (status == CTL_OK)
        status = start_all(&starting, &selection);
    servers_close(&servers);
    return status;
}

/* ---- stop ---- */

/* Sends SIGTERM to the server. *pid is its process to wait for; below 2: none. The negative
 * process id of an unknown process must not reach kill(), where -1 means every process. */
static int stop_one(const struct servers *servers, uint32_t i, bool named, pid_t *pid)
{
    const char *name = servers->conf.servers[i].name;
    *pid = servers_pid(servers, i);
    if (*pid == 0 && !named)
        printf("%s is not running\n", name);
    else if (*pid == 0)
        return ctl_error(CTL_DOWN, "%s is not running", name);
    else if (*pid < 2 || kill(*pid, SIGTERM) == 0)
        return *pid > 1 ? CTL_OK
                        : ctl_error(CTL_FAILED,
                                    "%s is running, but its process id is unknown", name);
    else if (errno != ESRCH) {
        int status =
            ctl_error(CTL_FAILED, "%s (pid %ld): %s", name, (long)*pid, strerror(errno));
        *pid = 0;
        return status;
    }
    return CTL_OK;
}

/* The lock is released when the process exits; another holder is a server that somebody has
 * started since. */
static int wait_stopped(const struct servers *servers, uint32_t i, pid_t pid,
                        struct herd_mono deadline)
{
    const char *name = servers->conf.servers[i].name;
    for (;;) {
        pid_t now = servers_pid(servers, i);
        int left = remaining_ms(deadline, POLL_MS);
        if (now != pid) {
            printf("%s has stopped (pid %ld)\n", name, (long)pid);
            return CTL_OK;
        }
        if (left == 0)
            break;
        (void)poll(NULL, 0, left);
    }
    return ctl_error(CTL_TIMED_OUT,
                     "%s (pid %ld) is still running. It may be sending its last "
                     "replies: wait longer with -t, or see its log; `kill -9 %ld` ends "
                     "it at once",
                     name, (long)pid, (long)pid);
}

int ctl_stop(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    struct selection selection;
    pid_t pids[HERD_CONF_SERVERS_MAX];
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = servers_select(&selection, &servers, ctl, count, names);
    for (uint32_t i = 0; i < selection.count; i++)
        status = ctl_first_failure(
            status, stop_one(&servers, selection.index[i], selection.named, &pids[i]));
    struct herd_mono deadline =
        herd_mono_add_ms(io_clock_mono(), ctl_timeout_ms(ctl, CTL_TIMEOUT_MS));
    for (uint32_t i = 0; i < selection.count; i++)
        if (pids[i] > 1)
            status = ctl_first_failure(
                status, wait_stopped(&servers, selection.index[i], pids[i], deadline));
    servers_close(&servers);
    return status;
}
