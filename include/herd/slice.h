/* SPDX-License-Identifier: ISC */
/* A borrowed run of bytes. It owns nothing; the contract of each function that returns one
 * says how long it lives. Not terminated by NUL, may contain any byte. */
#ifndef HERD_SLICE_H
#define HERD_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct herd_slice {
    const char *data; /* may be NULL when `len` is 0 */
    size_t len;       /* bytes */
};

/* A slice of a string literal. */
#define HERD_LIT(text) ((struct herd_slice){"" text, sizeof(text) - 1})

static inline struct herd_slice herd_slice(const char *data, size_t len)
{
    return (struct herd_slice){data, len};
}

/* `text` ends with NUL; the slice excludes it. */
static inline struct herd_slice herd_slice_str(const char *text)
{
    return (struct herd_slice){text, strlen(text)};
}

static inline bool herd_slice_eq(struct herd_slice a, struct herd_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* <0, 0, >0 as unsigned bytes; a proper prefix is smaller. */
static inline int herd_slice_cmp(struct herd_slice a, struct herd_slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

/* Copies the bytes to `out`, which has room for them; returns their number. */
static inline size_t herd_slice_put(struct herd_slice s, char *out)
{
    if (s.len > 0)
        memcpy(out, s.data, s.len);
    return s.len;
}

/* The slice without its first n bytes; n is at most its length. */
static inline struct herd_slice herd_slice_from(struct herd_slice s, size_t n)
{
    /* An empty slice may have no data, and NULL + 0 is undefined in C. */
    return (struct herd_slice){n > 0 ? s.data + n : s.data, s.len - n};
}

#endif
