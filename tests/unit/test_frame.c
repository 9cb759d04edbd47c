/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "fail_mem.h"
#include "rig/rig.h"

#include "herd/err.h"
#include "protocol/frame.h"

enum { PAYLOAD_MAX = 20 };

/* Writes each frame as VERB[args]{payload}; an error ends it with an exclamation mark. */
struct reader {
    struct fail_mem mem;
    struct herd_framer framer;
    int rc; /* of the last call */
    struct rig_text seen;
};

static void set_up(struct reader *r, size_t payload_max)
{
    fail_mem_init(&r->mem);
    herd_framer_init(&r->framer, &r->mem.mem, payload_max);
    r->rc = 0;
    r->seen = (struct rig_text){NULL, 0, 0};
    rig_text_clear(&r->seen);
}

static void tear_down(struct reader *r)
{
    herd_framer_free(&r->framer);
    rig_text_free(&r->seen);
    CHECK_INT((int64_t)r->mem.blocks, 0);
}

static struct herd_slice seen(const struct reader *r)
{
    return herd_slice(r->seen.data, r->seen.len);
}

static void note_frame(struct reader *r, const struct herd_frame *frame)
{
    rig_text_add(&r->seen, frame->verb);
    rig_text_add(&r->seen, HERD_LIT("["));
    rig_text_add(&r->seen, frame->args);
    rig_text_add(&r->seen, HERD_LIT("]{"));
    rig_text_add(&r->seen, frame->payload);
    rig_text_add(&r->seen, HERD_LIT("}"));
}

static void feed(void *ctx, struct herd_slice piece)
{
    struct reader *r = ctx;
    struct herd_frame frame;
    if (r->rc < 0)
        return;
    while ((r->rc = herd_frame_next(&r->framer, &piece, &frame)) == 1)
        note_frame(r, &frame);
    if (r->rc == 0)
        CHECK_INT((int64_t)piece.len, 0);
    else
        rig_text_add(&r->seen, HERD_LIT("!"));
}

struct frame_case {
    const char *text;
    int rc;
    const char *want;
};

static const struct frame_case frame_cases[] = {
    {"", HERD_OK, ""},
    {"PING 0\n", HERD_OK, "PING[]{}"},
    {"A 0\n", HERD_OK, "A[]{}"},
    {"AZ 0\n", HERD_OK, "AZ[]{}"},
    {"ABCDEFGHIJKLMNOP 0\n", HERD_OK, "ABCDEFGHIJKLMNOP[]{}"},
    {"UNKNOWN 3\nabc", HERD_OK, "UNKNOWN[]{abc}"},
    {"BATCH 5 1\nabcd\n", HERD_OK, "BATCH[1]{abcd\n}"},
    {"BATCH 0005 1\nabcd\n", HERD_OK, "BATCH[1]{abcd\n}"},
    {"HELLO 0 1 1 Goloman Hands 0123\n", HERD_OK, "HELLO[1 1 Goloman Hands 0123]{}"},
    {"V 0 \n", HERD_OK, "V[]{}"},
    {"V 0  two  spaces \n", HERD_OK, "V[ two  spaces ]{}"},
    {"V 1 \r\t\v\x80\xff\n\n", HERD_OK, "V[\r\t\v\x80\xff]{\n}"},
    {"V 20\n12345678901234567890W 0\n", HERD_OK, "V[]{12345678901234567890}W[]{}"},
    {"A 1\nxB 2 b\nyyC 0 c\nD 4\nE 0\n", HERD_OK, "A[]{x}B[b]{yy}C[c]{}D[]{E 0\n}"},
    {"A 4\nab", HERD_OK, ""},
    {"A 0\nB 4\nab", HERD_OK, "A[]{}"},
    {"A 0\nB ", HERD_OK, "A[]{}"},
    {"\n", HERD_EBAD, "!"},
    {" 0\n", HERD_EBAD, "!"},
    {"A\n", HERD_EBAD, "!"},
    {"A \n", HERD_EBAD, "!"},
    {"A  0\n", HERD_EBAD, "!"},
    {"A 0", HERD_OK, ""},
    {"A\t0\n", HERD_EBAD, "!"},
    {"A 0\r\n", HERD_EBAD, "!"},
    {"A 0\tx\n", HERD_EBAD, "!"},
    {"A -1\n", HERD_EBAD, "!"},
    {"A +1\n", HERD_EBAD, "!"},
    {"A 1.0\n", HERD_EBAD, "!"},
    {"A 0x1\n", HERD_EBAD, "!"},
    {"A x\n", HERD_EBAD, "!"},
    {"a 0\n", HERD_EBAD, "!"},
    {"Ab 0\n", HERD_EBAD, "!"},
    {"A1 0\n", HERD_EBAD, "!"},
    {"@ 0\n", HERD_EBAD, "!"},
    {"[ 0\n", HERD_EBAD, "!"},
    {"\xc1 0\n", HERD_EBAD, "!"},
    {"ABCDEFGHIJKLMNOPQ 0\n", HERD_EBAD, "!"},
    {"A 21\n", HERD_ETOOLONG, "!"},
    {"A 18446744073709551616\n", HERD_ETOOLONG, "!"},
    {"A 0\nB 21 x\n", HERD_ETOOLONG, "A[]{}!"},
    {"A 1\nx\nB 0\n", HERD_EBAD, "A[]{x}!"},
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", HERD_EBAD, "!"},
};

