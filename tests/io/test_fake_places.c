/* SPDX-License-Identifier: ISC */
/* fake-places itself: a fake that is not tested proves nothing. */
#include "check.h"
#include "descriptors.h"
#include "fake_ask.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

extern const struct check_test test_fake_places[];

#define PATH "/maps/api/place/nearbysearch/json"

/* A fixture file as the tests see it, read by other means than the program's own. */
struct plain_fixture {
    char bytes[200000];
    char location[64];
    char radius[32];
    bool faulty;
    struct herd_slice body;
};

static struct plain_fixture fixture;

static const char *fixtures_dir(void)
{
    static char dir[512];
    const char *top = getenv("HERD_TEST_FIXTURES");
    snprintf(dir, sizeof dir, "%s/places", top != NULL ? top : "fixtures");
    return dir;
}

/* "*" stands for a value that no fixture names. */
static bool load(const char *name)
{
    char path[800];
    snprintf(path, sizeof path, "%s/%s", fixtures_dir(), name);
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return false;
    size_t len = fread(fixture.bytes, 1, sizeof fixture.bytes - 1, in);
    fclose(in);
    fixture.bytes[len] = '\0';
    const char *match = strstr(fixture.bytes, "match location=");
    const char *body = strstr(fixture.bytes, "\nbody\n");
    const char *fault = strstr(fixture.bytes, "\nfault ");
    if (match == NULL || body == NULL ||
        sscanf(match, "match location=%63s radius=%31s", fixture.location,
               fixture.radius) != 2)
        return false;
    if (strcmp(fixture.location, "*") == 0)
        snprintf(fixture.location, sizeof fixture.location, "77.5,-0.25");
    if (strcmp(fixture.radius, "*") == 0)
        snprintf(fixture.radius, sizeof fixture.radius, "777");
    fixture.faulty = fault != NULL && fault < body;
    fixture.body = herd_slice(body + 6, len - (size_t)(body + 6 - fixture.bytes));
    return true;
}

static bool ask(struct wire *w, const char *location, const char *radius)
{
    char text[400];
    snprintf(text, sizeof text,
             "GET " PATH "?location=%s&radius=%s&key=k HTTP/1.1\r\nHost: x\r\n\r\n",
             location, radius);
    return wire_send(w, herd_slice_str(text));
}

/* The healthy answer to a place that no fixture names: the program is alive and well. */
static void check_alive(const struct fake *f)
{
    struct wire w;
    struct wire_reply r;
    REQUIRE(wire_open(&w, f));
    CHECK(load("default.http"));
    CHECK(ask(&w, "0,0", "1"));
    if (CHECK(wire_read(&w, &r)))
        CHECK_SLICE(r.body, fixture.body);
    wire_close(&w);
}

static void serves_each_fixture_exactly(void)
{
    struct fake f;
    struct wire w;
    int served = 0;
    REQUIRE(ask_begin(&f, &w, NULL));
    DIR *dir = opendir(fixtures_dir());
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct wire_reply r;
        if (strstr(entry->d_name, ".http") == NULL)
            continue;
        CHECK_LABEL("%s", entry->d_name);
        if (!CHECK(load(entry->d_name)) || fixture.faulty)
            continue;
        if (!CHECK(ask(&w, fixture.location, fixture.radius)) || !CHECK(wire_read(&w, &r)))
            break;
        CHECK_INT(r.status, strcmp(entry->d_name, "denied-403.http") == 0 ? 403 : 200);
        CHECK(wire_has(&r, "Content-Type: application/json; charset=UTF-8"));
        CHECK_SLICE(r.body, fixture.body);
        wire_drop(&w, &r);
        served++;
    }
    if (dir != NULL)
        closedir(dir);
    CHECK(served >= 18);
    ask_end(&f, &w);
}

