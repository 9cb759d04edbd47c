#include "driver_internal.h"
#include "herd/err.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    ACCEPTS_A_TURN = 64,
    SHUT_MS = 100,
    LINGER_MS = 2000,
    CONTROLS_MAX = 16,
    LINK_CONNS = 4, /* of a neighbour at once: one that carries the link, one that was
                     * dialled, and two whose end is near */
};

/* ---- opening and shutting ---- */

struct driver_listener *driver_listener(struct driver *driver, enum herd_role role)
{
    return &driver->doors[role == HERD_ROLE_CLIENT ? 0 : role == HERD_ROLE_PEER ? 1 : 2];
}

static void update(struct driver_listener *door)
{
    bool shut = door->full || door->driver->accept_paused;
    if (door->watch.fd >= 0)
        io_loop_want(door->driver->loop, &door->watch, shut ? IO_NONE : IO_READ);
}

/* A listener that is ready and cannot be served would make the loop spin. */
static void shut_all(struct driver *driver)
{
    driver->accept_paused = true;
    driver->accept_resume_at = herd_mono_add_ms(driver->mono, SHUT_MS);
    for (int i = 0; i < DRIVER_LISTENERS; i++)
        update(&driver->doors[i]);
    driver_step(driver, (struct herd_event){.kind = HERD_EV_DESCRIPTORS_EXHAUSTED});
}

static void shut_full(struct driver_listener *door)
{
    door->full = true;
    update(door);
    driver_step(door->driver,
                (struct herd_event){.kind = HERD_EV_ROLE_FULL, .role = door->role});
}

static void open_all(struct driver *driver)
{
    driver->accept_paused = false;
    driver->accept_resume_at = HERD_NEVER;
    for (int i = 0; i < DRIVER_LISTENERS; i++)
        update(&driver->doors[i]);
}

void driver_listeners_tick(struct driver *driver)
{
    if (driver->accept_paused && herd_mono_reached(driver->mono, driver->accept_resume_at))
        open_all(driver);
}

void driver_listeners_conn_gone(struct driver *driver, enum herd_role role)
{
    struct driver_listener *door = driver_listener(driver, role);
    if (driver->accept_paused)
        open_all(driver);
    if (door->full && door->count < door->max) {
        door->full = false;
        update(door);
    }
}

/* ---- letting in ---- */

static bool hurry_any(struct driver *driver)
{
    for (int i = 0; i < DRIVER_LISTENERS; i++)
        if (io_conn_group_close_oldest_lingering(driver->doors[i].group))
            return true;
    return false;
}

static void knock(struct io_watch *watch, unsigned ready)
{
    struct driver_listener *door = watch->arg;
    struct driver *driver = door->driver;
    (void)ready;
    driver_clock(driver);
    for (int i = 0; i < door->accepts && !driver->accept_paused; i++) {
        struct io_addr from;
        if (door->count >= door->max) {
            /* Behind others, nobody may be waiting. */
            if (i == 0)
                shut_full(door);
            return;
        }
        int fd = io_sock_accept(watch->fd, &from);
        if (fd == IO_ACCEPT_NONE)
            return;
        if (fd >= 0) {
            /* Those that are only being closed give way, the oldest first. */
            if (io_conn_group_count(door->group) >= door->max)
                (void)io_conn_group_close_oldest_lingering(door->group);
            driver_conn_accept(driver, fd, door->role, &from);
        } else if (fd != IO_ACCEPT_FULL || !hurry_any(driver)) {
            shut_all(driver);
            return;
        }
    }
}

static int hang(struct driver *driver, struct driver_listener *door, int fd,
                struct herd_error_text *error)
{
    door->watch = (struct io_watch){.fd = fd, .ready = knock, .arg = door};
    if (io_loop_add(driver->loop, &door->watch, IO_READ) == HERD_OK) {
        io_loop_pin(driver->loop, &door->watch);
        return HERD_OK;
    }
    close(fd);
    door->watch.fd = -1;
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return HERD_ENOMEM;
}

int driver_peer_allowed(const struct driver *driver, const struct io_addr *addr,
                        uint32_t index, struct herd_error_text *error)
{
    const struct herd_conf_server *server = &driver->setup.conf->servers[index];
    if (driver->setup.mac.sign != NULL || io_addr_is_loopback(addr))
        return HERD_OK;
    herd_error_set(
        error,
        "peer address of %s: %.128s is not on loopback (127.0.0.0/8 or ::1); for "
        "links that leave this machine give all servers the same key: "
        "herd-key-file in herd.conf(5)",
        server->name, server->peer.host);
    return HERD_EBAD;
}

static int open_tcp(struct driver *driver, struct driver_listener *door,
                    const struct herd_conf_addr *at, struct herd_error_text *error)
{
    struct io_addr addr, bound;
    if (io_addr_lookup(&addr, at->host, at->port, error) != HERD_OK)
        return HERD_EBAD;
    if (door->role == HERD_ROLE_PEER &&
        driver_peer_allowed(driver, &addr, driver->setup.self, error) != HERD_OK)
        return HERD_EBAD;
    int fd = io_sock_listen(&addr, &bound, error);
    if (fd < 0)
        return HERD_ESYS;
    io_addr_text(&bound, door->address);
    return hang(driver, door, fd, error);
}

