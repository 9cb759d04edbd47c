/* iamat, whatsat, send: what clients say. */
#include "herd/err.h"
#include "io/clock.h"
#include "io/mem.h"
#include "talk.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 16 * 1024 * 1024 };

/* ---- lines ---- */

static int check_word(const char *name, const char *word)
{
    if (word[0] == '\0')
        return ctl_complain(CTL_USAGE, "%s is empty", name);
    for (const char *at = word; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return ctl_complain(CTL_USAGE,
                                "%s \"%.100s\" holds white space or a control byte, which "
                                "would make another command of it; to send any line as it "
                                "is: herdctl send LINE",
                                name, word);
    return CTL_OK;
}

static int put_words(struct herd_buf *line, struct herd_slice verb,
                     const char *const *names, int count, char **words)
{
    int rc = herd_buf_append(line, verb);
    for (int i = 0; i < count; i++) {
        if (check_word(names[i], words[i]) != CTL_OK)
            return CTL_USAGE;
        if (rc == HERD_OK)
            rc = herd_buf_append(line, HERD_LIT(" "));
        if (rc == HERD_OK)
            rc = herd_buf_append(line, herd_slice_str(words[i]));
    }
    return rc == HERD_OK ? CTL_OK : ctl_complain(CTL_REFUSED, "%s", herd_strerror(rc));
}

int talk_iamat(struct herd_buf *line, int count, char **words)
{
    static const char *const names[] = {"CLIENT", "LOCATION", "TIME"};
    char now[32];
    if (count < 2 || count > 3)
        return ctl_complain(CTL_USAGE, "iamat CLIENT LOCATION [TIME]: for example\n  iamat "
                                       "kiwi.cs.ucla.edu +34.068930-118.445127");
    char *all[] = {words[0], words[1], count == 3 ? words[2] : now};
    struct herd_wall wall = io_clock_wall();
    (void)snprintf(now, sizeof now, "%" PRId64 ".%09" PRId64, wall.ns / HERD_NS_PER_S,
                   wall.ns % HERD_NS_PER_S);
    return put_words(line, HERD_LIT("IAMAT"), names, 3, all);
}

int talk_whatsat(struct herd_buf *line, int count, char **words)
{
    static const char *const names[] = {"CLIENT", "KM", "MAX"};
    if (count != 3)
        return ctl_complain(CTL_USAGE, "whatsat CLIENT KM MAX: for example\n  whatsat "
                                       "kiwi.cs.ucla.edu 10 5");
    return put_words(line, HERD_LIT("WHATSAT"), names, 3, words);
}

static bool is_whatsat(struct herd_slice line)
{
    struct herd_slice verb = HERD_LIT("WHATSAT");
    while (line.len > 0 && strchr(" \t\r\f\v", line.data[0]) != NULL &&
           line.data[0] != '\0')
        line = herd_slice_from(line, 1);
    return line.len > verb.len && memcmp(line.data, verb.data, verb.len) == 0;
}

int64_t talk_usual_ms(struct herd_slice line)
{
    return is_whatsat(line) ? CTL_PLACES_TIMEOUT_MS : CTL_TIMEOUT_MS;
}

/* ---- replies ---- */

/* A reply is one line, or, when the command was a WHATSAT that was not refused, all lines
 * up to an empty one. */
static int read_reply(struct wire *wire, bool places)
{
    struct herd_slice line = {"", 0};
    int status = CTL_OK;
    do {
        int rc = wire_line(wire, &line);
        if (rc != CTL_OK)
            return ctl_complain(rc, "%s", wire->why);
        ctl_print(line);
        if (line.data[line.len - 1] != '\n')
            return ctl_complain(CTL_REFUSED,
                                "%s closed the connection in the middle of a "
                                "reply",
                                wire->name);
        if (line.data[0] == '?' && status == CTL_OK)
            return CTL_REFUSED;
    } while (places && line.len > 1);
    return status;
}

int talk(struct wire *wire, struct herd_slice line)
{
    wire->in_reply = false;
    int status = wire_put(wire, line);
    if (status != CTL_OK)
        return ctl_complain(status, "%s", wire->why);
    status = read_reply(wire, is_whatsat(line));
    if (status != CTL_OK && !(status == CTL_REFUSED && wire_quiet(wire)))
        wire_close(wire);
    return status;
}

/* ---- commands ---- */

static int dial(const struct ctl *ctl, struct wire *wire, int64_t usual_ms)
{
    struct place place;
    wire_init(wire, ctl->verbose);
    int status = servers_place(&place, ctl);
    if (status != CTL_OK)
        return status;
    wire_allow(wire, ctl_timeout_ms(ctl, usual_ms));
    status = wire_dial(wire, &place);
    if (status == CTL_DOWN)
        ctl_complain(status, "%s is not running: %s", place.name, wire->why);
    else if (status != CTL_OK)
        ctl_complain(status, "%s", wire->why);
    return status;
}

static int ask(const struct ctl *ctl, struct herd_slice line)
{
    struct wire wire;
    int status = dial(ctl, &wire, talk_usual_ms(line));
    if (status == CTL_OK)
        status = talk(&wire, line);
    wire_close(&wire);
    return status;
}

typedef int make_line(struct herd_buf *line, int count, char **words);

static int make_and_ask(const struct ctl *ctl, make_line *make, int count, char **words)
{
    struct herd_buf line;
    herd_buf_init(&line, &io_mem, LINE_MAX_BYTES);
    int status = make(&line, count, words);
    if (status == CTL_OK)
        status = ask(ctl, herd_buf_bytes(&line));
    herd_buf_free(&line);
    return status;
}

int ctl_iamat(const struct ctl *ctl, int count, char **words)
{
    return make_and_ask(ctl, talk_iamat, count, words);
}

int ctl_whatsat(const struct ctl *ctl, int count, char **words)
{
    return make_and_ask(ctl, talk_whatsat, count, words);
}

/* Prints what comes until the server has closed. That is the end of the conversation, and
 * a failure only when nothing came or the last line is cut. */
static int read_to_end(struct wire *wire)
{
    struct herd_slice line;
    int status = CTL_OK, rc;
    bool whole = false;
    while ((rc = wire_line(wire, &line)) == CTL_OK) {
        ctl_print(line);
        ctl_flush();
        whole = line.data[line.len - 1] == '\n';
        if (line.data[0] == '?')
            status = CTL_REFUSED;
    }
    if (rc == CTL_REFUSED && whole)
        return status;
    return ctl_complain(rc, "%s", wire->why);
}

int ctl_send(const struct ctl *ctl, int count, char **lines)
{
    struct wire wire;
    int64_t usual_ms = CTL_TIMEOUT_MS;
    if (count == 0)
        return ctl_complain(CTL_USAGE, "send LINE...: which lines?");
    for (int i = 0; i < count; i++)
        if (is_whatsat(herd_slice_str(lines[i])))
            usual_ms = CTL_PLACES_TIMEOUT_MS;
    int status = dial(ctl, &wire, usual_ms);
    for (int i = 0; i < count && status == CTL_OK; i++) {
        status = wire_put(&wire, herd_slice_str(lines[i]));
        if (status != CTL_OK)
            ctl_complain(status, "%s", wire.why);
    }
    if (status == CTL_OK) {
        wire_done(&wire);
        status = read_to_end(&wire);
    }
    wire_close(&wire);
    return status;
}
