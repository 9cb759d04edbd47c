/* SPDX-License-Identifier: ISC */
#include "fetch_sockets.h"

#include "herd/err.h"

/* A descriptor that stays ready although libcurl makes no progress with it (versions with a
 * stray wake-up descriptor exist) would keep the processor busy: after SPINS_MAX such
 * wake-ups in a row it is not polled for PAUSE_MS. */
enum { SPINS_MAX = 100, PAUSE_MS = 50 };

struct io_fetch_socket {
    struct io_watch watch;
    struct io_fetch_sockets *sockets;
    struct io_fetch_socket *next;
    unsigned want;
    unsigned spins;                /* wake-ups without progress in a row */
    bool paused;                   /* not in the loop */
    struct herd_mono paused_until; /* while paused */
};

static void act(struct io_fetch_sockets *sockets, curl_socket_t fd, int events)
{
    int running;
    CURLMcode rc = curl_multi_socket_action(sockets->multi, fd, events, &running);
    if (rc != CURLM_OK && !sockets->broken) {
        sockets->broken = true;
        sockets->error = rc;
    }
    sockets->acted(sockets->owner);
}

static void pause_polling(struct io_fetch_socket *socket)
{
    io_loop_remove(socket->sockets->loop, &socket->watch);
    socket->paused = true;
    socket->paused_until = herd_mono_add_ms(socket->sockets->now, PAUSE_MS);
    socket->spins = 0;
    socket->sockets->spin_pauses++;
}

/* libcurl may forget the socket meanwhile, but its memory stays until the sweep. */
static void on_ready(struct io_watch *watch, unsigned ready)
{
    struct io_fetch_socket *socket = watch->arg;
    struct io_fetch_sockets *sockets = socket->sockets;
    uint64_t before = *sockets->progress;
    if (sockets->broken)
        return;
    int events = ((ready & IO_READ) ? CURL_CSELECT_IN : 0) |
                 ((ready & IO_WRITE) ? CURL_CSELECT_OUT : 0);
    act(sockets, watch->fd, events);
    if (*sockets->progress != before)
        socket->spins = 0;
    else if (++socket->spins >= SPINS_MAX)
        pause_polling(socket);
    io_fetch_sockets_sweep(sockets);
}

/* ---- callbacks of libcurl ---------------------------------------------------------- */

static struct io_fetch_socket *find(struct io_fetch_sockets *sockets, int fd)
{
    struct io_fetch_socket *socket = sockets->first;
    while (socket != NULL && socket->watch.fd != fd)
        socket = socket->next;
    return socket;
}

static struct io_fetch_socket *add(struct io_fetch_sockets *sockets, int fd, unsigned want)
{
    struct io_fetch_socket *socket = herd_mem_zalloc(sockets->mem, sizeof *socket);
    if (socket == NULL)
        return NULL;
    socket->watch = (struct io_watch){.fd = fd, .ready = on_ready, .arg = socket};
    socket->sockets = sockets;
    if (io_loop_add(sockets->loop, &socket->watch, want) != HERD_OK) {
        herd_mem_free(sockets->mem, socket, sizeof *socket);
        return NULL;
    }
    io_loop_pin(sockets->loop, &socket->watch);
    socket->next = sockets->first;
    sockets->first = socket;
    return socket;
}

static void forget(struct io_fetch_sockets *sockets, struct io_fetch_socket *socket)
{
    struct io_fetch_socket **link = &sockets->first;
    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    if (!socket->paused)
        io_loop_remove(sockets->loop, &socket->watch);
    socket->next = sockets->gone;
    sockets->gone = socket;
}

static unsigned want_of(int what)
{
    switch (what) {
    case CURL_POLL_IN: return IO_READ;
    case CURL_POLL_OUT: return IO_WRITE;
    case CURL_POLL_INOUT: return IO_READ | IO_WRITE;
    default: return IO_NONE;
    }
}

/* `known` is the pointer assigned to the descriptor; NULL for a new or a stale number. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct io_fetch_sockets *sockets = arg;
    struct io_fetch_socket *socket = known != NULL ? known : find(sockets, fd);
    (void)easy;
    ++*sockets->progress;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL)
            forget(sockets, socket);
        return 0;
    }
    if (socket == NULL)
        socket = add(sockets, fd, want_of(what));
    if (socket == NULL ||
        (known == NULL && curl_multi_assign(sockets->multi, fd, socket) != CURLM_OK)) {
        sockets->broken = true;
        sockets->error = CURLM_OUT_OF_MEMORY;
        return -1;
    }
    socket->want = want_of(what);
    if (!socket->paused)
        io_loop_want(sockets->loop, &socket->watch, socket->want);
    return 0;
}

/* Only notes the time: libcurl must not be called from here. `now` may be old, so the timer
 * may fire early, which libcurl allows. */
