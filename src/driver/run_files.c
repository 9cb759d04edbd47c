/* SPDX-License-Identifier: ISC */
#include "run_files.h"

#include "driver_internal.h"
#include "listeners.h"

#include <string.h>

/* Less than herdctl waits for a server that it is to stop, see stop.c there. */
enum { KEEP_MS = 3000 };

/* A failure that stays is told once. */
static void log_note(struct driver *driver, struct herd_error_text *last,
                     const struct herd_error_text *note)
{
    if (note->text[0] != '\0' && strcmp(note->text, last->text) != 0)
        io_log_line(driver->setup.log, driver->wall, "herd", NULL, '-',
                    herd_slice_str(note->text));
    *last = *note;
}

static void keep(struct driver *driver)
{
    struct herd_error_text first = {""}, second = {""}, error;
    const struct driver_keep *files = &driver->setup.keep;
    bool ours = files->files(files->arg, &first);
    int rc = ours ? driver_listeners_keep_control(driver, &error) : 0;
    if (rc > 0)
        herd_error_set(&second, "%.400s was removed or replaced: made anew",
                       driver->setup.control_path);
    if (rc < 0)
        herd_error_set(&second, "control socket not made anew: %.400s", error.text);
    log_note(driver, &driver->run_files_notes[0], &first);
    log_note(driver, &driver->run_files_notes[1], &second);
}

void driver_run_files_start(struct driver *driver)
{
    driver->run_files_at = driver->setup.keep.files != NULL
                               ? herd_mono_add_ms(driver->mono, KEEP_MS)
                               : HERD_NEVER;
}

struct herd_mono driver_run_files_deadline(const struct driver *driver)
{
    return driver->stopping ? HERD_NEVER : driver->run_files_at;
}

void driver_run_files_tick(struct driver *driver)
{
    if (!herd_mono_reached(driver->mono, driver_run_files_deadline(driver)))
        return;
    driver->run_files_at = herd_mono_add_ms(driver->mono, KEEP_MS);
    keep(driver);
}
