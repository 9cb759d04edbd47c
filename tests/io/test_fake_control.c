/* SPDX-License-Identifier: ISC */
/* What fake-places tells about itself, and how it is dead, failing and alive again. */
#include "check.h"
#include "fake_ask.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct check_test test_fake_control[];

static struct fake fake;
static struct wire wire;
static struct wire_reply reply;

/* The status of the reply on the open connection, which it is taken from. */
static int status_of(enum fake_provider provider)
{
    reply = (struct wire_reply){0};
    if (!ask_place(&wire, provider, "0", "0", 1) || !wire_read(&wire, &reply))
        return -1;
    wire_drop(&wire, &reply);
    return reply.status;
}

static void tell(const char *target)
{
    CHECK(ask_get(&wire, target, &reply));
    CHECK_INT(reply.status, 200);
    wire_drop(&wire, &reply);
}

/* On a connection of its own: reset without a byte? */
static bool is_reset(enum fake_provider provider)
{
    struct wire w;
    if (!CHECK(wire_open(&w, &fake)))
        return false;
    CHECK(ask_place(&w, provider, "0", "0", 1));
    bool answered = wire_read(&w, &reply);
    CHECK(answered || (w.reset && w.len == 0));
    wire_close(&w);
    return !answered;
}

static void counts_each_provider(void)
{
    static const char none[] = "{\"google-legacy\": 0, \"google-new\": 0, \"overpass\": 0, "
                               "\"photon\": 0, \"followed\": 0, \"elsewhere\": 0, "
                               "\"refused\": 0, \"down\": false}\n";
    static const char some[] = "{\"google-legacy\": 1, \"google-new\": 2, \"overpass\": 3, "
                               "\"photon\": 4, \"followed\": 1, \"elsewhere\": 2, "
                               "\"refused\": 1, \"down\": false}\n";
    struct wire other;
    REQUIRE(ask_begin(&fake, &wire, NULL));
    CHECK(ask_get(&wire, "/_fake/requests", &reply));
    CHECK_SLICE(reply.body, herd_slice_str(none));
    wire_drop(&wire, &reply);
    for (int p = 0; p < ASK_PROVIDERS; p++)
        for (int i = 0; i <= p; i++)
            CHECK_INT(status_of((enum fake_provider)p), 200);
    tell("/_fake/followed?key=secret");
    CHECK(ask_get(&wire, "/reverse/?key=secret", &reply));
    wire_drop(&wire, &reply);
    CHECK(ask_get(&wire, "/v1/places:searchNearby?key=secret", &reply));
    wire_drop(&wire, &reply);
    if (CHECK(wire_open(&other, &fake))) {
        CHECK(wire_send(&other, HERD_LIT("nonsense secret\r\n\r\n")) && wire_drain(&other));
        wire_close(&other);
    }
    CHECK(ask_get(&wire, "/_fake/requests?key=secret", &reply));
    CHECK_SLICE(reply.body, herd_slice_str(some));
    wire_drop(&wire, &reply);
    CHECK(ask_get(&wire, "/_fake/reset", &reply));
    CHECK_SLICE(reply.body, herd_slice_str(none));
    ask_end(&fake, &wire);
}

static void refuses_other_orders(void)
{
    static const char *const targets[] = {
        "/_fake/",
        "/_fake/nothing",
        "/_fake/down?ms=",
        "/_fake/down?ms=-1",
        "/_fake/down?ms=600001",
        "/_fake/down?ms=99999999999999999999999",
        "/_fake/fail?count=x",
        "/_fake/fail?status=200",
        "/_fake/fail?status=600",
    };
    REQUIRE(ask_begin(&fake, &wire, NULL));
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        CHECK_LABEL("%s", targets[i]);
        if (!CHECK(ask_get(&wire, targets[i], &reply)))
            break;
        CHECK_INT(reply.status, 404);
        wire_drop(&wire, &reply);
        CHECK_INT(status_of(ASK_PHOTON), 200);
    }
    ask_end(&fake, &wire);
}

static void is_dead_until_told(void)
{
    REQUIRE(ask_begin(&fake, &wire, NULL));
    tell("/_fake/down");
    for (int p = 0; p < ASK_PROVIDERS; p++) {
        CHECK_LABEL("%s", ask_names[p]);
        CHECK(is_reset((enum fake_provider)p));
        CHECK_INT(ask_count(&fake, ask_names[p]), 0);
    }
    tell("/_fake/up");
    for (int p = 0; p < ASK_PROVIDERS; p++)
        CHECK_INT(status_of((enum fake_provider)p), 200);
    ask_end(&fake, &wire);
}

/* No sleep: it is asked until it answers, and that is not before its time. */
static void check_comes_back(int64_t since_ms, int64_t after_ms)
{
    int64_t until_ms = fake_now_ms() + FAKE_WAIT_MS;
    bool dead = true;
    while (dead && fake_now_ms() < until_ms)
        dead = is_reset(ASK_NEW);
    CHECK(!dead);
    CHECK(fake_now_ms() - since_ms >= after_ms);
}

static void is_dead_for_a_time(void)
{
    REQUIRE(ask_begin(&fake, &wire, NULL));
    int64_t start = fake_now_ms();
    tell("/_fake/down?ms=80");
    check_comes_back(start, 80);
    tell("/_fake/down?ms=0");
    CHECK_INT(status_of(ASK_OVERPASS), 200);
    ask_end(&fake, &wire);
}

