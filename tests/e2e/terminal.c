/* SPDX-License-Identifier: ISC */
#include "terminal.h"

#include "wait.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool open_line(struct terminal *terminal)
{
    const char *name = NULL;
    if (grantpt(terminal->keys) == 0 && unlockpt(terminal->keys) == 0)
        name = ptsname(terminal->keys);
    if (name == NULL || strlen(name) >= sizeof terminal->name)
        return false;
    memcpy(terminal->name, name, strlen(name) + 1);
    terminal->line = open(name, O_RDWR | O_NOCTTY);
    (void)fcntl(terminal->line, F_SETFD, FD_CLOEXEC);
    return terminal->line >= 0;
}

bool terminal_open(struct terminal *terminal)
{
    terminal->line = -1;
    terminal->keys = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal->keys < 0)
        return false;
    (void)fcntl(terminal->keys, F_SETFD, FD_CLOEXEC);
    if (open_line(terminal))
        return true;
    terminal_close(terminal);
    return false;
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->line >= 0)
        (void)close(terminal->line);
    if (terminal->keys >= 0)
        (void)close(terminal->keys);
    terminal->keys = terminal->line = -1;
}

bool terminal_type(struct terminal *terminal, const char *text)
{
    size_t len = strlen(text);
    return write(terminal->keys, text, len) == (ssize_t)len;
}

/* What programs print passes through the system's hands, so it may come a moment after
 * they have ended; a mark that is printed after it comes last. */
struct herd_slice terminal_shown(struct terminal *terminal)
{
    static const char mark[] = "<end>";
    int64_t until = now_ms() + WAIT_MS;
    size_t len = 0;
    terminal->shown[0] = '\0';
    if (write(terminal->line, mark, sizeof mark - 1) != (ssize_t)sizeof mark - 1)
        return herd_slice("", 0);
    while (len + 1 < sizeof terminal->shown && strstr(terminal->shown, mark) == NULL &&
           wait_fd(terminal->keys, POLLIN, until)) {
        ssize_t got =
            read(terminal->keys, terminal->shown + len, sizeof terminal->shown - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
        terminal->shown[len] = '\0';
    }
    const char *end = strstr(terminal->shown, mark);
    return herd_slice(terminal->shown, end != NULL ? (size_t)(end - terminal->shown) : len);
}
