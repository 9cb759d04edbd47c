/* SPDX-License-Identifier: ISC */
/* herdctl load: gives the records of a dump to a server, as a follower does. All of them
 * are read, and checked, before the first one is given. */
#include "decimal.h"
#include "herd/buf.h"
#include "herd/conf.h"
#include "io/mem.h"
#include "records.h"
#include "words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    INPUT_MAX = 1 << 30, /* bytes of a dump */
    READ_SIZE = 64 * 1024,
    SHOWN = 80, /* bytes of a line in a message */
};

struct load {
    struct herd_buf text;
    struct herd_slice rest; /* of the text: not given yet */
    uint64_t line, records;
    uint64_t since_end; /* records after the last END */
};

/* ---- reading ---- */

static int read_all(struct herd_buf *text)
{
    for (;;) {
        char *room = herd_buf_reserve(text, READ_SIZE);
        if (room == NULL)
            return ctl_error(CTL_FAILED,
                             "standard input is too long: nothing was loaded; load at "
                             "most %d MiB at once, each part with an END of its own",
                             INPUT_MAX >> 20);
        ssize_t got = read(STDIN_FILENO, room, READ_SIZE);
        if (got == 0)
            return CTL_OK;
        if (got > 0)
            herd_buf_commit(text, (size_t)got);
        else if (errno != EINTR)
            return ctl_error(CTL_FAILED, "cannot read standard input: %s", strerror(errno));
    }
}

/* The next line without LF; false: there is none, or it has no LF. */
static bool take_line(struct herd_slice *rest, struct herd_slice *line)
{
    const char *lf = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    if (lf == NULL)
        return false;
    *line = herd_slice(rest->data, (size_t)(lf - rest->data));
    *rest = herd_slice_from(*rest, line->len + 1);
    return true;
}

/* ---- checking ---- */

static bool is_end(struct herd_slice line, uint64_t *count)
{
    return line.len > 4 && memcmp(line.data, "END ", 4) == 0 &&
           herd_uint_parse(herd_slice_from(line, 4), UINT64_MAX, count) == HERD_OK;
}

static int check_line(struct load *load, struct herd_slice line)
{
    struct herd_record record;
    uint64_t count;
    load->line++;
    if (herd_record_parse(line, &record) == HERD_OK) {
        load->records++;
        load->since_end++;
        return CTL_OK;
    }
    if (!is_end(line, &count))
        return ctl_error(CTL_FAILED,
                         "line %" PRIu64
                         " of standard input is neither AT, FORGOT nor END as `herdctl "
                         "dump` writes them; nothing was loaded: \"%.*s%s\"",
                         load->line, (int)(line.len < SHOWN ? line.len : SHOWN), line.data,
                         line.len > SHOWN ? "..." : "");
    if (count != load->since_end)
        return ctl_error(CTL_FAILED,
                         "line %" PRIu64 " of standard input is END %" PRIu64
                         ", but %" PRIu64 " records precede it: the dump was changed; "
                         "nothing was loaded. To load them all the same write END %" PRIu64
                         " there",
                         load->line, count, load->since_end, load->since_end);
    load->since_end = 0;
    return CTL_OK;
}

static int check(struct load *load)
{
    struct herd_slice line, rest = herd_buf_bytes(&load->text);
    bool ended = false;
    int status = CTL_OK;
    while (status == CTL_OK && take_line(&rest, &line)) {
        status = check_line(load, line);
        ended = load->since_end == 0;
    }
    if (status != CTL_OK || (ended && rest.len == 0))
        return status;
    return ctl_error(CTL_FAILED,
                     "standard input does not end with the line END: the dump is not "
                     "complete; nothing was loaded. To load its %" PRIu64 " whole records "
                     "all the same, remove what follows them and add a line END %" PRIu64,
                     load->records, load->since_end);
}

/* ---- giving ---- */

static int on_give(void *ctx, struct herd_slice *text)
{
    struct load *load = ctx;
    struct herd_record record;
    while (take_line(&load->rest, text))
        if (herd_record_parse(*text, &record) == HERD_OK)
            return 1;
    return 0;
}

static int give(const struct ctl *ctl, struct load *load)
{
    char server[HERD_CONF_NAME_MAX + 1], line[128];
    const struct records_order order = {.ctx = load, .give = on_give};
    load->rest = herd_buf_bytes(&load->text);
    int status = records_exchange(ctl, "load", &order, server);
    if (status != CTL_OK)
        return status;
    int len = snprintf(line, sizeof line, "%s has taken %" PRIu64 " records\n", server,
                       load->records);
    ctl_print(herd_slice(line, (size_t)len));
    return CTL_OK;
}

int ctl_load(const struct ctl *ctl, int count, char **words)
{
    struct load load = {.line = 0};
    if (count > 0)
        return ctl_error(CTL_USAGE,
                         "load takes no operand such as \"%s\"; it reads "
                         "records from standard input",
                         words[0]);
    herd_buf_init(&load.text, &io_mem, INPUT_MAX);
    int status = read_all(&load.text);
    if (status == CTL_OK)
        status = check(&load);
    if (status == CTL_OK)
        status = give(ctl, &load);
    herd_buf_free(&load.text);
    return status;
}
