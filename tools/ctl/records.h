/* SPDX-License-Identifier: ISC */
/* The records of a server, which herdctl reads and gives as a follower (doc/protocol.md,
 * section 4). */
#ifndef CTL_RECORDS_H
#define CTL_RECORDS_H

#include "ctl.h"
#include "record.h"

/* What a command wants. Its calls print their own errors. */
struct records_order {
    void *ctx;
    /* A record that the server holds or stores; its slices live until this returns. NULL:
     * none is wanted, only that all that was given has been taken. */
    void (*record)(void *ctx, const struct herd_record *record);
    /* The next record to give, see follow_calls. NULL: nothing is given. */
    int (*give)(void *ctx, struct herd_slice *text);
    /* After all that the server holds was told, also later what is new, until a signal, -t,
     * or the end of standard output; what is new is preceded by `synced`, told once. A
     * connection that is lost is made again, and standard error says so. */
    bool stays;
    void (*synced)(void *ctx);
};

/* Does that at the server of -s or HERD_SERVER, or else at the first one of the
 * configuration that accepts. `verb` is the command; `server` becomes the name of the
 * server (HERD_CONF_NAME_MAX + 1 bytes). CTL_OK: all records were told, or taken; another
 * status after printing an error. */
int records_exchange(const struct ctl *ctl, const char *verb,
                     const struct records_order *order, char *server);

/* ---- records as text ---- */

/* The words of a record; those of a tombstone have no location. */
struct records_words {
    struct herd_slice server, location, time;
};

void records_split(const struct herd_record *record, struct records_words *words);

/* Whether the client matches the shell pattern; NULL: any does. */
bool records_match(const char *pattern, const struct herd_record *record);

/* Prints one line of JSON: client, server, forgotten, location, time, record. False: out of
 * memory. */
bool records_print_json(const struct herd_record *record);

/* Reads the operands of `verb`: [-a] [PATTERN]; -a only if `all` is not NULL. CTL_USAGE
 * after printing an error. */
int records_operands(const char *verb, int count, char **words, bool *all,
                     const char **pattern);

#endif
