/* SPDX-License-Identifier: ISC */
/* The order of the records about one client. */
#include "check.h"
#include "dice.h"

#include "decimal.h"
#include "herd/err.h"
#include "protocol/record.h"

#include <stdio.h>

#define S_NS HERD_NS_PER_S

enum { TEXT = 256 };

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

enum { SET = 48 };

/* Records of few times and texts, some of them alike. */
static size_t make_set(struct herd_record set[SET])
{
    static char text[SET][TEXT];
    static const char *tails[] = {"7", "7.0", "7 x", "7 \xff", "7 y z", "8"};
    size_t n = 0;
    for (const char *server = "A"; server != NULL; server = *server == 'A' ? "B" : NULL) {
        for (int skew = 0; skew < 4; skew++) {
            for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++, n++) {
                int len = snprintf(text[n], TEXT, "AT %s %s%d k +1-1 %s", server,
                                   skew % 2 ? "+" : "-", skew / 2 * 5, tails[i]);
                struct herd_slice bytes = herd_slice(text[n], (size_t)len);
                CHECK_INT(herd_record_parse(bytes, &set[n]), HERD_OK);
            }
        }
    }
    return n;
}

static void is_a_total_order(void)
{
    struct herd_record set[SET];
    size_t count = make_set(set);
    CHECK_INT((int64_t)count, SET);
    for (size_t a = 0; a < count; a++) {
        CHECK_INT(herd_record_cmp(&set[a], &set[a]), 0);
        for (size_t b = 0; b < count; b++) {
            CHECK_LABEL("%zu, %zu", a, b);
            int ab = sign(herd_record_cmp(&set[a], &set[b]));
            CHECK_INT(ab, -sign(herd_record_cmp(&set[b], &set[a])));
            CHECK_INT(ab == 0, herd_slice_eq(set[a].text, set[b].text));
            if (set[a].time.ns != set[b].time.ns)
                CHECK_INT(ab, set[a].time.ns < set[b].time.ns ? -1 : 1);
            for (size_t c = 0; c < count; c++)
                if (ab >= 0 && herd_record_cmp(&set[b], &set[c]) >= 0)
                    CHECK(herd_record_cmp(&set[a], &set[c]) >= 0);
        }
    }
}

enum { EDGES = 40, EDGE_SEEDS = 20 };

/* Instants at which the arithmetic of times could go wrong, and any others. */
static int64_t roll_instant(struct dice *dice)
{
    static const int64_t edges[] = {0,
                                    59 * S_NS,
                                    60 * S_NS - 1,
                                    60 * S_NS,
                                    60 * S_NS + 1,
                                    120 * S_NS,
                                    INT64_C(1621464828) * S_NS,
                                    INT64_MAX};
    uint32_t kind = dice_roll(dice, 16);
    int64_t near = (int64_t)dice_roll(dice, 3) - 1;
    if (kind >= 12)
        return (int64_t)(dice_next(dice) >> 1);
    int64_t edge = edges[kind % 8], shift = kind >= 8 ? near * 60 * S_NS : near;
    if (shift > 0 ? edge > INT64_MAX - shift : edge + shift < 0)
        return edge;
    return edge + shift;
}

/* The record of a report of that time that was received at that time. */
static void make_edge(struct dice *dice, char text[TEXT], struct herd_record *record)
{
    static const char *tails[] = {"", "0", "9 x"};
    int64_t time = roll_instant(dice), receipt = roll_instant(dice);
    char skew[HERD_SKEW_TEXT], client_time[HERD_TIME_TEXT];
    int skew_len = (int)herd_skew_print(receipt - time, skew);
    int time_len = (int)herd_time_print((struct herd_wall){time}, client_time);
    int len =
        snprintf(text, TEXT, "AT %c %.*s%s k +1-1 %.*s%s", 'A' + (int)dice_roll(dice, 2),
                 skew_len, skew, dice_roll(dice, 2) ? "" : "7", time_len, client_time,
                 tails[dice_roll(dice, 3)]);
    CHECK_LABEL("%s", text);
    REQUIRE(herd_record_parse(herd_slice(text, (size_t)len), record) == HERD_OK);
    CHECK_INT(record->time.ns, time);
    int64_t most = receipt > INT64_MAX - 60 * S_NS ? INT64_MAX : receipt + 60 * S_NS;
    CHECK_INT(record->effective.ns, time < most ? time : most);
}

