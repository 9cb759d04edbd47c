/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "conversation.h"
#include "must.h"
#include "walk.h"

struct scarcity {
    size_t at;
    bool for_ever;
    bool failed;  /* in some scene */
    bool starves; /* the conversation does so itself */
    bool stops;
};

static void scarce_begin(struct walk *walk, struct rig *rig)
{
    const struct scarcity *scarcity = walk->ctx;
    fail_mem_arm(&rig->mem, scarcity->at, scarcity->for_ever);
}

static void scarce_event(struct walk *walk, struct rig *rig, const struct scene_line *line,
                         enum script_outcome outcome)
{
    struct scarcity *scarcity = walk->ctx;
    (void)rig;
    (void)outcome;
    scarcity->starves = scarcity->starves || strncmp(line->event.data, "starve", 6) == 0;
    scarcity->stops = scarcity->stops || strcmp(line->event.data, "stop") == 0;
}

/* A disk is needed for the replies to reports, and there is none any more. */
static bool answers_reports(const struct rig *rig)
{
    return !herd_conf_acks_from_disk(&rig->conf);
}

/* The clean-up, and proof of life. */
static void scarce_end(struct walk *walk, struct rig *rig)
{
    struct scarcity *scarcity = walk->ctx;
    scarcity->failed = scarcity->failed || rig->mem.failed > 0;
    if (rig->core == NULL)
        return;
    fail_mem_arm(&rig->mem, 0, false);
    rig_tick(rig);
    for (unsigned i = 1; i < RIG_CONNS; i++)
        rig_closed(rig, i, HERD_LIT("done"));
    rig_tick(rig);
    MUST(herd_core_conn_count(rig->core) == 0);
    if (!scarcity->stops && answers_reports(rig)) {
        rig_hush(rig);
        rig_open(rig, 1, HERD_ROLE_CLIENT, -1);
        rig_data(rig, 1, HERD_LIT("IAMAT new +1+1 5\nfoo\n"));
        MUST(strstr(rig->sent.data, "new +1+1 5\n") != NULL);
        MUST(strstr(rig->sent.data, "\n? foo\n") != NULL || !rig->open[1]);
    }
    scarcity->stops = false;
}

size_t conversation_check_memory(const char *name, struct herd_slice text)
{
    static const struct walker walker = {
        .begin = scarce_begin, .event = scarce_event, .end = scarce_end};
    size_t failures = 0;
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t n = 1;; n++) {
            struct scarcity scarcity = {.at = n, .for_ever = for_ever != 0};
            CHECK_LABEL("%s, allocation %zu%s", name, n, for_ever ? " and on" : "");
            walk_through(name, text, &walker, &scarcity);
            if (!scarcity.failed || scarcity.starves)
                break;
            failures++;
        }
    CHECK_LABEL("%s", "");
    return failures;
}
