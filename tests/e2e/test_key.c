/* SPDX-License-Identifier: ISC */
/* Where the key of a provider goes, and that it goes nowhere else. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "shell.h"
#include "wait.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct check_test test_key[];

enum { TEXT = 1024, REQUEST = 16384 };

/* With what must be encoded in a URL. A core file would hold it, too. */
#define KEY     "Marked+Key/0123=456&789?x%y"
#define ENCODED "Marked%2BKey%2F0123%3D456%26789%3Fx%25y"

struct key_case {
    const char *provider;
    const char *carried; /* what of the request has the key; NULL: nothing */
    const char *reply;   /* of a service that knows no places */
};

static const struct key_case cases[] = {
    {"google-legacy", "&key=" ENCODED " HTTP/1.1\r\n",
     "{\"html_attributions\":[],\"results\":[],\"status\":\"ZERO_RESULTS\"}"},
    {"google-new", "\r\nX-Goog-Api-Key: " KEY "\r\n", "{}"},
    {"overpass", NULL, "{\"elements\":[]}"},
    {"photon", NULL, "{\"type\":\"FeatureCollection\",\"features\":[]}"},
};

/* ---- a service that shows what it is asked ---- */

static int door_open(uint16_t *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        return -1;
    *port = ntohs(sa.sin_port);
    return fd;
}

static size_t size_of_request(struct herd_slice got)
{
    const char *end = bytes_find(got, HERD_LIT("\r\n\r\n"));
    const char *length = bytes_find(got, HERD_LIT("\r\nContent-Length: "));
    if (end == NULL)
        return SIZE_MAX;
    return (size_t)(end - got.data) + 4 +
           (length != NULL && length < end ? (size_t)strtoul(length + 18, NULL, 10) : 0);
}

/* Reads one request, which ends with NUL then, and answers it. */
static bool serve_once(int door, const char *reply, char request[REQUEST])
{
    int64_t until = now_ms() + WAIT_MS;
    char head[128];
    size_t len = 0;
    request[0] = '\0';
    int fd = wait_fd(door, POLLIN, until) ? accept(door, NULL, NULL) : -1;
    while (fd >= 0 && len + 1 < REQUEST &&
           len < size_of_request(herd_slice(request, len)) && wait_fd(fd, POLLIN, until)) {
        ssize_t got = recv(fd, request + len, REQUEST - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        request[len] = '\0';
    }
    bool ok = len == size_of_request(herd_slice(request, len));
    int head_len = snprintf(head, sizeof head,
                            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
                            "application/json\r\nContent-Length: %zu\r\n\r\n",
                            strlen(reply));
    ok = ok && send(fd, head, (size_t)head_len, 0) == head_len &&
         send(fd, reply, strlen(reply), 0) == (ssize_t)strlen(reply);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* ---- where it must not be ---- */

static void check_without(struct herd_slice bytes)
{
    CHECK(bytes.data == NULL || (!bytes_have(bytes, KEY) && !bytes_have(bytes, ENCODED)));
}

static void check_process(long pid)
{
    static const char *const files[] = {"environ", "cmdline"};
    char path[HERD_PROC_PATH];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "/proc/%ld/%s", pid, files[i]);
        struct herd_slice bytes = file_read(path);
        check_without(bytes);
        file_free(bytes);
    }
    struct outcome ps = shell(".", "ps -o args= -p %ld; ps eww -p %ld", pid, pid);
    check_without(ps.out);
    outcome_free(&ps);
}

/* Logs, pid file, everything in the herd's folder. */
static void check_folder(const struct herd_proc *herd)
{
    struct outcome got = shell(herd->dir,
                               "grep -rF -e '%s' -e '%s' --exclude=key . ; "
                               "grep -c ' places - > ' log/Goloman.log",
                               KEY, ENCODED);
    CHECK(got.status == 0);
    CHECK_SLICE(got.out, HERD_LIT("1\n"));
    outcome_free(&got);
}

