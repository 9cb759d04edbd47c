/* SPDX-License-Identifier: ISC */
/* Replies that are held back leave in portions of output-high. */
#include "check.h"
#include "rig/script.h"
#include "whatsat.h"

/* A server that knows where client `a` is; connections 1, 2 and 3 are clients. */
static void start(struct rig *rig, const char *options)
{
    rig_start_with(rig, TALK_ALONE, options);
    script_act(rig, A_SAYS "open 2\nopen 3\n");
}

static size_t count(const struct rig *rig, const char *what)
{
    size_t n = 0;
    for (const char *at = rig->sent.data; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* 64 replies, of which the first comes last: never more on its way than output-high. */
static void pending_replies_leave_in_portions(void)
{
    enum { SIZE = 1500, HIGH = 4096 };
    struct rig rig;
    start(&rig, "output-high 4096\noutput-max 65536\n");
    script_act(&rig, "1< IAMAT b +1+1 " TALK_NOW "\n1< " TALK_ASK_64 "\\c\n");
    for (size_t i = 64; i >= 2; i--)
        rig_places_sized(&rig, i, SIZE);
    rig_hush(&rig);
    script_act(&rig, "1< foo\\nbar\n");
    rig_places_sized(&rig, 1, SIZE);
    size_t portions = 0, most = 0, before = 0;
    while (strstr(rig.said.data, "  drain 1\n") != NULL && portions < 100) {
        portions++;
        most = rig.sent.len - before > most ? rig.sent.len - before : most;
        before = rig.sent.len;
        rig_text_clear(&rig.said);
        /* It may ask for more meanwhile: that is read when its turn has come. */
        script_act(&rig, portions == 3 ? "1< baz\ndrained 1\n" : "drained 1\n");
    }
    CHECK(portions >= 30 && portions < 100);
    CHECK(most <= HIGH && most > SIZE);
    CHECK_INT((int64_t)count(&rig, "\n\n"), 64);
    CHECK_INT((int64_t)count(&rig, "? foo\n? bar\n? baz\n"), 1);
    CHECK(rig.open[1]);
    rig_end(&rig);
}

/* One that is larger than a portion goes alone. */
static void a_large_reply_goes_alone(void)
{
    struct rig rig;
    start(&rig, "output-high 4096\noutput-max 65536\n");
    script_act(&rig, "2< WHATSAT a 1 1\\nWHATSAT a 2 1\\nfoo\n");
    rig_hush(&rig);
    rig_places_sized(&rig, 2, 60000);
    size_t sends = rig.sends;
    rig_places_sized(&rig, 1, 60000);
    CHECK_INT((int64_t)(rig.sends - sends), 1);
    script_act(&rig, "eof 2\n");
    CHECK(rig.open[2]);
    script_act(&rig, "drained 2\n");
    CHECK_INT((int64_t)(rig.sends - sends), 2);
    CHECK(rig.open[2]);
    rig_hush(&rig);
    SCRIPT_PLAY(&rig, "drained 2\n"
                      "  2> ? foo\n"
                      "  close 2\n");
    rig_end(&rig);
}

static void a_client_may_go_while_it_drains(void)
{
    struct rig rig;
    start(&rig, "output-high 4096\n");
    script_act(&rig, "2< WHATSAT a 1 1\\nWHATSAT a 2 1\\nWHATSAT a 3 1\n");
    rig_places_sized(&rig, 2, 3000);
    rig_places_sized(&rig, 1, 3000);
    CHECK(strstr(rig.said.data, "  drain 2\n") != NULL);
    rig_hush(&rig);
    SCRIPT_PLAY(&rig, "places #3 200 " TALK_JSON_1 "\n"
                      "closed 2 reset\n");
    CHECK_INT((int64_t)herd_core_conn_count(rig.core), 2);
    rig_end(&rig);
}

const struct check_test test_whatsat_portions[] = {
    {"pending_replies_leave_in_portions", pending_replies_leave_in_portions},
    {"a_large_reply_goes_alone", a_large_reply_goes_alone},
    {"a_client_may_go_while_it_drains", a_client_may_go_while_it_drains},
    {NULL, NULL},
};
