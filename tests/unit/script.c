#include "script.h"

#include "check.h"
#include "frames.h"
#include "greet.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- words ---- */

static int hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
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
                c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
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

static int64_t server_called(const struct rig *rig, const char *name)
{
    int64_t server = herd_conf_find(&rig->conf, herd_slice_str(name));
    if (server < 0)
        abort();
    return server;
}

/* ---- events ---- */

static void act_open(struct rig *rig, char *rest)
{
    herd_conn_id conn = strtoull(take(&rest), NULL, 10);
    const char *role = take(&rest);
    int64_t server = -1;
    if (strcmp(role, "dialled") == 0) {
        server = server_called(rig, rest);
        if (!rig->dialling[server])
            return;
    }
    if (strcmp(role, "from") == 0) {
        rig_open_from(rig, conn, herd_slice_str(rest));
        return;
    }
    if (strcmp(role, "near") == 0) {
        rig_open_near(rig, conn);
        return;
    }
    enum herd_role kind = HERD_ROLE_PEER;
    if (role[0] == '\0')
        kind = HERD_ROLE_CLIENT;
    else if (strcmp(role, "control") == 0)
        kind = HERD_ROLE_CONTROL;
    rig_open(rig, conn, kind, server);
}

static void act_conn(struct rig *rig, enum herd_event_kind kind, char *rest)
{
    struct herd_event event = {.kind = kind, .conn = strtoull(take(&rest), NULL, 10)};
    event.bytes = herd_slice_str(rest);
    if (!rig->open[event.conn])
        return;
    if (kind == HERD_EV_CLOSED)
        rig->open[event.conn] = false;
    rig_step(rig, event);
}

static void act_data(struct rig *rig, herd_conn_id conn, char *text)
{
    size_t len = strlen(text);
    bool lf = len < 2 || strcmp(text + len - 2, "\\c") != 0;
    if (!rig->open[conn])
        return;
    len = unescape(text, lf ? len : len - 2);
    if (lf)
        text[len++] = '\n';
    struct rig_text heard = {NULL, 0, 0};
    rig_text_clear(&heard);
    frames_fill(rig, &heard, herd_slice(text, len));
    rig_data(rig, conn, herd_slice(heard.data, heard.len));
    rig_text_free(&heard);
}

static void act_fail(struct rig *rig, char *rest)
{
    int64_t server = server_called(rig, take(&rest));
    if (!rig->dialling[server])
        return;
    rig->dialling[server] = false;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_DIAL_FAILED,
                                      .server = server,
                                      .bytes = herd_slice_str(rest)});
}

static void act_places(struct rig *rig, char *rest)
{
    size_t number = strtoul(take(&rest) + 1, NULL, 10);
    uint64_t lookup = number <= rig->lookup_count ? rig->lookup[number] : UINT64_MAX;
    int status = (int)strtol(take(&rest), NULL, 10);
    size_t len = unescape(rest, strlen(rest));
    rig_step(rig, (struct herd_event){.kind = HERD_EV_PLACES,
                                      .lookup = lookup,
                                      .status = status,
                                      .bytes = herd_slice(rest, len)});
}

/* `line` has room for one more byte. */
static void act(struct rig *rig, char *line)
{
    char *rest = line, *end;
    unsigned long conn = strtoul(line, &end, 10);
    if (end != line && end[0] == '<') {
        act_data(rig, conn, end + (end[1] == ' ' ? 2 : 1));
        return;
    }
    const char *verb = take(&rest);
    if (strcmp(verb, "open") == 0)
        act_open(rig, rest);
    else if (strcmp(verb, "eof") == 0)
        act_conn(rig, HERD_EV_EOF, rest);
    else if (strcmp(verb, "drained") == 0)
        act_conn(rig, HERD_EV_DRAINED, rest);
    else if (strcmp(verb, "closed") == 0)
        act_conn(rig, HERD_EV_CLOSED, rest);
    else if (strcmp(verb, "link") == 0)
        greet_links(rig, rest, false);
    else if (strcmp(verb, "answer") == 0)
        greet_links(rig, rest, true);
    else if (strcmp(verb, "fail") == 0)
        act_fail(rig, rest);
    else if (strcmp(verb, "places") == 0)
        act_places(rig, rest);
    else if (strcmp(verb, "tick") == 0)
        rig_tick(rig);
    else if (strcmp(verb, "stop") == 0)
        rig_step(rig, (struct herd_event){.kind = HERD_EV_STOP});
    else if (strcmp(verb, "pass") == 0 || strcmp(verb, "wait") == 0)
        rig_pass_ms(rig, strtoll(rest, NULL, 10));
    else
        CHECK_STR(verb, "a word of a script");
    if (strcmp(verb, "wait") == 0)
        rig_tick(rig);
}

/* ---- playing ---- */

static void act_line(struct rig *rig, struct herd_slice line)
{
    char *copy = malloc(line.len + 2);
    if (copy == NULL)
        abort();
    memcpy(copy, line.data, line.len);
    copy[line.len] = '\0';
    act(rig, copy);
    free(copy);
}

/* Calls act_line for each event; echoes it into the transcript first. */
static void play(struct rig *rig, const char *text, bool echo)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        struct herd_slice line = herd_slice(text, len);
        text += len + (text[len] == '\n');
        if (len == 0 || line.data[0] == ' ')
            continue;
        if (echo) {
            rig_text_add(&rig->said, line);
            rig_text_add(&rig->said, HERD_LIT("\n"));
        }
        act_line(rig, line);
    }
}

/* The first line in which the two differ says more than all of both. */
static void show_difference(const char *got, const char *want)
{
    for (int line = 1; *got != '\0' || *want != '\0'; line++) {
        int g = (int)strcspn(got, "\n"), w = (int)strcspn(want, "\n");
        if (g != w || memcmp(got, want, (size_t)g) != 0) {
            fprintf(stderr,
                    "      line %d of the script\n      got    %.*s\n"
                    "      wanted %.*s\n",
                    line, g, got, w, want);
            return;
        }
        got += g + (got[g] == '\n');
        want += w + (want[w] == '\n');
    }
}

void script_play(struct rig *rig, const char *text, const char *file, int line)
{
    rig_hush(rig);
    play(rig, text, true);
    if (!check_true(strcmp(rig->said.data, text) == 0, "the conversation", file, line))
        show_difference(rig->said.data, text);
}

void script_play_alone(const char *options, const char *text, const char *file, int line)
{
    struct rig rig;
    rig_start_with(&rig, TALK_ALONE, options);
    script_play(&rig, text, file, line);
    rig_end(&rig);
}

void script_act(struct rig *rig, const char *text)
{
    play(rig, text, false);
}

bool script_status_has(struct rig *rig, const char *line)
{
    char want[256];
    size_t said = rig->said.len;
    snprintf(want, sizeof want, "\\n%s\\n", line);
    script_act(rig, "open 100 control\n100< STATUS\nclosed 100 done\n");
    bool has = strstr(rig->said.data + said, want) != NULL;
    if (!has)
        fprintf(stderr, "      not in the status: %s\n", line);
    rig->said.len = said;
    rig->said.data[said] = '\0';
    return has;
}
