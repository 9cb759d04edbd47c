/* SPDX-License-Identifier: ISC */
/* What is in the logs, and what must never be. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "wait.h"

#include <ctype.h>
#include <stdio.h>

enum { GOLOMAN = 0, HANDS = 1, WELSH = 3 };

/* Looks until the log has the text; the log, to be freed with file_free. */
static struct herd_slice log_with(const struct herd_proc *herd, uint32_t i,
                                  const char *text)
{
    char path[HERD_PROC_PATH];
    int64_t until = now_ms() + WAIT_MS;
    herd_proc_path(herd, path, "log", i, ".log");
    struct herd_slice bytes = file_read(path);
    while (!bytes_have(bytes, text) && now_ms() < until) {
        nap();
        file_free(bytes);
        bytes = file_read(path);
    }
    CHECK(bytes_have(bytes, text));
    return bytes;
}

/* "2026-11-21T12:00:00.123456Z": 9 stands for any digit. */
static bool is_stamp(struct herd_slice word)
{
    static const char pattern[] = "9999-99-99T99:99:99.999999Z";
    if (word.len != sizeof pattern - 1)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (pattern[i] == '9' ? !isdigit((unsigned char)word.data[i])
                              : word.data[i] != pattern[i])
            return false;
    return true;
}

static struct herd_slice take_word(struct herd_slice *line)
{
    const char *space = line->len > 0 ? memchr(line->data, ' ', line->len) : NULL;
    struct herd_slice word =
        herd_slice(line->data, space != NULL ? (size_t)(space - line->data) : line->len);
    *line = herd_slice_from(*line, word.len + (space != NULL ? 1 : 0));
    return word;
}

/* time server kind address direction text */
static bool is_log_line(struct herd_slice line, const char *server)
{
    static const char *const kinds[] = {"client", "peer", "places", "herd", "control"};
    bool known = false, printable = true;
    for (size_t i = 0; i < line.len; i++)
        printable = printable && !iscntrl((unsigned char)line.data[i]);
    bool stamp = is_stamp(take_word(&line));
    bool name = herd_slice_eq(take_word(&line), herd_slice_str(server));
    struct herd_slice kind = take_word(&line);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        known = known || herd_slice_eq(kind, herd_slice_str(kinds[i]));
    struct herd_slice address = take_word(&line);
    struct herd_slice way = take_word(&line);
    return printable && stamp && name && known && address.len > 0 && way.len == 1 &&
           strchr("<>-", way.data[0]) != NULL;
}

static size_t check_lines(struct herd_slice log, const char *server)
{
    size_t count = 0;
    CHECK(log.len > 0 && log.data[log.len - 1] == '\n');
    while (log.len > 0) {
        const char *lf = memchr(log.data, '\n', log.len);
        size_t len = lf != NULL ? (size_t)(lf - log.data) : log.len;
        if (!is_log_line(herd_slice(log.data, len), server))
            CHECK_SLICE(herd_slice(log.data, len), HERD_LIT("a line of a log"));
        log = herd_slice_from(log, lf != NULL ? len + 1 : len);
        count++;
    }
    return count;
}

/* Input and output of clients, links that come and go; one line for each, whatever bytes
 * are in it. */
static void format(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got, log;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "IAMAT kiwi +1+1 1\n", &got));
    CHECK(client_send(&client,
                      HERD_LIT("a\0b\r\x1b[2J\x7f\\ \xc3\xbc \xff\xc2\x9b\xe2\x80\xae\n")));
    CHECK(client_line(&client, &got));
    CHECK(client_ask(&client, "last\n", &got));
    CHECK_INT(herd_proc_stop(&herd, HANDS, SIGTERM), 0);
    log = log_with(&herd, GOLOMAN, " herd - - link to Hands is down: ");
    CHECK(check_lines(log, "Goloman") > 10);
    CHECK(bytes_have(log, " herd - - started\n"));
    CHECK(bytes_have(log, " < IAMAT kiwi +1+1 1\n"));
    CHECK(bytes_have(log, " > AT Goloman +"));
    CHECK(bytes_have(
        log,
        " < a\\x00b\\x0d\\x1b[2J\\x7f\\x5c \xc3\xbc \\xff\\xc2\\x9b\\xe2\\x80\\xae\n"));
    CHECK(bytes_have(
        log,
        " > ? a\\x00b\\x0d\\x1b[2J\\x7f\\x5c \xc3\xbc \\xff\\xc2\\x9b\\xe2\\x80\\xae\n"));
    CHECK(bytes_have(log, " < last\n") && bytes_have(log, " > ? last\n"));
    CHECK(bytes_have(log, "link to Hands is up ("));
    file_free(log);
    log = log_with(&herd, HANDS, " herd - - stopped\n");
    check_lines(log, "Hands");
    file_free(log);
    log = log_with(&herd, WELSH, " kiwi +1+1 1\n");
    CHECK(bytes_have(log, " Welsh peer 127.0.0.1:") && bytes_have(log, " < AT Goloman +"));
    file_free(log);
    client_close(&client);
    herd_proc_close(&herd);
}

