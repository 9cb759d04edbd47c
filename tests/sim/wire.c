/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const verbs[SIM_VERBS] = {"HELLO", "AUTH",   "UP",   "HAVE",  "RESUME",
                                             "SYNC",  "SYNCED", "WAIT", "BATCH", "ACK",
                                             "PING",  "PONG",   "BYE",  "other"};

const char *wire_verb_name(enum sim_verb verb)
{
    return verbs[verb];
}

bool wire_is_idle(enum sim_verb verb)
{
    return verb == SIM_PING || verb == SIM_PONG || verb == SIM_ACK;
}

enum sim_verb wire_verb(struct herd_slice verb)
{
    int i = 0;
    while (i < SIM_OTHER && !herd_slice_eq(verb, herd_slice_str(verbs[i])))
        i++;
    return (enum sim_verb)i;
}

/* The word's place in the text, or the text's end. */
static size_t word_at(struct herd_slice text, int number)
{
    size_t at = 0;
    while (number > 0 && at < text.len)
        number -= text.data[at++] == ' ';
    return at;
}

struct herd_slice wire_word(struct herd_slice text, int number)
{
    size_t at = word_at(text, number), end = at;
    while (end < text.len && text.data[end] != ' ')
        end++;
    return herd_slice(text.data + at, end - at);
}

struct herd_slice wire_time(struct herd_slice record)
{
    bool forgotten = record.len > 0 && record.data[0] == 'F';
    return wire_word(record, forgotten ? 4 : 5);
}

uint64_t wire_number(struct herd_slice text, int number)
{
    uint64_t value = 0;
    if (herd_uint_parse(wire_word(text, number), UINT64_MAX, &value) != 0)
        return 0;
    return value;
}

/* ---- faults ---- */

static void rewrite_hello(const struct sim_server *at, struct sim_frame *frame)
{
    char *args = (char *)(uintptr_t)frame->args.data;
    if (at->version_min != 0) {
        args[0] = at->version_min;
        args[2] = at->version_max;
    }
    if (at->other_rules) {
        size_t rules = word_at(frame->args, 6);
        args[rules] = args[rules] == '0' ? '1' : '0';
    }
}

static void spoil(struct sim *sim, struct sim_frame *frame)
{
    struct sim_path *path = &sim->path[frame->from][frame->to];
    if (path->spoil == 0 || frame->payload.len == 0)
        return;
    path->spoil--;
    *(char *)(uintptr_t)frame->payload.data = 'X';
    sim_note(sim, "the next record is damaged on its way");
}

/* ---- frames ---- */

static void note_batch(struct sim *sim, struct sim_stream *stream,
                       const struct sim_frame *frame, size_t left)
{
    stream->batch_end = stream->sent - left;
    stream->batch = stream->batch_end - frame->payload.len;
    sim->wire.records += wire_number(frame->args, 2);
}

static void one_frame(struct sim *sim, struct sim_stream *stream, struct sim_frame *frame,
                      size_t left)
{
    enum sim_verb verb = wire_verb(frame->verb);
    sim->wire.frames[verb]++;
    sim->wire.bytes[verb] += frame->size;
    if (!wire_is_idle(verb))
        stream->last_non_idle_end = stream->sent - left;
    if (verb == SIM_HELLO)
        rewrite_hello(&sim->server[frame->from], frame);
    if (verb == SIM_SYNC || verb == SIM_SYNCED)
        stream->is_sync = verb == SIM_SYNC;
    if (verb == SIM_PING)
        stream->tail = wire_number(frame->args, 2);
    if (verb == SIM_RESUME)
        sim->wire.idle_resumes += wire_number(frame->args, 1) == stream->tail;
    if (verb == SIM_BATCH) {
        spoil(sim, frame);
        note_batch(sim, stream, frame, left);
    }
    if (sim->hooks.frame != NULL)
        sim->hooks.frame(sim->hooks.ctx, sim, frame);
}

