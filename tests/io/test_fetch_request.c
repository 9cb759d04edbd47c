/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <stdio.h>
#include <string.h>

extern const struct check_test test_fetch_request[];

static const struct io_fetch_setup get = {.key_param = "key",
                                          .body_max = BODY,
                                          .timeout_ms = TIMEOUT_MS,
                                          .connect_ms = 2000,
                                          .connects_max = 4};

static const struct io_fetch_setup post = {.post = true,
                                           .content_type = "application/json",
                                           .header = "X-Goog-FieldMask: places.id,places.x",
                                           .key = "AIza-Secret/9",
                                           .key_header = "X-Goog-Api-Key",
                                           .body_max = BODY,
                                           .timeout_ms = TIMEOUT_MS,
                                           .connect_ms = 2000,
                                           .connects_max = 4};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- GET --------------------------------------------------------------------------- */

static void request_line(void)
{
    static const struct {
        const char *key;
        const char *query;
        const char *line;
    } cases[] = {
        {NULL, "a=1", "GET " PATH "?a=1 HTTP/1.1\r\n"},
        {"", "a=1", "GET " PATH "?a=1 HTTP/1.1\r\n"},
        {NULL, "", "GET " PATH " HTTP/1.1\r\n"},
        {"AIza-_.~9", "a=1", "GET " PATH "?a=1&key=AIza-_.~9 HTTP/1.1\r\n"},
        {"a&b=c d/\xc3\xa9+#%\r\n", "a=1",
         "GET " PATH "?a=1&key=a%26b%3Dc%20d%2F%C3%A9%2B%23%25%0D%0A HTTP/1.1\r\n"},
        {"k", "", "GET " PATH "?key=k HTTP/1.1\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stub stub;
        struct io_fetch_setup setup = get;
        setup.key = cases[i].key;
        CHECK_LABEL("case %zu", i);
        if (open_stub(&stub, &setup, OK_REPLY)) {
            CHECK_INT(fetch_one(cases[i].query)->status, 200);
            CHECK(begins(stub.request, cases[i].line));
            CHECK_INT(count_of(stub.request, "\r\nUser-Agent: herd/" HERD_VERSION "\r\n"),
                      1);
            CHECK_INT(count_of(stub.request, "\r\n"), 5); /* Host, User-Agent, Accept */
            CHECK(strstr(stub.request, "\r\nHost: 127.0.0.1:") != NULL);
            CHECK(strstr(stub.request, "Accept-Encoding") == NULL);
        }
        close_stub(&stub);
    }
}

static void key_without_a_place(void)
{
    struct stub stub;
    struct io_fetch_setup setup = usual;
    setup.key = "AIzaSecret";
    if (open_stub(&stub, &setup, OK_REPLY)) {
        CHECK_INT(fetch_one("a=1")->status, 200);
        CHECK(strstr(stub.request, "AIzaSecret") == NULL);
    }
    close_stub(&stub);
}

static void get_with_key_in_header(void)
{
    struct stub stub;
    struct io_fetch_setup setup = post;
    setup.post = false;
    if (open_stub(&stub, &setup, OK_REPLY)) {
        CHECK_INT(fetch_one("a=1")->status, 200);
        CHECK(begins(stub.request, "GET " PATH "?a=1 HTTP/1.1\r\n"));
        CHECK_INT(count_of(stub.request, "\r\nX-Goog-Api-Key: AIza-Secret/9\r\n"), 1);
        CHECK_INT(count_of(stub.request, "AIza-Secret"), 1);
        CHECK(strstr(stub.request, "Content-Type") == NULL);
    }
    close_stub(&stub);
}

/* Only the host of the URL gets the key, also after a change of the setup: each fetch has
 * its own header lines. */
static void two_fetches_do_not_share(void)
{
    struct stub first, second;
    if (open_stub(&first, &post, OK_REPLY)) {
        struct io_fetch *kept = run.fetch;
        REQUIRE(stub_open(&second, run.loop, HERD_LIT(OK_REPLY)));
        if (CHECK(open_fetch(&usual, "127.0.0.1", second.port)))
            CHECK_INT(fetch_one("a=1")->status, 200);
        CHECK(strstr(second.request, "AIza") == NULL);
        CHECK(strstr(second.request, "X-Goog") == NULL);
        io_fetch_free(run.fetch);
        run.fetch = kept;
        CHECK_INT(fetch_one("x")->status, 200);
        CHECK_INT(count_of(first.request, "AIza-Secret"), 1);
        stub_close(&second);
    }
    close_stub(&first);
}

/* ---- POST -------------------------------------------------------------------------- */

/* Every line once, the key in its line only; and so again on a reused connection. */
static void post_with_key_in_header(void)
{
    static const char *const bodies[] = {"{\"maxResultCount\":20}", "", "data=%5Bx%5D&y"};
    struct stub stub;
    if (open_stub(&stub, &post, OK_REPLY))
        for (int i = 0; i < 3; i++) {
            char length[48];
            const char *body = bodies[i];
            snprintf(length, sizeof length, "\r\nContent-Length: %zu\r\n", strlen(body));
            CHECK_LABEL("body %s", body);
            CHECK_INT(fetch_one(body)->status, 200);
            const char *text = stub.request;
            CHECK(begins(text, "POST " PATH " HTTP/1.1\r\n"));
            CHECK_INT(count_of(text, "\r\nX-Goog-Api-Key: AIza-Secret/9\r\n"), 1);
            CHECK_INT(count_of(text, "AIza-Secret"), 1);
            CHECK_INT(count_of(text, "\r\nX-Goog-FieldMask: places.id,places.x\r\n"), 1);
            CHECK_INT(count_of(text, "\r\nContent-Type: "), 1);
            CHECK_INT(count_of(text, "\r\nContent-Type: application/json\r\n"), 1);
            CHECK_INT(count_of(text, length), 1);
            CHECK(strstr(text, "Expect") == NULL);
            CHECK(strstr(text, "Accept-Encoding") == NULL);
            const char *end = strstr(text, "\r\n\r\n");
            CHECK_STR(end != NULL ? end + 4 : "no end", body);
        }
    CHECK_INT(stub.accepted, 1);
    close_stub(&stub);
}

/* Longer than the bodies for which older versions of libcurl send Expect: 100-continue. */
static void post_of_much(void)
{
    char body[1500];
    struct stub stub;
    struct io_fetch_setup setup = post;
    setup.key = NULL;
    setup.header = NULL;
    memset(body, 'b', sizeof body);
    if (open_stub(&stub, &setup, OK_REPLY)) {
        CHECK_INT(io_fetch_start(run.fetch, 1, herd_slice(body, sizeof body)), HERD_OK);
        memset(body, 'x', sizeof body);
        CHECK(turn_until(1, NULL, 0));
        CHECK_INT(run.results[0].status, 200);
        CHECK_INT(count_of(stub.request, "bbbbbbbbbb"), 1491);
        CHECK(strstr(stub.request, "Expect") == NULL);
        CHECK(strstr(stub.request, "X-Goog") == NULL);
    }
    close_stub(&stub);
}

static void post_with_key_in_url(void)
{
    struct stub stub;
    struct io_fetch_setup setup = post;
    setup.key_header = NULL;
    setup.key_param = "token";
    if (open_stub(&stub, &setup, OK_REPLY)) {
        CHECK_INT(fetch_one("x")->status, 200);
        CHECK(begins(stub.request, "POST " PATH "?token=AIza-Secret%2F9 HTTP/1.1\r\n"));
        CHECK_INT(count_of(stub.request, "AIza-Secret"), 1);
    }
    close_stub(&stub);
}

/* The server sends 100 Continue although the request has no Expect. */
static void continue_unasked(void)
{
    struct stub stub;
    if (open_stub(&stub, &post, "HTTP/1.1 100 Continue\r\n\r\n" OK_REPLY)) {
        const struct result *r = fetch_one("x");
        CHECK_INT(r->status, 200);
        CHECK_SLICE(herd_slice(r->body, r->len), HERD_LIT("hello"));
    }
    close_stub(&stub);
}

/* ---- keys in texts ----------------------------------------------------------------- */

/* The key is part of libcurl's own text: that text is not used, nor its shorter one when
 * that has the key, too. */
static void key_is_not_in_the_error(void)
{
    static const char *const keys[] = {"Failed to connect", "connect"};
    for (int i = 0; i < 2; i++) {
        struct stub stub;
        struct io_fetch_setup setup = get;
        setup.key = keys[i];
        CHECK_LABEL("%s", keys[i]);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT("")))) {
            unsigned port = stub.port;
            stub_close(&stub);
            if (CHECK(open_fetch(&setup, "127.0.0.1", port))) {
                CHECK_INT(fetch_one("")->status, 0);
                CHECK(run.results[0].error[0] != '\0');
                CHECK(strstr(run.results[0].error, keys[i]) == NULL);
                CHECK_INT(strcmp(run.results[0].error, "the transfer failed") == 0, i == 1);
            }
        }
        close_all();
    }
}

