#include "fetch_sockets.h"

#include "herd/err.h"

/* A descriptor that stays ready although libcurl makes no progress with it (versions with a
 * stray wake-up descriptor exist) would keep the processor busy: after SPINS_MAX such
 * wake-ups in a row it is not polled for PAUSE_MS. */
enum { SPINS_MAX = 100, PAUSE_MS = 50 };

struct io_fetch_socket {
    struct io_watch watch;
    struct io_fetch_sockets *all;
    struct io_fetch_socket *next;
    unsigned want;
    unsigned spins;                /* wake-ups without progress in a row */
    bool paused;                   /* not in the loop */
    struct herd_mono paused_until; /* while paused */
};

static void act(struct io_fetch_sockets *all, curl_socket_t fd, int events)
{
    int running;
    CURLMcode rc = curl_multi_socket_action(all->multi, fd, events, &running);
    if (rc != CURLM_OK && !all->broken) {
        all->broken = true;
        all->error = rc;
    }
    all->acted(all->owner);
}

static void pause_polling(struct io_fetch_socket *socket)
{
    io_loop_remove(socket->all->loop, &socket->watch);
    socket->paused = true;
    socket->paused_until = herd_mono_add_ms(socket->all->now, PAUSE_MS);
    socket->spins = 0;
    socket->all->spin_pauses++;
}

/* libcurl may forget the socket meanwhile, but its memory stays until the sweep. */
static void on_ready(struct io_watch *watch, unsigned ready)
{
    struct io_fetch_socket *socket = watch->arg;
    struct io_fetch_sockets *all = socket->all;
    uint64_t before = *all->progress;
    if (all->broken)
        return;
    int events = ((ready & IO_READ) ? CURL_CSELECT_IN : 0) |
                 ((ready & IO_WRITE) ? CURL_CSELECT_OUT : 0);
    act(all, watch->fd, events);
    if (*all->progress != before)
        socket->spins = 0;
    else if (++socket->spins >= SPINS_MAX)
        pause_polling(socket);
    io_fetch_sockets_sweep(all);
}

/* ---- callbacks of libcurl ---------------------------------------------------------- */

static struct io_fetch_socket *find(struct io_fetch_sockets *all, int fd)
{
    struct io_fetch_socket *socket = all->first;
    while (socket != NULL && socket->watch.fd != fd)
        socket = socket->next;
    return socket;
}

static struct io_fetch_socket *add(struct io_fetch_sockets *all, int fd, unsigned want)
{
    struct io_fetch_socket *socket = herd_mem_zalloc(all->mem, sizeof *socket);
    if (socket == NULL)
        return NULL;
    socket->watch = (struct io_watch){.fd = fd, .ready = on_ready, .arg = socket};
    socket->all = all;
    if (io_loop_add(all->loop, &socket->watch, want) != HERD_OK) {
        herd_mem_free(all->mem, socket, sizeof *socket);
        return NULL;
    }
    io_loop_pin(all->loop, &socket->watch);
    socket->next = all->first;
    all->first = socket;
    return socket;
}

static void forget(struct io_fetch_sockets *all, struct io_fetch_socket *socket)
{
    struct io_fetch_socket **link = &all->first;
    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    if (!socket->paused)
        io_loop_remove(all->loop, &socket->watch);
    socket->next = all->gone;
    all->gone = socket;
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
    struct io_fetch_sockets *all = arg;
    struct io_fetch_socket *socket = known != NULL ? known : find(all, fd);
    (void)easy;
    ++*all->progress;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL)
            forget(all, socket);
        return 0;
    }
    if (socket == NULL)
        socket = add(all, fd, want_of(what));
    if (socket == NULL ||
        (known == NULL && curl_multi_assign(all->multi, fd, socket) != CURLM_OK)) {
        all->broken = true;
        all->error = CURLM_OUT_OF_MEMORY;
        return -1;
    }
    socket->want = want_of(what);
    if (!socket->paused)
        io_loop_want(all->loop, &socket->watch, socket->want);
    return 0;
}

