/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "lookup.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a thread writes to its pipe. */
struct answer {
    int rc;
    struct io_addrs addrs;
    struct herd_error_text error;
};

/* What a thread owns. It comes from malloc(), since the thread frees it: an allocator of
 * the loop need not allow that. */
struct job {
    io_lookup_fn run;
    int fd; /* the writing end */
    char host[];
};

/* The loop's end of a thread. */
struct worker {
    struct io_resolver *resolver;
    struct io_watch watch; /* fd -1: no thread */
    char *host;
    size_t got; /* bytes of `answer` */
    struct answer answer;
};

struct io_resolver {
    const struct herd_mem *mem;
    struct io_loop *loop;
    io_lookup_fn run;
    struct io_lookup *first; /* all that wait for an answer, the oldest first */
    struct worker workers[IO_LOOKUPS_MAX];
};

/* ---- the thread ---- */

static int run_system(struct io_addrs *addrs, const char *host,
                      struct herd_error_text *error)
{
    return io_addrs_lookup(addrs, host, 0, error);
}

/* The pipe's reader may have gone; SIGPIPE is blocked here. */
static void *thread_main(void *arg)
{
    struct job *job = arg;
    struct answer answer;
    memset(&answer, 0, sizeof answer);
    answer.rc = job->run(&answer.addrs, job->host, &answer.error);
    const char *at = (const char *)&answer;
    size_t left = sizeof answer;
    while (left > 0) {
        ssize_t put = write(job->fd, at, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            break;
        at += put;
        left -= (size_t)put;
    }
    (void)close(job->fd);
    free(job);
    return NULL;
}

/* Signals are for the loop's thread: the new one inherits a mask that blocks all. */
static int spawn(struct job *job)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    int err = pthread_attr_init(&attr);
    if (err != 0)
        return err;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, &attr, thread_main, job);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return err;
}

/* ---- its end in the loop ---- */

static void worker_close(struct worker *worker)
{
    struct io_resolver *resolver = worker->resolver;
    if (worker->watch.fd < 0)
        return;
    io_loop_remove(resolver->loop, &worker->watch);
    (void)close(worker->watch.fd);
    worker->watch.fd = -1;
    herd_mem_free(resolver->mem, worker->host, strlen(worker->host) + 1);
    worker->host = NULL;
}

static struct io_lookup *next_of(struct io_lookup *lookup, const char *host)
{
    while (lookup != NULL && strcmp(lookup->host, host) != 0)
        lookup = lookup->next;
    return lookup;
}

/* `done` may start and cancel any: as many are told as there were, so that one which asks
 * again at once does not keep the loop here. */
static void tell(struct io_resolver *resolver, const char *host,
                 const struct io_addrs *addrs, const char *error)
{
    size_t count = 0;
    struct io_lookup *lookup = resolver->first;
    for (; (lookup = next_of(lookup, host)) != NULL; lookup = lookup->next)
        count++;
    while (count-- > 0 && (lookup = next_of(resolver->first, host)) != NULL) {
        io_resolver_cancel(resolver, lookup);
        lookup->done(lookup->arg, addrs, error);
    }
}

static bool is_asked(const struct io_resolver *resolver, const char *host)
{
    for (size_t i = 0; i < IO_LOOKUPS_MAX; i++) {
        const struct worker *worker = &resolver->workers[i];
        if (worker->watch.fd >= 0 && strcmp(worker->host, host) == 0)
            return true;
    }
    return false;
}

static struct worker *idle_worker(struct io_resolver *resolver)
{
    for (size_t i = 0; i < IO_LOOKUPS_MAX; i++)
        if (resolver->workers[i].watch.fd < 0)
            return &resolver->workers[i];
    return NULL;
}

static void ready(struct io_watch *watch, unsigned bits);

/* Takes over the reading end. */
static bool worker_watch(struct worker *worker, int fd, const char *host)
{
    struct io_resolver *resolver = worker->resolver;
    size_t size = strlen(host) + 1;
    worker->host = herd_mem_alloc(resolver->mem, size);
    if (worker->host != NULL) {
        memcpy(worker->host, host, size);
        worker->got = 0;
        worker->watch = (struct io_watch){.fd = fd, .ready = ready, .arg = worker};
        if (io_loop_add(resolver->loop, &worker->watch, IO_READ) == HERD_OK) {
            io_loop_pin(resolver->loop, &worker->watch);
            return true;
        }
        herd_mem_free(resolver->mem, worker->host, size);
        worker->host = NULL;
    }
    worker->watch.fd = -1;
    (void)close(fd);
    return false;
}