/* Replies that libcurl may quote in its texts, with the key in all places. */
static void server_echoes_the_key(void)
{
    static const char *const replies[] = {
        "HTTP/1.1 AIza-Secret/9\r\n\r\n",
        "HTTP/9.AIza-Secret/9 200 OK\r\n\r\n",
        "AIza-Secret/9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: AIza-Secret/9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: AIza-Secret%2f9\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nAIza-Secret/9\r\n",
        "HTTP/1.1 302 AIza-Secret/9\r\nLocation: AIza-Secret/9\r\n\r\n",
        "HTTP/1.1 401 No\r\nWWW-Authenticate: AIza-Secret/9\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct stub stub;
        CHECK_LABEL("reply %zu", i);
        if (open_stub(&stub, &post, replies[i])) {
            stub.hang_up = true;
            const struct result *r = fetch_one("x");
            CHECK((r->status == 0) == (r->error[0] != '\0'));
            CHECK(strstr(r->error, "Secret") == NULL);
        }
        close_stub(&stub);
    }
}

/* A provider that quotes the request in its error, in each way that it may be written. */
static void bodies_lose_the_key(void)
{
    static const struct {
        const char *sent, *got;
    } bodies[] = {
        {"{\"m\":\"key AIza-Secret/9 is bad\"}", "{\"m\":\"key (key) is bad\"}"},
        {"/x?a=1&key=AIza-Secret%2F9", "/x?a=1&key=(key)"},
        {"/x?key=%41Iza%2dSecret%2f9&AIza-Secret/9", "/x?key=(key)&(key)"},
        {"{\"m\":\"AIza-Secret\\/9\"}", "{\"m\":\"(key)\"}"},
        {"\\u0041Iza\\u002dSecret\\u002F9", "(key)"},
        {"AIza-Secret/9AIza-Secret/9", "(key)(key)"},
        {"AIza-AIza-Secret/9", "AIza-(key)"},
        {"AIza-Secret/8, AIza-Secret%2, AIza-Secret%2", NULL},
        {"AIza-Secret\\u002", NULL},
        {"AIza-Secret", NULL},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct stub stub;
        char reply[256];
        const char *want = bodies[i].got != NULL ? bodies[i].got : bodies[i].sent;
        CHECK_LABEL("body %zu", i);
        snprintf(reply, sizeof reply, "HTTP/1.1 403 No\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(bodies[i].sent), bodies[i].sent);
        if (open_stub(&stub, &post, reply)) {
            const struct result *r = fetch_one("x");
            CHECK_INT(r->status, 403);
            CHECK_SLICE(herd_slice(r->body, r->len), herd_slice_str(want));
        }
        close_stub(&stub);
    }
    CHECK_LABEL("%s", "");
}

/* Without a key nothing is looked for, and neither is one that any text may have. */
static void bodies_are_left_alone(void)
{
    static const char *const keys[] = {NULL, "", "hello", "l"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct stub stub;
        struct io_fetch_setup setup = post;
        setup.key = keys[i];
        CHECK_LABEL("key %zu", i);
        if (open_stub(&stub, &setup, OK_REPLY)) {
            const struct result *r = fetch_one("x");
            CHECK_SLICE(herd_slice(r->body, r->len), HERD_LIT("hello"));
        }
        close_stub(&stub);
    }
    CHECK_LABEL("%s", "");
}

const struct check_test test_fetch_request[] = {
    {"fetch request line", request_line},
    {"fetch key without parameter or header", key_without_a_place},
    {"fetch get with key in header", get_with_key_in_header},
    {"fetch two fetches share nothing", two_fetches_do_not_share},
    {"fetch post with key in header", post_with_key_in_header},
    {"fetch large post", post_of_much},
    {"fetch post with key in url", post_with_key_in_url},
    {"fetch unexpected 100 continue", continue_unasked},
    {"fetch key is not in the error", key_is_not_in_the_error},
    {"fetch server echoes the key", server_echoes_the_key},
    {"fetch bodies lose the key", bodies_lose_the_key},
    {"fetch bodies are left alone", bodies_are_left_alone},
    {NULL, NULL},
};
