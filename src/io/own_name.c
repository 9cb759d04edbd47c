/* SPDX-License-Identifier: ISC */
#include "own_name.h"

#include <string.h>

static bool means_own_name(const struct io_addrs *addrs)
{
    for (size_t i = 0; i < addrs->count; i++)
        if (io_addr_is_own_name(&addrs->list[i]))
            return true;
    return false;
}

bool io_own_name_warn(struct herd_error_text *text, const char *server, const char *role,
                      const char *host, const struct io_addrs *addrs)
{
    /* Whoever writes the number means it. */
    if (strcmp(host, "127.0.1.1") == 0 || !means_own_name(addrs))
        return false;
    herd_error_set(
        text,
        "%s address of %s: %.128s is 127.0.1.1 here, which is this machine only: "
        "other machines do not reach it; take that line out of /etc/hosts, or "
        "let the server listen elsewhere: %s %.128s:PORT listen 0.0.0.0:PORT",
        role, server, host, role, host);
    return true;
}
