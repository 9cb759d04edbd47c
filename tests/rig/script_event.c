/* SPDX-License-Identifier: ISC */
/* The events of scripts. */
#include "decimal.h"
#include "frames.h"
#include "greet.h"
#include "script.h"
#include "show.h"

#include <stdlib.h>

enum { DAY_MS = 24 * 3600 * 1000 };

/* ---- words ---- */

static int hex(char c)
{
    return (c <= '9' ? c - '0' : c - 'a' + 10) & 15;
}

/* Undoes the escapes in place; returns the length. */
static size_t unescape(char *text, size_t len)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '\\' && i + 1 < len) {
            c = text[++i];
            if (c == 'x' && i + 2 < len) {
                c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
                i += 2;
            } else {
                c = c == 'n'   ? '\n'
                    : c == 'r' ? '\r'
                    : c == 't' ? '\t'
                    : c == 's' ? ' '
                               : c;
            }
        }
        text[used++] = c;
    }
    return used;
}

/* Takes the first word off *rest. */
static char *take(char **rest)
{
    char *word = *rest;
    size_t len = strcspn(word, " ");
    *rest = word + len + (word[len] == ' ');
    word[len] = '\0';
    return word;
}

/* A server whose dial waits for its answer, or -1. */
static int64_t dialled_server(const struct rig *rig, const char *name)
{
    int64_t server = herd_conf_find(&rig->conf, herd_slice_str(name));
    return server >= 0 && rig->dialling[server] ? server : -1;
}

/* 0, which is never open: there is no such connection. */
static herd_conn_id take_conn(char **rest)
{
    unsigned long conn = strtoul(take(rest), NULL, 10);
    return conn < RIG_CONNS ? conn : 0;
}

/* 0: of no role. */
static enum herd_role role_called(const char *name)
{
    static const struct {
        const char *name;
        enum herd_role role;
    } roles[] = {{"", HERD_ROLE_CLIENT},
                 {"client", HERD_ROLE_CLIENT},
                 {"peer", HERD_ROLE_PEER},
                 {"control", HERD_ROLE_CONTROL}};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, name) == 0)
            return roles[i].role;
    return 0;
}

/* ---- events: each returns whether it could happen ---- */

static bool act_open(struct rig *rig, char *rest)
{
    herd_conn_id conn = take_conn(&rest);
    const char *role = take(&rest);
    int64_t server = dialled_server(rig, rest);
    if (conn == 0 || rig->open[conn])
        return false;
    if (strcmp(role, "dialled") == 0) {
        if (server < 0)
            return false;
        rig_open(rig, conn, HERD_ROLE_PEER, server);
    } else if (strcmp(role, "from") == 0) {
        rig_open_from(rig, conn, herd_slice_str(rest));
    } else if (strcmp(role, "near") == 0) {
        rig_open_near(rig, conn);
    } else if (role_called(role) != 0) {
        rig_open(rig, conn, role_called(role), -1);
    } else {
        return false;
    }
    return true;
}

static bool act_eof(struct rig *rig, char *rest)
{
    return rig_eof(rig, take_conn(&rest));
}

static bool act_drained(struct rig *rig, char *rest)
{
    return rig_drained(rig, take_conn(&rest));
}

static bool act_closed(struct rig *rig, char *rest)
{
    herd_conn_id conn = take_conn(&rest);
    return rig_closed(rig, conn, herd_slice_str(rest));
}

static bool act_evicted(struct rig *rig, char *rest)
{
    herd_conn_id conn = take_conn(&rest);
    return rig_evicted(rig, conn, herd_slice_str(rest));
}

/* Cut as the rig wants it. */
static void hand_over(struct rig *rig, herd_conn_id conn, struct herd_slice bytes)
{
    size_t piece = rig->piece > 0 ? rig->piece : bytes.len;
    while (bytes.len > 0) {
        size_t len = piece < bytes.len ? piece : bytes.len;
        rig_data(rig, conn, herd_slice(bytes.data, len));
        bytes = herd_slice_from(bytes, len);
        if (!rig->pieces)
            piece = bytes.len;
    }
}

static bool act_data(struct rig *rig, herd_conn_id conn, char *text)
{
    size_t len = strlen(text);
    bool lf = len < 2 || strcmp(text + len - 2, "\\c") != 0;
    if (conn == 0 || conn >= RIG_CONNS || !rig->open[conn])
        return false;
    len = unescape(text, lf ? len : len - 2);
    if (lf)
        text[len++] = '\n';
    struct rig_text heard = {NULL, 0, 0};
    rig_text_clear(&heard);
    frames_fill(rig, &heard, herd_slice(text, len));
    hand_over(rig, conn, rig_text_bytes(&heard));
    rig_text_free(&heard);
    return true;
}

static bool act_fail(struct rig *rig, char *rest)
{
    int64_t server = dialled_server(rig, take(&rest));
    if (server < 0)
        return false;
    rig->dialling[server] = false;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_DIAL_FAILED,
                                      .server = server,
                                      .bytes = herd_slice_str(rest)});
    return true;
}

