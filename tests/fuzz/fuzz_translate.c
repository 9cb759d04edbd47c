/* What each provider makes of an answer: nothing, or JSON in the shape of Google's. The
 * first byte chooses the provider and the HTTP status, the second makes an allocation
 * fail when it is small and not 0. */
#include "fuzz.h"

#include "places/json_scan.h"
#include "herd/err.h"
#include "places/trim.h"
#include "herd/provider.h"
#include "json_oracle.h"

enum { TEXT_MAX = 1 << 20 };

static const int statuses[] = {200, 200, 400, 403, 404, 429, 500, 504};

struct translated {
    enum herd_places_verdict verdict;
    int rc;
    struct herd_slice text;
    struct herd_buf out;
};

static void translate(const struct herd_provider *provider,
                      const struct herd_places_answer *answer, struct fuzz_mem *mem,
                      struct translated *got)
{
    got->rc = HERD_OK;
    got->text = herd_slice("", 0);
    herd_buf_init(&got->out, &mem->mem, TEXT_MAX);
    got->verdict = provider->translate(answer, &got->out, &got->text, &got->rc);
    FUZZ_CHECK(got->verdict >= HERD_PLACES_FOUND && got->verdict <= HERD_PLACES_FAILED);
    if (got->rc != HERD_OK)
        FUZZ_CHECK(got->verdict == HERD_PLACES_FAILED && got->text.len == 0);
    else
        FUZZ_CHECK(got->text.len > 0);
}

static void check_text(const struct herd_provider *provider, const struct translated *got,
                       struct fuzz_mem *mem)
{
    struct herd_buf cut;
    struct json_reply reply;
    herd_buf_init(&cut, &mem->mem, TEXT_MAX);
    FUZZ_CHECK(herd_json_scan(got->text, 1, &reply) == HERD_OK);
    FUZZ_CHECK(herd_places_trim(got->text, 1, &cut, NULL) == HERD_OK);
    if (herd_slice_eq(herd_slice_str(provider->name), HERD_LIT("google-legacy"))) {
        (void)json_oracle_accepts(got->text);
    } else {
        FUZZ_CHECK(reply.has_results && reply.has_status);
        json_oracle_legacy(got->text, HERD_PROVIDER_RESULTS);
        json_oracle_legacy(herd_buf_bytes(&cut), 1);
    }
    herd_buf_free(&cut);
}

/* What is asked for is bounded, and nobody's bytes but ours. */
static void check_ask(const struct herd_provider *provider,
                      const struct herd_places_ask *ask)
{
    char out[HERD_PROVIDER_ASK];
    size_t len = provider->print(ask, out);
    FUZZ_CHECK(len > 0 && len <= sizeof out);
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK(out[i] >= '\n' && out[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    uint8_t choice = fuzz_byte(&input), scarce = fuzz_byte(&input);
    const struct herd_provider *provider = herd_provider_at(choice % 4);
    struct herd_places_ask ask = {.point = {(choice - 128) * INT64_C(703000001),
                                            (choice - 128) * INT64_C(1403000001)},
                                  .radius_km = choice % 51,
                                  .timeout_ms = 1 + choice * INT64_C(2353)};
    struct herd_slice body = fuzz_copy(input);
    struct herd_places_answer answer = {statuses[choice / 4 % 8], body, ask};
    struct fuzz_mem mem;
    struct translated first, second;
    fuzz_mem_init(&mem);
    check_ask(provider, &ask);
    translate(provider, &answer, &mem, &first);
    if (first.rc == HERD_OK)
        check_text(provider, &first, &mem);
    mem.until = scarce < 16 ? scarce : 0;
    translate(provider, &answer, &mem, &second);
    if (scarce == 0 || scarce >= 16 || mem.until > 0) {
        FUZZ_CHECK(first.rc == second.rc && first.verdict == second.verdict);
        FUZZ_CHECK(herd_slice_eq(first.text, second.text));
    }
    herd_buf_free(&first.out);
    herd_buf_free(&second.out);
    fuzz_drop(body);
    FUZZ_CHECK(mem.live == 0);
    return 0;
}
