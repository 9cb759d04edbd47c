/* SPDX-License-Identifier: ISC */
/* Checks replies to the lines that work.c writes. */
#include "work.h"

enum { PREFIX = 6 }; /* of "IAMAT ", before the operands */

static bool begins_with(struct herd_slice text, const char *prefix, size_t len)
{
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static const char *find(struct herd_slice text, char c)
{
    return text.len > 0 ? memchr(text.data, c, text.len) : NULL;
}

/* Whether `text` is a skew like "+0.263873386": sign, digits, point, nine digits. */
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

/* Splits "AT SERVER SKEW REST"; false: the reply has another form. */
static bool split_record(struct herd_slice reply, struct herd_slice *server,
                         struct herd_slice *rest)
{
    if (!begins_with(reply, "AT ", 3))
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

/* Whether the reply is of the same server as earlier ones; the first one sets `server`. */
static bool check_server(struct herd_slice said, char *server)
{
    if (server[0] == '\0' && said.len < WORK_NAME) {
        memcpy(server, said.data, said.len);
        server[said.len] = '\0';
    }
    return herd_slice_eq(said, herd_slice_str(server));
}

/* The reply must have the operands of the report, byte for byte. */
static bool check_report(struct herd_slice sent, struct herd_slice reply, char *server)
{
    struct herd_slice said, rest,
        operands = herd_slice(sent.data + PREFIX, sent.len - PREFIX - 1);
    return split_record(reply, &said, &rest) && herd_slice_eq(rest, operands) &&
           check_server(said, server);
}

/* Line 0 is the record of the client, line 1 begins the JSON text. */
static bool check_places(struct herd_slice sent, struct herd_slice reply, unsigned at)
{
    struct herd_slice said, rest;
    if (at == 1)
        return begins_with(reply, "{", 1);
    return at > 1 ||
           (split_record(reply, &said, &rest) && rest.len > WORK_ID &&
            rest.data[WORK_ID] == ' ' && memcmp(rest.data, sent.data + 8, WORK_ID) == 0);
}

static bool check_invalid(struct herd_slice sent, struct herd_slice reply)
{
    return begins_with(reply, "? ", 2) &&
           herd_slice_eq(herd_slice_from(reply, 2), herd_slice(sent.data, sent.len - 1));
}

static enum verdict check_redis(enum speak speak, struct herd_slice reply)
{
    if (begins_with(reply, "-", 1))
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
