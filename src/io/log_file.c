/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "log_file.h"

#include "conf_file.h"
#include "file.h"
#include "herd/err.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes written from one shortening of the oldest file to the next. Each takes away twice
 * as many, during the second half of a file. Files smaller than TRIM_MIN are quickly
 * removed. */
enum { TRIM_STEP = 2 << 20, TRIM_RATE = 2, TRIM_MIN = 8 << 20 };

/* ---- opening ---- */

static int open_file(const char *path)
{
    struct herd_error_text error;
    return io_file_open(path, O_WRONLY | O_APPEND, IO_LOG_MODE, &error);
}

static int64_t first_trim(int64_t max_size)
{
    return max_size < TRIM_MIN ? INT64_MAX : max_size - max_size / TRIM_RATE;
}

static void take(struct io_log_file *file, int fd)
{
    struct stat st = {0};
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = fd;
    file->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    file->size = file->regular ? (int64_t)st.st_size : 0;
    file->trim_at = first_trim(file->max_size);
}

int io_log_file_open(struct io_log_file *file, const struct herd_mem *mem, const char *path)
{
    *file = (struct io_log_file){.mem = mem, .fd = -1};
    if (path == NULL)
        return HERD_OK;
    file->path_size = strlen(path) + 1;
    file->path = herd_mem_alloc(mem, file->path_size);
    if (file->path == NULL)
        return HERD_ENOMEM;
    memcpy(file->path, path, file->path_size);
    if (io_log_file_reopen(file) == HERD_OK)
        return HERD_OK;
    int problem = errno;
    io_log_file_close(file);
    errno = problem;
    return HERD_ESYS;
}

void io_log_file_close(struct io_log_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    herd_mem_free(file->mem, file->path, file->path_size);
    file->fd = -1;
    file->path = NULL;
}

void io_log_file_limit(struct io_log_file *file, int64_t max_size, int keep)
{
    assert(max_size >= 0 && keep >= 2);
    file->max_size = max_size;
    file->keep = keep;
    file->trim_at = first_trim(max_size);
}

int io_log_file_reopen(struct io_log_file *file)
{
    int fd = open_file(file->path);
    if (fd < 0)
        return HERD_ESYS;
    take(file, fd);
    return HERD_OK;
}

/* ---- what others do ---- */

void io_log_file_check(struct io_log_file *file)
{
    struct stat st;
    if (!file->regular || fstat(file->fd, &st) != 0)
        return;
    file->size = (int64_t)st.st_size;
    if (st.st_nlink == 0)
        (void)io_log_file_reopen(file);
}

/* Whether the path still leads to the open file. */
static bool is_in_place(const struct io_log_file *file)
{
    struct stat ours, there;
    return fstat(file->fd, &ours) == 0 && lstat(file->path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* ---- rotation ---- */

struct name {
    char text[IO_PATH_MAX + 16];
};

/* Number 0 is the file itself. False: too long. */
static bool make_name(const struct io_log_file *file, int number, struct name *name)
{
    int len = number == 0
                  ? snprintf(name->text, sizeof name->text, "%s", file->path)
                  : snprintf(name->text, sizeof name->text, "%s.%d", file->path, number);
    if (len >= 0 && (size_t)len < sizeof name->text)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static bool exists(const struct io_log_file *file, int number)
{
    struct name name;
    struct stat st;
    return make_name(file, number, &name) && lstat(name.text, &st) == 0;
}

/* The first number that is free, or the last one, whose file then has to go. */
static int next_number(const struct io_log_file *file)
{
    int number = 1;
    while (number < file->keep - 1 && exists(file, number))
        number++;
    return number;
}

static bool shift(const struct io_log_file *file)
{
    for (int to = next_number(file); to > 0; to--) {
        struct name from_name, to_name;
        if (!make_name(file, to - 1, &from_name) || !make_name(file, to, &to_name))
            return false;
        if (rename(from_name.text, to_name.text) != 0 && errno != ENOENT)
            return false;
    }
    return true;
}

int io_log_file_rotate(struct io_log_file *file)
{
    if (is_in_place(file) && !shift(file))
        return HERD_ESYS;
    return io_log_file_reopen(file);
}

bool io_log_file_has_room(const struct io_log_file *file, size_t len)
{
    return file->max_size == 0 || !file->regular ||
           (file->size <= file->max_size && len <= (uint64_t)(file->max_size - file->size));
}

/* Neither a link nor a pipe is followed, nor is a file shortened that somebody keeps under
 * another name. */
static void shorten(const char *path, int64_t most)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
        (int64_t)st.st_size > most && ftruncate(fd, (off_t)most) != 0) {
        /* Then it is removed in one piece. */
    }
    (void)close(fd);
}

/* The oldest file keeps at most what this rotation can still take away in steps. */
static void trim_oldest(struct io_log_file *file)
{
    struct name name;
    file->trim_at = file->size + TRIM_STEP;
    if (file->size < file->max_size && next_number(file) == file->keep - 1 &&
        make_name(file, file->keep - 1, &name))
        shorten(name.text, TRIM_RATE * (file->max_size - file->size));
}

/* ---- writing ---- */

bool io_log_file_is_empty(const struct io_log_file *file)
{
    return lseek(file->fd, 0, SEEK_END) <= 0;
}

size_t io_log_file_write_fd(int fd, const char *bytes, size_t len, bool *failed)
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

size_t io_log_file_write(struct io_log_file *file, const char *bytes, size_t len,
                         bool *failed)
{
    size_t sent = io_log_file_write_fd(file->fd, bytes, len, failed);
    file->size += (int64_t)sent;
    if (file->regular && file->size >= file->trim_at)
        trim_oldest(file);
    return sent;
}
