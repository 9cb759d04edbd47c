/* SPDX-License-Identifier: ISC */
#include "script.h"

#include "check.h"
#include "show.h"
#include "talk.h"

/* Each event; it is echoed into the transcript first. */
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
        (void)CHECK(script_event(rig, line) != SCRIPT_UNKNOWN);
    }
}

void script_play(struct rig *rig, const char *text, const char *file, int line)
{
    rig_hush(rig);
    play(rig, text, true);
    if (!check_true(strcmp(rig->said.data, text) == 0, "the conversation", file, line))
        rig_text_show_difference("line", &rig->said, herd_slice_str(text));
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
    return show_status_has(rig, line);
}
