#include "check.h"
#include "fake.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/fetch.h"
#include "io/mem.h"
#include "stub.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct check_test test_fetch[];

enum { RESULTS = 64, BODY = 1 << 20, TIMEOUT_MS = 5000 };

#define PATH     "/maps/api/place/nearbysearch/json"
#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* ---- a fetch in a loop, with memory that is counted --------------------------------- */

struct counted {
    int64_t bytes;
    int fail_at; /* this allocation from now fails; negative: none */
};

static void *counted_resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct counted *c = ctx;
    if (new_size > 0 && c->fail_at-- == 0)
        return NULL;
    void *fresh = io_mem.resize(NULL, old, old_size, new_size);
    if (fresh != NULL || new_size == 0)
        c->bytes += (int64_t)new_size - (int64_t)old_size;
    return fresh;
}

struct result {
    uint64_t id;
    int status;
    char why[IO_FETCH_WHY];
    size_t len;
    char body[2048]; /* the first bytes */
};

static struct run {
    struct counted counted;
    struct herd_mem mem;
    struct io_loop *loop;
    struct io_fetch *fetch;
    char why[IO_FETCH_WHY];
    int done;
    int turns;
    bool starting;
    uint64_t cancel_in_done; /* 0: none */
    uint64_t start_in_done;  /* 0: none */
    struct result results[RESULTS];
} run;

static void on_done(void *arg, uint64_t id, const struct io_fetch_result *result)
{
    struct run *r = arg;
    CHECK(!r->starting);
    CHECK((result->status == 0) == (result->why != NULL));
    if (r->done >= RESULTS)
        return;
    struct result *kept = &r->results[r->done++];
    *kept = (struct result){.id = id, .status = result->status, .len = result->body.len};
    size_t len =
        result->body.len < sizeof kept->body ? result->body.len : sizeof kept->body;
    memcpy(kept->body, result->body.data, len);
    snprintf(kept->why, sizeof kept->why, "%s", result->why != NULL ? result->why : "");
    if (r->cancel_in_done != 0)
        io_fetch_cancel(r->fetch, r->cancel_in_done);
    if (r->start_in_done != 0)
        CHECK_INT(io_fetch_start(r->fetch, r->start_in_done, HERD_LIT("")), HERD_OK);
    r->start_in_done = 0;
}

static bool open_loop(void)
{
    memset(&run, 0, sizeof run);
    run.counted.fail_at = -1;
    run.mem = (struct herd_mem){counted_resize, &run.counted};
    run.loop = io_loop_new(&run.mem);
    return CHECK(run.loop != NULL);
}

static const struct io_fetch_setup usual = {
    .body_max = BODY, .timeout_ms = TIMEOUT_MS, .connect_ms = 2000, .connects_max = 4};

static bool open_fetch(const struct io_fetch_setup *setup, const char *host, unsigned port)
{
    char url[128];
    struct io_fetch_setup s = *setup;
    snprintf(url, sizeof url, "http://%s:%u" PATH, host, port);
    s.url = url;
    run.fetch = io_fetch_new(&run.mem, run.loop, &s, on_done, &run, run.why);
    memset(url, 'x', sizeof url);
    return run.fetch != NULL;
}

static void close_all(void)
{
    io_fetch_free(run.fetch);
    io_loop_free(run.loop);
    CHECK_INT(run.counted.bytes, 0);
}

static int start(uint64_t id, const char *query)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", query);
    run.starting = true;
    int rc = io_fetch_start(run.fetch, id, herd_slice_str(copy));
    run.starting = false;
    memset(copy, 'x', sizeof copy);
    return rc;
}

static void turn(struct herd_mono limit)
{
    io_loop_turn(run.loop, herd_mono_min(io_fetch_deadline(run.fetch), limit));
    io_fetch_tick(run.fetch, io_clock_mono());
    run.turns++;
}

/* Turns until so many transfers are done or, with `requests`, the stub has seen so many. */
static bool turn_until(int done, const struct stub *stub, int requests)
{
    struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), FAKE_WAIT_MS);
    while (run.done < done || (stub != NULL && stub->requests < requests)) {
        if (herd_mono_reached(io_clock_mono(), limit))
            return check_true(false, "the deadline of the test passed", __FILE__, __LINE__);
        turn(limit);
    }
    return true;
}

