/* SPDX-License-Identifier: ISC */
/* WHATSAT with a Places server: cut to the bound, slow, faulty, absent. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "wait.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum { TEXT = 512 };

struct rig {
    struct places_proc places;
    struct herd_proc herd;
    struct client client; /* of server 0 */
};

static bool rig_open(struct rig *rig, const char *more)
{
    char conf[TEXT];
    if (!places_proc_start(&rig->places))
        return false;
    snprintf(conf, sizeof conf, "%s%s", rig->places.conf_line, more);
    if (herd_proc_open(&rig->herd, "ucla-2018", conf)) {
        if (herd_proc_start(&rig->herd, 0) &&
            herd_proc_connect(&rig->herd, 0, &rig->client))
            return true;
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

/* Reports client "x" at a location that the Places server has a fixture for. */
static bool move_to(struct client *client, const char *location, char at[TEXT])
{
    static unsigned serial;
    char line[TEXT];
    struct herd_slice got;
    snprintf(line, sizeof line, "IAMAT x %s %u\n", location, ++serial);
    bool ok = client_ask(client, line, &got);
    snprintf(at, TEXT, "%.*s", (int)got.len, got.data);
    return ok && memcmp(at, "AT ", 3) == 0;
}

/* The JSON of a reply, after its first line has been checked. */
static struct herd_slice json_of(struct herd_slice reply, const char *at)
{
    size_t len = strlen(at);
    if (!CHECK(reply.len > len + 3 && reply.data[len] == '\n'))
        return HERD_LIT("");
    CHECK_SLICE(herd_slice(reply.data, len), herd_slice_str(at));
    CHECK(memcmp(reply.data + reply.len - 2, "\n\n", 2) == 0);
    return herd_slice(reply.data + len + 1, reply.len - len - 3);
}

static struct herd_slice ask_at(struct client *client, const char *at, int radius,
                                int bound)
{
    char line[TEXT];
    struct herd_slice reply;
    snprintf(line, sizeof line, "WHATSAT x %d %d\n", radius, bound);
    if (!CHECK(client_say(client, line)) || !CHECK(client_reply(client, &reply)))
        return HERD_LIT("");
    return json_of(reply, at);
}

/* Every layout, and bounds below, at and above the number of results. */
static void cut_to_the_bound(void)
{
    static const struct {
        const char *location, *fixture;
        int radius;
        int bounds[6];
    } cases[] = {
        {"+34.068930-118.445127", "ucla-10km", 10, {1, 2, 4, 5, 6, 20}},
        {"+34.068930-118.445127", "ucla", 50, {1, 2, 7, 8, 9, 20}},
        {"+10.0+1.0", "twenty-a", 1, {1, 2, 10, 19, 20, 20}},
        {"+10+2", "twenty-b", 1, {1, 2, 10, 19, 20, 20}},
        {"+10+3", "large", 5, {1, 2, 13, 19, 20, 20}},
        {"+10+6", "utf8", 5, {1, 2, 3, 4, 7, 20}},
        {"+10+8", "numbers", 5, {1, 1, 2, 20, 20, 20}},
        {"+20+1", "zero-results", 5, {1, 1, 2, 20, 20, 20}},
        {"+20+2", "request-denied", 5, {1, 1, 2, 20, 20, 20}},
        {"+20+6", "denied-403", 5, {1, 1, 2, 20, 20, 20}},
        {"+45+45", "default", 5, {1, 2, 3, 4, 5, 20}},
    };
    struct rig rig;
    char at[TEXT];
    REQUIRE(rig_open(&rig, ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].fixture);
        CHECK(move_to(&rig.client, cases[i].location, at));
        for (int j = 0; j < 6; j++) {
            CHECK_LABEL("%s, bound %d", cases[i].fixture, cases[i].bounds[j]);
            struct herd_slice want = places_expected(cases[i].fixture, cases[i].bounds[j]);
            CHECK_SLICE(ask_at(&rig.client, at, cases[i].radius, cases[i].bounds[j]), want);
            file_free(want);
        }
    }
    rig_close(&rig);
}

/* Nothing is asked of Places for it. */
static void no_results_at_all(void)
{
    struct rig rig;
    char at[TEXT];
    REQUIRE(rig_open(&rig, ""));
    CHECK(move_to(&rig.client, "+45+45", at));
    CHECK_SLICE(ask_at(&rig.client, at, 10, 0),
                HERD_LIT("{\n   \"html_attributions\" : [],\n   \"results\" : [],\n"
                         "   \"status\" : \"ZERO_RESULTS\"\n}"));
    CHECK_INT(places_proc_control(&rig.places, "requests", "google-legacy"), 0);
    rig_close(&rig);
}

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
    return text != NULL ? text : "";
}

