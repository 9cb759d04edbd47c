/* SPDX-License-Identifier: ISC */
/* client-compat: how long the server waits for clients that do not say where a line or
 * their input ends. doc/design.md has the reasons for the figures. */
#ifndef HERD_CORE_CLIENT_COMPAT_H
#define HERD_CORE_CLIENT_COMPAT_H

#ifndef HERD_IN_client
#error "private to src/core/client: include client/clients.h"
#endif

enum {
    /* An unfinished line that rests for this time is complete: when it is a command that
     * the grammar accepts, or any other. */
    HERD_COMPAT_COMMAND_MS = 300,
    HERD_COMPAT_LINE_MS = 1000,
    /* A client that is owed nothing is closed when it sends nothing for this time after its
     * last reply. */
    HERD_COMPAT_SERVED_MS = 4000,
    /* The same with client-one-shot: for the rest of what it has sent at once. */
    HERD_ONE_SHOT_SERVED_MS = 200,
};

#endif
