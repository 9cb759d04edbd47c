/* SPDX-License-Identifier: ISC */
/* The faults of fake-places, each by what a client can see of it. */
#include "check.h"
#include "fake_ask.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct check_test test_fake_faults[];

#define PATH "/maps/api/place/nearbysearch/json"

/* The locations of the fixtures with faults (fixtures/places/README.md). */
#define DELAY        "1,1"
#define STATUS       "1,2"
#define CUT          "1,3"
#define RESET        "1,4"
#define SHORT_LENGTH "1,5"
#define LONG_LENGTH  "1,6"
#define CHUNKED      "1,7"
#define HUGE_BODY    "1,9"
#define STALL        "1,10"
#define GARBAGE      "1,11"
#define REDIRECT     "1,12"
#define HTML         "1,13"
#define BADJSON      "1,14"
#define LARGE        "10,3"

static struct fake fake;
static struct wire wire;
static struct wire_reply reply;

static struct herd_slice half_of(struct herd_slice s)
{
    return herd_slice(s.data, s.len / 2);
}

static struct herd_slice rest(void)
{
    return herd_slice_from(herd_slice(wire.data, wire.len), reply.head.len);
}

static bool ask(struct wire *w, const char *location)
{
    char text[200];
    snprintf(text, sizeof text,
             "GET " PATH "?location=%s&radius=7 HTTP/1.1\r\nHost: x\r\n\r\n", location);
    return wire_send(w, herd_slice_str(text));
}

/* Starts the program and asks for the location on the connection `wire`. */
static bool begin(const char *fault, const char *location)
{
    const char *const arguments[] = {"-f", fault, NULL};
    if (!ask_begin(&fake, &wire, fault != NULL ? arguments : NULL))
        return false;
    if (CHECK(ask(&wire, location)))
        return true;
    ask_end(&fake, &wire);
    return false;
}

static int64_t number_after(const char *name)
{
    for (size_t i = 0; i + strlen(name) < reply.head.len; i++)
        if (memcmp(reply.head.data + i, name, strlen(name)) == 0)
            return strtol(reply.head.data + i + strlen(name), NULL, 10);
    return -1;
}

static void delay_holds_up_nobody_else(void)
{
    struct wire other;
    int64_t start = fake_now_ms();
    REQUIRE(begin(NULL, DELAY));
    if (CHECK(wire_open(&other, &fake)) && CHECK(ask(&other, "20,1"))) {
        CHECK(wire_read(&other, &reply));
        wire_close(&other);
    }
    CHECK(wire_read(&wire, &reply));
    CHECK(fake_now_ms() - start >= 300);
    CHECK_SLICE(reply.body, ask_fixture("fault-delay"));
    ask_end(&fake, &wire);
}

static void stall_answers_nobody_and_blocks_nobody(void)
{
    struct wire other;
    struct pollfd p;
    REQUIRE(begin(NULL, STALL));
    for (int i = 0; i < 3; i++)
        if (CHECK(wire_open(&other, &fake)) && CHECK(ask(&other, "20,1"))) {
            CHECK(wire_read(&other, &reply));
            wire_close(&other);
        }
    p = (struct pollfd){.fd = wire.fd, .events = POLLIN};
    CHECK_INT(poll(&p, 1, 100), 0);
    ask_end(&fake, &wire);
}

static void pages_instead_of_json(void)
{
    static const struct {
        const char *location;
        int status;
    } cases[] = {{STATUS, 503}, {HTML, 200}};
    for (size_t i = 0; i < 2; i++) {
        CHECK_LABEL("%d", cases[i].status);
        REQUIRE(begin(NULL, cases[i].location));
        if (CHECK(wire_read(&wire, &reply))) {
            CHECK_INT(reply.status, cases[i].status);
            CHECK(wire_has(&reply, "Content-Type: text/html; charset=UTF-8"));
            CHECK(reply.body.len > 15 &&
                  memcmp(reply.body.data, "<!DOCTYPE html>", 15) == 0);
        }
        ask_end(&fake, &wire);
    }
}

static void redirect_leads_to_itself(void)
{
    REQUIRE(begin(NULL, REDIRECT));
    CHECK(wire_read(&wire, &reply));
    CHECK_INT(reply.status, 302);
    CHECK(wire_has(&reply, "Location: " PATH "?location=" REDIRECT "&radius=7"));
    ask_end(&fake, &wire);
}

