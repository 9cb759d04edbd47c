/* SPDX-License-Identifier: ISC */
/* Stamps, against gmtime_r(). */
#include "check.h"
#include "io/log_stamp.h"

#include <stdio.h>
#include <time.h>

/* Every second around the turns of years, months and leap days, against gmtime_r(). */
static void dates(void)
{
    static const int64_t days[] = {0, 58, 59, 60, 364, 365, 789, 790, 11016, 11017, 20778,
                                   /* 2000-02-28, 2000-12-31, 2100-02-28 and around */
                                   11015, 11322, 47540, 47541, 47542, 47846, 47847, -1,
                                   -25509, -25508, -100000, 106000};
    int failures = 0;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        for (int64_t s = days[i] * 86400 - 2; s < (days[i] + 1) * 86400 + 2; s += 59) {
            char got[20];
            char want[32];
            struct tm tm;
            time_t t = (time_t)s;
            REQUIRE(gmtime_r(&t, &tm) != NULL);
            strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
            io_log_stamp(got, s);
            failures += memcmp(got, want, sizeof got) != 0;
        }
    for (int64_t day = -106000; day < 106000; day++) {
        char got[20];
        char want[32];
        struct tm tm;
        time_t t = (time_t)(day * 86400 + 86399);
        REQUIRE(gmtime_r(&t, &tm) != NULL);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
        io_log_stamp(got, t);
        failures += memcmp(got, want, sizeof got) != 0;
    }
    CHECK_INT(failures, 0);
}

static void dates_by_hand(void)
{
    static const struct {
        int64_t second;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00."},          {951782399, "2000-02-28T23:59:59."},
        {951782400, "2000-02-29T00:00:00."},  {951868800, "2000-03-01T00:00:00."},
        {1709164800, "2024-02-29T00:00:00."}, {4107542399, "2100-02-28T23:59:59."},
        {4107542400, "2100-03-01T00:00:00."}, {-1, "1969-12-31T23:59:59."},
        {9223372036, "2262-04-11T23:47:16."}, {-9223372037, "1677-09-21T00:12:43."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[20];
        CHECK_LABEL("%s", cases[i].want);
        io_log_stamp(got, cases[i].second);
        CHECK_SLICE(herd_slice(got, sizeof got), herd_slice_str(cases[i].want));
    }
}

const struct check_test test_log_stamp[] = {
    {"log dates", dates},
    {"log dates by hand", dates_by_hand},
    {NULL, NULL},
};
