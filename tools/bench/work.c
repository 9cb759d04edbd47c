/* SPDX-License-Identifier: ISC */
#include "work.h"

#include "herd/instant.h"

#include <inttypes.h>
#include <stdio.h>

enum { ID_DIGITS = 8, VARIED = 4 };

/* The offsets of the digits that vary; the location of a client ends with the last digits
 * of its number. */
static const char location_text[] = "+34.068930-118.445127";
enum {
    LOCATION = sizeof location_text - 1,
    LATITUDE = 10,
    LATITUDE_END = 8,
    LONGITUDE_END = 19
};

static const char *const invalid[] = {
    "IAMAT bench-00000000 +34.068930-118.445127\n",
    "IAMAT bench-00000000 +91.068930-118.445127 1621464827.959498503\n",
    "IAMAT bench-00000000 34.068930,-118.445127 1621464827.959498503\n",
    "WHATSAT bench-00000000 51 5\n",
    "WHATSAT nobody-has-heard-of-this-one 10 5\n",
    "AT Nobody +0.1 bench-00000000 +34.068930-118.445127 1621464827.959498503\n",
    "WHEREIS bench-00000000\n",
    "\n",
};

enum { INVALID = sizeof invalid / sizeof invalid[0] };

/* xorshift64*, which is good enough to choose lines. */
static uint32_t draw(struct work *work, uint32_t below)
{
    uint64_t x = work->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    work->random = x;
    uint64_t high = (x * UINT64_C(2685821657736338717)) >> 32;
    return (uint32_t)(high * below >> 32);
}

void work_init(struct work *work, const struct bench_options *options, int64_t wall_ns)
{
    *work = (struct work){.speak = options->speak, .clients = (uint32_t)options->clients};
    work->random = (uint64_t)options->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int kind = 0; kind < WORK_KINDS; kind++)
        for (int i = 0; i < options->weight[kind]; i++)
            work->kinds[work->kind_count++] = (uint8_t)kind;
    (void)snprintf(work->tag, sizeof work->tag, "%08" PRIx32,
                   (uint32_t)(wall_ns / HERD_NS_PER_MS));
    uint64_t ns = (uint64_t)wall_ns, second = (uint64_t)HERD_NS_PER_S;
    (void)snprintf(work->stamp, sizeof work->stamp, "%010" PRIu64 ".%09" PRIu64,
                   ns / second % UINT64_C(10000000000), ns % second);
}

enum work_kind work_draw(struct work *work)
{
    if (work->kinds[0] == work->kinds[work->kind_count - 1])
        return (enum work_kind)work->kinds[0];
    return (enum work_kind)work->kinds[draw(work, work->kind_count)];
}

/* ---- pieces of lines ---- */

static void put_digits(char *end, uint32_t number, int digits)
{
    while (digits-- > 0) {
        *--end = (char)('0' + number % 10);
        number /= 10;
    }
}

#define LITERAL(text) (text), sizeof(text) - 1

static char *put_text(char *to, const char *text, size_t len)
{
    memcpy(to, text, len);
    return to + len;
}

static char *put_id(char *to, uint32_t client)
{
    to = put_text(to, "bench-00000000", WORK_ID);
    put_digits(to, client, ID_DIGITS);
    return to;
}

static char *put_location(char *to, uint32_t client)
{
    to = put_text(to, location_text, LOCATION);
    put_digits(to - LOCATION + LATITUDE_END, client, VARIED);
    put_digits(to - LOCATION + LONGITUDE_END, client, VARIED);
    return to;
}

/* Writes the time of the report, and increments it by 1 ns: mostly one digit changes. */
static char *put_stamp(struct work *work, char *to)
{
    to = put_text(to, work->stamp, WORK_STAMP);
    for (int i = WORK_STAMP - 1; i >= 0; i--) {
        if (work->stamp[i] == '.')
            continue;
        if (work->stamp[i]++ != '9')
            break;
        work->stamp[i] = '0';
    }
    return to;
}

static size_t end_line(const char *line, char *to)
{
    *to++ = '\n';
    return (size_t)(to - line);
}

