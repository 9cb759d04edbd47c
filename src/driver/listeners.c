/* SPDX-License-Identifier: ISC */
#include "listeners.h"

#include "driver_internal.h"
#include "herd/err.h"
#include "io/sock.h"
#include "neighbours.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ACCEPTS_PER_TURN = 64,
    PAUSE_MS = 100, /* of accepting, when descriptors are exhausted and none is freed, or
                     * accept() fails for another reason */
};

/* A role may listen on several addresses: those of a name, those of the configuration. */
enum { SOCKETS_MAX = 16 };

/* What accepts the connections of one role. */
struct driver_listener {
    struct driver *driver;
    struct driver_pool *pool;
    int accepts_per_turn;      /* of all sockets together */
    bool full;                 /* paused: the pool's limit is reached */
    struct herd_mono retry_at; /* paused until then: accept() failed; HERD_NEVER: not */
    struct io_watch sockets[SOCKETS_MAX];
    size_t socket_count;
    char address[IO_ADDR_TEXT_SIZE]; /* the first */
};

struct driver_listeners {
    struct driver_listener of_role[DRIVER_ROLES]; /* by driver_role_index() */
    bool paused;                                  /* all: descriptors are exhausted */
    struct herd_mono resume_at; /* or when a connection has gone; HERD_NEVER: not paused */
    dev_t control_dev;          /* the file of the control socket ... */
    ino_t control_ino;          /* ... as it was made */
};

static struct driver_listener *of_role(struct driver *driver, enum herd_role role)
{
    return &driver->listeners->of_role[driver_role_index(role)];
}

/* ---- pausing and resuming ---- */

static void update_watch(struct driver_listener *listener)
{
    struct driver *driver = listener->driver;
    bool paused = listener->full || driver->listeners->paused ||
                  !herd_mono_is_never(listener->retry_at);
    for (size_t i = 0; i < listener->socket_count; i++)
        io_loop_want(driver->loop, &listener->sockets[i], paused ? IO_NONE : IO_READ);
}

/* A ready listener that cannot be served would make the loop spin. */
static void pause_all(struct driver *driver)
{
    struct driver_listeners *all = driver->listeners;
    all->paused = true;
    all->resume_at = herd_mono_add_ms(driver->mono, PAUSE_MS);
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        update_watch(&all->of_role[i]);
    driver_step(driver, &(struct herd_event){.kind = HERD_EV_DESCRIPTORS_EXHAUSTED});
}

static void resume_all(struct driver *driver)
{
    struct driver_listeners *all = driver->listeners;
    all->paused = false;
    all->resume_at = HERD_NEVER;
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        update_watch(&all->of_role[i]);
}

/* Only this one: a system that refuses clients may still let neighbours in. */
static void pause_failed(struct driver_listener *listener, int err)
{
    struct driver *driver = listener->driver;
    listener->retry_at = herd_mono_add_ms(driver->mono, PAUSE_MS);
    update_watch(listener);
    driver_step(driver, &(struct herd_event){.kind = HERD_EV_ACCEPT_FAILED,
                                             .role = listener->pool->role,
                                             .bytes = herd_slice_str(strerror(err))});
}

static void pause_full(struct driver_listener *listener)
{
    listener->full = true;
    update_watch(listener);
    driver_step(listener->driver, &(struct herd_event){.kind = HERD_EV_ROLE_FULL,
                                                       .role = listener->pool->role});
}

static void on_slot_freed(void *arg)
{
    struct driver_listener *listener = arg;
    if (listener->driver->listeners->paused)
        resume_all(listener->driver);
    if (listener->full && listener->pool->count < listener->pool->limit) {
        listener->full = false;
        update_watch(listener);
    }
}

struct herd_mono driver_listeners_deadline(const struct driver *driver)
{
    struct herd_mono at = driver->listeners->resume_at;
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        at = herd_mono_min(at, driver->listeners->of_role[i].retry_at);
    return at;
}

void driver_listeners_tick(struct driver *driver)
{
    struct driver_listeners *all = driver->listeners;
    if (all->paused && herd_mono_reached(driver->mono, all->resume_at))
        resume_all(driver);
    for (size_t i = 0; i < DRIVER_ROLES; i++) {
        struct driver_listener *listener = &all->of_role[i];
        if (!herd_mono_reached(driver->mono, listener->retry_at))
            continue;
        listener->retry_at = HERD_NEVER;
        update_watch(listener);
    }
}

/* ---- accepting ---- */

static bool close_any_lingering(struct driver *driver)
{
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        if (io_conn_group_close_oldest_lingering(driver->conns.pools[i].group))
            return true;
    return false;
}

/* Lingering connections make room for new ones, the oldest first. */
static void take_in(struct driver_listener *listener, int fd, const struct io_addr *from)
{
    struct driver_pool *pool = listener->pool;
    if (io_conn_group_count(pool->group) >= pool->limit)
        (void)io_conn_group_close_oldest_lingering(pool->group);
    driver_conn_accept(listener->driver, fd, pool, from);
}

