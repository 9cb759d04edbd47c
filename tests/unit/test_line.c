/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "fail_mem.h"
#include "rig/rig.h"

#include "herd/err.h"
#include "line.h"

/* Writes each line with a bar after it; an error ends it with an exclamation mark and
 * what was handed out with the error. */
struct reader {
    struct fail_mem mem;
    struct herd_line line;
    int rc; /* of the last call */
    struct rig_text seen;
};

static void set_up(struct reader *r, size_t max)
{
    fail_mem_init(&r->mem);
    herd_line_init(&r->line, &r->mem.mem, max);
    r->rc = 0;
    r->seen = (struct rig_text){NULL, 0, 0};
    rig_text_clear(&r->seen);
}

static void tear_down(struct reader *r)
{
    herd_line_free(&r->line);
    rig_text_free(&r->seen);
    CHECK_INT((int64_t)r->mem.blocks, 0);
}

static struct herd_slice seen(const struct reader *r)
{
    return herd_slice(r->seen.data, r->seen.len);
}

static void feed(void *ctx, struct herd_slice piece)
{
    struct reader *r = ctx;
    struct herd_slice line;
    if (r->rc < 0)
        return;
    while ((r->rc = herd_line_next(&r->line, &piece, &line)) == 1) {
        rig_text_add(&r->seen, line);
        rig_text_add(&r->seen, HERD_LIT("|"));
    }
    if (r->rc == 0) {
        CHECK_INT((int64_t)piece.len, 0);
        CHECK_SLICE(line, HERD_LIT(""));
        return;
    }
    rig_text_add(&r->seen, HERD_LIT("!"));
    rig_text_add(&r->seen, line);
}

static void finish(struct reader *r)
{
    struct herd_slice line;
    if (r->rc < 0)
        return;
    bool partial = herd_line_partial(&r->line);
    CHECK_INT(herd_line_rest(&r->line, &line), partial ? 1 : 0);
    if (partial) {
        rig_text_add(&r->seen, HERD_LIT("~"));
        rig_text_add(&r->seen, line);
    } else {
        CHECK_SLICE(line, HERD_LIT(""));
    }
    CHECK(!herd_line_partial(&r->line));
    CHECK_INT(herd_line_rest(&r->line, &line), 0);
}

struct text_case {
    const char *text;
    const char *want; /* with a tilde before an unfinished line */
};

enum { TEXT_MAX = 12 };

static const struct text_case text_cases[] = {
    {"", ""},
    {"\n", "|"},
    {"\n\n\n", "|||"},
    {"a", "~a"},
    {"a\n", "a|"},
    {"\na", "|~a"},
    {"one\ntwo\nthree\n", "one|two|three|"},
    {"one\ntwo\nthree", "one|two|~three"},
    {"\r\n \r\n\t\n", "\r| \r|\t|"},
    {"\n\nlast\n\n", "||last||"},
    {"123456789012\n", "123456789012|"},
    {"123456789012", "~123456789012"},
    {"123456789012\n123456789012\nx", "123456789012|123456789012|~x"},
    {"1234567890123\n", "!123456789012"},
    {"1234567890123", "!123456789012"},
    {"12345678901234567890", "!123456789012"},
    {"ok\n1234567890123\nnever\n", "ok|!123456789012"},
};

static const size_t text_count = sizeof text_cases / sizeof text_cases[0];

static void check_cutting(const struct text_case *c, const char *how,
                          void (*cut)(struct herd_slice, cut_feed *, void *))
{
    struct reader r;
    set_up(&r, TEXT_MAX);
    CHECK_LABEL("%s, %s", c->text, how);
    cut(herd_slice_str(c->text), feed, &r);
    finish(&r);
    CHECK_SLICE(seen(&r), herd_slice_str(c->want));
    tear_down(&r);
}

static void splits_in_any_cutting(void)
{
    for (size_t i = 0; i < text_count; i++) {
        const struct text_case *c = &text_cases[i];
        struct herd_slice text = herd_slice_str(c->text);
        check_cutting(c, "in bytes", cut_bytes);
        for (size_t at = 0; at <= text.len; at++) {
            for (size_t next = at; next <= text.len; next++) {
                struct reader r;
                set_up(&r, TEXT_MAX);
                CHECK_LABEL("%s, cut at %zu and %zu", c->text, at, next);
                cut_whole(herd_slice(text.data, at), feed, &r);
                cut_at(herd_slice_from(text, at), next - at, feed, &r);
                finish(&r);
                CHECK_SLICE(seen(&r), herd_slice_str(c->want));
                tear_down(&r);
            }
        }
    }
}

/* What of `want` comes of the first `len` bytes of a text: each line needs its LF. */
static void check_prefix(void *ctx, struct herd_slice piece)
{
    const struct text_case *c = ctx;
    struct reader r;
    set_up(&r, TEXT_MAX);
    CHECK_LABEL("%s, the first %zu", c->text, piece.len);
    feed(&r, piece);
    if (r.rc == 0)
        CHECK_SLICE(seen(&r), herd_slice(c->want, r.seen.len));
    else
        CHECK_SLICE(seen(&r), herd_slice_str(c->want));
    size_t lines = 0, bars = 0;
    for (size_t i = 0; i < piece.len; i++)
        lines += piece.data[i] == '\n';
    for (size_t i = 0; i < r.seen.len; i++)
        bars += r.seen.data[i] == '|';
    if (r.rc == 0)
        CHECK_INT((int64_t)bars, (int64_t)lines);
    tear_down(&r);
}

static void knows_each_prefix(void)
{
    for (size_t i = 0; i < text_count; i++) {
        struct text_case c = text_cases[i];
        cut_prefixes(herd_slice_str(c.text), check_prefix, &c);
    }
}

