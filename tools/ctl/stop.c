/* SPDX-License-Identifier: ISC */
/* stop: a server has stopped when the lock of its pid file is released. */
#include "io/clock.h"
#include "look.h"
#include "run_dir.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POLL_MS = 10, /* poll(2) cannot wait for a lock, so it is looked at this often */
    FDS_MAX = 128 /* pid files that are kept open */
};

/* A server to stop. */
struct target {
    const char *name;
    int64_t index; /* in the configuration; negative: it is not there (any more) */
    pid_t pid;     /* the process that has been sent SIGTERM; 0: none */
    int fd;        /* its pid file, which it removes when it ends; -1: not open */
    bool lost;     /* its pid file is missing and may come back */
};

struct stopping {
    const struct servers *servers;
    bool named; /* the servers were named on the command line */
    struct herd_mono deadline;
    struct target targets[HERD_CONF_SERVERS_MAX];
    uint32_t count;
};

/* ---- which ones ---- */

static void add(struct stopping *stopping, const char *name, int64_t index)
{
    for (uint32_t i = 0; i < stopping->count; i++)
        if (strcmp(stopping->targets[i].name, name) == 0)
            return;
    if (stopping->count < HERD_CONF_SERVERS_MAX)
        stopping->targets[stopping->count++] =
            (struct target){.name = name, .index = index, .fd = -1};
}

/* Takes the names of servers that are left over out of `names`, so that the others can be
 * looked up in the configuration. */
static int take_left_over(struct stopping *stopping, int count, char **names)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (run_dir_is_left_over(stopping->servers, names[i]))
            add(stopping, names[i], -1);
        else
            names[kept++] = names[i];
    }
    return kept;
}

static int select_targets(struct stopping *stopping, const struct ctl *ctl, int count,
                          char **names)
{
    struct selection selection;
    const struct servers *servers = stopping->servers;
    int kept = take_left_over(stopping, count, names);
    if (count == 0 && ctl->server_given && run_dir_is_left_over(servers, ctl->server))
        add(stopping, ctl->server, -1);
    stopping->named = count > 0 || ctl->server_given;
    if (stopping->count > 0 && kept == 0)
        return CTL_OK;
    int status = servers_select(&selection, servers, ctl, kept, names);
    for (uint32_t i = 0; status == CTL_OK && i < selection.count; i++)
        add(stopping, servers->conf.servers[selection.index[i]].name, selection.index[i]);
    return status;
}

/* ---- the signal ---- */

/* The pid file is opened first, and then looked at: its lock tells of the server's end even
 * when somebody removes the file meanwhile. */
static int send_term(const struct stopping *stopping, struct target *target)
{
    char path[IO_PATH_MAX];
    const struct servers *servers = stopping->servers;
    if (!servers_path(servers, servers->conf.run_dir, target->name, ".pid", path))
        return CTL_FAILED;
    if (target - stopping->targets < FDS_MAX)
        target->fd = io_pidfile_open(path);
    struct io_pidfile_view view =
        target->fd >= 0 ? io_pidfile_look_at(target->fd) : io_pidfile_look(path);
    /* 0 and -1 mean many processes to kill(). */
    if (view.state != IO_PIDFILE_LOCKED || view.pid < 2 || kill(view.pid, SIGTERM) == 0) {
        target->pid = view.state == IO_PIDFILE_LOCKED && view.pid > 1 ? view.pid : 0;
        return CTL_OK;
    }
    if (errno == ESRCH)
        return CTL_OK;
    return ctl_error(CTL_FAILED, "%s (pid %ld): %s", target->name, (long)view.pid,
                     strerror(errno));
}

static int not_running(const struct stopping *stopping, const struct target *target)
{
    if (stopping->named)
        return ctl_error(CTL_DOWN, "%s is not running", target->name);
    printf("%s is not running\n", target->name);
    return CTL_OK;
}

/* One of another machine is a failure only if it was named. */
static int is_elsewhere(const struct stopping *stopping, const struct target *target,
                        const struct look *look)
{
    if (stopping->named)
        return ctl_error(CTL_DOWN, "%s is not running on this machine: %s; stop it there",
                         target->name, look->why.text);
    printf("%s is elsewhere: %s\n", target->name, look->why.text);
    return CTL_OK;
}

