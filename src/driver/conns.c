/* SPDX-License-Identifier: ISC */
#include "conns.h"

#include "driver_internal.h"
#include "herd/err.h"
#include "io/random.h"
#include "io/sock.h"
#include "limits.h"
#include "neighbours.h"

#include <stdio.h>
#include <unistd.h>

enum { LINGER_MS = 2000 }; /* for the other side to read the rest and close */

/* ---- pools ---- */

struct driver_pool *driver_pool(struct driver *driver, enum herd_role role)
{
    return &driver->conns.pools[driver_role_index(role)];
}

static bool pool_init(struct driver *driver, enum herd_role role, uint32_t limit)
{
    const struct herd_conf *conf = driver->setup.conf;
    struct io_conn_limits limits = {
        .high_water = (size_t)conf->output_high,
        .unsent_max = (size_t)conf->output_max,
        .all_max = role == HERD_ROLE_CLIENT ? (size_t)conf->replies_memory_max / 2 : 0,
        .stall_ms = role == HERD_ROLE_PEER ? conf->link_timeout_ms : conf->output_stall_ms,
        .linger_ms = LINGER_MS,
    };
    *driver_pool(driver, role) = (struct driver_pool){
        .role = role,
        .limit = limit,
        .group = io_conn_group_new(driver->setup.mem, driver->loop, limits),
    };
    return driver_pool(driver, role)->group != NULL;
}

int driver_conns_init(struct driver *driver, struct herd_error_text *error)
{
    const struct herd_conf *conf = driver->setup.conf;
    struct driver_conns *conns = &driver->conns;
    struct driver_limits limits = driver_limits_set(conf, driver->setup.self);
    driver_slots_init(&conns->slots, driver->setup.mem, limits.all);
    if (io_random(conns->address_hash_key, sizeof conns->address_hash_key, error) !=
        HERD_OK)
        return HERD_ESYS;
    if (driver_addresses_init(&conns->addresses, driver->setup.mem, limits.clients,
                              conf->connections_per_address) == HERD_OK &&
        pool_init(driver, HERD_ROLE_CLIENT, limits.clients) &&
        pool_init(driver, HERD_ROLE_PEER, limits.peers) &&
        pool_init(driver, HERD_ROLE_CONTROL, limits.controls))
        return HERD_OK;
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return HERD_ENOMEM;
}

/* ---- the table ---- */

/* NULL when all slots are used or memory is out. */
static struct driver_conn *conn_new(struct driver *driver, struct driver_pool *pool,
                                    int64_t server, const char *address)
{
    struct driver_conn *dc = herd_mem_zalloc(driver->setup.mem, sizeof *dc);
    if (dc == NULL)
        return NULL;
    if (driver_slots_take(&driver->conns.slots, dc, &dc->id) != HERD_OK) {
        herd_mem_free(driver->setup.mem, dc, sizeof *dc);
        return NULL;
    }
    dc->driver = driver;
    dc->pool = pool;
    dc->server = server;
    snprintf(dc->address, sizeof dc->address, "%s", address);
    pool->count++;
    return dc;
}

void driver_conn_drained_is_due(struct driver_conn *dc)
{
    struct driver_conns *conns = &dc->driver->conns;
    if (dc->drained_due)
        return;
    dc->drained_due = true;
    dc->next_drained_due = conns->drained_due;
    conns->drained_due = dc;
}

struct driver_conn *driver_conns_take_drained(struct driver *driver)
{
    struct driver_conn *dc = driver->conns.drained_due;
    if (dc == NULL)
        return NULL;
    driver->conns.drained_due = dc->next_drained_due;
    dc->drained_due = false;
    return dc;
}

static void forget_drained(struct driver_conn *dc)
{
    struct driver_conn **at = &dc->driver->conns.drained_due;
    while (dc->drained_due && *at != dc)
        at = &(*at)->next_drained_due;
    if (dc->drained_due)
        *at = dc->next_drained_due;
}

void driver_conn_free(struct driver_conn *dc)
{
    struct driver *driver = dc->driver;
    struct driver_pool *pool = dc->pool;
    forget_drained(dc);
    driver_addresses_remove(&driver->conns.addresses, &dc->by_address);
    driver_slots_release(&driver->conns.slots, dc->id);
    herd_mem_free(driver->setup.mem, dc, sizeof *dc);
    pool->count--;
    if (pool->slot_freed != NULL)
        pool->slot_freed(pool->arg);
}

struct driver_conn *driver_conn_find(const struct driver *driver, herd_conn_id id)
{
    return driver_slots_find(&driver->conns.slots, id);
}

void driver_conns_free(struct driver *driver)
{
    struct driver_conns *conns = &driver->conns;
    for (uint32_t i = 0; i < conns->slots.size; i++)
        if (conns->slots.list[i].conn != NULL)
            driver_conn_free(conns->slots.list[i].conn);
    driver_slots_free(&conns->slots);
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        io_conn_group_free(conns->pools[i].group);
    driver_addresses_free(&conns->addresses);
    *conns = (struct driver_conns){0};
}

/* ---- events of connections ---- */

/* 192.0.2.1 of 192.0.2.1:11490, 2001:db8::1 of [2001:db8::1]:11490; of any other text all
 * of it. */
static struct herd_slice without_port(const char *address)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL)
        return herd_slice_str(address);
    if (address[0] == '[' && colon[-1] == ']')
        return herd_slice(address + 1, (size_t)(colon - address) - 2);
    return herd_slice(address, (size_t)(colon - address));
}