/* Lets everything happen that happens without a new cause. */
static void turn_for_ms(int64_t ms)
{
    struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), ms);
    while (!herd_mono_reached(io_clock_mono(), limit))
        turn(limit);
}

static const struct result *fetch_one(const char *query)
{
    static const struct result none = {0};
    int before = run.done;
    if (!CHECK_INT(start(7, query), HERD_OK) || !turn_until(before + 1, NULL, 0))
        return &none;
    return &run.results[run.done - 1];
}

static int lines_of(const char *path)
{
    FILE *in = fopen(path, "r");
    int lines = 0;
    for (int c; in != NULL && (c = getc(in)) != EOF;)
        lines += c == '\n';
    if (in != NULL)
        fclose(in);
    return lines;
}

static bool file_has(const char *path, const char *word)
{
    static char text[65536];
    FILE *in = fopen(path, "r");
    size_t len = in != NULL ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in != NULL)
        fclose(in);
    text[len] = '\0';
    return strstr(text, word) != NULL;
}

/* ---- replies of all kinds ----------------------------------------------------------- */

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
 * faults as in life. `why` is a word of the text. */
static void faults(void)
{
    static const struct {
        const char *query;
        int status;
        const char *why;
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
    REQUIRE(fake_start(&fake, NULL));
    if (open_loop() && CHECK(open_fetch(&setup, "127.0.0.1", fake.port)))
        for (int i = 0; i < CASES; i++) {
            const struct result *r = fetch_one(cases[i].query);
            CHECK_LABEL("%s", cases[i].query);
            CHECK_INT(r->status, cases[i].status);
            CHECK(strstr(r->why, cases[i].why) != NULL);
            CHECK((r->why[0] != '\0') == (r->status == 0));
            CHECK(strstr(r->why, setup.key) == NULL);
            CHECK(cases[i].len < 0 ? r->len > 0 : (int64_t)r->len == cases[i].len);
            if (strcmp(cases[i].query, "location=1,8&radius=1") == 0)
                CHECK(memcmp(r->body, "\x1f\x8b", 2) == 0);
        }
    /* libcurl itself asks once more when a reused connection ends without a reply. */
    CHECK(lines_of(fake.log) >= CASES && lines_of(fake.log) <= CASES + 2);
    CHECK(file_has(fake.log, "&key=AIzaSecret"));
    close_all();
    fake_stop(&fake, SIGTERM);
}

static void redirect_is_not_followed(void)
{
    struct fake fake;
    REQUIRE(fake_start(&fake, "redirect"));
    if (open_loop() && CHECK(open_fetch(&usual, "127.0.0.1", fake.port))) {
        CHECK_INT(fetch_one("location=9,9&radius=5")->status, 302);
        turn_for_ms(20);
        CHECK_INT(lines_of(fake.log), 1);
        CHECK_INT(run.done, 1);
    }
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
            CHECK_STR(run.results[0].why, "the reply is larger than 1000 bytes");
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

static void refused_port(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
        unsigned port = stub.port;
        stub_close(&stub);
        if (CHECK(open_fetch(&usual, "127.0.0.1", port))) {
            const struct result *r = fetch_one("");
            CHECK_INT(r->status, 0);
            CHECK(strstr(r->why, "connect") != NULL);
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
            CHECK_STR(run.results[0].why,
                      "the headers of the reply are larger than 65536 bytes");
        }
        stub_close(&stub);
    }
    close_all();
}

/* ---- connections and time ----------------------------------------------------------- */

static void connections_are_reused(void)
{
    for (size_t most = 0; most < 3; most++) {
        struct stub stub;
        struct io_fetch_setup setup = usual;
        setup.connects_max = most;
        CHECK_LABEL("%zu kept", most);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            if (CHECK(open_fetch(&setup, "127.0.0.1", stub.port)))
                for (int i = 0; i < 5; i++) {
                    const struct result *r = fetch_one("q=1");
                    CHECK_INT(r->status, 200);
                    CHECK_SLICE(herd_slice(r->body, r->len), HERD_LIT("hello"));
                }
            CHECK_INT(stub.requests, 5);
            CHECK_INT(stub.accepted, most == 0 ? 5 : 1);
            stub_close(&stub);
        }
        close_all();
    }
}

