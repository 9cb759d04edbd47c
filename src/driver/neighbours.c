/* SPDX-License-Identifier: ISC */
#include "neighbours.h"

#include "driver_internal.h"

int driver_neighbours_check(const struct driver *driver, const struct io_addr *addr,
                            uint32_t index, struct herd_error_text *error)
{
    const struct herd_conf_server *server = &driver->setup.conf->servers[index];
    /* The key of a run-dir is known on this machine only. */
    if (driver->setup.conf->herd_key_file[0] != '\0' || io_addr_is_loopback(addr))
        return HERD_OK;
    herd_error_set(
        error,
        "peer address of %s: %.128s is not on loopback (127.0.0.0/8 or ::1); for "
        "links that leave this machine give all servers the same key: "
        "herd-key-file in herd.conf(5)",
        server->name, server->peer.host);
    return HERD_EBAD;
}

int driver_neighbours_look_up(struct driver *driver, struct herd_error_text *error)
{
    const struct herd_conf *conf = driver->setup.conf;
    driver->neighbours =
        herd_mem_zalloc(driver->setup.mem, conf->server_count * sizeof *driver->neighbours);
    if (driver->neighbours == NULL) {
        herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
        return HERD_ENOMEM;
    }
    for (uint32_t i = 0; i < conf->server_count; i++) {
        const struct herd_conf_addr *at = &conf->servers[i].peer;
        struct io_addr *addr = &driver->neighbours[i];
        if (!herd_conf_linked(conf, driver->setup.self, i))
            continue;
        if (io_addr_lookup(addr, at->host, at->port, error) != HERD_OK ||
            driver_neighbours_check(driver, addr, i, error) != HERD_OK)
            return HERD_EBAD;
    }
    return HERD_OK;
}

void driver_neighbours_free(struct driver *driver)
{
    herd_mem_free(driver->setup.mem, driver->neighbours,
                  driver->setup.conf->server_count * sizeof *driver->neighbours);
    driver->neighbours = NULL;
}

bool driver_neighbours_have(const struct driver *driver, const struct io_addr *addr)
{
    for (uint32_t i = 0; i < driver->setup.conf->server_count; i++)
        if (driver->neighbours[i].len > 0 &&
            io_addr_same_host(&driver->neighbours[i], addr))
            return true;
    return false;
}
