/* SPDX-License-Identifier: ISC */
#include "log.h"

#include "escape.h"
#include "herd/err.h"
#include "log_file.h"
#include "log_head.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes. LINE is more than all of a line but its text needs. TROUBLE is kept free at the
 * end of a file for the line that says why it cannot be rotated. What others do to the file
 * is noticed after CHECK bytes or a second. */
enum { BUFFER = 262144, NOTE = 64, LINE = IO_LOG_HEAD + NOTE + 64 };
enum { TROUBLE_TEXT = 200, TROUBLE = LINE + TROUBLE_TEXT, CHECK = 65536 };

struct io_log {
    const struct herd_mem *mem;
    struct io_log_file file;
    bool echo; /* a copy goes to standard error */
    struct io_log_head head;
    struct herd_wall last; /* time of the last line, for notes */

    uint64_t lost;       /* all lines that never reached the file */
    uint64_t unreported; /* lost lines that no note reports yet */
    uint64_t noted;      /* lost lines that the note in `bytes` reports */
    size_t note_end;     /* end of that note in `bytes`; 0: there is none */

    int64_t checked_second; /* of the last look at the file */
    size_t unchecked;       /* bytes written since */
    bool full;           /* the file is full, and rotating it has failed: this was said */
    int64_t full_second; /* of the last attempt */

    bool torn;     /* the file ends inside a line whose rest was dropped */
    bool mid_line; /* the file ends inside a line whose rest is in `bytes` */
    size_t echoed; /* bytes of `bytes` that standard error got */
    size_t len;
    char bytes[BUFFER];
};

struct io_log *io_log_open(const struct herd_mem *mem, const char *path, const char *server,
                           bool echo)
{
    struct io_log *log = herd_mem_zalloc(mem, sizeof *log);
    if (log == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    log->mem = mem;
    log->echo = echo;
    io_log_head_init(&log->head, server);
    int rc = io_log_file_open(&log->file, mem, path);
    if (rc == HERD_OK)
        return log;
    int problem = rc == HERD_ENOMEM ? ENOMEM : errno;
    herd_mem_free(mem, log, sizeof *log);
    errno = problem;
    return NULL;
}

void io_log_limit(struct io_log *log, int64_t max_size, int keep)
{
    assert(max_size == 0 || max_size >= IO_LOG_SIZE_MIN);
    io_log_file_limit(&log->file, max_size, keep);
}

/* ---- formatting -------------------------------------------------------------------- */

static char *put_text(char *at, struct herd_slice text)
{
    at += herd_escape(at, IO_LOG_TEXT, &text, HERD_ESCAPE_LINE);
    if (text.len == 0)
        return at;
    int len = snprintf(at, NOTE, " [%zu bytes left out]", text.len);
    return at + (len > 0 ? len : 0);
}

/* The caller has made room for it at `out`. Returns its length. */
static size_t format_line(struct io_log *log, char *out, struct herd_wall when,
                          const char *kind, const char *address, char direction,
                          struct herd_slice text)
{
    char *at = out;
    at += io_log_head_put(&log->head, when, kind, address, at);
    *at++ = direction;
    *at++ = ' ';
    at = put_text(at, text);
    *at++ = '\n';
    return (size_t)(at - out);
}

static void append_line(struct io_log *log, struct herd_wall when, const char *kind,
                        const char *address, char direction, struct herd_slice text)
{
    log->len +=
        format_line(log, log->bytes + log->len, when, kind, address, direction, text);
    assert(log->len <= BUFFER);
}

/* Lines are lost only after the last buffered one, so the note belongs at the end of the
 * buffer. One note at a time: the next waits until this one is written. */
static void append_note(struct io_log *log)
{
    if (log->unreported == 0 || log->note_end > 0 || log->len + LINE > BUFFER)
        return;
    char text[NOTE];
    snprintf(text, sizeof text, "%" PRIu64 " line%s lost", log->unreported,
             log->unreported == 1 ? "" : "s");
    append_line(log, log->last, "herd", NULL, '-', herd_slice_str(text));
    log->note_end = log->len;
    log->noted = log->unreported;
    log->unreported = 0;
}

/* ---- writing ----------------------------------------------------------------------- */

static uint64_t count_lines(const char *bytes, size_t len)
{
    uint64_t lines = 0;
    const char *end = bytes + len;
    while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
        lines++;
        bytes++;
    }
    return lines;
}

/* Removes the first `size` bytes, which are written. */
static void consume(struct io_log *log, size_t size)
{
    if (size == 0)
        return;
    log->mid_line = log->bytes[size - 1] != '\n';
    log->len -= size;
    memmove(log->bytes, log->bytes + size, log->len);
    log->echoed = log->echoed > size ? log->echoed - size : 0;
    if (log->note_end > size) {
        log->note_end -= size;
    } else {
        log->note_end = 0;
        log->noted = 0;
    }
}

