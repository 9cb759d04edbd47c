/* SPDX-License-Identifier: ISC */
#include "actions.h"

#include "dials.h"
#include "driver_internal.h"
#include "herd/err.h"
#include "io/clock.h"
#include "state.h"

#include <assert.h>

void driver_clock(struct driver *driver)
{
    if (driver->clock_read)
        return;
    driver->mono = io_clock_mono();
    driver->wall = io_clock_wall();
    driver->clock_read = true;
}

/* ---- deferred events ---- */

int driver_deferred_init(struct driver *driver)
{
    const struct herd_conf *conf = driver->setup.conf;
    struct driver_deferred *deferred = &driver->deferred;
    deferred->size = conf->server_count + (size_t)conf->lookups_max;
    deferred->list =
        herd_mem_alloc(driver->setup.mem, deferred->size * sizeof *deferred->list);
    return deferred->list != NULL ? HERD_OK : HERD_ENOMEM;
}

void driver_deferred_free(struct driver *driver)
{
    struct driver_deferred *deferred = &driver->deferred;
    herd_mem_free(driver->setup.mem, deferred->list,
                  deferred->size * sizeof *deferred->list);
    *deferred = (struct driver_deferred){0};
}

static void defer(struct driver *driver, struct driver_deferred_event event)
{
    struct driver_deferred *deferred = &driver->deferred;
    assert(deferred->count < deferred->size);
    deferred->list[deferred->count++] = event;
}

/* ---- actions ---- */

static void send_bytes(struct driver *driver, const struct herd_action *action)
{
    struct driver_conn *dc = driver_conn_find(driver, action->conn);
    if (dc == NULL)
        return;
    io_conn_send(dc->conn, action->bytes);
    if (dc->pool->role == HERD_ROLE_PEER && io_conn_unsent(dc->conn) == 0)
        driver_conn_drained_is_due(dc);
}

static void drain(struct driver *driver, const struct herd_action *action)
{
    struct driver_conn *dc = driver_conn_find(driver, action->conn);
    if (dc == NULL)
        return;
    dc->drain_wanted = io_conn_unsent(dc->conn) > 0;
    if (!dc->drain_wanted)
        driver_conn_drained_is_due(dc);
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
    struct driver_deferred_event event = {.kind = HERD_EV_DIAL_FAILED,
                                          .server = action->server};
    int rc = driver_dials_start(driver, action->server);
    if (rc == HERD_OK)
        return;
    herd_error_set(&event.error, "%s", herd_strerror(rc));
    defer(driver, event);
}

static void fetch(struct driver *driver, const struct herd_action *action)
{
    int rc = io_fetch_start(driver->fetch, action->request_id, action->bytes);
    if (rc == HERD_OK)
        return;
    struct driver_deferred_event event = {.kind = HERD_EV_PLACES,
                                          .request_id = action->request_id};
    herd_error_set(&event.error, "%s", herd_strerror(rc));
    defer(driver, event);
}

/* A request that failed at once may have its event deferred: that goes as well, since the
 * core may use the id of the request, and the room for its event, again. */
static void cancel(struct driver *driver, const struct herd_action *action)
{
    struct driver_deferred *deferred = &driver->deferred;
    size_t kept = 0;
    for (size_t i = 0; i < deferred->count; i++) {
        const struct driver_deferred_event *event = &deferred->list[i];
        if (event->kind != HERD_EV_PLACES || event->request_id != action->request_id)
            deferred->list[kept++] = *event;
    }
    deferred->count = kept;
    io_fetch_cancel(driver->fetch, action->request_id);
}

static void log_line(struct driver *driver, const struct herd_action *action)
{
    static const char *const topics[] = {
        [HERD_TOPIC_CLIENT] = "client",
        [HERD_TOPIC_PEER] = "peer",
        [HERD_TOPIC_PLACES] = "places",
        [HERD_TOPIC_HERD] = "herd",
    };
    const struct driver_conn *dc = driver_conn_find(driver, action->conn);
    io_log_line(driver->setup.log, driver->wall, topics[action->topic],
                dc != NULL ? dc->address : NULL, action->direction, action->bytes);
}

static void perform(struct driver *driver, const struct herd_action *action)
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
    case HERD_DO_DISK_START: driver_state_start(driver); break;
    case HERD_DO_DISK_STOP: driver_state_stop(driver); break;
    case HERD_DO_LISTEN: driver->listen_due = true; break;
    case HERD_DO_LOG: log_line(driver, action); break;
    case HERD_DO_WIPE: driver->wipe_due = true; break;
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
        perform(driver, &actions.list[i]);
}

/* The oldest first; each may lead to further ones, which are appended. */
static void step_deferred(struct driver *driver)
{
    struct driver_deferred *deferred = &driver->deferred;
    while (deferred->count > 0) {
        struct driver_deferred_event oldest = deferred->list[0];
        deferred->count--;
        memmove(&deferred->list[0], &deferred->list[1], deferred->count * sizeof oldest);
        struct herd_event event = {.kind = oldest.kind,
                                   .server = oldest.server,
                                   .request_id = oldest.request_id,
                                   .bytes = herd_slice_str(oldest.error.text)};
        step_once(driver, &event);
    }
}

static void step_drained(struct driver *driver)
{
    struct driver_conn *dc;
    while ((dc = driver_conns_take_drained(driver)) != NULL) {
        struct herd_event event = {.kind = HERD_EV_DRAINED, .conn = dc->id};
        /* A later SEND of the same step may have left unsent bytes. */
        if (io_conn_unsent(dc->conn) > 0)
            dc->drain_wanted = true;
        else
            step_once(driver, &event);
    }
}

void driver_step(struct driver *driver, struct herd_event *event)
{
    driver_clock(driver);
    step_once(driver, event);
    step_deferred(driver);
    step_drained(driver);
}

void driver_places_done(void *arg, uint64_t id, const struct io_fetch_result *result)
{
    struct herd_event event = {
        .kind = HERD_EV_PLACES,
        .request_id = id,
        .status = result->status,
        .retry_after_ms = result->retry_after_ms,
        .bytes = result->status != 0 ? result->body : herd_slice_str(result->error)};
    driver_step(arg, &event);
}