/* ---- lines ---- */

static size_t put_report(struct work *work, uint32_t client, char *line)
{
    char *to = put_text(line, "IAMAT ", 6);
    to = put_id(to, client);
    *to++ = ' ';
    to = put_location(to, client);
    *to++ = ' ';
    return end_line(line, put_stamp(work, to));
}

/* A report that is older than all other reports of herdbench. */
static size_t put_stale(uint32_t client, char *line)
{
    char *to = put_text(line, "IAMAT ", 6);
    to = put_id(to, client);
    *to++ = ' ';
    to = put_location(to, client);
    return end_line(line, put_text(to, " 1000000000.000000001", WORK_STAMP + 1));
}

static size_t put_new(struct work *work, char *line)
{
    char *to = put_text(line, "IAMAT new-", 10);
    to = put_text(to, work->tag, sizeof work->tag - 1);
    *to++ = '-';
    to = put_text(to, "00000000", ID_DIGITS);
    put_digits(to, work->new_count, ID_DIGITS);
    *to++ = ' ';
    to = put_location(to, work->new_count++);
    *to++ = ' ';
    return end_line(line, put_stamp(work, to));
}

static size_t put_set(struct work *work, uint32_t client, char *line)
{
    char *to = put_text(line, LITERAL("*3\r\n$3\r\nSET\r\n$14\r\n"));
    to = put_id(to, client);
    to = put_text(to, LITERAL("\r\n$42\r\n"));
    to = put_location(to, client);
    *to++ = ' ';
    to = put_stamp(work, to);
    *to++ = '\r';
    return end_line(line, to);
}

/* The client moves each time, since Redis neither stores nor replicates a location that it
 * already has. */
static size_t put_geoadd(struct work *work, uint32_t client, char *line)
{
    char location[LOCATION], stamp[WORK_STAMP];
    (void)put_location(location, client);
    (void)put_stamp(work, stamp);
    memcpy(location + LATITUDE_END - VARIED, stamp + WORK_STAMP - VARIED, VARIED);
    char *to = put_text(line, LITERAL("*5\r\n$6\r\nGEOADD\r\n$15\r\n"));
    to = put_text(to, LITERAL("herdbench:fleet\r\n$11\r\n"));
    to = put_text(to, location + LATITUDE, LOCATION - LATITUDE);
    to = put_text(to, LITERAL("\r\n$10\r\n"));
    to = put_text(to, location, LATITUDE);
    to = put_text(to, LITERAL("\r\n$14\r\n"));
    to = put_id(to, client);
    *to++ = '\r';
    return end_line(line, to);
}

/* 74 bytes: an IAMAT has 64 here, and its reply about 82. */
static size_t put_echo(struct work *work, uint32_t client, char *line)
{
    char *to = put_text(line, "ECHO-LINE-IAMAT ", 16);
    to = put_id(to, client);
    *to++ = ' ';
    to = put_location(to, client);
    *to++ = ' ';
    return end_line(line, put_stamp(work, to));
}

size_t work_put_client(struct work *work, uint32_t client, char *line)
{
    switch (work->speak) {
    case SPEAK_SET: return put_set(work, client, line);
    case SPEAK_GEOADD: return put_geoadd(work, client, line);
    case SPEAK_ECHO: return put_echo(work, client, line);
    default: return put_report(work, client, line);
    }
}

size_t work_put(struct work *work, enum work_kind kind, char *line)
{
    uint32_t client = draw(work, work->clients);
    switch (kind) {
    case WORK_NEW: return put_new(work, line);
    case WORK_STALE: return put_stale(client, line);
    case WORK_WHATSAT: {
        char *to = put_text(line, "WHATSAT ", 8);
        return end_line(line, put_text(put_id(to, client), " 10 5", 5));
    }
    case WORK_INVALID: {
        const char *text = invalid[draw(work, INVALID)];
        return (size_t)(put_text(line, text, strlen(text)) - line);
    }
    default: return work_put_client(work, client, line);
    }
}