static void is_dead_at_first(void)
{
    static const char *const arguments[] = {"--down-ms", "600000", NULL};
    REQUIRE(ask_begin(&fake, &wire, arguments));
    CHECK(is_reset(ASK_LEGACY));
    tell("/_fake/up");
    CHECK_INT(status_of(ASK_LEGACY), 200);
    ask_end(&fake, &wire);
}

static void fails_as_often_as_told(void)
{
    REQUIRE(ask_begin(&fake, &wire, NULL));
    tell("/_fake/fail");
    CHECK_INT(status_of(ASK_NEW), 500);
    CHECK_INT(status_of(ASK_NEW), 200);
    tell("/_fake/fail?count=3&status=503");
    CHECK_INT(status_of(ASK_OVERPASS), 503);
    CHECK_INT(status_of(ASK_PHOTON), 503);
    CHECK_INT(status_of(ASK_LEGACY), 503);
    CHECK_INT(status_of(ASK_OVERPASS), 200);
    CHECK_INT(ask_count(&fake, "overpass"), 2);
    tell("/_fake/fail?count=1000000");
    tell("/_fake/up");
    CHECK_INT(status_of(ASK_OVERPASS), 200);
    ask_end(&fake, &wire);
}

/* A fixture that says delay=300, and a flag that says ten minutes. */
static void instant_waits_for_nothing(void)
{
    static const char *const arguments[] = {"--instant", "--delay-ms", "600000", NULL};
    REQUIRE(ask_begin(&fake, &wire, arguments));
    for (int p = 0; p < ASK_PROVIDERS; p++) {
        CHECK_LABEL("%s", ask_names[p]);
        CHECK(ask_place(&wire, (enum fake_provider)p, "1", "1", 1));
        if (!CHECK(wire_read(&wire, &reply)))
            break;
        CHECK_INT(reply.status, 200);
        wire_drop(&wire, &reply);
    }
    ask_end(&fake, &wire);
}

static void every_reply_takes_its_time(void)
{
    static const char *const arguments[] = {"--delay-ms", "30", NULL};
    REQUIRE(ask_begin(&fake, &wire, arguments));
    int64_t start = fake_now_ms();
    for (int p = 0; p < ASK_PROVIDERS; p++)
        CHECK_INT(status_of((enum fake_provider)p), 200);
    CHECK(fake_now_ms() - start >= (int64_t)ASK_PROVIDERS * 30);
    ask_end(&fake, &wire);
}

/* The legacy provider says that it is denied; the right key is not told. */
static void legacy_wants_the_right_key(void)
{
    static const char *const arguments[] = {"--key", "sesame", NULL};
    REQUIRE(ask_begin(&fake, &wire, arguments));
    CHECK(ask_place(&wire, ASK_LEGACY, "0", "0", 1));
    CHECK(wire_read(&wire, &reply));
    CHECK_INT(reply.status, 200);
    CHECK(ask_contains(reply.body, "\"REQUEST_DENIED\""));
    CHECK(!ask_contains(reply.body, "sesame"));
    wire_drop(&wire, &reply);
    CHECK(ask_get(&wire,
                  "/maps/api/place/nearbysearch/json?location=0,0&radius=1&key=sesame",
                  &reply));
    CHECK_SLICE(reply.body, ask_fixture("default"));
    wire_drop(&wire, &reply);
    CHECK_INT(status_of(ASK_PHOTON), 200);
    ask_end(&fake, &wire);
}

/* A folder in which there is only one provider's worth of fixtures. */
static void serves_what_it_has(void)
{
    const char *top = getenv("HERD_TEST_FIXTURES");
    char dir[600];
    const char *const arguments[] = {"--fixtures", dir, NULL};
    snprintf(dir, sizeof dir, "%s/places/photon", top != NULL ? top : "fixtures");
    REQUIRE(ask_begin(&fake, &wire, arguments));
    for (int p = 0; p < ASK_PROVIDERS; p++) {
        CHECK_LABEL("%s", ask_names[p]);
        CHECK_INT(status_of((enum fake_provider)p), p == ASK_LEGACY ? 200 : 404);
    }
    CHECK_INT(ask_count(&fake, "elsewhere"), 3);
    ask_end(&fake, &wire);
}

static void refuses_mistakes_at_the_start(void)
{
    static const char *const mistakes[] = {
        "-D",        "-Dx",      "-D600001", "-w",       "-w-1",
        "-w600001",  "-k",       "--key",    "--nosuch", "-fendless=1",
        "-fflaky=0", "-flure=x", "-fdrip=0", "-fdrip=",  "-ftext-type=1"};
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        CHECK_LABEL("%s", mistakes[i]);
        CHECK_INT(fake_run(mistakes[i]), 2);
    }
}

const struct check_test test_fake_control[] = {
    {"counts each provider", counts_each_provider},
    {"refuses other orders", refuses_other_orders},
    {"is dead until told", is_dead_until_told},
    {"is dead for a time", is_dead_for_a_time},
    {"is dead at first", is_dead_at_first},
    {"fails as often as told", fails_as_often_as_told},
    {"instant waits for nothing", instant_waits_for_nothing},
    {"every reply takes its time", every_reply_takes_its_time},
    {"legacy wants the right key", legacy_wants_the_right_key},
    {"serves what it has", serves_what_it_has},
    {"refuses mistakes at the start", refuses_mistakes_at_the_start},
    {NULL, NULL},
};
