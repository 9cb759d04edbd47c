/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "herd/err.h"
#include "protocol/hello.h"

#include <stdio.h>

enum { WORDS = 9, NAME = 64 };

#define UNUSED "0000000000000000"
#define RULES  "75d67a03869db216"
#define NONCE  "000102030405060708090a0b0c0d0eff"

static const char golden[] =
    "1 2 herd Goloman Hands " UNUSED " " RULES " 1795270852.353039483 " NONCE;

static struct herd_hello golden_hello(void)
{
    struct herd_hello hello = {
        .version_least = 1,
        .version_most = 2,
        .herd = HERD_LIT("herd"),
        .from = HERD_LIT("Goloman"),
        .to = HERD_LIT("Hands"),
        .rules = UINT64_C(0x75d67a03869db216),
        .clock = {INT64_C(1795270852353039483)},
    };
    for (unsigned i = 0; i < HERD_HELLO_NONCE; i++)
        hello.nonce[i] = (uint8_t)(i < HERD_HELLO_NONCE - 1 ? i : 0xff);
    return hello;
}

static void check_same(const struct herd_hello *got, const struct herd_hello *want)
{
    CHECK(got->version_least == want->version_least);
    CHECK(got->version_most == want->version_most);
    CHECK_SLICE(got->herd, want->herd);
    CHECK_SLICE(got->from, want->from);
    CHECK_SLICE(got->to, want->to);
    CHECK(got->rules == want->rules);
    CHECK_INT(got->clock.ns, want->clock.ns);
    CHECK(memcmp(got->nonce, want->nonce, sizeof got->nonce) == 0);
}

static int parse(const char *args, struct herd_hello *hello)
{
    return herd_hello_parse(cut_guarded(herd_slice_str(args)), hello);
}

/* ---- parsing ---- */

static void reads_the_golden_one(void)
{
    struct herd_hello hello, want = golden_hello();
    struct herd_slice args = cut_guarded(herd_slice_str(golden));
    REQUIRE(herd_hello_parse(args, &hello) == HERD_OK);
    check_same(&hello, &want);
    CHECK(hello.herd.data == args.data + 4);
    CHECK(hello.from.data == args.data + 9);
    CHECK(hello.to.data == args.data + 17);
}

static void refuse_prefix(void *ctx, struct herd_slice piece)
{
    struct herd_hello hello;
    (void)ctx;
    CHECK_LABEL("the first %zu", piece.len);
    CHECK_INT(herd_hello_parse(piece, &hello),
              piece.len == sizeof golden - 1 ? HERD_OK : HERD_EBAD);
}

static void refuses_each_prefix(void)
{
    cut_prefixes(herd_slice_str(golden), refuse_prefix, NULL);
}

/* What an earlier call has left behind does not stand in for the words that are missing. */
static void forgets_earlier_words(void)
{
    struct herd_hello hello;
    struct herd_slice whole = herd_slice_str(golden);
    for (size_t len = whole.len; len-- > 0;) {
        CHECK_LABEL("the first %zu", len);
        CHECK_INT(herd_hello_parse(whole, &hello), HERD_OK);
        CHECK_INT(herd_hello_parse(herd_slice(golden, len), &hello), HERD_EBAD);
    }
}

/* The golden words, but `word` instead of the one at `at`; NULL: without it. */
static const char *with_word(size_t at, const char *word, char *out)
{
    static const char *words[WORDS] = {
        "1", "2", "herd", "Goloman", "Hands", UNUSED, RULES, "1795270852.353039483", NONCE};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < WORDS; i++) {
        const char *put = i == at ? word : words[i];
        if (put != NULL)
            used += (size_t)snprintf(out + used, HERD_HELLO_MAX - used, "%s%s",
                                     used > 0 ? " " : "", put);
    }
    return out;
}

