/* SPDX-License-Identifier: ISC */
#include "address.h"

#include "decimal.h"
#include "herd/err.h"

#include <stdio.h>
#include <string.h>

int io_address_read(const char *text, char *host, size_t size, unsigned *port)
{
    enum { PORT_MAX = 65535 };
    const char *colon = strrchr(text, ':'), *from = text;
    uint64_t number = 0;
    if (colon == NULL)
        return HERD_EBAD;
    size_t len = (size_t)(colon - text);
    bool brackets = len > 2 && text[0] == '[' && colon[-1] == ']';
    if (brackets)
        from++, len -= 2;
    if (len == 0 || len >= size || strcspn(from, "[]") < len ||
        (!brackets && memchr(from, ':', len) != NULL) ||
        herd_uint_parse(herd_slice_str(colon + 1), PORT_MAX, &number) != HERD_OK ||
        number == 0)
        return HERD_EBAD;
    (void)snprintf(host, size, "%.*s", (int)len, from);
    *port = (unsigned)number;
    return HERD_OK;
}

const char *io_address_reachable(const char *host)
{
    if (strcmp(host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(host, "::") == 0 ? "::1" : host;
}