static void chooses_by_numbers(void)
{
    static const struct {
        const char *location, *radius, *file;
    } cases[] = {
        {"34.068930,-118.445127", "10000", "ucla-10km.http"},
        {"34.06893,-118.4451270", "10000.0", "ucla-10km.http"},
        {"%2B34.06893%2C-118.445127", "10000", "ucla-10km.http"},
        {"34.068930,-118.445127", "9999", "ucla.http"},
        {"34.068935,-118.445127", "10000", "default.http"},
    };
    struct fake f;
    struct wire w;
    struct wire_reply r;
    REQUIRE(ask_begin(&f, &w, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s %s", cases[i].location, cases[i].radius);
        CHECK(load(cases[i].file));
        CHECK(ask(&w, cases[i].location, cases[i].radius));
        if (!CHECK(wire_read(&w, &r)))
            break;
        CHECK_SLICE(r.body, fixture.body);
        wire_drop(&w, &r);
    }
    ask_end(&f, &w);
}

static void calls_bad_parameters_invalid(void)
{
    static const char *const targets[] = {
        PATH,
        PATH "?radius=1",
        PATH "?location=1,2",
        PATH "?location=1;2&radius=1",
        PATH "?location=91,2&radius=1",
        PATH "?location=0x1,2&radius=1",
        PATH "?location=nan,2&radius=1",
        PATH "?location=1,2&radius=%zz",
        PATH "?location=1,2&radius=%00",
        PATH "?location=1,2&radius=-1",
    };
    struct fake f;
    struct wire w;
    REQUIRE(ask_begin(&f, &w, NULL));
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char text[300];
        struct wire_reply r;
        CHECK_LABEL("%s", targets[i]);
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n\r\n", targets[i]);
        CHECK(wire_send(&w, herd_slice_str(text)));
        if (!CHECK(wire_read(&w, &r)))
            break;
        CHECK_INT(r.status, 200);
        CHECK_SLICE(r.body, HERD_LIT("{\n   \"html_attributions\" : [],\n"
                                     "   \"results\" : [],\n"
                                     "   \"status\" : \"INVALID_REQUEST\"\n}\n"));
        wire_drop(&w, &r);
    }
    ask_end(&f, &w);
}

static void keeps_order_in_a_pipeline(void)
{
    static const char requests[] =
        "\r\nPOST " PATH " HTTP/1.1\r\nContent-Length: 7\r\n\r\nGET / \n"
        "GET /elsewhere HTTP/1.1\n\n"
        "GET " PATH "?location=20,1&radius=5 HTTP/1.1\r\n\r\n"
        "GET " PATH "?location=20,2&radius=5 HTTP/1.0\r\n\r\n";
    static const char *const wants[] = {"405 Method", "404 Not", "ZERO_RESULTS",
                                        "REQUEST_DENIED"};
    struct fake f;
    REQUIRE(fake_start(&f, NULL));
    for (int cut = 0; cut < 2; cut++) {
        struct wire w;
        struct wire_reply r = {0};
        CHECK_LABEL("%s", cut ? "byte by byte" : "in one piece");
        if (!CHECK(wire_open(&w, &f)))
            break;
        size_t step = cut ? 1 : sizeof requests - 1;
        for (size_t at = 0; at < sizeof requests - 1; at += step)
            CHECK(wire_send(&w, herd_slice(requests + at, step)));
        CHECK_INT(shutdown(w.fd, SHUT_WR), 0);
        for (size_t i = 0; i < 4 && CHECK(wire_read(&w, &r)); i++) {
            CHECK(ask_contains(r.body, wants[i]));
            CHECK_INT(wire_has(&r, "Connection: close"), i == 3);
            wire_drop(&w, &r);
        }
        CHECK(wire_drain(&w) && w.eof);
        CHECK(w.len == 0);
        wire_close(&w);
    }
    CHECK_INT(fake_stop(&f, SIGTERM), 0);
}

static void logs_each_request(void)
{
    static const char want[] = "GET " PATH "?location=1,2&radius=3&key=secret\n"
                               "POST /else a\\x0ab\\x5c\n"
                               "refused 400 BR\\x09EW / HTTP/1.1\\x0d\\x0a\\x0d\\x0a\n";
    static const char requests[] =
        "GET " PATH "?location=1,2&radius=3&key=secret HTTP/1.1\r\n\r\n"
        "POST /else HTTP/1.1\r\nContent-Length: 4\r\n\r\na\nb\\"
        "BR\tEW / HTTP/1.1\r\n\r\n";
    struct fake f;
    struct wire w;
    char got[1000];
    REQUIRE(ask_begin(&f, &w, NULL));
    CHECK(wire_send(&w, herd_slice_str(requests)));
    CHECK(wire_drain(&w));
    wire_close(&w);
    FILE *in = fopen(f.log, "rb");
    if (CHECK(in != NULL)) {
        size_t len = fread(got, 1, sizeof got, in);
        CHECK_SLICE(herd_slice(got, len), herd_slice_str(want));
        fclose(in);
    }
    CHECK_INT(fake_stop(&f, SIGTERM), 0);
}

