/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "file.h"

#include "herd/err.h"
#include "mem.h"
#include "random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE = 4096,
    PATH_SHOWN = 200,     /* bytes of a path in an error text, for the advice to fit */
    PROBLEM_SIZE = 160,   /* bytes of a reason, NUL included */
    PATH_MAX_BYTES = 1100 /* of a temporary file, NUL included */
};

/* Cuts the path, not the reason. Returns `code`. */
static int explain(struct herd_error_text *error, const char *path, const char *reason,
                   int code)
{
    herd_error_set(error, "%.*s: %s", PATH_SHOWN, path, reason);
    return code;
}

/* ---- who may have written it ---- */

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH, OTHERS_USE = S_IRWXG | S_IRWXO };

static bool is_owner_trusted(const struct stat *st)
{
    return st->st_uid == geteuid() || st->st_uid == 0;
}

/* Why what was looked at is not trusted, in `text`, or NULL. */
static const char *owner_problem(const struct stat *st, char text[PROBLEM_SIZE])
{
    if (is_owner_trusted(st))
        return NULL;
    (void)snprintf(text, PROBLEM_SIZE,
                   "belongs to user %ld, neither to this user nor to root: chown %ld",
                   (long)st->st_uid, (long)geteuid());
    return text;
}

static const char *write_problem(const struct stat *st, char text[PROBLEM_SIZE])
{
    const char *problem = owner_problem(st, text);
    if (problem == NULL && (st->st_mode & OTHERS_WRITE) != 0)
        problem = "the group or others may write it: chmod go-w";
    return problem;
}

/* Root gives a file to the user of a server by its group (0640), or by a mount that is
 * visible in the container of the server alone (0444, and nobody can change it). */
static bool is_secret(const struct stat *st)
{
    mode_t others = st->st_mode & OTHERS_USE;
    mode_t writers = st->st_mode & (S_IWUSR | S_IWGRP | S_IWOTH);
    bool is_given = (others & ~(mode_t)(S_IRGRP | S_IROTH)) == 0 &&
                    ((others & S_IROTH) == 0 || writers == 0);
    return others == 0 || (st->st_uid == 0 && is_given);
}

/* These look at the open descriptor, so that the file cannot be replaced in between. */
static const char *read_problem(int fd, enum io_file_kind kind, char text[PROBLEM_SIZE])
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (kind == IO_FILE_TRUSTED)
        return write_problem(&st, text);
    if (!S_ISREG(st.st_mode))
        return "not a regular file";
    const char *problem = owner_problem(&st, text);
    if (problem == NULL && !is_secret(&st))
        problem = st.st_uid == 0 ? "the group or others may use it: chmod 600 (a file of "
                                   "root may also have mode 640 or 444)"
                                 : "the group or others may use it: chmod 600";
    return problem;
}

static const char *open_problem(int fd, char text[PROBLEM_SIZE])
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return "not a regular file";
    return write_problem(&st, text);
}

/* Systems report a symbolic link that O_NOFOLLOW has met by different numbers. */
static const char *open_error(const char *path, int err)
{
    struct stat st;
    if (err != ENOENT && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        return "a symbolic link, which is not followed here: name the file itself";
    return strerror(err);
}

/* ---- reading ---- */

static int read_all(int fd, const char *path, struct herd_buf *out,
                    struct herd_error_text *error)
{
    char piece[PIECE];
    int rc = HERD_OK;
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            rc = explain(error, path, strerror(errno), HERD_ESYS);
        if (got <= 0)
            break;
        rc = herd_buf_append(out, herd_slice(piece, (size_t)got));
        if (rc == HERD_EFULL)
            explain(error, path, "file is too large", rc);
        if (rc == HERD_ENOMEM)
            explain(error, path, herd_strerror(rc), rc);
        if (rc != HERD_OK)
            break;
    }
    io_mem_wipe(piece, sizeof piece);
    return rc;
}

int io_file_read(const char *path, enum io_file_kind kind, struct herd_buf *out,
                 struct herd_error_text *error)
{
    char text[PROBLEM_SIZE];
    /* Without O_NONBLOCK open() of a FIFO would wait for a writer; with a configuration
     * that may be what is wanted. */
    int careful = kind == IO_FILE_SECRET ? O_NONBLOCK | O_NOFOLLOW : 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | careful);
    if (fd == -1)
        return explain(error, path,
                       careful != 0 ? open_error(path, errno) : strerror(errno), HERD_ESYS);
    const char *problem = read_problem(fd, kind, text);
    int rc = problem != NULL ? explain(error, path, problem, HERD_EBAD)
                             : read_all(fd, path, out, error);
    (void)close(fd);
    return rc;
}