static void accept_ready(struct io_watch *watch, unsigned ready)
{
    struct driver_listener *listener = watch->arg;
    struct driver *driver = listener->driver;
    const struct driver_pool *pool = listener->pool;
    int most = listener->accepts_per_turn / (int)listener->socket_count;
    (void)ready;
    driver_clock(driver);
    for (int i = 0; i < (most > 0 ? most : 1) && !driver->listeners->paused; i++) {
        struct io_addr from;
        /* Clients need not wait: see addresses.h. */
        if (pool->role != HERD_ROLE_CLIENT && pool->count >= pool->limit) {
            /* Once a connection was accepted, no further one may be waiting. */
            if (i == 0)
                pause_full(listener);
            return;
        }
        int fd = io_sock_accept(watch->fd, &from);
        if (fd == IO_ACCEPT_NONE)
            return;
        if (fd >= 0) {
            take_in(listener, fd, &from);
        } else if (fd == IO_ACCEPT_FAILED) {
            pause_failed(listener, errno);
            return;
        } else if (!close_any_lingering(driver)) {
            pause_all(driver);
            return;
        }
    }
}

/* ---- opening and closing ---- */

/* Takes `fd` over; closes it on failure. */
static int watch_socket(struct driver_listener *listener, int fd, const char *address,
                        struct herd_error_text *error)
{
    struct driver *driver = listener->driver;
    struct io_watch *watch = &listener->sockets[listener->socket_count];
    *watch = (struct io_watch){.fd = fd, .ready = accept_ready, .arg = listener};
    if (io_loop_add(driver->loop, watch, IO_READ) == HERD_OK) {
        io_loop_pin(driver->loop, watch);
        if (listener->socket_count++ == 0)
            snprintf(listener->address, sizeof listener->address, "%s", address);
        return HERD_OK;
    }
    close(fd);
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return HERD_ENOMEM;
}

static int open_address(struct driver_listener *listener, const struct io_addr *addr,
                        struct io_addr *bound, struct herd_error_text *error)
{
    char address[IO_ADDR_TEXT_SIZE];
    if (listener->socket_count == SOCKETS_MAX) {
        io_addr_text(addr, address);
        herd_error_set(error, "listen on %s: these are more than %d addresses", address,
                       SOCKETS_MAX);
        return HERD_EFULL;
    }
    int fd = io_sock_listen(addr, bound, error);
    if (fd < 0)
        return HERD_ESYS;
    io_addr_text(bound, address);
    return watch_socket(listener, fd, address, error);
}

/* A name may have an address of a family that this machine does not have: localhost is ::1
 * as well where IPv6 is switched off. One that another program uses is an error, though. */
static bool is_not_here(int err)
{
    return err == EAFNOSUPPORT || err == EADDRNOTAVAIL || err == EPROTONOSUPPORT;
}

/* Listens on all of them; with port 0 on that which the system chose for the first. */
static int open_all(struct driver_listener *listener, struct io_addrs *addrs,
                    struct herd_error_text *error)
{
    size_t opened = 0;
    int rc = HERD_OK;
    for (size_t i = 0; i < addrs->count; i++) {
        struct io_addr bound;
        struct herd_error_text why;
        errno = 0;
        rc = open_address(listener, &addrs->list[i], &bound, &why);
        if (rc == HERD_OK) {
            if (opened++ == 0)
                io_addrs_set_port(addrs, io_addr_port(&bound));
        } else if (rc == HERD_ESYS && is_not_here(errno) && addrs->count > 1) {
            driver_log_text(listener->driver, why.text);
            *error = why;
        } else {
            *error = why;
            return rc;
        }
    }
    return opened > 0 ? HERD_OK : rc;
}

/* [::] stands for every address of both families: one socket for both does not exist
 * everywhere. */
static void add_every_ipv4(struct io_addrs *addrs, const char *host, unsigned port)
{
    struct herd_error_text error;
    struct io_addrs ipv4;
    if (strcmp(host, "::") != 0 || io_addrs_read(&ipv4, "0.0.0.0", port, &error) != HERD_OK)
        return;
    addrs->list[addrs->count++] = ipv4.list[0];
}

static int open_tcp(struct driver_listener *listener, const char *role,
                    const struct herd_conf_addr *at, struct herd_error_text *error)
{
    struct driver *driver = listener->driver;
    uint32_t self = driver->setup.self;
    struct io_addrs addrs;
    if (io_addrs_lookup(&addrs, at->host, at->port, error) != HERD_OK)
        return HERD_EBAD;
    (void)driver_neighbours_warn(driver, self, role, at->host, &addrs);
    add_every_ipv4(&addrs, at->host, at->port);
    if (listener->pool->role == HERD_ROLE_PEER &&
        driver_neighbours_allow(driver, &addrs, self, error) != HERD_OK)
        return HERD_EBAD;
    return open_all(listener, &addrs, error);
}

