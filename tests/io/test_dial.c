/* SPDX-License-Identifier: ISC */
#include "dial_rig.h"
#include "io/sock.h"
#include "pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A port on which nobody listens. */
static unsigned closed_port(void)
{
    unsigned port = 0;
    int fd = dial_rig_listen("127.0.0.1", &port);
    (void)close(fd);
    return port;
}

static void check_open(const struct dialled *dialled, const char *host, unsigned port)
{
    char text[IO_ADDR_TEXT_SIZE], want[IO_ADDR_TEXT_SIZE];
    CHECK(dialled->fd >= 0);
    io_addr_text(&dialled->addr, text);
    (void)snprintf(want, sizeof want, "%s:%u", host, port);
    CHECK_STR(text, want);
    if (dialled->fd < 0)
        return;
    pair_check_flags(dialled->fd, true);
    (void)close(dialled->fd);
}

static void test_number(void)
{
    struct dialled dialled = {0};
    unsigned port = 0;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    REQUIRE(dial_rig_dial(&dialled, "127.0.0.1", port));
    CHECK(dial_rig_until_ended(&dialled));
    CHECK_LABEL("a server may bind the port that the system chose");
    struct io_addr own = {.len = sizeof own.sa};
    CHECK(getsockname(dialled.fd, (struct sockaddr *)&own.sa, &own.len) == 0);
    unsigned own_port = io_addr_port(&own);
    int server = dial_rig_listen("127.0.0.1", &own_port);
    CHECK(server >= 0);
    (void)close(server);
    check_open(&dialled, "127.0.0.1", port);
    CHECK_LABEL("a number needs no thread");
    CHECK_INT(dial_rig.asked, 0);
    CHECK(herd_mono_is_never(io_dialler_deadline(dial_rig.dialler)));
    (void)close(listener);
    dial_rig_down();
}

static void test_refused(void)
{
    struct dialled dialled = {0};
    REQUIRE(dial_rig_up());
    REQUIRE(dial_rig_dial(&dialled, "127.0.0.1", closed_port()));
    CHECK(dial_rig_until_ended(&dialled));
    CHECK_INT(dialled.fd, -1);
    CHECK_STR(dialled.error, strerror(ECONNREFUSED));
    dial_rig_down();
}

/* The first address refuses (or is none of this machine's), the second one does not. */
static void test_next_after_failure(void)
{
    struct dialled dialled = {0};
    unsigned port = 0;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    int64_t began = io_clock_mono().ns;
    REQUIRE(dial_rig_dial(&dialled, "both", port));
    CHECK(dial_rig_until_ended(&dialled));
    check_open(&dialled, "127.0.0.1", port);
    CHECK_LABEL("without the delay");
    CHECK((io_clock_mono().ns - began) / HERD_NS_PER_MS < IO_DIAL_DELAY_MS / 2);
    CHECK_LABEL("a family that is not there");
    REQUIRE(dial_rig_dial(&dialled, "six", port));
    CHECK(dial_rig_until_ended(&dialled));
    check_open(&dialled, "127.0.0.1", port);
    CHECK_LABEL("each address is told");
    (void)close(listener);
    REQUIRE(dial_rig_dial(&dialled, "both", port));
    CHECK(dial_rig_until_ended(&dialled));
    CHECK_INT(dialled.fd, -1);
    CHECK(strstr(dialled.error, "127.0.0.1:") != NULL);
    CHECK(strstr(dialled.error, "127.0.0.2:") != NULL);
    dial_rig_down();
}

/* A listener whose backlog is full answers nobody, on Linux: like an address that packets
 * do not reach. Fills `fds`; returns their number, 0: this system answers. */