static void reads_in_any_cutting(void)
{
    for (size_t i = 0; i < sizeof frame_cases / sizeof frame_cases[0]; i++) {
        const struct frame_case *c = &frame_cases[i];
        struct herd_slice text = herd_slice_str(c->text);
        struct reader r;
        for (size_t at = 0; at <= text.len; at++) {
            for (size_t next = at; next <= text.len; next++) {
                set_up(&r, PAYLOAD_MAX);
                CHECK_LABEL("%s, cut at %zu and %zu", c->text, at, next);
                cut_whole(herd_slice(text.data, at), feed, &r);
                cut_at(herd_slice_from(text, at), next - at, feed, &r);
                CHECK_INT(r.rc, c->rc);
                CHECK_SLICE(seen(&r), herd_slice_str(c->want));
                tear_down(&r);
            }
        }
        set_up(&r, PAYLOAD_MAX);
        CHECK_LABEL("%s, in bytes", c->text);
        cut_bytes(text, feed, &r);
        CHECK_INT(r.rc, c->rc);
        CHECK_SLICE(seen(&r), herd_slice_str(c->want));
        tear_down(&r);
    }
}

static void passes_on_nul(void)
{
    struct reader r;
    set_up(&r, PAYLOAD_MAX);
    feed(&r, cut_guarded(HERD_LIT("V 3 a\0b\n\0\n\0W 0\n")));
    CHECK_SLICE(seen(&r), HERD_LIT("V[a\0b]{\0\n\0}W[]{}"));
    tear_down(&r);
}

/* A prefix of a good stream is no error. */
static void feed_prefix(void *ctx, struct herd_slice piece)
{
    struct reader r;
    const char *want = ctx;
    set_up(&r, PAYLOAD_MAX);
    CHECK_LABEL("the first %zu", piece.len);
    feed(&r, piece);
    CHECK_INT(r.rc, 0);
    CHECK_SLICE(seen(&r), herd_slice(want, r.seen.len));
    tear_down(&r);
}

static void waits_for_the_rest(void)
{
    char want[] = "A[]{x}B[b c]{\n\n}C[]{}";
    cut_prefixes(HERD_LIT("A 1\nxB 2 b c\n\n\nC 0\n"), feed_prefix, want);
}

/* ---- limits ---- */

/* V, a length, a space and the letter a up to `len` bytes; the LF and one more frame. */
static struct herd_slice long_header(size_t len)
{
    static char text[HERD_FRAME_HEADER_MAX + 16];
    memset(text, 'a', len);
    memcpy(text, "V 0 ", 4);
    memcpy(text + len, "\nW 0\n", 5);
    return herd_slice(text, len + 5);
}

