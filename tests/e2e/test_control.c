/* SPDX-License-Identifier: ISC */
/* The control socket. */
#include "check.h"
#include "files.h"
#include "herd/stats.h"
#include "herd_proc.h"
#include "wait.h"

#include <stdio.h>
#include <sys/stat.h>

enum { GOLOMAN = 0, HANDS = 1, WELSH = 3 };

static void check_counter(struct herd_slice text, const char *name)
{
    char line[64];
    snprintf(line, sizeof line, "\n%s ", name);
    CHECK_LABEL("%s", name);
    CHECK_INT((int64_t)bytes_count(text, herd_slice_str(line)), 1);
    CHECK_LABEL("%s", "");
}

static const char *const gauges[] = {
    "uptime_ms", "clients_known",    "records_bytes",    "store_bytes",
    "digest",    "connections_open", "requests_running", "requests_waiting"};

/* Every counter once, a line for each neighbour, and an empty line after it all. */
static void status(void)
{
    struct herd_proc herd;
    struct client control, client;
    struct herd_slice text;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "IAMAT a +1+1 1\n", &text));
    CHECK(client_ask(&client, "IAMAT a +1+1 1\n", &text));
    CHECK(client_ask(&client, "x\n", &text));
    CHECK(herd_proc_status(&herd, GOLOMAN, &control, &text));
    CHECK(memcmp(text.data, "server Goloman\n", 15) == 0);
    CHECK(bytes_have(text, "\nversion " HERD_VERSION "\n"));
#define COUNTER(field, what) check_counter(text, #field);
    HERD_STATS(COUNTER)
#undef COUNTER
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++)
        check_counter(text, gauges[i]);
    CHECK(bytes_have(text, "\nclients_known 1\n"));
    CHECK(bytes_have(text, "\ncommands 3\n"));
    CHECK(bytes_have(text, "\nreports 2\n"));
    CHECK(bytes_have(text, "\nreports_stored 1\n"));
    CHECK(bytes_have(text, "\nreports_stale 1\n"));
    CHECK(bytes_have(text, "\ninvalid 1\n"));
    CHECK_INT((int64_t)bytes_count(text, HERD_LIT("\nlink ")), 3);
    CHECK_INT((int64_t)bytes_count(text, HERD_LIT(" up ")), 3);
    CHECK(bytes_find(text, HERD_LIT("\n\n")) == text.data + text.len - 2);
    client_close(&control);
    client_close(&client);
    herd_proc_close(&herd);
}

/* A link that is down says why. */
static void status_of_a_link(void)
{
    struct herd_proc herd;
    struct client control;
    struct herd_slice text;
    bool down = false;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK_INT(herd_proc_stop(&herd, HANDS, SIGKILL), -SIGKILL);
    int64_t until = now_ms() + WAIT_MS;
    while (!down && now_ms() < until) {
        CHECK(herd_proc_status(&herd, GOLOMAN, &control, &text));
        down = bytes_have(text, "\nlink Hands down - 0 ") &&
               !bytes_have(text, "\nlink Hands down - 0 \n");
        client_close(&control);
        if (!down)
            nap();
    }
    CHECK(down);
    CHECK(herd_proc_start(&herd, HANDS) && herd_proc_wait_links(&herd));
    herd_proc_close(&herd);
}

/* Not a place for clients and neighbours, nor for other users. */
static void only_control(void)
{
    static const char *const lines[] = {
        "IAMAT a +1+1 1", "WHATSAT a 1 1", "",
        "status",         "STATUS x",      "HELLO 0 1 1 Hands Goloman 0123456789abcdef"};
    struct herd_proc herd;
    struct client control;
    struct herd_slice got;
    struct stat st;
    char path[HERD_PROC_PATH], line[128];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, WELSH));
    herd_proc_path(&herd, path, "run", WELSH, ".sock");
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0077) == 0);
    CHECK(client_open_unix(&control, path));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK_LABEL("%s", lines[i]);
        snprintf(line, sizeof line, "%s\n", lines[i]);
        CHECK(client_ask(&control, line, &got));
        snprintf(line, sizeof line, "? %s", lines[i]);
        CHECK_SLICE(got, herd_slice_str(line));
    }
    CHECK(client_say(&control, "STATUS\nSTATUS\n"));
    for (int i = 0; i < 2; i++) {
        CHECK(client_reply(&control, &got));
        CHECK(memcmp(got.data, "server Welsh\n", 13) == 0);
        CHECK(bytes_have(got, "\nclients_known 0\n"));
    }
    client_close(&control);
    herd_proc_close(&herd);
}

const struct check_test test_control[] = {
    {"status", status},
    {"status_of_a_link", status_of_a_link},
    {"only_control", only_control},
    {NULL, NULL},
};