static int silence(const char *host, unsigned port, int listener, int *fds, int most)
{
    struct herd_error_text error;
    struct io_addr addr;
    int count = 0;
    if (listener < 0 || listen(listener, 0) != 0 ||
        io_addr_lookup(&addr, host, port, &error) != HERD_OK)
        return 0;
    while (count < most) {
        int fd = io_sock_dial(&addr, &error);
        if (fd < 0)
            break;
        fds[count++] = fd;
        struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
        if (poll(&pollfd, 1, 50) == 0)
            return count;
    }
    while (count > 0)
        (void)close(fds[--count]);
    return 0;
}

static void test_next_after_delay(void)
{
    enum { MOST = 8 };
    struct dialled dialled = {0};
    unsigned port = 0;
    int fds[MOST];
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    int silent = dial_rig_listen("127.0.0.2", &port);
    int count = silence("127.0.0.2", port, silent, fds, MOST);
    if (count > 0) {
        REQUIRE(dial_rig_dial(&dialled, "both", port));
        CHECK(dial_rig_until_ended(&dialled));
        check_open(&dialled, "127.0.0.1", port);
        CHECK_LABEL("no answer at all");
        (void)close(listener);
        listener = -1;
        REQUIRE(dial_rig_dial(&dialled, "127.0.0.2", port));
        dial_rig_turn();
        dial_rig_turn();
        CHECK_INT(dialled.ended, 0);
        dial_rig.later_ms = DIAL_CONNECT_MS;
        dial_rig_turn();
        CHECK_INT(dialled.ended, 1);
        CHECK(strstr(dialled.error, "no answer") != NULL);
    } else {
        (void)fprintf(stderr, "next after delay: skipped: this system has no address "
                              "that does not answer\n");
    }
    while (count > 0)
        (void)close(fds[--count]);
    if (listener >= 0)
        (void)close(listener);
    if (silent >= 0)
        (void)close(silent);
    dial_rig_down();
}

/* TCP lets a socket connect to itself. The system chooses its ports in its own order, so
 * this dials until it has chosen the one that is dialled. */
static void test_itself(void)
{
    enum { TIMES = 400000, PORT = 40000, SECONDS = 60 };
    struct dialled dialled = {0};
    unsigned port = PORT;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    if (listener >= 0)
        (void)close(listener);
    struct herd_mono end = herd_mono_add_ms(io_clock_mono(), SECONDS * 1000);
    for (int i = 0; i < TIMES && dialled.to_self == 0; i++) {
        if (listener < 0 || herd_mono_reached(io_clock_mono(), end))
            break;
        REQUIRE(dial_rig_dial(&dialled, "127.0.0.1", port));
        REQUIRE(dial_rig_until_ended(&dialled));
        CHECK_INT(dialled.fd, -1);
    }
    if (dialled.to_self == 1) {
        CHECK(strstr(dialled.error, "connected to itself") != NULL);
        CHECK_LABEL("whose port this is can bind it at once");
        listener = dial_rig_listen("127.0.0.1", &port);
        CHECK(listener >= 0);
        (void)close(listener);
    } else {
        (void)fprintf(stderr, "dials itself: skipped: the system did not choose port %d\n",
                      PORT);
    }
    dial_rig_down();
}