/* Where a role listens: at the addresses given for that, else where it is reached. */
static int open_role(struct driver *driver, enum herd_role role, const char *name,
                     const struct herd_conf_addr *reached,
                     const struct herd_conf_listen *listen, struct herd_error_text *error)
{
    int rc = HERD_OK;
    if (listen->count == 0)
        return open_tcp(of_role(driver, role), name, reached, error);
    for (uint32_t i = 0; i < listen->count && rc == HERD_OK; i++)
        rc = open_tcp(of_role(driver, role), name, &listen->list[i], error);
    return rc;
}

/* Whether the path still leads to the socket that was made there. */
static bool control_is_in_place(const struct driver *driver)
{
    struct stat st;
    return lstat(driver->setup.control_path, &st) == 0 &&
           st.st_dev == driver->listeners->control_dev &&
           st.st_ino == driver->listeners->control_ino;
}

static int listen_control(struct driver *driver, struct herd_error_text *error)
{
    struct stat st = {0};
    int fd = io_sock_listen_unix(driver->setup.control_path, error);
    if (fd >= 0)
        (void)lstat(driver->setup.control_path, &st);
    driver->listeners->control_dev = st.st_dev;
    driver->listeners->control_ino = st.st_ino;
    return fd;
}

static int open_unix(struct driver_listener *listener, struct herd_error_text *error)
{
    int fd = listen_control(listener->driver, error);
    if (fd < 0)
        return HERD_ESYS;
    return watch_socket(listener, fd, "local", error);
}

int driver_listeners_keep_control(struct driver *driver, struct herd_error_text *error)
{
    struct driver_listener *listener = of_role(driver, HERD_ROLE_CONTROL);
    if (listener->socket_count == 0 || control_is_in_place(driver))
        return 0;
    int fd = listen_control(driver, error);
    if (fd < 0)
        return HERD_ESYS;
    io_loop_remove(driver->loop, &listener->sockets[0]);
    (void)close(listener->sockets[0].fd);
    listener->socket_count = 0;
    int rc = watch_socket(listener, fd, "local", error);
    if (rc != HERD_OK)
        return rc;
    update_watch(listener);
    return 1;
}

/* The core lets handshakes-max strangers wait at each stage of the handshake. No more than
 * half of them are accepted in a turn, so that each is read once before it is evicted. */
static int accepts_per_turn(const struct driver *driver, enum herd_role role)
{
    int strangers = (int)driver->setup.conf->handshakes_max;
    if (role != HERD_ROLE_PEER || strangers / 2 >= ACCEPTS_PER_TURN)
        return ACCEPTS_PER_TURN;
    return strangers > 1 ? strangers / 2 : 1;
}

static int listeners_init(struct driver *driver)
{
    driver->listeners = herd_mem_zalloc(driver->setup.mem, sizeof *driver->listeners);
    if (driver->listeners == NULL)
        return HERD_ENOMEM;
    driver->listeners->resume_at = HERD_NEVER;
    for (size_t i = 0; i < DRIVER_ROLES; i++) {
        struct driver_listener *listener = &driver->listeners->of_role[i];
        struct driver_pool *pool = &driver->conns.pools[i];
        *listener = (struct driver_listener){.driver = driver,
                                             .pool = pool,
                                             .accepts_per_turn =
                                                 accepts_per_turn(driver, pool->role),
                                             .retry_at = HERD_NEVER};
        pool->slot_freed = on_slot_freed;
        pool->arg = listener;
    }
    return HERD_OK;
}

int driver_listeners_open_control(struct driver *driver, struct herd_error_text *error)
{
    int rc = listeners_init(driver);
    if (rc == HERD_OK)
        return open_unix(of_role(driver, HERD_ROLE_CONTROL), error);
    herd_error_set(error, "%s", herd_strerror(rc));
    return rc;
}

int driver_listeners_open(struct driver *driver, struct herd_error_text *error)
{
    const struct herd_conf_server *self = &driver->setup.conf->servers[driver->setup.self];
    int rc = open_role(driver, HERD_ROLE_CLIENT, "client", &self->client,
                       &self->client_listen, error);
    if (rc == HERD_OK)
        rc = open_role(driver, HERD_ROLE_PEER, "peer", &self->peer, &self->peer_listen,
                       error);
    return rc;
}

void driver_listeners_close(struct driver *driver)
{
    for (size_t i = 0; driver->listeners != NULL && i < DRIVER_ROLES; i++) {
        struct driver_listener *listener = &driver->listeners->of_role[i];
        for (size_t k = 0; k < listener->socket_count; k++) {
            io_loop_remove(driver->loop, &listener->sockets[k]);
            close(listener->sockets[k].fd);
        }
        if (listener->socket_count > 0 && listener->pool->role == HERD_ROLE_CONTROL &&
            control_is_in_place(driver))
            unlink(driver->setup.control_path);
        listener->socket_count = 0;
    }
}

void driver_listeners_free(struct driver *driver)
{
    driver_listeners_close(driver);
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        driver->conns.pools[i].slot_freed = NULL;
    herd_mem_free(driver->setup.mem, driver->listeners, sizeof *driver->listeners);
    driver->listeners = NULL;
}

const char *driver_listeners_address(const struct driver *driver, enum herd_role role)
{
    return driver->listeners->of_role[driver_role_index(role)].address;
}
