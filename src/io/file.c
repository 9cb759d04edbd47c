/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "file.h"

#include "herd/err.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 4096, PATH_SHOWN = 256 /* bytes of a path in an error text */ };

/* Cuts the path, not the reason. Returns `code`. */
static int explain(struct herd_error_text *error, const char *path, const char *reason,
                   int code)
{
    herd_error_set(error, "%.*s: %s", PATH_SHOWN, path, reason);
    return code;
}

/* Why the file is not fit for a secret, or NULL. Uses the open descriptor, so that the file
 * cannot be replaced in between. */
static const char *secret_problem(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "not a regular file";
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "the group or others may use it: chmod 600";
    return NULL;
}

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

int io_file_read(const char *path, bool secret, struct herd_buf *out,
                 struct herd_error_text *error)
{
    /* Without O_NONBLOCK open() of a FIFO would wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (secret ? O_NONBLOCK : 0));
    if (fd == -1)
        return explain(error, path, strerror(errno), HERD_ESYS);
    const char *problem = secret ? secret_problem(fd) : NULL;
    int rc = problem != NULL ? explain(error, path, problem, HERD_ESYS)
                             : read_all(fd, path, out, error);
    (void)close(fd);
    return rc;
}

int io_file_make_dir(const char *path, struct herd_error_text *error)
{
    if (mkdir(path, S_IRWXU) == 0)
        return HERD_OK;
    int err = errno;
    struct stat st;
    if (err != EEXIST || stat(path, &st) != 0)
        return explain(error, path, strerror(err), HERD_ESYS);
    if (!S_ISDIR(st.st_mode))
        return explain(error, path, "not a folder", HERD_ESYS);
    return HERD_OK;
}
