/* SPDX-License-Identifier: ISC */
#include "tombstone.h"

#include "decimal.h"
#include "herd/err.h"
#include "words.h"

#include <assert.h>

size_t herd_tombstone_bound(struct herd_slice server, struct herd_slice client)
{
    return sizeof "FORGOT    " + server.len + HERD_SKEW_TEXT + client.len + HERD_TIME_TEXT;
}

static char *put(char *at, struct herd_slice s)
{
    memcpy(at, s.data, s.len);
    return at + s.len;
}

/* Writes the tombstone that was received then, and is ordered by `time`. */
static void print(struct herd_slice server, struct herd_slice client,
                  struct herd_wall received, struct herd_wall time, char *out,
                  struct herd_record *record)
{
    char *at = put(out, HERD_LIT("FORGOT "));
    at = put(at, server);
    *at++ = ' ';
    at += herd_skew_print(received.ns - time.ns, at);
    *at++ = ' ';
    record->client = herd_slice(at, client.len);
    at = put(at, client);
    *at++ = ' ';
    at += herd_time_print(time, at);
    record->text = herd_slice(out, (size_t)(at - out));
    record->tombstone = true;
    record->time = time;
    record->effective = time;
    record->received = received;
}

void herd_tombstone_make(struct herd_slice server, struct herd_slice client,
                         struct herd_wall now, char *out, struct herd_record *record)
{
    struct herd_wall at = {now.ns > 0 ? now.ns : 0};
    print(server, client, at, at, out, record);
}

/* Two tombstones that were received at the same time cover the same reports. */
static bool covers(const struct herd_record *tombstone, const struct herd_record *other)
{
    if (!tombstone->tombstone)
        return false;
    return other->tombstone ? other->received.ns < tombstone->received.ns
                            : other->received.ns <= tombstone->received.ns;
}

/* The second word of its text. */
static struct herd_slice server_of(const struct herd_record *tombstone)
{
    const char *server = tombstone->text.data + sizeof "FORGOT " - 1;
    const char *end = tombstone->text.data + tombstone->text.len;
    return herd_slice(server, (size_t)(herd_word_end(server, end) - server));
}

/* A tombstone with the time of a report wins, since F is greater than A. A later time than
 * that of another tombstone is no more than HERD_RECORD_AHEAD_S after the receipt, because
 * that one was received earlier. */
static const struct herd_record *raise_above(const struct herd_record *tombstone,
                                             const struct herd_record *other, char *out,
                                             struct herd_record *raised)
{
    struct herd_slice server = server_of(tombstone);
    if (herd_tombstone_bound(server, tombstone->client) > HERD_RECORD_MAX ||
        other->effective.ns == INT64_MAX)
        return other;
    struct herd_wall time = {other->effective.ns + other->tombstone};
    print(server, tombstone->client, tombstone->received, time, out, raised);
    assert(herd_record_cmp(raised, other) > 0);
    return raised;
}

const struct herd_record *herd_tombstone_choose(const struct herd_record *a,
                                                const struct herd_record *b, char *out,
                                                struct herd_record *raised)
{
    bool a_is_greater = herd_record_cmp(a, b) > 0;
    const struct herd_record *greater = a_is_greater ? a : b, *other = a_is_greater ? b : a;
    return covers(other, greater) ? raise_above(other, greater, out, raised) : greater;
}
