/* SPDX-License-Identifier: ISC */
/* The session of a follower: whatever a server says, records are whole, positions do not go
 * back, memory is bounded; and however the bytes are cut, the same is told. The first byte
 * says how to cut, the second whether records are given. */
#include "fuzz.h"

#include "follow/session.h"
#include "herd/err.h"
#include "siphash.h"

#include <string.h>

struct told {
    uint64_t hash;
    size_t calls;
    int end; /* 0, or the error */
    struct follow_position position;
    unsigned left; /* records to give */
};

static void mix(struct told *told, struct herd_slice part)
{
    uint8_t key[HERD_SIPHASH_KEY] = {0};
    memcpy(key, &told->hash, sizeof told->hash);
    told->hash = herd_siphash(part, key) + part.len;
    told->calls++;
}

static int on_full_sync(void *ctx)
{
    mix(ctx, HERD_LIT("sync"));
    return HERD_OK;
}

static int on_record(void *ctx, const struct herd_record *record)
{
    struct herd_record again;
    FUZZ_CHECK(herd_record_parse(record->text, &again) == HERD_OK);
    FUZZ_CHECK(record->client.len > 0 && record->text.len <= HERD_RECORD_MAX);
    mix(ctx, record->text);
    return HERD_OK;
}

static int on_position(void *ctx, const struct follow_position *position, bool whole)
{
    struct told *told = ctx;
    FUZZ_CHECK(position->known);
    FUZZ_CHECK(!told->position.known || position->seq >= told->position.seq);
    told->position = *position;
    mix(told, whole ? HERD_LIT("whole") : HERD_LIT("position"));
    return HERD_OK;
}

static int on_give(void *ctx, struct herd_slice *text)
{
    struct told *told = ctx;
    *text = HERD_LIT("AT A +0.0 kiwi +1-2 1.5");
    return told->left > 0 && told->left-- > 0;
}

static struct told read_all(struct herd_slice text, size_t piece, unsigned gives)
{
    static const uint8_t boot[FOLLOW_FEED] = {1};
    struct follow_position none = {.known = false};
    struct told told = {.left = gives};
    struct follow_session session;
    struct fuzz_mem mem;
    const struct follow_calls calls = {.ctx = &told,
                                       .full_sync = on_full_sync,
                                       .record = on_record,
                                       .position = on_position,
                                       .give = gives > 0 ? on_give : NULL};
    fuzz_mem_init(&mem);
    follow_session_init(&session, &mem.mem, &calls, &none, boot);
    told.end = follow_session_start(&session, "fuzz", (struct herd_mono){1});
    while (text.len > 0 && told.end == HERD_OK) {
        struct herd_slice copy = fuzz_copy(fuzz_take(&text, piece));
        told.end = follow_session_on_bytes(&session, copy, (struct herd_mono){2});
        fuzz_drop(copy);
        while (told.end == HERD_OK && session.out.len > 0) {
            herd_buf_consume(&session.out, session.out.len);
            told.end = follow_session_on_sent(&session);
        }
    }
    FUZZ_CHECK(told.end == HERD_OK || session.why.text[0] != '\0');
    FUZZ_CHECK(mem.peak <= 4 << 20);
    follow_session_free(&session);
    FUZZ_CHECK(mem.live == 0);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    size_t piece = (size_t)fuzz_byte(&input) + 1;
    unsigned gives = fuzz_byte(&input) % 4;
    struct told whole = read_all(input, SIZE_MAX, 0);
    struct told cut = read_all(input, piece, 0);
    FUZZ_CHECK(whole.calls == cut.calls);
    FUZZ_CHECK(whole.hash == cut.hash);
    FUZZ_CHECK(whole.end == cut.end);
    (void)read_all(input, piece, gives);
    return 0;
}
