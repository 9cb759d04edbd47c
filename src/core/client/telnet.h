/* SPDX-License-Identifier: ISC */
/* The commands that a telnet client mixes into its lines (RFC 854, RFC 855), for
 * client-compat: they are left out, and nothing is agreed to. Only in that mode, because
 * the octet 0xFF with which they begin may be part of a client id. */
#ifndef HERD_CORE_CLIENT_TELNET_H
#define HERD_CORE_CLIENT_TELNET_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

#include "herd/slice.h"

#include <stdbool.h>

/* What the bytes so far have begun. */
enum herd_telnet {
    HERD_TELNET_TEXT,
    HERD_TELNET_COMMAND,     /* IAC: the command follows */
    HERD_TELNET_OPTION,      /* WILL, WONT, DO or DONT: the option follows */
    HERD_TELNET_SUB,         /* in a subnegotiation */
    HERD_TELNET_SUB_COMMAND, /* IAC in it: its end follows, or an IAC of its own */
};

/* Removes the next run of text, and commands before it, from the front of *bytes. True:
 * *text is that run, a part of the bytes and not empty. False: *bytes is used up. All zero
 * is the state at the beginning of a stream, which may be cut anywhere. */
bool herd_telnet_next(enum herd_telnet *state, struct herd_slice *bytes,
                      struct herd_slice *text);

#endif