/* ---- writing ---- */

/* Tells a file that is created from one that exists: only the former gets its mode, which
 * the umask has no say in. */
static int open_or_create(const char *path, int flags, mode_t mode)
{
    enum { TRIES = 100 }; /* somebody could remove and create it again and again */
    flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
    for (int i = 0; i < TRIES; i++) {
        int fd = open(path, flags);
        if (fd >= 0 || (errno != ENOENT && errno != EINTR))
            return fd;
        fd = open(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
        if (fd >= 0 && fchmod(fd, mode) == 0)
            return fd;
        if (fd >= 0)
            (void)close(fd);
        if (fd >= 0 || (errno != EEXIST && errno != EINTR))
            return -1;
    }
    return -1;
}

int io_file_open(const char *path, int flags, mode_t mode, struct herd_error_text *error)
{
    char text[PROBLEM_SIZE];
    int fd = open_or_create(path, flags, mode);
    int err = errno;
    const char *problem = fd >= 0 ? open_problem(fd, text) : open_error(path, err);
    if (problem == NULL)
        return fd;
    (void)explain(error, path, problem, HERD_ESYS);
    if (fd >= 0) {
        (void)close(fd);
        err = EACCES;
    }
    errno = err;
    return -1;
}

static bool write_all(int fd, struct herd_slice bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.data, bytes.len);
        if (put < 0 && errno != EINTR)
            return false;
        bytes = herd_slice_from(bytes, put > 0 ? (size_t)put : 0);
    }
    return true;
}

/* link() puts the file into its place: unlike rename() it never replaces one. */
static bool put_in_place(int fd, const char *temporary, const char *path,
                         struct herd_slice bytes)
{
    return fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, bytes) && fsync(fd) == 0 &&
           (link(temporary, path) == 0 || errno == EEXIST);
}

int io_file_create(const char *path, struct herd_slice bytes, struct herd_error_text *error)
{
    char temporary[PATH_MAX_BYTES];
    struct stat st;
    uint64_t random;
    if (lstat(path, &st) == 0)
        return HERD_OK;
    if (io_random(&random, sizeof random, error) != HERD_OK)
        return HERD_ESYS;
    int len = snprintf(temporary, sizeof temporary, "%s.%016" PRIx64 ".tmp", path, random);
    if (len < 0 || (size_t)len >= sizeof temporary)
        return explain(error, path, "the path is too long", HERD_ETOOLONG);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  S_IRUSR | S_IWUSR);
    if (fd == -1)
        return explain(error, path, strerror(errno), HERD_ESYS);
    bool done = put_in_place(fd, temporary, path, bytes);
    int err = errno;
    (void)close(fd);
    (void)unlink(temporary);
    return done ? HERD_OK : explain(error, path, strerror(err), HERD_ESYS);
}

/* ---- folders ---- */

/* A link that a trusted user has made leads to where that user wants. */
static const char *dir_problem(const char *path, char text[PROBLEM_SIZE])
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return strerror(errno);
    if (S_ISLNK(st.st_mode)) {
        if (!is_owner_trusted(&st))
            return owner_problem(&st, text);
        if (stat(path, &st) != 0)
            return strerror(errno);
    }
    if (!S_ISDIR(st.st_mode))
        return "not a folder";
    const char *problem = owner_problem(&st, text);
    if (problem == NULL && (st.st_mode & OTHERS_WRITE) != 0)
        problem = (st.st_mode & S_ISVTX) != 0
                      ? "a folder that many may write: use one of your own inside of it"
                      : "the group or others may write it: chmod go-w";
    return problem;
}

int io_file_make_dir(const char *path, struct herd_error_text *error)
{
    char text[PROBLEM_SIZE];
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return explain(error, path, strerror(errno), HERD_ESYS);
    const char *problem = dir_problem(path, text);
    return problem == NULL ? HERD_OK : explain(error, path, problem, HERD_ESYS);
}
