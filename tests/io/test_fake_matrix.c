/* SPDX-License-Identifier: ISC */
/* Every fault of fake-places with every provider, by the flag and by the location. */
#include "check.h"
#include "fake_ask.h"

#include <cjson/cJSON.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

extern const struct check_test test_fake_matrix[];

static struct fake fake;
static struct wire wire;
static struct wire_reply reply;
static enum fake_provider provider;
static bool by_fixture;

/* The fixtures with faults are legacy ones, all with one body, and bend the replies of the
 * other providers as well. */
static struct herd_slice healthy(void)
{
    static const char *const names[] = {"default", "google-new/default", "overpass/default",
                                        "photon/default"};
    bool own = by_fixture && provider == ASK_LEGACY;
    return ask_fixture(own ? "fault-cut" : names[provider]);
}

static struct herd_slice half(void)
{
    return herd_slice(healthy().data, healthy().len / 2);
}

static bool ask_at(const char *longitude)
{
    return CHECK(ask_place(&wire, provider, "1", longitude, 7));
}

/* What came after the head, of which Content-Length tells nothing. */
static struct herd_slice rest(void)
{
    return herd_slice_from(herd_slice(wire.data, wire.len), reply.head.len);
}

/* ---- what a client sees of each fault ---- */

static void sees_reply(int status, struct herd_slice body)
{
    if (!CHECK(wire_read(&wire, &reply)))
        return;
    CHECK_INT(reply.status, status);
    CHECK_SLICE(reply.body, body);
}

static void sees_health(void)
{
    sees_reply(200, healthy());
}

static void sees_page(int status)
{
    if (!CHECK(wire_read(&wire, &reply)))
        return;
    CHECK_INT(reply.status, status);
    CHECK(wire_has(&reply, "Content-Type: text/html; charset=UTF-8"));
    CHECK(ask_contains(reply.body, "<!DOCTYPE html>"));
}

static void sees_status(void)
{
    sees_page(503);
}

static void sees_html(void)
{
    sees_page(200);
}

static void sees_cut(void)
{
    CHECK(wire_drain(&wire) && wire.eof);
    if (CHECK(wire_read_head(&wire, &reply)))
        CHECK_SLICE(rest(), half());
}

static void sees_reset(void)
{
    CHECK(wire_drain(&wire) && wire.reset);
    CHECK(wire.len < healthy().len);
}

static void sees_wrong_length(void)
{
    CHECK(wire_drain(&wire) && wire.eof);
    if (CHECK(wire_read_head(&wire, &reply)))
        CHECK_SLICE(rest(), healthy());
}

static void sees_chunks(void)
{
    CHECK(wire_read_head(&wire, &reply));
    CHECK(wire_has(&reply, "Transfer-Encoding: chunked"));
    CHECK(wire_fill(&wire, reply.head.len + 10));
    CHECK(memcmp(wire.data + reply.head.len, "7\r\n", 3) == 0);
    CHECK(memcmp(wire.data + reply.head.len + 3, healthy().data, 7) == 0);
}

static void sees_gzip(void)
{
    CHECK(wire_read(&wire, &reply));
    CHECK(wire_has(&reply, "Content-Encoding: gzip"));
    CHECK(reply.body.len == healthy().len + 23 &&
          memcmp(reply.body.data, "\x1f\x8b", 2) == 0);
    CHECK(memcmp(reply.body.data + 15, healthy().data, healthy().len) == 0);
}

/* Exactly as large as asked for, and still what this provider could say. */
static void sees_huge(void)
{
    static const char *const lists[] = {"results", "places", "elements", "features"};
    if (!CHECK(wire_read(&wire, &reply)))
        return;
    CHECK(reply.body.len >= 4194304);
    cJSON *tree = cJSON_ParseWithLength(reply.body.data, reply.body.len);
    CHECK(cJSON_IsArray(cJSON_GetObjectItem(tree, lists[provider])));
    cJSON_Delete(tree);
}

/* A reply to the connection that asked later proves that this one is not to have any. */
static void sees_nothing(void)
{
    struct wire other;
    struct pollfd p = {.fd = wire.fd, .events = POLLIN};
    if (CHECK(wire_open(&other, &fake))) {
        CHECK(ask_get(&other, "/_fake/requests", &reply));
        wire_close(&other);
    }
    CHECK_INT(poll(&p, 1, 0), 0);
}

static void sees_garbage(void)
{
    CHECK(wire_drain(&wire) && wire.eof);
    CHECK(wire.len == 1024 && memcmp(wire.data, "HTTP", 4) != 0);
}

static void sees_redirect(void)
{
    CHECK(wire_read(&wire, &reply));
    CHECK_INT(reply.status, 302);
    CHECK(ask_contains(reply.head, "\r\nLocation: /"));
}

static void sees_badjson(void)
{
    sees_reply(200, half());
}

static void sees_text(void)
{
    sees_health();
    CHECK(wire_has(&reply, "Content-Type: text/plain; charset=UTF-8"));
    CHECK(!ask_contains(reply.head, "json"));
}

