/* SPDX-License-Identifier: ISC */
/* Finds the frames of the link protocol in a stream of bytes, wherever it was cut.
 *
 *     VERB LENGTH[ ARGUMENTS]LF, then LENGTH bytes of payload
 *
 * VERB is 1 to 16 capital letters; LENGTH is decimal; ARGUMENTS are the words of the verb.
 * Since every header has the length of its payload, a server can skip a verb that it does
 * not know. A frame that is whole in the input is not copied. */
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
    struct herd_buf partial; /* the unfinished frame */
    bool consumed;           /* `partial` was returned, and is dropped by the next call */
    size_t payload_max;      /* bytes */
};

/* Takes no memory. `payload_max` is at most HERD_FRAME_PAYLOAD_MAX. */
void herd_framer_init(struct herd_framer *framer, const struct herd_mem *mem,
                      size_t payload_max);
/* Overwrites what it holds of frames that were returned; the last one must not be in use
 * any more. */
void herd_framer_wipe(struct herd_framer *framer);
/* Accepts one that was freed already. */
void herd_framer_free(struct herd_framer *framer);

/* The next frame. Takes its bytes off the front of *input. Returns 1: *frame is one, its
 * slices valid until the next call or as long as the input's bytes. 0: the input is used
 * up. HERD_EBAD (malformed header), HERD_ETOOLONG (header or payload over the limit),
 * HERD_ENOMEM: nothing more can be read from this stream. */
int herd_frame_next(struct herd_framer *framer, struct herd_slice *input,
                    struct herd_frame *frame);

#endif