static bool act_places(struct rig *rig, char *rest)
{
    const char *name = take(&rest);
    if (name[0] != '#')
        return false;
    size_t number = strtoul(name + 1, NULL, 10);
    char *after;
    int status = (int)strtol(take(&rest), &after, 10);
    int64_t after_ms = after[0] == '/' ? strtoll(after + 1, NULL, 10) : 0;
    size_t len = unescape(rest, strlen(rest));
    rig_places_after(rig, number, status, after_ms, herd_slice(rest, len));
    return true;
}

static bool act_full(struct rig *rig, char *rest)
{
    enum herd_role role = role_called(rest);
    if (role == 0)
        return false;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_ROLE_FULL, .role = role});
    return true;
}

static bool act_refused(struct rig *rig, char *rest)
{
    rig_step(rig, (struct herd_event){.kind = HERD_EV_ADDRESS_REFUSED,
                                      .address = herd_slice_str(rest)});
    return true;
}

static bool act_exhausted(struct rig *rig, char *rest)
{
    (void)rest;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_DESCRIPTORS_EXHAUSTED});
    return true;
}

static bool act_accept_failed(struct rig *rig, char *rest)
{
    enum herd_role role = role_called(take(&rest));
    if (role == 0)
        return false;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_ACCEPT_FAILED,
                                      .role = role,
                                      .bytes = herd_slice_str(rest)});
    return true;
}

static bool act_log_lost(struct rig *rig, char *rest)
{
    struct herd_event lost = {.kind = HERD_EV_LOG_LINES_LOST};
    if (herd_uint_parse(herd_slice_str(rest), UINT64_MAX, &lost.lines) != 0)
        return false;
    rig_step(rig, lost);
    return true;
}

static bool act_disk(struct rig *rig, char *rest)
{
    const char *what = take(&rest);
    bool said = strcmp(what, "said") == 0;
    if (!said && strcmp(what, "ended") != 0)
        return false;
    rig_step(rig,
             (struct herd_event){.kind = said ? HERD_EV_DISK_SAID : HERD_EV_DISK_ENDED,
                                 .bytes = herd_slice(rest, unescape(rest, strlen(rest)))});
    return true;
}

static bool act_link(struct rig *rig, char *rest)
{
    greet_links(rig, rest, false);
    return true;
}

static bool act_answer(struct rig *rig, char *rest)
{
    greet_links(rig, rest, true);
    return true;
}

static bool act_tick(struct rig *rig, char *rest)
{
    (void)rest;
    rig_tick(rig);
    return true;
}

static bool act_pass(struct rig *rig, char *rest)
{
    int64_t ms = strtoll(rest, NULL, 10);
    if (ms < 0 || ms > DAY_MS)
        return false;
    rig_pass_ms(rig, ms);
    return true;
}

static bool act_wait(struct rig *rig, char *rest)
{
    return act_pass(rig, rest) && act_tick(rig, rest);
}

static bool act_stop(struct rig *rig, char *rest)
{
    (void)rest;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_STOP});
    return true;
}

static bool act_starve(struct rig *rig, char *rest)
{
    fail_mem_arm(&rig->mem, strtoul(rest, NULL, 10), false);
    return true;
}

static bool act_show(struct rig *rig, char *rest)
{
    return show_words(rig, rest);
}

static bool act_status(struct rig *rig, char *rest)
{
    show_status(rig, rest);
    return true;
}

static bool act_record(struct rig *rig, char *rest)
{
    show_record(rig, rest);
    return true;
}

static const struct {
    const char *name;
    bool (*act)(struct rig *rig, char *rest);
} events[] = {
    {"open", act_open},
    {"eof", act_eof},
    {"drained", act_drained},
    {"closed", act_closed},
    {"link", act_link},
    {"answer", act_answer},
    {"fail", act_fail},
    {"places", act_places},
    {"full", act_full},
    {"exhausted", act_exhausted},
    {"disk", act_disk},
    {"log-lost", act_log_lost},
    {"accept-failed", act_accept_failed},
    {"evicted", act_evicted},
    {"refused", act_refused},
    {"tick", act_tick},
    {"pass", act_pass},
    {"wait", act_wait},
    {"stop", act_stop},
    {"starve", act_starve},
    {"show", act_show},
    {"status", act_status},
    {"record", act_record},
};

/* `line` has room for one more byte. */
static enum script_outcome act(struct rig *rig, char *line)
{
    char *rest = line, *end;
    unsigned long conn = strtoul(line, &end, 10);
    if (end != line && end[0] == '<')
        return act_data(rig, conn, end + (end[1] == ' ' ? 2 : 1)) ? SCRIPT_DONE
                                                                  : SCRIPT_IMPOSSIBLE;
    const char *verb = take(&rest);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (strcmp(events[i].name, verb) == 0)
            return events[i].act(rig, rest) ? SCRIPT_DONE : SCRIPT_IMPOSSIBLE;
    return SCRIPT_UNKNOWN;
}

enum script_outcome script_event(struct rig *rig, struct herd_slice line)
{
    char *copy = malloc(line.len + 2);
    if (copy == NULL)
        abort();
    memcpy(copy, line.data, line.len);
    copy[line.len] = '\0';
    enum script_outcome outcome = act(rig, copy);
    free(copy);
    return outcome;
}
