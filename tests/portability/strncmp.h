/* SPDX-License-Identifier: ISC */
/* The strncmp() of the C library that comes with zig 0.17.1 looks at one byte more than it
 * may; cJSON, which is built with this, calls it for the last bytes of a page. */
#ifndef TESTS_PORTABILITY_STRNCMP_H
#define TESTS_PORTABILITY_STRNCMP_H

#include <string.h>

static inline int portability_strncmp(const char *a, const char *b, size_t most)
{
    for (size_t i = 0; i < most; i++)
        if (a[i] != b[i] || a[i] == '\0')
            return (unsigned char)a[i] - (unsigned char)b[i];
    return 0;
}

#define strncmp portability_strncmp

#endif
