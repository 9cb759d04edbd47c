/* Commands of the client protocol and their replies. */
#ifndef CTL_TALK_H
#define CTL_TALK_H

#include "wire.h"

/* Appends "VERB WORD..." to `line`. A word that is empty or holds white space or a
 * control byte would make another command of it: CTL_USAGE, and complains. iamat without
 * a TIME gets that of now. `names` are the operands' names, for the complaint. */
int talk_iamat(struct herd_buf *line, int count, char **words);
int talk_whatsat(struct herd_buf *line, int count, char **words);

/* How long the reply to a line may take when nobody said otherwise. */
int64_t talk_usual_ms(struct herd_slice line);

/* Sends one line over an open connection, prints the reply. Complains; after anything
 * but CTL_OK and a reply that begins with '?' the connection is closed, so that a late
 * reply is not taken for the next one. */
int talk(struct wire *wire, struct herd_slice line);

#endif
