#include "herd/geo.h"

#include "herd/decimal.h"
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
    return c->size.nano == 0 && !c->size.rest;
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
    if (scan_coordinate(tail, &lng, &lng_len) != HERD_OK || lng_len != tail.len)
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
