/* SPDX-License-Identifier: ISC */
#include "line.h"

#include "herd/err.h"

void herd_line_init(struct herd_line *line, const struct herd_mem *mem, size_t max)
{
    herd_buf_init(&line->partial, mem, max);
    line->taken = false;
}

void herd_line_wipe(struct herd_line *line)
{
    if (line->taken)
        herd_buf_consume(&line->partial, line->partial.len);
    line->taken = false;
    herd_buf_wipe_spare(&line->partial);
}

void herd_line_free(struct herd_line *line)
{
    herd_buf_free(&line->partial);
    line->taken = false;
}

static void drop_taken(struct herd_line *line)
{
    if (line->taken)
        herd_buf_consume(&line->partial, line->partial.len);
    line->taken = false;
}

/* A line is too long: fills `partial` up to the limit, so that the caller can quote it. */
static int refuse(struct herd_line *line, struct herd_slice head, struct herd_slice *out)
{
    size_t room = line->partial.max - line->partial.len;
    if (line->partial.len == 0) {
        *out = herd_slice(head.data, line->partial.max);
        return HERD_ETOOLONG;
    }
    if (herd_buf_append(&line->partial, herd_slice(head.data, room)) != HERD_OK)
        return HERD_ENOMEM;
    *out = herd_buf_bytes(&line->partial);
    return HERD_ETOOLONG;
}

int herd_line_next(struct herd_line *line, struct herd_slice *input, struct herd_slice *out)
{
    *out = HERD_LIT("");
    drop_taken(line);
    if (input->len == 0)
        return 0;
    const char *lf = memchr(input->data, '\n', input->len);
    size_t len = lf != NULL ? (size_t)(lf - input->data) : input->len;
    struct herd_slice head = herd_slice(input->data, len);
    if (len > line->partial.max - line->partial.len)
        return refuse(line, head, out);
    if (lf != NULL && line->partial.len == 0) {
        *out = head;
    } else {
        if (herd_buf_append(&line->partial, head) != HERD_OK)
            return HERD_ENOMEM;
        if (lf != NULL)
            *out = herd_buf_bytes(&line->partial);
        line->taken = lf != NULL;
    }
    *input = herd_slice_from(*input, lf != NULL ? len + 1 : len);
    return lf != NULL ? 1 : 0;
}

bool herd_line_partial(const struct herd_line *line)
{
    return line->partial.len > 0 && !line->taken;
}

struct herd_slice herd_line_unfinished(const struct herd_line *line)
{
    return herd_line_partial(line) ? herd_buf_bytes(&line->partial) : HERD_LIT("");
}

int herd_line_rest(struct herd_line *line, struct herd_slice *out)
{
    *out = HERD_LIT("");
    if (!herd_line_partial(line))
        return 0;
    *out = herd_buf_bytes(&line->partial);
    line->taken = true;
    return 1;
}
