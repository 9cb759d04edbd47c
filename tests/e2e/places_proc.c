/* SPDX-License-Identifier: ISC */
#include "places_proc.h"

#include "check.h"
#include "client.h"
#include "files.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_url(struct places_proc *places)
{
    char line[256];
    if (!child_line(&places->child, line, sizeof line))
        return false;
    const char *url = strstr(line, "http://127.0.0.1:");
    if (url == NULL)
        return false;
    places->port = (uint16_t)strtol(url + 17, NULL, 10);
    snprintf(places->url, sizeof places->url, "%s", url);
    snprintf(places->conf_line, sizeof places->conf_line, "places-url %s\n", places->url);
    return true;
}

bool places_proc_start_with(struct places_proc *places, const char *const *more)
{
    enum { ARGS = 16 };
    char fixtures[512];
    const char *folder = getenv("HERD_TEST_FIXTURES");
    if (!child_dir_make(places->dir))
        return false;
    snprintf(fixtures, sizeof fixtures, "%s/places", folder != NULL ? folder : "fixtures");
    snprintf(places->log, sizeof places->log, "%s/log", places->dir);
    const char *argv[ARGS] = {"fake-places", "-d", fixtures, "-l", places->log};
    for (size_t i = 5; i + 1 < ARGS && *more != NULL; i++)
        argv[i] = *more++;
    bool ok = child_start(&places->child, "HERD_TEST_TOOLS", argv, -1, NULL);
    if (ok && read_url(places))
        return true;
    if (ok)
        child_end(&places->child, SIGKILL);
    child_dir_remove(places->dir);
    return false;
}

bool places_proc_start(struct places_proc *places)
{
    const char *const none[] = {NULL};
    return places_proc_start_with(places, none);
}

void places_proc_stop(struct places_proc *places)
{
    CHECK_INT(child_end(&places->child, SIGTERM), 0);
    child_dir_remove(places->dir);
}

/* ---- as the herd sees it ---- */

void places_proc_conf(const struct places_proc *places, const char *provider,
                      char conf[PLACES_CONF])
{
    static const struct {
        const char *provider, *path;
    } rows[] = {{"google-legacy", "/maps/api/place/nearbysearch/json"},
                {"google-new", "/v1/places:searchNearby"},
                {"overpass", "/api/interpreter"},
                {"photon", "/reverse"}};
    conf[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].provider, provider) == 0)
            snprintf(conf, PLACES_CONF,
                     "places-provider %s\nplaces-url http://127.0.0.1:%u%s\n", provider,
                     (unsigned)places->port, rows[i].path);
    CHECK(conf[0] != '\0');
}

int64_t places_proc_control(const struct places_proc *places, const char *what,
                            const char *provider)
{
    char line[256], name[64];
    struct client client;
    struct herd_slice got;
    int64_t count = -1;
    int len = snprintf(name, sizeof name, "\"%s\": ", provider);
    snprintf(line, sizeof line,
             "GET /_fake/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", what);
    if (!client_open(&client, places->port))
        return -1;
    if (client_say(&client, line) && client_rest(&client, &got) &&
        bytes_have(got, "HTTP/1.1 200 ")) {
        const char *at = bytes_find(got, herd_slice_str(name));
        count = at != NULL ? (int64_t)strtoll(at + len, NULL, 10) : -1;
    }
    client_close(&client);
    return count;
}

/* ---- fixtures ---- */

bool places_fixture_match(const char *name, const char *what, char out[64])
{
    char path[128], key[32];
    snprintf(path, sizeof path, "places/%s.http", name);
    int len = snprintf(key, sizeof key, "%s=", what);
    struct herd_slice all = fixture_file(path);
    const char *at = all.data != NULL ? bytes_find(all, HERD_LIT("match ")) : NULL;
    snprintf(out, 64, "*");
    if (at != NULL) {
        struct herd_slice line = herd_slice(at, strcspn(at, "\n"));
        const char *value = bytes_find(line, herd_slice(key, (size_t)len));
        if (value != NULL)
            snprintf(out, 64, "%.*s", (int)strcspn(value + len, " \n"), value + len);
    }
    file_free(all);
    return at != NULL;
}

struct herd_slice places_fixture_body(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "places/%s.http", name);
    struct herd_slice all = fixture_file(path);
    const char *at = all.data != NULL ? bytes_find(all, HERD_LIT("\nbody\n")) : NULL;
    if (at == NULL) {
        file_free(all);
        return herd_slice(NULL, 0);
    }
    size_t head = (size_t)(at - all.data) + 6;
    char *body = malloc(all.len - head + 1);
    if (body != NULL)
        memcpy(body, all.data + head, all.len - head + 1);
    file_free(all);
    return herd_slice(body, body != NULL ? all.len - head : 0);
}

/* ---- what is expected ---- */

enum { RESULTS_MOST = 64 };

/* In the fixtures a result ends with a line of six blanks and a brace. Writes where these
 * lines end, without the comma; returns how many there are. */
static int find_results(struct herd_slice body, size_t ends[RESULTS_MOST])
{
    int count = 0;
    for (size_t at = 0; at + 9 < body.len && count < RESULTS_MOST; at++)
        if (memcmp(body.data + at, "\n      }", 8) == 0)
            ends[count++] = at + 8;
    return count;
}

/* Appends without the second and further ones of a run of newlines. */
static size_t append_folded(char *out, size_t len, struct herd_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '\n' || len == 0 || out[len - 1] != '\n')
            out[len++] = text.data[i];
    return len;
}

static cJSON *parse_slice(struct herd_slice text)
{
    return cJSON_ParseWithLength(text.data, text.len);
}

/* cJSON's opinion: the first `bound` results, and nothing else is different. */
static bool agrees(struct herd_slice body, struct herd_slice cut, int bound)
{
    cJSON *whole = parse_slice(body), *part = parse_slice(cut);
    cJSON *results = cJSON_GetObjectItemCaseSensitive(whole, "results");
    while (cJSON_GetArraySize(results) > bound)
        cJSON_DeleteItemFromArray(results, cJSON_GetArraySize(results) - 1);
    bool same = whole != NULL && part != NULL && cJSON_Compare(whole, part, 1);
    cJSON_Delete(whole);
    cJSON_Delete(part);
    return same;
}

struct herd_slice places_expected(const char *name, int bound)
{
    size_t ends[RESULTS_MOST], from, to, len;
    struct herd_slice body = places_fixture_body(name);
    char *out = body.data != NULL ? malloc(body.len + 1) : NULL;
    int count = body.data != NULL ? find_results(body, ends) : 0;
    from = to = body.len;
    if (count > 0 && bound == 0) {
        const char *key = bytes_find(body, HERD_LIT("\"results\" :"));
        from = (size_t)(strchr(key, '[') - body.data) + 1;
        to = (size_t)(strchr(body.data + ends[count - 1], ']') - body.data);
    } else if (bound < count) {
        from = ends[bound - 1];
        to = ends[count - 1];
    }
    if (!CHECK(out != NULL))
        return body;
    len = append_folded(out, 0, herd_slice(body.data, from));
    len = append_folded(out, len, herd_slice_from(body, to));
    while (len > 0 && out[len - 1] == '\n')
        len--;
    CHECK(agrees(body, herd_slice(out, len), bound));
    file_free(body);
    return herd_slice(out, len);
}