static int stop_one(const struct stopping *stopping, struct target *target)
{
    struct look look = {.state = LOOK_RUNS, .pid = 0};
    struct io_pidfile_view view = servers_pidfile(stopping->servers, target->name);
    if (view.state == IO_PIDFILE_LOCKED && view.pid > 1)
        return send_term(stopping, target);
    if (target->index < 0 && view.state != IO_PIDFILE_LOCKED)
        return not_running(stopping, target);
    if (target->index < 0)
        herd_error_set(&look.why, "its process is not visible from here");
    else
        look_for(&look, stopping->servers, (uint32_t)target->index);
    if (look.state == LOOK_DOWN)
        return not_running(stopping, target);
    if (look.state == LOOK_ELSEWHERE)
        return is_elsewhere(stopping, target, &look);
    target->lost = look.lost;
    if (look.lost)
        return CTL_OK;
    return ctl_error(CTL_FAILED,
                     look.state == LOOK_RUNS ? "%s is running and was not stopped: %s"
                                             : "%s may be running: %s",
                     target->name, look.why.text);
}

/* ---- waiting ---- */

/* Sleeps a little. False: the deadline is reached. */
static bool nap(const struct stopping *stopping)
{
    int64_t left_ns = stopping->deadline.ns - io_clock_mono().ns;
    int64_t left_ms = (left_ns + HERD_NS_PER_MS - 1) / HERD_NS_PER_MS;
    if (left_ms <= 0)
        return false;
    (void)poll(NULL, 0, left_ms < POLL_MS ? (int)left_ms : POLL_MS);
    return true;
}

/* A server makes a pid file that somebody has removed anew, and can then be stopped. */
static int wait_found(const struct stopping *stopping, struct target *target)
{
    struct look look;
    do {
        struct io_pidfile_view view = servers_pidfile(stopping->servers, target->name);
        if (view.state == IO_PIDFILE_LOCKED && view.pid > 1)
            return send_term(stopping, target);
    } while (nap(stopping));
    look_for(&look, stopping->servers, (uint32_t)target->index);
    if (look.state == LOOK_DOWN)
        return not_running(stopping, target);
    return ctl_error(CTL_FAILED, "%s may be running and was not stopped: %s", target->name,
                     look.why.text);
}

/* Whether the process that got SIGTERM has released its lock. One that has made its pid
 * file anew meanwhile holds the lock of the new one. Another holder is a server that
 * somebody has started since. */
static bool has_stopped(const struct stopping *stopping, struct target *target)
{
    if (target->fd >= 0) {
        struct io_pidfile_view ours = io_pidfile_look_at(target->fd);
        if (ours.state == IO_PIDFILE_LOCKED && ours.pid == target->pid)
            return false;
    }
    struct io_pidfile_view view = servers_pidfile(stopping->servers, target->name);
    return view.state != IO_PIDFILE_UNKNOWN &&
           (view.state != IO_PIDFILE_LOCKED || view.pid != target->pid);
}

static int wait_stopped(const struct stopping *stopping, struct target *target)
{
    do {
        if (!has_stopped(stopping, target))
            continue;
        printf("%s has stopped (pid %ld)\n", target->name, (long)target->pid);
        return CTL_OK;
    } while (nap(stopping));
    return ctl_error(CTL_TIMED_OUT,
                     "%s (pid %ld) is still running. It may be sending its last "
                     "replies: wait longer with -t, or see its log; `kill -9 %ld` ends "
                     "it at once",
                     target->name, (long)target->pid, (long)target->pid);
}

static int stop_all(struct stopping *stopping)
{
    int status = CTL_OK;
    for (uint32_t i = 0; i < stopping->count; i++)
        status = ctl_first_failure(status, stop_one(stopping, &stopping->targets[i]));
    for (uint32_t i = 0; i < stopping->count; i++)
        if (stopping->targets[i].lost)
            status = ctl_first_failure(status, wait_found(stopping, &stopping->targets[i]));
    for (uint32_t i = 0; i < stopping->count; i++) {
        struct target *target = &stopping->targets[i];
        if (target->pid > 1)
            status = ctl_first_failure(status, wait_stopped(stopping, target));
        if (target->fd >= 0)
            (void)close(target->fd);
    }
    return status;
}

int ctl_stop(const struct ctl *ctl, int count, char **names)
{
    struct servers servers;
    if (servers_open(&servers, ctl->conf_path) != CTL_OK)
        return CTL_USAGE;
    struct stopping *stopping = calloc(1, sizeof *stopping);
    int status = CTL_FAILED;
    if (stopping == NULL) {
        ctl_error(status, "%s", herd_strerror(HERD_ENOMEM));
    } else {
        stopping->servers = &servers;
        int64_t most_ms = ctl_timeout_ms(
            ctl, servers.conf.state_dir[0] != '\0' ? CTL_STATE_TIMEOUT_MS : CTL_TIMEOUT_MS);
        stopping->deadline = herd_mono_add_ms(io_clock_mono(), most_ms);
        status = select_targets(stopping, ctl, count, names);
        if (status == CTL_OK)
            status = stop_all(stopping);
    }
    free(stopping);
    servers_close(&servers);
    return status;
}
