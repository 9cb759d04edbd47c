/* SPDX-License-Identifier: ISC */
#include "session_rig.h"

#include "hex.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void tell(struct session_rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct session_rig *rig, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(rig->told + rig->told_len, sizeof rig->told - rig->told_len, format,
                        args);
    va_end(args);
    rig->told_len += (size_t)len;
}

static void on_followed(void *ctx, struct herd_slice server, bool known)
{
    tell(ctx, "followed %.*s%s\n", (int)server.len, server.data, known ? " known" : "");
}

static int on_full_sync(void *ctx)
{
    tell(ctx, "full sync\n");
    return HERD_OK;
}

static int on_record(void *ctx, const struct herd_record *record)
{
    struct session_rig *rig = ctx;
    tell(rig, "%s %.*s %" PRId64 "\n", record->tombstone ? "forgot" : "at",
         (int)record->client.len, record->client.data, record->time.ns);
    return rig->record_error;
}

static int on_position(void *ctx, const struct follow_position *position, bool whole)
{
    char feed[2 * FOLLOW_FEED + 1];
    herd_hex_print(position->feed, FOLLOW_FEED, feed);
    tell(ctx, "position %.4s %" PRIu64 "%s\n", feed, position->seq, whole ? " whole" : "");
    return HERD_OK;
}

static int on_give(void *ctx, struct herd_slice *text)
{
    struct session_rig *rig = ctx;
    if (rig->gives[rig->given] == NULL)
        return rig->give_error;
    *text = herd_slice_str(rig->gives[rig->given++]);
    return 1;
}

static void on_given(void *ctx)
{
    tell(ctx, "given\n");
}

static void move_out(struct session_rig *rig)
{
    struct herd_slice out = herd_buf_bytes(&rig->session.out);
    if (!CHECK(rig->sent_len + out.len < sizeof rig->sent))
        return;
    rig->sent_len += herd_slice_put(out, rig->sent + rig->sent_len);
    rig->sent[rig->sent_len] = '\0';
    herd_buf_consume(&rig->session.out, out.len);
}

void rig_start(struct session_rig *rig, const char *const *gives,
               const struct follow_position *position)
{
    static const struct follow_position none = {.known = false};
    static const uint8_t boot[FOLLOW_FEED] = {0xd1, 0x5c};
    memset(rig, 0, sizeof *rig);
    fail_mem_init(&rig->fail);
    rig->calls = (struct follow_calls){.ctx = rig,
                                       .followed = on_followed,
                                       .full_sync = on_full_sync,
                                       .record = on_record,
                                       .position = on_position,
                                       .give = gives != NULL ? on_give : NULL,
                                       .given = on_given};
    rig->gives = gives;
    follow_session_init(&rig->session, &rig->fail.mem, &rig->calls,
                        position != NULL ? position : &none, boot);
    (void)follow_session_start(&rig->session, "disk", (struct herd_mono){1});
    move_out(rig);
}

struct follow_position rig_position(const char *feed, uint64_t seq)
{
    struct follow_position position = {.known = true, .seq = seq};
    CHECK_INT(herd_hex_parse(herd_slice_str(feed), position.feed, FOLLOW_FEED), HERD_OK);
    return position;
}

int rig_take(struct session_rig *rig, struct herd_slice bytes, size_t piece)
{
    int rc = HERD_OK;
    while (rc == HERD_OK && bytes.len > 0) {
        size_t len = bytes.len < piece ? bytes.len : piece;
        rc = follow_session_on_bytes(&rig->session, herd_slice(bytes.data, len),
                                     (struct herd_mono){2});
        bytes = herd_slice_from(bytes, len);
        while (rc == HERD_OK && rig->session.out.len > 0) {
            move_out(rig);
            rc = follow_session_on_sent(&rig->session);
        }
    }
    move_out(rig);
    return rc;
}

void rig_end(struct session_rig *rig)
{
    follow_session_free(&rig->session);
    CHECK_INT((int64_t)rig->fail.blocks, 0);
}
