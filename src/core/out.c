/* SPDX-License-Identifier: ISC */
#include "out.h"

#include "herd/err.h"

#include <assert.h>

enum {
    BYTES_MAX = 1 << 28,  /* of one step; far above all limits of the configuration */
    BYTES_KEEP = 1 << 20, /* kept for the next step */
    LIST_MIN = 64,
    LIST_KEEP = 1 << 14,
};

static bool resize(struct herd_out *out, size_t size)
{
    struct herd_action *list = herd_mem_resize(
        out->mem, out->list, out->capacity * sizeof *list, size * sizeof *list);
    if (list == NULL)
        return false;
    out->list = list;
    out->capacity = size;
    return true;
}

int herd_out_init(struct herd_out *out, const struct herd_mem *mem)
{
    *out = (struct herd_out){.mem = mem, .last_send = SIZE_MAX};
    herd_buf_init(&out->bytes, mem, BYTES_MAX);
    return resize(out, LIST_MIN) ? HERD_OK : HERD_ENOMEM;
}

void herd_out_free(struct herd_out *out)
{
    herd_mem_free(out->mem, out->list, out->capacity * sizeof *out->list);
    herd_buf_free(&out->bytes);
    out->list = NULL;
    out->capacity = 0;
}

void herd_out_reset(struct herd_out *out)
{
    herd_buf_trim(&out->bytes, BYTES_KEEP);
    if (out->capacity > LIST_KEEP)
        (void)resize(out, LIST_MIN);
    out->count = 0;
    out->last_send = SIZE_MAX;
}

/* An action whose bytes are in the buffer has no pointer yet. */
void herd_out_seal(struct herd_out *out)
{
    const char *base = herd_buf_bytes(&out->bytes).data;
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].bytes.data == NULL)
            out->list[i].bytes.data = base + out->list[i].offset;
}

/* The next slot of the list, or NULL. Actions are written in place: there may be two for
 * each line that comes in. The last slot is kept for a CLOSE, so that without any memory
 * each step can still end a connection. */
static struct herd_action *next_slot(struct herd_out *out)
{
    if (out->count + 1 >= out->capacity && !resize(out, out->capacity * 2))
        return NULL;
    return &out->list[out->count++];
}

bool herd_out_add(struct herd_out *out, const struct herd_action *action)
{
    struct herd_action *at = next_slot(out);
    if (at == NULL)
        return false;
    *at = *action;
    return true;
}

bool herd_out_close(struct herd_out *out, herd_conn_id conn)
{
    struct herd_action *at = next_slot(out);
    if (at == NULL && out->count < out->capacity)
        at = &out->list[out->count++];
    if (at == NULL)
        return false;
    *at = (struct herd_action){.kind = HERD_DO_CLOSE, .conn = conn};
    return true;
}

bool herd_out_add_copy(struct herd_out *out, const struct herd_action *action,
                       struct herd_slice bytes)
{
    struct herd_action copy = *action;
    copy.offset = out->bytes.len;
    copy.bytes = herd_slice(NULL, bytes.len);
    if (herd_buf_append(&out->bytes, bytes) != HERD_OK)
        return false;
    return herd_out_add(out, &copy);
}

char *herd_out_reserve_send(struct herd_out *out, size_t size)
{
    return herd_buf_reserve(&out->bytes, size);
}

bool herd_out_commit_send(struct herd_out *out, herd_conn_id conn, size_t used)
{
    struct herd_action *last =
        out->last_send < out->count ? &out->list[out->last_send] : NULL;
    if (last != NULL && last->conn == conn &&
        last->offset + last->bytes.len == out->bytes.len) {
        herd_buf_commit(&out->bytes, used);
        last->bytes.len += used;
        return true;
    }
    struct herd_action *send = next_slot(out);
    if (send == NULL)
        return false;
    *send = (struct herd_action){.kind = HERD_DO_SEND,
                                 .conn = conn,
                                 .bytes = {NULL, used},
                                 .offset = out->bytes.len};
    herd_buf_commit(&out->bytes, used);
    out->last_send = out->count - 1;
    return true;
}

bool herd_out_send(struct herd_out *out, herd_conn_id conn, struct herd_slice bytes)
{
    char *room = herd_out_reserve_send(out, bytes.len);
    if (room == NULL)
        return false;
    memcpy(room, bytes.data, bytes.len);
    return herd_out_commit_send(out, conn, bytes.len);
}

bool herd_out_log(struct herd_out *out, enum herd_topic topic, herd_conn_id conn,
                  char direction, struct herd_slice text)
{
    struct herd_action *log = next_slot(out);
    if (log == NULL)
        return false;
    *log = (struct herd_action){.kind = HERD_DO_LOG,
                                .topic = topic,
                                .direction = direction,
                                .conn = conn,
                                .bytes = {text.len > 0 ? text.data : "", text.len}};
    return true;
}

bool herd_out_log_sent(struct herd_out *out, enum herd_topic topic, herd_conn_id conn,
                       size_t back, size_t len)
{
    assert(len <= back && back <= out->bytes.len);
    struct herd_action *log = next_slot(out);
    if (log == NULL)
        return false;
    *log = (struct herd_action){.kind = HERD_DO_LOG,
                                .topic = topic,
                                .direction = '>',
                                .conn = conn,
                                .bytes = {NULL, len},
                                .offset = out->bytes.len - back};
    return true;
}
