/* SPDX-License-Identifier: ISC */
#include "proof.h"

#include "handshake.h"
#include "hex.h"

const char herd_proof_dialler[] = "dialler", herd_proof_acceptor[] = "acceptor",
           herd_proof_up[] = "up";

struct herd_proof_mac herd_proof_sign(const struct herd_links *links,
                                      const struct herd_peer *peer, const char *role,
                                      struct herd_slice boot)
{
    const struct herd_mac *key = &links->context->setup.mac;
    const struct herd_handshake *handshake = peer->handshake;
    struct herd_slice local =
        herd_slice(handshake->local_hello, handshake->local_hello_len);
    struct herd_slice remote =
        herd_slice(handshake->remote_hello, handshake->remote_hello_len);
    struct herd_proof proof = {.role = role,
                               .dialler = peer->dialled ? local : remote,
                               .acceptor = peer->dialled ? remote : local,
                               .boot = boot};
    struct herd_proof_mac mac = {"none"};
    char text[HERD_PROOF_TEXT];
    uint8_t bytes[HERD_MAC_SIZE];
    if (key->sign != NULL) {
        key->sign(key->ctx, herd_proof_text(&proof, text), bytes);
        herd_hex_print(bytes, sizeof bytes, mac.word);
    }
    return mac;
}

/* Takes the same time whether the first or the last byte differs: no timing oracle. */
static bool mac_equal(struct herd_slice got, const char *want)
{
    size_t len = strlen(want);
    unsigned differ = got.len != len;
    for (size_t i = 0; i < got.len && i < len; i++)
        differ |= (unsigned char)got.data[i] ^ (unsigned char)want[i];
    return differ == 0;
}

const char *herd_proof_objection(const struct herd_links *links,
                                 const struct herd_peer *peer, const char *role,
                                 struct herd_slice boot, struct herd_slice mac)
{
    struct herd_proof_mac want = herd_proof_sign(links, peer, role, boot);
    if (mac_equal(mac, want.word))
        return NULL;
    if (links->context->setup.mac.sign == NULL)
        return "the neighbour has a herd key, this server has none";
    return mac_equal(mac, "none")
               ? "this server has a herd key, the neighbour has none"
               : "wrong key: the herd keys differ (herd-key-file, or herd.key in run-dir)";
}
