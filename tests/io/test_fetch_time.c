/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct check_test test_fetch_time[];

/* ---- time and turns ---------------------------------------------------------------- */

static void timeout(void)
{
    struct stub stub;
    struct io_fetch_setup setup = usual;
    setup.timeout_ms = 200;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
        stub.hold = true;
        if (CHECK(open_fetch(&setup, "127.0.0.1", stub.port))) {
            int64_t begin = fake_now_ms();
            CHECK_INT(fetch_one("")->status, 0);
            CHECK(strncmp(run.results[0].error, "timeout: ", 9) == 0);
            int64_t took = fake_now_ms() - begin;
            CHECK(took >= 199 && took < 900);
            CHECK(run.turns < 40);
            CHECK(herd_mono_is_never(io_fetch_deadline(run.fetch)));
        }
        stub_close(&stub);
    }
    close_all();
}

static bool open_dripping(struct stub *stub, const char *reply)
{
    if (!open_loop() || !CHECK(stub_open(stub, run.loop, herd_slice_str(reply))))
        return false;
    stub->step = 1;
    return CHECK(open_fetch(&usual, "127.0.0.1", stub->port));
}

static const char *long_header(void)
{
    static char reply[1024];
    snprintf(reply, sizeof reply,
             "HTTP/1.1 200 OK\r\nX-Long: %400s\r\nContent-Length: 5\r\n\r\nhello", "x");
    return reply;
}

/* A long header line, a byte a turn: hundreds of wake-ups without visible progress. After
 * 100 of them the descriptor is not polled for 50 ms, and still no byte is lost. */
static void spinning_descriptors_pause(void)
{
    struct stub stub;
    if (open_dripping(&stub, long_header())) {
        int64_t begin = fake_now_ms();
        CHECK_INT(fetch_one("")->status, 200);
        int64_t took = fake_now_ms() - begin;
        CHECK(took >= 50 && took < 900);
        CHECK(io_fetch_count(run.fetch).spin_pauses >= 1);
        CHECK_INT(fetch_one("")->status, 200);
        CHECK(io_fetch_count(run.fetch).spin_pauses >= 2);
        CHECK_INT(run.notes, 1);
        CHECK(strncmp(run.note, "libcurl ", 8) == 0 && strstr(run.note, "50 ms") != NULL);
        stub_close(&stub);
    }
    close_all();
}

/* The fastest of several, since the machine may be busy with something else. */
static void few_useless_wakeups_are_not(void)
{
    struct stub stub;
    int64_t least = FAKE_WAIT_MS;
    if (open_dripping(&stub, OK_REPLY)) {
        for (int i = 0; i < 8; i++) {
            int64_t begin = fake_now_ms();
            CHECK_INT(fetch_one("")->status, 200);
            int64_t took = fake_now_ms() - begin;
            least = took < least ? took : least;
        }
        CHECK(least < 50);
        CHECK_INT((int64_t)io_fetch_count(run.fetch).spin_pauses, 0);
        stub_close(&stub);
    }
    close_all();
}

static void cancelled_while_paused(void)
{
    struct stub stub;
    if (open_dripping(&stub, long_header())) {
        CHECK_INT(start(1, ""), HERD_OK);
        CHECK(turn_until(0, &stub, 1));
        struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), FAKE_WAIT_MS);
        while (stub.conns[0].sent < 300 && !herd_mono_reached(io_clock_mono(), limit))
            turn(limit);
        CHECK(stub.conns[0].sent >= 300);
        CHECK(io_fetch_deadline(run.fetch).ns <= herd_mono_add_ms(io_clock_mono(), 50).ns);
        io_fetch_cancel(run.fetch, 1);
        stub.step = 0;
        CHECK_INT(fetch_one("")->status, 200);
        CHECK_INT(run.done, 1);
        stub_close(&stub);
    }
    close_all();
}

/* ---- slow and silent servers
          -------------------------------------------------------- */

static const struct io_fetch_setup slow = {.body_max = BODY,
                                           .timeout_ms = TIMEOUT_MS,
                                           .connect_ms = 2000,
                                           .slow_ms = 150,
                                           .slow_bytes = 100,
                                           .connects_max = 4};

#define LONG_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"

static void begun_and_stalled(void)
{
    struct stub stub;
    if (open_stub(&stub, &slow, LONG_REPLY "hello")) {
        int64_t begin = fake_now_ms();
        CHECK_INT(fetch_one("")->status, 0);
        int64_t took = fake_now_ms() - begin;
        CHECK_STR(run.results[0].error,
                  "timeout: fewer than 100 bytes of the reply came in 150 ms");
        CHECK(took >= 149 && took < 1500);
        CHECK(run.turns < 40);
        CHECK(herd_mono_is_never(io_fetch_deadline(run.fetch)));
    }
    close_stub(&stub);
}

