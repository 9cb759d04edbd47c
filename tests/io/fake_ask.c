/* SPDX-License-Identifier: ISC */
#include "fake_ask.h"

#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

const char *const ask_names[ASK_PROVIDERS] = {"google-legacy", "google-new", "overpass",
                                              "photon"};

bool ask_begin(struct fake *f, struct wire *w, const char *const *arguments)
{
    static const char *const none[] = {NULL};
    *w = (struct wire){.fd = -1};
    if (!CHECK(fake_start_with(f, arguments != NULL ? arguments : none)))
        return false;
    if (CHECK(wire_open(w, f)))
        return true;
    fake_stop(f, SIGKILL);
    return false;
}

void ask_end(struct fake *f, struct wire *w)
{
    wire_close(w);
    CHECK_INT(fake_stop(f, SIGTERM), 0);
}

void ask_print(struct ask_text *out, enum fake_provider provider, const char *latitude,
               const char *longitude, unsigned km)
{
    char body[1000];
    int len = 0;
    switch (provider) {
    case ASK_LEGACY:
        len = snprintf(out->text, sizeof out->text,
                       "GET /maps/api/place/nearbysearch/json?location=%s,%s&radius=%u000"
                       "&key=k HTTP/1.1\r\nHost: x\r\n\r\n",
                       latitude, longitude, km);
        break;
    case ASK_NEW:
        len = snprintf(body, sizeof body,
                       "{\"locationRestriction\":{\"circle\":{\"center\":{\"latitude\":%s,"
                       "\"longitude\":%s},\"radius\":%u000.0}},\"maxResultCount\":20}",
                       latitude, longitude, km);
        len = snprintf(out->text, sizeof out->text,
                       "POST /v1/places:searchNearby HTTP/1.1\r\nHost: x\r\n"
                       "Content-Type: application/json\r\nX-Goog-Api-Key: k\r\n"
                       "X-Goog-FieldMask: " ASK_MASK "\r\nContent-Length: %d\r\n\r\n%s",
                       len, body);
        break;
    case ASK_OVERPASS:
        len = snprintf(body, sizeof body,
                       "data=%%5Bout%%3Ajson%%5D%%5Btimeout%%3A10%%5D%%3B"
                       "nwr%%28around%%3A%u000%%2C%s%%2C%s%%29%%5Bname%%5D%%3B"
                       "out+center+500%%3B",
                       km, latitude, longitude);
        len = snprintf(out->text, sizeof out->text,
                       "POST /api/interpreter HTTP/1.1\r\nHost: x\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       len, body);
        break;
    case ASK_PHOTON:
    case ASK_PROVIDERS:
        len = snprintf(out->text, sizeof out->text,
                       "GET /reverse?lon=%s&lat=%s&radius=%u&limit=20 HTTP/1.1\r\n"
                       "Host: x\r\n\r\n",
                       longitude, latitude, km);
        break;
    }
    out->len = (size_t)len;
}

bool ask_place(struct wire *w, enum fake_provider provider, const char *latitude,
               const char *longitude, unsigned km)
{
    struct ask_text request;
    ask_print(&request, provider, latitude, longitude, km);
    return wire_send(w, herd_slice(request.text, request.len));
}

bool ask_get(struct wire *w, const char *target, struct wire_reply *reply)
{
    char text[2000];
    *reply = (struct wire_reply){0};
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    return wire_send(w, herd_slice(text, (size_t)len)) && wire_read(w, reply);
}

bool ask_post(struct wire *w, const char *target, const char *lines, const char *body,
              struct wire_reply *reply)
{
    char head[3000];
    *reply = (struct wire_reply){0};
    int len =
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n",
                 target, lines, strlen(body));
    return wire_send(w, herd_slice(head, (size_t)len)) &&
           wire_send(w, herd_slice_str(body)) && wire_read(w, reply);
}

struct herd_slice ask_fixture(const char *name)
{
    static char bytes[300000];
    char path[800];
    const char *top = getenv("HERD_TEST_FIXTURES");
    snprintf(path, sizeof path, "%s/places/%s.http", top != NULL ? top : "fixtures", name);
    FILE *in = fopen(path, "rb");
    size_t len = in != NULL ? fread(bytes, 1, sizeof bytes - 1, in) : 0;
    if (in != NULL)
        fclose(in);
    bytes[len] = '\0';
    const char *body = strstr(bytes, "\nbody\n");
    if (!CHECK(body != NULL && len < sizeof bytes - 1))
        return HERD_LIT("");
    return herd_slice(body + 6, len - (size_t)(body + 6 - bytes));
}

void ask_check_fixtures(enum fake_provider provider, const struct ask_expected *cases,
                        size_t count)
{
    struct fake f;
    struct wire w;
    struct wire_reply reply;
    REQUIRE(ask_begin(&f, &w, NULL));
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/%s", ask_names[provider], cases[i].file);
        CHECK_LABEL("%s", name);
        CHECK(ask_place(&w, provider, cases[i].latitude, cases[i].longitude, cases[i].km));
        if (!CHECK(wire_read(&w, &reply)))
            break;
        CHECK_INT(reply.status, cases[i].status);
        CHECK_SLICE(reply.body, ask_fixture(name));
        CHECK_INT(wire_has(&reply, "Retry-After: 7"), cases[i].status == 429);
        wire_drop(&w, &reply);
    }
    ask_end(&f, &w);
}

bool ask_contains(struct herd_slice s, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= s.len; i++)
        if (memcmp(s.data + i, text, len) == 0)
            return true;
    return false;
}

int64_t ask_count(const struct fake *f, const char *name)
{
    struct wire w;
    struct wire_reply reply;
    char key[64], text[600] = "";
    int64_t count = -1;
    snprintf(key, sizeof key, "\"%s\": ", name);
    if (!wire_open(&w, f))
        return -1;
    if (ask_get(&w, "/_fake/requests", &reply) && reply.body.len < sizeof text)
        memcpy(text, reply.body.data, reply.body.len);
    const char *at = strstr(text, key);
    if (at != NULL)
        count = strtoll(at + strlen(key), NULL, 10);
    wire_close(&w);
    return count;
}
