/* SPDX-License-Identifier: ISC */
/* A provider that limits requests is asked once, and then left alone until the time that
 * it named: 20 questions during that time cost no request, and no time. */
#include "answer.h"
#include "check.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "wait.h"

#include <stdio.h>

extern const struct check_test test_provider_pause[];

enum { TEXT = 256, QUESTIONS = 20, AFTER_MS = 1000, AT_ONCE_MS = 1500 };

struct rig {
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    char at[TEXT]; /* what the server says about client "x" */
};

/* `where` is the location of the client; the fixture there may have a fault. */
static bool rig_open(struct rig *rig, const char *provider, const char *where,
                     const char *fault)
{
    const char *args[] = {"--fault", fault, NULL};
    char conf[PLACES_CONF], line[TEXT];
    struct herd_slice got;
    snprintf(line, sizeof line, "IAMAT x %s 1\n", where);
    if (!CHECK(places_proc_start_with(&rig->places, fault[0] != '\0' ? args : &args[2])))
        return false;
    places_proc_conf(&rig->places, provider, conf);
    if (CHECK(herd_proc_open(&rig->herd, "ucla-2018", conf))) {
        if (CHECK(herd_proc_start(&rig->herd, 0)) &&
            CHECK(herd_proc_connect(&rig->herd, 0, &rig->client)) &&
            CHECK(client_ask(&rig->client, line, &got))) {
            snprintf(rig->at, sizeof rig->at, "%.*s", (int)got.len, got.data);
            return true;
        }
        herd_proc_close(&rig->herd);
    }
    places_proc_stop(&rig->places);
    return false;
}

static void rig_close(struct rig *rig)
{
    client_close(&rig->client);
    herd_proc_close(&rig->herd);
    places_proc_stop(&rig->places);
}

/* The status of the answer to a question that was not asked before. */
static const char *ask(struct rig *rig, int radius_km)
{
    static char status[ANSWER_STATUS];
    char line[TEXT];
    struct herd_slice reply;
    snprintf(line, sizeof line, "WHATSAT x %d 20\n", radius_km);
    status[0] = '\0';
    if (CHECK(client_say(&rig->client, line)) && CHECK(client_reply(&rig->client, &reply)))
        CHECK(answer_is_legacy(answer_json(reply, herd_slice_str(rig->at)), status));
    return status;
}

static int64_t requests(const struct rig *rig, const char *provider)
{
    return places_proc_control(&rig->places, "requests", provider);
}

static void ask_while_paused(struct rig *rig, const char *provider)
{
    int64_t begin_ms = now_ms();
    for (int i = 2; i < 2 + QUESTIONS; i++)
        CHECK_STR(ask(rig, i), "OVER_QUERY_LIMIT");
    int64_t took_ms = now_ms() - begin_ms;
    CHECK(took_ms < AT_ONCE_MS);
    CHECK_INT(requests(rig, provider), 1);
    note("%s: %d questions during the pause took %d ms and %d requests", provider,
         QUESTIONS, (int)took_ms, (int)requests(rig, provider) - 1);
}

/* Nine seconds: none of the questions comes after them. */
static void one_request_is_enough(void)
{
    static const char *const providers[] = {"google-legacy", "google-new", "overpass",
                                            "photon"};
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
        struct rig rig;
        CHECK_LABEL("%s", providers[i]);
        if (!rig_open(&rig, providers[i], "+1+19", ""))
            continue;
        CHECK_STR(ask(&rig, 1), "OVER_QUERY_LIMIT");
        ask_while_paused(&rig, providers[i]);
        CHECK_INT(herd_proc_count(&rig.herd, 0, "provider_pauses"), 1);
        CHECK_INT(herd_proc_count(&rig.herd, 0, "queries_refused_paused"), QUESTIONS);
        rig_close(&rig);
    }
    CHECK_LABEL("%s", "");
}

/* Asked again and again, the next request leaves when the time is over, not before. */
static void the_time_is_kept(void)
{
    struct rig rig;
    if (!rig_open(&rig, "overpass", "+45+45", "retry-after=1"))
        return;
    int64_t begin_ms = now_ms();
    CHECK_STR(ask(&rig, 1), "OVER_QUERY_LIMIT");
    while (requests(&rig, "overpass") < 2 && now_ms() < begin_ms + WAIT_MS) {
        CHECK_STR(ask(&rig, 2), "OVER_QUERY_LIMIT");
        nap();
    }
    CHECK(now_ms() >= begin_ms + AFTER_MS);
    CHECK_INT(requests(&rig, "overpass"), 2);
    CHECK_INT(herd_proc_count(&rig.herd, 0, "requests_retried"), 0);
    note("Retry-After: 1, asked all the time: the second request came after %d ms",
         (int)(now_ms() - begin_ms));
    rig_close(&rig);
}

const struct check_test test_provider_pause[] = {
    {"one_request_is_enough", one_request_is_enough},
    {"the_time_is_kept", the_time_is_kept},
    {NULL, NULL},
};