/* Just slow_bytes in each slow_ms, for longer than one of them. */
static void slow_but_not_too_slow(void)
{
    char reply[sizeof LONG_REPLY + 500];
    memset(reply, 'x', sizeof reply);
    memcpy(reply, LONG_REPLY, sizeof LONG_REPLY - 1);
    struct stub stub;
    struct io_fetch_setup setup = slow;
    setup.slow_ms = 400;
    if (open_stub(&stub, &setup, "")) {
        int64_t begin = fake_now_ms();
        CHECK_INT(start(1, ""), HERD_OK);
        for (size_t sent = 100; sent <= 500; sent += 100) {
            stub.reply = herd_slice(reply, sizeof LONG_REPLY - 1 + sent);
            stub_go_on(&stub);
            if (sent < 500)
                turn_for_ms(150);
        }
        CHECK(turn_until(1, NULL, 0));
        CHECK_INT(run.results[0].status, 200);
        CHECK_INT((int64_t)run.results[0].len, 500);
        CHECK(fake_now_ms() - begin >= 600);
    }
    close_stub(&stub);
}

/* Before its reply a server may take the whole timeout, and send interim replies. */
static void thinking_is_not_slow(void)
{
    struct stub stub;
    if (open_stub(&stub, &slow, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")) {
        CHECK_INT(start(1, ""), HERD_OK);
        CHECK(turn_until(0, &stub, 1));
        turn_for_ms(400);
        CHECK_INT(run.done, 0);
        stub.reply = HERD_LIT("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK_REPLY);
        stub_go_on(&stub);
        CHECK(turn_until(1, NULL, 0));
        CHECK_INT(run.results[0].status, 200);
    }
    close_stub(&stub);
}

/* A transfer that stalls ends without the others. */
static void slow_beside_others(void)
{
    struct stub stub;
    if (open_stub(&stub, &slow, LONG_REPLY "hello")) {
        CHECK_INT(start(1, ""), HERD_OK);
        CHECK(turn_until(0, &stub, 1));
        turn_for_ms(50);
        stub.reply = HERD_LIT(OK_REPLY);
        CHECK_INT(start(2, ""), HERD_OK);
        CHECK(turn_until(1, NULL, 0));
        CHECK_INT((int64_t)run.results[0].id, 2);
        CHECK_INT(run.results[0].status, 200);
        CHECK(turn_until(2, NULL, 0));
        CHECK_INT((int64_t)run.results[1].id, 1);
        CHECK_INT(run.results[1].status, 0);
    }
    close_stub(&stub);
}

enum { CROWD = 16 };

/* Fills the backlog of a listener that does not accept, until a connection has to wait. */
static unsigned open_full(int fds[CROWD], int *count)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *count = 0;
    int listener = fds[(*count)++] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(listener, 0) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) != 0)
        return 0;
    while (*count < CROWD) {
        int fd = fds[(*count)++] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        (void)connect(fd, (struct sockaddr *)&at, sizeof at); /* is seen below */
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if (poll(&wait, 1, 100) == 0)
            return ntohs(at.sin_port);
    }
    return 0;
}

static void connect_timeout(void)
{
    int fds[CROWD], count;
    struct io_fetch_setup setup = usual;
    setup.connect_ms = 200;
    unsigned port = open_full(fds, &count);
    if (open_loop() && port == 0)
        printf(" (skipped: connections to a full queue do not wait here) ");
    else if (CHECK(open_fetch(&setup, "127.0.0.1", port))) {
        int64_t begin = fake_now_ms();
        CHECK_INT(fetch_one("")->status, 0);
        int64_t took = fake_now_ms() - begin;
        CHECK(strncmp(run.results[0].error, "timeout: ", 9) == 0);
        CHECK(took >= 199 && took < 1500);
        CHECK(run.turns < 40);
        CHECK_INT(start(1, ""), HERD_OK); /* cancelled while it connects */
        turn_for_ms(20);
        int done = run.done;
        io_fetch_cancel(run.fetch, 1);
        turn_for_ms(250);
        CHECK_INT(run.done, done);
    }
    close_all();
    while (count > 0)
        close(fds[--count]);
}

const struct check_test test_fetch_time[] = {
    {"fetch timeout", timeout},
    {"fetch spinning descriptors pause", spinning_descriptors_pause},
    {"fetch few wakeups without progress do not pause", few_useless_wakeups_are_not},
    {"fetch cancelled while paused", cancelled_while_paused},
    {"fetch begun and stalled", begun_and_stalled},
    {"fetch slow but not too slow", slow_but_not_too_slow},
    {"fetch interim replies are not slow", thinking_is_not_slow},
    {"fetch slow among others", slow_beside_others},
    {"fetch connect timeout", connect_timeout},
    {NULL, NULL},
};