/* Takes over `fd`, the writing end, which blocks. Returns 0 or an errno value. */
static int start_thread(const struct io_resolver *resolver, const char *host, int fd)
{
    size_t size = strlen(host) + 1;
    struct job *job = malloc(sizeof *job + size);
    int err = job == NULL ? ENOMEM : 0;
    if (err == 0) {
        job->run = resolver->run;
        job->fd = fd;
        memcpy(job->host, host, size);
        err = spawn(job);
    }
    if (err != 0) {
        (void)close(fd);
        free(job);
    }
    return err;
}

/* Returns 0 or an errno value. */
static int ask(struct worker *worker, const char *host)
{
    int ends[2];
    if (pipe(ends) != 0)
        return errno;
    if (!io_portable_prepare(ends[0]) || fcntl(ends[1], F_SETFD, FD_CLOEXEC) == -1) {
        int err = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err;
    }
    if (!worker_watch(worker, ends[0], host)) {
        (void)close(ends[1]);
        return ENOMEM;
    }
    int err = start_thread(worker->resolver, host, ends[1]);
    if (err != 0)
        worker_close(worker);
    return err;
}

/* Gives the idle threads something to do. A lookup for which there is none fails. */
static void ask_waiting(struct io_resolver *resolver)
{
    struct io_lookup *lookup = resolver->first;
    struct worker *worker;
    while (lookup != NULL && (worker = idle_worker(resolver)) != NULL) {
        int err = is_asked(resolver, lookup->host) ? 0 : ask(worker, lookup->host);
        if (err == 0) {
            lookup = lookup->next;
            continue;
        }
        struct herd_error_text error;
        herd_error_set(&error, "look up: %s", strerror(err));
        io_resolver_cancel(resolver, lookup);
        lookup->done(lookup->arg, NULL, error.text);
        lookup = resolver->first;
    }
}

static void ready(struct io_watch *watch, unsigned bits)
{
    struct worker *worker = watch->arg;
    struct io_resolver *resolver = worker->resolver;
    struct answer *answer = &worker->answer;
    (void)bits;
    ssize_t got =
        read(watch->fd, (char *)answer + worker->got, sizeof *answer - worker->got);
    if (got < 0 && io_portable_would_block(errno))
        return;
    worker->got += got > 0 ? (size_t)got : 0;
    if (got > 0 && worker->got < sizeof *answer)
        return;
    bool whole = worker->got == sizeof *answer;
    bool found = whole && answer->rc == HERD_OK;
    tell(resolver, worker->host, found ? &answer->addrs : NULL,
         whole ? answer->error.text : "look up: the thread ended without an answer");
    worker_close(worker);
    ask_waiting(resolver);
}

/* ---- calls of owners ---- */

struct io_resolver *io_resolver_new(const struct herd_mem *mem, struct io_loop *loop,
                                    io_lookup_fn run)
{
    struct io_resolver *resolver = herd_mem_zalloc(mem, sizeof *resolver);
    if (resolver == NULL)
        return NULL;
    resolver->mem = mem;
    resolver->loop = loop;
    resolver->run = run != NULL ? run : run_system;
    for (size_t i = 0; i < IO_LOOKUPS_MAX; i++) {
        resolver->workers[i].resolver = resolver;
        resolver->workers[i].watch.fd = -1;
    }
    return resolver;
}

void io_resolver_free(struct io_resolver *resolver)
{
    if (resolver == NULL)
        return;
    for (size_t i = 0; i < IO_LOOKUPS_MAX; i++)
        worker_close(&resolver->workers[i]);
    herd_mem_free(resolver->mem, resolver, sizeof *resolver);
}

int io_resolver_start(struct io_resolver *resolver, struct io_lookup *lookup,
                      struct herd_error_text *error)
{
    struct worker *worker = idle_worker(resolver);
    if (worker != NULL && !is_asked(resolver, lookup->host)) {
        int err = ask(worker, lookup->host);
        if (err != 0) {
            herd_error_set(error, "look up: %s", strerror(err));
            return HERD_ESYS;
        }
    }
    struct io_lookup **link = &resolver->first;
    while (*link != NULL)
        link = &(*link)->next;
    lookup->next = NULL;
    lookup->waiting = true;
    *link = lookup;
    return HERD_OK;
}

void io_resolver_cancel(struct io_resolver *resolver, struct io_lookup *lookup)
{
    struct io_lookup **link = &resolver->first;
    if (!lookup->waiting)
        return;
    while (*link != lookup)
        link = &(*link)->next;
    *link = lookup->next;
    lookup->waiting = false;
}
