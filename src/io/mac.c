/* SPDX-License-Identifier: ISC */
#include "mac.h"

#include "herd/err.h"
#include "mem.h"
#include "random.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

/* The one-shot HMAC() is the only form that OpenSSL 1.1.1, OpenSSL 3 and LibreSSL share and
 * none of them deprecates. */
static int sign(const struct io_mac *mac, struct herd_slice text, uint8_t *out)
{
    unsigned int len = 0;
    const void *bytes = text.len > 0 ? text.data : "";
    const unsigned char *done =
        HMAC(EVP_sha256(), mac->key, (int)mac->key_len, bytes, text.len, out, &len);
    return done != NULL && len == IO_MAC_SIZE ? HERD_OK : HERD_ESYS;
}

int io_mac_init(struct io_mac *mac, struct herd_slice key)
{
    uint8_t trial[IO_MAC_SIZE];
    memset(mac, 0, sizeof *mac);
    if (key.len == 0)
        return HERD_EBAD;
    if (key.len > sizeof mac->key)
        return HERD_ETOOLONG;
    memcpy(mac->key, key.data, key.len);
    mac->key_len = key.len;
    int rc = sign(mac, HERD_LIT("trial"), trial);
    io_mem_wipe(trial, sizeof trial);
    if (rc != HERD_OK)
        io_mac_wipe(mac);
    return rc;
}

void io_mac_wipe(struct io_mac *mac)
{
    io_mem_wipe(mac, sizeof *mac);
}

/* Strangers could send a fixed result, too. Without random bytes no safe result is left. */
void io_mac_sign(void *ctx, struct herd_slice text, uint8_t out[IO_MAC_SIZE])
{
    struct herd_error_text unused;
    if (sign(ctx, text, out) != HERD_OK && io_random(out, IO_MAC_SIZE, &unused) != HERD_OK)
        abort();
}

const char *io_mac_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
