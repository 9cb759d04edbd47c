/* SPDX-License-Identifier: ISC */
/* The strict reader of JSON, the walk, and the cutting of a reply to a bound, which is the
 * first byte. The walk is let loose on text that was never checked, too. */
#include "fuzz.h"

#include "json_scan.h"
#include "json_walk.h"
#include "json_oracle.h"
#include "result_cut.h"

/* Goes through all that the text holds, to a depth that the stack bears. */
static size_t walk(struct herd_slice value, unsigned depth)
{
    struct json_walk at;
    struct herd_slice key, next, inner;
    int64_t nano;
    size_t values = 1;
    if (herd_json_string(value, &inner))
        while (inner.len > 0)
            FUZZ_CHECK(herd_json_char(&inner) <= 0x10ffff);
    if (herd_json_nano(value, &nano))
        FUZZ_CHECK(nano <= 1000 * INT64_C(1000000000) &&
                   nano >= -1000 * INT64_C(1000000000));
    herd_json_open(&at, value);
    while (depth < HERD_JSON_DEPTH_MAX && herd_json_next(&at, &key, &next)) {
        FUZZ_CHECK(next.data >= value.data &&
                   next.data + next.len <= value.data + value.len);
        values += walk(next, depth + 1);
    }
    return values;
}

/* The members that a reply is cut by. */
static int scan(struct herd_slice text, struct herd_json_outline *outline)
{
    *outline = (struct herd_json_outline){.array_name = HERD_LIT("results"),
                                          .string_name = HERD_LIT("status")};
    return herd_json_scan(text, outline);
}

static void check_cut(struct herd_slice body, uint32_t bound, struct herd_slice cut)
{
    struct herd_json_outline before, after;
    struct fuzz_mem mem;
    struct herd_buf out;
    FUZZ_CHECK(scan(body, &before) == HERD_OK);
    FUZZ_CHECK(scan(cut, &after) == HERD_OK);
    FUZZ_CHECK(after.has_array == before.has_array);
    FUZZ_CHECK(after.count == (before.count < bound ? before.count : bound));
    FUZZ_CHECK(cut.len > 0 && cut.len <= body.len && cut.data[cut.len - 1] != '\n');
    for (size_t i = 1; i < cut.len; i++)
        FUZZ_CHECK(cut.data[i] != '\n' || cut.data[i - 1] != '\n');
    fuzz_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, 1 << 20);
    FUZZ_CHECK(result_cut_body(cut, bound, &out) == HERD_OK);
    FUZZ_CHECK(herd_slice_eq(herd_buf_bytes(&out), cut));
    herd_buf_free(&out);
}

static void try_cut(struct herd_slice body, uint32_t bound)
{
    struct fuzz_mem mem;
    struct herd_places_result result;
    struct herd_buf out;
    struct herd_slice status;
    fuzz_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, 1 << 20);
    herd_places_result_init(&result, &mem.mem, 1 << 20);
    if (herd_places_result_copy(&result, body, &status) == HERD_OK) {
        struct herd_slice text = herd_buf_bytes(&result.text);
        FUZZ_CHECK(status.len == 0 || (status.data > text.data &&
                                       status.data + status.len < text.data + text.len));
        FUZZ_CHECK(result_cut(&result, bound, &out) == HERD_OK);
        check_cut(body, bound, herd_buf_bytes(&out));
    } else {
        FUZZ_CHECK(result.rc != HERD_OK && result.text.len == 0);
    }
    herd_buf_free(&result.text);
    herd_buf_free(&out);
    FUZZ_CHECK(mem.live == 0);
}

/* An error of our own is JSON, whatever is in its message. */
static void try_error(struct herd_slice message)
{
    struct fuzz_mem mem;
    fuzz_mem_init(&mem);
    struct herd_places_result *result =
        herd_places_result_error(&mem.mem, HERD_LIT("UNKNOWN_ERROR"), message);
    if (result != NULL) {
        FUZZ_CHECK(herd_json_check(herd_buf_bytes(&result->text)) == HERD_OK);
        json_oracle_legacy(herd_buf_bytes(&result->text), 0);
    }
    herd_places_result_release(result);
    FUZZ_CHECK(mem.live == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    uint32_t bound = fuzz_byte(&input) % 21;
    struct herd_slice text = fuzz_copy(input);
    struct herd_json_outline outline;
    int rc = herd_json_check(text);
    int scanned = scan(text, &outline);
    FUZZ_CHECK(rc == HERD_OK || rc == HERD_EBAD || rc == HERD_ERANGE);
    FUZZ_CHECK(scanned != HERD_OK || rc == HERD_OK);
    size_t walked = walk(herd_json_root(text), 0);
    size_t counted = rc == HERD_OK ? json_oracle_accepts(text) : 0;
    FUZZ_CHECK(walked <= text.len + 1);
    FUZZ_CHECK(counted == 0 || counted == walked);
    try_cut(text, bound);
    if (text.len <= 256)
        try_error(text);
    fuzz_drop(text);
    return 0;
}