static void ask_with_key(const struct herd_proc *herd, int door, const struct key_case *c)
{
    static char request[REQUEST];
    struct client client, control;
    struct herd_slice got;
    CHECK(herd_proc_connect(herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT x +45+45 1\n", &got));
    CHECK(client_say(&client, "WHATSAT x 5 5\n"));
    CHECK(serve_once(door, c->reply, request));
    CHECK(client_reply(&client, &got));
    CHECK(bytes_have(got, "\"ZERO_RESULTS\""));
    check_without(got);
    struct herd_slice all = herd_slice_str(request);
    int64_t shown =
        (int64_t)(bytes_count(all, HERD_LIT(KEY)) + bytes_count(all, HERD_LIT(ENCODED)));
    CHECK_INT(shown, c->carried != NULL ? 1 : 0);
    CHECK(c->carried == NULL || bytes_have(all, c->carried));
    note("%s is sent\n%s", c->provider, request);
    CHECK(herd_proc_status(herd, 0, &control, &got));
    check_without(got);
    client_close(&control);
    client_close(&client);
}

/* From the environment or a file, and sent to the provider alone. */
static void run_case(const struct key_case *c, bool in_file)
{
    struct herd_proc herd;
    char conf[TEXT], path[HERD_PROC_PATH];
    uint16_t port = 0;
    int door = door_open(&port);
    REQUIRE(door >= 0);
    snprintf(conf, sizeof conf,
             "places-provider %s\nplaces-url http://127.0.0.1:%u/x\nlog-traffic yes\n%s",
             c->provider, (unsigned)port, in_file ? "places-key-file key\n" : "");
    REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
    snprintf(path, sizeof path, "%s/key", herd.dir);
    CHECK(!in_file || (file_write(path, HERD_LIT(KEY "\n")) && chmod(path, 0600) == 0));
    herd.key = in_file ? NULL : KEY;
    if (CHECK(herd_proc_start(&herd, 0))) {
        ask_with_key(&herd, door, c);
        check_process((long)herd.server[0].pid);
        CHECK_INT(herd_proc_stop(&herd, 0, SIGTERM), 0);
        check_folder(&herd);
    }
    herd_proc_close(&herd);
    close(door);
}

static void nowhere_else(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int in_file = 0; in_file < 2; in_file++) {
            CHECK_LABEL("%s, %s", cases[i].provider, in_file ? "file" : "environment");
            run_case(&cases[i], in_file);
        }
    CHECK_LABEL("%s", "");
}

/* What a provider quotes of the request that it refuses: the URL, the key, and the key as
 * JSON writes it. */
#define QUOTED "/x?key=" ENCODED ", " KEY ", Marked\\u002bKey\\/0123=456&789?x%y."

static const struct key_case quoting[] = {
    {"google-legacy", NULL,
     "{\"error_message\":\"" QUOTED "\",\"html_attributions\":[],\"results\":[],"
     "\"status\":\"REQUEST_DENIED\"}"},
    {"google-new", NULL,
     "{\"error\":{\"code\":400,\"message\":\"" QUOTED
     "\",\"status\":\"INVALID_ARGUMENT\"}}"},
};

static void quoted_by_the_provider(void)
{
    static char request[REQUEST];
    for (size_t i = 0; i < sizeof quoting / sizeof quoting[0]; i++) {
        struct herd_proc herd;
        struct client client;
        struct herd_slice got;
        char conf[TEXT];
        uint16_t port = 0;
        int door = door_open(&port);
        CHECK_LABEL("%s", quoting[i].provider);
        REQUIRE(door >= 0);
        snprintf(conf, sizeof conf,
                 "places-provider %s\nplaces-url http://127.0.0.1:%u/x\n",
                 quoting[i].provider, (unsigned)port);
        REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
        herd.key = KEY;
        if (CHECK(herd_proc_start(&herd, 0)) &&
            CHECK(herd_proc_connect(&herd, 0, &client))) {
            CHECK(client_ask(&client, "IAMAT x +45+45 1\n", &got));
            CHECK(client_say(&client, "WHATSAT x 5 5\n"));
            CHECK(serve_once(door, quoting[i].reply, request));
            CHECK(client_reply(&client, &got));
            check_without(got);
            CHECK_INT((int64_t)bytes_count(got, HERD_LIT("(key)")), 3);
            client_close(&client);
            CHECK_INT(herd_proc_stop(&herd, 0, SIGTERM), 0);
            check_folder(&herd);
        }
        herd_proc_close(&herd);
        close(door);
    }
    CHECK_LABEL("%s", "");
}

/* A shell starts the servers, not herd_proc. */
static void lend_ports(struct herd_proc *herd)
{
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        port_lend(&herd->client[i]);
        port_lend(&herd->peer[i]);
    }
}

