/* SPDX-License-Identifier: ISC */
/* WHATSAT through each provider, in a herd of five: one server hears the report, each is
 * asked. */
#include "answer.h"
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct check_test test_providers[];

enum { TEXT = 1024, SERVERS = 5, BOUND = 3 };

#define KEY  "MarkedKey0123456789"
#define KIWI "kiwi.cs.ucla.edu +34.068930-118.445127 1621464827.959498503"

struct provider_case {
    const char *provider, *more;
    const char *request; /* as fake-places logs it */
    const char *golden;  /* of the fixtures; NULL: Google's fixture itself */
    const char *icon;    /* what comes for Google's "-71.png" */
};

#define NEW_BODY                                                                           \
    "{\"locationRestriction\":{\"circle\":{\"center\":{\"latitude\":34.06893,"             \
    "\"longitude\":-118.445127},\"radius\":10000}},\"maxResultCount\":20}"

static const struct provider_case cases[] = {
    {"google-legacy", "",
     "GET /maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000"
     "&key=" KEY,
     NULL, "-71.png"},
    {"google-new", "places-fields enterprise\n", "POST /v1/places:searchNearby " NEW_BODY,
     NULL, "_pinlet.png"},
    {"google-new", "", "POST /v1/places:searchNearby " NEW_BODY, "google-new", NULL},
    {"overpass", "",
     "POST /api/interpreter data=%5Bout%3Ajson%5D%5Btimeout%3A10%5D%3Bnwr%28around%3A"
     "10000%2C34.06893%2C-118.445127%29%5Bname%5D%5B~%22%5E%28amenity%7Cshop%7Ctourism"
     "%7Cleisure%29%24%22~%22.%22%5D%3Bout%20center%20500%3B",
     "overpass", NULL},
    {"photon", "",
     "GET /reverse?lon=-118.445127&lat=34.06893&radius=10&limit=20&osm_tag=amenity"
     "&osm_tag=shop&osm_tag=tourism&osm_tag=leisure",
     "photon", NULL},
};

/* ---- what is expected ---- */

static struct herd_slice replaced(struct herd_slice text, const char *from, const char *to)
{
    size_t count = bytes_count(text, herd_slice_str(from)), len = 0;
    char *out = malloc(text.len + count * strlen(to) + 1);
    const char *at;
    if (!CHECK(out != NULL))
        return text;
    struct herd_slice rest = text;
    while ((at = bytes_find(rest, herd_slice_str(from))) != NULL) {
        size_t before = (size_t)(at - rest.data);
        memcpy(out + len, rest.data, before);
        memcpy(out + len + before, to, strlen(to));
        len += before + strlen(to);
        rest = herd_slice_from(rest, before + strlen(from));
    }
    memcpy(out + len, rest.data, rest.len);
    len += rest.len;
    out[len] = '\0';
    file_free(text);
    return herd_slice(out, len);
}

/* The places are the same for all providers, so Google's new API with all fields has to
 * give the text of the old one, but for another icon. */
static struct herd_slice expected(const struct provider_case *c)
{
    char path[64];
    if (c->golden == NULL) {
        struct herd_slice body = places_fixture_body("ucla-10km");
        struct herd_slice cut = answer_cut(body, BOUND);
        file_free(body);
        return replaced(cut, "-71.png", c->icon);
    }
    snprintf(path, sizeof path, "replies/%s.txt", c->golden);
    struct herd_slice text = fixture_file(path);
    if (CHECK(text.len > 0 && text.data[text.len - 1] == '\n'))
        text.len--;
    return text;
}

/* ---- the session ---- */

/* Asks until the server has heard of the client. */
static bool ask(struct client *client, struct herd_slice *reply)
{
    char line[TEXT];
    int64_t until = now_ms() + WAIT_MS;
    snprintf(line, sizeof line, "WHATSAT kiwi.cs.ucla.edu 10 %d\n", BOUND);
    while (now_ms() < until) {
        if (!client_say(client, line) || !client_line(client, reply))
            return false;
        if (memcmp(reply->data, "AT ", 3) == 0)
            return true;
        nap();
    }
    return false;
}

static void check_server(const struct herd_proc *herd, uint32_t i, const char *at,
                         struct herd_slice want)
{
    struct client client;
    struct herd_slice line, json;
    CHECK(herd_proc_connect(herd, i, &client));
    if (CHECK(ask(&client, &line))) {
        CHECK_SLICE(line, herd_slice_str(at));
        if (CHECK(client_reply(&client, &json)) && CHECK(json.len > 2)) {
            CHECK(!bytes_have(json, KEY));
            CHECK_SLICE(herd_slice(json.data, json.len - 2), want);
            if (i == 1)
                note("reply of %s:\n%s\n%.*s", herd->conf.servers[i].name, at,
                     (int)json.len, json.data);
        }
    }
    client_close(&client);
}

/* Each server asked for itself, in the very same words. */
static void check_requests(const struct places_proc *places, const struct provider_case *c)
{
    char line[TEXT];
    struct herd_slice log = file_read(places->log);
    snprintf(line, sizeof line, "%s\n", c->request);
    CHECK_INT((int64_t)bytes_count(log, HERD_LIT("\n")), SERVERS);
    CHECK_INT((int64_t)bytes_count(log, herd_slice_str(line)), SERVERS);
    CHECK_INT((int64_t)bytes_count(log, HERD_LIT(KEY)),
              bytes_have(herd_slice_str(line), KEY) ? SERVERS : 0);
    if (log.data != NULL)
        note("request: %.*s", (int)strcspn(log.data, "\n"), log.data);
    file_free(log);
}

static void check_logs(const struct herd_proc *herd)
{
    char path[HERD_PROC_PATH];
    for (uint32_t i = 0; i < SERVERS; i++) {
        herd_proc_path(herd, path, "log", i, ".log");
        struct herd_slice log = file_read(path);
        CHECK(bytes_have(log, " places - > ") && !bytes_have(log, KEY));
        file_free(log);
    }
}

static void run_case(const struct provider_case *c)
{
    static const char *const args[] = {"-k", KEY, NULL};
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    char conf[PLACES_CONF], text[TEXT], at[TEXT] = "";
    REQUIRE(places_proc_start_with(&places, args));
    places_proc_conf(&places, c->provider, conf);
    snprintf(text, sizeof text, "%s%s", conf, c->more);
    REQUIRE(herd_proc_open(&herd, "ucla-2018", text));
    herd.key = KEY;
    CHECK(herd_proc_start_all(&herd) && herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT " KIWI "\n", &got));
    snprintf(at, sizeof at, "%.*s", (int)got.len, got.data);
    client_close(&client);
    CHECK(memcmp(at, "AT Goloman +", 12) == 0 && strstr(at, " " KIWI) != NULL);
    struct herd_slice want = expected(c);
    for (uint32_t i = 0; i < SERVERS; i++)
        check_server(&herd, i, at, want);
    file_free(want);
    check_requests(&places, c);
    for (uint32_t i = 0; i < SERVERS; i++)
        CHECK_INT(herd_proc_stop(&herd, i, SIGTERM), 0);
    check_logs(&herd);
    herd_proc_close(&herd);
    places_proc_stop(&places);
}

static void each_in_a_herd(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s %s", cases[i].provider, cases[i].more);
        run_case(&cases[i]);
    }
    CHECK_LABEL("%s", "");
}

const struct check_test test_providers[] = {
    {"each_in_a_herd", each_in_a_herd},
    {NULL, NULL},
};
