/* A Places server of our own: tools/fake-places as a process. */
#ifndef TESTS_E2E_PLACES_PROC_H
#define TESTS_E2E_PLACES_PROC_H

#include "child.h"

#include <stdbool.h>

struct places_proc {
    struct child child;
    char dir[CHILD_DIR];
    char log[CHILD_DIR + 8];
    char url[256];       /* what to configure as places-url */
    char conf_line[300]; /* "places-url URL\n" */
};

/* False: nothing runs and nothing is left behind. */
bool places_proc_start(struct places_proc *places);

/* Ends it and checks that it left in peace. */
void places_proc_stop(struct places_proc *places);

/* The body of a fixture ("ucla-10km"), to be freed with file_free. */
struct herd_slice places_fixture_body(const char *name);

/* What WHATSAT must make of that body: at most `bound` results, newlines folded, none at
 * the end. Found by looking at the layout of our fixtures, and checked by means of cJSON;
 * to be freed with file_free. */
struct herd_slice places_expected(const char *name, int bound);

#endif
