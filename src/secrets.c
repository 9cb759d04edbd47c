/* SPDX-License-Identifier: ISC */
#include "secrets.h"

#include "herd/err.h"
#include "io/conf_file.h"
#include "io/file.h"
#include "io/mem.h"
#include "io/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct io_secret_rule places_rule = {
    1, SECRETS_PLACES_KEY_MAX,
    "put the API key there, or set no places-key-file for a provider without keys", true};

static const struct io_secret_rule herd_rule = {
    SECRETS_HERD_KEY_MIN, IO_MAC_KEY_MAX,
    "make a key with  head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > herd.key; "
    "chmod 600 herd.key  and give all servers the same",
    false};

static int read_file(const char *option, const char *path,
                     const struct io_secret_rule *rule, char *out, size_t *len)
{
    struct herd_error_text error;
    int rc = io_secret_read(path, rule, out, len, &error);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: %s: %s\n", option, error.text);
    return rc;
}

/* Resolves the path of the option. */
static int find_file(const char *option, const char *file, const char *conf_path,
                     char path[IO_PATH_MAX])
{
    int rc = io_conf_file_path(path, conf_path, file, NULL, NULL);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: %s: the path is longer than %d bytes\n", option,
                IO_PATH_MAX - 1);
    return rc;
}

static int take_env(const char *value, char *out, size_t *len)
{
    struct herd_error_text error;
    int rc = io_secret_take("HERD_PLACES_KEY", &places_rule, herd_slice_str(value), out,
                            len, &error);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: %s\n", error.text);
    return rc;
}

/* A file takes precedence over the environment. */
static int read_places_key(struct secrets *secrets, const struct herd_conf *conf,
                           const char *conf_path, const char *env)
{
    static const char option[] = "places-key-file";
    char *key = secrets->places_key, path[IO_PATH_MAX];
    size_t len;
    int rc = HERD_OK;
    if (conf->places_key_file[0] != '\0') {
        rc = find_file(option, conf->places_key_file, conf_path, path);
        if (rc == HERD_OK)
            rc = read_file(option, path, &places_rule, key, &len);
    } else if (env != NULL && env[0] != '\0') {
        rc = take_env(env, key, &len);
    }
    return rc;
}

/* Without a herd-key-file the servers of one run-dir share a key that the first of them
 * makes. */
static int share_key(const char *path)
{
    struct herd_error_text error;
    int rc = io_secret_share(path, &error);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: run-dir: cannot make a key: %s%s\n", error.text,
                rc == HERD_EBAD ? ""
                                : "; make the folder writable for this user, or set "
                                  "herd-key-file");
    return rc;
}

static int use_herd_key(struct secrets *secrets, struct herd_slice key)
{
    int rc = io_mac_init(&secrets->herd_key, key);
    if (rc != HERD_OK)
        fprintf(stderr, "herd: %s cannot sign with the herd key\n", io_mac_library());
    return rc;
}

static int read_herd_key(struct secrets *secrets, const struct herd_conf *conf,
                         const char *conf_path, const char *shared_path)
{
    char key[IO_MAC_KEY_MAX + 1], path[IO_PATH_MAX];
    bool own = conf->herd_key_file[0] != '\0';
    size_t len;
    int rc = own ? find_file("herd-key-file", conf->herd_key_file, conf_path, path)
                 : share_key(shared_path);
    if (rc == HERD_OK)
        rc = read_file(own ? "herd-key-file" : "run-dir", own ? path : shared_path,
                       &herd_rule, key, &len);
    if (rc != HERD_OK)
        return rc;
    rc = use_herd_key(secrets, herd_slice(key, len));
    io_mem_wipe(key, sizeof key);
    return rc;
}

/* Forbids core files. */
static int guard(void)
{
    int rc = io_secret_guard();
    if (rc != HERD_OK)
        fprintf(stderr, "herd: core files cannot be forbidden: setrlimit: %s\n",
                strerror(errno));
    return rc;
}

int secrets_read(struct secrets *secrets, const struct herd_conf *conf,
                 const char *conf_path, const char *shared_path)
{
    char *env = getenv("HERD_PLACES_KEY");
    memset(secrets, 0, sizeof *secrets);
    int rc = guard();
    if (rc == HERD_OK)
        rc = read_places_key(secrets, conf, conf_path, env);
    if (rc == HERD_OK)
        rc = read_herd_key(secrets, conf, conf_path, shared_path);
    if (env != NULL)
        io_mem_wipe(env, strlen(env));
    if (rc != HERD_OK)
        secrets_wipe(secrets);
    return rc;
}

struct herd_mac secrets_mac(struct secrets *secrets)
{
    return (struct herd_mac){.sign = io_mac_sign, .ctx = &secrets->herd_key};
}

int secrets_restore_key(const struct secrets *secrets, const char *path,
                        struct herd_error_text *error)
{
    const struct io_mac *mac = &secrets->herd_key;
    char text[IO_MAC_KEY_MAX + 1];
    memcpy(text, mac->key, mac->key_len);
    text[mac->key_len] = '\n';
    int rc = io_file_create(path, herd_slice(text, mac->key_len + 1), error);
    io_mem_wipe(text, sizeof text);
    return rc;
}

void secrets_wipe(struct secrets *secrets)
{
    io_mem_wipe(secrets, sizeof *secrets);
}
