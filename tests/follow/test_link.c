/* SPDX-License-Identifier: ISC */
/* The connection of a follower, against a server that the test plays on a unix socket. */
#include "check.h"
#include "fail_mem.h"
#include "follow/link.h"
#include "hex.h"
#include "io/clock.h"
#include "io/sock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEED     "51f20000000000000000000000000000"
#define FOLLOWED "FOLLOWED Goloman 1 " FEED " 2e0f8650da6e5812\nHAVE 0 - 0\n"

enum { PATIENCE_MS = 10000, HEARD = 1 << 16 };

static struct link_rig {
    struct fail_mem fail;
    struct io_loop *loop;
    struct follow_link *link;
    struct follow_calls calls;
    struct follow_position position;
    char dir[64], path[80];
    int listener, fd; /* -1: none */
    char heard[HEARD];
    size_t heard_len;
    char why[256];
    int lost, records, followed;
    int gives; /* records left to give */
} rig;

static void on_followed(void *ctx, struct herd_slice server, bool known)
{
    (void)ctx;
    (void)known;
    CHECK_SLICE(server, HERD_LIT("Goloman"));
    rig.followed++;
}

static int on_record(void *ctx, const struct herd_record *record)
{
    (void)ctx;
    (void)record;
    rig.records++;
    return HERD_OK;
}

static int on_position(void *ctx, const struct follow_position *position, bool whole)
{
    (void)ctx;
    (void)whole;
    rig.position = *position;
    return HERD_OK;
}

static int on_give(void *ctx, struct herd_slice *text)
{
    (void)ctx;
    *text = HERD_LIT("AT A +0.0 kiwi +1-2 1795270851.000000001");
    return rig.gives > 0 ? rig.gives-- > 0 : 0;
}

static void last_position(void *ctx, struct follow_position *position)
{
    (void)ctx;
    *position = rig.position;
}

static void on_lost(void *ctx, const char *why)
{
    (void)ctx;
    rig.lost++;
    snprintf(rig.why, sizeof rig.why, "%s", why);
}

static bool listen_again(void)
{
    struct herd_error_text error;
    rig.listener = io_sock_listen_unix(rig.path, &error);
    return CHECK(rig.listener >= 0);
}

/* Everything but the link. */
static bool rig_up(void)
{
    memset(&rig, 0, sizeof rig);
    rig.fd = rig.listener = -1;
    fail_mem_init(&rig.fail);
    snprintf(rig.dir, sizeof rig.dir, "/tmp/herd-follow-XXXXXX");
    if (!CHECK(mkdtemp(rig.dir) != NULL))
        return false;
    snprintf(rig.path, sizeof rig.path, "%s/sock", rig.dir);
    rig.calls = (struct follow_calls){.followed = on_followed,
                                      .record = on_record,
                                      .position = on_position,
                                      .give = on_give};
    rig.loop = io_loop_new(&rig.fail.mem);
    return CHECK(rig.loop != NULL);
}

static bool rig_link(int64_t silence_ms)
{
    struct follow_link_setup setup = {.mem = &rig.fail.mem,
                                      .loop = rig.loop,
                                      .path = rig.path,
                                      .name = "disk",
                                      .calls = &rig.calls,
                                      .silence_ms = silence_ms,
                                      .position = last_position,
                                      .lost = on_lost};
    rig.link = follow_link_new(&setup);
    return rig.link != NULL;
}

static void hang_up(void)
{
    if (rig.fd >= 0)
        close(rig.fd);
    rig.fd = -1;
    rig.heard_len = 0;
}

static void rig_down(void)
{
    follow_link_free(rig.link);
    hang_up();
    if (rig.listener >= 0)
        close(rig.listener);
    io_loop_free(rig.loop);
    unlink(rig.path);
    rmdir(rig.dir);
    CHECK_INT((int64_t)rig.fail.blocks, 0);
}

static void turn(void)
{
    struct herd_mono at = herd_mono_add_ms(io_clock_mono(), 5);
    (void)io_loop_turn(rig.loop, herd_mono_min(at, follow_link_deadline(rig.link)));
    follow_link_tick(rig.link, io_clock_mono());
    if (rig.fd < 0 && rig.listener >= 0)
        rig.fd = io_sock_accept(rig.listener, NULL);
    ssize_t got = rig.fd < 0 ? 0
                             : read(rig.fd, rig.heard + rig.heard_len,
                                    sizeof rig.heard - 1 - rig.heard_len);
    rig.heard_len += got > 0 ? (size_t)got : 0;
    rig.heard[rig.heard_len] = '\0';
}

/* Turns until the server has heard these words. */
static bool hears(const char *words)
{
    struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (strstr(rig.heard, words) == NULL || rig.heard_len == 0) {
        if (herd_mono_reached(io_clock_mono(), until))
            return CHECK(strstr(rig.heard, words) != NULL);
        turn();
    }
    return true;
}

static bool loses(int count)
{
    struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (rig.lost < count && !herd_mono_reached(io_clock_mono(), until))
        turn();
    return CHECK_INT(rig.lost, count);
}

static void says(const char *words)
{
    CHECK_INT((int64_t)write(rig.fd, words, strlen(words)), (int64_t)strlen(words));
}

