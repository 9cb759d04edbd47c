/* SPDX-License-Identifier: ISC */
/* How the configuration says who is asked for places: what is refused at the start, and
 * where the key does not go. */
#include "check.h"
#include "child.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"

#include <signal.h>
#include <stdio.h>

extern const struct check_test test_places_setup[];

enum { TEXT = 512 };

static void mistakes(void)
{
    static const struct {
        const char *lines, *says;
    } cases[] = {
        {"places-provider photon\n", "places-url: photon has no public URL"},
        {"places-url http://192.0.2.1/\n", "http is for loopback addresses only"},
        {"places-url https://u:SECRET@192.0.2.1/\n", "the URL has a user or a password"},
        {"places-ca-file nowhere.pem\n", "/nowhere.pem: No such file"},
        {"places-ca-file some.conf\n", "/some.conf: holds no certificate in PEM form"},
        {"places-proxy http://192.0.2.1\n", "proxy: the URL has no port"},
        {"places-proxy http://u:SECRET@192.0.2.1:3128\n",
         "proxy: the URL has a user or a password"},
        {"places-url http://127.0.0.1:1/\nplaces-proxy http://127.0.0.1:1\n",
         "proxy: for https only"},
    };
    char dir[CHILD_DIR], path[CHILD_DIR + 16], text[TEXT];
    REQUIRE(child_dir_make(dir));
    snprintf(path, sizeof path, "%s/some.conf", dir);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *argv[] = {"herd", "-c", path, "A", NULL};
        CHECK_LABEL("%s", cases[i].lines);
        snprintf(text, sizeof text, "server A client 127.0.0.1:0 peer 127.0.0.1:0\n%s",
                 cases[i].lines);
        CHECK(file_write(path, herd_slice_str(text)));
        struct outcome got = child_run("HERD_TEST_BIN", argv);
        CHECK_INT(got.status, 1);
        CHECK(bytes_have(got.err, cases[i].says));
        CHECK(!bytes_have(got.err, "SECRET"));
        CHECK_INT((int64_t)got.out.len, 0);
        outcome_free(&got);
    }
    child_dir_remove(dir);
}

static bool ask(const struct herd_proc *herd, struct herd_slice *got, struct client *client)
{
    return herd_proc_connect(herd, 0, client) &&
           client_ask(client, "IAMAT x +45+45 1\n", got) &&
           client_say(client, "WHATSAT x 5 5\n") && client_reply(client, got);
}

/* Who wants a key and is not on this machine is not asked without one; others are. Nobody
 * listens at that port. */
static void without_a_key(void)
{
    static const struct {
        const char *provider;
        bool wants_key;
    } cases[] = {{"google-legacy", true},
                 {"google-new", true},
                 {"overpass", false},
                 {"photon", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_proc herd;
        struct client client;
        struct herd_slice got;
        char conf[TEXT];
        CHECK_LABEL("%s", cases[i].provider);
        snprintf(conf, sizeof conf,
                 "places-provider %s\nplaces-url HTTPS://127.0.0.1:1/x\n",
                 cases[i].provider);
        REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
        if (CHECK(herd_proc_start(&herd, 0)) && CHECK(ask(&herd, &got, &client))) {
            CHECK_INT(bytes_have(got, "has no Places API key"), cases[i].wants_key);
            CHECK(bytes_have(got, "\"results\" : []"));
            client_close(&client);
        }
        herd_proc_close(&herd);
    }
}

static void check_hidden(long pid, const char *what, const char *key)
{
    char path[HERD_PROC_PATH];
    snprintf(path, sizeof path, "/proc/%ld/%s", pid, what);
    struct herd_slice bytes = file_read(path);
    CHECK_LABEL("%s", path);
    CHECK(bytes.data == NULL || !bytes_have(bytes, key));
    CHECK_LABEL("%s", "");
    file_free(bytes);
}

/* A key that goes into a header line. What /proc tells is looked at where there is one. */
static void key_in_header(void)
{
    static const char key[] = "MarkedKey0123456789";
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char conf[TEXT], path[HERD_PROC_PATH];
    REQUIRE(places_proc_start(&places));
    snprintf(conf, sizeof conf, "places-provider google-new\n%s", places.conf_line);
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    herd.key = key;
    if (CHECK(herd_proc_start(&herd, 0)) && CHECK(ask(&herd, &got, &client))) {
        long pid = (long)herd.server[0].pid;
        CHECK(!bytes_have(got, key));
        client_close(&client);
        check_hidden(pid, "environ", key);
        check_hidden(pid, "cmdline", key);
        snprintf(path, sizeof path, "/proc/%ld/limits", pid);
        struct herd_slice limits = file_read(path);
        CHECK(limits.data == NULL ||
              bytes_have(limits, "Max core file size        0                    0 "));
        file_free(limits);
        CHECK_INT(herd_proc_stop(&herd, 0, SIGTERM), 0);
        herd_proc_path(&herd, path, "log", 0, ".log");
        struct herd_slice log = file_read(path);
        CHECK(bytes_have(log, " places - > ") && !bytes_have(log, key));
        file_free(log);
    }
    herd_proc_close(&herd);
    struct herd_slice log = file_read(places.log);
    CHECK(bytes_have(log, "POST ") && !bytes_have(log, key));
    file_free(log);
    places_proc_stop(&places);
}

const struct check_test test_places_setup[] = {
    {"mistakes", mistakes},
    {"without_a_key", without_a_key},
    {"key_in_header", key_in_header},
    {NULL, NULL},
};