/* The words of a header: VERB LENGTH [ARGS]. */
static bool split(struct herd_slice header, struct sim_frame *frame, size_t *length)
{
    struct herd_slice number;
    uint64_t value;
    frame->verb = wire_word(header, 0);
    number = wire_word(header, 1);
    frame->args = herd_slice_from(header, word_at(header, 2));
    if (herd_uint_parse(number, 65536, &value) != 0)
        return false;
    *length = (size_t)value;
    return true;
}

void wire_sent(struct sim *sim, struct sim_pipe *pipe, int end, char *bytes, size_t len)
{
    struct sim_frame frame = {
        .from = pipe->server[end], .to = pipe->server[!end], .pipe = pipe};
    while (len > 0) {
        const char *lf = memchr(bytes, '\n', len);
        size_t length = 0;
        if (lf == NULL ||
            !split(herd_slice(bytes, (size_t)(lf - bytes)), &frame, &length) ||
            length > len - (size_t)(lf + 1 - bytes)) {
            sim_broken(sim, "server %" PRIu32 " sends something that is no frame",
                       frame.from);
            return;
        }
        frame.payload = herd_slice(lf + 1, length);
        frame.size = (size_t)(lf + 1 - bytes) + length;
        len -= frame.size;
        bytes += frame.size;
        one_frame(sim, &pipe->from[end], &frame, len);
    }
}

/* ---- for people ---- */

/* Positions name a feed by its owner: "own" is the sender's of a RESUME or SYNC. */
static void position_text(const struct sim_frame *frame, char *out)
{
    struct herd_slice feed = wire_word(frame->args, 0);
    if (feed.len == 1)
        snprintf(out, WIRE_TEXT, "%.*s nothing", (int)frame->verb.len, frame->verb.data);
    else
        snprintf(out, WIRE_TEXT, "%.*s %" PRIu64, (int)frame->verb.len, frame->verb.data,
                 wire_number(frame->args, 1));
}

/* The first records by client and time. */
static void batch_text(const struct sim_frame *frame, char *out)
{
    size_t len = (size_t)snprintf(out, WIRE_TEXT,
                                  "BATCH %" PRIu64 "..%" PRIu64 ", records: %" PRIu64,
                                  wire_number(frame->args, 0), wire_number(frame->args, 1),
                                  wire_number(frame->args, 2));
    struct herd_slice rest = frame->payload;
    for (int i = 0; i < 3 && rest.len > 0; i++) {
        const char *lf = memchr(rest.data, '\n', rest.len);
        struct herd_slice record = herd_slice(rest.data, (size_t)(lf - rest.data));
        struct herd_slice client = wire_word(record, 3), time = wire_time(record);
        len += (size_t)snprintf(out + len, WIRE_TEXT - len, "%s %.*s %.*s",
                                record.data[0] == 'F' ? (i == 0 ? " - forgot" : ", forgot")
                                                      : (i == 0 ? " -" : ","),
                                (int)(client.len % 20), client.data, (int)(time.len % 24),
                                time.data);
        rest = herd_slice_from(rest, record.len + 1);
    }
    if (rest.len > 0)
        (void)snprintf(out + len, WIRE_TEXT - len, ", ...");
}

void wire_text(const struct sim *sim, const struct sim_frame *frame, char *out)
{
    (void)sim;
    enum sim_verb verb = wire_verb(frame->verb);
    switch (verb) {
    case SIM_HELLO:
        snprintf(out, WIRE_TEXT, "HELLO versions %.3s", frame->args.data);
        break;
    case SIM_AUTH:
    case SIM_UP:
        snprintf(out, WIRE_TEXT, "%.*s %s", (int)frame->verb.len, frame->verb.data,
                 frame->args.data[0] == 'n' ? "none" : "mac");
        break;
    case SIM_HAVE:
    case SIM_RESUME:
    case SIM_SYNC:
    case SIM_SYNCED: position_text(frame, out); break;
    case SIM_BATCH: batch_text(frame, out); break;
    default:
        snprintf(out, WIRE_TEXT, "%.*s %.*s", (int)frame->verb.len, frame->verb.data,
                 (int)(frame->args.len < 150 ? frame->args.len : 150), frame->args.data);
        break;
    }
}
