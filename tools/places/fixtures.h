/* SPDX-License-Identifier: ISC */
/* The fixtures: files that hold an expected request and the reply to it, side by side.
 * The format is described in fixtures/places/README.md. */
#ifndef PLACES_FIXTURES_H
#define PLACES_FIXTURES_H

#include "bytes.h"
#include "faults.h"

#include <stdbool.h>
#include <stddef.h>

/* Which requests a fixture answers. Degrees and metres; two numbers that differ by at
 * most 1e-6 are the same. */
struct place_match {
    bool any_location;
    bool any_radius;
    double latitude;
    double longitude;
    double radius;
};

struct fixture {
    char *name; /* of the file */
    struct bytes file;
    struct place_match match;
    int status;
    struct bytes headers; /* complete lines, a Content-Type among them */
    struct faults faults;
    struct herd_slice body; /* inside `file` */
};

struct fixtures {
    struct fixture *list;
    size_t count;
};

/* Loads all *.http files of a folder into an empty set. False, with one line about the
 * first mistake on standard error, when the folder or a file cannot be read, a file is
 * malformed, two match the same requests, or none matches all; fixtures_free is then
 * still due. */
bool fixtures_load(struct fixtures *set, const char *dir);

void fixtures_free(struct fixtures *set);

/* The most specific match: location and radius, then location alone, then radius alone,
 * then the default. Never NULL after a successful load. */
const struct fixture *fixtures_choose(const struct fixtures *set, double latitude,
                                      double longitude, double radius);

/* A plain decimal: no exponent, no blanks. */
bool fixtures_read_number(const char *text, double *out);

/* "LAT,LNG" in decimal degrees. False when it is malformed or outside the globe. */
bool fixtures_read_location(const char *text, double *latitude, double *longitude);

/* Metres, above 0. */
bool fixtures_read_radius(const char *text, double *radius);

#endif