static int open_unix(struct driver *driver, struct driver_listener *door,
                     struct herd_error_text *error)
{
    int fd = io_sock_listen_unix(driver->setup.control_path, error);
    if (fd < 0)
        return HERD_ESYS;
    snprintf(door->address, sizeof door->address, "local");
    return hang(driver, door, fd, error);
}

int driver_listeners_open(struct driver *driver, struct herd_error_text *error)
{
    const struct herd_conf_server *self = &driver->setup.conf->servers[driver->setup.self];
    int rc =
        open_tcp(driver, driver_listener(driver, HERD_ROLE_CLIENT), &self->client, error);
    if (rc == HERD_OK)
        rc = open_tcp(driver, driver_listener(driver, HERD_ROLE_PEER), &self->peer, error);
    if (rc == HERD_OK)
        rc = open_unix(driver, driver_listener(driver, HERD_ROLE_CONTROL), error);
    return rc;
}

void driver_listeners_close(struct driver *driver)
{
    for (int i = 0; i < DRIVER_LISTENERS; i++) {
        struct driver_listener *door = &driver->doors[i];
        if (door->driver == NULL || door->watch.fd < 0)
            continue;
        io_loop_remove(driver->loop, &door->watch);
        close(door->watch.fd);
        door->watch.fd = -1;
        if (door->role == HERD_ROLE_CONTROL)
            unlink(driver->setup.control_path);
    }
}

/* ---- places ---- */

enum { RESERVED_FDS = 32 /* for the log, listeners, what libcurl has beside requests */ };

/* Raises the limit on open files to `need`, or as far as that goes, and tells how far. Some
 * systems (macOS) refuse what is below the hard limit; then it grows by halves. */
static rlim_t raise_files(struct rlimit limit, rlim_t need)
{
    rlim_t before = limit.rlim_cur;
    rlim_t most = limit.rlim_max < need ? limit.rlim_max : need;
    for (rlim_t more = most > before ? most - before : 0; more > 0; more /= 2) {
        limit.rlim_cur = before + more;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
            return limit.rlim_cur;
    }
    return before;
}

/* As many clients as the configuration wants and the system allows beside `others`, which
 * need a descriptor as well. */
static uint32_t client_places(int64_t wanted, uint32_t others)
{
    enum { LEAST = 8 };
    struct rlimit limit;
    rlim_t taken = (rlim_t)others + RESERVED_FDS;
    rlim_t need = (rlim_t)wanted + taken;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return LEAST;
    rlim_t files = limit.rlim_cur < need ? raise_files(limit, need) : limit.rlim_cur;
    if (files >= need)
        return (uint32_t)wanted;
    return files > taken + LEAST ? (uint32_t)(files - taken) : LEAST;
}

/* The core lets so many wait at each of the two stages of the handshake; no more than half
 * of one stage come in a turn, so that each is heard once before it has to give way. */
static void count_places(struct driver *driver)
{
    const struct herd_conf *conf = driver->setup.conf;
    struct driver_listener *clients = driver_listener(driver, HERD_ROLE_CLIENT);
    struct driver_listener *peers = driver_listener(driver, HERD_ROLE_PEER);
    struct driver_listener *controls = driver_listener(driver, HERD_ROLE_CONTROL);
    uint32_t strangers = (uint32_t)conf->handshakes_max, neighbours = 0;
    for (uint32_t i = 0; i < conf->server_count; i++)
        neighbours += herd_conf_linked(conf, driver->setup.self, i);
    peers->max = 2 * strangers + LINK_CONNS * neighbours;
    if (strangers / 2 < ACCEPTS_A_TURN)
        peers->accepts = strangers > 1 ? (int)strangers / 2 : 1;
    controls->max = CONTROLS_MAX;
    clients->max = client_places(conf->connections_max,
                                 peers->max + controls->max + (uint32_t)conf->lookups_max);
    driver->slots_max = clients->max + peers->max + neighbours + controls->max;
}

int driver_listeners_init(struct driver *driver)
{
    static const enum herd_role roles[DRIVER_LISTENERS] = {HERD_ROLE_CLIENT, HERD_ROLE_PEER,
                                                           HERD_ROLE_CONTROL};
    const struct herd_conf *conf = driver->setup.conf;
    struct io_conn_limits limits = {
        .high = (size_t)conf->output_high,
        .max = (size_t)conf->output_max,
        .linger_ms = LINGER_MS,
        .connect_ms = conf->link_connect_timeout_ms,
    };
    bool ok = true;
    for (int i = 0; i < DRIVER_LISTENERS; i++) {
        struct driver_listener *door = &driver->doors[i];
        *door = (struct driver_listener){.driver = driver,
                                         .role = roles[i],
                                         .accepts = ACCEPTS_A_TURN,
                                         .watch = {.fd = -1}};
        if (door->role == HERD_ROLE_PEER)
            limits.stall_ms = conf->link_timeout_ms;
        else
            limits.stall_ms = conf->output_stall_ms;
        door->group = io_conn_group_new(driver->setup.mem, driver->loop, limits);
        ok = ok && door->group != NULL;
    }
    count_places(driver);
    return ok ? HERD_OK : HERD_ENOMEM;
}

void driver_listeners_free(struct driver *driver)
{
    for (int i = 0; i < DRIVER_LISTENERS; i++)
        io_conn_group_free(driver->doors[i].group);
}
