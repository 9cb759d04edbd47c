#include "work.h"

#include "herd/instant.h"

#include <inttypes.h>
#include <stdio.h>

enum { ID_DIGITS = 8, ID = 14, VARIED = 4 };

/* The places of what varies are counted off in these texts; a client's location has the
 * last digits of its number. */
static const char place_text[] = "+34.068930-118.445127";
enum { PLACE = sizeof place_text - 1, LATITUDE = 10, LATITUDE_END = 8, PLACE_END = 19 };

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

/* xorshift64*: enough to choose lines by. */
static uint32_t draw(struct work *work, uint32_t below)
{
    uint64_t x = work->chance;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    work->chance = x;
    uint64_t high = (x * UINT64_C(2685821657736338717)) >> 32;
    return (uint32_t)(high * below >> 32);
}

void work_init(struct work *work, const struct bench_options *options, int64_t wall_ns)
{
    *work = (struct work){.speak = options->speak, .clients = (uint32_t)options->clients};
    work->chance = (uint64_t)options->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
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
    to = put_text(to, "bench-00000000", ID);
    put_digits(to, client, ID_DIGITS);
    return to;
}

static char *put_place(char *to, uint32_t client)
{
    to = put_text(to, place_text, PLACE);
    put_digits(to - PLACE + LATITUDE_END, client, VARIED);
    put_digits(to - PLACE + PLACE_END, client, VARIED);
    return to;
}

/* The next nanosecond: mostly one digit changes. */
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
    to = put_place(to, client);
    *to++ = ' ';
    return end_line(line, put_stamp(work, to));
}

/* Older than every report of this program. */
static size_t put_stale(uint32_t client, char *line)
{
    char *to = put_text(line, "IAMAT ", 6);
    to = put_id(to, client);
    *to++ = ' ';
    to = put_place(to, client);
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
    to = put_place(to, work->new_count++);
    *to++ = ' ';
    return end_line(line, put_stamp(work, to));
}

static size_t put_set(struct work *work, uint32_t client, char *line)
{
    char *to = put_text(line, LITERAL("*3\r\n$3\r\nSET\r\n$14\r\n"));
    to = put_id(to, client);
    to = put_text(to, LITERAL("\r\n$42\r\n"));
    to = put_place(to, client);
    *to++ = ' ';
    to = put_stamp(work, to);
    *to++ = '\r';
    return end_line(line, to);
}

/* The client moves each time: Redis neither stores nor passes on what it has already, and
 * would be measured at doing nothing. */
static size_t put_geoadd(struct work *work, uint32_t client, char *line)
{
    char place[PLACE], stamp[WORK_STAMP];
    (void)put_place(place, client);
    (void)put_stamp(work, stamp);
    memcpy(place + LATITUDE_END - VARIED, stamp + WORK_STAMP - VARIED, VARIED);
    char *to = put_text(line, LITERAL("*5\r\n$6\r\nGEOADD\r\n$15\r\n"));
    to = put_text(to, LITERAL("herdbench:fleet\r\n$11\r\n"));
    to = put_text(to, place + LATITUDE, PLACE - LATITUDE);
    to = put_text(to, LITERAL("\r\n$10\r\n"));
    to = put_text(to, place, LATITUDE);
    to = put_text(to, LITERAL("\r\n$14\r\n"));
    to = put_id(to, client);
    *to++ = '\r';
    return end_line(line, to);
}

