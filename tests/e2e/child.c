/* SPDX-License-Identifier: ISC */
#include "child.h"

#include "files.h"
#include "guard.h"
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The alarm outlives exec: should even the guard fail, no program stays for ever. */
enum { LIFE_S = 600, HAD_TO_BE_KILLED = -1000, PATH_SIZE = 512 };

void (*child_prepare)(void);

static bool pipe_private(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static void become(const char *path, const char *const *argv, int out, int err,
                   const char *key)
{
    alarm(LIFE_S);
    (void)setpgid(0, 0);
    (void)signal(SIGPIPE, SIG_DFL);
    dup2(out, STDOUT_FILENO);
    if (err >= 0)
        dup2(err, STDERR_FILENO);
    if (key != NULL)
        setenv("HERD_PLACES_KEY", key, 1);
    else
        unsetenv("HERD_PLACES_KEY");
    if (child_prepare != NULL)
        child_prepare();
    execv(path, (char *const *)(uintptr_t)argv);
    _exit(127);
}

bool child_start(struct child *child, const char *folder_variable, const char *const *argv,
                 int err, const char *key)
{
    char path[PATH_SIZE];
    int ends[2];
    const char *folder = getenv(folder_variable);
    *child = (struct child){.out = -1};
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "build", argv[0]);
    if (!pipe_private(ends))
        return false;
    pid_t pid = fork();
    if (pid == 0)
        become(path, argv, ends[1], err, key);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    guard_pid(pid);
    *child = (struct child){.pid = pid, .out = ends[0]};
    return true;
}

bool child_line(struct child *child, char *line, size_t size)
{
    int64_t until = now_ms() + WAIT_MS;
    size_t len = 0;
    while (len + 1 < size && wait_fd(child->out, POLLIN, until) &&
           read(child->out, line + len, 1) == 1)
        if (line[len++] == '\n') {
            line[len - 1] = '\0';
            return true;
        }
    line[len] = '\0';
    return false;
}

/* The end of its output is the end of the program: waitpid need not be polled. What it
 * says is kept in *kept, if that is not NULL. */
static int collect(struct child *child, char **kept, size_t *len)
{
    int64_t until = now_ms() + WAIT_MS;
    char bytes[4096];
    ssize_t got = 1;
    int status = 0;
    while (got > 0) {
        got =
            wait_fd(child->out, POLLIN, until) ? read(child->out, bytes, sizeof bytes) : -1;
        char *more =
            got > 0 && kept != NULL ? realloc(*kept, *len + (size_t)got + 1) : NULL;
        if (more == NULL)
            continue;
        memcpy(more + *len, bytes, (size_t)got);
        *len += (size_t)got;
        *kept = more;
    }
    if (got < 0) {
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL);
    }
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    guard_pid_gone(child->pid);
    close(child->out);
    *child = (struct child){.out = -1};
    if (got < 0)
        return HAD_TO_BE_KILLED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int child_end(struct child *child, int signal)
{
    if (signal != 0)
        kill(child->pid, signal);
    return collect(child, NULL, NULL);
}

struct outcome child_run(const char *folder_variable, const char *const *argv)
{
    struct outcome outcome = {.status = HAD_TO_BE_KILLED};
    struct child child;
    char dir[CHILD_DIR], path[CHILD_DIR + 8];
    char *out = NULL;
    size_t len = 0;
    if (!child_dir_make(dir))
        return outcome;
    snprintf(path, sizeof path, "%s/err", dir);
    int err = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (child_start(&child, folder_variable, argv, err, NULL))
        outcome.status = collect(&child, &out, &len);
    if (err >= 0)
        close(err);
    outcome.out = herd_slice(out, len);
    outcome.err = file_read(path);
    child_dir_remove(dir);
    return outcome;
}

void outcome_free(struct outcome *outcome)
{
    file_free(outcome->out);
    file_free(outcome->err);
}

/* Short, because the path of a socket must fit in about a hundred bytes. */
bool child_dir_make(char *path)
{
    snprintf(path, CHILD_DIR, "/tmp/herd-e2e-XXXXXX");
    if (mkdtemp(path) == NULL)
        return false;
    guard_dir(path);
    return true;
}

void child_dir_remove(const char *path)
{
    dir_remove(path);
    guard_dir_gone(path);
}
