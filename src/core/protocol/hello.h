/* HELLO: who a server says it is, and what its MAC covers. doc/protocol.md has the grammar.
 */
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
enum { HERD_VERSION_LEAST = 1, HERD_VERSION_MOST = 1 };

/* By these rules records are merged; servers with other rules would never agree. */
#define HERD_MERGE_RULES "AT records of at most 8192 octets; later time, then greater text"

struct herd_hello {
    uint64_t version_least, version_most;
    struct herd_slice herd, from, to;
    uint64_t boot, rules;
    struct herd_wall clock;
    uint8_t nonce[HERD_HELLO_NONCE];
};

/* From the arguments of the frame, into which the slices point. Words behind those known
 * are ignored. Errors: HERD_EBAD, HERD_ETOOLONG. */
int herd_hello_parse(struct herd_slice args, struct herd_hello *hello);

/* Prints the arguments, with NUL, to `out` (HERD_HELLO_MAX bytes; names are those of a
 * configuration, which fit). Returns the bytes without the NUL. */
size_t herd_hello_print(const struct herd_hello *hello, char *out);

/* The hash of HERD_MERGE_RULES. */
uint64_t herd_hello_rules(void);

enum { HERD_AUTH_TEXT = 2 * HERD_HELLO_MAX + 16 };

/* What an AUTH signs: the role of its sender, and both HELLOs as they were sent. `out` has
 * HERD_AUTH_TEXT bytes. */
struct herd_slice herd_auth_text(const char *role, struct herd_slice dialler,
                                 struct herd_slice acceptor, char *out);

#endif
