/* SPDX-License-Identifier: ISC */
/* What google-legacy says arrives byte for byte, but for the results that are too many. */
#include "answer.h"
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "places_proc.h"
#include "wait.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct check_test test_bytes[];

enum { TEXT = 512, FIXTURES_MOST = 64, NAME = 64 };

struct fixture {
    char name[NAME];
    char location[NAME]; /* as IAMAT says it */
    unsigned radius_km;
    struct herd_slice body;
};

/* Degrees as a fixture names them, with the signs that IAMAT wants. */
static void print_location(const char *match, char out[NAME])
{
    if (match[0] == '*')
        match = "45,45";
    int len = (int)strcspn(match, ",");
    const char *east = match + len + (match[len] != '\0');
    snprintf(out, NAME, "%s%.*s%s%.20s", match[0] == '-' ? "" : "+", len < 20 ? len : 20,
             match, east[0] == '-' ? "" : "+", east);
}

/* Whether its reply is not damaged on its way, which another test is about. */
static bool is_healthy(const char *name)
{
    return strncmp(name, "fault-", 6) != 0 || strcmp(name, "fault-chunked") == 0 ||
           strcmp(name, "fault-text-type") == 0;
}

static bool read_fixture(struct fixture *fixture)
{
    char match[NAME];
    if (!places_fixture_match(fixture->name, "location", match))
        return false;
    print_location(match, fixture->location);
    places_fixture_match(fixture->name, "radius", match);
    fixture->radius_km = match[0] != '*' ? (unsigned)strtol(match, NULL, 10) / 1000 : 7;
    fixture->body = places_fixture_body(fixture->name);
    return fixture->body.data != NULL;
}

static size_t read_fixtures(struct fixture *fixtures)
{
    char path[TEXT];
    const char *folder = getenv("HERD_TEST_FIXTURES");
    snprintf(path, sizeof path, "%s/places", folder != NULL ? folder : "fixtures");
    DIR *dir = opendir(path);
    size_t count = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || len >= NAME || strcmp(entry->d_name + len - 5, ".http") != 0)
            continue;
        snprintf(fixtures[count].name, NAME, "%.*s", (int)len - 5, entry->d_name);
        if (CHECK(count + 1 < FIXTURES_MOST) && is_healthy(fixtures[count].name) &&
            CHECK(read_fixture(&fixtures[count])))
            count++;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void compare(struct client *client, const struct fixture *fixture, unsigned bound,
                    unsigned serial)
{
    char line[TEXT], at[TEXT];
    struct herd_slice got;
    CHECK_LABEL("%s, bound %u", fixture->name, bound);
    snprintf(line, sizeof line, "IAMAT x %s %u\n", fixture->location, serial);
    CHECK(client_ask(client, line, &got) && memcmp(got.data, "AT ", 3) == 0);
    snprintf(at, sizeof at, "%.*s", (int)got.len, got.data);
    snprintf(line, sizeof line, "WHATSAT x %u %u\n", fixture->radius_km, bound);
    CHECK(client_say(client, line) && client_reply(client, &got));
    struct herd_slice want = answer_cut(fixture->body, bound);
    CHECK_SLICE(answer_json(got, herd_slice_str(at)), want);
    file_free(want);
    CHECK_LABEL("%s", "");
}

/* Afterwards the provider is left alone for a while. */
static bool is_limit(const struct fixture *fixture)
{
    return strcmp(fixture->name, "over-query-limit") == 0;
}

/* Fixtures take turns in each round, so that those that are failures do not come in a
 * row; the one that ends all requests comes last, once. */
static void every_fixture(void)
{
    static const unsigned bounds[] = {1, 2, 5, 19, 20};
    struct fixture fixtures[FIXTURES_MOST];
    struct places_proc places;
    struct herd_proc herd;
    struct client client;
    unsigned serial = 0;
    size_t count = read_fixtures(fixtures);
    CHECK(count >= 20);
    REQUIRE(places_proc_start(&places));
    REQUIRE(herd_proc_open(&herd, "ucla-2018", places.conf_line));
    CHECK(herd_proc_start(&herd, 0) && herd_proc_connect(&herd, 0, &client));
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        for (size_t j = 0; j < count; j++)
            if (!is_limit(&fixtures[j]))
                compare(&client, &fixtures[j], bounds[i], ++serial);
    for (size_t j = 0; j < count; j++)
        if (is_limit(&fixtures[j]))
            compare(&client, &fixtures[j], 5, ++serial);
    note("%zu fixtures with %zu bounds, byte for byte", count,
         sizeof bounds / sizeof bounds[0]);
    for (size_t j = 0; j < count; j++)
        file_free(fixtures[j].body);
    client_close(&client);
    herd_proc_close(&herd);
    places_proc_stop(&places);
}

const struct check_test test_bytes[] = {
    {"every_fixture", every_fixture},
    {NULL, NULL},
};