/* Without the reset and without what io_sock_dial sets, the port stays taken. */
static void test_close_now(void)
{
    struct herd_error_text error;
    struct io_addr addr;
    unsigned port = closed_port();
    const int on = 1;
    REQUIRE(io_addr_lookup(&addr, "127.0.0.1", port, &error) == HERD_OK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    REQUIRE(bind(fd, (struct sockaddr *)&addr.sa, addr.len) == 0);
    CHECK(!io_sock_is_self(fd));
    REQUIRE(connect(fd, (struct sockaddr *)&addr.sa, addr.len) == 0);
    CHECK(io_sock_is_self(fd));
    io_sock_close_now(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_LABEL("nothing is left, not even for one without SO_REUSEADDR");
    CHECK_INT(bind(fd, (struct sockaddr *)&addr.sa, addr.len), 0);
    (void)close(fd);
}

static int forbid(void *arg, struct io_addrs *addrs, struct herd_error_text *error)
{
    (void)arg;
    herd_error_set(error, "%zu addresses are forbidden", addrs->count);
    return HERD_EBAD;
}

static int only_last(void *arg, struct io_addrs *addrs, struct herd_error_text *error)
{
    (void)arg;
    (void)error;
    addrs->list[0] = addrs->list[addrs->count - 1];
    addrs->count = 1;
    return HERD_OK;
}

static void test_found(void)
{
    struct dialled dialled = {.order.found = forbid};
    unsigned port = 0;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    REQUIRE(dial_rig_dial(&dialled, "both", port));
    CHECK(dial_rig_until_ended(&dialled));
    CHECK_STR(dialled.error, "2 addresses are forbidden");
    dialled.order.found = only_last;
    REQUIRE(dial_rig_dial(&dialled, "both", port));
    CHECK(dial_rig_until_ended(&dialled));
    check_open(&dialled, "127.0.0.1", port);
    (void)close(listener);
    dial_rig_down();
}

static void test_more_than_attempts(void)
{
    struct dialled dialled = {0};
    unsigned port = 0;
    REQUIRE(dial_rig_up());
    int listener = dial_rig_listen("127.0.0.1", &port);
    REQUIRE(dial_rig_dial(&dialled, "many", port));
    CHECK(dial_rig_until_ended(&dialled));
    check_open(&dialled, "127.0.0.1", port);
    (void)close(listener);
    dial_rig_down();
}

/* Each allocation of a dial fails once. */
static void test_lack_of_memory(void)
{
    unsigned port = 0;
    bool enough = false;
    int listener = dial_rig_listen("127.0.0.1", &port);
    for (size_t n = 1; n < 20 && !enough; n++) {
        struct dialled dialled = {0};
        REQUIRE(dial_rig_up());
        fail_mem_arm(&dial_rig.fail, n, false);
        if (dial_rig_dial(&dialled, "here", port)) {
            CHECK(dial_rig_until_ended(&dialled));
            CHECK((dialled.fd >= 0) == (dial_rig.fail.failed == 0));
            if (dialled.fd >= 0)
                (void)close(dialled.fd);
        }
        enough = dial_rig.fail.failed == 0;
        dial_rig_down();
    }
    CHECK(enough);
    (void)close(listener);
}

static void test_wait(void)
{
    int open_before = pair_open_count();
    struct io_dial_order order = {.host = "localhost"};
    struct io_dial_result result;
    struct herd_error_text error;
    int listener = dial_rig_listen("127.0.0.1", &order.port);
    CHECK_INT(io_dial_wait(&order, 5000, NULL, &result, &error), IO_DIAL_OPEN);
    CHECK(result.fd >= 0);
    if (result.fd >= 0)
        (void)close(result.fd);
    (void)close(listener);
    CHECK_INT(io_dial_wait(&order, 5000, NULL, &result, &error), IO_DIAL_FAILED);
    CHECK(strstr(result.error, strerror(ECONNREFUSED)) != NULL);
    order.host = "127.0.0.1";
    order.port = 65536;
    CHECK_INT(io_dial_wait(&order, 5000, NULL, &result, &error), IO_DIAL_FAILED);
    CHECK(strstr(result.error, "65536") != NULL);
    dial_rig_wait_closed(open_before);
}

const struct check_test test_dial[] = {
    {"dial a number", test_number},
    {"dial refused", test_refused},
    {"dial the next after a failure", test_next_after_failure},
    {"dial the next after a delay", test_next_after_delay},
    {"dial itself", test_itself},
    {"close now", test_close_now},
    {"dial what was found", test_found},
    {"dial more than the attempts", test_more_than_attempts},
    {"dial with a lack of memory", test_lack_of_memory},
    {"dial and wait", test_wait},
    {NULL, NULL},
};