/* Drops all buffered lines: keeping them would lose newer lines instead. */
static void drop(struct io_log *log)
{
    uint64_t lines = count_lines(log->bytes, log->len);
    if (log->note_end > 0)
        lines--;
    log->lost += lines;
    log->unreported += lines + log->noted;
    log->noted = 0;
    log->note_end = 0;
    log->torn = log->torn || log->mid_line;
    log->mid_line = false;
    log->echoed = 0;
    log->len = 0;
}

static int64_t second_of(const struct io_log *log)
{
    return log->last.ns / HERD_NS_PER_S;
}

static void check_file(struct io_log *log)
{
    io_log_file_check(&log->file);
    log->checked_second = second_of(log);
    log->unchecked = 0;
}

/* Into the room that is kept for it, since the lines in the buffer have none. */
static void say_full(struct io_log *log, int problem)
{
    char line[TROUBLE], text[TROUBLE_TEXT];
    bool failed;
    size_t len = log->torn ? 1 : 0;
    line[0] = '\n';
    snprintf(
        text, sizeof text,
        "the log is full and cannot be rotated: %.100s; lines are left out and counted",
        strerror(problem));
    len += format_line(log, line + len, log->last, "herd", NULL, '-', herd_slice_str(text));
    if (log->echo)
        (void)io_log_file_write_fd(STDERR_FILENO, line, len, &failed);
    size_t sent = io_log_file_write(&log->file, line, len, &failed);
    if (sent > 0)
        log->torn = line[sent - 1] != '\n';
}

/* Rotates when it is time. Returns whether the buffered lines may be written. A rotation
 * that failed is tried again in another second, not for each buffer. */
static bool make_room(struct io_log *log)
{
    const size_t need = log->len + TROUBLE;
    if (log->unchecked >= CHECK || log->checked_second != second_of(log))
        check_file(log);
    if (io_log_file_has_room(&log->file, need))
        return true;
    if (log->full && log->full_second == second_of(log))
        return false;
    int rc = io_log_file_rotate(&log->file);
    int problem = rc == HERD_OK ? EFBIG : errno;
    if (rc == HERD_OK && io_log_file_has_room(&log->file, need)) {
        log->torn = log->torn && !io_log_file_is_empty(&log->file);
        log->full = false;
        return true;
    }
    if (!log->full)
        say_full(log, problem);
    log->full = true;
    log->full_second = second_of(log);
    return false;
}

static void write_file(struct io_log *log)
{
    bool failed = false;
    if (!log->mid_line && !make_room(log)) {
        drop(log);
        return;
    }
    if (log->torn && io_log_file_write(&log->file, "\n", 1, &failed) == 1)
        log->torn = false;
    if (!log->torn) {
        size_t sent = io_log_file_write(&log->file, log->bytes, log->len, &failed);
        log->unchecked += sent;
        consume(log, sent);
    }
    if (failed)
        drop(log);
}

/* Best effort: the bytes that standard error does not accept are not written again. */
static void write_echo(struct io_log *log)
{
    bool failed;
    io_log_file_write_fd(STDERR_FILENO, log->bytes + log->echoed, log->len - log->echoed,
                         &failed);
    log->echoed = log->len;
}

void io_log_flush(struct io_log *log)
{
    append_note(log);
    if (log->len == 0)
        return;
    if (log->echo)
        write_echo(log);
    if (log->file.fd >= 0)
        write_file(log);
    else
        consume(log, log->len);
}

void io_log_line(struct io_log *log, struct herd_wall when, const char *kind,
                 const char *address, char direction, struct herd_slice text)
{
    if (log->file.fd < 0 && !log->echo)
        return;
    size_t most = LINE + (text.len < IO_LOG_TEXT / 4 ? text.len * 4 : IO_LOG_TEXT);
    log->last = when;
    if (log->unreported > 0)
        append_note(log);
    if (log->len + most > BUFFER)
        io_log_flush(log);
    if (log->len + most > BUFFER) {
        log->lost++;
        log->unreported++;
        return;
    }
    append_line(log, when, kind, address, direction, text);
}

bool io_log_pending(const struct io_log *log)
{
    return log->len > 0;
}

void io_log_wipe(struct io_log *log)
{
    memset(log->bytes + log->len, 0, BUFFER - log->len);
}

uint64_t io_log_lost(const struct io_log *log)
{
    return log->lost;
}

int io_log_reopen(struct io_log *log)
{
    if (log->file.fd < 0)
        return HERD_OK;
    io_log_flush(log);
    if (io_log_file_reopen(&log->file) != HERD_OK)
        return HERD_ESYS;
    log->torn = log->torn && !io_log_file_is_empty(&log->file);
    log->full = false;
    io_log_flush(log);
    return HERD_OK;
}

void io_log_close(struct io_log *log)
{
    if (log == NULL)
        return;
    io_log_flush(log);
    const struct herd_mem *mem = log->mem;
    io_log_file_close(&log->file);
    herd_mem_free(mem, log, sizeof *log);
}
