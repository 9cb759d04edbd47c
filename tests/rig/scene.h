/* SPDX-License-Identifier: ISC */
/* One server of a conversation, from its configuration to its end: a conversation is a row
 * of these. */
#ifndef TESTS_RIG_SCENE_H
#define TESTS_RIG_SCENE_H

#include "rig.h"
#include "script.h"

enum { SCENE_CONF = 4096, SCENE_REASON = 256 };

/* How the server is made. */
struct scene_setup {
    char conf[SCENE_CONF];
    bool logs, only_herd;         /* as in struct rig */
    char no_places[SCENE_REASON]; /* why Places cannot be asked; "": it can */
};

/* One step through a file: a line, or an event and the lines that continue it. */
struct scene_line {
    enum scene_kind {
        SCENE_END,
        SCENE_NOTE,     /* a comment, or nothing */
        SCENE_HEADER,   /* of the setup */
        SCENE_BEGIN,    /* another server begins */
        SCENE_EXPECTED, /* what the core is to do */
        SCENE_EVENT,
        SCENE_HIDDEN /* an event, of which nothing is shown */
    } kind;
    struct herd_slice raw; /* as in the file, with its last LF */
    struct rig_text event; /* for script_event; freed by the caller */
    int number;            /* of the first line, from 1 on */
};

/* Takes the next one off the text. `line` is the one before it, or zero at the start. */
void scene_next(struct herd_slice *text, struct scene_line *line);

/* Applies a header to the setup. Returns false when it makes no sense. */
bool scene_header(struct scene_setup *setup, struct herd_slice raw);

/* Prepares a server as the setup says. When an allocation is armed to fail, rig->core may
 * be NULL afterwards. */
void scene_prepare(const struct scene_setup *setup, struct rig *rig,
                   struct herd_core_setup *core);

/* Adds what the core has done, as a transcript has it, in the form of files. */
void scene_show(struct rig_text *out, struct herd_slice said);

#endif
