/* SPDX-License-Identifier: ISC */
#include "reply.h"

#include <stdint.h>
#include <stdio.h>

enum { CHUNK = 7, LENGTH_TOO_LONG = 100, STORED_MAX = 65535 };

static const char html_type[] = "Content-Type: text/html; charset=UTF-8\r\n";

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {302, "Found"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Status";
}

/* The head up to where the framing goes. */
static void put_head(struct reply *r, int status, struct herd_slice headers)
{
    bytes_printf(&r->head, "HTTP/1.1 %d %s\r\n", status, reason(status));
    bytes_add(&r->head, headers);
    if (r->end == REPLY_CLOSE)
        bytes_printf(&r->head, "Connection: close\r\n");
}

static void put_plain(struct reply *r, const struct answer *a, struct herd_slice body,
                      size_t claimed)
{
    put_head(r, a->status, a->headers);
    bytes_printf(&r->head, "Content-Length: %zu\r\n\r\n", claimed);
    r->drip_len = r->head.len;
    bytes_add(&r->head, body);
}

static void put_page(struct reply *r, int status, struct herd_slice headers)
{
    struct bytes page = {0};
    bytes_printf(&page,
                 "<!DOCTYPE html>\n<html><head><title>%d %s</title></head>\n"
                 "<body><h1>%d %s</h1><p>This is not the JSON that you want.</p></body>"
                 "</html>\n",
                 status, reason(status), status, reason(status));
    struct bytes all = {0};
    bytes_printf(&all, "%s", html_type);
    bytes_add(&all, headers);
    struct answer a = {.status = status, .headers = bytes_slice(&all)};
    put_plain(r, &a, bytes_slice(&page), page.len);
    bytes_free(&all);
    bytes_free(&page);
}

static void put_chunked(struct reply *r, const struct answer *a)
{
    put_head(r, a->status, a->headers);
    bytes_printf(&r->head, "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < a->body.len; at += CHUNK) {
        size_t len = a->body.len - at < CHUNK ? a->body.len - at : CHUNK;
        bytes_printf(&r->head, "%zx\r\n", len);
        bytes_add(&r->head, herd_slice(a->body.data + at, len));
        bytes_add(&r->head, HERD_LIT("\r\n"));
    }
    bytes_add(&r->head, HERD_LIT("0\r\n\r\n"));
}

static uint32_t crc32(struct herd_slice s)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < s.len; i++) {
        crc ^= (unsigned char)s.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xedb88320u : 0u);
    }
    return ~crc;
}

static void put_little_endian(struct bytes *b, uint32_t n, int size)
{
    for (int i = 0; i < size; i++, n >>= 8) {
        char byte = (char)(n & 0xffu);
        bytes_add(b, herd_slice(&byte, 1));
    }
}

/* RFC 1952 around RFC 1951 stored blocks: nothing is compressed, and every reader of gzip
 * must still take it. */
