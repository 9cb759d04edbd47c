/* SPDX-License-Identifier: ISC */
/* A Places server of our own: tools/fake-places as a process. */
#ifndef TESTS_E2E_PLACES_PROC_H
#define TESTS_E2E_PLACES_PROC_H

#include "child.h"

#include <stdbool.h>
#include <stdint.h>

struct places_proc {
    struct child child;
    char dir[CHILD_DIR];
    char log[CHILD_DIR + 8];
    char url[256]; /* what to configure as places-url, of google-legacy */
    uint16_t port;
    char conf_line[300]; /* "places-url URL\n" */
};

/* False: nothing runs and nothing is left behind. */
bool places_proc_start(struct places_proc *places);

/* The same with further arguments of fake-places, ended by NULL. */
bool places_proc_start_with(struct places_proc *places, const char *const *more);

/* "places-provider NAME\nplaces-url URL\n" for one of the four. */
enum { PLACES_CONF = 320 };
void places_proc_conf(const struct places_proc *places, const char *provider,
                      char conf[PLACES_CONF]);

/* Asks for /_fake/WHAT ("down?ms=100"). Returns how many requests `provider` has had
 * since the start, or -1. */
int64_t places_proc_control(const struct places_proc *places, const char *what,
                            const char *provider);

/* Ends it and checks that it left in peace. */
void places_proc_stop(struct places_proc *places);

/* The body of a fixture ("ucla-10km"), to be freed with file_free. */
struct herd_slice places_fixture_body(const char *name);

/* The value of the fixture's `match` line called "location" or "radius"; "*" when it is not
 * there. False when there is no such fixture. */
bool places_fixture_match(const char *name, const char *what, char out[64]);

/* What WHATSAT must make of that body: at most `bound` results, newlines folded, none at
 * the end. Found by looking at the layout of our fixtures, and checked by means of cJSON;
 * to be freed with file_free. */
struct herd_slice places_expected(const char *name, int bound);

#endif