/* An error of the server's own: in Google's shape, with a status and words for people. */
static void check_error(struct herd_slice text, const char *status)
{
    cJSON *json = cJSON_ParseWithLength(text.data, text.len);
    CHECK(cJSON_IsObject(json));
    CHECK_STR(text_of(json, "status"), status);
    CHECK(text_of(json, "error_message")[0] != '\0');
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(json, "results");
    CHECK(cJSON_IsArray(results) && cJSON_GetArraySize(results) == 0);
    const cJSON *credits = cJSON_GetObjectItemCaseSensitive(json, "html_attributions");
    CHECK(cJSON_IsArray(credits) && cJSON_GetArraySize(credits) == 0);
    CHECK(bytes_find(text, HERD_LIT("\n\n")) == NULL);
    cJSON_Delete(json);
}

/* One good answer, so that failures do not come in a row. */
static void cheer_up(struct rig *rig)
{
    char at[TEXT];
    CHECK(move_to(&rig->client, "+45+45", at));
    struct herd_slice want = places_expected("default", 2);
    CHECK_SLICE(ask_at(&rig->client, at, 5, 2), want);
    file_free(want);
}

/* Whatever comes from there: a whole reply, and the connection goes on. */
static void faults(void)
{
    static const struct {
        const char *location, *name;
    } cases[] = {
        {"+1+2", "status 503"},  {"+1+3", "cut"},   {"+1+4", "reset"},
        {"+1+6", "long length"}, {"+1+9", "huge"},  {"+1+11", "garbage"},
        {"+1+12", "redirect"},   {"+1+13", "html"}, {"+1+14", "half of the JSON"},
    };
    struct rig rig;
    char at[TEXT];
    REQUIRE(rig_open(&rig, ""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].name);
        CHECK(move_to(&rig.client, cases[i].location, at));
        check_error(ask_at(&rig.client, at, 5, 5), "UNKNOWN_ERROR");
        cheer_up(&rig);
    }
    CHECK_LABEL("chunked");
    CHECK(move_to(&rig.client, "+1+7", at));
    struct herd_slice want = places_expected("fault-chunked", 1);
    CHECK_SLICE(ask_at(&rig.client, at, 5, 1), want);
    file_free(want);
    rig_close(&rig);
}

/* A query that never ends times out; meanwhile others are served, and what the same
 * client asks after it waits its turn. */
static void stalled(void)
{
    enum { TIMEOUT_MS = 1500 };
    struct rig rig;
    struct client other;
    struct herd_slice got;
    char at[TEXT];
    REQUIRE(rig_open(&rig, "places-timeout-ms 1500\n"));
    CHECK(move_to(&rig.client, "+1+10", at));
    int64_t start = now_ms();
    CHECK(client_say(&rig.client, "WHATSAT x 5 5\nIAMAT y +2+2 2\nlast\n"));
    CHECK(herd_proc_connect(&rig.herd, 0, &other));
    CHECK(client_ask(&other, "IAMAT z +3+3 3\n", &got));
    CHECK(got.len > 3 && memcmp(got.data, "AT ", 3) == 0);
    int64_t served = now_ms() - start;
    client_close(&other);
    CHECK(client_reply(&rig.client, &got));
    int64_t given_up = now_ms() - start;
    check_error(json_of(got, at), "UNKNOWN_ERROR");
    CHECK(given_up >= TIMEOUT_MS && served < TIMEOUT_MS);
    note("a stalled query: another client after %d ms, timed out after %d ms", (int)served,
         (int)given_up);
    CHECK(client_line(&rig.client, &got) && memcmp(got.data, "AT Goloman", 10) == 0);
    CHECK(client_line(&rig.client, &got));
    CHECK_SLICE(got, HERD_LIT("? last"));
    CHECK_INT(herd_proc_count(&rig.herd, 0, "queries_timed_out"), 1);
    rig_close(&rig);
}

