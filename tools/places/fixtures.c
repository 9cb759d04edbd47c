/* SPDX-License-Identifier: ISC */
#include "fixtures.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { FILE_MAX = 8 << 20, WORD_MAX = 80 };

static bool same_number(double a, double b)
{
    double difference = a > b ? a - b : b - a;
    return difference <= 1e-6;
}

/* Plain decimal only: strtod alone would also take hex, inf and leading blanks. */
static const char *read_number(const char *text, double *out)
{
    size_t len = strspn(text, "+-.0123456789");
    char copy[WORD_MAX];
    char *end;
    if (len == 0 || len >= sizeof copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' ? text + len : NULL;
}

bool fixtures_read_number(const char *text, double *out)
{
    const char *rest = read_number(text, out);
    return rest != NULL && *rest == '\0';
}

bool fixtures_read_location(const char *text, double *latitude, double *longitude)
{
    const char *rest = read_number(text, latitude);
    if (rest == NULL || *rest != ',')
        return false;
    rest = read_number(rest + 1, longitude);
    return rest != NULL && *rest == '\0' && *latitude >= -90 && *latitude <= 90 &&
           *longitude >= -180 && *longitude <= 180;
}

bool fixtures_read_radius(const char *text, double *radius)
{
    return fixtures_read_number(text, radius) && *radius > 0;
}

/* The first word of *rest, as text; false when it is too long. *rest moves past it. */
static bool take_word(struct herd_slice *rest, char word[WORD_MAX])
{
    size_t len = 0;
    while (rest->len > 0 && rest->data[0] == ' ')
        *rest = herd_slice_from(*rest, 1);
    while (len < rest->len && rest->data[len] != ' ')
        len++;
    if (len >= WORD_MAX)
        return false;
    memcpy(word, rest->data, len);
    word[len] = '\0';
    *rest = herd_slice_from(*rest, len);
    return true;
}

static const char *parse_match(struct place_match *m, struct herd_slice rest)
{
    char word[WORD_MAX];
    m->any_location = m->any_radius = true;
    while (take_word(&rest, word) && word[0] != '\0') {
        bool ok = false;
        if (strncmp(word, "location=", 9) == 0) {
            m->any_location = strcmp(word + 9, "*") == 0;
            ok = m->any_location ||
                 fixtures_read_location(word + 9, &m->latitude, &m->longitude);
        } else if (strncmp(word, "radius=", 7) == 0) {
            m->any_radius = strcmp(word + 7, "*") == 0;
            ok = m->any_radius || fixtures_read_radius(word + 7, &m->radius);
        }
        if (!ok)
            break;
    }
    return rest.len == 0 ? NULL : "want: match location=LAT,LNG|* radius=METRES|*";
}

static const char *parse_header(struct fixture *f, struct herd_slice rest)
{
    if (rest.len == 0 || memchr(rest.data, ':', rest.len) == NULL)
        return "want: header NAME: VALUE";
    if (rest.len >= 15 && strncasecmp(rest.data, "Content-Length:", 15) == 0)
        return "Content-Length is computed (fault short-length and long-length bend it)";
    bytes_add(&f->headers, rest);
    bytes_add(&f->headers, HERD_LIT("\r\n"));
    return NULL;
}

static const char *parse_status(struct fixture *f, struct herd_slice rest)
{
    char word[WORD_MAX];
    double code;
    if (!take_word(&rest, word) || rest.len > 0 || !fixtures_read_radius(word, &code) ||
        code < 200 || code > 599)
        return "want: status CODE, 200 to 599";
    f->status = (int)code;
    return NULL;
}

/* Reads one line of the head. Returns NULL, or the mistake in it, which lives as long as
 * `error`. */
static const char *parse_line(struct fixture *f, struct herd_slice line, bool *matched,
                              struct herd_error_text *error)
{
    char word[WORD_MAX];
    if (line.len == 0 || line.data[0] == '#')
        return NULL;
    if (!take_word(&line, word))
        return "unknown word";
    if (line.len > 0)
        line = herd_slice_from(line, 1);
    if (strcmp(word, "match") == 0) {
        if (*matched)
            return "a second match line";
        *matched = true;
        return parse_match(&f->match, line);
    }
    if (strcmp(word, "status") == 0)
        return parse_status(f, line);
    if (strcmp(word, "header") == 0)
        return parse_header(f, line);
    if (strcmp(word, "fault") == 0)
        return faults_add(&f->faults, line, error) ? NULL : error->text;
    return "unknown word (known: match, status, header, fault, body)";
}

static bool has_content_type(const struct bytes *headers)
{
    for (size_t at = 0; at < headers->len; at++) {
        struct herd_slice line = herd_slice_from(bytes_slice(headers), at);
        if (line.len >= 13 && strncasecmp(line.data, "Content-Type:", 13) == 0)
            return true;
        const char *end = memchr(line.data, '\n', line.len);
        at += (size_t)(end - line.data);
    }
    return false;
}

static bool parse_file(struct fixture *f)
{
    struct herd_slice rest = bytes_slice(&f->file);
    const char *wrong = "no body line";
    struct herd_error_text error;
    bool matched = false;
    unsigned line_number = 0;
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;
        struct herd_slice line = herd_slice(rest.data, len);
        rest = herd_slice_from(rest, end != NULL ? len + 1 : len);
        line_number++;
        if (herd_slice_eq(line, HERD_LIT("body"))) {
            wrong = matched ? NULL : "no match line";
            break;
        }
        const char *mistake = parse_line(f, line, &matched, &error);
        if (mistake != NULL) {
            wrong = mistake;
            break;
        }
    }
    if (wrong != NULL) {
        fprintf(stderr, "fake-places: %s:%u: %s\n", f->name, line_number, wrong);
        return false;
    }
    f->body = rest;
    if (!has_content_type(&f->headers))
        bytes_add(&f->headers,
                  HERD_LIT("Content-Type: application/json; charset=UTF-8\r\n"));
    return true;
}

