#include "driver/inner.h"
#include "herd/err.h"

#include <stdio.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 64, SHUT_MS = 100 };

/* Nobody is accepted while descriptors are short: a listener that is ready and cannot be
 * served would make the loop spin. */
static void shut_doors(struct driver *driver, struct herd_mono until)
{
    driver->doors_shut = true;
    driver->doors_open_at = until;
    for (int i = 0; i < DRIVER_DOORS; i++)
        if (driver->doors[i].watch.fd >= 0)
            io_loop_want(driver->loop, &driver->doors[i].watch, IO_NONE);
}

static void open_doors(struct driver *driver)
{
    driver->doors_shut = false;
    driver->doors_open_at = HERD_NEVER;
    for (int i = 0; i < DRIVER_DOORS; i++)
        if (driver->doors[i].watch.fd >= 0)
            io_loop_want(driver->loop, &driver->doors[i].watch, IO_READ);
}

static void knock(struct io_watch *watch, unsigned ready)
{
    struct driver_door *door = watch->arg;
    struct driver *driver = door->driver;
    (void)ready;
    driver_clock(driver);
    for (int i = 0; i < ACCEPTS_A_TURN && !driver->doors_shut; i++) {
        struct io_addr from;
        char address[IO_SOCK_TEXT];
        if (driver->conn_count >= driver->slots_max) {
            shut_doors(driver, HERD_NEVER);
            return;
        }
        int fd = io_sock_accept(watch->fd, &from);
        if (fd == IO_ACCEPT_NONE)
            return;
        if (fd < 0) {
            shut_doors(driver, herd_mono_add_ms(driver->mono, SHUT_MS));
            return;
        }
        io_addr_text(&from, address);
        driver_conn_accept(driver, fd, door->role, address);
    }
}

void driver_doors_tick(struct driver *driver)
{
    if (driver->doors_shut && herd_mono_reached(driver->mono, driver->doors_open_at))
        open_doors(driver);
}

void driver_doors_conn_gone(struct driver *driver)
{
    if (driver->doors_shut)
        open_doors(driver);
}

static int hang(struct driver *driver, struct driver_door *door, int fd, char *why)
{
    door->watch = (struct io_watch){.fd = fd, .ready = knock, .arg = door};
    if (io_loop_add(driver->loop, &door->watch, IO_READ) == HERD_OK) {
        io_loop_pin(driver->loop, &door->watch);
        return HERD_OK;
    }
    close(fd);
    door->watch.fd = -1;
    snprintf(why, DRIVER_WHY, "%s", herd_strerror(HERD_ENOMEM));
    return HERD_ENOMEM;
}

int driver_peer_allowed(const struct driver *driver, const struct io_addr *addr,
                        uint32_t index, char *why)
{
    const struct herd_conf_server *server = &driver->setup.conf->servers[index];
    if (driver->setup.mac.sign != NULL || io_addr_is_loopback(addr))
        return HERD_OK;
    snprintf(why, DRIVER_WHY,
             "peer address of %s: %.128s is not on loopback (127.0.0.0/8 or ::1); for "
             "links that leave this machine give all servers the same key: "
             "herd-key-file in herd.conf(5)",
             server->name, server->peer.host);
    return HERD_EBAD;
}

static int open_tcp(struct driver *driver, struct driver_door *door,
                    const struct herd_conf_addr *at, char *why)
{
    struct io_addr addr, bound;
    if (io_addr_lookup(&addr, at->host, at->port, why) != HERD_OK)
        return HERD_EBAD;
    if (door->role == HERD_PEER &&
        driver_peer_allowed(driver, &addr, driver->setup.self, why) != HERD_OK)
        return HERD_EBAD;
    int fd = io_sock_listen(&addr, &bound, why);
    if (fd < 0)
        return HERD_ESYS;
    io_addr_text(&bound, door->address);
    return hang(driver, door, fd, why);
}

static int open_unix(struct driver *driver, struct driver_door *door, char *why)
{
    int fd = io_sock_listen_unix(driver->setup.control_path, why);
    if (fd < 0)
        return HERD_ESYS;
    snprintf(door->address, sizeof door->address, "local");
    return hang(driver, door, fd, why);
}

int driver_doors_open(struct driver *driver, char *why)
{
    static const enum herd_role roles[DRIVER_DOORS] = {HERD_CLIENT, HERD_PEER,
                                                       HERD_CONTROL};
    const struct herd_conf_server *self = &driver->setup.conf->servers[driver->setup.self];
    for (int i = 0; i < DRIVER_DOORS; i++)
        driver->doors[i] =
            (struct driver_door){.driver = driver, .role = roles[i], .watch = {.fd = -1}};
    int rc = open_tcp(driver, &driver->doors[0], &self->client, why);
    if (rc == HERD_OK)
        rc = open_tcp(driver, &driver->doors[1], &self->peer, why);
    if (rc == HERD_OK)
        rc = open_unix(driver, &driver->doors[2], why);
    return rc;
}

void driver_doors_close(struct driver *driver)
{
    for (int i = 0; i < DRIVER_DOORS; i++) {
        struct driver_door *door = &driver->doors[i];
        if (door->driver == NULL || door->watch.fd < 0)
            continue;
        io_loop_remove(driver->loop, &door->watch);
        close(door->watch.fd);
        door->watch.fd = -1;
        if (door->role == HERD_CONTROL)
            unlink(driver->setup.control_path);
    }
}
