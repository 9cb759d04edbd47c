/* SPDX-License-Identifier: ISC */
#include "log_head.h"

#include "escape.h"
#include "herd/slice.h"
#include "log_stamp.h"

#include <stdio.h>
#include <string.h>

void io_log_head_init(struct io_log_head *head, const char *server)
{
    struct herd_slice name = herd_slice_str(server);
    *head = (struct io_log_head){.second = INT64_MIN};
    head->server_len =
        herd_escape(head->server, sizeof head->server, &name, HERD_ESCAPE_LINE);
}

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static char *put_field(char *at, const char *text)
{
    struct herd_slice rest = herd_slice_str(text);
    at += herd_escape(at, IO_LOG_FIELD, &rest, HERD_ESCAPE_LINE);
    *at++ = ' ';
    return at;
}

/* Computes the date once a second, and only the microseconds for each turn. */
static char *put_time(struct io_log_head *head, char *at, struct herd_wall when)
{
    int64_t second = when.ns / HERD_NS_PER_S;
    int64_t ns = when.ns % HERD_NS_PER_S;
    if (ns < 0) {
        ns += HERD_NS_PER_S;
        second--;
    }
    if (second != head->second) {
        io_log_stamp(head->stamp, second);
        head->second = second;
    }
    at = put(at, head->stamp, IO_LOG_STAMP);
    uint32_t micros = (uint32_t)(ns / 1000);
    for (int digit = 5; digit >= 0; digit--, micros /= 10)
        at[digit] = (char)('0' + micros % 10);
    return put(at + 6, "Z ", 2);
}

static bool is_last(const struct io_log_head *head, struct herd_wall when, const char *kind,
                    const char *address)
{
    return head->len > 0 && head->when.ns == when.ns && head->kind == kind &&
           strcmp(head->address, address) == 0;
}

/* A field that is too long is kept one byte longer than it is written, so it equals no
 * field, or one that is written alike. */
static void make(struct io_log_head *head, struct herd_wall when, const char *kind,
                 const char *address)
{
    char *at = put_time(head, head->text, when);
    at = put(at, head->server, head->server_len);
    *at++ = ' ';
    at = put_field(at, kind);
    at = put_field(at, address);
    head->len = (size_t)(at - head->text);
    head->when = when;
    head->kind = kind;
    snprintf(head->address, sizeof head->address, "%s", address);
}

size_t io_log_head_put(struct io_log_head *head, struct herd_wall when, const char *kind,
                       const char *address, char *out)
{
    const char *from = address != NULL ? address : "-";
    if (!is_last(head, when, kind, from))
        make(head, when, kind, from);
    /* Most heads are short, and copying a fixed number of bytes is faster. */
    memcpy(out, head->text, IO_LOG_HEAD_SHORT);
    if (head->len > IO_LOG_HEAD_SHORT)
        memcpy(out, head->text, head->len);
    return head->len;
}