static void check_laws(const struct herd_record *a, const struct herd_record *b,
                       const struct herd_record *c)
{
    int ab = sign(herd_record_cmp(a, b));
    CHECK_INT(ab, -sign(herd_record_cmp(b, a)));
    CHECK_INT(ab == 0, herd_slice_eq(a->text, b->text));
    if (a->effective.ns != b->effective.ns)
        CHECK_INT(ab, a->effective.ns < b->effective.ns ? -1 : 1);
    else
        CHECK_INT(ab, sign(herd_slice_cmp(a->text, b->text)));
    if (ab >= 0 && herd_record_cmp(b, c) >= 0)
        CHECK(herd_record_cmp(a, c) >= 0);
}

static void is_total_with_any_clock(void)
{
    static char text[EDGES][TEXT];
    struct herd_record set[EDGES];
    for (uint64_t seed = 1; seed <= EDGE_SEEDS; seed++) {
        struct dice dice = {seed};
        for (size_t i = 0; i < EDGES; i++)
            make_edge(&dice, text[i], &set[i]);
        CHECK_LABEL("seed %d", (int)seed);
        for (size_t a = 0; a < EDGES; a++)
            for (size_t b = 0; b < EDGES; b++)
                for (size_t c = 0; c < EDGES; c++)
                    check_laws(&set[a], &set[b], &set[c]);
    }
}

/* A report of the year 2262 is greater than those of the next minute, and no others. */
static void a_far_future_lasts_a_minute(void)
{
    char future_text[TEXT], text[TEXT];
    struct herd_slice word[3] = {HERD_LIT("k"), HERD_LIT("+0-0"),
                                 HERD_LIT("9223372036.854775807")};
    struct herd_wall now = {INT64_C(1621464828) * S_NS};
    struct herd_report report;
    struct herd_record future, record;
    REQUIRE(herd_report_parse(word, &report) == HERD_OK);
    herd_record_make(HERD_LIT("S"), &report, now, future_text, &future);
    CHECK_INT(future.effective.ns, now.ns + 60 * S_NS);
    for (int64_t s = -1; s <= 120; s++) {
        CHECK_LABEL("after %d s", (int)s);
        char time[HERD_TIME_TEXT];
        struct herd_wall then = {now.ns + s * S_NS};
        word[2] = herd_slice(time, herd_time_print(then, time));
        REQUIRE(herd_report_parse(word, &report) == HERD_OK);
        herd_record_make(HERD_LIT("T"), &report, then, text, &record);
        CHECK_INT(record.effective.ns, then.ns);
        CHECK_INT(herd_record_cmp(&record, &future) > 0, s >= 60);
    }
}

/* Each is greater than the one before it. */
static void orders_by_time_then_bytes(void)
{
    static const char *texts[] = {
        "AT Z +9 k +9-9 7.000000000",
        "AT Z +9 k +9-9 7.000000001",
        "AT A +1 k +1-1 8",
        "AT A +1 k +1-1 8 x",
        "AT A +1 k +1-1 8 \x7f",
        "AT A +1 k +1-1 8 \x80",
        "AT A +1 k +1-1 8.0",
        "AT A +2 k +1-1 8",
        "AT A -1 k +1-1 8",
        "AT \xff +1 k +1-1 8",
        "AT A +1 k +1-1 10",
        "AT A +0 k +1-1 70",
        "AT Z -90 k +1-1 100",
        "AT A -0 k +1-1 70.000000001",
        "AT A -139.999999998 k +1-1 150",
    };
    for (size_t i = 1; i < sizeof texts / sizeof texts[0]; i++) {
        struct herd_record less, more;
        CHECK_LABEL("%s", texts[i]);
        CHECK_INT(herd_record_parse(herd_slice_str(texts[i - 1]), &less), HERD_OK);
        CHECK_INT(herd_record_parse(herd_slice_str(texts[i]), &more), HERD_OK);
        CHECK(herd_record_cmp(&less, &more) < 0);
        CHECK(herd_record_cmp(&more, &less) > 0);
    }
}

const struct check_test test_record_order[] = {
    {"is a total order", is_a_total_order},
    {"is total with any clock", is_total_with_any_clock},
    {"a far future lasts a minute", a_far_future_lasts_a_minute},
    {"orders by time, then bytes", orders_by_time_then_bytes},
    {NULL, NULL},
};
