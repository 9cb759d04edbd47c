/* SPDX-License-Identifier: ISC */
/* The line reader against a plain search for LF, in any cutting. The first byte says how to
 * cut, the second how long a line may be. */
#include "fuzz.h"

#include "herd/err.h"
#include "line.h"

/* The next line of the whole text as it should be; false after the last. */
static bool want_line(struct herd_slice *text, struct herd_slice *line)
{
    const char *lf = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    if (lf == NULL)
        return false;
    *line = fuzz_take(text, (size_t)(lf - text->data));
    fuzz_take(text, 1);
    return true;
}

static int read_piece(struct herd_line *reader, struct herd_slice piece, size_t max,
                      struct herd_slice *left)
{
    struct herd_slice copy = fuzz_copy(piece);
    struct herd_slice input = copy, got, want;
    int rc;
    while ((rc = herd_line_next(reader, &input, &got)) == 1) {
        FUZZ_CHECK(want_line(left, &want));
        FUZZ_CHECK(want.len <= max && herd_slice_eq(got, want));
    }
    if (rc == HERD_ETOOLONG) {
        FUZZ_CHECK(left->len > max && memchr(left->data, '\n', max + 1) == NULL);
        FUZZ_CHECK(herd_slice_eq(got, herd_slice(left->data, max)));
    } else {
        FUZZ_CHECK(rc == 0 && input.len == 0);
    }
    fuzz_drop(copy);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size), rest;
    size_t piece = (size_t)fuzz_byte(&input) + 1;
    size_t max = (size_t)fuzz_byte(&input) + 1;
    struct herd_slice left = input;
    struct herd_line reader;
    struct fuzz_mem mem;
    int rc = 0;
    fuzz_mem_init(&mem);
    herd_line_init(&reader, &mem.mem, max);
    while (input.len > 0 && rc == 0)
        rc = read_piece(&reader, fuzz_take(&input, piece), max, &left);
    if (rc == 0) {
        FUZZ_CHECK(herd_line_partial(&reader) == (left.len > 0));
        rc = herd_line_rest(&reader, &rest);
        FUZZ_CHECK(rc == (left.len > 0) && (rc == 0 || herd_slice_eq(rest, left)));
    }
    FUZZ_CHECK(mem.peak <= 2 * max + 4096);
    herd_line_free(&reader);
    FUZZ_CHECK(mem.live == 0);
    return 0;
}