static void fifty_at_once(void)
{
    enum { COUNT = 50 };
    struct fake fake;
    REQUIRE(fake_start(&fake, "delay=100"));
    if (open_loop() && CHECK(open_fetch(&usual, "127.0.0.1", fake.port))) {
        bool seen[COUNT] = {false};
        int64_t begin = fake_now_ms();
        for (int i = 0; i < COUNT; i++)
            CHECK_INT(start((uint64_t)i, "location=9,9&radius=5"), HERD_OK);
        CHECK(turn_until(COUNT, NULL, 0));
        int64_t took = fake_now_ms() - begin;
        CHECK_LABEL("%d ms, %d turns", (int)took, run.turns);
        CHECK(took >= 100 && took < 2000);
        CHECK(run.turns < 1000);
        for (int i = 0; i < run.done && i < COUNT; i++) {
            CHECK_INT(run.results[i].status, 200);
            seen[run.results[i].id % COUNT] = true;
        }
        for (int i = 0; i < COUNT; i++)
            CHECK(seen[i]);
    }
    close_all();
    fake_stop(&fake, SIGTERM);
}

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
            CHECK(strncmp(run.results[0].why, "timeout: ", 9) == 0);
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

/* A long header line, a byte a turn: hundreds of wake-ups that change nothing visible.
 * After 100 of them the descriptor gets 50 ms of rest, and still nothing is lost. */
static void useless_wakeups_are_muted(void)
{
    struct stub stub;
    if (open_dripping(&stub, long_header())) {
        int64_t begin = fake_now_ms();
        CHECK_INT(fetch_one("")->status, 200);
        int64_t took = fake_now_ms() - begin;
        CHECK(took >= 50 && took < 900);
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
        stub_close(&stub);
    }
    close_all();
}

static void cancelled_while_muted(void)
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

/* ---- ending early ------------------------------------------------------------------- */

static void cancelled_in_flight(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        stub.hold = true;
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(1, ""), HERD_OK);
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK_INT(start(3, ""), HERD_OK);
            CHECK(turn_until(0, &stub, 2));
            io_fetch_cancel(run.fetch, 2);
            io_fetch_cancel(run.fetch, 99);
            stub.hold = false;
            CHECK_INT(start(4, ""), HERD_OK);
            CHECK(turn_until(1, NULL, 0));
            turn_for_ms(20);
            CHECK_INT(run.done, 1);
            CHECK_INT((int64_t)run.results[0].id, 4);
        }
        stub_close(&stub);
    }
    close_all();
}

/* Turns without a tick: libcurl has ended the transfer, and `done` is not yet called. */
static void turn_to_the_end(const struct stub *stub, int requests)
{
    CHECK(turn_until(0, stub, requests));
    struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), 1000);
    while (!herd_mono_reached(io_clock_mono(), io_fetch_deadline(run.fetch)))
        io_loop_turn(run.loop, limit);
}

static void cancelled_between_end_and_done(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            CHECK_INT(start(1, ""), HERD_OK);
            turn_to_the_end(&stub, 1);
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK(turn_until(1, NULL, 0));
            turn_for_ms(20);
            CHECK_INT(run.done, 1);
            CHECK_INT((int64_t)run.results[0].id, 2);
        }
        stub_close(&stub);
    }
    close_all();
}

static void freed_between_end_and_done(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            CHECK_INT(start(1, ""), HERD_OK);
            turn_to_the_end(&stub, 1);
            CHECK_INT(run.done, 0);
        }
        stub_close(&stub);
    }
    close_all();
    CHECK_INT(run.done, 0);
}

