/* SPDX-License-Identifier: ISC */
#include "log_stamp.h"

static char *put_number(char *at, unsigned value, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = after;
    return at + digits + 1;
}

/* Days are counted from 0000-03-01, so that the leap day is the last day of a year, in
 * eras of 400 years, which all have the same length. */
static char *put_date(char *at, int64_t days)
{
    enum { ERA_DAYS = 146097, TO_1970 = 719468 };
    days += TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    unsigned day = (unsigned)(days - era * ERA_DAYS);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* from March */
    day -= (153 * month + 2) / 5;
    month = month < 10 ? month + 3 : month - 9;
    int64_t full_year = era * 400 + year + (month <= 2 ? 1 : 0);
    at = put_number(at, (unsigned)full_year, 4, '-');
    at = put_number(at, month, 2, '-');
    return put_number(at, day + 1, 2, 'T');
}

void io_log_stamp(char *out, int64_t second)
{
    enum { DAY = 86400 };
    int64_t days = second / DAY;
    int64_t rest = second % DAY;
    if (rest < 0) {
        rest += DAY;
        days--;
    }
    unsigned of_day = (unsigned)rest;
    char *at = put_date(out, days);
    at = put_number(at, of_day / 3600, 2, ':');
    at = put_number(at, of_day / 60 % 60, 2, ':');
    put_number(at, of_day % 60, 2, '.');
}
