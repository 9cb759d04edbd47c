/* SPDX-License-Identifier: ISC */
#include "marks.h"

#include "wire.h"

static const char *const texts[] = {
#define TEXT(name, what) what,
    MARKS(TEXT)
#undef TEXT
};

const char *mark_text(enum mark mark)
{
    return texts[mark];
}

static bool begins(struct herd_slice text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.data, with, len) == 0;
}

static void see_bye(struct marks *marks, struct herd_slice args)
{
    static const struct {
        const char *begin;
        enum mark mark;
    } byes[] = {
        {"duplicate", MARK_BYE_DUPLICATE},
        {"taken", MARK_BYE_TAKEN},
        {"quiet nothing was heard", MARK_BYE_QUIET},
        {"quiet another one", MARK_BYE_PROBE},
        {"closing this server", MARK_BYE_CLOSING},
        {"closing the handshake", MARK_BYE_SLOW},
        {"refused wrong key", MARK_WRONG_KEY},
        {"refused this server has a herd key", MARK_NO_KEY},
        {"refused the neighbour has a herd key", MARK_NO_KEY},
        {"refused clocks differ", MARK_SKEW},
        {"refused other merge rules", MARK_RULES},
        {"refused no common protocol version", MARK_VERSION},
        {"refused not a neighbour", MARK_ONE_SIDED},
        {"refused another herd", MARK_OTHER_HERD},
    };
    for (size_t i = 0; i < sizeof byes / sizeof byes[0]; i++)
        if (begins(args, byes[i].begin))
            marks->seen[byes[i].mark]++;
}

void marks_frame(struct marks *marks, const struct sim_frame *frame)
{
    if (wire_verb(frame->verb) == SIM_BYE)
        see_bye(marks, frame->args);
}

void marks_stats(struct marks *marks, const struct sim *sim)
{
    struct herd_stats stats = sim_stats(sim);
    marks->seen[MARK_SYNC_UNKNOWN] += stats.cursors_unknown;
    marks->seen[MARK_SYNC] += stats.syncs - stats.cursors_unknown;
    marks->seen[MARK_RESUME_NONE] += sim->wire.idle_resumes;
    marks->seen[MARK_RESUME_SOME] += stats.resumes - sim->wire.idle_resumes;
    marks->seen[MARK_WAIT] += stats.waits_sent;
    marks->seen[MARK_SYNC_LAGGING] += stats.syncs_lagging;
    marks->seen[MARK_REPAIR] += stats.repairs;
    marks->seen[MARK_DIFFER] += stats.digest_mismatches;
    marks->seen[MARK_ECHO] += stats.echoes_suppressed;
    marks->seen[MARK_STALE] += stats.reports_stale;
    marks->seen[MARK_CUT_BATCH] += sim->wire.cut_batches;
    marks->seen[MARK_BAD_RECORD] += stats.records_malformed;
    marks->seen[MARK_EXPIRED] += stats.records_expired;
    marks->seen[MARK_REFUSED] += stats.records_refused_expired;
    marks->seen[MARK_MEMORY] += stats.out_of_memory;
    marks->seen[MARK_MEMORY_REPORT] += stats.reports_refused_memory;
    marks->seen[MARK_DIAL_FAILED] += stats.dials_failed;
    marks->seen[MARK_STALL] += sim->stalls;
}
