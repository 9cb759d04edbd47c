/* SPDX-License-Identifier: ISC */
/* Other protocols, recognised by how a connection begins: a browser can be talked into
 * sending a request to any port, with lines of an attacker's choice in its body (HTTP) or
 * in the first message of a handshake (TLS). Such a connection is closed, and nothing of it
 * is obeyed. */
#ifndef HERD_CORE_PROTOCOL_FOREIGN_H
#define HERD_CORE_PROTOCOL_FOREIGN_H

#include "words.h"

#include <stdbool.h>

/* Whether the first bytes of a connection (at least one) begin a TLS handshake. */
static inline bool herd_is_tls(struct herd_slice bytes)
{
    return bytes.data[0] == 0x16;
}

/* Whether the first line with a word in it is the beginning of an HTTP request: its first
 * word is a method, whatever follows. */
bool herd_is_http_method(const struct herd_words *words);

/* Whether a line that is no command of ours looks like the beginning of an HTTP request
 * with any other method: the third and last word begins with `HTTP/`. */
bool herd_is_http_request(const struct herd_words *words);

#endif
