/* SPDX-License-Identifier: ISC */
#include "state_program.h"

#include "herd/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char program[] = "herd-sqlite";

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The folder of the file in PATH that a shell would have run. */
static bool find_in_path(const char *self, char path[IO_PATH_MAX])
{
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ":");
        int put =
            snprintf(path, IO_PATH_MAX, "%.*s%s%s", (int)len, at, len > 0 ? "/" : "", self);
        if (put > 0 && put < IO_PATH_MAX && is_program(path))
            return true;
        at += len + (at[len] == ':');
    }
    return false;
}

/* The path of this program, without symbolic links. */
static char *resolve_self(const char *self)
{
    char path[IO_PATH_MAX];
    if (self == NULL || self[0] == '\0')
        return NULL;
    if (strchr(self, '/') != NULL)
        return realpath(self, NULL);
    return find_in_path(self, path) ? realpath(path, NULL) : NULL;
}

static bool find_beside(const char *self, char path[IO_PATH_MAX])
{
    static const char *const folders[] = {"", "../tools/"};
    char *own = resolve_self(self);
    bool found = false;
    if (own == NULL)
        return false;
    size_t folder = (size_t)(strrchr(own, '/') + 1 - own);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && !found; i++) {
        int len =
            snprintf(path, IO_PATH_MAX, "%.*s%s%s", (int)folder, own, folders[i], program);
        found = len > 0 && len < IO_PATH_MAX && is_program(path);
    }
    free(own);
    return found;
}

bool state_program_find(const struct herd_conf *conf, const char *conf_path,
                        const char *self, char path[IO_PATH_MAX])
{
    if (conf->state_program[0] == '\0') {
        if (find_beside(self, path))
            return true;
        fprintf(stderr,
                "herd: state-dir: there is no program %s in the folder of herd; build it "
                "(it needs SQLite), name it with state-program, or set no state-dir\n",
                program);
        return false;
    }
    errno = ENAMETOOLONG;
    if (io_conf_file_path(path, conf_path, conf->state_program, NULL, NULL) == HERD_OK) {
        errno = EACCES;
        if (is_program(path))
            return true;
    }
    fprintf(stderr, "herd: state-program: %s cannot be executed: %s\n", conf->state_program,
            strerror(errno));
    return false;
}