/* An IAMAT has 64 bytes here, and its reply about 82. */
static size_t put_echo(struct work *work, uint32_t client, char *line)
{
    char *to = put_text(line, "ECHO-LINE-IAMAT ", 16);
    to = put_id(to, client);
    *to++ = ' ';
    to = put_place(to, client);
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

/* ---- replies ---- */

static bool starts(struct herd_slice text, const char *with, size_t len)
{
    return text.len >= len && memcmp(text.data, with, len) == 0;
}

static const char *find(struct herd_slice text, char what)
{
    return text.len > 0 ? memchr(text.data, what, text.len) : NULL;
}

/* "+0.263873386": a sign, digits, a point, nine digits. */
static bool is_skew(struct herd_slice text)
{
    size_t point = 1;
    if (text.len < 12 || (text.data[0] != '+' && text.data[0] != '-'))
        return false;
    while (point < text.len && text.data[point] >= '0' && text.data[point] <= '9')
        point++;
    if (point == 1 || text.len != point + 10 || text.data[point] != '.')
        return false;
    for (size_t i = point + 1; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* "AT SERVER SKEW " at the start of a reply; *rest is what follows. */
static bool split_record(struct herd_slice reply, struct herd_slice *server,
                         struct herd_slice *rest)
{
    if (!starts(reply, "AT ", 3))
        return false;
    reply = herd_slice_from(reply, 3);
    const char *space = find(reply, ' ');
    if (space == NULL || space == reply.data)
        return false;
    *server = herd_slice(reply.data, (size_t)(space - reply.data));
    reply = herd_slice_from(reply, server->len + 1);
    space = find(reply, ' ');
    if (space == NULL || !is_skew(herd_slice(reply.data, (size_t)(space - reply.data))))
        return false;
    *rest = herd_slice_from(reply, (size_t)(space - reply.data) + 1);
    return true;
}

static bool check_server(struct herd_slice said, char *server)
{
    if (server[0] == '\0' && said.len < WORK_NAME) {
        memcpy(server, said.data, said.len);
        server[said.len] = '\0';
    }
    return herd_slice_eq(said, herd_slice_str(server));
}

/* The operands of the report come back byte for byte. */
static bool check_report(struct herd_slice sent, struct herd_slice reply, char *server)
{
    struct herd_slice said, rest, operands = herd_slice(sent.data + 6, sent.len - 7);
    return split_record(reply, &said, &rest) && herd_slice_eq(rest, operands) &&
           check_server(said, server);
}

/* The record of the client that was asked for, then JSON, then an empty line. */
static bool check_places(struct herd_slice sent, struct herd_slice reply, unsigned at)
{
    struct herd_slice said, rest;
    if (at == 1)
        return starts(reply, "{", 1);
    return at > 1 || (split_record(reply, &said, &rest) && rest.len > ID &&
                      rest.data[ID] == ' ' && memcmp(rest.data, sent.data + 8, ID) == 0);
}

static bool check_invalid(struct herd_slice sent, struct herd_slice reply)
{
    return starts(reply, "? ", 2) &&
           herd_slice_eq(herd_slice_from(reply, 2), herd_slice(sent.data, sent.len - 1));
}

static enum verdict check_redis(enum speak speak, struct herd_slice reply)
{
    if (starts(reply, "-", 1))
        return VERDICT_REFUSED;
    if (speak == SPEAK_SET)
        return herd_slice_eq(reply, HERD_LIT("+OK\r")) ? VERDICT_RIGHT : VERDICT_WRONG;
    return herd_slice_eq(reply, HERD_LIT(":0\r")) || herd_slice_eq(reply, HERD_LIT(":1\r"))
               ? VERDICT_RIGHT
               : VERDICT_WRONG;
}

enum verdict work_check(const struct work *work, enum work_kind kind,
                        struct herd_slice sent, struct herd_slice reply, unsigned at,
                        char *server)
{
    bool right;
    if (work->speak == SPEAK_ECHO)
        return herd_slice_eq(reply, herd_slice(sent.data, sent.len - 1)) ? VERDICT_RIGHT
                                                                         : VERDICT_WRONG;
    if (work->speak != SPEAK_HERD)
        return check_redis(work->speak, reply);
    if (kind == WORK_INVALID)
        right = check_invalid(sent, reply);
    else if (at == 0 && check_invalid(sent, reply))
        return VERDICT_REFUSED;
    else if (kind == WORK_WHATSAT)
        right = check_places(sent, reply, at);
    else
        right = check_report(sent, reply, server);
    if (!right)
        return VERDICT_WRONG;
    return kind == WORK_WHATSAT && (at < 2 || reply.len > 0) ? VERDICT_MORE : VERDICT_RIGHT;
}
