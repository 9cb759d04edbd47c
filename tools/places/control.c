/* SPDX-License-Identifier: ISC */
#include "control.h"

#include <inttypes.h>
#include <string.h>

enum { MS_MAX = 600000, COUNT_MAX = 1000000 };

/* Decimal digits; `absent` when there is no such parameter. */
static bool read_count(const struct http_request *request, const char *name, uint64_t most,
                       uint64_t absent, uint64_t *out)
{
    char text[24];
    *out = absent;
    if (!http_query_value(request->query, name, text, sizeof text))
        return true;
    *out = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            return false;
        *out = *out * 10 + (uint64_t)(*at - '0');
        if (*out > most)
            return false;
    }
    return text[0] != '\0';
}

static bool go_down(struct control *c, const struct http_request *request, int64_t now_ms)
{
    uint64_t ms;
    if (!read_count(request, "ms", MS_MAX, UINT64_MAX, &ms))
        return false;
    c->down_until_ms = ms == UINT64_MAX ? INT64_MAX : now_ms + (int64_t)ms;
    return true;
}

static bool start_failing(struct control *c, const struct http_request *request)
{
    uint64_t count, status;
    if (!read_count(request, "count", COUNT_MAX, 1, &count) ||
        !read_count(request, "status", 599, 500, &status) || status < 400)
        return false;
    c->failures = count;
    c->failure_status = (int)status;
    return true;
}

/* False when there is no such request, or with other parameters. */
static bool obey(struct control *c, const struct http_request *request, int64_t now_ms)
{
    struct herd_slice command = herd_slice_from(request->path, strlen(CONTROL_PREFIX));
    if (herd_slice_eq(command, HERD_LIT("down")))
        return go_down(c, request, now_ms);
    if (herd_slice_eq(command, HERD_LIT("fail")))
        return start_failing(c, request);
    if (herd_slice_eq(command, HERD_LIT("up"))) {
        c->down_until_ms = 0;
        c->failures = 0;
    } else if (herd_slice_eq(command, HERD_LIT("reset"))) {
        *c = (struct control){0};
    } else if (herd_slice_eq(command, HERD_LIT("followed"))) {
        c->followed++;
    } else {
        return herd_slice_eq(command, HERD_LIT("requests"));
    }
    return true;
}

bool control_takes(struct herd_slice path)
{
    size_t len = strlen(CONTROL_PREFIX);
    return path.len >= len && memcmp(path.data, CONTROL_PREFIX, len) == 0;
}

void control_answer(struct control *c, const struct http_request *request, int64_t now_ms,
                    struct reply *out)
{
    struct bytes text = {0};
    struct answer counts;
    if (!obey(c, request, now_ms)) {
        reply_make_error(out, 404, request->keep_alive);
        return;
    }
    bytes_printf(&text, "{");
    for (size_t i = 0; i < PROVIDERS; i++)
        bytes_printf(&text, "\"%s\": %" PRIu64 ", ", providers[i]->name, c->requests[i]);
    bytes_printf(&text,
                 "\"followed\": %" PRIu64 ", \"elsewhere\": %" PRIu64
                 ", \"refused\": %" PRIu64 ", \"down\": %s}\n",
                 c->followed, c->elsewhere, c->refused,
                 control_is_down(c, now_ms) ? "true" : "false");
    provider_say(&counts, 200, "Content-Type: application/json\r\n", bytes_slice(&text));
    reply_make(out, &counts, request->keep_alive);
    bytes_free(&text);
}

bool control_is_down(const struct control *c, int64_t now_ms)
{
    return now_ms < c->down_until_ms;
}

int control_next_failure(struct control *c)
{
    if (c->failures == 0)
        return 0;
    c->failures--;
    return c->failure_status;
}

bool control_next_flaky(struct control *c, size_t i, uint64_t bad)
{
    uint64_t place = c->in_cycle[i];
    c->in_cycle[i] = place >= bad ? 0 : place + 1;
    return place < bad;
}
