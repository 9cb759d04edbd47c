/* SPDX-License-Identifier: ISC */
#include "listen.h"

#include "check.h"
#include "protocol/record.h"

#include <stdio.h>
#include <stdlib.h>

static void hear_record(struct listen *listen, struct herd_slice text)
{
    struct herd_record record;
    listen->records++;
    if (!CHECK(herd_record_parse(text, &record) == 0) || record.client.len != 5 ||
        record.client.data[0] != 'c' || text.len >= LISTEN_TEXT)
        return;
    char digits[5] = "";
    memcpy(digits, record.client.data + 1, 4);
    size_t i = strtoul(digits, NULL, 10);
    memcpy(listen->last[i], text.data, text.len);
    listen->last[i][text.len] = '\0';
    listen->counted += listen->times[i]++ == 0;
}

static void hear_batch(struct listen *listen, const struct herd_frame *frame)
{
    unsigned long long from, to, count;
    char args[64];
    struct herd_slice rest = frame->payload;
    snprintf(args, sizeof args, "%.*s", (int)frame->args.len, frame->args.data);
    if (!CHECK(sscanf(args, "%20llu %20llu %5llu", &from, &to, &count) == 3))
        return;
    rig_text_printf(&listen->frames, "BATCH %llu %llu %llu\n", from, to, count);
    listen->batches++;
    for (; rest.len > 0; count--) {
        size_t len = (size_t)((const char *)memchr(rest.data, '\n', rest.len) - rest.data);
        hear_record(listen, herd_slice(rest.data, len));
        rest = herd_slice_from(rest, len + 1);
    }
    CHECK_INT((int64_t)count, 0);
}

static void hear(void *ctx, const struct herd_action *action)
{
    struct listen *listen = ctx;
    struct herd_slice bytes = action->bytes;
    struct herd_frame frame;
    if (action->kind != HERD_DO_SEND || action->conn != listen->conn)
        return;
    while (herd_frame_next(&listen->framer, &bytes, &frame) == 1) {
        if (herd_slice_eq(frame.verb, HERD_LIT("BATCH")))
            hear_batch(listen, &frame);
        else
            rig_text_printf(&listen->frames, "%.*s %.*s\n", (int)frame.verb.len,
                            frame.verb.data, (int)frame.args.len, frame.args.data);
    }
}

void listen_start(struct listen *listen, struct rig *rig, herd_conn_id conn)
{
    memset(listen, 0, sizeof *listen);
    listen->rig = rig;
    listen->conn = conn;
    herd_framer_init(&listen->framer, &rig->conf_mem.mem, HERD_FRAME_PAYLOAD_MAX);
    rig_text_clear(&listen->frames);
    rig->watch = hear;
    rig->watcher = listen;
}

void listen_end(struct listen *listen)
{
    listen->rig->watch = NULL;
    herd_framer_free(&listen->framer);
    rig_text_free(&listen->frames);
}

void listen_forget(struct listen *listen)
{
    rig_text_clear(&listen->frames);
    memset(listen->times, 0, sizeof listen->times);
    memset(listen->last, 0, sizeof listen->last);
    listen->batches = listen->records = listen->counted = 0;
}

enum { PIECE = 500 }; /* lines that a server obeys at once */

void listen_report(struct rig *rig, int first, int count, int64_t time)
{
    struct rig_text lines = {NULL, 0, 0};
    rig_text_clear(&lines);
    for (int i = 0; i < count; i++) {
        rig_text_printf(&lines, "IAMAT c%04d +0+0 %lld\n", first + i,
                        (long long)(time + i));
        if (i % PIECE != PIECE - 1 && i < count - 1)
            continue;
        rig_data(rig, 1, herd_slice(lines.data, lines.len));
        rig_text_clear(&lines);
    }
    rig_text_free(&lines);
    rig_hush(rig);
}

static void take_all(struct rig *rig)
{
    for (unsigned conn = 2; conn < RIG_CONNS; conn++)
        if (rig->open[conn])
            rig_drained(rig, conn);
}

size_t listen_drain(struct listen *listen)
{
    size_t ticks = 0;
    take_all(listen->rig);
    for (; herd_deadline(listen->rig->core).ns == 0 && ticks < 10000; ticks++) {
        rig_tick(listen->rig);
        take_all(listen->rig);
    }
    return ticks;
}

bool listen_has_all(const struct listen *listen, int clients)
{
    for (int i = 0; i < clients; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%04d", i);
        struct herd_slice held = herd_core_record(listen->rig->core, herd_slice_str(name));
        if (!CHECK_SLICE(herd_slice_str(listen->last[i]), held))
            return false;
    }
    return true;
}
