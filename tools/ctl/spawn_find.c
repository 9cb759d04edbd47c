/* SPDX-License-Identifier: ISC */
/* Finds the herd program. */
#include "spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Executable is not enough: /usr/local/herd might be a folder. */
static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool try_path(char *out, struct herd_slice folder, const char *name)
{
    int len = snprintf(out, IO_PATH_MAX, "%.*s/%s", (int)folder.len, folder.data, name);
    return len > 0 && len < IO_PATH_MAX && is_program(out);
}

/* An empty part of PATH is the current folder. */
static bool search_path(const char *name, char *out)
{
    const char *at = getenv("PATH");
    while (at != NULL) {
        size_t len = strcspn(at, ":");
        if (try_path(out, len > 0 ? herd_slice(at, len) : HERD_LIT("."), name))
            return true;
        at = at[len] == ':' ? at + len + 1 : NULL;
    }
    return false;
}

/* Next to herdctl; in ../build or .., as in a built source tree; in ../sbin, as installed.
 */
static bool search_near(const char *self, char *out)
{
    static const char *const names[] = {"herd", "../build/herd", "../herd", "../sbin/herd"};
    char found[IO_PATH_MAX];
    if (strchr(self, '/') == NULL) {
        if (!search_path(self, found))
            return false;
        self = found;
    }
    char *real = realpath(self, NULL);
    const char *slash = real != NULL ? strrchr(real, '/') : NULL;
    bool ok = false;
    for (size_t i = 0; slash != NULL && !ok && i < sizeof names / sizeof names[0]; i++)
        ok = try_path(out, herd_slice(real, (size_t)(slash - real)), names[i]);
    free(real);
    return ok;
}

bool spawn_find(const char *self, char *out)
{
    const char *wanted = getenv("HERD_BIN");
    if (wanted == NULL || wanted[0] == '\0') {
        if (search_near(self, out) || search_path("herd", out))
            return true;
        ctl_error(CTL_FAILED, "no herd program near herdctl or in PATH; set HERD_BIN "
                              "to its path");
        return false;
    }
    int len = snprintf(out, IO_PATH_MAX, "%s", wanted);
    if (len < IO_PATH_MAX && is_program(out))
        return true;
    ctl_error(CTL_FAILED, "HERD_BIN: %s is not an executable file", wanted);
    return false;
}
