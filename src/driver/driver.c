/* SPDX-License-Identifier: ISC */
#include "driver.h"

#include "dials.h"
#include "driver_internal.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/mem.h"
#include "io/random.h"
#include "io/signals.h"
#include "listeners.h"
#include "neighbours.h"
#include "run_files.h"
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

enum { SHUTDOWN_MS = 3000 }; /* for replies and records; then connections are closed */

/* ---- life ---- */

/* Sets all of the setup that is random. */
static int draw(struct herd_core_setup *setup, struct herd_error_text *error)
{
    int rc = io_random(setup->hash_key, sizeof setup->hash_key, error);
    if (rc == HERD_OK)
        rc = io_random(setup->nonce_key, sizeof setup->nonce_key, error);
    if (rc == HERD_OK)
        rc = io_random(setup->feed_id, sizeof setup->feed_id, error);
    if (rc == HERD_OK)
        rc = io_random(&setup->random_seed, sizeof setup->random_seed, error);
    while (rc == HERD_OK && setup->boot_id == 0)
        rc = io_random(&setup->boot_id, sizeof setup->boot_id, error);
    return rc;
}

static int start_core(struct driver *driver, struct herd_error_text *error)
{
    struct herd_core_setup setup = {
        .mem = driver->setup.mem,
        .conf = driver->setup.conf,
        .self = driver->setup.self,
        .mac = driver->setup.mac,
        .version = HERD_VERSION,
        .places_unavailable = driver_places_unavailable(driver),
    };
    int rc = draw(&setup, error);
    if (rc != HERD_OK)
        return rc;
    rc = herd_core_new(&driver->core, &setup, driver->mono);
    if (rc != HERD_OK)
        herd_error_set(error, "%s", herd_strerror(rc));
    return rc;
}

static int start_conns(struct driver *driver, struct herd_error_text *error)
{
    driver->loop = io_loop_new(driver->setup.mem);
    if (driver->loop != NULL && driver_deferred_init(driver) == HERD_OK)
        return driver_conns_init(driver, error);
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return HERD_ENOMEM;
}

void driver_log_text(struct driver *driver, const char *text)
{
    driver_clock(driver);
    io_log_line(driver->setup.log, driver->wall, "herd", NULL, '-', herd_slice_str(text));
}

static void reopen_log(struct driver *driver)
{
    struct herd_error_text text = {"log reopened"};
    if (io_log_reopen(driver->setup.log) != HERD_OK)
        herd_error_set(&text, "log not reopened: %s; the old file stays in use",
                       strerror(errno));
    driver_log_text(driver, text.text);
}

static void on_signal(void *arg, int number)
{
    struct driver *driver = arg;
    driver_clock(driver);
    if (number == SIGHUP) {
        driver_log_text(
            driver, "SIGHUP has no effect: the configuration is read at the start only; "
                    "restart to change it");
    } else if (number == SIGUSR1) {
        reopen_log(driver);
    } else if (driver->stopping) {
        driver->stop_now = true;
    } else {
        struct herd_event stop = {.kind = HERD_EV_STOP};
        driver_log_text(driver, "stopping");
        driver->stopping = true;
        driver->stop_until = herd_mono_add_ms(driver->mono, SHUTDOWN_MS);
        driver_listeners_close(driver);
        driver_step(driver, &stop);
        driver_dials_cancel(driver);
    }
}

static int log_pending(void *arg)
{
    const struct driver *driver = arg;
    return io_log_pending(driver->setup.log);
}

static void log_flush(void *arg)
{
    struct driver *driver = arg;
    io_log_flush(driver->setup.log);
}

static int start_signals(struct driver *driver, struct herd_error_text *error)
{
    if (io_signals_start(driver->loop, on_signal, driver) != HERD_OK) {
        herd_error_set(error, "signals: %s", strerror(errno));
        return HERD_ESYS;
    }
    driver->signals_on = true;
    io_loop_on_idle(driver->loop, (struct io_idle){log_pending, log_flush, driver});
    return HERD_OK;
}

struct driver *driver_new(const struct driver_setup *setup, struct herd_error_text *error)
{
    struct driver *driver = herd_mem_zalloc(setup->mem, sizeof *driver);
    if (driver == NULL) {
        herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
        return NULL;
    }
    driver->setup = *setup;
    driver->stop_until = HERD_NEVER;
    driver_clock(driver);
    driver_run_files_start(driver);
    int rc = start_conns(driver, error);
    if (rc == HERD_OK)
        rc = driver_neighbours_init(driver, error);
    if (rc == HERD_OK)
        rc = driver_dials_init(driver, error);
    if (rc == HERD_OK)
        rc = driver_places_start(driver, error);
    if (rc == HERD_OK)
        rc = start_core(driver, error);
    if (rc == HERD_OK)
        rc = start_signals(driver, error);
    if (rc == HERD_OK)
        rc = driver_listeners_open_control(driver, error);
    if (rc == HERD_OK && setup->state_program == NULL)
        rc = driver_listeners_open(driver, error);
    if (rc == HERD_OK)
        return driver;
    driver_free(driver);
    return NULL;
}

void driver_free(struct driver *driver)
{
    if (driver == NULL)
        return;
    const struct herd_mem *mem = driver->setup.mem;
    driver_listeners_free(driver);
    driver_state_free(driver);
    if (driver->signals_on)
        io_signals_stop(driver->loop);
    io_fetch_free(driver->fetch);
    herd_core_free(driver->core);
    io_dialler_free(driver->dialler);
    driver_conns_free(driver);
    driver_deferred_free(driver);
    driver_neighbours_free(driver);
    io_loop_free(driver->loop);
    herd_mem_free(mem, driver, sizeof *driver);
}

