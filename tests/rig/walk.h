/* SPDX-License-Identifier: ISC */
/* Walking through a conversation: line by line, server by server. */
#ifndef TESTS_RIG_WALK_H
#define TESTS_RIG_WALK_H

#include "scene.h"

struct walk;

/* What one kind of check makes of a conversation; all but `event` may be NULL. */
struct walker {
    void (*line)(struct walk *walk, const struct scene_line *line);
    void (*begin)(struct walk *walk, struct rig *rig);
    void (*event)(struct walk *walk, struct rig *rig, const struct scene_line *line,
                  enum script_outcome outcome);
    void (*end)(struct walk *walk, struct rig *rig); /* the core may be NULL */
};

struct walk {
    const char *name;
    const struct walker *walker;
    void *ctx;
    struct scene_setup file, scene; /* at the top of the file; of this server */
    bool headed;                    /* the top of the file has ended */
    bool running;
    struct rig rig;
};

/* From the first line to the last. `text` need not end with LF. */
void walk_through(const char *name, struct herd_slice text, const struct walker *walker,
                  void *ctx);

#endif
