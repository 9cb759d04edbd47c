/* SPDX-License-Identifier: ISC */
#include "http.h"

#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool same_name(struct herd_slice s, const char *name)
{
    return s.len == strlen(name) && strncasecmp(s.data, name, s.len) == 0;
}

/* What stands before the first `mark`, which is taken away with it from *rest. Without a
 * mark: everything. */
static struct herd_slice split(struct herd_slice *rest, char mark)
{
    const char *at = rest->len > 0 ? memchr(rest->data, mark, rest->len) : NULL;
    size_t len = at != NULL ? (size_t)(at - rest->data) : rest->len;
    struct herd_slice first = herd_slice(rest->data, len);
    *rest = herd_slice_from(*rest, at != NULL ? len + 1 : len);
    return first;
}

static struct herd_slice without_cr(struct herd_slice line)
{
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

static struct herd_slice trimmed(struct herd_slice s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = herd_slice_from(s, 1);
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Looks for the empty line that ends the head, never twice at the same byte. */
static bool find_head(struct http_reader *reader, struct herd_slice buffer)
{
    while (reader->seen < buffer.len) {
        const char *from = buffer.data + reader->seen;
        const char *at = memchr(from, '\n', buffer.len - reader->seen);
        if (at == NULL) {
            reader->seen = buffer.len;
            return false;
        }
        size_t end = (size_t)(at - buffer.data);
        struct herd_slice line =
            without_cr(herd_slice(buffer.data + reader->line, end - reader->line));
        reader->seen = reader->line = end + 1;
        if (line.len > 0) {
            reader->lines++;
        } else if (reader->lines > 0) {
            reader->head = end + 1;
            return true;
        }
    }
    return false;
}

/* 0, or the status to answer. */
static int parse_request_line(struct herd_slice line, struct http_request *out)
{
    struct herd_slice rest = line;
    out->method = split(&rest, ' ');
    out->target = split(&rest, ' ');
    if (out->method.len == 0 || out->target.len == 0 || out->target.data[0] != '/')
        return 400;
    for (size_t i = 0; i < out->method.len; i++)
        if (out->method.data[i] < 'A' || out->method.data[i] > 'Z')
            return 400;
    for (size_t i = 0; i < out->target.len; i++)
        if ((unsigned char)out->target.data[i] < 0x20 || out->target.data[i] == 0x7f)
            return 400;
    if (rest.len != 8 || memcmp(rest.data, "HTTP/", 5) != 0 || !is_digit(rest.data[5]) ||
        rest.data[6] != '.' || !is_digit(rest.data[7]))
        return 400;
    if (rest.data[5] != '1')
        return 505;
    out->keep_alive = rest.data[7] != '0';
    out->query = out->target;
    out->path = split(&out->query, '?');
    return 0;
}

/* A length above the limit is 413 before all of it can overflow. */
static int parse_length(struct herd_slice value, bool *known, size_t *length)
{
    size_t n = 0;
    if (value.len == 0)
        return 400;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.data[i]))
            return 400;
        n = n * 10 + (size_t)(value.data[i] - '0');
        if (n > HTTP_BODY_MAX)
            return 413;
    }
    if (*known && n != *length)
        return 400;
    *known = true;
    *length = n;
    return 0;
}

static void parse_connection(struct herd_slice value, struct http_request *out)
{
    while (value.len > 0) {
        struct herd_slice word = trimmed(split(&value, ','));
        if (same_name(word, "close"))
            out->keep_alive = false;
        else if (same_name(word, "keep-alive"))
            out->keep_alive = true;
    }
}

static int parse_head(struct herd_slice head, struct http_request *out)
{
    bool known = false;
    size_t length = 0;
    size_t head_len = head.len;
    while (head.len > 0 && (head.data[0] == '\r' || head.data[0] == '\n'))
        head = herd_slice_from(head, 1);
    int status = parse_request_line(without_cr(split(&head, '\n')), out);
    out->fields = head;
    while (status == 0 && head.len > 0) {
        struct herd_slice value = without_cr(split(&head, '\n'));
        if (value.len == 0)
            break;
        struct herd_slice name = split(&value, ':');
        value = trimmed(value);
        if (name.len == 0 || trimmed(name).len != name.len)
            status = 400;
        else if (same_name(name, "Content-Length"))
            status = parse_length(value, &known, &length);
        else if (same_name(name, "Transfer-Encoding"))
            status = 501;
        else if (same_name(name, "Connection"))
            parse_connection(value, out);
    }
    out->size = head_len + length;
    return status;
}

enum http_result http_read(struct http_reader *reader, struct herd_slice buffer,
                           struct http_request *out, int *status)
{
    *out = (struct http_request){0};
    if (reader->head == 0 && !find_head(reader, buffer)) {
        *status = 431;
        return buffer.len > HTTP_HEAD_MAX ? HTTP_REFUSED : HTTP_MORE;
    }
    *status = reader->head > HTTP_HEAD_MAX
                  ? 431
                  : parse_head(herd_slice(buffer.data, reader->head), out);
    if (*status != 0)
        return HTTP_REFUSED;
    if (buffer.len < out->size)
        return HTTP_MORE;
    out->body = herd_slice(buffer.data + reader->head, out->size - reader->head);
    return HTTP_READY;
}

bool http_field(const struct http_request *request, const char *name,
                struct herd_slice *value)
{
    struct herd_slice rest = request->fields;
    while (rest.len > 0) {
        *value = without_cr(split(&rest, '\n'));
        if (same_name(split(value, ':'), name)) {
            *value = trimmed(*value);
            return true;
        }
    }
    return false;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct herd_slice s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        int c = s.data[i] == '+' ? ' ' : s.data[i];
        if (c == '%') {
            int high = s.len - i > 2 ? hex_digit(s.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(s.data[i + 2]) : -1;
            if (low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (c == '\0' || n + 1 >= size)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

bool http_query_value(struct herd_slice query, const char *name, char *out, size_t size)
{
    while (query.len > 0) {
        struct herd_slice value = split(&query, '&');
        struct herd_slice key = split(&value, '=');
        if (herd_slice_eq(key, herd_slice_str(name)))
            return decode(value, out, size);
    }
    return false;
}
