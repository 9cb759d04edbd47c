/* SPDX-License-Identifier: ISC */
/* Names that the resolver takes long for, or does not know. */
#include "dial_rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void test_unknown(void)
{
    struct dialled dialled = {.again = true};
    REQUIRE(dial_rig_up());
    REQUIRE(dial_rig_dial(&dialled, "stranger", 1));
    CHECK(dial_rig_until_ended(&dialled));
    CHECK_STR(dialled.error, "look up stranger: nobody knows it");
    CHECK_INT((int64_t)dialled.addr.len, 0);
    CHECK_LABEL("each dial asks anew");
    dialled.ended = 0;
    CHECK(dial_rig_until_ended(&dialled));
    CHECK_INT(dial_rig.asked, 2);
    dial_rig_down();
}

/* A lookup that hangs keeps nobody waiting: not other dials, and not the end. */
static void test_hanging(void)
{
    struct dialled slow = {0}, other = {0};
    unsigned port = 0;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    REQUIRE(dial_rig_dial(&slow, "slow", port));
    dial_rig_turn();
    CHECK(dial_rig_wait_running(1));
    REQUIRE(dial_rig_dial(&other, "here", port));
    CHECK(dial_rig_until_ended(&other));
    CHECK(other.fd >= 0);
    CHECK_INT(slow.ended, 0);
    CHECK_LABEL("the end of a dial");
    int64_t began = io_clock_mono().ns;
    io_dialler_cancel_all(dial_rig.dialler);
    CHECK((io_clock_mono().ns - began) / HERD_NS_PER_MS < 100);
    CHECK(herd_mono_is_never(io_dialler_deadline(dial_rig.dialler)));
    CHECK_LABEL("the same name again, while its thread hangs");
    REQUIRE(dial_rig_dial(&slow, "slow", port));
    dial_rig_turn();
    dial_rig_hold(false);
    CHECK(dial_rig_until_ended(&slow));
    CHECK(slow.fd >= 0);
    CHECK_INT(dial_rig.asked, 2);
    (void)close(slow.fd);
    (void)close(other.fd);
    (void)close(listener);
    dial_rig_down();
}

static void test_time_limit(void)
{
    struct dialled slow = {0};
    REQUIRE(dial_rig_up());
    REQUIRE(dial_rig_dial(&slow, "slow", 1));
    dial_rig_turn();
    CHECK(dial_rig_wait_running(1));
    dial_rig.later_ms = IO_DIAL_LOOKUP_MS;
    dial_rig_turn();
    CHECK_INT(slow.ended, 1);
    CHECK_STR(slow.error, "look up slow: no answer of the resolver in 30 s");
    dial_rig_down();
}

/* The number of threads is bounded; further names wait, and all get their answer. */
static void test_many(void)
{
    enum { NAMES = 3 * IO_LOOKUPS_MAX };
    static struct dialled dialled[NAMES];
    static char names[NAMES][16];
    unsigned port = 0;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(names[i], sizeof names[i], "slow%d", i / 2);
        dialled[i] = (struct dialled){0};
        REQUIRE(dial_rig_dial(&dialled[i], names[i], port));
    }
    dial_rig_turn();
    CHECK(dial_rig_wait_running(IO_LOOKUPS_MAX));
    dial_rig_turn();
    CHECK_INT(dial_rig.asked, IO_LOOKUPS_MAX);
    dial_rig_hold(false);
    for (int i = 0; i < NAMES; i++) {
        CHECK(dial_rig_until_ended(&dialled[i]));
        CHECK(dialled[i].fd >= 0);
        (void)close(dialled[i].fd);
    }
    CHECK_INT(dial_rig.most_running, IO_LOOKUPS_MAX);
    CHECK_LABEL("each name was asked for once");
    CHECK_INT(dial_rig.asked, NAMES / 2);
    (void)close(listener);
    dial_rig_down();
}

/* What a machine knows without a network. */
static void test_addresses(void)
{
    struct herd_error_text error;
    struct io_addrs addrs;
    CHECK_INT(io_addrs_read(&addrs, "localhost", 1, &error), HERD_EUNKNOWN);
    CHECK_INT(io_addrs_read(&addrs, "::1", 7, &error), HERD_OK);
    CHECK_INT((int64_t)addrs.count, 1);
    CHECK_INT(io_addr_port(&addrs.list[0]), 7);
    REQUIRE(io_addrs_lookup(&addrs, "localhost", 11490, &error) == HERD_OK);
    CHECK(addrs.count >= 1 && addrs.count <= IO_ADDRS_MAX);
    for (size_t i = 0; i < addrs.count; i++) {
        CHECK(io_addr_is_loopback(&addrs.list[i]));
        CHECK_INT(io_addr_port(&addrs.list[i]), 11490);
        for (size_t k = 0; k < i; k++)
            CHECK(!io_addr_same_host(&addrs.list[i], &addrs.list[k]));
    }
}

const struct check_test test_lookup[] = {
    {"an unknown name", test_unknown},
    {"a lookup that hangs", test_hanging},
    {"a lookup has a time limit", test_time_limit},
    {"many lookups", test_many},
    {"addresses of a name", test_addresses},
    {NULL, NULL},
};
