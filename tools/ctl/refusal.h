/* SPDX-License-Identifier: ISC */
/* Why a server refuses a command. */
#ifndef CTL_REFUSAL_H
#define CTL_REFUSAL_H

#include "herd/slice.h"

/* For an IAMAT or a WHATSAT that the server `server` has refused: prints an error that
 * names the operand that is wrong and what is allowed; or, when the operands are right,
 * what else a server refuses. Prints nothing about other lines. */
void refusal_explain(struct herd_slice line, const char *server);

#endif