static bool read_file(const char *path, struct bytes *out)
{
    FILE *in = fopen(path, "rb");
    size_t got = 0;
    if (in == NULL)
        return false;
    do {
        got = fread(bytes_room(out, 65536), 1, 65536, in);
        out->len += got;
    } while (got > 0 && out->len <= FILE_MAX);
    bool ok = ferror(in) == 0 && out->len <= FILE_MAX;
    fclose(in);
    return ok;
}

static bool load_file(struct fixtures *set, const char *dir, const char *name)
{
    struct bytes path = {0};
    struct fixture *list = realloc(set->list, (set->count + 1) * sizeof *list);
    if (list == NULL) {
        perror("fake-places");
        return false;
    }
    set->list = list;
    bytes_printf(&path, "%s/%s", dir, name);
    *bytes_room(&path, 1) = '\0';
    struct fixture *f = &list[set->count++];
    *f = (struct fixture){.name = path.data, .status = 200};
    if (!read_file(f->name, &f->file)) {
        fprintf(stderr, "fake-places: %s: %s\n", f->name,
                f->file.len > FILE_MAX ? "too large" : strerror(errno));
        return false;
    }
    return parse_file(f);
}

static bool same_match(const struct place_match *a, const struct place_match *b)
{
    if (a->any_location != b->any_location || a->any_radius != b->any_radius)
        return false;
    return (a->any_location || (same_number(a->latitude, b->latitude) &&
                                same_number(a->longitude, b->longitude))) &&
           (a->any_radius || same_number(a->radius, b->radius));
}

static bool check_set(const struct fixtures *set, const char *dir)
{
    bool have_default = false;
    for (size_t i = 0; i < set->count; i++) {
        const struct fixture *f = &set->list[i];
        have_default |= f->match.any_location && f->match.any_radius;
        for (size_t j = 0; j < i; j++)
            if (same_match(&f->match, &set->list[j].match)) {
                fprintf(stderr, "fake-places: %s and %s match the same requests\n",
                        set->list[j].name, f->name);
                return false;
            }
    }
    if (!have_default)
        fprintf(stderr, "fake-places: %s: no fixture with match location=* radius=*\n",
                dir);
    return have_default;
}

bool fixtures_load(struct fixtures *set, const char *dir)
{
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        fprintf(stderr, "fake-places: %s: %s\n", dir, strerror(errno));
        return false;
    }
    bool ok = true;
    const struct dirent *entry;
    while (ok && (entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 5 && strcmp(entry->d_name + len - 5, ".http") == 0)
            ok = load_file(set, dir, entry->d_name);
    }
    closedir(folder);
    return ok && check_set(set, dir);
}

void fixtures_free(struct fixtures *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->list[i].name);
        bytes_free(&set->list[i].file);
        bytes_free(&set->list[i].headers);
    }
    free(set->list);
    *set = (struct fixtures){0};
}

const struct fixture *fixtures_choose(const struct fixtures *set, double latitude,
                                      double longitude, double radius)
{
    const struct fixture *best = NULL;
    int best_rank = -1;
    for (size_t i = 0; i < set->count; i++) {
        const struct place_match *m = &set->list[i].match;
        bool here = m->any_location || (same_number(m->latitude, latitude) &&
                                        same_number(m->longitude, longitude));
        if (!here || !(m->any_radius || same_number(m->radius, radius)))
            continue;
        int rank = (m->any_location ? 0 : 2) + (m->any_radius ? 0 : 1);
        if (rank > best_rank) {
            best = &set->list[i];
            best_rank = rank;
        }
    }
    return best;
}
