/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "log.h"

#include "herd/err.h"
#include "file.h"
#include "log_head.h"
#include "log_text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes. LINE is more than all of a line but its text needs. */
enum { BUFFER = 65536, NOTE = 64, LINE = IO_LOG_HEAD + NOTE + 64 };

struct io_log {
    const struct herd_mem *mem;
    char *path; /* NULL: no file */
    size_t path_size;
    int fd;    /* -1: no file */
    bool echo; /* a copy goes to standard error */
    struct io_log_head head;
    struct herd_wall last; /* time of the last line, for notes */

    uint64_t lost;       /* all lines that never reached the file */
    uint64_t unreported; /* lost lines that no note reports yet */
    uint64_t noted;      /* lost lines that the note in `bytes` reports */
    size_t note_end;     /* end of that note in `bytes`; 0: there is none */

    bool torn;     /* the file ends inside a line whose rest was dropped */
    bool mid_line; /* the file ends inside a line whose rest is in `bytes` */
    size_t echoed; /* bytes of `bytes` that standard error got */
    size_t len;
    char bytes[BUFFER];
};

static int open_file(const char *path)
{
    struct herd_error_text error;
    return io_file_open(path, O_WRONLY | O_APPEND, IO_LOG_MODE, &error);
}

static char *copy_path(const struct herd_mem *mem, const char *path, size_t size)
{
    char *copy = herd_mem_alloc(mem, size);
    if (copy != NULL)
        memcpy(copy, path, size);
    return copy;
}

static void release(struct io_log *log)
{
    const struct herd_mem *mem = log->mem;
    herd_mem_free(mem, log->path, log->path_size);
    herd_mem_free(mem, log, sizeof *log);
}

struct io_log *io_log_open(const struct herd_mem *mem, const char *path, const char *server,
                           bool echo)
{
    struct io_log *log = herd_mem_zalloc(mem, sizeof *log);
    if (log == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    log->mem = mem;
    log->fd = -1;
    log->echo = echo;
    io_log_head_init(&log->head, server);
    if (path == NULL)
        return log;
    log->path_size = strlen(path) + 1;
    log->path = copy_path(mem, path, log->path_size);
    int problem = ENOMEM;
    if (log->path != NULL) {
        log->fd = open_file(path);
        problem = errno;
    }
    if (log->fd < 0) {
        release(log);
        errno = problem;
        return NULL;
    }
    return log;
}

/* ---- formatting -------------------------------------------------------------------- */

static char *put_text(char *at, struct herd_slice text)
{
    at += io_log_escape(at, IO_LOG_TEXT, &text);
    if (text.len == 0)
        return at;
    int len = snprintf(at, NOTE, " [%zu bytes left out]", text.len);
    return at + (len > 0 ? len : 0);
}

/* The caller has made room. */
static void append_line(struct io_log *log, struct herd_wall when, const char *kind,
                        const char *address, char direction, struct herd_slice text)
{
    char *at = log->bytes + log->len;
    at += io_log_head_put(&log->head, when, kind, address, at);
    *at++ = direction;
    *at++ = ' ';
    at = put_text(at, text);
    *at++ = '\n';
    log->len = (size_t)(at - log->bytes);
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

/* Writes the bytes that the file accepts now and returns their number. Sets *failed when a
 * later attempt at the rest cannot succeed. */
static size_t write_some(int fd, const char *bytes, size_t len, bool *failed)
{
    size_t sent = 0;
    while (sent < len) {
        ssize_t n = write(fd, bytes + sent, len - sent);
        if (n > 0) {
            sent += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            *failed = n < 0 && !io_portable_would_block(errno);
            break;
        }
    }
    return sent;
}

static void write_file(struct io_log *log)
{
    bool failed = false;
    if (log->torn && write_some(log->fd, "\n", 1, &failed) == 1)
        log->torn = false;
    if (!log->torn)
        consume(log, write_some(log->fd, log->bytes, log->len, &failed));
    if (failed)
        drop(log);
}

/* Best effort: the bytes that standard error does not accept are not written again. */
static void write_echo(struct io_log *log)
{
    bool failed;
    write_some(STDERR_FILENO, log->bytes + log->echoed, log->len - log->echoed, &failed);
    log->echoed = log->len;
}

void io_log_flush(struct io_log *log)
{
    append_note(log);
    if (log->len == 0)
        return;
    if (log->echo)
        write_echo(log);
    if (log->fd >= 0)
        write_file(log);
    else
        consume(log, log->len);
}

void io_log_line(struct io_log *log, struct herd_wall when, const char *kind,
                 const char *address, char direction, struct herd_slice text)
{
    if (log->fd < 0 && !log->echo)
        return;
    size_t most = LINE + (text.len < IO_LOG_TEXT / 4 ? text.len * 4 : IO_LOG_TEXT);
    log->last = when;
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

uint64_t io_log_lost(const struct io_log *log)
{
    return log->lost;
}

int io_log_reopen(struct io_log *log)
{
    if (log->path == NULL)
        return HERD_OK;
    io_log_flush(log);
    int fd = open_file(log->path);
    if (fd < 0)
        return HERD_ESYS;
    close(log->fd);
    log->fd = fd;
    log->torn = log->torn && lseek(fd, 0, SEEK_END) > 0;
    io_log_flush(log);
    return HERD_OK;
}

void io_log_close(struct io_log *log)
{
    if (log == NULL)
        return;
    io_log_flush(log);
    if (log->fd >= 0)
        close(log->fd);
    release(log);
}