static void wants_each_word(void)
{
    char args[HERD_HELLO_MAX];
    struct herd_hello hello;
    CHECK_STR(with_word(WORDS, NULL, args), golden);
    for (size_t i = 0; i < WORDS; i++) {
        CHECK_LABEL("without word %zu", i);
        CHECK_INT(parse(with_word(i, NULL, args), &hello), HERD_EBAD);
        CHECK_LABEL("word %zu is empty", i);
        CHECK_INT(parse(with_word(i, "", args), &hello), HERD_EBAD);
    }
}

static const struct word_case {
    size_t at;
    const char *word;
    int rc;
} word_cases[] = {
    {0, "0", HERD_OK},
    {0, "2", HERD_OK},
    {0, "01", HERD_OK},
    {0, "3", HERD_EBAD},
    {0, "x", HERD_EBAD},
    {0, "+1", HERD_EBAD},
    {0, "-1", HERD_EBAD},
    {0, "1.0", HERD_EBAD},
    {0, "4294967296", HERD_EBAD},
    {0, "18446744073709551617", HERD_EBAD},
    {1, "1", HERD_OK},
    {1, "4294967295", HERD_OK},
    {1, "0", HERD_EBAD},
    {1, "4294967296", HERD_EBAD},
    {1, "18446744073709551617", HERD_EBAD},
    {1, "2x", HERD_EBAD},
    {2, "h", HERD_OK},
    {2, "\x01\xff", HERD_OK},
    {3, "?", HERD_OK},
    {4, "-", HERD_OK},
    {5, "2e0f8650da6e5812", HERD_OK}, /* version 1 has the boot id there */
    {5, "2e0f8650da6e581", HERD_EBAD},
    {5, "2e0f8650da6e58120", HERD_EBAD},
    {5, "2E0F8650DA6E5812", HERD_EBAD},
    {5, "2e0f8650da6e581g", HERD_EBAD},
    {6, "ffffffffffffffff", HERD_OK},
    {6, "66daaa358f36245", HERD_EBAD},
    {6, "75d67a03869db2160", HERD_EBAD},
    {6, "66DAAA358F362455", HERD_EBAD},
    {6, "-74bee3435cd7d16", HERD_EBAD},
    {7, "0", HERD_OK},
    {7, "1795270852", HERD_OK},
    {7, "9223372036.854775807", HERD_OK},
    {7, "9223372036.854775808", HERD_EBAD},
    {7, "18446744073709551617", HERD_EBAD},
    {7, "-1", HERD_EBAD},
    {7, "+1", HERD_EBAD},
    {7, "1.", HERD_EBAD},
    {7, ".5", HERD_EBAD},
    {7, "1e9", HERD_EBAD},
    {8, "00000000000000000000000000000000", HERD_OK},
    {8, "000102030405060708090a0b0c0d0ef", HERD_EBAD},
    {8, "000102030405060708090a0b0c0d0eff0", HERD_EBAD},
    {8, "000102030405060708090a0b0c0d0eff00", HERD_EBAD},
    {8, "000102030405060708090A0B0C0D0EFF", HERD_EBAD},
    {8, "000102030405060708090a0b0c0d0ef\xff", HERD_EBAD},
};

static void judges_each_word(void)
{
    for (size_t i = 0; i < sizeof word_cases / sizeof word_cases[0]; i++) {
        const struct word_case *c = &word_cases[i];
        char args[HERD_HELLO_MAX];
        struct herd_hello hello;
        CHECK_LABEL("word %zu is %s", c->at, c->word);
        CHECK_INT(parse(with_word(c->at, c->word, args), &hello), c->rc);
    }
}

static void ignores_later_words(void)
{
    static const char *tails[] = {" ", " more", " a b c", " a b c d", " a b c d e f g h"};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char args[HERD_HELLO_MAX];
        struct herd_hello hello, want = golden_hello();
        snprintf(args, sizeof args, "%s%s", golden, tails[i]);
        CHECK_LABEL("%s", args);
        REQUIRE(parse(args, &hello) == HERD_OK);
        check_same(&hello, &want);
    }
}

