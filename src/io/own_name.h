/* SPDX-License-Identifier: ISC */
/* The warning about names that mean 127.0.1.1. */
#ifndef IO_OWN_NAME_H
#define IO_OWN_NAME_H

#include "herd/err.h"
#include "sockaddr.h"

#include <stdbool.h>

/* Whether `host`, which has `addrs`, is a name for 127.0.1.1, which is what Debian's
 * /etc/hosts gives to the machine's own name: a server that listens there is reached by no
 * other machine, and one that dials it reaches itself. If so, fills `text`; `server` and
 * `role` (client or peer) tell whose address it is. */
bool io_own_name_warn(struct herd_error_text *text, const char *server, const char *role,
                      const char *host, const struct io_addrs *addrs);

#endif
