/* SPDX-License-Identifier: ISC */
#include "follow_talk.h"

#include "wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void follow_init(struct follow_talk *follow, const char *name)
{
    *follow = (struct follow_talk){.name = name, .talk = {.conn = {.fd = -1}}};
    snprintf(follow->feed, sizeof follow->feed, "-");
    records_clear(&follow->copy);
}

void follow_close(struct follow_talk *follow)
{
    peer_talk_close(&follow->talk);
}

static void copy_word(char out[FOLLOW_FEED], struct herd_slice word)
{
    snprintf(out, FOLLOW_FEED, "%.*s", (int)word.len, word.data);
}

bool follow_connect(struct follow_talk *follow, const struct herd_proc *herd, uint32_t i)
{
    char path[HERD_PROC_PATH], line[128], boot[FOLLOW_FEED];
    struct herd_slice got;
    int version = 0;
    follow->resumed = follow->synced = follow->feeding = false;
    follow->batches = 0;
    herd_proc_path(herd, path, "run", i, ".sock");
    snprintf(line, sizeof line, "FOLLOW %s 1\n", follow->name);
    if (!client_open_unix(&follow->talk.conn, path))
        return false;
    if (!client_ask(&follow->talk.conn, line, &got) || got.len >= sizeof line) {
        follow_close(follow);
        return false;
    }
    snprintf(line, sizeof line, "%.*s", (int)got.len, got.data);
    return sscanf(line, "FOLLOWED %*s %d %32s %32s", &version, follow->present_feed,
                  boot) == 3 &&
           version == 1;
}

bool follow_give(struct follow_talk *follow)
{
    static const char feed[] = "d15cd15cd15cd15cd15cd15cd15cd15c";
    bool ok = peer_talk_say(&follow->talk, "SYNC 0 %s 0\n", feed);
    for (unsigned i = 0; ok && i < REPORTS_CLIENTS; i++)
        if (follow->copy.of[i].serial >= 0)
            ok =
                peer_talk_say(&follow->talk, "BATCH %zu 0 0 1\n%s\n",
                              strlen(follow->copy.of[i].text) + 1, follow->copy.of[i].text);
    return ok && peer_talk_say(&follow->talk, "SYNCED 0 %s 0\n", feed);
}

/* ---- frames ---- */

static bool is(const struct peer_frame *frame, const char *verb)
{
    return herd_slice_eq(frame->verb, herd_slice_str(verb));
}

static uint64_t number(const struct peer_frame *frame, size_t n)
{
    struct herd_slice word = peer_frame_word(frame, n);
    return word.len > 0 ? strtoull(word.data, NULL, 10) : 0;
}

/* AT server skew cN ...: what comes later in one feed is newer. */
static bool keep(struct follow_talk *follow, struct herd_slice line)
{
    struct herd_slice rest = line;
    struct record record;
    for (int words = 0; words < 3; words++) {
        const char *space = rest.len > 0 ? memchr(rest.data, ' ', rest.len) : NULL;
        if (space == NULL)
            return false;
        rest = herd_slice_from(rest, (size_t)(space - rest.data) + 1);
    }
    unsigned client = (unsigned)strtoul(rest.data + 1, NULL, 10);
    if (client >= REPORTS_CLIENTS || !record_read(client, line, &record))
        return false;
    follow->copy.of[client] = record;
    return true;
}

static bool on_batch(struct follow_talk *follow, const struct peer_frame *frame)
{
    uint64_t from = number(frame, 0), to = number(frame, 1), count = number(frame, 2);
    struct herd_slice rest = frame->payload;
    follow->batches++;
    if (from != (follow->feeding ? follow->seq : 0))
        return false;
    for (; count > 0; count--) {
        const char *lf = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
        if (lf == NULL || !keep(follow, herd_slice(rest.data, (size_t)(lf - rest.data))))
            return false;
        rest = herd_slice_from(rest, (size_t)(lf - rest.data) + 1);
    }
    if (rest.len > 0)
        return false;
    if (!follow->feeding)
        return true;
    follow->seq = to;
    return peer_talk_say(&follow->talk, "ACK 0 %" PRIu64 "\n", to);
}

static bool on_ping(struct follow_talk *follow, const struct peer_frame *frame)
{
    if (follow->feeding && number(frame, 1) > 0)
        follow->seq = number(frame, 1);
    return peer_talk_say(&follow->talk, "PONG 0 %" PRIu64 "\n", number(frame, 0));
}

static bool on_position(struct follow_talk *follow, const struct peer_frame *frame)
{
    copy_word(follow->feed, peer_frame_word(frame, 0));
    follow->seq = number(frame, 1);
    follow->feeding = true;
    return true;
}

bool follow_next(struct follow_talk *follow)
{
    struct peer_frame frame;
    if (!peer_talk_next(&follow->talk, &frame) || is(&frame, "BYE"))
        return false;
    if (is(&frame, "BATCH"))
        return on_batch(follow, &frame);
    if (is(&frame, "PING"))
        return on_ping(follow, &frame);
    if (is(&frame, "SYNC"))
        follow->feeding = false;
    follow->resumed = follow->resumed || is(&frame, "RESUME");
    follow->synced = follow->synced || is(&frame, "SYNCED");
    return (!is(&frame, "RESUME") && !is(&frame, "SYNCED")) || on_position(follow, &frame);
}

bool follow_start(struct follow_talk *follow)
{
    if (!peer_talk_say(&follow->talk, "HAVE 0 %s %" PRIu64 "\n", follow->feed, follow->seq))
        return false;
    while (!follow->resumed && !follow->synced)
        if (!follow_next(follow))
            return false;
    return true;
}

bool follow_until(struct follow_talk *follow, const struct records *want)
{
    int64_t until = now_ms() + WAIT_MS;
    while (records_differ(&follow->copy, want) != 0)
        if (now_ms() > until || !follow_next(follow))
            return false;
    return true;
}
