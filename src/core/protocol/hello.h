/* SPDX-License-Identifier: ISC */
/* HELLO: the identity that a server claims, and the texts that AUTH and UP sign.
 * doc/protocol.md has the grammar. */
#ifndef HERD_CORE_PROTOCOL_HELLO_H
#define HERD_CORE_PROTOCOL_HELLO_H

#include "herd/instant.h"
#include "herd/slice.h"

#include <stddef.h>
#include <stdint.h>

enum {
    HERD_HELLO_MAX = 512, /* bytes of the arguments of a HELLO, and a NUL */
    HERD_HELLO_NONCE = 16,
};

/* The protocol versions of this program. */
enum { HERD_VERSION_LEAST = 2, HERD_VERSION_MOST = 2 };

/* The rules of merging records, as a text; servers with other rules would never converge.
 * What records are valid is one of them: a server that skips records which others keep has
 * another digest for ever. doc/protocol.md has the text and its hash. */
#define HERD_MERGE_RULES                                                                   \
    "AT and FORGOT records of at most 8192 octets, whose location may end in /, received " \
    "from 1970 to 2262; later effective time (the client's, at most 60 s after receipt), " \
    "then greater text; FORGOT covers what was received before it, and is raised above it"

struct herd_hello {
    uint64_t version_least, version_most;
    struct herd_slice herd, from, to; /* names */
    uint64_t rules;                   /* herd_hello_rules of the sender */
    struct herd_wall clock;           /* of the sender, when it was sent */
    uint8_t nonce[HERD_HELLO_NONCE];
};

/* From the arguments of the frame, into which the slices point. Words after those known
 * are ignored. Errors: HERD_EBAD, HERD_ETOOLONG. */
int herd_hello_parse(struct herd_slice args, struct herd_hello *hello);

/* Prints the arguments, with NUL, to `out` (HERD_HELLO_MAX bytes; names are those of a
 * configuration, which fit). Returns the bytes without the NUL. */
size_t herd_hello_print(const struct herd_hello *hello, char *out);

/* The hash of HERD_MERGE_RULES, and of client-expire (seconds) unless that is 0:
 * SipHash-1-3 under a key of zeros. */
uint64_t herd_hello_rules(int64_t expire_s);

enum { HERD_BOOT_TEXT = 17 }; /* bytes of a boot id as a word, NUL included */

/* One proof of the handshake: the text that AUTH or UP signs. */
struct herd_proof {
    const char *role;                    /* of the frame, less than 15 bytes */
    struct herd_slice dialler, acceptor; /* arguments of both HELLOs, as they were sent */
    struct herd_slice boot; /* the boot id in the frame; empty: there is none */
};

enum { HERD_PROOF_TEXT = 2 * HERD_HELLO_MAX + HERD_BOOT_TEXT + 16 };

/* Returns the text in `out`, which has HERD_PROOF_TEXT bytes. */
struct herd_slice herd_proof_text(const struct herd_proof *proof, char *out);

#endif
