/* SPDX-License-Identifier: ISC */
#include "result.h"

#include "legacy_print.h"

#include "herd/err.h"
#include "json_scan.h"

#include <assert.h>

enum { ERROR_TEXT_MAX = 1 << 16 };

/* ---- life ---- */

void herd_places_result_init(struct herd_places_result *result, const struct herd_mem *mem,
                             size_t text_max)
{
    *result = (struct herd_places_result){.references = 1, .verdict = HERD_PLACES_FAILED};
    herd_buf_init(&result->text, mem, text_max);
}

struct herd_places_result *herd_places_result_new(const struct herd_mem *mem,
                                                  size_t text_max)
{
    struct herd_places_result *result = herd_mem_alloc(mem, sizeof *result);
    if (result != NULL)
        herd_places_result_init(result, mem, text_max);
    return result;
}

struct herd_places_result *herd_places_result_hold(struct herd_places_result *result)
{
    result->references++;
    return result;
}

void herd_places_result_release(struct herd_places_result *result)
{
    if (result == NULL || --result->references > 0)
        return;
    const struct herd_mem *mem = result->text.mem;
    if (result->held != NULL)
        *result->held -= result->text.len;
    herd_buf_free(&result->text);
    herd_mem_free(mem, result, sizeof *result);
}

bool herd_places_result_is_answer(const struct herd_places_result *result)
{
    return result->is_answer;
}

/* A text begins at the start of its memory, since nothing is ever taken off its front. */
void herd_places_result_fit(struct herd_places_result *result)
{
    struct herd_buf *text = &result->text;
    assert(text->head == 0);
    if (text->len == 0 || text->len == text->size)
        return;
    char *data = herd_mem_resize(text->mem, text->data, text->size, text->len);
    if (data == NULL)
        return;
    text->data = data;
    text->size = text->len;
}

/* ---- writing ---- */

void herd_places_result_opened(struct herd_places_result *result)
{
    result->has_results = true;
    result->open = result->text.len;
}

void herd_places_result_added(struct herd_places_result *result)
{
    result->last_end = result->text.len;
    if (result->count < HERD_PLACES_RESULTS_MAX)
        result->result_end[result->count] = result->last_end;
    result->count++;
}

void herd_places_result_closed(struct herd_places_result *result)
{
    result->close = result->text.len - 1;
}

void herd_places_result_fail(struct herd_places_result *result, int rc)
{
    herd_buf_consume(&result->text, result->text.len);
    result->verdict = HERD_PLACES_FAILED;
    result->rc = rc;
    result->has_results = false;
    result->count = 0;
}

struct herd_places_result *herd_places_result_error(const struct herd_mem *mem,
                                                    struct herd_slice status,
                                                    struct herd_slice message)
{
    struct herd_places_result *result = herd_places_result_new(mem, ERROR_TEXT_MAX);
    struct legacy print;
    if (result == NULL)
        return NULL;
    herd_legacy_start(&print, &result->text);
    herd_legacy_error(&print, status, (struct legacy_part){message, LEGACY_PLAIN});
    if (print.rc != HERD_OK) {
        herd_places_result_release(result);
        return NULL;
    }
    herd_places_result_fit(result);
    return result;
}

/* ---- copying a text in Google's layout ---- */

static bool is_blank(struct herd_slice line)
{
    size_t i = 0;
    while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'))
        i++;
    return i == line.len;
}

/* Appends the line, on a line of its own, unless it is blank. */
static size_t put_line(struct herd_slice line, char *out, size_t len)
{
    if (is_blank(line))
        return len;
    if (len > 0)
        out[len++] = '\n';
    memcpy(out + len, line.data, line.len);
    return len + line.len;
}

/* Copies the lines of `text` that are not blank, with a newline between two of them;
 * returns the length. A carriage return ends a line as well: for many readers it does, and
 * the first blank line is the end of a reply. */
static size_t fold(struct herd_slice text, char *out)
{
    size_t len = 0;
    while (text.len > 0) {
        const char *newline = memchr(text.data, '\n', text.len);
        struct herd_slice line = herd_slice(
            text.data, newline != NULL ? (size_t)(newline - text.data) : text.len);
        text = herd_slice_from(text, line.len + (newline != NULL ? 1 : 0));
        const char *cr;
        while (line.len > 0 && (cr = memchr(line.data, '\r', line.len)) != NULL) {
            size_t part = (size_t)(cr - line.data);
            len = put_line(herd_slice(line.data, part), out, len);
            line = herd_slice_from(line, part + 1);
        }
        len = put_line(line, out, len);
    }
    return len;
}

static int copy_folded(struct herd_buf *text, struct herd_slice body)
{
    if (body.len == 0)
        return HERD_EBAD;
    if (body.len > text->max)
        return HERD_EFULL;
    char *room = herd_buf_reserve(text, body.len);
    if (room == NULL)
        return HERD_ENOMEM;
    herd_buf_commit(text, fold(body, room));
    return HERD_OK;
}

/* Line ends are nothing but blanks between values, and strings have none, so the folded
 * text is JSON exactly when the body is. */
static int scan(struct herd_places_result *result, struct herd_slice *status)
{
    struct herd_json_outline outline = {.array_name = HERD_LIT("results"),
                                        .string_name = HERD_LIT("status"),
                                        .ends = result->result_end,
                                        .ends_max = HERD_PLACES_RESULTS_MAX};
    int rc = herd_json_scan(herd_buf_bytes(&result->text), &outline);
    if (rc == HERD_OK && !outline.has_array && !outline.has_string)
        rc = HERD_EBAD;
    if (rc != HERD_OK)
        return rc;
    result->has_results = outline.has_array;
    result->open = outline.open;
    result->close = outline.close;
    result->count = outline.count;
    result->last_end = outline.last_end;
    *status = outline.has_string ? outline.string : HERD_LIT("");
    return HERD_OK;
}

int herd_places_result_copy(struct herd_places_result *result, struct herd_slice body,
                            struct herd_slice *status)
{
    int rc = copy_folded(&result->text, body);
    if (rc == HERD_OK)
        rc = scan(result, status);
    if (rc != HERD_OK)
        herd_places_result_fail(result, rc);
    return rc;
}

/* ---- cutting ---- */

/* The bytes between the two parts are left out: from the end of the last element that stays
 * to the end of the last of all; with no element left, all bytes between the brackets, so
 * that an empty array reads `[]`. */
void herd_places_result_cut(const struct herd_places_result *result, uint32_t bound,
                            struct herd_slice part[2])
{
    struct herd_slice text = herd_buf_bytes(&result->text);
    size_t from = text.len, to = text.len;
    assert(bound <= HERD_PLACES_RESULTS_MAX);
    if (result->has_results && (bound == 0 || result->count == 0)) {
        from = result->open;
        to = result->close;
    } else if (result->count > bound) {
        from = result->result_end[bound - 1];
        to = result->last_end;
    }
    part[0] = herd_slice(text.data, from);
    part[1] = herd_slice_from(text, to);
}
