/* SPDX-License-Identifier: ISC */
#include "conversation.h"

#include "check.h"
#include "walk.h"

struct rewriting {
    struct rig_text *out;
    size_t expected;
};

static void rewrite_line(struct walk *walk, const struct scene_line *line)
{
    struct rewriting *rewriting = walk->ctx;
    if (line->kind == SCENE_EXPECTED)
        rewriting->expected++;
    else
        rig_text_add(rewriting->out, line->raw);
}

static void rewrite_event(struct walk *walk, struct rig *rig, const struct scene_line *line,
                          enum script_outcome outcome)
{
    struct rewriting *rewriting = walk->ctx;
    if (outcome == SCRIPT_IMPOSSIBLE)
        rig_text_add(rewriting->out, HERD_LIT("  impossible\n"));
    else if (line->kind == SCENE_EVENT)
        scene_show(rewriting->out, rig_text_bytes(&rig->said));
}

size_t conversation_rewrite(const char *name, struct herd_slice text, struct rig_text *out)
{
    static const struct walker walker = {.line = rewrite_line, .event = rewrite_event};
    struct rewriting rewriting = {out, 0};
    rig_text_clear(out);
    walk_through(name, text, &walker, &rewriting);
    return rewriting.expected;
}

void conversation_check(const char *name, struct herd_slice text)
{
    struct rig_text got = {NULL, 0, 0};
    size_t expected = conversation_rewrite(name, text, &got);
    (void)check_true(expected > 0, "something is expected", name, 1);
    if (!check_true(herd_slice_eq(rig_text_bytes(&got), text), "the conversation", name, 1))
        rig_text_show_difference(name, &got, text);
    rig_text_free(&got);
}
