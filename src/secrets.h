/* What a server must not tell: the API key of Places, and the key that the servers of a
 * herd share. */
#ifndef SECRETS_H
#define SECRETS_H

#include "herd/conf.h"
#include "herd/core.h"
#include "io/mac.h"

enum { SECRETS_PLACES_KEY_MAX = 511, SECRETS_HERD_KEY_MIN = 16 };

struct secrets {
    char places_key[SECRETS_PLACES_KEY_MAX + 1]; /* "" when there is none */
    struct io_mac herd_key;                      /* without a key when there is none */
};

/* Reads what the configuration names; paths in it count from the folder of `conf_path`.
 * HERD_PLACES_KEY is wiped from the environment, so that nobody reads it in the process
 * list. Before there is a secret in memory, core files are turned off. What is named and
 * cannot be had is an error: a server without its key would trust anybody. Errors: any
 * code; a message has been printed, and nothing is left in *secrets. */
int secrets_read(struct secrets *secrets, const struct herd_conf *conf,
                 const char *conf_path);

/* The herd's key for the core; lives as long as *secrets, which must not move. */
struct herd_mac secrets_mac(struct secrets *secrets);

void secrets_wipe(struct secrets *secrets);

#endif
