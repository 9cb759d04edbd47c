#include "driver_internal.h"
#include "herd/err.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

/* ---- the table ---- */

static int grow(struct driver *driver)
{
    uint32_t size = driver->slots_size > 0 ? driver->slots_size * 2 : 64;
    if (size > driver->slots_max)
        size = driver->slots_max;
    if (size <= driver->slots_size)
        return HERD_EFULL;
    struct driver_slot *slots =
        herd_mem_resize(driver->setup.mem, driver->slots,
                        driver->slots_size * sizeof *slots, size * sizeof *slots);
    if (slots == NULL)
        return HERD_ENOMEM;
    for (uint32_t i = driver->slots_size; i < size; i++)
        slots[i] =
            (struct driver_slot){.next_free = i + 1 < size ? i + 1 : DRIVER_SLOT_NONE};
    driver->free_slot = driver->slots_size;
    driver->slots = slots;
    driver->slots_size = size;
    return HERD_OK;
}

struct driver_conn *driver_conn_new(struct driver *driver, enum herd_role role,
                                    int64_t server, const char *address)
{
    if (driver->free_slot == DRIVER_SLOT_NONE && grow(driver) != HERD_OK)
        return NULL;
    struct driver_conn *dc = herd_mem_zalloc(driver->setup.mem, sizeof *dc);
    if (dc == NULL)
        return NULL;
    uint32_t index = driver->free_slot;
    struct driver_slot *slot = &driver->slots[index];
    driver->free_slot = slot->next_free;
    slot->conn = dc;
    dc->driver = driver;
    dc->id = (herd_conn_id)++slot->generation << 32 | index;
    dc->role = role;
    dc->server = server;
    snprintf(dc->address, sizeof dc->address, "%s", address);
    driver_listener(driver, role)->count++;
    return dc;
}

static void forget_owed(struct driver_conn *dc)
{
    struct driver_conn **at = &dc->driver->owed;
    while (dc->owed && *at != dc)
        at = &(*at)->next_owed;
    if (dc->owed)
        *at = dc->next_owed;
}

void driver_conn_free(struct driver_conn *dc)
{
    struct driver *driver = dc->driver;
    uint32_t index = (uint32_t)dc->id;
    enum herd_role role = dc->role;
    forget_owed(dc);
    driver->slots[index].conn = NULL;
    driver->slots[index].next_free = driver->free_slot;
    driver->free_slot = index;
    herd_mem_free(driver->setup.mem, dc, sizeof *dc);
    driver_listener(driver, role)->count--;
    driver_listeners_conn_gone(driver, role);
}

struct driver_conn *driver_conn_find(const struct driver *driver, herd_conn_id id)
{
    uint32_t index = (uint32_t)id;
    struct driver_conn *dc = index < driver->slots_size ? driver->slots[index].conn : NULL;
    return dc != NULL && dc->id == id ? dc : NULL;
}

void driver_conns_free(struct driver *driver)
{
    for (uint32_t i = 0; i < driver->slots_size; i++)
        if (driver->slots[i].conn != NULL)
            driver_conn_free(driver->slots[i].conn);
    herd_mem_free(driver->setup.mem, driver->slots,
                  driver->slots_size * sizeof *driver->slots);
    driver->slots = NULL;
    driver->slots_size = 0;
}

void driver_conns_drop_dials(struct driver *driver)
{
    for (uint32_t i = 0; i < driver->slots_size; i++) {
        struct driver_conn *dc = driver->slots[i].conn;
        if (dc != NULL && !dc->opened) {
            io_conn_drop(dc->conn);
            driver_conn_free(dc);
        }
    }
}

/* ---- what connections tell ---- */

/* 192.0.2.1 of 192.0.2.1:11490, 2001:db8::1 of [2001:db8::1]:11490; of anything else all
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

static void tell(struct driver_conn *dc, enum herd_event_kind kind, struct herd_slice bytes)
{
    struct herd_event event = {.kind = kind,
                               .conn = dc->id,
                               .role = dc->role,
                               .server = dc->server,
                               .from_neighbour_address = dc->from_neighbour_address,
                               .bytes = bytes};
    if (kind == HERD_EV_OPENED)
        event.address = without_port(dc->address);
    driver_step(dc->driver, event);
}

static void on_opened(void *arg)
{
    struct driver_conn *dc = arg;
    dc->opened = true;
    tell(dc, HERD_EV_OPENED, herd_slice_str(dc->address));
}

static void on_data(void *arg, struct herd_slice bytes)
{
    tell(arg, HERD_EV_DATA, bytes);
}

static void on_eof(void *arg)
{
    tell(arg, HERD_EV_EOF, HERD_LIT(""));
}

static void on_drained(void *arg)
{
    struct driver_conn *dc = arg;
    bool wanted = dc->role == HERD_ROLE_PEER || dc->draining;
    dc->draining = false;
    if (wanted)
        tell(dc, HERD_EV_DRAINED, HERD_LIT(""));
}

/* A dialled connection that never opened is a failed dial: the core does not know it. */
static void on_closed(void *arg, const char *why)
{
    struct driver_conn *dc = arg;
    struct driver *driver = dc->driver;
    herd_conn_id id = dc->id;
    tell(dc, dc->opened ? HERD_EV_CLOSED : HERD_EV_DIAL_FAILED, herd_slice_str(why));
    if (driver_conn_find(driver, id) == dc)
        driver_conn_free(dc);
}

static const struct io_conn_handlers handlers = {
    .opened = on_opened,
    .data = on_data,
    .eof = on_eof,
    .drained = on_drained,
    .closed = on_closed,
};

/* The other side is a neighbour, or runs on the same machine as one. */
static bool is_neighbour_address(const struct driver *driver, const struct io_addr *from)
{
    for (uint32_t i = 0; i < driver->setup.conf->server_count; i++)
        if (driver->peers[i].len > 0 && io_addr_same_host(&driver->peers[i], from))
            return true;
    return false;
}

void driver_conn_accept(struct driver *driver, int fd, enum herd_role role,
                        const struct io_addr *from)
{
    char address[IO_SOCK_TEXT];
    io_addr_text(from, address);
    struct driver_conn *dc = driver_conn_new(driver, role, -1, address);
    if (dc == NULL) {
        close(fd);
        return;
    }
    if (role == HERD_ROLE_PEER) {
        dc->from_neighbour_address = is_neighbour_address(driver, from);
        io_sock_keep_unsent_small(fd);
    }
    dc->conn = io_conn_accept(driver_listener(driver, role)->group, fd, &handlers, dc);
    if (dc->conn == NULL) {
        driver_conn_free(dc);
        return;
    }
    if (role != HERD_ROLE_CLIENT)
        io_conn_pin(dc->conn);
    on_opened(dc);
}

bool driver_conn_dial(struct driver *driver, uint32_t server, struct herd_error_text *error)
{
    char address[IO_SOCK_TEXT];
    const struct io_addr *addr = &driver->peers[server];
    io_addr_text(addr, address);
    int fd = io_sock_dial(addr, error);
    if (fd < 0)
        return false;
    struct driver_conn *dc = driver_conn_new(driver, HERD_ROLE_PEER, server, address);
    if (dc == NULL) {
        close(fd);
        herd_error_set(error, "too many connections");
        return false;
    }
    io_sock_keep_unsent_small(fd);
    dc->conn =
        io_conn_dial(driver_listener(driver, HERD_ROLE_PEER)->group, fd, &handlers, dc);
    if (dc->conn != NULL) {
        io_conn_pin(dc->conn);
        return true;
    }
    driver_conn_free(dc);
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return false;
}
