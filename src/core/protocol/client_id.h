/* SPDX-License-Identifier: ISC */
/* Which client ids a server takes from clients. Those of neighbours' records may be others:
 * see herd_record_parse. */
#ifndef HERD_CORE_PROTOCOL_CLIENT_ID_H
#define HERD_CORE_PROTOCOL_CLIENT_ID_H

#include "herd/slice.h"

#include <stddef.h>

/* `id` is a word: any bytes but white space, at most `max` of them, and without control
 * characters (C0, DEL, and C1 as UTF-8), which would reach the terminal of whoever looks at
 * a record. Errors: HERD_ETOOLONG, HERD_EBAD. */
int herd_client_id_check(struct herd_slice id, size_t max);

#endif
