/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"
#include "io/fetch_options.h"
#include "io/fetch_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct check_test test_fetch_setup[];

/* ---- keys -------------------------------------------------------------------------- */

/* A line break in the key would begin another header line. */
static void key_that_does_not_fit(void)
{
    static const char *const keys[] = {"a b", "a\rX: y",  "a\nX: y",
                                       "\t",  "\xc3\xa9", "\x7f"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct io_fetch_setup setup = usual;
        setup.key = keys[i];
        setup.key_header = "X-Key";
        CHECK_LABEL("key %zu", i);
        if (open_loop()) {
            CHECK(!open_fetch(&setup, "127.0.0.1", 1));
            CHECK_STR(run.error.text, "the key has a blank, a control or a non-ASCII byte");
        }
        close_all();
    }
}

/* Servers may quote the key raw, encoded in small letters, or encoded without need. */
static void key_shows(void)
{
    static const struct {
        const char *key, *text;
        bool shows;
    } cases[] = {
        {"Secret/9", "bad line: Secret/9!", true},
        {"Secret/9", "bad line: Secret%2F9", true},
        {"Secret/9", "bad line: Secret%2f9", true},
        {"Secret/9", "bad line: %53%65cret%2f%39", true},
        {"Secret/9", "bad line: Secret%2", false},
        {"Secret/9", "bad line: Secret%2g9", false},
        {"Secret/9", "bad line: secret/9", false},
        {"Secret/9", "", false},
        {"a%b", "xa%bx", true},
        {"a%b", "xa%25bx", true},
        {"a%b", "xa%25%62", true},
        {"a%b", "xa%2", false},
        {"aab", "aaab", true},
        {"%", "100%", true},
        {"\xc3\xa9", "%C3%a9", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s in %s", cases[i].key, cases[i].text);
        CHECK_INT(io_fetch_key_shows(cases[i].key, cases[i].text), cases[i].shows);
    }
}

/* A text that is as long as libcurl's texts can be may have been cut inside the key. */
static void key_may_be_cut(void)
{
    char key[] = "Secret";
    char text[CURL_ERROR_SIZE];
    struct io_fetch_plan plan = {.key = key};
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        text[len] = '\0';
        CHECK_INT(io_fetch_plan_shows_key(&plan, text), len >= CURL_ERROR_SIZE - 8);
        text[len] = 'x';
    }
    plan.key = NULL;
    text[sizeof text - 1] = '\0';
    CHECK(!io_fetch_plan_shows_key(&plan, text));
}

/* Checks each block when it is freed: it must not have the key. */
static void *searched_resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    int *found = ctx;
    const char *bytes = old;
    for (size_t i = 0; i + 6 <= old_size; i++)
        *found += memcmp(bytes + i, "Secret", 6) == 0;
    void *fresh = new_size > 0 ? calloc(1, new_size) : NULL;
    if (fresh == NULL && new_size > 0)
        return NULL;
    if (fresh != NULL && old != NULL)
        memcpy(fresh, old, old_size < new_size ? old_size : new_size);
    free(old);
    return fresh;
}

static void key_is_wiped(void)
{
    for (int in_header = 0; in_header < 2; in_header++) {
        int found = 0;
        struct stub stub;
        struct herd_mem mem = {searched_resize, &found};
        struct io_fetch_setup setup = usual;
        CHECK_LABEL("in header %d", in_header);
        setup.key = "AIza-Secret/9";
        setup.key_header = in_header ? "X-Key" : NULL;
        setup.key_param = in_header ? NULL : "key";
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            struct herd_mem counted = run.mem;
            run.mem = mem;
            if (CHECK(open_fetch(&setup, "127.0.0.1", stub.port)))
                CHECK_INT(fetch_one("a=1")->status, 200);
            CHECK_INT(count_of(stub.request, "AIza-Secret"), 1);
            io_fetch_free(run.fetch);
            run.fetch = NULL;
            run.mem = counted;
            CHECK_INT(found, 0);
            stub_close(&stub);
        }
        close_all();
    }
}

/* ---- URLs -------------------------------------------------------------------------- */

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
        setup.key_param = "key";
        CHECK_LABEL("%s", cases[i].url);
        if (open_loop()) {
            CHECK(open_fetch(&setup, "", 0) == cases[i].good);
            CHECK(cases[i].good || run.error.text[0] != '\0');
            CHECK(strstr(run.error.text, "SECRET") == NULL &&
                  strstr(run.error.text, "secret") == NULL);
        }
        close_all();
    }
}