/* A line that pretends to be two. */
static void no_forged_lines(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got, log;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(client_say(&client,
                     "x\r2026-01-01T00:00:00.000000Z Goloman herd - - forged\v\f\n"));
    CHECK(client_line(&client, &got));
    CHECK(client_ask(&client, "last\n", &got));
    log = log_with(&herd, GOLOMAN, " > ? last\n");
    check_lines(log, "Goloman");
    CHECK(bytes_find(log, HERD_LIT("\r")) == NULL);
    CHECK(bytes_find(log, HERD_LIT("\n2026-01-01T00")) == NULL);
    file_free(log);
    client_close(&client);
    herd_proc_close(&herd);
}

/* Without the traffic there is still what happens to links. */
static void without_traffic(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got, log;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", "log-traffic no\n"));
    CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "IAMAT kiwi +1+1 1\n", &got));
    CHECK(client_ask(&client, "nonsense\n", &got));
    client_close(&client);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    log = log_with(&herd, GOLOMAN, " herd - - stopped\n");
    CHECK(!bytes_have(log, "kiwi") && !bytes_have(log, "nonsense"));
    CHECK(bytes_have(log, "link to Hands is up ("));
    file_free(log);
    herd_proc_close(&herd);
}

static void check_no_key(const char *path, const char *key)
{
    struct herd_slice bytes = file_read(path);
    CHECK_LABEL("%s", path);
    CHECK(bytes.data == NULL || !bytes_have(bytes, key));
    CHECK_LABEL("%s", "");
    file_free(bytes);
}

/* The key goes to the Places server and nowhere else. */
static void no_key_anywhere(void)
{
    static const char key[] = "MarkedKey0123456789";
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    struct herd_slice got, log;
    char path[HERD_PROC_PATH];
    REQUIRE(places_proc_start(&places));
    REQUIRE(herd_proc_open(&herd, "ucla-2018", places.conf_line));
    herd.key = key;
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_connect(&herd, GOLOMAN, &client));
    static const char *const locations[] = {"+45+45", "+20+2", "+1+3", "+1+12", "+1+11"};
    for (int i = 0; i < 5; i++) {
        char line[64];
        snprintf(line, sizeof line, "IAMAT x %s %d\n", locations[i], i + 1);
        CHECK(client_ask(&client, line, &got));
        CHECK(client_say(&client, "WHATSAT x 5 5\n"));
        CHECK(client_reply(&client, &got));
        CHECK(!bytes_have(got, key));
    }
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)herd.server[GOLOMAN].pid);
    check_no_key(path, key);
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)herd.server[GOLOMAN].pid);
    check_no_key(path, key);
    client_close(&client);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    log = log_with(&herd, GOLOMAN, " herd - - stopped\n");
    CHECK(bytes_have(log, " places - > location=45"));
    CHECK(!bytes_have(log, key) && !bytes_have(log, "key="));
    file_free(log);
    herd_proc_close(&herd);
    log = file_read(places.log);
    CHECK(bytes_have(log, "key=present") || bytes_have(log, key));
    file_free(log);
    places_proc_stop(&places);
}

const struct check_test test_logs[] = {
    {"format", format},
    {"no_forged_lines", no_forged_lines},
    {"without_traffic", without_traffic},
    {"no_key_anywhere", no_key_anywhere},
    {NULL, NULL},
};
