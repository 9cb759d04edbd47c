/* SPDX-License-Identifier: ISC */
/* The commands of the client protocol and their replies. */
#ifndef CTL_CLIENT_COMMANDS_H
#define CTL_CLIENT_COMMANDS_H

#include "wire.h"

/* Append "VERB WORD..." to `line`, without LF; iamat without a TIME uses the present time.
 * Return CTL_USAGE for a wrong number of words, and for a word that is empty or contains
 * white space or a control byte, which would change the command; CTL_FAILED when out of
 * memory. Print their errors. */
typedef int command_build(struct herd_buf *line, int count, char **words);
command_build command_build_iamat, command_build_whatsat;

/* Whether the verb of a line is WHATSAT. */
bool command_is_whatsat(struct herd_slice line);

/* The default timeout of the reply to a line. */
int64_t command_timeout_ms(struct herd_slice line);

/* Sends one line over an open connection and prints the reply; prints its errors. Says why
 * an IAMAT or a WHATSAT was refused (refusal.h). CTL_OK; CTL_FAILED for a refusal, and for
 * a WHATSAT whose places have another status than OK and ZERO_RESULTS; or another failure.
 * The connection is closed unless the reply is complete, so that a late reply is not taken
 * for that to the next line. */
typedef int command_talk(struct wire *wire, struct herd_slice line);
command_talk command_exchange;

/* Likewise for an IAMAT, and then asks the server for the record that it holds: if that is
 * not of this report, since another one has a later or the same time, says so. */
command_talk command_report;

#endif
