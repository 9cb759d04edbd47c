/* SPDX-License-Identifier: ISC */
/* The control socket of a server, for commands about the records of the herd. */
#ifndef CTL_CONTROL_SOCKET_H
#define CTL_CONTROL_SOCKET_H

#include "servers.h"
#include "wire.h"

/* Connects `wire` to server `i` of the configuration. The results of wire_dial_unix; prints
 * an error only for CTL_FAILED, a path that is too long. */
int control_socket_dial_server(const struct servers *servers, uint32_t i,
                               struct wire *wire);

/* Connects to the server of -s or HERD_SERVER, or else to the first one of the
 * configuration that accepts; *i is its index. Prints its errors. */
int control_socket_dial(const struct ctl *ctl, const struct servers *servers,
                        struct wire *wire, uint32_t *i);

/* Sends VERB CLIENT and receives the reply, without LF, which lives until the next call.
 * CTL_OK; CTL_FAILED with *refused: the reply begins with '?'. Prints other errors. */
int control_socket_ask(struct wire *wire, const char *verb, const char *client,
                       struct herd_slice *reply, bool *refused);

/* Whether these are client ids, one at least; else prints an error, and CTL_USAGE. `verb`
 * is the command. */
int control_socket_check_clients(const char *verb, int count, char **clients);

/* CTL_USAGE, with an error, when -s or HERD_SERVER is an address: it has no control socket.
 */
int control_socket_check_server(const struct ctl *ctl, const char *verb);

#endif
