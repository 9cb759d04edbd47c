/* SPDX-License-Identifier: ISC */
#include "walk.h"

#include "check.h"

#include <stdio.h>

static void complain(const struct walk *walk, const struct scene_line *line,
                     const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "%s: %.*s", what, (int)strcspn(line->raw.data, "\n"),
             line->raw.data);
    (void)check_true(false, text, walk->name, line->number);
}

static void begin(struct walk *walk)
{
    struct herd_core_setup setup;
    if (walk->running)
        return;
    if (!walk->headed)
        walk->file = walk->scene;
    walk->headed = walk->running = true;
    scene_prepare(&walk->scene, &walk->rig, &setup);
    if (walk->walker->begin != NULL)
        walk->walker->begin(walk, &walk->rig);
    rig_build(&walk->rig, &setup);
}

static void end(struct walk *walk)
{
    if (!walk->running)
        return;
    if (walk->walker->end != NULL)
        walk->walker->end(walk, &walk->rig);
    rig_end(&walk->rig);
    walk->running = false;
}

static void event(struct walk *walk, const struct scene_line *line)
{
    if (walk->scene.conf[0] == '\0') {
        complain(walk, line, "an event before `herd`");
        return;
    }
    begin(walk);
    rig_hush(&walk->rig);
    if (walk->rig.core == NULL)
        return;
    enum script_outcome outcome = script_event(&walk->rig, rig_text_bytes(&line->event));
    if (outcome == SCRIPT_UNKNOWN)
        complain(walk, line, "not an event");
    walk->walker->event(walk, &walk->rig, line, outcome);
}

static void step(struct walk *walk, const struct scene_line *line)
{
    if (walk->walker->line != NULL)
        walk->walker->line(walk, line);
    switch (line->kind) {
    case SCENE_END:
    case SCENE_NOTE:
    case SCENE_EXPECTED: break;
    case SCENE_HEADER:
        if (walk->running || !scene_header(&walk->scene, line->raw))
            complain(walk, line, "not here");
        break;
    case SCENE_BEGIN:
        end(walk);
        if (!walk->headed)
            walk->file = walk->scene;
        walk->headed = true;
        walk->scene = walk->file;
        break;
    case SCENE_EVENT:
    case SCENE_HIDDEN: event(walk, line); break;
    }
}

void walk_through(const char *name, struct herd_slice text, const struct walker *walker,
                  void *ctx)
{
    static struct walk walk;
    struct scene_line line = {.kind = SCENE_END};
    walk = (struct walk){.name = name, .walker = walker, .ctx = ctx};
    do {
        scene_next(&text, &line);
        step(&walk, &line);
    } while (line.kind != SCENE_END);
    end(&walk);
    rig_text_free(&line.event);
}
