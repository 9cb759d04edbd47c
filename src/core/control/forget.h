/* SPDX-License-Identifier: ISC */
/* FORGET: an operator removes a client's location from the whole herd. */
#ifndef HERD_CORE_CONTROL_FORGET_H
#define HERD_CORE_CONTROL_FORGET_H

#ifndef HERD_IN_control
#error "private to src/core/control: include control/control.h"
#endif

#include "control.h"
#include "protocol/command.h"

/* Stores a tombstone, also of a client that is not known here: a record about it may be
 * under way. Replies with the tombstone that is held then. Errors: HERD_EBAD,
 * HERD_ETOOLONG: not a client id. */
int herd_control_on_forget(struct herd_controls *controls, struct herd_session *session,
                           const struct herd_call *call);

#endif
