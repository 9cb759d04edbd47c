/* SPDX-License-Identifier: ISC */
/* FOLLOW: the connection becomes that of a follower. */
#ifndef HERD_CORE_CONTROL_FOLLOW_H
#define HERD_CORE_CONTROL_FOLLOW_H

#ifndef HERD_IN_control
#error "private to src/core/control: include control/control.h"
#endif

#include "control.h"
#include "protocol/command.h"

/* Notes in the session that a follower takes over its connection. Errors: HERD_EBAD: the
 * name or the version is malformed; HERD_EFULL: too many followers are connected, which is
 * counted and logged. */
int herd_control_on_follow(struct herd_controls *controls, struct herd_session *session,
                           const struct herd_call *call);

#endif
