/* start and stop. */
#include "io/clock.h"
#include "spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

enum {
    AT_ONCE = 64,      /* servers that are being started, each with a pipe */
    LOOK_EVERY_MS = 10 /* a lock cannot be polled for */
};

/* Milliseconds until the deadline, at most `most`; 0: it is reached. */
static int left_ms(struct herd_mono deadline, int most)
{
    int64_t left = (deadline.ns - io_clock_mono().ns + HERD_NS_PER_MS - 1) / HERD_NS_PER_MS;
    return left <= 0 ? 0 : left < most ? (int)left : most;
}

/* ---- start ---- */

struct starting {
    const struct servers *servers;
    const char *program;
    int64_t timeout_ms;
    struct launch launches[AT_ONCE];
    uint32_t count;
};

/* Waits once for any of them. False: none is left. */
static bool hear_some(struct starting *starting, int timeout_ms)
{
    struct pollfd pollfds[AT_ONCE];
    nfds_t count = 0;
    for (uint32_t i = 0; i < starting->count; i++)
        if (starting->launches[i].out >= 0)
            pollfds[count++] =
                (struct pollfd){.fd = starting->launches[i].out, .events = POLLIN};
    if (count == 0)
        return false;
    if (poll(pollfds, count, timeout_ms) <= 0)
        return true;
    for (uint32_t i = 0, k = 0; i < starting->count; i++)
        if (starting->launches[i].out >= 0 && pollfds[k++].revents != 0)
            spawn_hear(&starting->launches[i], starting->servers);
    return true;
}

static int wait_ready(struct starting *starting)
{
    int status = CTL_OK, left;
    struct herd_mono deadline = herd_mono_add_ms(io_clock_mono(), starting->timeout_ms);
    while ((left = left_ms(deadline, 1000)) > 0 && hear_some(starting, left))
        ;
    for (uint32_t i = 0; i < starting->count; i++) {
        struct launch *launch = &starting->launches[i];
        if (launch->out >= 0)
            spawn_give_up(launch, starting->servers, starting->timeout_ms);
        status = ctl_first(status, launch->status);
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

static int start_all(struct starting *starting, const struct choice *choice)
{
    int status = CTL_OK;
    for (uint32_t i = 0; i < choice->count; i++) {
        status = ctl_first(status, start_one(starting, choice->index[i]));
        if (starting->count == AT_ONCE)
            status = ctl_first(status, wait_ready(starting));
    }
    return ctl_first(status, wait_ready(starting));
}

int ctl_start(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    struct choice choice;
    struct starting starting = {.servers = &servers,
                                .timeout_ms = ctl_timeout_ms(ctl, CTL_TIMEOUT_MS)};
    char program[IO_PATH_MAX];
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = servers_choose(&choice, &servers, ctl, count, names);
    if (status == CTL_OK && !spawn_find(ctl->self, program))
        status = CTL_REFUSED;
    starting.program = program;
    if (status == CTL_OK)
        status = start_all(&starting, &choice);
    servers_close(&servers);
    return status;
}

/* ---- stop ---- */

/* Tells the holder of the lock to end. `pids` gets it, or 0 when there is nothing to wait
 * for. A holder that cannot be told is never taken for a process: kill(-1) is everybody. */
static int stop_one(const struct servers *servers, uint32_t i, bool named, pid_t *pid)
{
    const char *name = servers->conf.servers[i].name;
    *pid = servers_pid(servers, i);
    if (*pid == 0 && !named)
        printf("%s is not running\n", name);
    else if (*pid == 0)
        return ctl_complain(CTL_DOWN, "%s is not running", name);
    else if (*pid < 2 || kill(*pid, SIGTERM) == 0)
        return *pid > 1
                   ? CTL_OK
                   : ctl_complain(CTL_REFUSED, "%s: cannot tell which process it is", name);
    else if (errno != ESRCH) {
        int status = ctl_complain(CTL_REFUSED, "%s (pid %ld): %s", name, (long)*pid,
                                  strerror(errno));
        *pid = 0;
        return status;
    }
    return CTL_OK;
}

/* The lock goes when the process does; a new holder is somebody else's new server. */
static int wait_gone(const struct servers *servers, uint32_t i, pid_t pid,
                     struct herd_mono deadline)
{
    const char *name = servers->conf.servers[i].name;
    for (;;) {
        pid_t now = servers_pid(servers, i);
        int left = left_ms(deadline, LOOK_EVERY_MS);
        if (now != pid) {
            printf("%s has stopped (pid %ld)\n", name, (long)pid);
            return CTL_OK;
        }
        if (left == 0)
            break;
        (void)poll(NULL, 0, left);
    }
    return ctl_complain(CTL_LATE,
                        "%s (pid %ld) is still running. It may be sending its last "
                        "replies: wait longer with -t; its log says what it does; "
                        "`kill -9 %ld` ends it without a good-bye",
                        name, (long)pid, (long)pid);
}

int ctl_stop(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    struct choice choice;
    pid_t pids[HERD_CONF_SERVERS_MAX];
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    int status = servers_choose(&choice, &servers, ctl, count, names);
    for (uint32_t i = 0; i < choice.count; i++)
        status =
            ctl_first(status, stop_one(&servers, choice.index[i], choice.named, &pids[i]));
    struct herd_mono deadline =
        herd_mono_add_ms(io_clock_mono(), ctl_timeout_ms(ctl, CTL_TIMEOUT_MS));
    for (uint32_t i = 0; i < choice.count; i++)
        if (pids[i] > 1)
            status =
                ctl_first(status, wait_gone(&servers, choice.index[i], pids[i], deadline));
    servers_close(&servers);
    return status;
}
