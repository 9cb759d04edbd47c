/* SPDX-License-Identifier: ISC */
/* The session of a control connection. */
#ifndef HERD_CORE_CONTROL_SESSION_H
#define HERD_CORE_CONTROL_SESSION_H

#ifndef HERD_IN_control
#error "private to src/core/control: include control/control.h"
#endif

#include "control.h"
#include "line.h"

#include <stdbool.h>

struct herd_control {
    struct herd_session session; /* first: see herd_control_of */
    struct herd_line line;
    bool byte_seen;         /* a first byte has come */
    struct herd_timer idle; /* of controls->idle */
    /* The name in the FOLLOW that came; "": none did. No command is read after it: a
     * follower takes over the connection. */
    char follower_name[HERD_FOLLOWER_NAME_MAX + 1];
};

static inline struct herd_control *herd_control_of(struct herd_session *session)
{
    return (struct herd_control *)session;
}

static inline bool herd_control_follows(const struct herd_control *control)
{
    return control->follower_name[0] != '\0';
}

#endif
