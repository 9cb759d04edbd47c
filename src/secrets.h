/* SPDX-License-Identifier: ISC */
/* The secrets of a server: the API key of Places, and the key that the servers of a herd
 * share. */
#ifndef SECRETS_H
#define SECRETS_H

#include "herd/conf.h"
#include "herd/core.h"
#include "herd/err.h"
#include "io/mac.h"

enum { SECRETS_PLACES_KEY_MAX = 511, SECRETS_HERD_KEY_MIN = 32 }; /* bytes */

struct secrets {
    char places_key[SECRETS_PLACES_KEY_MAX + 1]; /* "" when there is none */
    struct io_mac herd_key;
};

/* Reads the secrets that the configuration names; relative paths start at the folder of
 * `conf_path`. HERD_PLACES_KEY, used when no file is named, is wiped from the environment,
 * so that the process list does not show it. Core files are forbidden before a secret is in
 * memory. A named file that cannot be read is an error: a server without its key would
 * trust everyone. When no file is named for the herd's key, it is that of `shared_path`,
 * which is made unless it exists. Errors: any code; a message was printed, and *secrets is
 * wiped. */
int secrets_read(struct secrets *secrets, const struct herd_conf *conf,
                 const char *conf_path, const char *shared_path);

/* The herd's key for the core, valid as long as *secrets, which must not move. */
struct herd_mac secrets_mac(struct secrets *secrets);

/* Makes the file of a shared key anew unless there is something at `path`: servers that are
 * started later have to find the same key there. Errors: HERD_ESYS, HERD_ETOOLONG, with
 * `error`. */
int secrets_restore_key(const struct secrets *secrets, const char *path,
                        struct herd_error_text *error);

/* Overwrites all secrets. */
void secrets_wipe(struct secrets *secrets);

#endif