/* Sends it on a connection of its own; the status of the reply, 0 when there is none. */
static int status_for(const struct fake *f, struct herd_slice bytes)
{
    struct wire w;
    struct wire_reply r = {0};
    if (!wire_open(&w, f))
        return -1;
    if (wire_send(&w, bytes))
        shutdown(w.fd, SHUT_WR);
    if (!wire_read(&w, &r))
        r.status = 0;
    wire_close(&w);
    return r.status;
}

static void survives_bad_requests(void)
{
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"", 0},
        {"GET /", 0},
        {"\r\n\r\n\r\n", 0},
        {"GET\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\n\r\n", 400},
        {"GET x HTTP/1.1\r\n\r\n", 400},
        {"get / HTTP/1.1\r\n\r\n", 400},
        {"GET /\x01 HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\n\r\n", 505},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 404},
        {"GET / HTTP/1.1\r\n: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        {"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", 0},
    };
    static char big[9000];
    struct fake f;
    REQUIRE(fake_start(&f, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].request);
        CHECK_INT(status_for(&f, herd_slice_str(cases[i].request)), cases[i].status);
    }
    CHECK_LABEL("a long head");
    memset(big, 'a', sizeof big);
    memcpy(big, "GET /", 5);
    CHECK_INT(status_for(&f, herd_slice(big, sizeof big)), 431);
    uint32_t random = 2463534242u;
    for (int round = 0; round < 200; round++) {
        CHECK_LABEL("noise, round %d", round);
        for (size_t i = 0; i < 400; i++) {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            big[i] = (char)(random >> 24);
        }
        CHECK(status_for(&f, herd_slice(big, 400)) != -1);
    }
    CHECK_LABEL("after all that");
    check_alive(&f);
    CHECK_INT(fake_stop(&f, SIGTERM), 0);
}

static void drops_more_than_1024_connections(void)
{
    enum { MOST = 1024 };
    static struct wire wires[MOST + 1];
    struct fake f;
    int opened = 0;
    if (descriptors_for(MOST + 1, 1) <= MOST) {
        fputs("too few, left out ", stderr);
        return;
    }
    if (CHECK(fake_start(&f, NULL))) {
        while (opened <= MOST && CHECK(wire_open(&wires[opened], &f)))
            opened++;
        if (opened > MOST) {
            struct wire_reply r;
            CHECK(wire_drain(&wires[MOST]));
            CHECK(wires[MOST].len == 0);
            CHECK(ask(&wires[MOST - 1], "0,0", "1"));
            CHECK(wire_read(&wires[MOST - 1], &r));
        }
        for (int i = 0; i < opened; i++)
            wire_close(&wires[i]);
        check_alive(&f);
        CHECK_INT(fake_stop(&f, SIGTERM), 0);
    }
}

static void starts_and_stops_as_told(void)
{
    struct fake f;
    char line[160];
    REQUIRE(fake_start(&f, "delay=1"));
    snprintf(line, sizeof line, "fake-places: ready http://127.0.0.1:%u" PATH, f.port);
    CHECK_STR(f.line, line);
    CHECK_INT(fake_stop(&f, SIGINT), 0);
    CHECK_INT(fake_run("-h"), 0);
    CHECK_INT(fake_run("--help"), 0);
    CHECK_INT(fake_run("-p70000"), 2);
    CHECK_INT(fake_run("-fnonsense"), 2);
    CHECK_INT(fake_run("-fdelay"), 2);
    CHECK_INT(fake_run("-fcut=3"), 2);
    CHECK_INT(fake_run("-fstatus=200"), 2);
    CHECK_INT(fake_run("operand"), 2);
    CHECK_INT(fake_run("-d/nowhere"), 1);
}

const struct check_test test_fake_places[] = {
    {"serves each fixture exactly", serves_each_fixture_exactly},
    {"chooses by numbers", chooses_by_numbers},
    {"calls bad parameters invalid", calls_bad_parameters_invalid},
    {"keeps order in a pipeline", keeps_order_in_a_pipeline},
    {"logs each request", logs_each_request},
    {"survives bad requests", survives_bad_requests},
    {"drops more than 1024 connections", drops_more_than_1024_connections},
    {"starts and stops as told", starts_and_stops_as_told},
    {NULL, NULL},
};
