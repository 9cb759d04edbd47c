/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"
#include "io/sock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct check_test test_fetch_safety[];

/* ---- redirects --------------------------------------------------------------------- */

/* Redirects to another server on this machine, in all forms: that one gets no request, and
 * the caller gets the reply as it is. */
static void redirects_are_not_followed(void)
{
    static const int codes[] = {301, 302, 303, 307, 308, 300, 305};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct stub stub, other;
        char reply[256];
        struct io_fetch_setup setup = usual;
        setup.key = "AIzaSecret";
        setup.key_header = "X-Goog-Api-Key";
        setup.post = i % 2 == 1;
        CHECK_LABEL("%d", codes[i]);
        if (open_stub(&stub, &setup, "") &&
            CHECK(stub_open(&other, run.loop, HERD_LIT(OK_REPLY)))) {
            snprintf(reply, sizeof reply,
                     "HTTP/1.1 %d Elsewhere\r\nLocation: http://127.0.0.1:%u/x\r\n"
                     "Content-Length: 4\r\n\r\ngone",
                     codes[i], other.port);
            stub.reply = herd_slice_str(reply);
            const struct result *r = fetch_one("a=1");
            CHECK_INT(r->status, codes[i]);
            CHECK_SLICE(herd_slice(r->body, r->len), HERD_LIT("gone"));
            turn_for_ms(5);
            CHECK_INT(stub.requests, 1);
            CHECK_INT(other.accepted, 0);
            stub_close(&other);
        }
        close_stub(&stub);
    }
}

static void redirect_of_fake_places(void)
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

/* ---- the environment --------------------------------------------------------------- */

static const char *const proxy_names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                          "HTTPS_PROXY", "all_proxy",  "ALL_PROXY"};
enum { PROXY_NAMES = sizeof proxy_names / sizeof proxy_names[0] };

static void set_proxies(const char *value)
{
    for (size_t i = 0; i < PROXY_NAMES; i++)
        if (value != NULL)
            setenv(proxy_names[i], value, 1);
        else
            unsetenv(proxy_names[i]);
}

static void proxies_of_the_environment(void)
{
    struct stub stub, proxy;
    char url[64];
    if (open_loop() && CHECK(stub_open(&proxy, run.loop, HERD_LIT(OK_REPLY)))) {
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", proxy.port);
        set_proxies(url);
        if (CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port)))
                CHECK_INT(fetch_one("a=1")->status, 200);
            CHECK_INT(stub.requests, 1);
            stub_close(&stub);
        }
        CHECK_INT(proxy.accepted, 0);
        set_proxies(NULL);
        stub_close(&proxy);
    }
    close_all();
}

/* The proxy of the configuration is used, regardless of exceptions in the environment. It
 * gets the host and port, and neither the key nor the query. */
static void proxy_of_the_configuration(void)
{
    static const char refusal[] = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
    struct stub stub, proxy;
    struct io_fetch_setup setup = usual;
    char url[64], at[64], line[64];
    setup.key = "AIzaSecret";
    setup.key_header = "X-Goog-Api-Key";
    setup.header = "X-Goog-FieldMask: places.id";
    setup.url = url;
    setup.proxy = at;
    if (open_loop() && CHECK(stub_open(&proxy, run.loop, herd_slice_str(refusal)))) {
        REQUIRE(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)));
        snprintf(url, sizeof url, "https://127.0.0.1:%u/x", stub.port);
        snprintf(at, sizeof at, "http://127.0.0.1:%u", proxy.port);
        snprintf(line, sizeof line, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n", stub.port);
        set_proxies("http://127.0.0.1:1/");
        setenv("NO_PROXY", "*", 1);
        setenv("no_proxy", "*", 1);
        if (CHECK(open_fetch(&setup, "", 0))) {
            const struct result *r = fetch_one("secret=question");
            CHECK_INT(r->status, 0);
            CHECK(strstr(r->error, "403") != NULL);
        }
        unsetenv("NO_PROXY");
        unsetenv("no_proxy");
        set_proxies(NULL);
        CHECK_INT(proxy.requests, 1);
        CHECK_INT(stub.accepted, 0);
        CHECK(strncmp(proxy.request, line, strlen(line)) == 0);
        CHECK(strstr(proxy.request, "X-Goog") == NULL);
        CHECK(strstr(proxy.request, "AIza") == NULL);
        CHECK(strstr(proxy.request, "question") == NULL);
        stub_close(&stub);
        stub_close(&proxy);
    }
    close_all();
}

/* After its reply to CONNECT a proxy gets the bytes of a TLS handshake and no header line.
 */
