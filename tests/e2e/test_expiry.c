/* SPDX-License-Identifier: ISC */
/* Locations of clients that report no more. */
#include "check.h"
#include "herd_proc.h"
#include "links.h"
#include "wait.h"

#include <stdio.h>

enum { GOLOMAN, HANDS, HOLIDAY, WELSH, WILKES, SERVERS };

static const char options[] = "client-expire 2\nlink-skew-max-ms 1000\nlink-ping-ms 200\n"
                              "link-timeout-ms 2000\n";

static void a_location_expires(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", options));
    for (uint32_t i = 0; i < SERVERS; i++) {
        char line[64];
        snprintf(line, sizeof line, "IAMAT c%u +34-118 %u\n", (unsigned)i, i * 400000000);
        CHECK(herd_proc_report(&herd, i, line));
    }
    int64_t start = now_ms();
    for (uint32_t i = 0; i < SERVERS; i++)
        CHECK(links_wait_exactly(&herd, i, "clients_known", 0));
    note("all were hidden after %d ms\n", (int)(now_ms() - start));
    CHECK(now_ms() - start >= 1000);
    CHECK(herd_proc_connect(&herd, WELSH, &client));
    CHECK(client_ask(&client, "WHATSAT c0 1 1\n", &got));
    CHECK_SLICE(got, HERD_LIT("? WHATSAT c0 1 1"));
    client_close(&client);
    for (uint32_t i = 0; i < SERVERS; i++)
        CHECK(links_wait_exactly(&herd, i, "records_expired", SERVERS) &&
              links_wait_exactly(&herd, i, "records_bytes", 0));
    note("all were freed after %d ms\n", (int)(now_ms() - start));
    CHECK(herd_proc_report(&herd, HANDS, "IAMAT c1 +35-119 1\n"));
    CHECK(links_wait_exactly(&herd, WILKES, "clients_known", 1));
    CHECK_INT(links_sum(&herd, "digest_mismatches"), 0);
    herd_proc_close(&herd);
}

static void another_value_is_refused(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", options));
    CHECK_INT(herd_proc_stop(&herd, HANDS, SIGTERM), 0);
    CHECK(herd_proc_edit(&herd, HANDS, "client-expire 2", "client-expire 3"));
    CHECK(herd_proc_start(&herd, HANDS));
    CHECK(links_wait_status(&herd, GOLOMAN, "link Hands down", "another client-expire"));
    CHECK(links_wait_status(&herd, HANDS, "link Goloman down", "another client-expire"));
    herd_proc_close(&herd);
}

const struct check_test test_expiry[] = {
    {"a location expires", a_location_expires},
    {"another client-expire is refused", another_value_is_refused},
    {NULL, NULL},
};