/* One request may run and one may wait: further queries are refused. */
static void too_many(void)
{
    struct rig rig;
    struct herd_slice got;
    char at[TEXT];
    REQUIRE(
        rig_open(&rig, "places-timeout-ms 400\nlookups-max 1\nlookups-waiting-max 1\n"));
    CHECK(move_to(&rig.client, "+1+10", at));
    CHECK(client_say(&rig.client, "WHATSAT x 5 5\nWHATSAT x 6 5\nWHATSAT x 7 5\n"));
    CHECK(client_reply(&rig.client, &got));
    check_error(json_of(got, at), "UNKNOWN_ERROR");
    CHECK(client_reply(&rig.client, &got));
    check_error(json_of(got, at), "UNKNOWN_ERROR");
    CHECK(client_reply(&rig.client, &got));
    check_error(json_of(got, at), "OVER_QUERY_LIMIT");
    rig_close(&rig);
}

/* Fifty replies wait after a slow one, far more than output-high; they leave in portions,
 * whole and in order, and the client is not taken for one that does not read. */
static void held_replies(void)
{
    enum { MOST = 50 };
    struct rig rig;
    struct herd_slice got;
    char at[TEXT], near[TEXT];
    REQUIRE(rig_open(&rig, "places-timeout-ms 1000\noutput-high 4096\noutput-max 65536\n"));
    CHECK(client_ask(&rig.client, "IAMAT y +45+45 1\n", &got));
    snprintf(near, sizeof near, "%.*s", (int)got.len, got.data);
    CHECK(move_to(&rig.client, "+1+10", at));
    CHECK(client_say(&rig.client, "WHATSAT x 5 5\n"));
    for (int km = 1; km <= MOST; km++) {
        char line[TEXT];
        snprintf(line, sizeof line, "WHATSAT y %d 20\nsaid %d\n", km, km);
        CHECK(client_say(&rig.client, line));
    }
    CHECK(client_reply(&rig.client, &got));
    check_error(json_of(got, at), "UNKNOWN_ERROR");
    struct herd_slice want = places_expected("default", 20);
    size_t bytes = 0;
    for (int km = 1; km <= MOST; km++) {
        char line[TEXT];
        CHECK_LABEL("%d km", km);
        REQUIRE(client_reply(&rig.client, &got));
        CHECK_SLICE(json_of(got, near), want);
        bytes += got.len;
        snprintf(line, sizeof line, "? said %d", km);
        CHECK(client_line(&rig.client, &got));
        CHECK_SLICE(got, herd_slice_str(line));
    }
    CHECK(bytes > 65536);
    file_free(want);
    rig_close(&rig);
}

/* Places goes away while the herd runs. */
static void places_is_down(void)
{
    struct rig rig;
    char at[TEXT];
    REQUIRE(rig_open(&rig, ""));
    CHECK(move_to(&rig.client, "+45+45", at));
    struct herd_slice want = places_expected("default", 2);
    CHECK_SLICE(ask_at(&rig.client, at, 5, 2), want);
    file_free(want);
    child_end(&rig.places.child, SIGKILL);
    for (int i = 0; i < 3; i++)
        check_error(ask_at(&rig.client, at, 5, 5), "UNKNOWN_ERROR");
    /* Each was tried twice, until it was time to leave it alone. */
    CHECK_INT(herd_proc_count(&rig.herd, 0, "answers_failed"), 5);
    CHECK_INT(herd_proc_count(&rig.herd, 0, "requests_retried"), 2);
    client_close(&rig.client);
    herd_proc_close(&rig.herd);
    child_dir_remove(rig.places.dir);
}

/* Google is not asked without a key: that would only be denied. */
static void no_key(void)
{
    struct herd_proc herd;
    struct client client;
    char at[TEXT];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    CHECK(move_to(&client, "+45+45", at));
    check_error(ask_at(&client, at, 5, 5), "REQUEST_DENIED");
    client_close(&client);
    herd_proc_close(&herd);
}

const struct check_test test_whatsat[] = {
    {"cut_to_the_bound", cut_to_the_bound},
    {"no_results_at_all", no_results_at_all},
    {"faults", faults},
    {"stalled", stalled},
    {"too_many", too_many},
    {"held_replies", held_replies},
    {"places_is_down", places_is_down},
    {"no_key", no_key},
    {NULL, NULL},
};
