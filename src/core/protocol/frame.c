/* SPDX-License-Identifier: ISC */
#include "frame.h"

#include "decimal.h"
#include "herd/err.h"

enum { VERB_MAX = 16 };

void herd_framer_init(struct herd_framer *framer, const struct herd_mem *mem,
                      size_t payload_max)
{
    herd_buf_init(&framer->partial, mem,
                  HERD_FRAME_HEADER_MAX + 1 + HERD_FRAME_PAYLOAD_MAX);
    framer->consumed = false;
    framer->payload_max = payload_max;
}

void herd_framer_wipe(struct herd_framer *framer)
{
    if (framer->consumed)
        herd_buf_consume(&framer->partial, framer->partial.len);
    framer->consumed = false;
    herd_buf_wipe_spare(&framer->partial);
}

void herd_framer_free(struct herd_framer *framer)
{
    herd_buf_free(&framer->partial);
    framer->consumed = false;
}

static size_t verb_length(struct herd_slice header)
{
    size_t n = 0;
    while (n < header.len && header.data[n] >= 'A' && header.data[n] <= 'Z')
        n++;
    return n;
}

/* Reads VERB LENGTH[ ARGUMENTS]; the payload's length goes to *size. */
static int read_header(struct herd_slice header, size_t payload_max,
                       struct herd_frame *frame, size_t *size)
{
    size_t verb = verb_length(header);
    if (verb == 0 || verb > VERB_MAX || verb == header.len || header.data[verb] != ' ')
        return HERD_EBAD;
    frame->verb = herd_slice(header.data, verb);
    struct herd_slice rest = herd_slice_from(header, verb + 1);
    const char *space = memchr(rest.data, ' ', rest.len);
    size_t digits = space != NULL ? (size_t)(space - rest.data) : rest.len;
    uint64_t length;
    int rc = herd_uint_parse(herd_slice(rest.data, digits), payload_max, &length);
    if (rc != HERD_OK)
        return rc == HERD_ERANGE ? HERD_ETOOLONG : HERD_EBAD;
    frame->args = space != NULL ? herd_slice_from(rest, digits + 1) : HERD_LIT("");
    *size = (size_t)length;
    return HERD_OK;
}

/* Whether a header may begin with these bytes, of which there is at least one. What is
 * another protocol (TLS, HTTP) ends at once, and not when a LF comes at last. */
static bool may_begin_header(struct herd_slice bytes)
{
    size_t verb = verb_length(bytes);
    if (verb == 0 || verb > VERB_MAX)
        return false;
    if (verb == bytes.len)
        return true;
    const char *length = bytes.data + verb + 1, *end = bytes.data + bytes.len;
    return length[-1] == ' ' && (length == end || (*length >= '0' && *length <= '9'));
}

/* Finds a frame at the start of `bytes`. Returns its length in bytes, and *frame; 0 while
 * it is unfinished, and *need, the bytes needed in all (0: not known yet); or an error. */
static int64_t find_frame(const struct herd_framer *framer, struct herd_slice bytes,
                          struct herd_frame *frame, size_t *need)
{
    size_t header_most =
        bytes.len < HERD_FRAME_HEADER_MAX + 1 ? bytes.len : HERD_FRAME_HEADER_MAX + 1;
    const char *lf = header_most > 0 ? memchr(bytes.data, '\n', header_most) : NULL;
    *need = 0;
    if (lf == NULL && bytes.len > 0 && !may_begin_header(bytes))
        return HERD_EBAD;
    if (lf == NULL)
        return header_most > HERD_FRAME_HEADER_MAX ? HERD_ETOOLONG : 0;
    size_t header = (size_t)(lf - bytes.data), size = 0;
    int rc = read_header(herd_slice(bytes.data, header), framer->payload_max, frame, &size);
    if (rc != HERD_OK)
        return rc;
    *need = header + 1 + size;
    if (bytes.len < *need)
        return 0;
    frame->payload = herd_slice(bytes.data + header + 1, size);
    return (int64_t)*need;
}

/* Moves the bytes that the unfinished frame needs from *input to the buffer, at most up to
 * the next LF while its length is not known. */
static int take_partial(struct herd_framer *framer, struct herd_slice *input, size_t need)
{
    size_t n = input->len;
    if (need > 0) {
        if (n > need - framer->partial.len)
            n = need - framer->partial.len;
    } else {
        const char *lf = memchr(input->data, '\n', input->len);
        if (lf != NULL)
            n = (size_t)(lf - input->data) + 1;
        /* One byte over the limit is enough to see that a header is too long. */
        size_t room = HERD_FRAME_HEADER_MAX + 1 - framer->partial.len;
        if (n > room)
            n = room;
    }
    if (herd_buf_append(&framer->partial, herd_slice(input->data, n)) != HERD_OK)
        return HERD_ENOMEM;
    *input = herd_slice_from(*input, n);
    return HERD_OK;
}

int herd_frame_next(struct herd_framer *framer, struct herd_slice *input,
                    struct herd_frame *frame)
{
    size_t need;
    if (framer->consumed)
        herd_buf_consume(&framer->partial, framer->partial.len);
    framer->consumed = false;
    if (framer->partial.len == 0) {
        int64_t found = find_frame(framer, *input, frame, &need);
        if (found > 0)
            *input = herd_slice_from(*input, (size_t)found);
        if (found != 0)
            return found > 0 ? 1 : (int)found;
    }
    for (;;) {
        int64_t found = find_frame(framer, herd_buf_bytes(&framer->partial), frame, &need);
        framer->consumed = found > 0;
        if (found != 0)
            return found > 0 ? 1 : (int)found;
        if (input->len == 0)
            return 0;
        int rc = take_partial(framer, input, need);
        if (rc != HERD_OK)
            return rc;
    }
}
