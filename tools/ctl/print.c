/* SPDX-License-Identifier: ISC */
/* Standard output and standard error; escapes what must not reach a terminal.
 */
#include "ctl.h"
#include "escape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ERROR_TEXT = 2048 }; /* bytes of a message, with NUL; longer ones are cut */

/* Static: a program has one standard output and one standard error. */
static bool out_is_terminal, err_is_terminal;
static int out_error; /* errno of the first failure of standard output */

void ctl_print_start(void)
{
    out_is_terminal = isatty(STDOUT_FILENO) == 1;
    err_is_terminal = isatty(STDERR_FILENO) == 1;
}

int64_t ctl_timeout_ms(const struct ctl *ctl, int64_t default_ms)
{
    return ctl->timeout_ms > 0 ? ctl->timeout_ms : default_ms;
}

int ctl_first_failure(int status, int next)
{
    return status != CTL_OK ? status : next;
}

static void put(FILE *out, bool terminal, struct herd_slice bytes)
{
    char escaped[1024];
    while (terminal && bytes.len > 0) {
        size_t len = herd_escape(escaped, sizeof escaped, &bytes, HERD_ESCAPE_TEXT);
        (void)fwrite(escaped, 1, len, out);
    }
    (void)fwrite(bytes.data, 1, bytes.len, out);
}

void ctl_print(struct herd_slice bytes)
{
    put(stdout, out_is_terminal, bytes);
    if (out_error == 0 && ferror(stdout))
        out_error = errno;
}

/* After a failure, what is left in the buffer is not always written again, so errno must be
 * kept here. */
void ctl_flush(void)
{
    if (fflush(stdout) != 0 && out_error == 0)
        out_error = errno;
}

bool ctl_print_failed(void)
{
    return out_error != 0;
}

void ctl_print_wire(char mark, struct herd_slice line)
{
    if (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    ctl_flush();
    (void)fprintf(stderr, "%c ", mark);
    put(stderr, err_is_terminal, line);
    (void)fputc('\n', stderr);
}

int ctl_error(int status, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= (int)sizeof text)
        len = sizeof text - 1;
    ctl_flush();
    (void)fputs("herdctl: ", stderr);
    put(stderr, true, herd_slice(text, len > 0 ? (size_t)len : 0));
    (void)fputc('\n', stderr);
    return status;
}

bool ctl_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return out_is_terminal && (no_colour == NULL || no_colour[0] == '\0');
}

/* EPIPE is no error: readers like head(1) close the pipe when they have read enough. */
int ctl_print_end(int status)
{
    ctl_flush();
    if (out_error == 0 && !ferror(stdout))
        return status;
    status = ctl_first_failure(status, CTL_FAILED);
    if (out_error == EPIPE)
        return status;
    return ctl_error(status, "cannot write the output: %s",
                     out_error != 0 ? strerror(out_error) : "some of it was lost");
}
