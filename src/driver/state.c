/* SPDX-License-Identifier: ISC */
#include "state.h"

#include "driver_internal.h"
#include "herd/err.h"
#include "io/child.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORD_MAX = 24 /* bytes of a number, NUL included */ };

static void said(void *arg, struct herd_slice line)
{
    struct driver *driver = arg;
    driver_step(driver, &(struct herd_event){.kind = HERD_EV_DISK_SAID, .bytes = line});
}

static void tell_ended(struct driver *driver, const char *how)
{
    driver_step(driver, &(struct herd_event){.kind = HERD_EV_DISK_ENDED,
                                             .bytes = herd_slice_str(how)});
}

static void ended(void *arg, const char *how)
{
    struct driver *driver = arg;
    io_child_free(driver->disk);
    driver->disk = NULL;
    tell_ended(driver, how);
}

void driver_state_start(struct driver *driver)
{
    const struct driver_setup *setup = &driver->setup;
    const struct io_child_calls calls = {.said = said, .ended = ended, .arg = driver};
    char expire[WORD_MAX], days[WORD_MAX];
    (void)snprintf(expire, sizeof expire, "%" PRId64, setup->conf->client_expire);
    (void)snprintf(days, sizeof days, "%" PRId64, setup->conf->history_days);
    const char *const argv[] = {setup->state_program,
                                "-e",
                                "-s",
                                setup->control_path,
                                "-f",
                                setup->state_file,
                                "-E",
                                expire,
                                "-H",
                                days,
                                herd_conf_acks_from_disk(setup->conf) ? "-d" : NULL,
                                NULL};
    driver->disk =
        io_child_start(driver->loop, setup->mem, argv, &calls, &driver->disk_error);
    driver->disk_failed = driver->disk == NULL;
}

void driver_state_stop(struct driver *driver)
{
    if (driver->disk != NULL)
        io_child_let_end(driver->disk, driver->mono);
}

bool driver_state_runs(const struct driver *driver)
{
    return driver->disk != NULL;
}

struct herd_mono driver_state_deadline(const struct driver *driver)
{
    return driver->disk_failed ? (struct herd_mono){0} : io_child_deadline(driver->disk);
}

void driver_state_tick(struct driver *driver)
{
    if (driver->disk_failed) {
        struct herd_error_text how;
        driver->disk_failed = false;
        herd_error_set(&how, "cannot be started: %.400s", driver->disk_error.text);
        tell_ended(driver, how.text);
    }
    io_child_tick(driver->disk, driver->mono);
}

void driver_state_free(struct driver *driver)
{
    io_child_free(driver->disk);
    driver->disk = NULL;
}
