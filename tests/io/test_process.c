/* SPDX-License-Identifier: ISC */
/* Each case runs in a process of its own, whose exit status is the verdict. */
#include "check.h"
#include "io/process.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STANDARD = 3, BY_SIGNAL = 256 };

static int run(int (*what)(unsigned closed), unsigned closed)
{
    int status = -1;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(what(closed));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
}

/* ---- descriptors ---- */

/* Bit n of `closed` is descriptor n. */
static void close_standard(unsigned closed)
{
    for (int fd = 0; fd < STANDARD; fd++)
        if ((closed >> fd & 1) != 0)
            (void)close(fd);
}

static bool is_same(int fd, const struct stat *st)
{
    struct stat now;
    return fstat(fd, &now) == 0 && now.st_dev == st->st_dev && now.st_ino == st->st_ino;
}

static int fills(unsigned closed)
{
    struct stat null, before[STANDARD];
    int next = dup(0);
    if (next < STANDARD || close(next) != 0 || stat("/dev/null", &null) != 0)
        return 1;
    for (int fd = 0; fd < STANDARD; fd++)
        if (fstat(fd, &before[fd]) != 0)
            return 2;
    close_standard(closed);
    io_process_prepare();
    for (int fd = 0; fd < STANDARD; fd++)
        if (!is_same(fd, (closed >> fd & 1) != 0 ? &null : &before[fd]))
            return 3;
    if (((closed & 1) != 0 && read(0, &null, 1) != 0) ||
        ((closed & 2) != 0 && write(1, "x", 1) != 1) ||
        ((closed & 4) != 0 && write(2, "x", 1) != 1))
        return 4;
    return dup(0) == next ? 0 : 5;
}

static void closed_descriptors_become_null(void)
{
    for (unsigned closed = 0; closed < 1U << STANDARD; closed++) {
        CHECK_LABEL("closed %u", closed);
        CHECK_INT(run(fills, closed), 0);
    }
    CHECK_LABEL("%s", "");
}

/* ---- signals ---- */

static void set_action(int number, void (*handler)(int))
{
    struct sigaction act = {.sa_handler = handler};
    (void)sigemptyset(&act.sa_mask);
    (void)sigaction(number, &act, NULL);
}

static bool has_action(int number, void (*handler)(int))
{
    struct sigaction act;
    return sigaction(number, NULL, &act) == 0 && act.sa_handler == handler;
}

static int unblocks(unsigned unused)
{
    sigset_t all, now;
    (void)unused;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    io_process_prepare();
    (void)sigprocmask(SIG_SETMASK, NULL, &now);
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigismember(&now, numbers[i]) != 0)
            return 1;
    return 0;
}

/* SIGTERM that was blocked, ignored, or both, ends the process as ever. */
static int ends_by_pending(unsigned ignored)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    if (ignored != 0)
        set_action(SIGTERM, SIG_IGN);
    else
        (void)raise(SIGTERM);
    io_process_prepare();
    (void)raise(SIGTERM);
    return 0;
}

static int resets(unsigned unused)
{
    static const int reset[] = {SIGALRM, SIGCHLD, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
    static const int kept[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
    enum { COUNT = 6 };
    (void)unused;
    for (int i = 0; i < COUNT; i++) {
        set_action(reset[i], SIG_IGN);
        set_action(kept[i], SIG_IGN);
    }
    io_process_prepare();
    for (int i = 0; i < COUNT; i++)
        if (!has_action(reset[i], SIG_DFL) || !has_action(kept[i], SIG_IGN))
            return 1 + i;
    return 0;
}

/* A system that is told to ignore SIGCHLD keeps no exit status. */
static int waits(unsigned unused)
{
    int status = 0;
    (void)unused;
    set_action(SIGCHLD, SIG_IGN);
    io_process_prepare();
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7 ? 0 : 1;
}

static void signals_are_as_at_a_login(void)
{
    CHECK_INT(run(unblocks, 0), 0);
    CHECK_INT(run(ends_by_pending, 0), BY_SIGNAL + SIGTERM);
    CHECK_INT(run(ends_by_pending, 1), BY_SIGNAL + SIGTERM);
    CHECK_INT(run(resets, 0), 0);
    CHECK_INT(run(waits, 0), 0);
}

extern const struct check_test test_process[];
const struct check_test test_process[] = {
    {"closed descriptors become /dev/null", closed_descriptors_become_null},
    {"signals are as at a login", signals_are_as_at_a_login},
    {NULL, NULL},
};