static void keeps_header_limit(void)
{
    for (size_t len = HERD_FRAME_HEADER_MAX - 1; len <= HERD_FRAME_HEADER_MAX + 1; len++) {
        struct herd_slice text = long_header(len);
        bool fits = len <= HERD_FRAME_HEADER_MAX;
        for (size_t at = 0; at <= text.len; at += at < len - 2 ? 97 : 1) {
            struct reader r;
            set_up(&r, PAYLOAD_MAX);
            CHECK_LABEL("header of %zu bytes, cut at %zu", len, at);
            cut_at(text, at, feed, &r);
            CHECK_INT(r.rc, fits ? 0 : HERD_ETOOLONG);
            CHECK_INT((int64_t)r.seen.len, fits ? (int64_t)len - 4 + 5 + 5 : 1);
            tear_down(&r);
        }
        struct reader r;
        set_up(&r, PAYLOAD_MAX);
        CHECK_LABEL("header of %zu bytes in bytes", len);
        cut_bytes(text, feed, &r);
        CHECK_INT(r.rc, fits ? 0 : HERD_ETOOLONG);
        tear_down(&r);
        set_up(&r, PAYLOAD_MAX);
        feed(&r, cut_guarded(herd_slice(text.data, len)));
        CHECK_LABEL("header of %zu bytes without its LF", len);
        CHECK_INT(r.rc, fits ? 0 : HERD_ETOOLONG);
        tear_down(&r);
    }
}

/* One frame with as much payload as there may be, and one after it. */
static struct herd_slice large_frame(void)
{
    static char text[HERD_FRAME_PAYLOAD_MAX + 32];
    size_t header = 14;
    memcpy(text, "BATCH 65536 7\n", header);
    for (size_t i = 0; i < HERD_FRAME_PAYLOAD_MAX; i++)
        text[header + i] = (char)(i * 31 + i / 251);
    memcpy(text + header + HERD_FRAME_PAYLOAD_MAX, "W 0 x\n", 6);
    return herd_slice(text, header + HERD_FRAME_PAYLOAD_MAX + 6);
}

static void keeps_payload_limit(void)
{
    static const size_t steps[] = {1, 13, 14, 15, 1000, 16384, 65536, 65550, 65551, 70000};
    struct herd_slice text = large_frame();
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct reader r;
        struct herd_frame frame;
        int frames = 0;
        set_up(&r, HERD_FRAME_PAYLOAD_MAX);
        CHECK_LABEL("%zu bytes at a time", steps[s]);
        for (size_t at = 0; at < text.len; at += steps[s]) {
            size_t n = text.len - at < steps[s] ? text.len - at : steps[s];
            struct herd_slice piece = herd_slice(text.data + at, n);
            while ((r.rc = herd_frame_next(&r.framer, &piece, &frame)) == 1) {
                CHECK_SLICE(frame.verb, ++frames == 1 ? HERD_LIT("BATCH") : HERD_LIT("W"));
                CHECK_SLICE(frame.args, frames == 1 ? HERD_LIT("7") : HERD_LIT("x"));
                CHECK_SLICE(
                    frame.payload,
                    herd_slice(text.data + 14, frames == 1 ? HERD_FRAME_PAYLOAD_MAX : 0));
            }
            CHECK_INT(r.rc, 0);
        }
        CHECK_INT(frames, 2);
        tear_down(&r);
    }
    struct reader r;
    set_up(&r, HERD_FRAME_PAYLOAD_MAX);
    feed(&r, HERD_LIT("BATCH 65537 7\n"));
    CHECK_INT(r.rc, HERD_ETOOLONG);
    tear_down(&r);
    set_up(&r, 0);
    feed(&r, HERD_LIT("A 0\nB 1\n"));
    CHECK_INT(r.rc, HERD_ETOOLONG);
    CHECK_SLICE(seen(&r), HERD_LIT("A[]{}!"));
    tear_down(&r);
}

/* ---- memory ---- */

static void copies_no_whole_frame(void)
{
    struct reader r;
    struct herd_frame frame;
    set_up(&r, PAYLOAD_MAX);
    struct herd_slice text = cut_guarded(HERD_LIT("A 1 a\nxB 0\nCC 3 c d\nyyy"));
    struct herd_slice input = text;
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 1);
    CHECK(frame.verb.data == text.data && frame.payload.data == text.data + 6);
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 1);
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 1);
    CHECK(frame.args.data == text.data + 16 && input.len == 0);
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 0);
    CHECK_INT((int64_t)r.mem.calls, 0);
    tear_down(&r);
}

