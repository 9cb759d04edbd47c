/* SPDX-License-Identifier: ISC */
#include "hello.h"

#include "decimal.h"
#include "herd/err.h"
#include "hex.h"
#include "words.h"
#include "siphash.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { LEAST, MOST, HERD, FROM, TO, RESERVED, RULES, CLOCK, NONCE, WORDS };

/* Where version 1 had the boot id: a server of that version can read this HELLO, and so
 * refuses it with a reason. */
#define RESERVED_WORD "0000000000000000"

int herd_hello_parse(struct herd_slice args, struct herd_hello *hello)
{
    struct herd_words words;
    const struct herd_slice *word = words.word;
    if (args.len >= HERD_HELLO_MAX)
        return HERD_ETOOLONG;
    herd_words_split(args, &words);
    if (words.count < WORDS)
        return HERD_EBAD;
    hello->herd = word[HERD];
    hello->from = word[FROM];
    hello->to = word[TO];
    if (herd_uint_parse(word[LEAST], UINT32_MAX, &hello->version_least) != HERD_OK ||
        herd_uint_parse(word[MOST], UINT32_MAX, &hello->version_most) != HERD_OK ||
        hello->version_least > hello->version_most)
        return HERD_EBAD;
    uint64_t ignored;
    if (herd_hex_parse_u64(word[RESERVED], &ignored) != HERD_OK ||
        herd_hex_parse_u64(word[RULES], &hello->rules) != HERD_OK ||
        herd_time_parse(word[CLOCK], &hello->clock) != HERD_OK)
        return HERD_EBAD;
    return herd_hex_parse(word[NONCE], hello->nonce, sizeof hello->nonce);
}

static void print_slice(struct herd_slice text, char **at)
{
    memcpy(*at, text.data, text.len);
    *at += text.len;
    *(*at)++ = ' ';
}

size_t herd_hello_print(const struct herd_hello *hello, char *out)
{
    char nonce[2 * HERD_HELLO_NONCE + 1], clock[HERD_TIME_TEXT], *at = out;
    assert(hello->herd.len + hello->from.len + hello->to.len < HERD_HELLO_MAX / 2);
    at += snprintf(at, HERD_HELLO_MAX / 4, "%" PRIu64 " %" PRIu64 " ", hello->version_least,
                   hello->version_most);
    print_slice(hello->herd, &at);
    print_slice(hello->from, &at);
    print_slice(hello->to, &at);
    herd_hex_print(hello->nonce, sizeof hello->nonce, nonce);
    at += snprintf(at, HERD_HELLO_MAX / 4, RESERVED_WORD " %016" PRIx64 " %.*s %s",
                   hello->rules, (int)herd_time_print(hello->clock, clock), clock, nonce);
    return (size_t)(at - out);
}

uint64_t herd_hello_rules(int64_t expire_s)
{
    static const uint8_t key[HERD_SIPHASH_KEY];
    char text[sizeof HERD_MERGE_RULES + 64];
    int len = snprintf(text, sizeof text, "%s; client-expire %" PRId64, HERD_MERGE_RULES,
                       expire_s);
    if (expire_s != 0)
        return herd_siphash(herd_slice(text, (size_t)len), key);
    return herd_siphash(HERD_LIT(HERD_MERGE_RULES), key);
}

static void print_line(struct herd_slice text, char **at)
{
    memcpy(*at, text.data, text.len);
    *at += text.len;
    *(*at)++ = '\n';
}

struct herd_slice herd_proof_text(const struct herd_proof *proof, char *out)
{
    char *at = out;
    assert(strlen(proof->role) < 15 && proof->dialler.len < HERD_HELLO_MAX &&
           proof->acceptor.len < HERD_HELLO_MAX && proof->boot.len < HERD_BOOT_TEXT);
    print_line(herd_slice_str(proof->role), &at);
    print_line(proof->dialler, &at);
    print_line(proof->acceptor, &at);
    if (proof->boot.len > 0)
        print_line(proof->boot, &at);
    return herd_slice(out, (size_t)(at - out));
}