static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct io_fetch_sockets *sockets = arg;
    (void)multi;
    sockets->due = timeout_ms < 0 ? HERD_NEVER : herd_mono_add_ms(sockets->now, timeout_ms);
    return 0;
}

/* ---- calls of the owner
 * ------------------------------------------------------------------ */

/* To libcurl a limit of 0 connections means its default: the owner then forbids reuse. */
static bool set_up(struct io_fetch_sockets *sockets)
{
    long most = sockets->connects_max > 0 ? (long)sockets->connects_max : 1L;
    return curl_multi_setopt(sockets->multi, CURLMOPT_SOCKETFUNCTION, on_socket) ==
               CURLM_OK &&
           curl_multi_setopt(sockets->multi, CURLMOPT_SOCKETDATA, sockets) == CURLM_OK &&
           curl_multi_setopt(sockets->multi, CURLMOPT_TIMERFUNCTION, on_timer) ==
               CURLM_OK &&
           curl_multi_setopt(sockets->multi, CURLMOPT_TIMERDATA, sockets) == CURLM_OK &&
           curl_multi_setopt(sockets->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) ==
               CURLM_OK &&
#if LIBCURL_VERSION_NUM >= 0x081400
           /* Closing must not wait for a resolver's threads. */
           curl_multi_setopt(sockets->multi, CURLMOPT_QUICK_EXIT, 1L) == CURLM_OK &&
#endif
           curl_multi_setopt(sockets->multi, CURLMOPT_MAXCONNECTS, most) == CURLM_OK;
}

int io_fetch_sockets_open(struct io_fetch_sockets *sockets)
{
    sockets->due = HERD_NEVER;
    sockets->broken = false;
    sockets->multi = curl_multi_init();
    if (sockets->multi == NULL)
        return HERD_ENOMEM;
    if (set_up(sockets))
        return HERD_OK;
    io_fetch_sockets_close(sockets);
    return HERD_ENOMEM;
}

void io_fetch_sockets_sweep(struct io_fetch_sockets *sockets)
{
    while (sockets->gone != NULL) {
        struct io_fetch_socket *socket = sockets->gone;
        sockets->gone = socket->next;
        herd_mem_free(sockets->mem, socket, sizeof *socket);
    }
}

/* curl_multi_cleanup runs the callbacks, too, but not for every socket. */
void io_fetch_sockets_close(struct io_fetch_sockets *sockets)
{
    if (sockets->multi != NULL)
        curl_multi_cleanup(sockets->multi);
    sockets->multi = NULL;
    while (sockets->first != NULL)
        forget(sockets, sockets->first);
    io_fetch_sockets_sweep(sockets);
    sockets->due = HERD_NEVER;
}

struct herd_mono io_fetch_sockets_deadline(const struct io_fetch_sockets *sockets)
{
    struct herd_mono deadline = sockets->broken ? sockets->now : sockets->due;
    for (const struct io_fetch_socket *s = sockets->first; s != NULL; s = s->next)
        if (s->paused)
            deadline = herd_mono_min(deadline, s->paused_until);
    return deadline;
}

/* Without memory for the watch the socket stays paused for another PAUSE_MS. */
static void resume_polling(struct io_fetch_sockets *sockets)
{
    for (struct io_fetch_socket *s = sockets->first; s != NULL; s = s->next) {
        if (!s->paused || !herd_mono_reached(sockets->now, s->paused_until))
            continue;
        s->paused = io_loop_add(sockets->loop, &s->watch, s->want) != HERD_OK;
        if (!s->paused)
            io_loop_pin(sockets->loop, &s->watch);
        s->paused_until = herd_mono_add_ms(sockets->now, PAUSE_MS);
    }
}

void io_fetch_sockets_tick(struct io_fetch_sockets *sockets, struct herd_mono now)
{
    sockets->now = now;
    resume_polling(sockets);
    if (sockets->multi == NULL || sockets->broken || !herd_mono_reached(now, sockets->due))
        return;
    sockets->due = HERD_NEVER;
    act(sockets, CURL_SOCKET_TIMEOUT, 0);
    io_fetch_sockets_sweep(sockets);
}