static void splits_at_any_white_space(void)
{
    char args[HERD_HELLO_MAX];
    struct herd_hello hello, want = golden_hello();
    int len = snprintf(args, sizeof args, " \t%s\r", golden);
    for (int i = 2; i < len; i++)
        if (args[i] == ' ')
            args[i] = "\t\v\f\r"[i % 4];
    REQUIRE(parse(args, &hello) == HERD_OK);
    check_same(&hello, &want);
}

static void keeps_the_length_limit(void)
{
    char args[2 * HERD_HELLO_MAX];
    struct herd_hello hello;
    memset(args, 'x', sizeof args);
    memcpy(args, golden, sizeof golden - 1);
    args[sizeof golden - 1] = ' ';
    for (size_t len = sizeof golden; len <= sizeof args; len++) {
        CHECK_LABEL("%zu bytes", len);
        CHECK_INT(herd_hello_parse(cut_guarded(herd_slice(args, len)), &hello),
                  len < HERD_HELLO_MAX ? HERD_OK : HERD_ETOOLONG);
    }
}

/* ---- printing ---- */

/* Prints into a room of just the size that is promised. */
static struct herd_slice print(const struct herd_hello *hello, char out[HERD_HELLO_MAX + 1])
{
    memset(out, '#', HERD_HELLO_MAX + 1);
    size_t len = herd_hello_print(hello, out);
    CHECK(len < HERD_HELLO_MAX);
    CHECK_INT((int64_t)strlen(out), (int64_t)len);
    CHECK_INT(out[HERD_HELLO_MAX], '#');
    return herd_slice(out, len);
}

static void prints_the_golden_one(void)
{
    char out[HERD_HELLO_MAX + 1];
    struct herd_hello hello = golden_hello();
    CHECK_SLICE(print(&hello, out), herd_slice_str(golden));
    hello.clock.ns = 5;
    hello.rules = 0;
    CHECK_SLICE(print(&hello, out),
                HERD_LIT("1 2 herd Goloman Hands " UNUSED " 0000000000000000 "
                         "0.000000005 " NONCE));
}

/* The grammar has no negative times. */
static void prints_no_negative_clock(void)
{
    static const int64_t clocks[] = {-1, -HERD_NS_PER_S, INT64_MIN};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        char out[HERD_HELLO_MAX + 1];
        struct herd_hello hello = golden_hello(), back;
        hello.clock.ns = clocks[i];
        REQUIRE(herd_hello_parse(print(&hello, out), &back) == HERD_OK);
        CHECK_INT(back.clock.ns, 0);
    }
}

static void prints_the_longest(void)
{
    char out[HERD_HELLO_MAX + 1], name[NAME];
    struct herd_hello hello = golden_hello(), back;
    memset(name, 'n', sizeof name);
    hello.herd = herd_slice(name, sizeof name);
    hello.from = hello.herd;
    hello.to = hello.herd;
    hello.version_least = UINT32_MAX;
    hello.version_most = UINT32_MAX;
    hello.rules = UINT64_MAX;
    hello.clock.ns = INT64_MAX;
    REQUIRE(herd_hello_parse(cut_guarded(print(&hello, out)), &back) == HERD_OK);
    check_same(&back, &hello);
}

static struct herd_slice roll_name(struct dice *dice, char name[NAME])
{
    size_t len = 1 + dice_roll(dice, NAME);
    for (size_t i = 0; i < len; i++)
        name[i] = (char)('!' + dice_roll(dice, '~' - '!' + 1));
    return herd_slice(name, len);
}

