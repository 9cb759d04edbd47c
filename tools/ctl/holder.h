/* SPDX-License-Identifier: ISC */
/* Who holds an address that a server could not get. */
#ifndef CTL_HOLDER_H
#define CTL_HOLDER_H

#include "servers.h"

/* For a server that did not start: prints an error for each of its addresses on which
 * somebody else listens, and says who, as far as the system tells (Linux does, about
 * processes of this user). */
void holder_explain(const struct servers *servers, uint32_t i);

#endif
