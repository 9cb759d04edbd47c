/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "herd/err.h"
#include "io/address.h"

#include <string.h>

static void reads_what_people_write(void)
{
    static const struct {
        const char *text, *host;
        unsigned port;
    } cases[] = {
        {"127.0.0.1:11490", "127.0.0.1", 11490}, {"localhost:1", "localhost", 1},
        {"[::1]:65535", "::1", 65535},           {"[a]:2", "a", 2},
        {"12345678:9", "12345678", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char host[10];
        unsigned port = 0;
        size_t size = strlen(cases[i].host) + 1;
        CHECK_LABEL("%s", cases[i].text);
        CHECK_INT(io_address_read(cases[i].text, host, size, &port), HERD_OK);
        CHECK_STR(host, cases[i].host);
        CHECK_INT(port, cases[i].port);
        memset(host, 'x', sizeof host);
        CHECK_INT(io_address_read(cases[i].text, host, size - 1, &port), HERD_EBAD);
        CHECK_INT(host[0], 'x');
    }
}

static void refuses_other_shapes(void)
{
    static const char *const texts[] = {
        "",       "host",    ":1",    "host:",    "host:0",  "host:65536", "host:-1",
        "host:x", "::1:1",   "[]:1",  "[::1:1",   "::1]:1",  "[[::1]]:1",  "a[b]:1",
        "[::1]",  "host: 1", "a:b:1", "[::1]1:1", "host:1 ", ":",          "[:1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char host[64] = "before";
        unsigned port = 7;
        CHECK_LABEL("%s", texts[i]);
        CHECK_INT(io_address_read(texts[i], host, sizeof host, &port), HERD_EBAD);
        CHECK_STR(host, "before");
        CHECK_INT(port, 7);
    }
}

static void every_address_is_reached_on_loopback(void)
{
    CHECK_STR(io_address_reachable("0.0.0.0"), "127.0.0.1");
    CHECK_STR(io_address_reachable("::"), "::1");
    CHECK_STR(io_address_reachable("192.0.2.1"), "192.0.2.1");
    CHECK_STR(io_address_reachable("::1"), "::1");
}

extern const struct check_test test_address[];
const struct check_test test_address[] = {
    {"address reads what people write", reads_what_people_write},
    {"address refuses other shapes", refuses_other_shapes},
    {"address every address is reached on loopback", every_address_is_reached_on_loopback},
    {NULL, NULL},
};