static void a_lost_connection_is_made_again_and_resumed(void)
{
    REQUIRE(rig_up() && listen_again() && rig_link(0));
    rig.gives = 2;
    REQUIRE(hears("FOLLOW disk 1\n"));
    says(FOLLOWED);
    CHECK(hears("1795270851.000000001\nSYNCED 0 "));
    CHECK(hears("HAVE 0 - 0\n"));
    says("SYNC 0 " FEED " 3\nSYNCED 0 " FEED " 3\nPING 0 1 3 3 0000000000000000 1.0\n");
    CHECK(hears("PONG 0 1\n"));
    follow_link_acknowledge(rig.link, &rig.position);
    CHECK(hears("ACK 0 3\n"));
    hang_up();
    CHECK(loses(1));
    CHECK_STR(rig.why, "the server closed the connection");
    follow_link_acknowledge(rig.link, &rig.position); /* does nothing */
    REQUIRE(hears("FOLLOW disk 1\n"));
    says(FOLLOWED);
    CHECK(hears("HAVE 0 " FEED " 3\n"));
    CHECK(strstr(rig.heard, "SYNC") == NULL);
    CHECK_INT(rig.followed, 2);
    rig_down();
}

static void a_server_that_comes_later_is_found(void)
{
    REQUIRE(rig_up() && rig_link(0));
    CHECK(loses(1));
    CHECK(strstr(rig.why, rig.path) != NULL);
    CHECK(loses(2));
    CHECK(listen_again());
    CHECK(hears("FOLLOW disk 1\n"));
    rig_down();
}

static void a_silent_server_is_left(void)
{
    REQUIRE(rig_up() && listen_again() && rig_link(200));
    CHECK(hears("FOLLOW disk 1\n"));
    CHECK(loses(1));
    CHECK_STR(rig.why, "the server is silent");
    hang_up();
    CHECK(hears("FOLLOW disk 1\n"));
    rig_down();
}

static void a_malformed_frame_ends_the_connection(void)
{
    REQUIRE(rig_up() && listen_again() && rig_link(0));
    CHECK(hears("FOLLOW disk 1\n"));
    says(FOLLOWED "RUBBISH\n");
    CHECK(loses(1));
    CHECK_STR(rig.why, "the server sent no frame of the link protocol");
    rig_down();
}

/* Far more than the kernel takes at once, and a server that reads slowly. */
static void much_is_given_through_a_narrow_socket(void)
{
    enum { COUNT = 100000 };
    REQUIRE(rig_up() && listen_again() && rig_link(0));
    rig.gives = COUNT;
    CHECK(hears("FOLLOW disk 1\n"));
    says(FOLLOWED);
    size_t records = 0;
    struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (records < COUNT && !herd_mono_reached(io_clock_mono(), until)) {
        rig.heard_len = 0;
        turn();
        for (size_t i = 0; i < rig.heard_len; i++)
            records += rig.heard[i] == 'k'; /* of kiwi */
    }
    CHECK_INT((int64_t)records, COUNT);
    CHECK(rig.fail.peak < 1 << 20);
    rig_down();
}

/* The server goes while records are given: they are not read to the end for nobody. */
static void giving_ends_with_the_connection(void)
{
    enum { COUNT = 10000000 };
    REQUIRE(rig_up() && listen_again() && rig_link(0));
    rig.gives = COUNT;
    CHECK(hears("FOLLOW disk 1\n"));
    says(FOLLOWED);
    CHECK(hears("BATCH"));
    hang_up();
    CHECK(loses(1));
    CHECK(rig.gives > COUNT / 2);
    rig_down();
}

static void leaving_says_bye(void)
{
    REQUIRE(rig_up() && listen_again() && rig_link(0));
    CHECK(hears("FOLLOW disk 1\n"));
    says(FOLLOWED);
    CHECK(hears("HAVE 0 - 0\n"));
    CHECK(!follow_link_leave(rig.link, "the end"));
    CHECK(hears("BYE 0 closing the end\n"));
    hang_up();
    struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (!follow_link_leave(rig.link, "the end") &&
           !herd_mono_reached(io_clock_mono(), until))
        turn();
    CHECK(follow_link_leave(rig.link, "the end"));
    CHECK_INT(rig.lost, 0);
    rig_down();
}

/* Whatever fails: no leak, and a later attempt succeeds. */
static void every_allocation_may_fail(void)
{
    for (size_t n = 1; n < 30; n++) {
        CHECK_LABEL("allocation %zu", n);
        REQUIRE(rig_up() && listen_again());
        fail_mem_arm(&rig.fail, n, false);
        if (!rig_link(0)) {
            CHECK(rig.fail.failed == 1);
            REQUIRE(rig_link(0));
        }
        struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
        while (rig.followed == 0 && !herd_mono_reached(io_clock_mono(), until)) {
            int lost = rig.lost;
            turn();
            if (rig.lost > lost)
                hang_up();
            if (strstr(rig.heard, "FOLLOW disk 1\n") != NULL && rig.fd >= 0)
                says(FOLLOWED), rig.heard_len = 0, rig.heard[0] = '\0';
        }
        CHECK_INT(rig.followed, 1);
        rig_down();
    }
}

const struct check_test test_link[] = {
    {"a_lost_connection_is_made_again_and_resumed",
     a_lost_connection_is_made_again_and_resumed},
    {"a_server_that_comes_later_is_found", a_server_that_comes_later_is_found},
    {"a_silent_server_is_left", a_silent_server_is_left},
    {"a_malformed_frame_ends_the_connection", a_malformed_frame_ends_the_connection},
    {"much_is_given_through_a_narrow_socket", much_is_given_through_a_narrow_socket},
    {"giving_ends_with_the_connection", giving_ends_with_the_connection},
    {"leaving_says_bye", leaving_says_bye},
    {"every_allocation_may_fail", every_allocation_may_fail},
    {NULL, NULL},
};