static void freed_in_flight(void)
{
    for (int turns = 0; turns < 12; turns++) {
        struct stub stub;
        CHECK_LABEL("%d turns", turns);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            stub.hold = turns % 2;
            if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
                for (uint64_t id = 0; id < 5; id++)
                    CHECK_INT(start(id, "a=b"), HERD_OK);
                for (int i = 0; i < turns; i++)
                    turn(herd_mono_add_ms(io_clock_mono(), 5));
            }
            int done = run.done;
            io_fetch_free(run.fetch);
            run.fetch = NULL;
            CHECK_INT(run.done, done);
            stub_close(&stub);
        }
        close_all();
    }
    io_fetch_free(NULL);
}

static void starts_and_cancels_inside_done(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            run.start_in_done = 10;
            CHECK_INT((int64_t)fetch_one("")->id, 7);
            CHECK(turn_until(2, NULL, 0));
            CHECK_INT((int64_t)run.results[1].id, 10);

            /* Whichever is first takes the other one along; itself it cannot. */
            run.cancel_in_done = 2;
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK(turn_until(3, NULL, 0));
            stub.hold = true;
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK(turn_until(0, &stub, 4));
            stub.hold = false;
            CHECK_INT(start(3, ""), HERD_OK);
            CHECK(turn_until(4, NULL, 0));
            turn_for_ms(20);
            CHECK_INT(run.done, 4);
            CHECK_INT((int64_t)run.results[3].id, 3);
        }
        stub_close(&stub);
    }
    close_all();
}

/* ---- keys, requests, URLs ----------------------------------------------------------- */

static void request_text(void)
{
    static const struct {
        const char *key;
        const char *query;
        const char *line;
    } cases[] = {
        {NULL, "a=1", "GET " PATH "?a=1 HTTP/1.1\r\n"},
        {"", "a=1", "GET " PATH "?a=1 HTTP/1.1\r\n"},
        {"AIza-_.~9", "a=1", "GET " PATH "?a=1&key=AIza-_.~9 HTTP/1.1\r\n"},
        {"a&b=c d/\xc3\xa9+#%", "a=1",
         "GET " PATH "?a=1&key=a%26b%3Dc%20d%2F%C3%A9%2B%23%25 HTTP/1.1\r\n"},
        {"k", "", "GET " PATH "?key=k HTTP/1.1\r\n"},
    };
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("all_proxy", "http://127.0.0.1:1/", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stub stub;
        struct io_fetch_setup setup = usual;
        setup.key = cases[i].key;
        CHECK_LABEL("case %zu", i);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            if (CHECK(open_fetch(&setup, "127.0.0.1", stub.port)))
                CHECK_INT(fetch_one(cases[i].query)->status, 200);
            CHECK(strncmp(stub.request, cases[i].line, strlen(cases[i].line)) == 0);
            CHECK(strstr(stub.request, "\r\nUser-Agent: herd/" HERD_VERSION "\r\n") !=
                  NULL);
            CHECK(strstr(stub.request, "Accept-Encoding") == NULL);
            CHECK(strstr(stub.request, "Authorization") == NULL);
            stub_close(&stub);
        }
        close_all();
    }
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

/* The key is a piece of libcurl's own text: that text then is not used. */
static void key_is_not_in_why(void)
{
    struct stub stub;
    struct io_fetch_setup setup = usual;
    setup.key = "Failed to connect";
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
        unsigned port = stub.port;
        stub_close(&stub);
        if (CHECK(open_fetch(&setup, "127.0.0.1", port))) {
            CHECK_INT(fetch_one("")->status, 0);
            CHECK(run.results[0].why[0] != '\0');
            CHECK(strstr(run.results[0].why, setup.key) == NULL);
        }
    }
    close_all();
}

