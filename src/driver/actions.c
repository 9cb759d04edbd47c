#include "driver_internal.h"
#include "herd/err.h"
#include "io/clock.h"

#include <assert.h>

void driver_clock(struct driver *driver)
{
    if (driver->clock_read)
        return;
    driver->mono = io_clock_mono();
    driver->wall = io_clock_wall();
    driver->clock_read = true;
}

/* ---- late events ---- */

static void happen_later(struct driver *driver, enum herd_event_kind kind, int64_t server,
                         uint64_t lookup, const char *error)
{
    assert(driver->late_count < driver->late_max);
    struct driver_late *late = &driver->late[driver->late_count++];
    *late = (struct driver_late){.kind = kind, .server = server, .lookup = lookup};
    herd_error_set(&late->error, "%s", error);
}

static void owe_drained(struct driver_conn *dc)
{
    if (dc->owed)
        return;
    dc->owed = true;
    dc->next_owed = dc->driver->owed;
    dc->driver->owed = dc;
}

/* ---- actions ---- */

static void send_bytes(struct driver *driver, const struct herd_action *action)
{
    struct driver_conn *dc = driver_conn_find(driver, action->conn);
    if (dc == NULL)
        return;
    io_conn_send(dc->conn, action->bytes);
    if (dc->role == HERD_ROLE_PEER && io_conn_unsent(dc->conn) == 0)
        owe_drained(dc);
}

static void drain(struct driver *driver, const struct herd_action *action)
{
    struct driver_conn *dc = driver_conn_find(driver, action->conn);
    if (dc == NULL)
        return;
    dc->draining = io_conn_unsent(dc->conn) > 0;
    if (!dc->draining)
        owe_drained(dc);
}

static void close_conn(struct driver *driver, const struct herd_action *action)
{
    struct driver_conn *dc = driver_conn_find(driver, action->conn);
    if (dc == NULL)
        return;
    io_conn_finish(dc->conn);
    driver_conn_free(dc);
}

static void pause_conn(struct driver *driver, const struct herd_action *action)
{
    struct driver_conn *dc = driver_conn_find(driver, action->conn);
    if (dc != NULL)
        io_conn_pause(dc->conn, action->kind == HERD_DO_PAUSE);
}

static void dial(struct driver *driver, const struct herd_action *action)
{
    struct herd_error_text error;
    if (!driver_conn_dial(driver, action->server, &error))
        happen_later(driver, HERD_EV_DIAL_FAILED, action->server, 0, error.text);
}

static void fetch(struct driver *driver, const struct herd_action *action)
{
    int rc = io_fetch_start(driver->fetch, action->lookup, action->bytes);
    if (rc != HERD_OK)
        happen_later(driver, HERD_EV_PLACES, 0, action->lookup, herd_strerror(rc));
}

/* Of a request that failed at once, the bad news are not wanted either: the core may use
 * its place, and the room for its event, again. */
static void cancel(struct driver *driver, const struct herd_action *action)
{
    size_t kept = 0;
    for (size_t i = 0; i < driver->late_count; i++) {
        const struct driver_late *late = &driver->late[i];
        if (late->kind != HERD_EV_PLACES || late->lookup != action->lookup)
            driver->late[kept++] = *late;
    }
    driver->late_count = kept;
    io_fetch_cancel(driver->fetch, action->lookup);
}

static void log_line(struct driver *driver, const struct herd_action *action)
{
    static const char *const kinds[] = {
        [HERD_TOPIC_CLIENT] = "client",
        [HERD_TOPIC_PEER] = "peer",
        [HERD_TOPIC_PLACES] = "places",
        [HERD_TOPIC_HERD] = "herd",
    };
    const struct driver_conn *dc = driver_conn_find(driver, action->conn);
    io_log_line(driver->setup.log, driver->wall, kinds[action->topic],
                dc != NULL ? dc->address : NULL, action->direction, action->bytes);
}

static void carry_out(struct driver *driver, const struct herd_action *action)
{
    switch (action->kind) {
    case HERD_DO_SEND: send_bytes(driver, action); break;
    case HERD_DO_DRAIN: drain(driver, action); break;
    case HERD_DO_CLOSE: close_conn(driver, action); break;
    case HERD_DO_PAUSE:
    case HERD_DO_RESUME: pause_conn(driver, action); break;
    case HERD_DO_DIAL: dial(driver, action); break;
    case HERD_DO_FETCH: fetch(driver, action); break;
    case HERD_DO_CANCEL: cancel(driver, action); break;
    case HERD_DO_LOG: log_line(driver, action); break;
    }
}

/* ---- events ---- */

static void step_once(struct driver *driver, struct herd_event *event)
{
    struct herd_actions actions;
    event->mono = driver->mono;
    event->wall = driver->wall;
    herd_step(driver->core, event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(driver, &actions.list[i]);
}

/* Oldest first; what these lead to queues up behind them, and there is always room: a
 * server is dialled, and a lookup made, only when its last one has ended. */
static void step_late(struct driver *driver)
{
    while (driver->late_count > 0) {
        struct driver_late late = driver->late[0];
        driver->late_count--;
        memmove(&driver->late[0], &driver->late[1], driver->late_count * sizeof late);
        struct herd_event event = {.kind = late.kind,
                                   .server = late.server,
                                   .lookup = late.lookup,
                                   .bytes = herd_slice_str(late.error.text)};
        step_once(driver, &event);
    }
}

static void step_owed(struct driver *driver)
{
    while (driver->owed != NULL) {
        struct driver_conn *dc = driver->owed;
        struct herd_event event = {.kind = HERD_EV_DRAINED, .conn = dc->id};
        driver->owed = dc->next_owed;
        dc->owed = false;
        /* What was sent later in the same step may not be with the kernel yet. */
        if (io_conn_unsent(dc->conn) > 0)
            dc->draining = true;
        else
            step_once(driver, &event);
    }
}

void driver_step(struct driver *driver, struct herd_event event)
{
    driver_clock(driver);
    step_once(driver, &event);
    step_late(driver);
    step_owed(driver);
}

void driver_places_done(void *arg, uint64_t id, const struct io_fetch_result *result)
{
    struct herd_event event = {
        .kind = HERD_EV_PLACES,
        .lookup = id,
        .status = result->status,
        .bytes = result->status != 0 ? result->body : herd_slice_str(result->error)};
    driver_step(arg, event);
}