/* Far more than any bound, in no length that was told. */
static void sees_no_end(void)
{
    CHECK(wire_read_head(&wire, &reply));
    CHECK(!ask_contains(reply.head, "Content-Length"));
    CHECK(!ask_contains(reply.head, "Transfer-Encoding"));
    CHECK(wire_fill(&wire, 6 << 20));
}

/* Requests that follow it are counted; there are none. */
static void sees_lure(void)
{
    char line[100];
    CHECK(wire_read(&wire, &reply));
    CHECK_INT(reply.status, 302);
    snprintf(line, sizeof line, "Location: http://127.0.0.1:%u/_fake/followed", fake.port);
    CHECK(wire_has(&reply, line));
    CHECK_INT(ask_count(&fake, "followed"), 0);
}

static void sees_retry_after(void)
{
    sees_page(429);
    CHECK(wire_has(&reply, "Retry-After: 9"));
}

static void sees_recovery(void)
{
    for (int i = 0; i < 6; i++) {
        if (i % 3 < 2)
            sees_page(500);
        else
            sees_health();
        wire_drop(&wire, &reply);
        CHECK(ask_at("77"));
    }
}

struct cell {
    const char *fault;     /* for -f */
    const char *longitude; /* of the fixture that has it, at 1 degree north; NULL: none */
    void (*see)(void);
};

static const struct cell cells[] = {
    {"delay=1", "1", sees_health},
    {"status=503", "2", sees_status},
    {"cut", "3", sees_cut},
    {"reset", "4", sees_reset},
    {"short-length", "5", sees_wrong_length},
    {"long-length", "6", sees_wrong_length},
    {"chunked", "7", sees_chunks},
    {"gzip", "8", sees_gzip},
    {"huge=4194304", NULL, sees_huge},
    {"stall", "10", sees_nothing},
    {"garbage", "11", sees_garbage},
    {"redirect", "12", sees_redirect},
    {"html", "13", sees_html},
    {"badjson", "14", sees_badjson},
    {"headers-slow=1", NULL, sees_health},
    {"endless", "16", sees_no_end},
    {"text-type", "17", sees_text},
    {"lure", "18", sees_lure},
    {"retry-after=9", "19", sees_retry_after},
    {"flaky=2", NULL, sees_recovery},
};

static bool begin(const char *fault)
{
    wire = (struct wire){.fd = -1};
    return CHECK(fake_start(&fake, fault));
}

static void end(void)
{
    CHECK_INT(fake_stop(&fake, SIGTERM), 0);
}

static void run_cell(const struct cell *cell, const char *longitude)
{
    for (int p = 0; p < ASK_PROVIDERS; p++) {
        provider = (enum fake_provider)p;
        CHECK_LABEL("%s of %s", cell->fault, ask_names[p]);
        if (CHECK(wire_open(&wire, &fake)) && ask_at(longitude))
            cell->see();
        wire_close(&wire);
    }
}

static void by_the_flag(void)
{
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        if (!begin(cells[i].fault))
            continue;
        run_cell(&cells[i], "77");
        end();
    }
}

static void by_the_location(void)
{
    if (!begin(NULL))
        return;
    by_fixture = true;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        if (cells[i].longitude != NULL)
            run_cell(&cells[i], cells[i].longitude);
    by_fixture = false;
    end();
}

/* A byte at a time, and no faster than that. */
static void drips(void)
{
    REQUIRE(begin("drip=1"));
    for (int p = 0; p < ASK_PROVIDERS; p++) {
        provider = (enum fake_provider)p;
        CHECK_LABEL("%s", ask_names[p]);
        int64_t start = fake_now_ms();
        if (CHECK(wire_open(&wire, &fake)) &&
            CHECK(ask_place(&wire, provider, "20", "1", 1)))
            CHECK(wire_read(&wire, &reply));
        CHECK(fake_now_ms() - start >= (int64_t)(reply.head.len + reply.body.len) - 1);
        wire_close(&wire);
    }
    end();
}

/* Replies without end, which are read as fast as they come, leave the others alone. */
static void endless_blocks_nobody(void)
{
    struct wire readers[8];
    REQUIRE(begin("endless"));
    for (int i = 0; i < 8; i++) {
        provider = ASK_PHOTON;
        CHECK(wire_open(&readers[i], &fake));
        CHECK(ask_place(&readers[i], ASK_PHOTON, "1", "77", 1));
    }
    for (int round = 0; round < 20; round++) {
        CHECK(wire_fill(&readers[round % 8], readers[round % 8].len + (1 << 20)));
        CHECK_INT(ask_count(&fake, "photon"), 8);
    }
    for (int i = 0; i < 8; i++)
        wire_close(&readers[i]);
    CHECK_INT(ask_count(&fake, "photon"), 8);
    end();
}

const struct check_test test_fake_matrix[] = {
    {"by the flag", by_the_flag},
    {"by the location", by_the_location},
    {"drips", drips},
    {"an endless reply blocks no others", endless_blocks_nobody},
    {NULL, NULL},
};
