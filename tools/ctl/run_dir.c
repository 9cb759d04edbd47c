/* SPDX-License-Identifier: ISC */
#include "run_dir.h"

#include <dirent.h>
#include <stdio.h>

/* Names are checked, since they become a part of a path. */
static bool is_name(struct herd_slice name)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_.";
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '\0' || strchr(bytes, name.data[i]) == NULL)
            return false;
    return name.len > 0 && name.len <= HERD_CONF_NAME_MAX;
}

/* NAME of NAME.pid, in `name` (HERD_CONF_NAME_MAX + 1 bytes). */
static bool name_of_file(const char *file, char *name)
{
    static const char suffix[] = ".pid";
    size_t len = strlen(file);
    if (len < sizeof suffix || strcmp(file + len - (sizeof suffix - 1), suffix) != 0 ||
        !is_name(herd_slice(file, len - (sizeof suffix - 1))))
        return false;
    (void)snprintf(name, HERD_CONF_NAME_MAX + 1, "%.*s", (int)(len - (sizeof suffix - 1)),
                   file);
    return true;
}

void run_dir_each(const struct servers *servers,
                  bool (*visit)(void *arg, const char *name, pid_t pid), void *arg)
{
    char path[IO_PATH_MAX], name[HERD_CONF_NAME_MAX + 1];
    const struct dirent *entry;
    DIR *dir = NULL;
    if (io_conf_file_path(path, servers->conf_path, servers->conf.run_dir, NULL, NULL) == 0)
        dir = opendir(path);
    bool more = dir != NULL;
    while (more && (entry = readdir(dir)) != NULL) {
        if (!name_of_file(entry->d_name, name))
            continue;
        struct io_pidfile_view view = servers_pidfile(servers, name);
        if (view.state == IO_PIDFILE_LOCKED)
            more = visit(arg, name, view.pid);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

bool run_dir_is_left_over(const struct servers *servers, const char *name)
{
    struct herd_slice slice = herd_slice_str(name);
    return herd_conf_find(&servers->conf, slice) < 0 && is_name(slice) &&
           servers_pidfile(servers, name).state == IO_PIDFILE_LOCKED;
}

static bool note(void *arg, const char *name, pid_t pid)
{
    const struct servers *servers = arg;
    if (herd_conf_find(&servers->conf, herd_slice_str(name)) >= 0)
        return true;
    printf("%s: runs", name);
    if (pid > 0)
        printf(" (pid %ld)", (long)pid);
    printf(", but is not in %s; `herdctl stop %s` stops it\n", servers->conf_path, name);
    return true;
}

void run_dir_note_left_over(const struct servers *servers)
{
    run_dir_each(servers, note, (void *)servers);
}
