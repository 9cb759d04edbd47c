/* SPDX-License-Identifier: ISC */
#include "secrets.h"

#include "herd/err.h"
#include "io/conf_file.h"
#include "io/mem.h"
#include "io/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct io_secret_rule places_rule = {0, SECRETS_PLACES_KEY_MAX, NULL};

static const struct io_secret_rule herd_rule = {
    SECRETS_HERD_KEY_MIN, IO_MAC_KEY_MAX,
    "make a key with  head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > herd.key; "
    "chmod 600 herd.key  and give all servers the same"};

static int read_file(const char *option, const char *file, const char *conf_path,
                     const struct io_secret_rule *rule, char *out, size_t *len)
{
    struct herd_error_text error;
    char path[IO_PATH_MAX];
    herd_error_set(&error, "the path is longer than %d bytes", IO_PATH_MAX - 1);
    int rc = io_conf_file_path(path, conf_path, file, NULL, NULL);
    if (rc == HERD_OK)
        rc = io_secret_read(path, rule, out, len, &error);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: %s: %s\n", option, error.text);
    return rc;
}

/* A file takes precedence over the environment. */
static int read_places_key(struct secrets *secrets, const struct herd_conf *conf,
                           const char *conf_path, const char *env)
{
    char *key = secrets->places_key;
    size_t len;
    int rc = HERD_OK;
    if (conf->places_key_file[0] != '\0')
        rc = read_file("places-key-file", conf->places_key_file, conf_path, &places_rule,
                       key, &len);
    else if (env != NULL)
        snprintf(key, sizeof secrets->places_key, "%s", env);
    key[strcspn(key, " \t\r\n")] = '\0';
    return rc;
}

static int read_herd_key(struct secrets *secrets, const struct herd_conf *conf,
                         const char *conf_path)
{
    char key[IO_MAC_KEY_MAX + 1];
    size_t len;
    if (conf->herd_key_file[0] == '\0')
        return HERD_OK;
    int rc =
        read_file("herd-key-file", conf->herd_key_file, conf_path, &herd_rule, key, &len);
    if (rc != HERD_OK)
        return rc;
    rc = io_mac_init(&secrets->herd_key, herd_slice(key, len));
    io_mem_wipe(key, sizeof key);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: herd-key-file: %s cannot sign with this key\n",
                io_mac_library());
    return rc;
}

/* Forbids core files if there is a secret to protect. */
static int guard(const struct herd_conf *conf, const char *env)
{
    if (conf->places_key_file[0] == '\0' && conf->herd_key_file[0] == '\0' &&
        (env == NULL || env[0] == '\0'))
        return HERD_OK;
    int rc = io_secret_guard();
    if (rc != HERD_OK)
        fprintf(stderr, "herd: core files cannot be forbidden: setrlimit: %s\n",
                strerror(errno));
    return rc;
}

int secrets_read(struct secrets *secrets, const struct herd_conf *conf,
                 const char *conf_path)
{
    char *env = getenv("HERD_PLACES_KEY");
    memset(secrets, 0, sizeof *secrets);
    int rc = guard(conf, env);
    if (rc == HERD_OK)
        rc = read_places_key(secrets, conf, conf_path, env);
    if (rc == HERD_OK)
        rc = read_herd_key(secrets, conf, conf_path);
    if (env != NULL)
        io_mem_wipe(env, strlen(env));
    if (rc != HERD_OK)
        secrets_wipe(secrets);
    return rc;
}

struct herd_mac secrets_mac(struct secrets *secrets)
{
    if (secrets->herd_key.key_len == 0)
        return (struct herd_mac){.sign = NULL};
    return (struct herd_mac){.sign = io_mac_sign, .ctx = &secrets->herd_key};
}

void secrets_wipe(struct secrets *secrets)
{
    io_mem_wipe(secrets, sizeof *secrets);
}
