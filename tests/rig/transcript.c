/* SPDX-License-Identifier: ISC */
#include "transcript.h"

#include "frames.h"

/* A request is called by its number: ids are the core's own affair. */
static size_t number_of(const struct rig *rig, uint64_t request_id)
{
    size_t number = rig->request_count;
    while (number > 0 && rig->request_id[number] != request_id)
        number--;
    return number;
}

static void note_log(struct rig *rig, const struct herd_action *action)
{
    static const char *const topics[] = {"client", "peer", "places", "herd"};
    struct rig_text *said = &rig->said;
    rig_text_printf(said, "  log %s %d %c ", topics[action->topic], (int)action->conn,
                    action->direction);
    frames_show(rig, said, action->bytes);
    /* As a rule it is a line without LF: that needs no mark. */
    bool lf = said->len < 3 || strcmp(said->data + said->len - 3, "\\c\n") != 0;
    rig_text_cut(said, said->len - (lf ? 1 : 3));
    rig_text_add(said, lf ? HERD_LIT("\\n\n") : HERD_LIT("\n"));
}

void transcript_note(struct rig *rig, const struct herd_action *action)
{
    struct rig_text *said = &rig->said;
    int conn = (int)action->conn;
    switch (action->kind) {
    case HERD_DO_SEND:
        rig_text_printf(said, "  %d> ", conn);
        frames_show(rig, said, action->bytes);
        break;
    case HERD_DO_DRAIN: rig_text_printf(said, "  drain %d\n", conn); break;
    case HERD_DO_CLOSE: rig_text_printf(said, "  close %d\n", conn); break;
    case HERD_DO_PAUSE: rig_text_printf(said, "  pause %d\n", conn); break;
    case HERD_DO_RESUME: rig_text_printf(said, "  resume %d\n", conn); break;
    case HERD_DO_DIAL:
        rig_text_printf(said, "  dial %s\n", rig->conf.servers[action->server].name);
        break;
    case HERD_DO_FETCH:
        rig_text_printf(said, "  fetch #%zu ", number_of(rig, action->request_id));
        rig_text_add(said, action->bytes);
        rig_text_add(said, HERD_LIT("\n"));
        break;
    case HERD_DO_CANCEL:
        rig_text_printf(said, "  cancel #%zu\n", number_of(rig, action->request_id));
        break;
    case HERD_DO_DISK_START: rig_text_add(said, HERD_LIT("  disk start\n")); break;
    case HERD_DO_DISK_STOP: rig_text_add(said, HERD_LIT("  disk stop\n")); break;
    case HERD_DO_LISTEN: rig_text_add(said, HERD_LIT("  listen\n")); break;
    case HERD_DO_WIPE: rig_text_add(said, HERD_LIT("  wipe\n")); break;
    case HERD_DO_LOG:
        if (rig->logs && (!rig->only_herd || action->topic == HERD_TOPIC_HERD))
            note_log(rig, action);
        break;
    }
}