static void reads_what_it_prints(void)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct dice dice = {seed};
        char name[3][NAME], out[HERD_HELLO_MAX + 1];
        struct herd_hello hello = {.herd = roll_name(&dice, name[0])}, back;
        hello.from = roll_name(&dice, name[1]);
        hello.to = roll_name(&dice, name[2]);
        hello.version_most = dice_next(&dice) >> (32 + dice_roll(&dice, 32));
        hello.version_least = dice_next(&dice) % (hello.version_most + 1);
        hello.rules = dice_next(&dice);
        hello.clock.ns = (int64_t)(dice_next(&dice) >> (1 + dice_roll(&dice, 63)));
        for (size_t i = 0; i < HERD_HELLO_NONCE; i++)
            hello.nonce[i] = (uint8_t)dice_next(&dice);
        CHECK_LABEL("seed %d", (int)seed);
        REQUIRE(herd_hello_parse(cut_guarded(print(&hello, out)), &back) == HERD_OK);
        check_same(&back, &hello);
    }
}

/* ---- what is signed, and the rules ---- */

static struct herd_slice text_of(const char *role, const char *dialler,
                                 const char *acceptor, const char *boot, char *out)
{
    struct herd_proof proof = {role, herd_slice_str(dialler), herd_slice_str(acceptor),
                               herd_slice_str(boot)};
    return herd_proof_text(&proof, out);
}

static void signs_role_both_and_boot(void)
{
    char out[HERD_PROOF_TEXT];
    CHECK_SLICE(text_of("acceptor", "a b", "c", "", out), HERD_LIT("acceptor\na b\nc\n"));
    CHECK_SLICE(text_of("acceptor", "c", "a b", "", out), HERD_LIT("acceptor\nc\na b\n"));
    CHECK_SLICE(text_of("dialler", "a b", "c", "d", out), HERD_LIT("dialler\na b\nc\nd\n"));
}

static void signs_the_longest(void)
{
    enum { MOST = HERD_HELLO_MAX - 1, ROLE = 14, BOOT = HERD_BOOT_TEXT - 1 };
    char one[MOST], two[MOST], out[HERD_PROOF_TEXT + 1];
    memset(one, '1', sizeof one);
    memset(two, '2', sizeof two);
    out[HERD_PROOF_TEXT] = '#';
    struct herd_proof proof = {"fourteen-bytes", herd_slice(one, MOST),
                               herd_slice(two, MOST), HERD_LIT("0123456789abcdef")};
    struct herd_slice text = herd_proof_text(&proof, out);
    CHECK_INT((int64_t)text.len, ROLE + 1 + 2 * (MOST + 1) + BOOT + 1);
    CHECK(text.data == out && text.len <= HERD_PROOF_TEXT);
    CHECK_SLICE(herd_slice(out + ROLE + 1, MOST), herd_slice(one, MOST));
    CHECK_SLICE(herd_slice(out + ROLE + 1 + MOST + 1, MOST), herd_slice(two, MOST));
    CHECK_INT(out[HERD_PROOF_TEXT], '#');
}

/* Servers with another value of it do not talk with each other: it may not change by
 * mistake. Computed by another program than this one. */
static void pins_the_rules(void)
{
    CHECK(herd_hello_rules(0) == UINT64_C(0xdc41f9654f62a964));
    CHECK(herd_hello_rules(3600) == UINT64_C(0xd42133ed3c6d18cb));
}

const struct check_test test_hello[] = {
    {"reads the golden one", reads_the_golden_one},
    {"refuses each prefix", refuses_each_prefix},
    {"forgets earlier words", forgets_earlier_words},
    {"wants each word", wants_each_word},
    {"judges each word", judges_each_word},
    {"ignores later words", ignores_later_words},
    {"splits at any white space", splits_at_any_white_space},
    {"keeps the length limit", keeps_the_length_limit},
    {"prints the golden one", prints_the_golden_one},
    {"prints no negative clock", prints_no_negative_clock},
    {"prints the longest", prints_the_longest},
    {"reads what it prints", reads_what_it_prints},
    {"signs the role, both HELLOs and the boot id", signs_role_both_and_boot},
    {"signs the longest", signs_the_longest},
    {"pins the rules", pins_the_rules},
    {NULL, NULL},
};
