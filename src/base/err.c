/* SPDX-License-Identifier: ISC */
#include "herd/err.h"

#include <stdarg.h>
#include <stdio.h>

const char *herd_strerror(int code)
{
    switch (code) {
    case HERD_OK: return "ok";
#define CASE(name, value, text)                                                            \
    case name: return text;
        HERD_ERRORS(CASE)
#undef CASE
    default: return "unknown error";
    }
}

void herd_error_set(struct herd_error_text *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}
