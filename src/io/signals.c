/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "signals.h"

#include "herd/err.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { CAUGHT = 4, ALL = CAUGHT + 1, PIECE = 64 };

/* SIGPIPE is ignored, the others are caught. */
static const int numbers[ALL] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE};

/* Global, since signal handlers get no argument. */
static struct {
    struct io_watch watch; /* of the pipe's reading end */
    int writing_end;
    struct io_loop *loop; /* NULL: not started */
    io_signal_fn caught;
    void *arg;
    struct sigaction before[ALL];
} self;

/* Interrupts any code, so it only calls write() and restores errno. When the pipe is full,
 * the signals in it suffice. */
static void handle(int number)
{
    int err = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t ignored = write(self.writing_end, &byte, 1);
    (void)ignored;
    errno = err;
}

/* `caught` may call io_signals_stop, and io_signals_start again. */
static void ready(struct io_watch *watch, unsigned bits)
{
    (void)bits;
    unsigned char bytes[PIECE];
    ssize_t got = read(watch->fd, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got && self.loop != NULL; i++)
        self.caught(self.arg, bytes[i]);
}

static int open_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return HERD_ESYS;
    self.watch = (struct io_watch){.fd = ends[0], .ready = ready};
    self.writing_end = ends[1];
    if (io_portable_prepare(ends[0]) && io_portable_prepare(ends[1]))
        return HERD_OK;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return HERD_ESYS;
}

static void close_pipe(void)
{
    (void)close(self.watch.fd);
    (void)close(self.writing_end);
}

/* sigaction() fails only for signals that cannot be caught, and none of these is one. */
static void catch_all(void)
{
    for (int i = 0; i < ALL; i++) {
        struct sigaction act;
        memset(&act, 0, sizeof act);
        (void)sigemptyset(&act.sa_mask);
        act.sa_flags = SA_RESTART;
        act.sa_handler = i < CAUGHT ? handle : SIG_IGN;
        int rc = sigaction(numbers[i], &act, &self.before[i]);
        assert(rc == 0);
        (void)rc;
    }
}

int io_signals_start(struct io_loop *loop, io_signal_fn caught, void *arg)
{
    assert(self.loop == NULL);
    int rc = open_pipe();
    if (rc != HERD_OK)
        return rc;
    rc = io_loop_add(loop, &self.watch, IO_READ);
    if (rc != HERD_OK) {
        close_pipe();
        return rc;
    }
    io_loop_pin_last(loop, &self.watch);
    self.loop = loop;
    self.caught = caught;
    self.arg = arg;
    catch_all();
    return HERD_OK;
}

void io_signals_stop(struct io_loop *loop)
{
    assert(self.loop == loop);
    for (int i = 0; i < ALL; i++)
        (void)sigaction(numbers[i], &self.before[i], NULL);
    io_loop_remove(loop, &self.watch);
    close_pipe();
    self.loop = NULL;
}
