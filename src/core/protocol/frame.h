/* Bytes in any cutting -> frames of the link protocol.
 *
 *     VERB LENGTH[ ARGUMENTS]LF, then LENGTH bytes of payload
 *
 * VERB is 1 to 16 capital letters; LENGTH is decimal; ARGUMENTS are words for the verb to
 * read. Because every header tells its payload's length, a verb that a server does not
 * know can be skipped. A frame that stands whole in the input is not copied. */
#ifndef HERD_CORE_PROTOCOL_FRAME_H
#define HERD_CORE_PROTOCOL_FRAME_H

#include "herd/buf.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>

enum {
    HERD_FRAME_HEADER_MAX = 1024,   /* bytes, without LF */
    HERD_FRAME_PAYLOAD_MAX = 65536, /* bytes */
};

struct herd_frame {
    struct herd_slice verb;
    struct herd_slice args; /* what follows LENGTH and a space; may be empty */
    struct herd_slice payload;
};

struct herd_framer {
    struct herd_buf carry; /* the unfinished frame */
    bool taken;            /* the carry was handed out and goes with the next call */
    size_t payload_max;    /* bytes */
};

/* Takes no memory. `payload_max` is at most HERD_FRAME_PAYLOAD_MAX. */
void herd_framer_init(struct herd_framer *framer, const struct herd_mem *mem,
                      size_t payload_max);
void herd_framer_free(struct herd_framer *framer);

/* The next frame. Takes its bytes off the front of *input. Returns 1: *frame is one, its
 * slices valid until the next call or as long as the input's bytes. 0: the input is used
 * up. HERD_EBAD (malformed header), HERD_ETOOLONG (header or payload over the limit),
 * HERD_ENOMEM: the stream cannot be read on. */
int herd_frame_next(struct herd_framer *framer, struct herd_slice *input,
                    struct herd_frame *frame);

#endif
