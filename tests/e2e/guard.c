/* SPDX-License-Identifier: ISC */
#include "guard.h"

#include "files.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIDS = 64, DIRS = 16, DIR_SIZE = 64 };

static volatile pid_t pids[PIDS];
static char dirs[DIRS][DIR_SIZE];

static void kill_all(void)
{
    for (int i = 0; i < PIDS; i++)
        if (pids[i] != 0) {
            kill(-pids[i], SIGKILL);
            kill(pids[i], SIGKILL);
        }
}

static void clean_up(void)
{
    kill_all();
    for (int i = 0; i < DIRS; i++)
        if (dirs[i][0] != '\0')
            dir_remove(dirs[i]);
}

/* Only what a signal handler may do: the folders stay. */
static void on_signal(int number)
{
    (void)number;
    kill_all();
    _exit(1);
}

static void start(void)
{
    static bool started;
    struct sigaction action = {.sa_handler = on_signal};
    if (started)
        return;
    started = true;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    atexit(clean_up);
}

static void put_pid(pid_t from, pid_t to)
{
    for (int i = 0; i < PIDS; i++)
        if (pids[i] == from) {
            pids[i] = to;
            return;
        }
}

void guard_pid(pid_t pid)
{
    start();
    put_pid(0, pid);
}

void guard_pid_gone(pid_t pid)
{
    put_pid(pid, 0);
}

static void put_dir(const char *from, const char *to)
{
    for (int i = 0; i < DIRS; i++)
        if (strcmp(dirs[i], from) == 0) {
            snprintf(dirs[i], DIR_SIZE, "%s", to);
            return;
        }
}

void guard_dir(const char *path)
{
    start();
    put_dir("", path);
}

void guard_dir_gone(const char *path)
{
    put_dir(path, "");
}
