/* The strict reader of JSON, the walk, and the cutting of a reply to a bound, which is the
 * first byte. The walk is let loose on text that was never checked, too. */
#include "fuzz.h"

#include "places/json_scan.h"
#include "places/json_walk.h"
#include "herd/err.h"
#include "places/trim.h"
#include "json_oracle.h"

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
    while (depth < HERD_PLACES_DEPTH_MAX && herd_json_next(&at, &key, &next)) {
        FUZZ_CHECK(next.data >= value.data &&
                   next.data + next.len <= value.data + value.len);
        values += walk(next, depth + 1);
    }
    return values;
}

static void check_cut(struct herd_slice body, uint32_t bound, struct herd_slice cut)
{
    struct json_reply before, after;
    struct fuzz_mem mem;
    struct herd_buf out;
    FUZZ_CHECK(herd_json_scan(body, bound, &before) == HERD_OK);
    FUZZ_CHECK(herd_json_scan(cut, bound, &after) == HERD_OK);
    FUZZ_CHECK(after.has_results == before.has_results);
    FUZZ_CHECK(after.count == (before.count < bound ? before.count : bound));
    FUZZ_CHECK(cut.len > 0 && cut.len <= body.len && cut.data[cut.len - 1] != '\n');
    for (size_t i = 1; i < cut.len; i++)
        FUZZ_CHECK(cut.data[i] != '\n' || cut.data[i - 1] != '\n');
    fuzz_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, 1 << 20);
    FUZZ_CHECK(herd_places_trim(cut, bound, &out, NULL) == HERD_OK);
    FUZZ_CHECK(herd_slice_eq(herd_buf_bytes(&out), cut));
    herd_buf_free(&out);
}

static void try_trim(struct herd_slice body, uint32_t bound)
{
    struct fuzz_mem mem;
    struct herd_buf out;
    struct herd_slice status;
    fuzz_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, 1 << 20);
    int rc = herd_places_trim(body, bound, &out, &status);
    if (rc == HERD_OK) {
        FUZZ_CHECK(status.len == 0 || (status.data > body.data &&
                                       status.data + status.len < body.data + body.len));
        check_cut(body, bound, herd_buf_bytes(&out));
    } else {
        FUZZ_CHECK(out.len == 0);
    }
    herd_buf_free(&out);
    FUZZ_CHECK(mem.live == 0);
}

/* An error of our own is JSON, whatever is in its message. */
static void try_error(struct herd_slice message)
{
    struct fuzz_mem mem;
    struct herd_buf out;
    fuzz_mem_init(&mem);
    herd_buf_init(&out, &mem.mem, 1 << 20);
    if (herd_places_error(HERD_LIT("UNKNOWN_ERROR"), message, &out) == HERD_OK) {
        FUZZ_CHECK(herd_json_check(herd_buf_bytes(&out)) == HERD_OK);
        json_oracle_legacy(herd_buf_bytes(&out), 0);
    }
    herd_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    uint32_t bound = fuzz_byte(&input) % 21;
    struct herd_slice text = fuzz_copy(input);
    struct json_reply reply;
    int rc = herd_json_check(text);
    int scanned = herd_json_scan(text, bound, &reply);
    FUZZ_CHECK(rc == HERD_OK || rc == HERD_EBAD || rc == HERD_ERANGE);
    FUZZ_CHECK(scanned != HERD_OK || rc == HERD_OK);
    size_t walked = walk(herd_json_root(text), 0);
    size_t counted = rc == HERD_OK ? json_oracle_accepts(text) : 0;
    FUZZ_CHECK(walked <= text.len + 1);
    FUZZ_CHECK(counted == 0 || counted == walked);
    try_trim(text, bound);
    if (text.len <= 256)
        try_error(text);
    fuzz_drop(text);
    return 0;
}
