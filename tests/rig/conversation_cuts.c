/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "conversation.h"
#include "walk.h"

#include <stdio.h>

/* All that is sent and shown in one scene after the other. The order matters for each
 * connection, but not between them. */
struct hearing {
    struct rig_text conn[RIG_CONNS]; /* what each connection is sent, and how it ends */
    struct rig_text others;          /* dials, requests, and what is shown */
    size_t longest;                  /* DATA */
    size_t piece;
    bool pieces;
};

static void hear(void *ctx, const struct herd_action *action)
{
    struct hearing *hearing = ctx;
    struct rig_text *conn = &hearing->conn[(uint32_t)action->conn % RIG_CONNS];
    if (action->kind == HERD_DO_SEND)
        rig_text_add(conn, action->bytes);
    else if (action->kind == HERD_DO_CLOSE)
        rig_text_add(conn, HERD_LIT("(closed)\n"));
    else if (action->kind == HERD_DO_DIAL)
        rig_text_printf(&hearing->others, "dial %u\n", action->server);
    else if (action->kind == HERD_DO_FETCH)
        rig_text_add(&hearing->others, action->bytes);
    else if (action->kind == HERD_DO_CANCEL)
        rig_text_add(&hearing->others, HERD_LIT("cancel\n"));
}

static void cut_begin(struct walk *walk, struct rig *rig)
{
    struct hearing *hearing = walk->ctx;
    rig->watch = hear;
    rig->watcher = hearing;
    rig->piece = hearing->piece;
    rig->pieces = hearing->pieces;
}

static void cut_event(struct walk *walk, struct rig *rig, const struct scene_line *line,
                      enum script_outcome outcome)
{
    struct hearing *hearing = walk->ctx;
    const char *event = line->event.data;
    (void)outcome;
    if (strncmp(event, "show ", 5) == 0 || strncmp(event, "record ", 7) == 0 ||
        strncmp(event, "status", 6) == 0)
        rig_text_add(&hearing->others, rig_text_bytes(&rig->said));
    if (strncmp(event + strspn(event, "0123456789"), "<", 1) == 0 &&
        line->event.len > hearing->longest)
        hearing->longest = line->event.len;
}

static void forget(struct hearing *hearing)
{
    for (size_t i = 0; i < RIG_CONNS; i++)
        rig_text_free(&hearing->conn[i]);
    rig_text_free(&hearing->others);
}

static bool is_same(const struct rig_text *a, const struct rig_text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void check_cut(const char *name, struct herd_slice text, const struct hearing *whole,
                      size_t piece, bool pieces)
{
    static const struct walker walker = {.begin = cut_begin, .event = cut_event};
    static struct hearing cut;
    cut = (struct hearing){.piece = piece, .pieces = pieces};
    walk_through(name, text, &walker, &cut);
    for (size_t i = 0; i < RIG_CONNS; i++)
        if (!is_same(&cut.conn[i], &whole->conn[i])) {
            CHECK_LABEL("%s %zu, connection %zu", pieces ? "pieces of" : "cut at", piece,
                        i);
            (void)check_slice(rig_text_bytes(&cut.conn[i]), rig_text_bytes(&whole->conn[i]),
                              "what it hears", name, 1);
        }
    if (!is_same(&cut.others, &whole->others))
        (void)check_slice(rig_text_bytes(&cut.others), rig_text_bytes(&whole->others),
                          "what is shown", name, 1);
    forget(&cut);
}

size_t conversation_check_cuts(const char *name, struct herd_slice text)
{
    static const struct walker walker = {.begin = cut_begin, .event = cut_event};
    static struct hearing whole;
    whole = (struct hearing){.piece = 0};
    walk_through(name, text, &walker, &whole);
    if (whole.longest > 0)
        check_cut(name, text, &whole, 1, true);
    for (size_t at = 1; at < whole.longest; at++)
        check_cut(name, text, &whole, at, false);
    forget(&whole);
    return whole.longest;
}