/* Only notes the time: libcurl must not be called from here. `now` may be old, so the timer
 * may fire early, which libcurl allows. */
static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct io_fetch_sockets *all = arg;
    (void)multi;
    all->due = timeout_ms < 0 ? HERD_NEVER : herd_mono_add_ms(all->now, timeout_ms);
    return 0;
}

/* ---- calls of the owner
 * ------------------------------------------------------------------ */

/* To libcurl a limit of 0 connections means its default: the owner then forbids reuse. */
static bool set_up(struct io_fetch_sockets *all)
{
    long most = all->connects_max > 0 ? (long)all->connects_max : 1L;
    return curl_multi_setopt(all->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(all->multi, CURLMOPT_SOCKETDATA, all) == CURLM_OK &&
           curl_multi_setopt(all->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(all->multi, CURLMOPT_TIMERDATA, all) == CURLM_OK &&
           curl_multi_setopt(all->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) ==
               CURLM_OK &&
#if LIBCURL_VERSION_NUM >= 0x081400
           /* Closing must not wait for a resolver's threads. */
           curl_multi_setopt(all->multi, CURLMOPT_QUICK_EXIT, 1L) == CURLM_OK &&
#endif
           curl_multi_setopt(all->multi, CURLMOPT_MAXCONNECTS, most) == CURLM_OK;
}

int io_fetch_sockets_open(struct io_fetch_sockets *all)
{
    all->due = HERD_NEVER;
    all->broken = false;
    all->multi = curl_multi_init();
    if (all->multi == NULL)
        return HERD_ENOMEM;
    if (set_up(all))
        return HERD_OK;
    io_fetch_sockets_close(all);
    return HERD_ENOMEM;
}

void io_fetch_sockets_sweep(struct io_fetch_sockets *all)
{
    while (all->gone != NULL) {
        struct io_fetch_socket *socket = all->gone;
        all->gone = socket->next;
        herd_mem_free(all->mem, socket, sizeof *socket);
    }
}

/* curl_multi_cleanup runs the callbacks, too, but not for every socket. */
void io_fetch_sockets_close(struct io_fetch_sockets *all)
{
    if (all->multi != NULL)
        curl_multi_cleanup(all->multi);
    all->multi = NULL;
    while (all->first != NULL)
        forget(all, all->first);
    io_fetch_sockets_sweep(all);
    all->due = HERD_NEVER;
}

struct herd_mono io_fetch_sockets_deadline(const struct io_fetch_sockets *all)
{
    struct herd_mono deadline = all->broken ? all->now : all->due;
    for (const struct io_fetch_socket *s = all->first; s != NULL; s = s->next)
        if (s->paused)
            deadline = herd_mono_min(deadline, s->paused_until);
    return deadline;
}

/* Without memory for the watch the socket stays paused for another PAUSE_MS. */
static void resume_polling(struct io_fetch_sockets *all)
{
    for (struct io_fetch_socket *s = all->first; s != NULL; s = s->next) {
        if (!s->paused || !herd_mono_reached(all->now, s->paused_until))
            continue;
        s->paused = io_loop_add(all->loop, &s->watch, s->want) != HERD_OK;
        if (!s->paused)
            io_loop_pin(all->loop, &s->watch);
        s->paused_until = herd_mono_add_ms(all->now, PAUSE_MS);
    }
}

void io_fetch_sockets_tick(struct io_fetch_sockets *all, struct herd_mono now)
{
    all->now = now;
    resume_polling(all);
    if (all->multi == NULL || all->broken || !herd_mono_reached(now, all->due))
        return;
    all->due = HERD_NEVER;
    act(all, CURL_SOCKET_TIMEOUT, 0);
    io_fetch_sockets_sweep(all);
}
