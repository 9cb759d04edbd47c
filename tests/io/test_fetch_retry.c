/* SPDX-License-Identifier: ISC */
/* Retry-After, line by line and in whole replies. */
#include "fetch_rig.h"
#include "io/fetch_retry.h"

#include <stdio.h>
#include <string.h>

extern const struct check_test test_fetch_retry[];

#define NOW_S  INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define MAX_MS (INT64_C(1000) * IO_FETCH_RETRY_MAX_S)

/* ---- lines ------------------------------------------------------------------------- */

static void values(void)
{
    static const struct {
        const char *line;
        int64_t ms;
    } cases[] = {
        {"Retry-After: 120\r\n", 120000},
        {"retry-after:7", 7000},
        {"RETRY-AFTER: \t 7 \t\r\n", 7000},
        {"Retry-After: 007\r\n", 7000},
        {"Retry-After: 0\r\n", 1000},
        {"Retry-After: 99999999999999999999999999\r\n", MAX_MS},
        {"Retry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\n", 120000},
        {"Retry-After: Sunday, 06-Nov-94 08:51:37 GMT\r\n", 120000},
        {"Retry-After: Sun Nov  6 08:51:37 1994\r\n", 120000},
        {"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 1000},
        {"Retry-After: Sat, 05 Nov 1994 08:49:37 GMT\r\n", 1000},
        {"Retry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n", MAX_MS},
        {"Retry-After:\r\n", 0},
        {"Retry-After: -1\r\n", 0},
        {"Retry-After: +1\r\n", 0},
        {"Retry-After: 1.5\r\n", 0},
        {"Retry-After: 5 s\r\n", 0},
        {"Retry-After: soon\r\n", 0},
        {"Retry-After: 1994\xc3\xa9\r\n", 0},
        {"Retry-After: 06 Nov 1994 08:51:37 GMT\r\n", 0},
        {"Retry-After: Sun, 99 Nov 1994 08:51:37 GMT\r\n", 0},
        {"Retry-After: Sun, 06 Nov 1994 08:51:37 GMT and so on and so on and so on ...\r\n",
         0},
        {"Retry-After", 0},
        {"Retry-Afterwards: 7\r\n", 0},
        {"X-Retry-After: 7\r\n", 0},
        {"\r\n", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct io_fetch_retry retry = {0};
        CHECK_LABEL("%s", cases[i].line);
        io_fetch_retry_note(&retry, herd_slice_str(cases[i].line));
        CHECK_INT(io_fetch_retry_ms(&retry, NOW_S), cases[i].ms);
    }
    CHECK_LABEL("%s", "");
}

/* Ends with NULL. */
static int64_t ms_of(const char *const *lines)
{
    struct io_fetch_retry retry = {0};
    for (; *lines != NULL; lines++)
        io_fetch_retry_note(&retry, herd_slice_str(*lines));
    return io_fetch_retry_ms(&retry, NOW_S);
}

/* A clock that is wrong here, or there, does not count. */
static void dates_count_from_the_clock_of_the_server(void)
{
    CHECK_INT(ms_of((const char *const[]){"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT",
                                          "Date: Fri, 31 Dec 1999 23:59:49 GMT", NULL}),
              10000);
    CHECK_INT(
        ms_of((const char *const[]){"Date: Fri, 31 Dec 1999 23:59:49 GMT",
                                    "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", NULL}),
        10000);
    CHECK_INT(ms_of((const char *const[]){
                  "Date: yesterday", "Retry-After: Sun, 06 Nov 1994 08:49:47 GMT", NULL}),
              10000);
}

static void the_longest_counts(void)
{
    CHECK_INT(ms_of((const char *const[]){"Retry-After: 5", "Retry-After: 9",
                                          "Retry-After: 7", "Retry-After: x", NULL}),
              9000);
    CHECK_INT(ms_of((const char *const[]){
                  "Retry-After: 5", "Retry-After: Sun, 06 Nov 1994 08:49:47 GMT", NULL}),
              10000);
}

/* ---- replies ----------------------------------------------------------------------- */

static void replies(void)
{
    static const struct {
        const char *reply;
        int status;
        int64_t ms;
    } cases[] = {
        {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno", 429, 7000},
        {"HTTP/1.1 503 No\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
         "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\nContent-Length: 0\r\n\r\n",
         503, 60000},
        {"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", 429, 0},
        {"HTTP/1.1 100 Wait\r\nRetry-After: 9\r\n\r\nHTTP/1.1 429 Slow\r\n"
         "Content-Length: 0\r\n\r\n",
         429, 0},
        {OK_REPLY, 200, 0},
        {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nno", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stub stub;
        CHECK_LABEL("reply %zu", i);
        if (open_stub(&stub, &usual, cases[i].reply)) {
            stub.hang_up = true;
            const struct result *r = fetch_one("x");
            CHECK_INT(r->status, cases[i].status);
            CHECK_INT(r->retry_after_ms, cases[i].ms);
        }
        close_stub(&stub);
    }
    CHECK_LABEL("%s", "");
}

/* Without a Date the clock of this machine counts. */
static void a_date_without_a_clock(void)
{
    char reply[160], date[64];
    struct stub stub;
    time_t at = (time_t)(io_clock_wall().ns / HERD_NS_PER_S) + 600;
    struct tm tm;
    REQUIRE(gmtime_r(&at, &tm) != NULL);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    snprintf(reply, sizeof reply,
             "HTTP/1.1 429 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    if (open_stub(&stub, &usual, reply)) {
        int64_t ms = fetch_one("x")->retry_after_ms;
        CHECK(ms > 500000 && ms <= 600000);
    }
    close_stub(&stub);
}

const struct check_test test_fetch_retry[] = {
    {"retry-after values", values},
    {"retry-after dates count from the clock of the server",
     dates_count_from_the_clock_of_the_server},
    {"retry-after the longest counts", the_longest_counts},
    {"retry-after of replies", replies},
    {"retry-after a date without a clock", a_date_without_a_clock},
    {NULL, NULL},
};
