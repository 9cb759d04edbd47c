/* SPDX-License-Identifier: ISC */
/* iamat, whatsat and send: the commands of clients. */
#include "herd/err.h"
#include "io/clock.h"
#include "io/mem.h"
#include "client_commands.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 16 * 1024 * 1024 };

/* ---- lines ---- */

static int check_word(const char *name, const char *word)
{
    if (word[0] == '\0')
        return ctl_error(CTL_USAGE, "%s is empty", name);
    for (const char *at = word; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return ctl_error(CTL_USAGE,
                             "%s \"%.100s\" contains white space or a control byte, "
                             "which would change the command; `herdctl send LINE` sends "
                             "any line as it is",
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
    return rc == HERD_OK ? CTL_OK : ctl_error(CTL_FAILED, "%s", herd_strerror(rc));
}

int command_build_iamat(struct herd_buf *line, int count, char **words)
{
    static const char *const names[] = {"CLIENT", "LOCATION", "TIME"};
    char now[32];
    if (count < 2 || count > 3)
        return ctl_error(CTL_USAGE,
                         "usage: iamat CLIENT LOCATION [TIME], for example\n  iamat "
                         "kiwi.cs.ucla.edu +34.068930-118.445127");
    char *all[] = {words[0], words[1], count == 3 ? words[2] : now};
    struct herd_wall wall = io_clock_wall();
    (void)snprintf(now, sizeof now, "%" PRId64 ".%09" PRId64, wall.ns / HERD_NS_PER_S,
                   wall.ns % HERD_NS_PER_S);
    return put_words(line, HERD_LIT("IAMAT"), names, 3, all);
}

int command_build_whatsat(struct herd_buf *line, int count, char **words)
{
    static const char *const names[] = {"CLIENT", "KM", "MAX"};
    if (count != 3)
        return ctl_error(CTL_USAGE, "usage: whatsat CLIENT KM MAX, for example\n  whatsat "
                                    "kiwi.cs.ucla.edu 10 5");
    return put_words(line, HERD_LIT("WHATSAT"), names, 3, words);
}

bool command_is_whatsat(struct herd_slice line)
{
    struct herd_slice verb = HERD_LIT("WHATSAT");
    while (line.len > 0 && strchr(" \t\r\f\v", line.data[0]) != NULL &&
           line.data[0] != '\0')
        line = herd_slice_from(line, 1);
    return line.len > verb.len && memcmp(line.data, verb.data, verb.len) == 0;
}

int64_t command_timeout_ms(struct herd_slice line)
{
    return command_is_whatsat(line) ? CTL_PLACES_TIMEOUT_MS : CTL_TIMEOUT_MS;
}

/* ---- commands ---- */

static int dial(const struct ctl *ctl, struct wire *wire, int64_t default_ms)
{
    struct endpoint endpoint;
    wire_init(wire, ctl->verbose);
    int status = servers_endpoint(&endpoint, ctl);
    if (status != CTL_OK)
        return status;
    wire_set_timeout(wire, ctl_timeout_ms(ctl, default_ms));
    status = wire_dial(wire, &endpoint);
    if (status == CTL_DOWN)
        ctl_error(status, "%s is not running: %s", endpoint.name, wire->error.text);
    else if (status != CTL_OK)
        ctl_error(status, "%s", wire->error.text);
    return status;
}

static int exchange(const struct ctl *ctl, struct herd_slice line, command_talk *talk)
{
    struct wire wire;
    int status = dial(ctl, &wire, command_timeout_ms(line));
    if (status == CTL_OK)
        status = talk(&wire, line);
    wire_close(&wire);
    return status;
}

static int build_and_exchange(const struct ctl *ctl, command_build *build,
                              command_talk *talk, int count, char **words)
{
    struct herd_buf line;
    herd_buf_init(&line, &io_mem, LINE_MAX_BYTES);
    int status = build(&line, count, words);
    if (status == CTL_OK)
        status = exchange(ctl, herd_buf_bytes(&line), talk);
    herd_buf_free(&line);
    return status;
}

int ctl_iamat(const struct ctl *ctl, int count, char **words)
{
    return build_and_exchange(ctl, command_build_iamat, command_report, count, words);
}

int ctl_whatsat(const struct ctl *ctl, int count, char **words)
{
    return build_and_exchange(ctl, command_build_whatsat, command_exchange, count, words);
}

/* Prints all lines until the server closes the connection, which is a failure only if no
 * line came or the last one lacks its LF. */
static int read_to_end(struct wire *wire)
{
    struct herd_slice line;
    int status = CTL_OK, rc;
    bool whole = false;
    while ((rc = wire_receive(wire, &line)) == CTL_OK) {
        ctl_print(line);
        ctl_flush();
        whole = line.data[line.len - 1] == '\n';
        if (line.data[0] == '?')
            status = CTL_FAILED;
    }
    if (rc == CTL_FAILED && whole)
        return status;
    return ctl_error(rc, "%s", wire->error.text);
}

int ctl_send(const struct ctl *ctl, int count, char **lines)
{
    struct wire wire;
    int64_t default_ms = CTL_TIMEOUT_MS;
    if (count == 0)
        return ctl_error(CTL_USAGE, "usage: send LINE...");
    for (int i = 0; i < count; i++)
        if (command_is_whatsat(herd_slice_str(lines[i])))
            default_ms = CTL_PLACES_TIMEOUT_MS;
    int status = dial(ctl, &wire, default_ms);
    for (int i = 0; i < count && status == CTL_OK; i++) {
        status = wire_send(&wire, herd_slice_str(lines[i]));
        if (status != CTL_OK)
            ctl_error(status, "%s", wire.error.text);
    }
    if (status == CTL_OK) {
        wire_end_output(&wire);
        status = read_to_end(&wire);
    }
    wire_close(&wire);
    return status;
}