/* What a server prints with -v, errors of libcurl in it, and what herdctl -v shows. */
static void the_key_is_not_printed(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_proc herd;
        char conf[TEXT];
        CHECK_LABEL("%s", cases[i].provider);
        snprintf(conf, sizeof conf, "places-provider %s\nplaces-url http://127.0.0.1:1/x\n",
                 cases[i].provider);
        REQUIRE(herd_proc_open(&herd, "ucla-2018", conf));
        lend_ports(&herd);
        struct outcome got =
            shell(herd.dir,
                  "HERD_PLACES_KEY='%s' \"$HERD_BIN\" -v -c herd.conf Goloman >out 2>&1 &\n"
                  "until grep -q ready out; do sleep 0.02; done\n"
                  "herdctl -v -c herd.conf -s Goloman iamat x +45+45 2>&1\n"
                  "herdctl -v -c herd.conf -s Goloman whatsat x 5 5 2>&1\n"
                  "herdctl -v -c herd.conf status Goloman 2>&1\n"
                  "kill -TERM $!; wait $!; cat out",
                  KEY);
        CHECK_INT(got.status, 0);
        CHECK(bytes_have(got.out, " places - > ") && bytes_have(got.out, "UNKNOWN_ERROR"));
        check_without(got.out);
        check_without(got.err);
        outcome_free(&got);
        herd_proc_close(&herd);
    }
    CHECK_LABEL("%s", "");
}

/* ---- core files ---- */

/* A server that has a key aborts where everybody else leaves a core file: it leaves none.
 * Where the system keeps core files elsewhere, or none, there is nothing to see; the
 * sanitizers turn them off by themselves. */
static void no_core_file(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "places-url http://127.0.0.1:1/x\n"));
    lend_ports(&herd);
    struct outcome got = shell(herd.dir,
                               "ulimit -c unlimited || exit 7; mkdir other && cd other\n"
                               "sh -c 'kill -ABRT $$' 2>/dev/null\n"
                               "ls | grep -c core >../others; cd ..\n"
                               "HERD_PLACES_KEY='%s' \"$HERD_BIN\" -c herd.conf Goloman "
                               ">out 2>err & pid=$!\n"
                               "until grep -q ready out; do sleep 0.02; done\n"
                               "kill -ABRT $pid; wait $pid 2>/dev/null; echo status $?\n"
                               "ls | grep core; cat others",
                               KEY);
    CHECK(bytes_have(got.out, "status 134\n"));
    CHECK(!bytes_have(got.out, "core"));
    note("aborted: no core file; %s one",
         bytes_have(got.out, "\n1\n") ? "another program left" : "no other program left");
    outcome_free(&got);
    herd_proc_close(&herd);
}

const struct check_test test_key[] = {
    {"nowhere_else", nowhere_else},
    {"quoted_by_the_provider", quoted_by_the_provider},
    {"the_key_is_not_printed", the_key_is_not_printed},
    {"no_core_file", no_core_file},
    {NULL, NULL},
};
