/* SPDX-License-Identifier: ISC */
#include "reports.h"

#include "wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_SECOND = 1600000000, NS = 1000000000, WORDS = 6 };

void records_clear(struct records *records)
{
    for (unsigned i = 0; i < REPORTS_CLIENTS; i++)
        records->of[i] = (struct record){.serial = -1};
}

/* Neighbouring serials are one nanosecond apart, so that no rounding passes unnoticed. */
static int location_and_time(unsigned client, int64_t serial, char *text, size_t size)
{
    return snprintf(text, size, "+%02u.%06" PRId64 "-%03u.5 %d.%09" PRId64, client % 90,
                    serial % 1000000, client % 180, FIRST_SECOND + (int)(serial / NS),
                    serial % NS);
}

size_t report_line(unsigned client, int64_t serial, char line[REPORT_LINE])
{
    char place[REPORT_LINE];
    location_and_time(client, serial, place, sizeof place);
    int len = snprintf(line, REPORT_LINE, "IAMAT c%u %.100s\n", client, place);
    return (size_t)len;
}

/* AT server skew client location time */
static bool split(struct herd_slice line, struct herd_slice word[WORDS])
{
    for (int i = 0; i < WORDS; i++) {
        const char *space = line.len > 0 ? memchr(line.data, ' ', line.len) : NULL;
        if ((space == NULL) != (i == WORDS - 1) || line.len == 0)
            return false;
        word[i] =
            herd_slice(line.data, space != NULL ? (size_t)(space - line.data) : line.len);
        line = herd_slice_from(line, word[i].len + (space != NULL ? 1 : 0));
    }
    return true;
}

bool record_read(unsigned client, struct herd_slice line, struct record *record)
{
    struct herd_slice word[WORDS];
    char time[32], want[REPORT_LINE], name[16];
    if (line.len >= sizeof record->text || !split(line, word) || word[5].len != 20)
        return false;
    snprintf(time, sizeof time, "%.*s", (int)word[5].len, word[5].data);
    record->serial = (strtoll(time, NULL, 10) - FIRST_SECOND) * (int64_t)NS +
                     strtoll(time + 11, NULL, 10);
    snprintf(record->text, sizeof record->text, "%.*s", (int)line.len, line.data);
    snprintf(name, sizeof name, "c%u", client);
    int len = location_and_time(client, record->serial, want, sizeof want);
    return herd_slice_eq(word[0], HERD_LIT("AT")) &&
           herd_slice_eq(word[3], herd_slice_str(name)) &&
           herd_slice_eq(herd_slice(word[4].data, word[4].len + 1 + word[5].len),
                         herd_slice(want, (size_t)len));
}

void record_keep_newer(struct record *held, const struct record *other)
{
    if (other->serial > held->serial ||
        (other->serial == held->serial && strcmp(other->text, held->text) > 0))
        *held = *other;
}

static bool read_one(struct client *client, unsigned i, struct record *record)
{
    struct herd_slice line;
    *record = (struct record){.serial = -1};
    if (!client_line(client, &line))
        return false;
    if (line.len > 0 && line.data[0] == '?')
        return true;
    return record_read(i, line, record) && client_reply(client, &line);
}

bool records_read(struct client *client, struct records *records)
{
    char text[REPORTS_CLIENTS * 24];
    size_t len = 0;
    for (unsigned i = 0; i < REPORTS_CLIENTS; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "WHATSAT c%u 1 0\n", i);
    bool ok = client_send(client, herd_slice(text, len));
    for (unsigned i = 0; ok && i < REPORTS_CLIENTS; i++)
        ok = read_one(client, i, &records->of[i]);
    return ok;
}

unsigned records_differ(const struct records *a, const struct records *b)
{
    unsigned count = 0;
    for (unsigned i = 0; i < REPORTS_CLIENTS; i++)
        if (strcmp(a->of[i].text, b->of[i].text) != 0)
            count++;
    return count;
}

/* One round of questions: 1 all the same, 0 not yet, -1 a server does not answer. */
static int look(struct client *clients, uint32_t members, const struct records *want,
                struct records *found)
{
    struct records here;
    bool have = want != NULL;
    if (have)
        *found = *want;
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++) {
        if ((members >> i & 1) == 0)
            continue;
        if (!records_read(&clients[i], &here))
            return -1;
        if (!have)
            *found = here;
        else if (records_differ(&here, found) != 0)
            return 0;
        have = true;
    }
    return 1;
}

bool records_settle(struct client *clients, uint32_t members, const struct records *want,
                    struct records *found)
{
    struct records spare;
    int64_t until = now_ms() + WAIT_MS;
    int same;
    while ((same = look(clients, members, want, found != NULL ? found : &spare)) == 0 &&
           now_ms() < until)
        nap();
    return same == 1;
}
