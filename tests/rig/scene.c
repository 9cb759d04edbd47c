/* SPDX-License-Identifier: ISC */
#include "scene.h"

#include "talk.h"

#include <stdio.h>

/* ---- lines ---- */

static struct herd_slice take_line(struct herd_slice *text)
{
    const char *lf = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    size_t len = lf != NULL ? (size_t)(lf - text->data) + 1 : text->len;
    struct herd_slice line = herd_slice(text->data, len);
    *text = herd_slice_from(*text, len);
    return line;
}

static struct herd_slice without_lf(struct herd_slice line)
{
    if (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    return line;
}

static bool begins(struct herd_slice line, const char *with)
{
    size_t len = strlen(with);
    return line.len >= len && memcmp(line.data, with, len) == 0;
}

static enum scene_kind kind_of(struct herd_slice line)
{
    static const char *const headers[] = {"herd ", "option ", "logs", "no-places "};
    if (line.len == 0 || line.data[0] == '#')
        return SCENE_NOTE;
    if (line.data[0] == ' ')
        return SCENE_EXPECTED;
    if (begins(line, "scene"))
        return SCENE_BEGIN;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (begins(line, headers[i]))
            return SCENE_HEADER;
    return begins(line, "~ ") ? SCENE_HIDDEN : SCENE_EVENT;
}

void scene_next(struct herd_slice *text, struct scene_line *line)
{
    for (size_t i = 0; i < line->raw.len; i++)
        line->number += line->raw.data[i] == '\n';
    line->number += line->number == 0;
    rig_text_clear(&line->event);
    line->raw = take_line(text);
    line->kind = SCENE_END;
    if (line->raw.len == 0)
        return;
    struct herd_slice event = without_lf(line->raw);
    line->kind = kind_of(event);
    if (line->kind != SCENE_EVENT && line->kind != SCENE_HIDDEN)
        return;
    rig_text_add(&line->event,
                 line->kind == SCENE_HIDDEN ? herd_slice_from(event, 2) : event);
    while (begins(*text, "|")) {
        struct herd_slice more = take_line(text);
        line->raw.len += more.len;
        more = without_lf(herd_slice_from(more, 1));
        rig_text_add(&line->event, HERD_LIT("\\n"));
        rig_text_add(&line->event, begins(more, " ") ? herd_slice_from(more, 1) : more);
    }
}

/* ---- the setup ---- */

bool scene_header(struct scene_setup *setup, struct herd_slice raw)
{
    char text[256];
    size_t len = strlen(setup->conf);
    raw = without_lf(raw);
    snprintf(text, sizeof text, "%.*s", (int)raw.len, raw.data);
    if (strcmp(text, "herd alone") == 0)
        snprintf(setup->conf, SCENE_CONF, "%s", TALK_ALONE);
    else if (strcmp(text, "herd three") == 0)
        snprintf(setup->conf, SCENE_CONF, "%s", TALK_HERD);
    else if (strcmp(text, "logs") == 0)
        setup->logs = true;
    else if (strcmp(text, "logs herd") == 0)
        setup->logs = setup->only_herd = true;
    else if (begins(raw, "no-places "))
        snprintf(setup->no_places, SCENE_REASON, "%s", text + 10);
    else if (begins(raw, "option ") && len > 0)
        snprintf(setup->conf + len, SCENE_CONF - len, "%s\n", text + 7);
    else
        return false;
    return true;
}

void scene_prepare(const struct scene_setup *setup, struct rig *rig,
                   struct herd_core_setup *core)
{
    rig_prepare(rig, setup->conf, "Clark", core);
    rig->logs = setup->logs;
    rig->only_herd = setup->only_herd;
    if (setup->no_places[0] != '\0')
        core->places_unavailable = setup->no_places;
}

/* ---- what is shown ---- */

/* Ends a line. Blanks at its end are distinguished from those that an editor leaves: after
 * a mark that has nothing to say there is none. */
static void end_line(struct rig_text *out, size_t start, size_t mark)
{
    bool blank = out->len > start && out->data[out->len - 1] == ' ';
    if (blank) {
        rig_text_cut(out, out->len - 1);
        if (out->len >= mark)
            rig_text_add(out, HERD_LIT("\\s"));
    }
    rig_text_add(out, HERD_LIT("\n"));
}

/* The end of "  1> ", and of nothing else. */
static size_t end_of_mark(struct herd_slice line)
{
    size_t len = 2;
    while (len < line.len && strchr("0123456789", line.data[len]) != NULL)
        len++;
    return len > 2 && begins(herd_slice_from(line, len), "> ") ? len + 2 : 0;
}

static void show_line(struct rig_text *out, struct herd_slice line)
{
    size_t start = out->len, mark = start + end_of_mark(line);
    for (size_t i = 0; i < line.len; i++) {
        bool escape = line.data[i] == '\\' && i + 1 < line.len;
        if (escape && line.data[i + 1] == 'n') {
            end_line(out, start, mark);
            start = out->len;
            rig_text_add(out, HERD_LIT("   | "));
            mark = out->len;
            i++;
        } else {
            rig_text_add(out, herd_slice(line.data + i, escape ? 2 : 1));
            i += escape;
        }
    }
    end_line(out, start, mark);
}

void scene_show(struct rig_text *out, struct herd_slice said)
{
    while (said.len > 0)
        show_line(out, without_lf(take_line(&said)));
}