/* A frame out of the carry stays until the next call, while its input is gone already. */
static void keeps_frame_until_next_call(void)
{
    struct reader r;
    struct herd_frame frame, direct;
    set_up(&r, PAYLOAD_MAX);
    struct herd_slice input = cut_guarded(HERD_LIT("UNC"));
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 0);
    input = cut_guarded(HERD_LIT("UT 4 arg\npay"));
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 0);
    struct herd_slice last = HERD_LIT("!N 0 n\n");
    input = last;
    CHECK_INT(herd_frame_next(&r.framer, &input, &frame), 1);
    CHECK(input.data == last.data + 1);
    cut_guarded(HERD_LIT("----------------"));
    CHECK_SLICE(frame.verb, HERD_LIT("UNCUT"));
    CHECK_SLICE(frame.args, HERD_LIT("arg"));
    CHECK_SLICE(frame.payload, HERD_LIT("pay!"));
    CHECK_INT(herd_frame_next(&r.framer, &input, &direct), 1);
    CHECK(direct.verb.data == last.data + 1);
    CHECK_INT(herd_frame_next(&r.framer, &input, &direct), 0);
    tear_down(&r);
}

/* Whatever comes in one piece, no more of it is kept than shows the mistake. */
static void keeps_little_of_a_flood(void)
{
    static char flood[2 * HERD_FRAME_PAYLOAD_MAX];
    struct reader r;
    memset(flood, 'F', sizeof flood);
    set_up(&r, PAYLOAD_MAX);
    feed(&r, HERD_LIT("F 0 "));
    feed(&r, herd_slice(flood, sizeof flood));
    CHECK_INT(r.rc, HERD_ETOOLONG);
    CHECK(r.mem.peak <= 4 * HERD_FRAME_HEADER_MAX);
    tear_down(&r);
}

/* What cannot become a header is refused before its LF comes. */
static void foreign_bytes_end_at_once(void)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"\x16", HERD_EBAD},
        {"\n", HERD_EBAD},
        {" ", HERD_EBAD},
        {"a", HERD_EBAD},
        {"GET /", HERD_EBAD},
        {"GET  ", HERD_EBAD},
        {"GET\r", HERD_EBAD},
        {"GET:", HERD_EBAD},
        {"ABCDEFGHIJKLMNOPQ", HERD_EBAD},
        {"GET", 0},
        {"GET ", 0},
        {"GET 0", 0},
        {"GET 9 /", 0},
        {"G", 0},
        {"ABCDEFGHIJKLMNOP ", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reader r;
        CHECK_LABEL("%s", cases[i].text);
        set_up(&r, PAYLOAD_MAX);
        feed(&r, herd_slice_str(cases[i].text));
        CHECK_INT(r.rc, cases[i].rc);
        tear_down(&r);
    }
    CHECK_LABEL("%s", "");
}

static void survives_lack_of_memory(void)
{
    struct herd_slice text = large_frame();
    size_t failures = 0;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        struct reader r;
        struct herd_frame frame;
        set_up(&r, HERD_FRAME_PAYLOAD_MAX);
        fail_mem_arm(&r.mem, n, true);
        CHECK_LABEL("allocation %zu fails", n);
        for (size_t at = 0; at < text.len && r.rc == 0; at += 100) {
            size_t size = text.len - at < 100 ? text.len - at : 100;
            struct herd_slice piece = herd_slice(text.data + at, size);
            while ((r.rc = herd_frame_next(&r.framer, &piece, &frame)) == 1)
                continue;
        }
        failed = r.mem.failed > 0;
        failures += failed;
        CHECK_INT(r.rc, failed ? HERD_ENOMEM : 0);
        tear_down(&r);
    }
    CHECK(failures >= 8); /* 256 bytes, doubled up to 64 KiB and a little more */
}

const struct check_test test_frame[] = {
    {"reads in any cutting", reads_in_any_cutting},
    {"passes on NUL", passes_on_nul},
    {"waits for the rest", waits_for_the_rest},
    {"keeps the header limit", keeps_header_limit},
    {"keeps the payload limit", keeps_payload_limit},
    {"copies no whole frame", copies_no_whole_frame},
    {"keeps a frame until the next call", keeps_frame_until_next_call},
    {"keeps little of a flood", keeps_little_of_a_flood},
    {"foreign bytes end at once", foreign_bytes_end_at_once},
    {"survives lack of memory", survives_lack_of_memory},
    {NULL, NULL},
};
