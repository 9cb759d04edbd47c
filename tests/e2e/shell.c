/* SPDX-License-Identifier: ISC */
#include "shell.h"

#include "check.h"
#include "files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE = 4096 };

struct outcome shell(const char *dir, const char *format, ...)
{
    char line[LINE];
    const char *argv[] = {"sh", "-c", line, NULL};
    va_list args;
    int len = snprintf(line, sizeof line,
                       "PATH=\"${HERD_TEST_TOOLS:-$PWD/tools}:$PATH\"\n"
                       "HERD_BIN=\"${HERD_TEST_BIN:-$PWD/build}/herd\"\n"
                       "export PATH HERD_BIN; unset HERD_SERVER NO_COLOR\n"
                       "cd '%s' </dev/null || exit 99\nexec </dev/null\n",
                       dir);
    va_start(args, format);
    len += vsnprintf(line + len, sizeof line - (size_t)len, format, args);
    va_end(args);
    CHECK(len < (int)sizeof line);
    (void)setenv("HERD_TEST_SH", "/bin", 1);
    return child_run("HERD_TEST_SH", argv);
}

static void check_text(struct herd_slice got, const char *want)
{
    if (want == NULL)
        CHECK_SLICE(got, herd_slice("", 0));
    else if (want[0] != '\0' && !bytes_have(got, want))
        CHECK_SLICE(got, herd_slice_str(want));
}

void shell_expect(struct outcome outcome, int status, const char *out, const char *err)
{
    CHECK_INT(outcome.status, status);
    check_text(outcome.out, out);
    check_text(outcome.err, err);
    outcome_free(&outcome);
}

void shell_check(const char *dir, const struct shell_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_LABEL("%s", cases[i].line);
        shell_expect(shell(dir, "%s", cases[i].line), cases[i].status, cases[i].out,
                     cases[i].err);
    }
    CHECK_LABEL("%s", "");
}
