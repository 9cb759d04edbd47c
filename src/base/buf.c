/* SPDX-License-Identifier: ISC */
#include "herd/buf.h"

#include "herd/err.h"

#include <assert.h>

enum { FIRST_SIZE = 256 };

void herd_buf_init(struct herd_buf *buf, const struct herd_mem *mem, size_t max)
{
    assert(max > 0);
    *buf = (struct herd_buf){.mem = mem, .max = max};
}

void herd_buf_free(struct herd_buf *buf)
{
    herd_mem_free(buf->mem, buf->data, buf->size);
    herd_buf_init(buf, buf->mem, buf->max);
}

struct herd_slice herd_buf_bytes(const struct herd_buf *buf)
{
    return herd_slice(buf->len > 0 ? buf->data + buf->head : "", buf->len);
}

/* Moves the bytes to the front of the memory, so that all free room follows them. */
static void compact(struct herd_buf *buf)
{
    if (buf->head > 0)
        memmove(buf->data, buf->data + buf->head, buf->len);
    buf->head = 0;
}

/* Doubling keeps appends cheap; the cap bounds it. */
static int grow(struct herd_buf *buf, size_t need)
{
    size_t size = buf->size > 0 ? buf->size : FIRST_SIZE;
    while (size < need)
        size = size <= buf->max / 2 ? size * 2 : buf->max;
    if (size > buf->max)
        size = buf->max;
    char *data = herd_mem_resize(buf->mem, buf->data, buf->size, size);
    if (data == NULL)
        return HERD_ENOMEM;
    buf->data = data;
    buf->size = size;
    return HERD_OK;
}

static int make_room(struct herd_buf *buf, size_t size)
{
    if (size > buf->max - buf->len)
        return HERD_EFULL;
    if (size <= buf->size - buf->head - buf->len)
        return HERD_OK;
    compact(buf);
    if (size <= buf->size - buf->len)
        return HERD_OK;
    return grow(buf, buf->len + size);
}

int herd_buf_append(struct herd_buf *buf, struct herd_slice bytes)
{
    if (bytes.len == 0)
        return HERD_OK;
    int rc = make_room(buf, bytes.len);
    if (rc != HERD_OK)
        return rc;
    memcpy(buf->data + buf->head + buf->len, bytes.data, bytes.len);
    buf->len += bytes.len;
    return HERD_OK;
}

char *herd_buf_reserve(struct herd_buf *buf, size_t size)
{
    if (make_room(buf, size) != HERD_OK)
        return NULL;
    return buf->data + buf->head + buf->len;
}

void herd_buf_commit(struct herd_buf *buf, size_t size)
{
    assert(size <= buf->size - buf->head - buf->len);
    buf->len += size;
}

void herd_buf_consume(struct herd_buf *buf, size_t size)
{
    assert(size <= buf->len);
    buf->len -= size;
    buf->head = buf->len > 0 ? buf->head + size : 0;
}

void herd_buf_trim(struct herd_buf *buf, size_t keep)
{
    if (buf->size > keep)
        herd_buf_free(buf);
    buf->head = 0;
    buf->len = 0;
}

void herd_buf_wipe_spare(struct herd_buf *buf)
{
    if (buf->data == NULL)
        return;
    memset(buf->data, 0, buf->head);
    memset(buf->data + buf->head + buf->len, 0, buf->size - buf->head - buf->len);
}
