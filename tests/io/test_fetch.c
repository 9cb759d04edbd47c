/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <signal.h>
#include <string.h>

extern const struct check_test test_fetch[];

/* ---- replies of all kinds ---------------------------------------------------------- */

static void normal(void)
{
    struct fake fake;
    REQUIRE(fake_start(&fake, NULL));
    if (open_loop() && CHECK(open_fetch(&usual, "127.0.0.1", fake.port))) {
        const struct result *r = fetch_one("location=10,3&radius=500");
        CHECK_INT((int64_t)r->id, 7);
        CHECK_INT(r->status, 200);
        CHECK(r->len > 100000);
        CHECK(r->body[0] == '{');
        CHECK(file_has(fake.log, "GET " PATH "?location=10,3&radius=500"));
        CHECK(!file_has(fake.log, "key="));
        CHECK_INT(fetch_one("location=20,6&radius=1")->status, 403);
    }
    close_all();
    CHECK_INT(fake_stop(&fake, SIGTERM), 0);
}

static void localhost_needs_no_resolver(void)
{
    struct fake fake;
    REQUIRE(fake_start(&fake, NULL));
    if (open_loop() && CHECK(open_fetch(&usual, "LocalHost", fake.port)))
        CHECK_INT(fetch_one("location=9,9&radius=5")->status, 200);
    close_all();
    fake_stop(&fake, SIGTERM);
}

/* One server whose fixtures each have a fault, so that connections are reused across
 * faults. `error` is a word of the text. */
static void faults(void)
{
    static const struct {
        const char *query;
        int status;
        const char *error;
        int64_t len; /* of the body, -1: any */
    } cases[] = {
        {"location=1,1&radius=1", 200, "", -1},
        {"location=1,2&radius=1", 503, "", -1},
        {"location=1,3&radius=1", 0, "", 0},
        {"location=1,4&radius=1", 0, "", 0},
        {"location=1,5&radius=1", 200, "", -1},
        {"location=1,6&radius=1", 0, "", 0},
        {"location=1,7&radius=1", 200, "", -1},
        {"location=1,8&radius=1", 200, "", -1},
        {"location=1,9&radius=1", 0, "the reply is larger than 1048576 bytes", 0},
        {"location=1,10&radius=1", 0, "timeout", 0},
        {"location=1,11&radius=1", 0, "", 0},
        {"location=1,12&radius=1", 302, "", -1},
        {"location=1,13&radius=1", 200, "", -1},
        {"location=1,14&radius=1", 200, "", -1},
        {"location=1,15&radius=1", 0, "timeout", 0},
        {"location=9,9&radius=1", 200, "", -1},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    struct fake fake;
    struct io_fetch_setup setup = usual;
    setup.timeout_ms = 800;
    setup.key = "AIzaSecret";
    setup.key_param = "key";
    REQUIRE(fake_start(&fake, NULL));
    if (open_loop() && CHECK(open_fetch(&setup, "127.0.0.1", fake.port)))
        for (int i = 0; i < CASES; i++) {
            const struct result *r = fetch_one(cases[i].query);
            CHECK_LABEL("%s", cases[i].query);
            CHECK_INT(r->status, cases[i].status);
            CHECK(strstr(r->error, cases[i].error) != NULL);
            CHECK((r->error[0] != '\0') == (r->status == 0));
            CHECK(strstr(r->error, setup.key) == NULL);
            CHECK(cases[i].len < 0 ? r->len > 0 : (int64_t)r->len == cases[i].len);
            if (strcmp(cases[i].query, "location=1,8&radius=1") == 0)
                CHECK(memcmp(r->body, "\x1f\x8b", 2) == 0);
        }
    /* libcurl itself repeats a request when a reused connection ends without a reply. */
    CHECK(lines_of(fake.log) >= CASES && lines_of(fake.log) <= CASES + 2);
    CHECK(file_has(fake.log, "&key=AIzaSecret"));
    close_all();
    fake_stop(&fake, SIGTERM);
}

/* Announced, and not announced. */
static void body_cap(void)
{
    struct fake fake;
    REQUIRE(fake_start(&fake, NULL));
    static const char *const queries[] = {"location=10,3&radius=5",
                                          "location=1,7&radius=5"};
    for (int i = 0; i < 2; i++) {
        struct io_fetch_setup setup = usual;
        setup.body_max = 1000;
        CHECK_LABEL("%s", queries[i]);
        if (open_loop() && CHECK(open_fetch(&setup, "127.0.0.1", fake.port))) {
            CHECK_INT(fetch_one(queries[i])->status, 0);
            CHECK_STR(run.results[0].error, "the reply is larger than 1000 bytes");
        }
        close_all();
    }
    fake_stop(&fake, SIGTERM);
}

static void body_of_exactly_the_cap(void)
{
    struct stub stub;
    struct io_fetch_setup setup = usual;
    for (size_t max = 4; max < 7; max++) {
        setup.body_max = max;
        CHECK_LABEL("%zu", max);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            if (CHECK(open_fetch(&setup, "127.0.0.1", stub.port)))
                CHECK_INT(fetch_one("")->status, max < 5 ? 0 : 200);
            stub_close(&stub);
        }
        close_all();
    }
}

/* The limit is the same for each way to mark the end of a body; smaller bodies arrive
 * whole. */
static void body_cap_in_all_forms(void)
{
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n"
         "6\r\n456789\r\n0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n0123456789",
    };
    for (size_t i = 0; i < 8; i++) {
        struct stub stub;
        struct io_fetch_setup setup = usual;
        setup.body_max = i % 2 == 0 ? 9 : 10;
        CHECK_LABEL("reply %zu, at most %zu", i / 2, setup.body_max);
        if (open_stub(&stub, &setup, replies[i / 2])) {
            stub.hang_up = i / 2 == 2;
            const struct result *r = fetch_one("");
            CHECK_INT(r->status, i % 2 == 0 ? 0 : 200);
            if (i % 2 == 0)
                CHECK_STR(r->error, "the reply is larger than 9 bytes");
            else
                CHECK_SLICE(herd_slice(r->body, r->len), HERD_LIT("0123456789"));
        }
        close_stub(&stub);
    }
}

static void refused_port(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
        unsigned port = stub.port;
        stub_close(&stub);
        if (CHECK(open_fetch(&usual, "127.0.0.1", port))) {
            const struct result *r = fetch_one("");
            CHECK_INT(r->status, 0);
            CHECK(strstr(r->error, "connect") != NULL);
        }
    }
    close_all();
}

static void endless_headers(void)
{
    static char reply[100 * 1024] = "HTTP/1.1 200 OK\r\n";
    struct stub stub;
    size_t len = strlen(reply);
    while (len + 16 < sizeof reply) {
        memcpy(reply + len, "X-Again: again\r\n", 16);
        len += 16;
    }
    if (open_loop() && CHECK(stub_open(&stub, run.loop, herd_slice(reply, len)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            CHECK_INT(fetch_one("")->status, 0);
            CHECK_STR(run.results[0].error,
                      "the headers of the reply are larger than 65536 bytes");
        }
        stub_close(&stub);
    }
    close_all();
}

const struct check_test test_fetch[] = {
    {"fetch normal", normal},
    {"fetch localhost needs no resolver", localhost_needs_no_resolver},
    {"fetch faults", faults},
    {"fetch body cap", body_cap},
    {"fetch body of exactly the cap", body_of_exactly_the_cap},
    {"fetch body cap in all forms", body_cap_in_all_forms},
    {"fetch refused port", refused_port},
    {"fetch endless headers", endless_headers},
    {NULL, NULL},
};
