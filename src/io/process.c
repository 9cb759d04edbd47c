/* SPDX-License-Identifier: ISC */
#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A folder exists in every chroot: reading and writing it fail, and it keeps the number. */
static int open_nothing(void)
{
    int fd = open("/dev/null", O_RDWR);
    return fd >= 0 ? fd : open("/", O_RDONLY);
}

/* open() returns the lowest number that is free. */
static void fill_standard(void)
{
    int fd;
    do
        fd = open_nothing();
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

/* The actions come first: a signal that is pending is then delivered to the right one. */
void io_process_reset_signals(const int *numbers, size_t count)
{
    struct sigaction act;
    sigset_t none;
    memset(&act, 0, sizeof act);
    act.sa_handler = SIG_DFL;
    (void)sigemptyset(&act.sa_mask);
    (void)sigemptyset(&none);
    for (size_t i = 0; i < count; i++)
        (void)sigaction(numbers[i], &act, NULL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void io_process_prepare(void)
{
    static const int numbers[] = {SIGALRM, SIGCHLD, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
    fill_standard();
    io_process_reset_signals(numbers, sizeof numbers / sizeof numbers[0]);
}