static void proxy_sees_tls_only(void)
{
    struct stub proxy;
    struct io_fetch_setup setup = usual;
    char at[64];
    setup.url = "https://127.0.0.1:9/x";
    setup.proxy = at;
    setup.key = "AIzaSecret";
    setup.key_header = "X-Goog-Api-Key";
    setup.connect_ms = TIMEOUT_MS;
    if (open_loop() &&
        CHECK(stub_open(&proxy, run.loop, HERD_LIT("HTTP/1.1 200 Go on\r\n\r\n")))) {
        snprintf(at, sizeof at, "http://127.0.0.1:%u", proxy.port);
        if (CHECK(open_fetch(&setup, "", 0)) && CHECK_INT(start(1, "a=1"), HERD_OK) &&
            turn_until(0, &proxy, 1)) {
            const struct stub_conn *c = &proxy.conns[0];
            struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), TIMEOUT_MS);
            while (c->got < 2 && !herd_mono_reached(io_clock_mono(), limit))
                turn(limit);
            CHECK(c->got >= 2 && c->request[0] == 0x16 && c->request[1] == 0x03);
            CHECK(strstr(proxy.request, "AIza") == NULL);
        }
        CHECK_INT(proxy.requests, 1);
        stub_close(&proxy);
    }
    close_all();
}

static bool put_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    bool ok = out != NULL && fputs(text, out) >= 0;
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    return ok && chmod(path, 0600) == 0;
}

static void netrc_is_not_read(void)
{
    char dir[] = "/tmp/herd-netrc-XXXXXX", path[64], home[512] = "";
    struct stub stub;
    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/.netrc", dir);
    CHECK(put_file(path,
                   "machine 127.0.0.1 login u password p\ndefault login u password p\n"));
    if (getenv("HOME") != NULL)
        snprintf(home, sizeof home, "%s", getenv("HOME"));
    setenv("HOME", dir, 1);
    setenv("NETRC", path, 1);
    if (open_stub(&stub, &usual, OK_REPLY)) {
        CHECK_INT(fetch_one("a=1")->status, 200);
        CHECK(strstr(stub.request, "Authorization") == NULL);
    }
    close_stub(&stub);
    unsetenv("NETRC");
    if (home[0] != '\0')
        setenv("HOME", home, 1);
    else
        unsetenv("HOME");
    unlink(path);
    rmdir(dir);
}

/* ---- servers that want to be remembered -------------------------------------------- */

/* No cookie is sent back, no other host is used the next time, no password is sent. */
static void nothing_is_remembered(void)
{
    struct stub stub, other;
    char reply[512];
    if (open_stub(&stub, &usual, "") &&
        CHECK(stub_open(&other, run.loop, HERD_LIT(OK_REPLY)))) {
        snprintf(reply, sizeof reply,
                 "HTTP/1.1 401 No\r\nSet-Cookie: a=b; Path=/\r\n"
                 "Alt-Svc: http/1.1=\"127.0.0.1:%u\"\r\nWWW-Authenticate: Basic\r\n"
                 "Strict-Transport-Security: max-age=1000\r\nContent-Length: 0\r\n\r\n",
                 other.port);
        stub.reply = herd_slice_str(reply);
        CHECK_INT(fetch_one("a=1")->status, 401);
        CHECK_INT(fetch_one("a=1")->status, 401);
        CHECK_INT(stub.requests, 2);
        CHECK_INT(other.accepted, 0);
        CHECK(strstr(stub.request, "Cookie") == NULL);
        CHECK(strstr(stub.request, "Authorization") == NULL);
        stub_close(&other);
    }
    close_stub(&stub);
}

static int signals_seen;

static void on_signal(int number)
{
    (void)number;
    signals_seen++;
}

/* libcurl's way to stop a blocking resolver. */
static void no_alarm(void)
{
    struct stub stub;
    struct io_fetch_setup setup = usual;
    setup.timeout_ms = 100;
    unsigned left = alarm(0);
    void (*before)(int) = signal(SIGALRM, on_signal);
    signals_seen = 0;
    if (open_stub(&stub, &setup, "")) {
        stub.hold = true;
        CHECK_INT(fetch_one("")->status, 0);
        CHECK_INT((int64_t)alarm(0), 0);
        CHECK_INT(signals_seen, 0);
    }
    close_stub(&stub);
    (void)signal(SIGALRM, before);
    (void)alarm(left);
}

const struct check_test test_fetch_safety[] = {
    {"fetch redirects are not followed", redirects_are_not_followed},
    {"fetch redirect of fake-places", redirect_of_fake_places},
    {"fetch proxies of the environment", proxies_of_the_environment},
    {"fetch proxy of the configuration", proxy_of_the_configuration},
    {"fetch proxy sees TLS only", proxy_sees_tls_only},
    {"fetch netrc is not read", netrc_is_not_read},
    {"fetch nothing is remembered", nothing_is_remembered},
    {"fetch no alarm", no_alarm},
    {NULL, NULL},
};