static void tell_core(struct driver_conn *dc, enum herd_event_kind kind,
                      struct herd_slice bytes)
{
    struct herd_event event = {.kind = kind,
                               .conn = dc->id,
                               .role = dc->pool->role,
                               .server = dc->server,
                               .from_neighbour_address = dc->from_neighbour_address,
                               .bytes = bytes};
    if (kind == HERD_EV_OPENED) {
        event.address = without_port(dc->address);
        event.to_self = dc->to_self;
    }
    driver_step(dc->driver, &event);
}

static void tell_opened(struct driver_conn *dc)
{
    tell_core(dc, HERD_EV_OPENED, herd_slice_str(dc->address));
}

static void on_data(void *arg, struct herd_slice bytes)
{
    struct driver_conn *dc = arg;
    if (dc->by_address.share != NULL)
        driver_addresses_heard(&dc->driver->conns.addresses, &dc->by_address);
    tell_core(dc, HERD_EV_DATA, bytes);
}

static void on_eof(void *arg)
{
    tell_core(arg, HERD_EV_EOF, HERD_LIT(""));
}

static void on_drained(void *arg)
{
    struct driver_conn *dc = arg;
    bool wanted = dc->pool->role == HERD_ROLE_PEER || dc->drain_wanted;
    dc->drain_wanted = false;
    if (wanted)
        tell_core(dc, HERD_EV_DRAINED, HERD_LIT(""));
}

static void on_closed(void *arg, const char *reason)
{
    struct driver_conn *dc = arg;
    struct driver *driver = dc->driver;
    herd_conn_id id = dc->id;
    tell_core(dc, HERD_EV_CLOSED, herd_slice_str(reason));
    if (driver_conn_find(driver, id) == dc)
        driver_conn_free(dc);
}

static const struct io_conn_handlers handlers = {
    .data = on_data,
    .eof = on_eof,
    .drained = on_drained,
    .closed = on_closed,
};

/* ---- accepting and dialling ---- */

static uint64_t address_key(const struct driver *driver, const struct io_addr *from)
{
    char network[IO_ADDR_NETWORK_SIZE];
    io_addr_network(from, network);
    return herd_siphash(herd_slice(network, sizeof network),
                        driver->conns.address_hash_key);
}

/* Gives the slot of this client to another one. */
static void evict(struct driver_conn *dc)
{
    struct herd_event event = {
        .kind = HERD_EV_EVICTED, .conn = dc->id, .address = without_port(dc->address)};
    forget_drained(dc);
    dc->drained_due = false;
    io_conn_drop(dc->conn);
    driver_step(dc->driver, &event);
    driver_conn_free(dc);
}

/* Whether a client from that address may come in, which is then counted. */
static bool admit(struct driver *driver, struct driver_pool *pool, const char *address,
                  uint64_t key)
{
    const struct driver_addresses *addresses = &driver->conns.addresses;
    if (driver_addresses_reached(addresses, key)) {
        driver_step(driver, &(struct herd_event){.kind = HERD_EV_ADDRESS_REFUSED,
                                                 .address = without_port(address)});
        return false;
    }
    if (pool->count >= pool->limit)
        evict(herd_list_item(&driver_addresses_victim(addresses, key)->node,
                             offsetof(struct driver_conn, by_address.node)));
    return true;
}

void driver_conn_accept(struct driver *driver, int fd, struct driver_pool *pool,
                        const struct io_addr *from)
{
    char address[IO_ADDR_TEXT_SIZE];
    io_addr_text(from, address);
    bool is_client = pool->role == HERD_ROLE_CLIENT;
    uint64_t key = is_client ? address_key(driver, from) : 0;
    if (is_client && !admit(driver, pool, address, key)) {
        close(fd);
        return;
    }
    struct driver_conn *dc = conn_new(driver, pool, -1, address);
    if (dc == NULL) {
        close(fd);
        return;
    }
    if (is_client &&
        driver_addresses_add(&driver->conns.addresses, &dc->by_address, key) != HERD_OK) {
        driver_conn_free(dc);
        close(fd);
        return;
    }
    if (pool->role == HERD_ROLE_PEER) {
        dc->from_neighbour_address = driver_neighbours_have(driver, from);
        io_sock_keep_unsent_small(fd);
    }
    dc->conn = io_conn_open(pool->group, fd, &handlers, dc);
    if (dc->conn == NULL) {
        driver_conn_free(dc);
        return;
    }
    if (pool->role != HERD_ROLE_CLIENT)
        io_conn_pin(dc->conn);
    tell_opened(dc);
}

bool driver_conn_dialled(struct driver *driver, uint32_t server,
                         const struct io_dial_result *result)
{
    char address[IO_ADDR_TEXT_SIZE];
    struct driver_pool *pool = driver_pool(driver, HERD_ROLE_PEER);
    io_addr_text(&result->addr, address);
    struct driver_conn *dc = conn_new(driver, pool, server, address);
    if (dc == NULL) {
        close(result->fd);
        return false;
    }
    dc->to_self = result->to_self;
    io_sock_keep_unsent_small(result->fd);
    dc->conn = io_conn_open(pool->group, result->fd, &handlers, dc);
    if (dc->conn == NULL) {
        driver_conn_free(dc);
        return false;
    }
    io_conn_pin(dc->conn);
    tell_opened(dc);
    return true;
}
