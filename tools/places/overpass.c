/* SPDX-License-Identifier: ISC */
/* Overpass, over the data of OpenStreetMap: POST of a form whose only field is a query.
 * Of its language, only what a search around a point needs is read, and that strictly. */
#include "provider.h"

#include "herd/err.h"
#include "json_scan.h"
#include "list_cut.h"

#include <stdlib.h>
#include <strings.h>

enum { QUERY_MAX = 8192, NESTING_MAX = 64 };

static const char html_type[] = "Content-Type: text/html; charset=utf-8\r\n";

struct search {
    double latitude, longitude, metres;
    long most; /* elements; 0: all */
};

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Behind the quoted text that begins at `at`, or NULL. */
static const char *skip_quoted(const char *at)
{
    char quote = *at;
    for (at++; *at != '\0' && *at != quote; at++)
        if (*at == '\\' && *++at == '\0')
            return NULL;
    return *at == quote ? at + 1 : NULL;
}

/* Brackets in pairs, quotes closed, a semicolon at the end. */
static bool is_well_formed(const char *query)
{
    char open[NESTING_MAX];
    size_t depth = 0;
    char last = '\0';
    for (const char *at = query; *at != '\0';) {
        char c = *at;
        if (c == '"' || c == '\'') {
            if ((at = skip_quoted(at)) == NULL)
                return false;
            last = c;
            continue;
        }
        if (c == '(' || c == '[') {
            if (depth == NESTING_MAX)
                return false;
            open[depth++] = c;
        } else if (c == ')' || c == ']') {
            if (depth == 0 || open[--depth] != (c == ')' ? '(' : '['))
                return false;
        }
        if (strchr(" \t\r\n", c) == NULL)
            last = c;
        at++;
    }
    return depth == 0 && last == ';';
}

/* The settings that a query begins with; where its statements begin, or NULL. */
static const char *read_settings(const char *at)
{
    bool json = false;
    for (at = skip_blanks(at); *at == '['; at = skip_blanks(at)) {
        const char *end = strchr(at, ']');
        if (end == NULL)
            return NULL;
        if (strncmp(at, "[out:json]", 10) == 0) {
            json = true;
        } else if (strncmp(at, "[timeout:", 9) == 0 || strncmp(at, "[maxsize:", 9) == 0) {
            size_t digits = strspn(at + 9, "0123456789");
            if (digits == 0 || at + 9 + digits != end || at[9] == '0')
                return NULL;
        } else {
            return NULL;
        }
        at = end + 1;
    }
    return json && *at == ';' ? at + 1 : NULL;
}

/* A plain decimal and the `mark` after it. */
static const char *read_number(const char *at, char mark, double *out)
{
    char *end;
    at = skip_blanks(at);
    size_t len = strspn(at, "+-.0123456789");
    *out = strtod(at, &end);
    if (len == 0 || end != at + len)
        return NULL;
    at = skip_blanks(end);
    return *at == mark ? at + 1 : NULL;
}

/* Every around of it, which must be one and the same circle. */
static bool read_circles(const char *query, struct search *w)
{
    bool found = false;
    for (const char *at = query; (at = strstr(at, "around")) != NULL;) {
        struct search one = {0};
        at = skip_blanks(at + 6);
        if (*at != ':' || (at = read_number(at + 1, ',', &one.metres)) == NULL ||
            (at = read_number(at, ',', &one.latitude)) == NULL ||
            (at = read_number(at, ')', &one.longitude)) == NULL)
            return false;
        if (one.metres <= 0 || !provider_on_globe(one.latitude, one.longitude) ||
            (found && (one.metres != w->metres || one.latitude != w->latitude ||
                       one.longitude != w->longitude)))
            return false;
        *w = one;
        found = true;
    }
    return found;
}

/* The last statement: "out", words, among them "center" and perhaps a number. */
static bool read_out(const char *query, struct search *w)
{
    static const char *const known[] = {"ids", "skel", "body", "tags", "meta",
                                        "asc", "qt",   "geom", "bb"};
    const char *end = strrchr(query, ';');
    const char *at = end;
    bool center = false;
    while (at > query && at[-1] != ';')
        at--;
    at = skip_blanks(at);
    if (strncmp(at, "out", 3) != 0)
        return false;
    for (at = skip_blanks(at + 3); at < end; at = skip_blanks(at)) {
        size_t len = strcspn(at, " \t\r\n;");
        bool ok = false;
        if (strspn(at, "0123456789") == len) {
            w->most = len < 9 ? strtol(at, NULL, 10) : 0;
            ok = w->most > 0;
        } else if (len == 6 && strncmp(at, "center", 6) == 0) {
            ok = center = true;
        }
        for (size_t i = 0; !ok && i < sizeof known / sizeof known[0]; i++)
            ok = strlen(known[i]) == len && strncmp(at, known[i], len) == 0;
        if (!ok)
            return false;
        at += len;
    }
    return center;
}

static const char *read_query(const char *query, struct search *w)
{
    const char *statements = read_settings(query);
    if (statements == NULL)
        return "line 1: the settings must be [out:json], timeout and maxsize";
    if (!is_well_formed(query))
        return "line 1: parse error: brackets, quotes or the last semicolon";
    if (!read_circles(statements, w))
        return "line 1: parse error: want (around:METRES,LAT,LNG), one circle";
    if (!read_out(statements, w))
        return "line 1: parse error: the last statement must be out center";
    return NULL;
}

static bool is_form(const struct http_request *request)
{
    static const char form[] = "application/x-www-form-urlencoded";
    struct herd_slice type;
    return http_field(request, "Content-Type", &type) && type.len >= sizeof form - 1 &&
           strncasecmp(type.data, form, sizeof form - 1) == 0 &&
           (type.len == sizeof form - 1 || type.data[sizeof form - 1] == ';');
}

/* As Overpass says it: a page. */
static void refuse(const struct provider_call *call, struct answer *out,
                   const char *mistake)
{
    bytes_printf(call->scratch,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<html>\n<head>\n<title>OSM3S Response</title>\n</head>\n<body>\n\n"
                 "<p><strong style=\"color:#FF0000\">Error</strong>: %s </p>\n\n"
                 "</body>\n</html>\n",
                 mistake);
    provider_say(out, 400, html_type, bytes_slice(call->scratch));
}

static void answer_overpass(const struct provider_call *call, struct answer *out)
{
    char query[QUERY_MAX];
    struct search search = {0};
    const char *mistake;
    if (!is_form(call->request))
        mistake = "the body must be application/x-www-form-urlencoded";
    else if (!http_query_value(call->request->body, "data", query, sizeof query))
        mistake = "no well encoded data= in the form";
    else
        mistake = read_query(query, &search);
    if (mistake != NULL) {
        refuse(call, out, mistake);
        return;
    }
    provider_choose(call, search.latitude, search.longitude, search.metres, out);
    if (out->status == 200 && search.most > 0 && herd_json_check(out->body) == HERD_OK)
        out->body = list_cut(out->body, "elements", (size_t)search.most, call->scratch);
}

const struct provider overpass = {
    .name = "overpass",
    .folder = "overpass",
    .method = "POST",
    .path = "/api/interpreter",
    .huge_before = "{\n  \"version\": 0.6,\n  \"generator\": \"",
    .huge_after = "\",\n  \"elements\": []\n}\n",
    .answer = answer_overpass,
};
