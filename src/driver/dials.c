/* SPDX-License-Identifier: ISC */
#include "dials.h"

#include "driver_internal.h"
#include "io/dial.h"
#include "neighbours.h"

int driver_dials_init(struct driver *driver, struct herd_error_text *error)
{
    const struct io_dialler_setup setup = {
        .mem = driver->setup.mem,
        .loop = driver->loop,
        .connect_ms = driver->setup.conf->link_connect_timeout_ms,
    };
    driver->dialler = io_dialler_new(&setup);
    if (driver->dialler != NULL)
        return HERD_OK;
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return HERD_ENOMEM;
}

static int on_found(void *arg, struct io_addrs *addrs, struct herd_error_text *error)
{
    return driver_neighbours_found(arg, addrs, error);
}

static void on_done(void *arg, const struct io_dial_result *result)
{
    const struct driver_neighbour *neighbour = arg;
    struct driver *driver = neighbour->driver;
    const char *error = result->error;
    if (result->fd >= 0) {
        if (driver_conn_dialled(driver, neighbour->server, result))
            return;
        error = "too many connections";
    }
    driver_step(driver, &(struct herd_event){.kind = HERD_EV_DIAL_FAILED,
                                             .server = neighbour->server,
                                             .to_self = result->to_self,
                                             .bytes = herd_slice_str(error)});
}

int driver_dials_start(struct driver *driver, uint32_t server)
{
    const struct herd_conf_addr *at = &driver->setup.conf->servers[server].peer;
    const struct io_dial_order order = {.host = at->host,
                                        .port = at->port,
                                        .found = on_found,
                                        .done = on_done,
                                        .arg = &driver->neighbours[server]};
    return io_dialler_dial(driver->dialler, &order);
}

void driver_dials_cancel(struct driver *driver)
{
    io_dialler_cancel_all(driver->dialler);
}
