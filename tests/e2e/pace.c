/* SPDX-License-Identifier: ISC */
#include "pace.h"

#include "client.h"
#include "guard.h"
#include "swarm.h"
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIFE_S = 120, MOST = 100000, REST_MS = 1 };

static bool ask_once(struct client *client, int64_t serial)
{
    char line[64];
    struct herd_slice got;
    snprintf(line, sizeof line, "IAMAT pace +1+1 %lld\n", (long long)serial);
    return client_ask(client, line, &got) && got.len > 3 && memcmp(got.data, "AT ", 3) == 0;
}

static void measure(uint16_t port, int stop, int result)
{
    static int64_t took[MOST];
    struct pace_figures figures = {.bad = 0};
    struct client client;
    struct pollfd end = {.fd = stop, .events = POLLIN};
    alarm(LIFE_S);
    if (!client_open(&client, port))
        figures.bad = 1;
    while (figures.bad == 0 && figures.count < MOST && poll(&end, 1, REST_MS) == 0) {
        int64_t start = now_us();
        figures.bad += !ask_once(&client, figures.count);
        took[figures.count++] = now_us() - start;
    }
    figures.p50_us = percentile(took, (size_t)figures.count, 50);
    figures.p99_us = percentile(took, (size_t)figures.count, 99);
    figures.most_us = percentile(took, (size_t)figures.count, 100);
    _exit(write(result, &figures, sizeof figures) == sizeof figures ? 0 : 1);
}

static void close_ends(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

bool pace_begin(struct pace *pace, uint16_t port)
{
    int stop[2], result[2];
    pace->pid = -1;
    if (pipe(stop) != 0)
        return false;
    if (pipe(result) != 0) {
        close_ends(stop);
        return false;
    }
    pace->pid = fork();
    if (pace->pid == 0) {
        close(stop[1]);
        measure(port, stop[0], result[1]);
    }
    if (pace->pid < 0) {
        close_ends(stop);
        close_ends(result);
        return false;
    }
    guard_pid(pace->pid);
    close(stop[0]);
    close(result[1]);
    pace->stop = stop[1];
    pace->result = result[0];
    return true;
}

bool pace_end(struct pace *pace, struct pace_figures *figures)
{
    if (pace->pid <= 0)
        return false; /* it has not begun: kill() would end others */
    close(pace->stop);
    bool ok = wait_fd(pace->result, POLLIN, now_ms() + WAIT_MS) &&
              read(pace->result, figures, sizeof *figures) == sizeof *figures;
    close(pace->result);
    if (!ok)
        kill(pace->pid, SIGKILL);
    while (waitpid(pace->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    guard_pid_gone(pace->pid);
    return ok;
}