static void put_gzip(struct reply *r, const struct answer *a)
{
    struct bytes zipped = {0};
    bytes_add(&zipped, HERD_LIT("\x1f\x8b\x08\0\0\0\0\0\0\xff"));
    size_t at = 0;
    do {
        size_t len = a->body.len - at < STORED_MAX ? a->body.len - at : STORED_MAX;
        put_little_endian(&zipped, at + len == a->body.len ? 1 : 0, 1);
        put_little_endian(&zipped, (uint32_t)len, 2);
        put_little_endian(&zipped, ~(uint32_t)len, 2);
        bytes_add(&zipped, herd_slice(a->body.data + at, len));
        at += len;
    } while (at < a->body.len);
    put_little_endian(&zipped, crc32(a->body), 4);
    put_little_endian(&zipped, (uint32_t)a->body.len, 4);
    put_head(r, a->status, a->headers);
    bytes_printf(&r->head, "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                 zipped.len);
    bytes_add(&r->head, bytes_slice(&zipped));
    bytes_free(&zipped);
}

static void put_huge(struct reply *r, const struct answer *a)
{
    struct herd_slice before = herd_slice_str(a->huge_before);
    struct herd_slice after = herd_slice_str(a->huge_after);
    size_t size = (size_t)a->faults.arg;
    r->pad = size - before.len - after.len;
    put_plain(r, a, before, size);
    bytes_add(&r->tail, after);
}

/* The end of the body would be that of the connection, which never comes. */
static void put_endless(struct reply *r, const struct answer *a)
{
    r->end = REPLY_CLOSE;
    put_head(r, a->status, a->headers);
    bytes_printf(&r->head, "\r\n%s", a->huge_before);
    r->pad = SIZE_MAX / 2;
}

static void put_text_type(struct reply *r, const struct answer *a)
{
    struct answer text = *a;
    text.headers = HERD_LIT("Content-Type: text/plain; charset=UTF-8\r\n");
    put_plain(r, &text, a->body, a->body.len);
}

static void put_retry_after(struct reply *r, long seconds)
{
    char line[64];
    snprintf(line, sizeof line, "Retry-After: %ld\r\n", seconds);
    put_page(r, 429, herd_slice_str(line));
}

static void put_garbage(struct reply *r)
{
    for (uint32_t i = 0; i < 1024; i++)
        put_little_endian(&r->head, i * 167 + 13, 1);
}

static void put_redirect(struct reply *r, struct herd_slice target)
{
    struct bytes headers = {0};
    bytes_add(&headers, HERD_LIT("Location: "));
    bytes_add(&headers, target);
    bytes_add(&headers, HERD_LIT("\r\n"));
    put_page(r, 302, bytes_slice(&headers));
    bytes_free(&headers);
}

/* The close is not announced: that is what makes it a fault. */
static void end_faulty(struct reply *r, enum fault kind)
{
    if (kind == FAULT_RESET)
        r->end = REPLY_RESET;
    else if (kind == FAULT_CUT || kind == FAULT_SHORT_LENGTH || kind == FAULT_LONG_LENGTH ||
             kind == FAULT_GARBAGE)
        r->end = REPLY_CLOSE;
}

void reply_make(struct reply *r, const struct answer *a, bool keep_alive)
{
    struct herd_slice body = a->body;
    struct herd_slice half = herd_slice(body.data, body.len / 2);
    r->end = keep_alive ? REPLY_KEEP : REPLY_CLOSE;
    r->delay_ms = a->faults.delay_ms;
    switch (a->faults.kind) {
    case FAULT_NONE:
    case FAULT_DELAY:
    case FAULT_FLAKY: put_plain(r, a, body, body.len); break;
    case FAULT_STATUS: put_page(r, (int)a->faults.arg, HERD_LIT("")); break;
    case FAULT_CUT: put_plain(r, a, half, body.len); break;
    case FAULT_RESET: put_plain(r, a, half, body.len); break;
    case FAULT_SHORT_LENGTH: put_plain(r, a, body, half.len); break;
    case FAULT_LONG_LENGTH: put_plain(r, a, body, body.len + LENGTH_TOO_LONG); break;
    case FAULT_CHUNKED: put_chunked(r, a); break;
    case FAULT_GZIP: put_gzip(r, a); break;
    case FAULT_HUGE: put_huge(r, a); break;
    case FAULT_STALL: r->end = REPLY_HANG; break;
    case FAULT_GARBAGE: put_garbage(r); break;
    case FAULT_REDIRECT:
    case FAULT_LURE: put_redirect(r, a->redirect); break;
    case FAULT_HTML: put_page(r, 200, HERD_LIT("")); break;
    case FAULT_BADJSON: put_plain(r, a, half, half.len); break;
    case FAULT_HEADERS_SLOW:
        put_plain(r, a, body, body.len);
        r->drip_ms = a->faults.arg;
        break;
    case FAULT_DRIP:
        put_plain(r, a, body, body.len);
        r->drip_ms = a->faults.arg;
        r->drip_len = r->head.len;
        break;
    case FAULT_ENDLESS: put_endless(r, a); break;
    case FAULT_TEXT_TYPE: put_text_type(r, a); break;
    case FAULT_RETRY_AFTER: put_retry_after(r, a->faults.arg); break;
    }
    end_faulty(r, a->faults.kind);
}

void reply_make_error(struct reply *r, int status, bool keep_alive)
{
    r->end = keep_alive ? REPLY_KEEP : REPLY_CLOSE;
    put_page(r, status, HERD_LIT(""));
}

struct herd_slice reply_run(const struct reply *r, size_t at)
{
    static char padding[16384];
    if (at < r->head.len)
        return herd_slice_from(bytes_slice(&r->head), at);
    at -= r->head.len;
    if (at < r->pad) {
        if (padding[0] == '\0')
            memset(padding, 'x', sizeof padding);
        return herd_slice(padding,
                          r->pad - at < sizeof padding ? r->pad - at : sizeof padding);
    }
    at -= r->pad;
    return herd_slice_from(bytes_slice(&r->tail), at < r->tail.len ? at : r->tail.len);
}

void reply_free(struct reply *r)
{
    bytes_free(&r->head);
    bytes_free(&r->tail);
    *r = (struct reply){0};
}
