/* SPDX-License-Identifier: ISC */
#include "geo.h"

#include "decimal.h"
#include "herd/err.h"

#include <assert.h>

enum { LAT_MAX = 90, LNG_MAX = 180, NANO_DIGITS = 9 };

struct coordinate {
    bool negative;
    struct herd_decimal size;
};

/* Reads a sign and a number at the start of `text`; *len gets the bytes used. */
static int scan_coordinate(struct herd_slice text, struct coordinate *c, size_t *len)
{
    if (text.len == 0 || (text.data[0] != '+' && text.data[0] != '-'))
        return HERD_EBAD;
    c->negative = text.data[0] == '-';
    int rc = herd_decimal_scan(herd_slice_from(text, 1), &c->size);
    *len = c->size.len + 1;
    return rc;
}

/* The pole and the date line are the last points: not even a 1e-30 beyond them is one. */
static bool in_range(const struct coordinate *c, uint64_t most)
{
    if (c->size.whole != most)
        return c->size.whole < most;
    return c->size.nano == 0 && !c->size.inexact;
}

static int64_t value_of(const struct coordinate *c)
{
    int64_t size = (int64_t)c->size.whole * HERD_GEO_UNIT + c->size.nano;
    return c->negative ? -size : size;
}

int herd_point_parse(struct herd_slice text, struct herd_point *point)
{
    struct coordinate lat, lng;
    size_t lat_len, lng_len;
    if (scan_coordinate(text, &lat, &lat_len) != HERD_OK)
        return HERD_EBAD;
    struct herd_slice tail = herd_slice_from(text, lat_len);
    if (scan_coordinate(tail, &lng, &lng_len) != HERD_OK)
        return HERD_EBAD;
    if (lng_len != tail.len && (lng_len + 1 != tail.len || tail.data[lng_len] != '/'))
        return HERD_EBAD;
    if (!in_range(&lat, LAT_MAX) || !in_range(&lng, LNG_MAX))
        return HERD_ERANGE;
    *point = (struct herd_point){value_of(&lat), value_of(&lng)};
    return HERD_OK;
}

size_t herd_geo_print(int64_t value, char *out)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    assert(size <= LNG_MAX * (uint64_t)HERD_GEO_UNIT);
    size_t len = 0;
    if (value < 0)
        out[len++] = '-';
    uint64_t nano = size % (uint64_t)HERD_GEO_UNIT;
    len += herd_uint_print(size / (uint64_t)HERD_GEO_UNIT, out + len);
    if (nano == 0)
        return len;
    out[len++] = '.';
    for (size_t i = NANO_DIGITS; i > 0; i--) {
        out[len + i - 1] = (char)('0' + nano % 10);
        nano /= 10;
    }
    len += NANO_DIGITS;
    while (out[len - 1] == '0')
        len--;
    return len;
}

/* ---- distance ----
 *
 * Sines and cosines are fractions of 2^62, from Taylor's series on 0 to 45 degrees. Points
 * become vectors whose parts are rounded to 2^-31, which is where all of the error is: each
 * difference is wrong by one unit at most, the length by the square root of three, 5.2 mm
 * on the ground. */

enum { ONE_BITS = 62, VECTOR_BITS = 31 };

#define ONE         (UINT64_C(1) << ONE_BITS)
#define RIGHT_ANGLE (90 * (uint64_t)HERD_GEO_UNIT)

/* The upper half of the product. */
static uint64_t multiply_high(uint64_t a, uint64_t b)
{
    uint64_t a_low = a & UINT32_MAX, a_high = a >> 32;
    uint64_t b_low = b & UINT32_MAX, b_high = b >> 32;
    uint64_t cross = a_high * b_low + (a_low * b_low >> 32);
    uint64_t other = a_low * b_high + (cross & UINT32_MAX);
    return a_high * b_high + (cross >> 32) + (other >> 32);
}

/* The product of two fractions of 2^62, neither above 1. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
    return multiply_high(a << 1, b << 1);
}

/* A power series in x^2: term is the first, and the n-th is the one before times
 * x^2 / ((2n + first - 1) (2n + first)), with the signs taking turns. */
static uint64_t series(uint64_t term, uint64_t x, unsigned first)
{
    uint64_t square = multiply(x, x);
    uint64_t plus = 0, minus = 0;
    for (unsigned n = first; term > 0; n += 4) {
        plus += term;
        term = multiply(term, square) / (n * (n + 1));
        minus += term;
        term = multiply(term, square) / ((n + 2) * (n + 3));
    }
    return plus - minus;
}

/* Sine and cosine of 0 to 90 degrees. The factor is pi / 180e9 in units of 2^-98: an angle
 * times it, the angle itself shifted by 28, is radians in units of 2^-62. */
static void turn(uint64_t angle, uint64_t *sine, uint64_t *cosine)
{
    bool steep = angle > RIGHT_ANGLE / 2;
    uint64_t flat = steep ? RIGHT_ANGLE - angle : angle;
    uint64_t x = multiply_high(flat << 28, UINT64_C(5531169184716246338));
    uint64_t s = series(x, x, 2);
    uint64_t c = series(ONE, x, 1);
    *sine = steep ? c : s;
    *cosine = steep ? s : c;
}

struct vector {
    int64_t x, y, z;
};

static int64_t rounded(uint64_t part, bool negative)
{
    unsigned drop = ONE_BITS - VECTOR_BITS;
    int64_t size = (int64_t)((part + (UINT64_C(1) << (drop - 1))) >> drop);
    return negative ? -size : size;
}

static struct vector vector_of(struct herd_point point)
{
    uint64_t lat = (uint64_t)(point.lat < 0 ? -point.lat : point.lat);
    uint64_t lng = (uint64_t)(point.lng < 0 ? -point.lng : point.lng);
    uint64_t lat_sine, lat_cosine, lng_sine, lng_cosine;
    bool back = lng > RIGHT_ANGLE;
    turn(lat, &lat_sine, &lat_cosine);
    turn(back ? 2 * RIGHT_ANGLE - lng : lng, &lng_sine, &lng_cosine);
    return (struct vector){
        .x = rounded(multiply(lat_cosine, lng_cosine), back),
        .y = rounded(multiply(lat_cosine, lng_sine), point.lng < 0),
        .z = rounded(lat_sine, point.lat < 0),
    };
}

static uint64_t square(int64_t a, int64_t b)
{
    uint64_t difference = (uint64_t)(a < b ? b - a : a - b);
    return difference <= UINT32_MAX ? difference * difference : UINT64_MAX;
}

/* All three squares come to 2^64 at most, and a little more when rounding has it so. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

uint64_t herd_geo_chord2(struct herd_point a, struct herd_point b)
{
    struct vector u = vector_of(a), v = vector_of(b);
    return add(add(square(u.x, v.x), square(u.y, v.y)), square(u.z, v.z));
}
