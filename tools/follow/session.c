/* SPDX-License-Identifier: ISC */
#include "session.h"

#include "decimal.h"
#include "hex.h"
#include "words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    OUT_MAX = 1 << 20,    /* bytes that wait to be sent */
    ANSWER_MAX = 512,     /* bytes of the answer to FOLLOW */
    BATCH_BYTES = 16384,  /* a batch of given records is closed at this size */
    BATCH_HEAD_MAX = 128, /* bytes */
};

void follow_session_init(struct follow_session *session, const struct herd_mem *mem,
                         const struct follow_calls *calls,
                         const struct follow_position *position,
                         const uint8_t boot[FOLLOW_FEED])
{
    *session = (struct follow_session){.calls = calls, .position = *position};
    herd_line_init(&session->line, mem, ANSWER_MAX);
    herd_framer_init(&session->framer, mem, HERD_FRAME_PAYLOAD_MAX);
    herd_buf_init(&session->out, mem, OUT_MAX);
    memcpy(session->boot, boot, FOLLOW_FEED);
}

void follow_session_free(struct follow_session *session)
{
    herd_line_free(&session->line);
    herd_framer_free(&session->framer);
    herd_buf_free(&session->out);
}

/* ---- out ---- */

static int fail(struct follow_session *session, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first reason stays. */
static int fail(struct follow_session *session, int rc, const char *format, ...)
{
    if (!session->ended) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(session->why.text, sizeof session->why.text, format, args);
        va_end(args);
    }
    session->ended = true;
    return rc;
}

