/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "herd/err.h"
#include "io/sockaddr.h"

#include <string.h>

static struct herd_error_text error;

static void test_addresses(void)
{
    static const struct {
        const char *host;
        unsigned port;
        const char *text;
        int is_loopback;
    } cases[] = {{"127.0.0.1", 11490, "127.0.0.1:11490", 1},
                 {"127.255.3.4", 0, "127.255.3.4:0", 1},
                 {"128.0.0.1", 1, "128.0.0.1:1", 0},
                 {"0.0.0.0", 65535, "0.0.0.0:65535", 0},
                 {"::1", 11490, "[::1]:11490", 1},
                 {"::", 80, "[::]:80", 0},
                 {"2001:db8::7f00:1", 9, "[2001:db8::7f00:1]:9", 0},
                 {"1111:2222:3333:4444:5555:6666:7777:8888", 65535,
                  "[1111:2222:3333:4444:5555:6666:7777:8888]:65535", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].host);
        struct io_addr addr;
        char text[IO_ADDR_TEXT_SIZE];
        REQUIRE(io_addr_lookup(&addr, cases[i].host, cases[i].port, &error) == HERD_OK);
        io_addr_text(&addr, text);
        CHECK_STR(text, cases[i].text);
        CHECK_INT(io_addr_is_loopback(&addr), cases[i].is_loopback);
    }
}

static void test_same_host(void)
{
    static const struct {
        const char *a, *b;
        int same;
    } cases[] = {{"127.0.0.1", "127.0.0.1", 1},
                 {"127.0.0.1", "127.0.0.2", 0},
                 {"127.0.0.1", "0.0.0.127", 0},
                 {"::1", "::1", 1},
                 {"::1", "127.0.0.1", 0},
                 {"::1", "::2", 0},
                 {"2001:db8::1", "2001:db8::1", 1},
                 {"2001:db8:1::1", "2001:db8::1", 0},
                 {"::ffff:127.0.0.1", "127.0.0.1", 0}};
    const struct io_addr none = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s and %s", cases[i].a, cases[i].b);
        struct io_addr a, b;
        REQUIRE(io_addr_lookup(&a, cases[i].a, 1, &error) == HERD_OK);
        REQUIRE(io_addr_lookup(&b, cases[i].b, 65535, &error) == HERD_OK);
        CHECK_INT(io_addr_same_host(&a, &b), cases[i].same);
        CHECK_INT(io_addr_same_host(&b, &a), cases[i].same);
        CHECK_INT(io_addr_same_host(&a, &none), 0);
    }
    CHECK_INT(io_addr_same_host(&none, &none), 0);
}

/* What counts as one stranger. */
static void test_same_network(void)
{
    static const struct {
        const char *a, *b;
        int same;
    } cases[] = {{"127.0.0.1", "127.0.0.1", 1},
                 {"127.0.0.1", "127.0.0.2", 0},
                 {"::ffff:127.0.0.1", "127.0.0.1", 1},
                 {"::ffff:127.0.0.1", "::ffff:127.0.0.2", 0},
                 {"::ffff:127.0.0.1", "::1", 0},
                 {"2001:db8::1", "2001:db8::ffff:1", 1},
                 {"2001:db8:0:1::1", "2001:db8:0:1:ffff::", 1},
                 {"2001:db8:0:1::1", "2001:db8:0:2::1", 0},
                 {"7f00:1::", "127.0.0.1", 0}};
    char a_network[IO_ADDR_NETWORK_SIZE], b_network[IO_ADDR_NETWORK_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s and %s", cases[i].a, cases[i].b);
        struct io_addr a, b;
        REQUIRE(io_addr_lookup(&a, cases[i].a, 1, &error) == HERD_OK);
        REQUIRE(io_addr_lookup(&b, cases[i].b, 65535, &error) == HERD_OK);
        io_addr_network(&a, a_network);
        io_addr_network(&b, b_network);
        CHECK_INT(memcmp(a_network, b_network, sizeof a_network) == 0, cases[i].same);
    }
    CHECK_LABEL("%s", "");
}

static void test_wrong_addresses(void)
{
    struct io_addr addr;
    static const char *const hosts[] = {"", "[::1]", "127.0.0.1:80", "1.2.3.4.5", "a b"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        CHECK_LABEL("host '%s'", hosts[i]);
        error.text[0] = '\0';
        CHECK_INT(io_addr_lookup(&addr, hosts[i], 80, &error), HERD_EBAD);
        CHECK(strstr(error.text, hosts[i]) != NULL && strlen(error.text) > 8);
    }
    CHECK_LABEL("port");
    CHECK_INT(io_addr_lookup(&addr, "127.0.0.1", 65536, &error), HERD_EBAD);
    CHECK(strstr(error.text, "65536") != NULL);
}

const struct check_test test_sockaddr[] = {
    {"addresses", test_addresses},
    {"same host", test_same_host},
    {"same network", test_same_network},
    {"wrong addresses", test_wrong_addresses},
    {NULL, NULL},
};