const char *driver_client_address(const struct driver *driver)
{
    return driver_listeners_address(driver, HERD_ROLE_CLIENT);
}

const char *driver_peer_address(const struct driver *driver)
{
    return driver_listeners_address(driver, HERD_ROLE_PEER);
}

/* ---- the loop ---- */

static struct herd_mono next_deadline(const struct driver *driver)
{
    struct herd_mono at = herd_deadline(driver->core);
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        at = herd_mono_min(at, io_conn_group_deadline(driver->conns.pools[i].group));
    at = herd_mono_min(at, io_fetch_deadline(driver->fetch));
    at = herd_mono_min(at, io_dialler_deadline(driver->dialler));
    at = herd_mono_min(at, driver_listeners_deadline(driver));
    at = herd_mono_min(at, driver_run_files_deadline(driver));
    at = herd_mono_min(at, driver_state_deadline(driver));
    return herd_mono_min(at, driver->stop_until);
}

static bool all_closed(const struct driver *driver)
{
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        if (io_conn_group_count(driver->conns.pools[i].group) > 0)
            return false;
    return true;
}

/* The program of state-dir may still write what it was sent when the time for connections
 * is over; it is ended in any case, a little later. */
static bool finished(struct driver *driver)
{
    if (!driver->stopping || driver->stop_now)
        return driver->stopping;
    if (herd_mono_reached(driver->mono, driver->stop_until)) {
        driver->stop_until = HERD_NEVER;
        driver->time_is_up = true;
        if (driver_state_runs(driver) && !all_closed(driver))
            driver_log_text(driver, "the time to shut down is over: what was not sent to "
                                    "the disk yet is not in state-dir");
    }
    if (!all_closed(driver) && !driver->time_is_up)
        return false;
    driver_state_stop(driver);
    return !driver_state_runs(driver);
}

static void report_lost_lines(struct driver *driver)
{
    uint64_t lost = io_log_lost(driver->setup.log);
    if (lost == driver->log_lines_lost)
        return;
    struct herd_event event = {.kind = HERD_EV_LOG_LINES_LOST,
                               .lines = lost - driver->log_lines_lost};
    driver->log_lines_lost = lost;
    driver_step(driver, &event);
}

/* The log comes first: lines that wait would keep what they say. */
static void wipe(struct driver *driver)
{
    io_log_flush(driver->setup.log);
    io_log_wipe(driver->setup.log);
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        io_conn_group_wipe(driver->conns.pools[i].group);
    io_mem_wipe_stack();
    driver->wipe_due = false;
}

/* The core's TICK comes last: it sends the records of all events of the turn in one batch.
 */
static int turn(struct driver *driver, struct herd_mono until)
{
    struct herd_event tick = {.kind = HERD_EV_TICK};
    driver->clock_read = false;
    int rc = io_loop_turn(driver->loop, herd_mono_min(until, next_deadline(driver)));
    if (rc < 0)
        return rc;
    driver_clock(driver);
    for (size_t i = 0; i < DRIVER_ROLES; i++)
        io_conn_group_tick(driver->conns.pools[i].group, driver->mono);
    io_fetch_tick(driver->fetch, driver->mono);
    io_dialler_tick(driver->dialler, driver->mono);
    driver_listeners_tick(driver);
    driver_run_files_tick(driver);
    driver_state_tick(driver);
    report_lost_lines(driver);
    driver_step(driver, &tick);
    if (driver->wipe_due)
        wipe(driver);
    return HERD_OK;
}

static void warn_of_file_limit(struct driver *driver)
{
    char text[160];
    uint32_t limit = driver_pool(driver, HERD_ROLE_CLIENT)->limit;
    if (limit >= (uint64_t)driver->setup.conf->connections_max)
        return;
    snprintf(text, sizeof text,
             "the system's limit on open files leaves %" PRIu32
             " connections for clients: connections-max is %" PRId64
             "; raise the limit (ulimit -n)",
             limit, driver->setup.conf->connections_max);
    driver_log_text(driver, text);
}

enum { PROGRESS_MS = 1000 };

int driver_load(struct driver *driver, void (*progress)(void *arg, size_t clients),
                void *arg, struct herd_error_text *error)
{
    int rc = HERD_OK;
    driver_clock(driver);
    struct herd_mono tell_at = herd_mono_add_ms(driver->mono, PROGRESS_MS);
    if (driver->setup.state_program == NULL)
        return 1;
    while (rc == HERD_OK && !driver->listen_due && !driver->stopping) {
        rc = turn(driver, tell_at);
        if (!herd_mono_reached(driver->mono, tell_at))
            continue;
        progress(arg, herd_core_client_count(driver->core));
        tell_at = herd_mono_add_ms(driver->mono, PROGRESS_MS);
    }
    if (rc != HERD_OK)
        herd_error_set(error, "poll: %s", strerror(errno));
    else if (!driver->stopping)
        rc = driver_listeners_open(driver, error);
    return rc == HERD_OK ? !driver->stopping : rc;
}

int driver_run(struct driver *driver)
{
    int rc = HERD_OK;
    driver_log_text(driver, "started");
    warn_of_file_limit(driver);
    while (rc == HERD_OK && !finished(driver))
        rc = turn(driver, HERD_NEVER);
    driver_log_text(driver, rc == HERD_OK ? "stopped" : "stopped: poll failed");
    return rc;
}
