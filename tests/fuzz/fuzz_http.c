/* SPDX-License-Identifier: ISC */
/* The requests that the Places server of the tests reads: whatever the cutting, the same
 * request comes out. The first byte says how to cut. Bodies go through the other parsers of
 * that server. */
#include "fuzz.h"

#include "herd/err.h"
#include "json_scan.h"
#include "places/http.h"
#include "places/list_cut.h"
#include "places/mask.h"

struct reading {
    enum http_result result;
    int status;
    struct http_request request;
};

/* The buffer moves with each piece, as that of a connection does. */
static struct herd_slice read_cut(struct herd_slice text, size_t piece, struct reading *got)
{
    struct http_reader reader = {0};
    struct herd_slice buffer = fuzz_copy(herd_slice("", 0));
    size_t len = 0;
    got->result = HTTP_MORE;
    while (got->result == HTTP_MORE && len < text.len) {
        len = piece < text.len - len ? len + piece : text.len;
        fuzz_drop(buffer);
        buffer = fuzz_copy(herd_slice(text.data, len));
        got->result = http_read(&reader, buffer, &got->request, &got->status);
    }
    return buffer;
}

static bool within(struct herd_slice part, struct herd_slice whole)
{
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void try_body(struct herd_slice body)
{
    struct bytes out = {0}, cut = {0};
    struct herd_slice wrong;
    if (herd_json_check(body) != HERD_OK)
        return;
    FUZZ_CHECK(mask_check(HERD_LIT("places.id,places.displayName"), &wrong));
    mask_apply(HERD_LIT("places.id,places.displayName"), body, 2, &out);
    FUZZ_CHECK(out.len > 0);
    struct herd_slice some = list_cut(body, "elements", 1, &cut);
    FUZZ_CHECK(herd_json_check(some) == HERD_OK && some.len <= body.len);
    bytes_free(&out);
    bytes_free(&cut);
}

static void check_request(const struct http_request *request, struct herd_slice buffer)
{
    struct herd_slice value;
    char text[256];
    FUZZ_CHECK(request->size > 0 && request->size <= buffer.len);
    FUZZ_CHECK(request->body.len <= HTTP_BODY_MAX);
    FUZZ_CHECK(within(request->method, buffer) && within(request->fields, buffer));
    FUZZ_CHECK(within(request->path, request->target));
    FUZZ_CHECK(within(request->query, request->target));
    FUZZ_CHECK(request->target.len > 0 && request->target.data[0] == '/');
    if (http_field(request, "X-Goog-FieldMask", &value)) {
        struct herd_slice wrong;
        FUZZ_CHECK(within(value, buffer));
        FUZZ_CHECK(mask_check(value, &wrong) || within(wrong, value));
    }
    if (http_query_value(request->query, "location", text, sizeof text))
        FUZZ_CHECK(strlen(text) < sizeof text);
    try_body(request->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    size_t piece = (size_t)fuzz_byte(&input) + 1;
    struct reading whole, cut;
    struct herd_slice first = read_cut(input, SIZE_MAX, &whole);
    struct herd_slice second = read_cut(input, piece, &cut);
    FUZZ_CHECK(whole.result == cut.result);
    if (whole.result == HTTP_READY) {
        check_request(&whole.request, first);
        check_request(&cut.request, second);
        FUZZ_CHECK(whole.request.size == cut.request.size);
        FUZZ_CHECK(whole.request.keep_alive == cut.request.keep_alive);
        FUZZ_CHECK(herd_slice_eq(whole.request.target, cut.request.target));
        FUZZ_CHECK(herd_slice_eq(whole.request.body, cut.request.body));
    } else if (whole.result == HTTP_REFUSED) {
        FUZZ_CHECK(whole.status >= 400 && whole.status < 600);
        FUZZ_CHECK(whole.status == cut.status);
    }
    fuzz_drop(first);
    fuzz_drop(second);
    try_body(input);
    return 0;
}
