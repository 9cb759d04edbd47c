/* SPDX-License-Identifier: ISC */
/* The framer: whatever the cutting, the same frames come out, and their parts put together
 * are the bytes that went in. The first byte says how to cut, the second how long payloads
 * may be. */
#include "fuzz.h"

#include "herd/err.h"
#include "protocol/frame.h"
#include "siphash.h"

#include <stdio.h>

struct tally {
    uint64_t hash;
    size_t frames;
    int end; /* 0, or the error */
};

static void mix(struct tally *tally, struct herd_slice part)
{
    uint8_t key[HERD_SIPHASH_KEY] = {0};
    memcpy(key, &tally->hash, sizeof tally->hash);
    tally->hash = herd_siphash(part, key) + part.len;
}

static void check_frame(const struct herd_frame *frame, size_t payload_max)
{
    FUZZ_CHECK(frame->verb.len >= 1 && frame->verb.len <= 16);
    for (size_t i = 0; i < frame->verb.len; i++)
        FUZZ_CHECK(frame->verb.data[i] >= 'A' && frame->verb.data[i] <= 'Z');
    FUZZ_CHECK(frame->args.len <= HERD_FRAME_HEADER_MAX);
    FUZZ_CHECK(frame->args.len == 0 ||
               memchr(frame->args.data, '\n', frame->args.len) == NULL);
    FUZZ_CHECK(frame->payload.len <= payload_max);
}

static struct tally read_all(struct herd_slice text, size_t piece, size_t payload_max)
{
    struct tally tally = {0};
    struct fuzz_mem mem;
    struct herd_framer framer;
    struct herd_frame frame;
    fuzz_mem_init(&mem);
    herd_framer_init(&framer, &mem.mem, payload_max);
    while (text.len > 0 && tally.end == 0) {
        struct herd_slice copy = fuzz_copy(fuzz_take(&text, piece));
        struct herd_slice input = copy;
        while ((tally.end = herd_frame_next(&framer, &input, &frame)) == 1) {
            check_frame(&frame, payload_max);
            mix(&tally, frame.verb);
            mix(&tally, frame.args);
            mix(&tally, frame.payload);
            tally.frames++;
        }
        FUZZ_CHECK(tally.end != 0 || input.len == 0);
        fuzz_drop(copy);
    }
    FUZZ_CHECK(mem.peak <= 2 * (HERD_FRAME_HEADER_MAX + payload_max) + 4096);
    herd_framer_free(&framer);
    FUZZ_CHECK(mem.live == 0);
    return tally;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    size_t piece = (size_t)fuzz_byte(&input) + 1;
    size_t payload_max = fuzz_byte(&input) % 2 == 0 ? 1024 : HERD_FRAME_PAYLOAD_MAX;
    struct tally whole = read_all(input, SIZE_MAX, payload_max);
    struct tally cut = read_all(input, piece, payload_max);
    FUZZ_CHECK(whole.frames == cut.frames);
    FUZZ_CHECK(whole.hash == cut.hash);
    FUZZ_CHECK(whole.end == cut.end);
    return 0;
}