static void broken_bodies(void)
{
    static const struct {
        const char *location, *file;
        bool half; /* of the body is sent */
        int64_t claimed_halves, claimed_more;
    } cases[] = {
        {CUT, "fault-cut", true, 2, 0},
        {SHORT_LENGTH, "fault-short-length", false, 1, 0},
        {LONG_LENGTH, "fault-long-length", false, 2, 100},
    };
    for (size_t i = 0; i < 3; i++) {
        CHECK_LABEL("%s", cases[i].file);
        REQUIRE(begin(NULL, cases[i].location));
        CHECK(wire_drain(&wire) && wire.eof);
        if (CHECK(wire_read_head(&wire, &reply))) {
            struct herd_slice body = ask_fixture(cases[i].file);
            int64_t claimed =
                (int64_t)(cases[i].claimed_halves == 2 ? body.len : body.len / 2);
            CHECK_INT(reply.status, 200);
            CHECK_INT(number_after("Content-Length: "), claimed + cases[i].claimed_more);
            CHECK_SLICE(rest(), cases[i].half ? half_of(body) : body);
        }
        ask_end(&fake, &wire);
    }
}

static void reset_is_not_a_close(void)
{
    REQUIRE(begin(NULL, RESET));
    CHECK(wire_drain(&wire));
    CHECK(wire.reset && !wire.eof);
    CHECK(wire.len < ask_fixture("fault-reset").len);
    ask_end(&fake, &wire);
}

static void badjson_is_well_framed(void)
{
    REQUIRE(begin(NULL, BADJSON));
    if (CHECK(wire_read(&wire, &reply))) {
        CHECK_INT(reply.status, 200);
        CHECK_SLICE(reply.body, half_of(ask_fixture("fault-badjson")));
        wire_drop(&wire, &reply);
    }
    CHECK(ask(&wire, "20,1"));
    CHECK(wire_read(&wire, &reply));
    ask_end(&fake, &wire);
}

/* Decodes in place after `from`; the length, or -1. *end is where the coding ended. */
static int64_t unchunk(char *data, size_t len, size_t *end)
{
    size_t out = 0;
    for (size_t at = 0;;) {
        char *digits_end;
        size_t size = strtoul(data + at, &digits_end, 16);
        at = (size_t)(digits_end - data);
        if (at + 2 + size + 2 > len || memcmp(data + at, "\r\n", 2) != 0 ||
            memcmp(data + at + 2 + size, "\r\n", 2) != 0)
            return -1;
        memmove(data + out, data + at + 2, size);
        out += size;
        at += size + 4;
        *end = at;
        if (size == 0)
            return (int64_t)out;
    }
}

static void chunked_is_valid(void)
{
    REQUIRE(begin(NULL, CHUNKED));
    CHECK(wire_send(&wire, HERD_LIT("GET /last HTTP/1.0\r\n\r\n")));
    CHECK(wire_drain(&wire) && wire.eof);
    if (CHECK(wire_read_head(&wire, &reply))) {
        size_t end_at = 0;
        struct herd_slice coded = rest();
        CHECK(wire_has(&reply, "Transfer-Encoding: chunked"));
        CHECK_INT(number_after("Content-Length: "), -1);
        int64_t len = unchunk(wire.data + reply.head.len, coded.len, &end_at);
        if (CHECK(len >= 0)) {
            CHECK_SLICE(herd_slice(coded.data, (size_t)len), ask_fixture("fault-chunked"));
            CHECK(coded.len > end_at + 12 &&
                  memcmp(coded.data + end_at, "HTTP/1.1 404", 12) == 0);
        }
    }
    ask_end(&fake, &wire);
}

static uint32_t little_endian(const char *data, int size)
{
    uint32_t n = 0;
    for (int i = size; i-- > 0;)
        n = n << 8 | (unsigned char)data[i];
    return n;
}

/* The CRC of gzip, bit by bit from its definition (RFC 1952, section 8). */
static uint32_t crc_of(struct herd_slice s)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < s.len * 8; i++) {
        uint32_t bit = (uint32_t)((unsigned char)s.data[i / 8] >> (i % 8)) & 1u;
        crc = ((crc ^ bit) & 1u) != 0 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return crc ^ UINT32_MAX;
}

