/* SPDX-License-Identifier: ISC */
#include "log_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct log_rig log_rig;

bool log_rig_up(void)
{
    snprintf(log_rig.folder, sizeof log_rig.folder, "/tmp/herd-log-XXXXXX");
    if (mkdtemp(log_rig.folder) == NULL)
        return false;
    snprintf(log_rig.path, sizeof log_rig.path, "%s/log", log_rig.folder);
    snprintf(log_rig.moved, sizeof log_rig.moved, "%s/log.1", log_rig.folder);
    return true;
}

void log_rig_down(void)
{
    unlink(log_rig.path);
    unlink(log_rig.moved);
    CHECK_INT(rmdir(log_rig.folder), 0);
}

struct herd_slice log_rig_read(const char *path)
{
    int fd = open(path, O_RDONLY);
    size_t len = 0;
    ssize_t n;
    while (fd >= 0 && len < LOG_RIG_ROOM &&
           (n = read(fd, log_rig.content + len, LOG_RIG_ROOM - len)) > 0)
        len += (size_t)n;
    if (fd >= 0)
        close(fd);
    log_rig.content[len] = '\0';
    return herd_slice(log_rig.content, len);
}

size_t log_rig_lines(struct herd_slice s)
{
    size_t lines = 0;
    for (size_t i = 0; i < s.len; i++)
        lines += s.data[i] == '\n';
    return lines;
}

struct herd_wall log_rig_at(int64_t second, int64_t ns)
{
    return (struct herd_wall){second * HERD_NS_PER_S + ns};
}

void log_rig_say(struct io_log *log, const char *text)
{
    io_log_line(log, log_rig_at(LOG_RIG_NOON, 0), "herd", NULL, '-', herd_slice_str(text));
}

static int saved_stderr = -1;

bool log_rig_catch_stderr(void)
{
    int fd = open(log_rig.moved, O_RDWR | O_CREAT | O_APPEND, 0600);
    saved_stderr = dup(STDERR_FILENO);
    return fd >= 0 && saved_stderr >= 0 && dup2(fd, STDERR_FILENO) >= 0 && close(fd) == 0;
}

void log_rig_give_stderr_back(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
}
