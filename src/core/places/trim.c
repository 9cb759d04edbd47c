#include "trim.h"

#include "json_scan.h"
#include "legacy_print.h"

#include "decimal.h"
#include "herd/err.h"

size_t herd_places_query(struct herd_point point, uint32_t radius_km, char *out)
{
    size_t len = herd_slice_put(HERD_LIT("location="), out);
    len += herd_geo_print(point.lat, out + len);
    len += herd_slice_put(HERD_LIT(","), out + len);
    len += herd_geo_print(point.lng, out + len);
    len += herd_slice_put(HERD_LIT("&radius="), out + len);
    return len + herd_uint_print((uint64_t)radius_km * 1000, out + len);
}

/* Room at the end of `out`: what is appended is appended whole or not at all. */
static int reserve(struct herd_buf *out, size_t size, char **room)
{
    if (size > out->max - out->len)
        return HERD_EFULL;
    *room = herd_buf_reserve(out, size);
    return *room != NULL ? HERD_OK : HERD_ENOMEM;
}

/* ---- cutting a reply ---- */

/* Copies `text` with runs of newlines folded; returns the length. `out` may be NULL. */
static size_t fold(struct herd_slice text, char *out)
{
    size_t len = 0;
    while (text.len > 0) {
        const char *newline = memchr(text.data, '\n', text.len);
        size_t part = newline != NULL ? (size_t)(newline - text.data) + 1 : text.len;
        if (out != NULL)
            memcpy(out + len, text.data, part);
        len += part;
        text = herd_slice_from(text, part);
        while (text.len > 0 && newline != NULL && text.data[0] == '\n')
            text = herd_slice_from(text, 1);
    }
    return len;
}

/* What goes lies between the two parts of the body that stay. Neither ends or begins with
 * a newline there, so each is folded by itself. */
static void split(struct herd_slice body, uint32_t bound, const struct json_reply *reply,
                  struct herd_slice *head, struct herd_slice *tail)
{
    size_t from = body.len, to = body.len;
    if (reply->has_results && (bound == 0 || reply->count == 0)) {
        from = reply->open;
        to = reply->close;
    } else if (reply->count > bound) {
        from = reply->kept_end;
        to = reply->last_end;
    }
    *head = herd_slice(body.data, from);
    *tail = herd_slice_from(body, to);
}

int herd_places_trim(struct herd_slice body, uint32_t bound, struct herd_buf *out,
                     struct herd_slice *status)
{
    struct json_reply reply;
    struct herd_slice head, tail;
    char *room;
    while (body.len > 0 && body.data[body.len - 1] == '\n')
        body.len--;
    int rc = herd_json_scan(body, bound, &reply);
    if (rc != HERD_OK)
        return rc;
    if (!reply.has_results && !reply.has_status)
        return HERD_EBAD;
    split(body, bound, &reply, &head, &tail);
    size_t head_len = fold(head, NULL);
    size_t len = head_len + fold(tail, NULL);
    rc = reserve(out, len, &room);
    if (rc != HERD_OK)
        return rc;
    fold(head, room);
    fold(tail, room + head_len);
    herd_buf_commit(out, len);
    if (status != NULL)
        *status = reply.status;
    return HERD_OK;
}

/* ---- an error of our own ---- */

/* Printed aside, for what does not fit must not be there in part. Its last newline goes, as
 * that of every body. */
int herd_places_error(struct herd_slice status, struct herd_slice message,
                      struct herd_buf *out)
{
    struct herd_buf page;
    struct legacy print;
    herd_buf_init(&page, out->mem, out->max);
    herd_legacy_start(&print, &page);
    herd_legacy_error(&print, status, (struct legacy_part){message, LEGACY_PLAIN});
    if (print.rc == HERD_OK)
        print.rc =
            herd_buf_append(out, herd_slice(herd_buf_bytes(&page).data, page.len - 1));
    herd_buf_free(&page);
    return print.rc;
}
