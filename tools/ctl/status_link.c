/* SPDX-License-Identifier: ISC */
/* The status of a link, a follower, a refused server and the Places provider, for people.
 */
#include "status.h"

#include <inttypes.h>
#include <stdio.h>

enum { SKEW_NOTE_MS = 1000 };

const char *status_colour(enum status_state state)
{
    return state == STATUS_UP ? "\033[32m" : state == STATUS_ELSEWHERE ? "" : "\033[31m";
}

static bool skew_is_large(const struct report_link *link)
{
    int64_t ms = report_int(link->skew_ms, 0);
    return ms > SKEW_NOTE_MS || ms < -SKEW_NOTE_MS;
}

static bool mode_is_unusual(struct herd_slice mode)
{
    return mode.len > 0 && !herd_slice_eq(mode, HERD_LIT("feed"));
}

bool status_link_needs_note(const struct report_link *link)
{
    return link->up && (mode_is_unusual(link->mode) || skew_is_large(link));
}

static void put_mode(struct herd_slice mode)
{
    (void)fputs(", ", stdout);
    if (herd_slice_eq(mode, HERD_LIT("walk")) || herd_slice_eq(mode, HERD_LIT("sync")))
        (void)fputs("full sync in progress", stdout);
    else if (herd_slice_eq(mode, HERD_LIT("wait")))
        (void)fputs("waiting for a full sync", stdout);
    else
        ctl_print(mode);
}

static void put_up(const struct report_link *link)
{
    int64_t rtt_us = report_int(link->rtt_us, 0);
    int64_t skew_ms = report_int(link->skew_ms, 0);
    (void)fputs(", ", stdout);
    ctl_print(link->how);
    (void)fputs(", ", stdout);
    ctl_print(link->behind);
    (void)fputs(" records behind", stdout);
    if (rtt_us > 0)
        printf(", round trip %g ms", (double)rtt_us / 1000);
    if (mode_is_unusual(link->mode))
        put_mode(link->mode);
    if (skew_is_large(link))
        printf(", its clock is %g s %s", (double)(skew_ms < 0 ? -skew_ms : skew_ms) / 1000,
               skew_ms < 0 ? "behind" : "ahead");
}

void status_put_link(const struct report_link *link)
{
    ctl_print(link->state);
    if (link->up) {
        put_up(link);
    } else {
        (void)fputs(": ", stdout);
        ctl_print(link->why);
    }
}

void status_put_follower(const struct report_follower *follower)
{
    (void)fputs("follower ", stdout);
    ctl_print(follower->name);
    (void)fputs(", ", stdout);
    ctl_print(follower->behind);
    (void)fputs(" records behind, ", stdout);
    ctl_print(follower->unacknowledged);
    (void)fputs(" changes not acknowledged", stdout);
    if (mode_is_unusual(follower->mode))
        put_mode(follower->mode);
}

bool status_disk_needs_note(const struct report_disk *disk)
{
    return !herd_slice_eq(disk->state, HERD_LIT("following"));
}

void status_put_disk(const struct report_disk *disk)
{
    (void)fputs("disk ", stdout);
    ctl_print(disk->name);
    (void)fputs(" ", stdout);
    ctl_print(disk->state);
    (void)fputs(", ", stdout);
    ctl_print(disk->behind);
    (void)fputs(" changes not on the disk", stdout);
    if (disk->why.len > 0)
        (void)fputs(": ", stdout);
    ctl_print(disk->why);
}

void status_put_refusal(const struct report_refusal *refusal)
{
    (void)fputs("refused ", stdout);
    ctl_print(refusal->name);
    (void)fputs(", ", stdout);
    ctl_print(refusal->count);
    (void)fputs(herd_slice_eq(refusal->count, HERD_LIT("1")) ? " time: " : " times, last: ",
                stdout);
    ctl_print(refusal->why);
}

bool status_places_needs_note(const struct report_places *places)
{
    return !herd_slice_eq(places->state, HERD_LIT("closed"));
}

void status_put_places(const struct report_places *places)
{
    int64_t retry_ms = report_int(places->retry_ms, 0);
    (void)fputs("places ", stdout);
    ctl_print(places->provider);
    bool paused = herd_slice_eq(places->state, HERD_LIT("paused"));
    if (paused || herd_slice_eq(places->state, HERD_LIT("open"))) {
        printf(": %s, next request ",
               paused ? "paused, since it limits requests" : "circuit open after failures");
        if (retry_ms > 0)
            printf("in %g s", (double)retry_ms / 1000);
        else
            (void)fputs("with the next query", stdout);
    } else if (herd_slice_eq(places->state, HERD_LIT("probing"))) {
        (void)fputs(": circuit half-open, testing with one request", stdout);
    } else if (status_places_needs_note(places)) {
        (void)fputs(": ", stdout);
        ctl_print(places->state);
    }
}
