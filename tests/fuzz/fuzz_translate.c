/* SPDX-License-Identifier: ISC */
/* What each provider makes of an answer: nothing, or JSON in the shape of Google's. The
 * first byte chooses the provider and the HTTP status, the second makes an allocation
 * fail when it is small and not 0. */
#include "fuzz.h"

#include "json_oracle.h"
#include "json_scan.h"
#include "places/provider.h"
#include "result_cut.h"

enum { TEXT_MAX = 1 << 20 };

static const int statuses[] = {200, 200, 400, 403, 404, 429, 500, 504};

static void translate(const struct herd_places_provider *provider,
                      const struct herd_places_answer *answer, struct fuzz_mem *mem,
                      struct herd_places_result *got)
{
    herd_places_result_init(got, &mem->mem, TEXT_MAX);
    provider->translate(answer, got);
    FUZZ_CHECK(got->verdict >= HERD_PLACES_FOUND && got->verdict <= HERD_PLACES_FAILED);
    if (got->rc != HERD_OK)
        FUZZ_CHECK(got->verdict == HERD_PLACES_FAILED && got->text.len == 0);
    else
        FUZZ_CHECK(got->text.len > 0);
}

/* What the writer has noted is what a reader finds. */
static void check_text(const struct herd_places_provider *provider,
                       const struct herd_places_result *got, struct fuzz_mem *mem)
{
    struct herd_buf cut, again;
    struct herd_slice text = herd_buf_bytes(&got->text);
    struct herd_json_outline outline = {.array_name = HERD_LIT("results"),
                                        .string_name = HERD_LIT("status")};
    herd_buf_init(&cut, &mem->mem, TEXT_MAX);
    herd_buf_init(&again, &mem->mem, TEXT_MAX);
    FUZZ_CHECK(herd_json_scan(text, &outline) == HERD_OK);
    FUZZ_CHECK(result_cut(got, 1, &cut) == HERD_OK);
    FUZZ_CHECK(result_cut_body(text, 1, &again) == HERD_OK);
    FUZZ_CHECK(herd_slice_eq(herd_buf_bytes(&cut), herd_buf_bytes(&again)));
    if (provider == &herd_google_legacy) {
        (void)json_oracle_accepts(text);
    } else {
        FUZZ_CHECK(outline.has_array && outline.has_string);
        json_oracle_legacy(text, HERD_PLACES_RESULTS_MAX);
        json_oracle_legacy(herd_buf_bytes(&cut), 1);
    }
    herd_buf_free(&cut);
    herd_buf_free(&again);
}

/* What is asked for is bounded, and nobody's bytes but ours. */
static void check_request(const struct herd_places_provider *provider,
                          const struct herd_places_search *search)
{
    char out[HERD_PROVIDER_REQUEST_MAX];
    size_t len = provider->print(search, out);
    FUZZ_CHECK(len > 0 && len <= sizeof out);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(out[i] >= '\n' && out[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    uint8_t choice = fuzz_byte(&input), scarce = fuzz_byte(&input);
    const struct herd_places_provider *provider = herd_places_provider_at(choice % 4);
    struct herd_places_search search = {.point = {(choice - 128) * INT64_C(703000001),
                                                  (choice - 128) * INT64_C(1403000001)},
                                        .radius_km = choice % 51,
                                        .timeout_ms = 1 + choice * INT64_C(2353)};
    struct herd_slice body = fuzz_copy(input);
    struct herd_places_answer answer = {statuses[choice / 4 % 8], body, search};
    struct fuzz_mem mem;
    struct herd_places_result first, second;
    fuzz_mem_init(&mem);
    check_request(provider, &search);
    translate(provider, &answer, &mem, &first);
    if (first.rc == HERD_OK)
        check_text(provider, &first, &mem);
    mem.until = scarce < 16 ? scarce : 0;
    translate(provider, &answer, &mem, &second);
    if (scarce == 0 || scarce >= 16 || mem.until > 0) {
        FUZZ_CHECK(first.rc == second.rc && first.verdict == second.verdict);
        FUZZ_CHECK(
            herd_slice_eq(herd_buf_bytes(&first.text), herd_buf_bytes(&second.text)));
    }
    herd_buf_free(&first.text);
    herd_buf_free(&second.text);
    fuzz_drop(body);
    FUZZ_CHECK(mem.live == 0);
    return 0;
}