/* The large fixture needs two stored blocks. */
static void gzip_unpacks_to_the_body(void)
{
    REQUIRE(begin("gzip", LARGE));
    if (CHECK(wire_read(&wire, &reply))) {
        struct herd_slice want = ask_fixture("large");
        struct herd_slice z = reply.body;
        size_t at = 10, out = 0;
        int last = 0, blocks = 0;
        CHECK(wire_has(&reply, "Content-Encoding: gzip"));
        CHECK(z.len > 18 && memcmp(z.data, "\x1f\x8b\x08\0", 4) == 0);
        for (; last == 0 && at + 5 < z.len; blocks++) {
            size_t len = little_endian(z.data + at + 1, 2);
            last = (unsigned char)z.data[at];
            CHECK_INT(little_endian(z.data + at + 3, 2), 65535 - (int64_t)len);
            if (!CHECK(at + 5 + len + 8 <= z.len) || !CHECK(out + len <= want.len))
                break;
            CHECK(memcmp(want.data + out, z.data + at + 5, len) == 0);
            out += len;
            at += 5 + len;
        }
        CHECK_INT(blocks, 2);
        CHECK(out == want.len && at + 8 == z.len);
        CHECK_INT(little_endian(z.data + z.len - 8, 4), crc_of(want));
        CHECK_INT(little_endian(z.data + z.len - 4, 4), (int64_t)want.len);
    }
    ask_end(&fake, &wire);
}

static void huge_has_the_exact_size(void)
{
    static const char head[] = "{\n   \"html_attributions\" : [ \"x";
    static const char tail[] = "x\" ],\n   \"results\" : [],\n   \"status\" : \"OK\"\n}\n";
    REQUIRE(begin(NULL, HUGE_BODY));
    if (CHECK(wire_read(&wire, &reply)) && CHECK(reply.body.len == 8388608)) {
        CHECK(memcmp(reply.body.data, head, sizeof head - 1) == 0);
        CHECK_SLICE(herd_slice_from(reply.body, reply.body.len - (sizeof tail - 1)),
                    herd_slice_str(tail));
    }
    ask_end(&fake, &wire);
}

static void garbage_is_not_http(void)
{
    REQUIRE(begin(NULL, GARBAGE));
    CHECK(wire_drain(&wire) && wire.eof);
    CHECK(wire.len == 1024 && memcmp(wire.data, "HTTP", 4) != 0);
    ask_end(&fake, &wire);
}

static void slow_headers_take_their_time(void)
{
    int64_t start = fake_now_ms();
    REQUIRE(begin("headers-slow=2", "20,1"));
    if (CHECK(wire_read(&wire, &reply))) {
        CHECK(fake_now_ms() - start >= ((int64_t)reply.head.len - 1) * 2);
        CHECK_SLICE(reply.body, ask_fixture("zero-results"));
    }
    ask_end(&fake, &wire);
}

/* -f holds for healthy fixtures; one with a fault of its own keeps it. */
static void a_fixture_wins_over_the_flag(void)
{
    REQUIRE(begin("status=429", "20,1"));
    CHECK(wire_read(&wire, &reply));
    CHECK_INT(reply.status, 429);
    wire_drop(&wire, &reply);
    CHECK(ask(&wire, STATUS));
    CHECK(wire_read(&wire, &reply));
    CHECK_INT(reply.status, 503);
    ask_end(&fake, &wire);
}

const struct check_test test_fake_faults[] = {
    {"a delay blocks no others", delay_holds_up_nobody_else},
    {"a stalled reply blocks no others", stall_answers_nobody_and_blocks_nobody},
    {"pages instead of JSON", pages_instead_of_json},
    {"redirect leads to itself", redirect_leads_to_itself},
    {"broken bodies", broken_bodies},
    {"reset is not a close", reset_is_not_a_close},
    {"badjson is well framed", badjson_is_well_framed},
    {"chunked is valid", chunked_is_valid},
    {"gzip unpacks to the body", gzip_unpacks_to_the_body},
    {"huge has the exact size", huge_has_the_exact_size},
    {"garbage is not HTTP", garbage_is_not_http},
    {"slow headers take their time", slow_headers_take_their_time},
    {"a fixture wins over the flag", a_fixture_wins_over_the_flag},
    {NULL, NULL},
};
