/* SPDX-License-Identifier: ISC */
#include "neighbours.h"

#include "driver_internal.h"
#include "io/own_name.h"

int driver_neighbours_allow(const struct driver *driver, struct io_addrs *addrs,
                            uint32_t index, struct herd_error_text *error)
{
    const struct herd_conf_server *server = &driver->setup.conf->servers[index];
    size_t kept = 0;
    /* The key of a run-dir is known on this machine only. */
    bool key = driver->setup.conf->herd_key_file[0] != '\0';
    for (size_t i = 0; i < addrs->count; i++)
        if (key || io_addr_is_loopback(&addrs->list[i]))
            addrs->list[kept++] = addrs->list[i];
    addrs->count = kept;
    if (kept > 0)
        return HERD_OK;
    herd_error_set(
        error,
        "peer address of %s: %.128s is not on loopback (127.0.0.0/8 or ::1); for "
        "links that leave this machine give all servers the same key: "
        "herd-key-file in herd.conf(5)",
        server->name, server->peer.host);
    return HERD_EBAD;
}

bool driver_neighbours_warn(struct driver *driver, uint32_t index, const char *role,
                            const char *host, const struct io_addrs *addrs)
{
    struct herd_error_text text;
    if (!io_own_name_warn(&text, driver->setup.conf->servers[index].name, role, host,
                          addrs))
        return false;
    driver_log_text(driver, text.text);
    return true;
}

int driver_neighbours_found(struct driver_neighbour *neighbour, struct io_addrs *addrs,
                            struct herd_error_text *error)
{
    struct driver *driver = neighbour->driver;
    const struct herd_conf_server *server = &driver->setup.conf->servers[neighbour->server];
    /* One that listens elsewhere is reached there from this machine. */
    if (!neighbour->warned && server->peer_listen.count == 0)
        neighbour->warned = driver_neighbours_warn(driver, neighbour->server, "peer",
                                                   server->peer.host, addrs);
    int rc = driver_neighbours_allow(driver, addrs, neighbour->server, error);
    if (rc == HERD_OK)
        neighbour->addrs = *addrs;
    return rc;
}

/* A name may be unknown now and known later, so it is no error here. */
static int read_numeric(struct driver_neighbour *neighbour, struct herd_error_text *error)
{
    const struct herd_conf *conf = neighbour->driver->setup.conf;
    const struct herd_conf_addr *at = &conf->servers[neighbour->server].peer;
    struct io_addrs addrs;
    if (!herd_conf_linked(conf, neighbour->driver->setup.self, neighbour->server) ||
        io_addrs_read(&addrs, at->host, at->port, error) != HERD_OK)
        return HERD_OK;
    return driver_neighbours_found(neighbour, &addrs, error);
}

int driver_neighbours_init(struct driver *driver, struct herd_error_text *error)
{
    uint32_t count = driver->setup.conf->server_count;
    driver->neighbours =
        herd_mem_zalloc(driver->setup.mem, count * sizeof *driver->neighbours);
    if (driver->neighbours == NULL) {
        herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
        return HERD_ENOMEM;
    }
    int rc = HERD_OK;
    for (uint32_t i = 0; i < count && rc == HERD_OK; i++) {
        driver->neighbours[i].driver = driver;
        driver->neighbours[i].server = i;
        rc = read_numeric(&driver->neighbours[i], error);
    }
    return rc;
}

void driver_neighbours_free(struct driver *driver)
{
    herd_mem_free(driver->setup.mem, driver->neighbours,
                  driver->setup.conf->server_count * sizeof *driver->neighbours);
    driver->neighbours = NULL;
}

bool driver_neighbours_have(const struct driver *driver, const struct io_addr *addr)
{
    for (uint32_t i = 0; i < driver->setup.conf->server_count; i++) {
        const struct io_addrs *addrs = &driver->neighbours[i].addrs;
        for (size_t k = 0; k < addrs->count; k++)
            if (io_addr_same_host(&addrs->list[k], addr))
                return true;
    }
    return false;
}
