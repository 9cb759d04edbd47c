/* What servers write down, and what they must not. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "wait.h"

#include <stdio.h>

static const char key[] = "MarkedKey-0123456789";

/* Waits until the log of server i has `text`; the log then, to be freed. */
static struct herd_slice log_with(const struct herd_proc *herd, uint32_t i,
                                  const char *text)
{
    char path[HERD_PROC_PATH];
    int64_t until = now_ms() + WAIT_MS;
    herd_proc_path(herd, path, "log", i, ".log");
    for (;;) {
        struct herd_slice log = file_read(path);
        if ((log.data != NULL && bytes_have(log, text)) || now_ms() >= until)
            return log;
        file_free(log);
        nap();
    }
}

static void lines_and_directions(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice line;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT kiwi +1+2 5\n", &line));
    CHECK(client_ask(&client, "bell\a \x1b[31m\xff\n", &line));
    struct herd_slice log = log_with(&herd, 0, "? bell");
    CHECK(bytes_have(log, "Z Goloman herd - - started\n"));
    CHECK(bytes_have(log, " < IAMAT kiwi +1+2 5\n"));
    CHECK(bytes_have(log, " > AT Goloman +"));
    CHECK(bytes_have(log, " < bell\\x07 \\x1b[31m\\xff\n"));
    CHECK(bytes_have(log, "link to Holiday is up ("));
    for (size_t i = 0; i < log.len; i++)
        if (log.data[i] != '\n' &&
            ((unsigned char)log.data[i] < ' ' || log.data[i] == 0x7f))
            CHECK_INT(log.data[i], '\n');
    file_free(log);
    log = log_with(&herd, 3, " kiwi +1+2 5\n");
    CHECK(bytes_have(log, " Welsh peer 127.0.0.1:"));
    CHECK(bytes_have(log, " < AT Goloman +"));
    file_free(log);
    CHECK_INT(herd_proc_stop(&herd, 2, SIGKILL), -SIGKILL);
    log = log_with(&herd, 3, "link to Holiday is down");
    CHECK(bytes_have(log, "link to Holiday is down"));
    file_free(log);
    client_close(&client);
    herd_proc_close(&herd);
}

static void traffic_may_be_left_out(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice line;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", "log-traffic no\n"));
    REQUIRE(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT kiwi +1+2 5\n", &line));
    client_close(&client);
    CHECK_INT(herd_proc_stop(&herd, 0, SIGTERM), 0);
    struct herd_slice log = log_with(&herd, 0, "stopped");
    CHECK(bytes_have(log, "link to Holiday is up ("));
    CHECK(!bytes_have(log, "kiwi"));
    file_free(log);
    herd_proc_close(&herd);
}

static void check_no_key(const char *path)
{
    struct herd_slice bytes = file_read(path);
    CHECK_LABEL("%s", path);
    if (bytes.data != NULL)
        CHECK(!bytes_have(bytes, key));
    file_free(bytes);
}

/* The upstream refuses every connection, so the key is in use and nothing answers. */
static void the_key_stays_inside(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice reply;
    char path[HERD_PROC_PATH];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "places-url http://127.0.0.1:9/json\n"));
    herd.key = key;
    REQUIRE(herd_proc_start_all(&herd));
    REQUIRE(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT kiwi +1+2 5\n", &reply));
    CHECK(client_say(&client, "WHATSAT kiwi 1 1\n"));
    CHECK(client_reply(&client, &reply));
    CHECK(bytes_have(reply, "UNKNOWN_ERROR"));
    CHECK(!bytes_have(reply, key));
    file_free(log_with(&herd, 0, "UNKNOWN_ERROR"));
    herd_proc_path(&herd, path, "log", 0, ".log");
    check_no_key(path);
    (void)snprintf(path, sizeof path, "/proc/%ld/environ", (long)herd.server[0].pid);
    check_no_key(path);
    (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)herd.server[0].pid);
    check_no_key(path);
    client_close(&client);
    herd_proc_close(&herd);
}

extern const struct check_test test_logs[];
const struct check_test test_logs[] = {
    {"lines_and_directions", lines_and_directions},
    {"traffic_may_be_left_out", traffic_may_be_left_out},
    {"the_key_stays_inside", the_key_stays_inside},
    {NULL, NULL},
};