static void proxies(void)
{
    static const struct {
        const char *url;
        const char *proxy;
        const char *error; /* NULL: good */
    } cases[] = {
        {"https://example.org/x", "http://192.0.2.1:3128", NULL},
        {"https://example.org/x", "http://127.0.0.1:3128/", NULL},
        {"https://example.org/x", "http://[2001:db8::1]:80", NULL},
        {"https://example.org/x", "socks5h://192.0.2.1:1080", NULL},
        {"https://example.org/x", "socks5://proxy.example.org:1080", NULL},
        {"http://127.0.0.1:80/x", "http://127.0.0.1:3128", "proxy: for https only"},
        {"https://example.org/x", "http://192.0.2.1", "proxy: the URL has no port"},
        {"https://example.org/x", "192.0.2.1:3128", ""},
        {"https://example.org/x", "http://u:SECRET@192.0.2.1:3128",
         "proxy: the URL has a user or a password"},
        {"https://example.org/x", "ftp://192.0.2.1:21", ""},
        {"https://example.org/x", "http://192.0.2.1:1/?SECRET",
         "proxy: the URL has a query or a fragment"},
        {"https://example.org/x", "file:///SECRET", ""},
        {"https://example.org/x", "https://192.0.2.1:3128",
         "proxy: the URL is not an http, socks5 or socks5h one"},
        {"https://example.org/x", "http://", "proxy: the URL is malformed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct io_fetch_setup setup = usual;
        setup.url = cases[i].url;
        setup.proxy = cases[i].proxy;
        CHECK_LABEL("%s for %s", cases[i].proxy, cases[i].url);
        if (open_loop()) {
            CHECK((open_fetch(&setup, "", 0)) == (cases[i].error == NULL));
            CHECK(strstr(run.error.text, "SECRET") == NULL);
            if (cases[i].error != NULL && cases[i].error[0] != '\0')
                CHECK_STR(run.error.text, cases[i].error);
        }
        close_all();
    }
}

static void certificate_files(void)
{
    static const struct {
        const char *text;  /* NULL: there is no file */
        const char *error; /* NULL: good */
    } cases[] = {
        {NULL, "No such file"},
        {"", "holds no certificate in PEM form"},
        {"a certificate\n", "holds no certificate in PEM form"},
        {"# roots\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", NULL},
    };
    char dir[] = "/tmp/herd-ca-XXXXXX", path[64];
    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/ca.pem", dir);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct io_fetch_setup setup = usual;
        FILE *out = cases[i].text != NULL ? fopen(path, "w") : NULL;
        setup.url = "https://192.0.2.1/x";
        setup.ca_file = path;
        CHECK_LABEL("case %zu", i);
        if (out != NULL) {
            CHECK(fputs(cases[i].text, out) >= 0);
            fclose(out);
        }
        if (open_loop()) {
            CHECK(open_fetch(&setup, "", 0) == (cases[i].error == NULL));
            CHECK(cases[i].error == NULL || strstr(run.error.text, cases[i].error) != NULL);
            CHECK(cases[i].error == NULL || strstr(run.error.text, path) != NULL);
        }
        close_all();
    }
    unlink(path);
    rmdir(dir);
}

/* A libcurl that lacks something is refused before it is used. */
static void unfit_libcurls(void)
{
    static const char *const both[] = {"http", "https", NULL};
    static const char *const plain[] = {"http", NULL};
    enum { ALL = CURL_VERSION_ASYNCHDNS | CURL_VERSION_SSL };
    static const struct {
        unsigned version;
        int features;
        const char *const *protocols;
        bool secure, resolves, proxy;
        const char *error;
    } cases[] = {
        {IO_FETCH_LIBCURL_OLDEST, ALL, both, true, true, false, NULL},
        {IO_FETCH_LIBCURL_OLDEST - 1, ALL, both, true, true, false,
         "libcurl is older than " IO_FETCH_LIBCURL_OLDEST_TEXT},
        {0x080000, CURL_VERSION_SSL, both, true, true, false,
         "this libcurl would block on names: use an address in the URL"},
        {0x080000, CURL_VERSION_SSL, both, true, false, false, NULL},
        {0x080000, CURL_VERSION_SSL, both, true, true, true, NULL},
        {0x080000, ALL, plain, true, true, false, "this libcurl lacks https"},
        {0x080000, CURL_VERSION_ASYNCHDNS, both, true, true, false,
         "this libcurl lacks https"},
        {0x080000, 0, plain, false, false, false, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char proxy[] = "http://192.0.2.1:80";
        curl_version_info_data info = {.version_num = cases[i].version,
                                       .features = cases[i].features,
                                       .protocols = cases[i].protocols};
        struct io_fetch_plan plan = {
            .url = {.secure = cases[i].secure, .resolves = cases[i].resolves}};
        plan.proxy.text = cases[i].proxy ? proxy : NULL;
        const char *unfit = io_fetch_options_unfit(&plan, &info);
        CHECK_LABEL("case %zu", i);
        CHECK_STR(unfit != NULL ? unfit : "fit",
                  cases[i].error != NULL ? cases[i].error : "fit");
    }
}

const struct check_test test_fetch_setup[] = {
    {"fetch key that is no header value", key_that_does_not_fit},
    {"fetch key shows", key_shows},
    {"fetch key may be cut", key_may_be_cut},
    {"fetch key is wiped", key_is_wiped},
    {"fetch urls", urls},
    {"fetch proxies", proxies},
    {"fetch certificate files", certificate_files},
    {"fetch unfit libcurls", unfit_libcurls},
    {NULL, NULL},
};
