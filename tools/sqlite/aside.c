/* SPDX-License-Identifier: ISC */
#include "aside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MOST = 1024 };

static void first_free(const char *path, char name[PATH_MOST])
{
    for (int n = 1; n <= ASIDE_MOST; n++) {
        (void)snprintf(name, PATH_MOST, "%s.damaged-%d", path, n);
        if (access(name, F_OK) != 0)
            return;
    }
}

/* A missing file is no failure. */
static int move(const char *path, const char *name, const char *suffix)
{
    char from[PATH_MOST], to[PATH_MOST];
    (void)snprintf(from, sizeof from, "%s%s", path, suffix);
    (void)snprintf(to, sizeof to, "%s%s", name, suffix);
    if (rename(from, to) == 0)
        return 0;
    if (errno != ENOENT)
        return -1;
    (void)unlink(to); /* of a former one, to which it would not belong */
    return 0;
}

/* The database last: until then the next start finds it damaged again. */
int aside_move(const char *path, char name[HERD_ERROR_TEXT_MAX],
               struct herd_error_text *error)
{
    char shared[PATH_MOST], to[PATH_MOST];
    first_free(path, to);
    (void)snprintf(shared, sizeof shared, "%s-shm", path);
    (void)unlink(shared);
    if (move(path, to, "-journal") == 0 && move(path, to, "-wal") == 0 &&
        move(path, to, "") == 0) {
        (void)snprintf(name, HERD_ERROR_TEXT_MAX, "%.*s", HERD_ERROR_TEXT_MAX - 1, to);
        return HERD_OK;
    }
    herd_error_set(error, "it cannot be renamed: %s", strerror(errno));
    return HERD_ESYS;
}
