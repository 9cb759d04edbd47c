/* SPDX-License-Identifier: ISC */
/* Locations: ISO 6709 decimal degrees, text <-> integers of 1e-9 degree.
 *
 * The text is what travels; the integers are for arithmetic and for Places queries. */
#ifndef HERD_CORE_PROTOCOL_GEO_H
#define HERD_CORE_PROTOCOL_GEO_H

#include "herd/slice.h"

#include <stdint.h>

#define HERD_GEO_UNIT INT64_C(1000000000) /* parts of a degree */

struct herd_point {
    int64_t lat; /* 1e-9 degree, -90 to +90 degrees; further digits are cut off */
    int64_t lng; /* 1e-9 degree, -180 to +180 degrees */
};

/* Parses "+34.068930-118.445127": latitude, longitude, both with a sign, an integer part
 * of any number of digits, and an optional fraction (a point and at least one digit); then
 * at most one "/", which ends a location in ISO 6709 and says nothing.
 * The range holds exactly, beyond the ninth decimal too. Errors: HERD_EBAD, HERD_ERANGE. */
int herd_point_parse(struct herd_slice text, struct herd_point *point);

enum { HERD_GEO_TEXT = 16 };

/* One coordinate as plain decimal degrees without superfluous zeros: "34.06893",
 * "-118.445127", "0". Returns the number of bytes written to `out` (HERD_GEO_TEXT bytes;
 * no NUL). */
size_t herd_geo_print(int64_t value, char *out);

/* How far apart two points are, for sorting: the square of the straight line between them
 * on a sphere, in units of (radius / 2^31)^2. It grows with the distance along the ground.
 * On a sphere of the Earth's mean radius (6371008.8 m) the line is right to 6 mm, whatever
 * its length, so two places are in the right order when their distances differ by 12 mm.
 * The antipode is UINT64_MAX. Both points must be in range; the two have one distance,
 * whichever comes first. */
uint64_t herd_geo_chord2(struct herd_point a, struct herd_point b);

#endif
