/* SPDX-License-Identifier: ISC */
/* The commands of the client protocol and their replies. */
#ifndef CTL_CLIENT_COMMANDS_H
#define CTL_CLIENT_COMMANDS_H

#include "wire.h"

/* Append "VERB WORD..." to `line`, without LF; iamat without a TIME uses the present time.
 * Return CTL_USAGE for a wrong number of words, and for a word that is empty or contains
 * white space or a control byte, which would change the command; CTL_FAILED when out of
 * memory. Print their errors. */
int command_build_iamat(struct herd_buf *line, int count, char **words);
int command_build_whatsat(struct herd_buf *line, int count, char **words);

/* The default timeout of the reply to a line. */
int64_t command_timeout_ms(struct herd_slice line);

/* Sends one line over an open connection and prints the reply; prints its errors. Unless
 * the result is CTL_OK or a reply that begins with '?', the connection is closed, so that a
 * late reply is not taken for the reply to the next line. */
int command_exchange(struct wire *wire, struct herd_slice line);

#endif