static void urls(void)
{
    static const struct {
        const char *url;
        bool good;
    } cases[] = {
        {"https://maps.googleapis.com/maps/api/place/nearbysearch/json", true},
        {"https://192.0.2.1/x", true},
        {"https://[2001:db8::1]:8443/x", true},
        {"HTTPS://example.org/x", true},
        {"http://127.0.0.1:8080/x", true},
        {"http://127.255.3.4/x", true},
        {"http://[::1]:8080/x", true},
        {"http://localhost/x", true},
        {"http://example.org/x", false},
        {"http://128.0.0.1/x", false},
        {"http://126.255.255.255/x", false},
        {"http://0.0.0.0/x", false},
        {"http://[::2]/x", false},
        {"http://[::]/x", false},
        {"http://localhost.example.org/x", false},
        {"http://127.0.0.1.example.org/x", false},
        {"http://127.0.0.1@example.org/x", false},
        {"http://user@127.0.0.1/x", false},
        {"https://user:secret@example.org/x", false},
        {"https://example.org/x?key=SECRET", false},
        {"https://example.org/x?", false},
        {"https://example.org/x#y", false},
        {"ftp://127.0.0.1/x", false},
        {"file:///etc/passwd", false},
        {"gopher://127.0.0.1/x", false},
        {"example.org", false},
        {"127.0.0.1:80", false},
        {"https://", false},
        {"https://exa mple.org/x", false},
        {"http://127.0.0.1:99999/x", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct io_fetch_setup setup = usual;
        setup.url = cases[i].url;
        setup.key = "k";
        CHECK_LABEL("%s", cases[i].url);
        if (open_loop()) {
            run.fetch = io_fetch_new(&run.mem, run.loop, &setup, on_done, &run, run.why);
            CHECK((run.fetch != NULL) == cases[i].good);
            CHECK(cases[i].good || run.why[0] != '\0');
            CHECK(strstr(run.why, "SECRET") == NULL && strstr(run.why, "secret") == NULL);
        }
        close_all();
    }
}

/* ---- out of memory ------------------------------------------------------------------ */

/* Each allocation fails once, of the fetch as well as of the loop. Whatever could not be
 * done is reported, what comes after works again. */
static void out_of_memory(void)
{
    struct stub stub;
    int refused = 0;
    int failed = 0;
    int fine = 0;
    for (int n = 0; n < 40; n++) {
        struct io_fetch_setup setup = usual;
        setup.key = "k";
        CHECK_LABEL("allocation %d", n);
        REQUIRE(open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY))));
        run.counted.fail_at = n;
        int rc = HERD_ENOMEM;
        if (!open_fetch(&setup, "127.0.0.1", stub.port))
            CHECK_STR(run.why, "out of memory");
        else
            rc = start(1, "q=1");
        if (rc != HERD_OK) {
            refused++;
            CHECK_INT(rc, HERD_ENOMEM);
        } else if (CHECK(turn_until(1, NULL, 0))) {
            failed += run.results[0].status == 0;
            fine += run.results[0].status == 200;
            if (run.results[0].status == 0)
                CHECK(strstr(run.results[0].why, "emory") != NULL);
        }
        run.counted.fail_at = -1;
        if (run.fetch != NULL)
            CHECK_INT(fetch_one("q=2")->status, 200);
        stub_close(&stub);
        close_all();
    }
    CHECK_LABEL("%d refused, %d failed, %d fine", refused, failed, fine);
    CHECK(refused >= 5 && failed >= 2 && fine >= 20);
}

const struct check_test test_fetch[] = {
    {"fetch normal", normal},
    {"fetch localhost needs no resolver", localhost_needs_no_resolver},
    {"fetch faults", faults},
    {"fetch redirect is not followed", redirect_is_not_followed},
    {"fetch body cap", body_cap},
    {"fetch body of exactly the cap", body_of_exactly_the_cap},
    {"fetch refused port", refused_port},
    {"fetch endless headers", endless_headers},
    {"fetch connections are reused", connections_are_reused},
    {"fetch fifty at once", fifty_at_once},
    {"fetch timeout", timeout},
    {"fetch useless wake-ups are muted", useless_wakeups_are_muted},
    {"fetch few useless wake-ups are not", few_useless_wakeups_are_not},
    {"fetch cancelled while muted", cancelled_while_muted},
    {"fetch cancelled in flight", cancelled_in_flight},
    {"fetch cancelled between end and done", cancelled_between_end_and_done},
    {"fetch freed between end and done", freed_between_end_and_done},
    {"fetch freed in flight", freed_in_flight},
    {"fetch starts and cancels inside done", starts_and_cancels_inside_done},
    {"fetch request text", request_text},
    {"fetch key is not in why", key_is_not_in_why},
    {"fetch urls", urls},
    {"fetch out of memory", out_of_memory},
    {NULL, NULL},
};
