/* SPDX-License-Identifier: ISC */
/* One command and its reply, and what people should know about it. */
#include "client_commands.h"

#include "decimal.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/mem.h"
#include "json_scan.h"
#include "json_walk.h"
#include "refusal.h"

#include <stdio.h>

enum {
    REPLY_MAX_BYTES = 80 * 1024 * 1024, /* above the largest places-body-max */
    CHECK_MS = 1000,                    /* for the record that a server holds */
    SHOWN = 100
};

/* The line of a reply that decides what is said about it, and the lines after it. */
struct reply {
    struct herd_buf first, rest;
    bool refused; /* it begins with a question mark */
};

static void reply_init(struct reply *reply)
{
    herd_buf_init(&reply->first, &io_mem, REPLY_MAX_BYTES);
    herd_buf_init(&reply->rest, &io_mem, REPLY_MAX_BYTES);
    reply->refused = false;
}

static void reply_free(struct reply *reply)
{
    herd_buf_free(&reply->first);
    herd_buf_free(&reply->rest);
}

/* ---- reading ---- */

/* A reply is one line; that of a WHATSAT which was not refused has all lines up to an empty
 * one. `show`: prints it. CTL_OK; CTL_FAILED if it was refused; else another failure, with
 * wire->error. */
static int read_reply(struct wire *wire, bool places, bool show, struct reply *reply)
{
    struct herd_slice line = {"", 0};
    struct herd_buf *to = &reply->first;
    do {
        int rc = wire_receive(wire, &line);
        if (rc != CTL_OK)
            return rc;
        if (show)
            ctl_print(line);
        if (line.data[line.len - 1] != '\n') {
            herd_error_set(&wire->error,
                           "%s closed the connection in the middle of a reply", wire->name);
            return CTL_FAILED;
        }
        /* A reply that is too long to be kept is shown all the same. */
        (void)herd_buf_append(to, line);
        reply->refused = line.data[0] == '?' && to == &reply->first;
        if (reply->refused)
            return CTL_FAILED;
        to = &reply->rest;
    } while (places && line.len > 1);
    return CTL_OK;
}

/* After a failure a late reply must not be taken for that to the next line. */
static void close_unless_settled(struct wire *wire, int status)
{
    if (status != CTL_OK && !(status == CTL_FAILED && wire_is_idle(wire)))
        wire_close(wire);
}

/* ---- places ---- */

/* A reply that is not JSON, or has no status, is the server's affair. */
static int check_places(struct herd_slice json, const char *server)
{
    struct herd_slice status, message;
    if (herd_json_check(json) != HERD_OK)
        return CTL_OK;
    struct herd_slice root = herd_json_root(json);
    if (!herd_json_string(herd_json_get(root, "status"), &status) ||
        herd_slice_eq(status, HERD_LIT("OK")) ||
        herd_slice_eq(status, HERD_LIT("ZERO_RESULTS")))
        return CTL_OK;
    bool why = herd_json_string(herd_json_get(root, "error_message"), &message);
    return ctl_error(CTL_FAILED, "%s has no places: %.*s%s%.*s", server, (int)status.len,
                     status.data, why ? ": " : "", (int)message.len, message.data);
}

/* ---- reports that do not count ---- */

enum { RECORD_WORDS = 6, CLIENT = 3, LOCATION, TIME };

/* AT SERVER SKEW CLIENT LOCATION TIME; further words are for later versions. */
static bool split_record(struct herd_slice line, struct herd_slice *words)
{
    int count = 0;
    while (count < RECORD_WORDS && line.len > 0) {
        size_t len = 0;
        while (len < line.len && line.data[len] != ' ' && line.data[len] != '\n')
            len++;
        words[count++] = herd_slice(line.data, len);
        line = herd_slice_from(line, len < line.len ? len + 1 : len);
    }
    return count == RECORD_WORDS && herd_slice_eq(words[0], HERD_LIT("AT"));
}

/* A server replies to a report that changes nothing in the words of the report. So only the
 * record that it holds tells whether the report counted. One that is repeated, as after a
 * timeout, is no news. */
static void compare_records(const char *server, struct herd_slice reported,
                            struct herd_slice held)
{
    struct herd_slice ours[RECORD_WORDS], theirs[RECORD_WORDS];
    if (herd_slice_eq(reported, held) || !split_record(reported, ours) ||
        !split_record(held, theirs) ||
        (herd_slice_eq(ours[LOCATION], theirs[LOCATION]) &&
         herd_slice_eq(ours[TIME], theirs[TIME])))
        return;
    ctl_error(CTL_OK,
              "this report does not count: %s holds one of %.*s with the time %.*s, which "
              "is not earlier than %.*s",
              server, (int)(theirs[CLIENT].len < SHOWN ? theirs[CLIENT].len : SHOWN),
              theirs[CLIENT].data, (int)theirs[TIME].len, theirs[TIME].data,
              (int)ours[TIME].len, ours[TIME].data);
}

/* With 0 kilometres and 0 places a WHATSAT asks for the record alone. A server that closes
 * after one reply, or does not reply soon, is not asked. The lines are nothing that the
 * user has sent, so -v does not show them. */
static void check_counted(struct wire *wire, struct herd_slice reported)
{
    struct herd_slice words[RECORD_WORDS];
    struct reply reply;
    char line[512];
    if (!split_record(reported, words) || words[CLIENT].len > sizeof line - 16)
        return;
    int len = snprintf(line, sizeof line, "WHATSAT %.*s 0 0", (int)words[CLIENT].len,
                       words[CLIENT].data);
    reply_init(&reply);
    bool verbose = wire->verbose;
    wire->verbose = false;
    if (wire->timeout_ms > CHECK_MS)
        wire_set_timeout(wire, CHECK_MS);
    int status = wire_send(wire, herd_slice(line, (size_t)len));
    if (status == CTL_OK)
        status = read_reply(wire, true, false, &reply);
    if (status == CTL_OK)
        compare_records(wire->name, reported, herd_buf_bytes(&reply.first));
    wire->verbose = verbose;
    close_unless_settled(wire, status);
    reply_free(&reply);
}

/* ---- the exchange ---- */

static int conclude(struct wire *wire, struct herd_slice line, int status,
                    const struct reply *reply)
{
    if (reply->refused)
        refusal_explain(line, wire->name);
    else if (status != CTL_OK)
        ctl_error(status, "%s", wire->error.text);
    else if (command_is_whatsat(line))
        status = check_places(herd_buf_bytes(&reply->rest), wire->name);
    return status;
}

static int exchange(struct wire *wire, struct herd_slice line, bool check)
{
    struct reply reply;
    wire->in_reply = false;
    int status = wire_send(wire, line);
    if (status != CTL_OK)
        return ctl_error(status, "%s", wire->error.text);
    reply_init(&reply);
    status = read_reply(wire, command_is_whatsat(line), true, &reply);
    status = conclude(wire, line, status, &reply);
    close_unless_settled(wire, status);
    if (check && status == CTL_OK)
        check_counted(wire, herd_buf_bytes(&reply.first));
    reply_free(&reply);
    return status;
}

int command_exchange(struct wire *wire, struct herd_slice line)
{
    return exchange(wire, line, false);
}

int command_report(struct wire *wire, struct herd_slice line)
{
    return exchange(wire, line, true);
}