static int put(struct follow_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int put(struct follow_session *session, const char *format, ...)
{
    char frame[HERD_FRAME_HEADER_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(frame, sizeof frame, format, args);
    va_end(args);
    int rc = herd_buf_append(&session->out, herd_slice(frame, (size_t)len));
    return rc == HERD_OK ? rc : fail(session, rc, "%s", herd_strerror(rc));
}

static int put_position(struct follow_session *session, const char *verb,
                        const struct follow_position *position)
{
    char feed[2 * FOLLOW_FEED + 1] = "-";
    if (position->known)
        herd_hex_print(position->feed, FOLLOW_FEED, feed);
    return put(session, "%s 0 %s %" PRIu64 "\n", verb, feed,
               position->known ? position->seq : 0);
}

int follow_session_start(struct follow_session *session, const char *name,
                         struct herd_mono now)
{
    session->heard_at = now;
    return put(session, "FOLLOW %.*s %d\n", FOLLOW_NAME_MAX, name, FOLLOW_VERSION);
}

static bool is_in(const struct follow_position *position, const uint8_t feed[FOLLOW_FEED])
{
    return position->known && memcmp(position->feed, feed, FOLLOW_FEED) == 0;
}

int follow_session_acknowledge(struct follow_session *session,
                               const struct follow_position *position)
{
    if (session->in_feed && !session->ended && is_in(position, session->server_feed) &&
        position->seq <= session->received_seq)
        return put(session, "ACK 0 %" PRIu64 "\n", position->seq);
    return HERD_OK;
}

void follow_session_leave(struct follow_session *session, const char *why)
{
    if (session->followed && !session->ended)
        (void)put(session, "BYE 0 closing %.200s\n", why);
    (void)fail(session, HERD_OK, "%s", why);
}

/* ---- giving ---- */

static struct follow_position own_position(const struct follow_session *session)
{
    struct follow_position own = {.known = true};
    memcpy(own.feed, session->boot, FOLLOW_FEED);
    return own;
}

/* One batch; its header needs to know the payload, which is collected after room for it. */
static int give_batch(struct follow_session *session)
{
    static const char head[] = "BATCH 00000 0 0 00000\n";
    char *room = herd_buf_reserve(&session->out,
                                  sizeof head - 1 + BATCH_BYTES + HERD_RECORD_MAX + 1);
    struct herd_slice text;
    size_t len = 0, count = 0;
    int more = 1;
    if (room == NULL)
        return fail(session, HERD_ENOMEM, "%s", herd_strerror(HERD_ENOMEM));
    while (len < BATCH_BYTES &&
           (more = session->calls->give(session->calls->ctx, &text)) == 1) {
        assert(text.len <= HERD_RECORD_MAX);
        memcpy(room + sizeof head - 1 + len, text.data, text.len);
        room[sizeof head - 1 + len + text.len] = '\n';
        len += text.len + 1;
        count++;
    }
    if (more < 0)
        return fail(session, more, "the records to give cannot be read");
    if (count > 0) {
        char header[BATCH_HEAD_MAX];
        (void)snprintf(header, sizeof header, "BATCH %05zu 0 0 %05zu\n", len, count);
        memcpy(room, header, sizeof head - 1);
        herd_buf_commit(&session->out, sizeof head - 1 + len);
    }
    return more;
}

static int end_giving(struct follow_session *session)
{
    struct follow_position own = own_position(session);
    int rc = put_position(session, "SYNCED", &own);
    if (rc == HERD_OK)
        rc = put_position(session, "HAVE", &session->position);
    session->giving = FOLLOW_GAVE;
    if (rc == HERD_OK && session->calls->given != NULL)
        session->calls->given(session->calls->ctx);
    return rc;
}

int follow_session_on_sent(struct follow_session *session)
{
    if (session->ended || session->giving != FOLLOW_GIVES || session->out.len > 0)
        return HERD_OK;
    int more = give_batch(session);
    if (more < 0)
        return more;
    return more == 1 ? HERD_OK : end_giving(session);
}

static bool has_to_give(const struct follow_session *session)
{
    return session->calls->give != NULL && !is_in(&session->position, session->server_feed);
}

static int start_giving(struct follow_session *session)
{
    struct follow_position own = own_position(session);
    session->giving = FOLLOW_GIVES;
    return put_position(session, "SYNC", &own);
}

/* ---- in ---- */

static int end_with(struct follow_session *session, int rc)
{
    return rc == HERD_OK ? rc : fail(session, rc, "%s", herd_strerror(rc));
}

static int malformed(struct follow_session *session, struct herd_slice verb)
{
    return fail(session, HERD_EBAD, "the server sent a malformed or unexpected %.*s",
                (int)verb.len, verb.data);
}

static int tell_position(struct follow_session *session, uint64_t seq, bool whole)
{
    session->received_seq = seq;
    session->position.seq = seq;
    return end_with(
        session, session->calls->position(session->calls->ctx, &session->position, whole));
}

static bool parse_position(const struct herd_words *words, struct follow_position *position)
{
    *position = (struct follow_position){.known = true};
    return words->count >= 2 &&
           herd_hex_parse(words->word[0], position->feed, FOLLOW_FEED) == HERD_OK &&
           herd_uint_parse(words->word[1], UINT64_MAX, &position->seq) == HERD_OK;
}

static bool is_same(const struct follow_position *a, const struct follow_position *b)
{
    return a->known && b->known && a->seq == b->seq &&
           memcmp(a->feed, b->feed, FOLLOW_FEED) == 0;
}

static int on_have(struct follow_session *session, const struct herd_words *words,
                   struct herd_slice payload)
{
    (void)words;
    (void)payload;
    if (!has_to_give(session))
        return HERD_OK;
    return session->giving == FOLLOW_GIVES_NOTHING ? start_giving(session) : HERD_EBAD;
}

/* HAVE was sent. */
static bool has_asked(const struct follow_session *session)
{
    return !has_to_give(session) || session->giving == FOLLOW_GAVE;
}

static int on_resume(struct follow_session *session, const struct herd_words *words,
                     struct herd_slice payload)
{
    struct follow_position from;
    (void)payload;
    if (!has_asked(session) || session->in_feed || session->in_sync ||
        !parse_position(words, &from) || !is_same(&from, &session->position))
        return HERD_EBAD;
    session->in_feed = true;
    session->received_seq = from.seq;
    return HERD_OK;
}

static int on_sync(struct follow_session *session, const struct herd_words *words,
                   struct herd_slice payload)
{
    struct follow_position at;
    (void)payload;
    if (!has_asked(session) || session->in_sync || !parse_position(words, &at) ||
        !is_in(&at, session->server_feed) ||
        (session->in_feed && at.seq < session->received_seq))
        return HERD_EBAD;
    session->in_sync = true;
    session->position = at;
    return session->calls->full_sync != NULL
               ? end_with(session, session->calls->full_sync(session->calls->ctx))
               : HERD_OK;
}

static int on_synced(struct follow_session *session, const struct herd_words *words,
                     struct herd_slice payload)
{
    struct follow_position at;
    (void)payload;
    if (!session->in_sync || !parse_position(words, &at) ||
        !is_same(&at, &session->position))
        return HERD_EBAD;
    session->in_sync = false;
    session->in_feed = true;
    return tell_position(session, at.seq, true);
}

/* A record that this version cannot read is left out, as a neighbour does. */
static int tell_records(struct follow_session *session, struct herd_slice rest,
                        uint64_t count)
{
    for (; count > 0; count--) {
        struct herd_record record;
        const char *lf = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
        if (lf == NULL)
            return HERD_EBAD;
        struct herd_slice text = herd_slice(rest.data, (size_t)(lf - rest.data));
        rest = herd_slice_from(rest, text.len + 1);
        if (herd_record_parse(text, &record) != HERD_OK)
            continue;
        int rc = session->calls->record(session->calls->ctx, &record);
        if (rc != HERD_OK)
            return end_with(session, rc);
    }
    return rest.len == 0 ? HERD_OK : HERD_EBAD;
}

static int on_batch(struct follow_session *session, const struct herd_words *words,
                    struct herd_slice payload)
{
    uint64_t from, to, count;
    if (words->count < 3 || herd_uint_parse(words->word[0], UINT64_MAX, &from) != HERD_OK ||
        herd_uint_parse(words->word[1], UINT64_MAX, &to) != HERD_OK ||
        herd_uint_parse(words->word[2], HERD_FRAME_PAYLOAD_MAX, &count) != HERD_OK)
        return HERD_EBAD;
    bool expected = session->in_sync
                        ? from == 0 && to == 0
                        : session->in_feed && from == session->received_seq && to >= from;
    if (!expected)
        return HERD_EBAD;
    int rc = tell_records(session, payload, count);
    return rc != HERD_OK || session->in_sync ? rc : tell_position(session, to, false);
}

/* Its position covers records that were not sent, since they are echoes. */
static int on_ping(struct follow_session *session, const struct herd_words *words,
                   struct herd_slice payload)
{
    uint64_t serial, seq;
    (void)payload;
    if (words->count < 5 ||
        herd_uint_parse(words->word[0], UINT64_MAX, &serial) != HERD_OK ||
        herd_uint_parse(words->word[1], UINT64_MAX, &seq) != HERD_OK)
        return HERD_EBAD;
    int rc = put(session, "PONG 0 %" PRIu64 "\n", serial);
    if (rc == HERD_OK && session->in_feed && !session->in_sync &&
        seq > session->received_seq)
        rc = tell_position(session, seq, false);
    return rc;
}

static int on_bye(struct follow_session *session, const struct herd_words *words,
                  struct herd_slice payload)
{
    (void)payload;
    struct herd_slice why = HERD_LIT("no reason was given");
    if (words->count > 0)
        why = herd_slice(words->word[0].data,
                         (size_t)(words->word[words->count - 1].data +
                                  words->word[words->count - 1].len - words->word[0].data));
    return fail(session, HERD_EBAD, "the server ended the connection: %.*s", (int)why.len,
                why.data);
}

static int ignore(struct follow_session *session, const struct herd_words *words,
                  struct herd_slice payload)
{
    (void)session;
    (void)words;
    (void)payload;
    return HERD_OK;
}

static const struct frame_type {
    struct herd_slice verb;
    int (*handle)(struct follow_session *session, const struct herd_words *words,
                  struct herd_slice payload);
} frame_types[] = {
    {{"BATCH", 5}, on_batch},   {{"PING", 4}, on_ping},     {{"ACK", 3}, ignore},
    {{"HAVE", 4}, on_have},     {{"RESUME", 6}, on_resume}, {{"SYNC", 4}, on_sync},
    {{"SYNCED", 6}, on_synced}, {{"WAIT", 4}, ignore},      {{"PONG", 4}, ignore},
    {{"BYE", 3}, on_bye},
};

/* Unknown verbs are those of a later version. */
static int on_frame(struct follow_session *session, const struct herd_frame *frame)
{
    struct herd_words words;
    herd_words_split(frame->args, &words);
    if (words.count > HERD_WORDS_MAX)
        words.count = HERD_WORDS_MAX;
    for (size_t i = 0; i < sizeof frame_types / sizeof *frame_types; i++) {
        if (!herd_slice_eq(frame_types[i].verb, frame->verb))
            continue;
        int rc = frame_types[i].handle(session, &words, frame->payload);
        return rc == HERD_EBAD ? malformed(session, frame->verb) : rc;
    }
    return HERD_OK;
}

/* FOLLOWED server version feed boot. The rest of what came with it are frames. */
static int on_answer(struct follow_session *session, struct herd_slice line)
{
    struct herd_words words;
    uint64_t version;
    herd_words_split(line, &words);
    if (words.count < 5 || !herd_slice_eq(words.word[0], HERD_LIT("FOLLOWED")) ||
        herd_uint_parse(words.word[2], UINT64_MAX, &version) != HERD_OK ||
        version != FOLLOW_VERSION ||
        herd_hex_parse(words.word[3], session->server_feed, FOLLOW_FEED) != HERD_OK)
        return fail(session, HERD_EBAD, "the server does not take followers: %.*s",
                    (int)(line.len < 60 ? line.len : 60), line.data);
    session->followed = true;
    if (session->calls->followed != NULL)
        session->calls->followed(session->calls->ctx, words.word[1],
                                 is_in(&session->position, session->server_feed));
    return has_to_give(session) ? HERD_OK
                                : put_position(session, "HAVE", &session->position);
}

int follow_session_on_bytes(struct follow_session *session, struct herd_slice bytes,
                            struct herd_mono now)
{
    struct herd_slice line;
    struct herd_frame frame;
    int rc = HERD_OK, got = 0;
    session->heard_at = now;
    if (session->ended)
        return HERD_EBAD;
    if (!session->followed) {
        got = herd_line_next(&session->line, &bytes, &line);
        if (got < 0)
            return fail(session, got, "the answer to FOLLOW is too long");
        rc = got == 1 ? on_answer(session, line) : HERD_OK;
    }
    while (rc == HERD_OK && session->followed && !session->ended &&
           (got = herd_frame_next(&session->framer, &bytes, &frame)) == 1)
        rc = on_frame(session, &frame);
    if (rc == HERD_OK && got < 0)
        rc = fail(session, got, "the server sent no frame of the link protocol");
    return rc == HERD_OK ? follow_session_on_sent(session) : rc;
}