static void copies_no_whole_line(void)
{
    struct reader r;
    struct herd_slice line;
    set_up(&r, TEXT_MAX);
    struct herd_slice text = cut_guarded(HERD_LIT("one\n\nthree\n")), input = text;
    CHECK_INT(herd_line_next(&r.line, &input, &line), 1);
    CHECK(line.data == text.data);
    CHECK(input.data == text.data + 4);
    CHECK_INT(herd_line_next(&r.line, &input, &line), 1);
    CHECK_INT(herd_line_next(&r.line, &input, &line), 1);
    CHECK(line.data == text.data + 5);
    CHECK_SLICE(line, HERD_LIT("three"));
    CHECK_INT(herd_line_next(&r.line, &input, &line), 0);
    CHECK_INT((int64_t)r.mem.calls, 0);
    tear_down(&r);
}

/* A line out of the carry stays until the next call, while its input is gone already. */
static void keeps_line_until_next_call(void)
{
    struct reader r;
    struct herd_slice line, next;
    set_up(&r, TEXT_MAX);
    struct herd_slice input = cut_guarded(HERD_LIT("un"));
    CHECK(!herd_line_partial(&r.line));
    CHECK_INT(herd_line_next(&r.line, &input, &line), 0);
    CHECK(herd_line_partial(&r.line));
    input = cut_guarded(HERD_LIT("cut\nnext\npart"));
    CHECK_INT(herd_line_next(&r.line, &input, &line), 1);
    CHECK(!herd_line_partial(&r.line));
    CHECK_INT(herd_line_rest(&r.line, &next), 0);
    struct herd_slice copy = input;
    char kept[16];
    REQUIRE(copy.len == 9);
    memcpy(kept, copy.data, copy.len);
    cut_guarded(HERD_LIT("-------------"));
    CHECK_SLICE(line, HERD_LIT("uncut"));
    input = herd_slice(kept, copy.len);
    CHECK_INT(herd_line_next(&r.line, &input, &line), 1);
    CHECK(line.data == kept);
    CHECK_SLICE(line, HERD_LIT("next"));
    CHECK_INT(herd_line_next(&r.line, &input, &line), 0);
    CHECK_INT(herd_line_rest(&r.line, &line), 1);
    CHECK_SLICE(line, HERD_LIT("part"));
    input = HERD_LIT("");
    CHECK_INT(herd_line_next(&r.line, &input, &line), 0);
    CHECK(!herd_line_partial(&r.line));
    tear_down(&r);
}

/* The rest that was handed out is not the beginning of what comes then. */
static void starts_afresh_after_rest(void)
{
    struct reader r;
    set_up(&r, TEXT_MAX);
    feed(&r, HERD_LIT("rest"));
    finish(&r);
    feed(&r, HERD_LIT("new\n"));
    CHECK_SLICE(seen(&r), HERD_LIT("~restnew|"));
    tear_down(&r);
}

enum { LONG = 1500 };

static struct herd_slice long_text(void)
{
    static char text[2 * LONG];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % LONG == LONG - 1 ? '\n' : (char)('a' + i % 26);
    return herd_slice(text, sizeof text);
}

/* Whichever allocation fails: an empty line, no byte taken, and a second try works. */
static void survives_lack_of_memory(void)
{
    struct herd_slice text = long_text();
    size_t failures = 0, n = 1;
    for (bool failed = true; failed; n++) {
        struct reader r;
        size_t lines = 0;
        set_up(&r, LONG);
        fail_mem_arm(&r.mem, n, false);
        CHECK_LABEL("allocation %zu fails", n);
        for (size_t i = 0; i < text.len; i++) {
            struct herd_slice input = herd_slice(text.data + i, 1), line;
            int rc = herd_line_next(&r.line, &input, &line);
            if (rc < 0) {
                CHECK_INT(rc, HERD_ENOMEM);
                CHECK_SLICE(line, HERD_LIT(""));
                CHECK_INT((int64_t)input.len, 1);
                rc = herd_line_next(&r.line, &input, &line);
            }
            if (rc == 1)
                CHECK_SLICE(line, herd_slice(text.data + LONG * lines++, LONG - 1));
        }
        CHECK_INT((int64_t)lines, 2);
        failed = r.mem.failed > 0;
        failures += failed;
        tear_down(&r);
    }
    CHECK_INT((int64_t)failures, 4); /* 256, 512, 1024, 1500 bytes */
}

static void refuses_without_memory(void)
{
    struct reader r;
    struct herd_slice line, input = HERD_LIT("abc"), text = long_text();
    set_up(&r, 1000);
    CHECK_INT(herd_line_next(&r.line, &input, &line), 0);
    fail_mem_arm(&r.mem, 1, true);
    CHECK_INT(herd_line_next(&r.line, &text, &line), HERD_ENOMEM);
    CHECK_SLICE(line, HERD_LIT(""));
    fail_mem_arm(&r.mem, 0, false);
    CHECK_INT(herd_line_next(&r.line, &text, &line), HERD_ETOOLONG);
    CHECK_INT((int64_t)line.len, 1000);
    CHECK_SLICE(herd_slice(line.data, 3), HERD_LIT("abc"));
    CHECK_SLICE(herd_slice_from(line, 3), herd_slice(text.data, 997));
    tear_down(&r);
}

const struct check_test test_line[] = {
    {"splits in any cutting", splits_in_any_cutting},
    {"knows each prefix", knows_each_prefix},
    {"copies no whole line", copies_no_whole_line},
    {"keeps a line until the next call", keeps_line_until_next_call},
    {"starts afresh after the rest", starts_afresh_after_rest},
    {"survives lack of memory", survives_lack_of_memory},
    {"refuses without memory", refuses_without_memory},
    {NULL, NULL},
};
