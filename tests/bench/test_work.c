/* SPDX-License-Identifier: ISC */
/* The lines are checked with the server's own parser, and the check of replies with replies
 * in which one byte is changed. */
#include "check.h"

#include "bench/work.h"
#include "herd/err.h"
#include "protocol/report.h"
#include "protocol/words.h"

#include <stdio.h>

enum { REPLY = 256, ROUNDS = 300, CLIENTS = 1000 };

static const int64_t START_NS = INT64_C(1763740799999999990);

static void start(struct work *work, enum speak speak)
{
    struct bench_options options = {.speak = speak, .clients = CLIENTS, .seed = 1};
    for (int kind = 0; kind < WORK_KINDS; kind++)
        options.weight[kind] = 1;
    work_init(work, &options, START_NS);
}

static struct herd_slice make(struct work *work, enum work_kind kind, char *line)
{
    size_t len = work_put(work, kind, line);
    CHECK(len > 0 && len <= WORK_LINE && line[len - 1] == '\n');
    return herd_slice(line, len);
}

static bool parse(struct herd_slice line, struct herd_words *words,
                  struct herd_report *report)
{
    herd_words_split(herd_slice(line.data, line.len - 1), words);
    return words->count == 4 && herd_slice_eq(words->word[0], HERD_LIT("IAMAT")) &&
           herd_report_parse(&words->word[1], report) == HERD_OK;
}

/* Times grow by a nanosecond each, across the second too; stale ones are long gone. */
static void reports(void)
{
    struct work work;
    struct herd_words words;
    struct herd_report report;
    char line[WORK_LINE];
    start(&work, SPEAK_HERD);
    for (int i = 0; i < ROUNDS; i++) {
        enum work_kind kind = i % 2 == 0 ? WORK_KNOWN : WORK_NEW;
        REQUIRE(parse(make(&work, kind, line), &words, &report));
        CHECK_INT(report.time.ns, START_NS + i);
        REQUIRE(parse(make(&work, WORK_STALE, line), &words, &report));
        CHECK(report.time.ns < START_NS);
    }
    REQUIRE(parse(herd_slice(line, work_put_client(&work, 123, line)), &words, &report));
    CHECK_SLICE(words.word[1], HERD_LIT("bench-00000123"));
}

/* All clients of the pool are drawn, none beyond; new ones are never drawn twice. */
static void names(void)
{
    static unsigned drawn[CLIENTS];
    struct work work;
    char line[WORK_LINE], before[WORK_LINE] = "";
    start(&work, SPEAK_HERD);
    for (int i = 0; i < CLIENTS * 20; i++) {
        unsigned client = CLIENTS;
        (void)make(&work, WORK_KNOWN, line);
        line[20] = '\0';
        REQUIRE(sscanf(line, "IAMAT bench-%u", &client) == 1 && client < CLIENTS);
        drawn[client]++;
    }
    for (int i = 0; i < CLIENTS; i++)
        CHECK(drawn[i] > 0);
    for (int i = 0; i < 20; i++) {
        (void)make(&work, WORK_NEW, line);
        CHECK(memcmp(line, before, 27) > 0);
        memcpy(before, line, sizeof line);
    }
}

static void mix(void)
{
    struct bench_options options = {.clients = 1, .seed = 7, .weight = {6, 0, 3, 0, 1}};
    struct work work;
    int count[WORK_KINDS] = {0};
    work_init(&work, &options, START_NS);
    for (int i = 0; i < 10000; i++)
        count[work_draw(&work)]++;
    CHECK(count[WORK_KNOWN] > 5700 && count[WORK_KNOWN] < 6300);
    CHECK(count[WORK_STALE] > 2800 && count[WORK_STALE] < 3200);
    CHECK_INT(count[WORK_NEW] + count[WORK_WHATSAT], 0);
    CHECK_INT(count[WORK_KNOWN] + count[WORK_STALE] + count[WORK_INVALID], 10000);
}

/* ---- the check of replies ---- */

/* Any byte that is changed to one that stands nowhere, any that is missing, any more. */
static void check_damage(const struct work *work, enum work_kind kind,
                         struct herd_slice sent, const char *reply)
{
    char text[REPLY], server[WORK_NAME] = "Hands";
    size_t len = strlen(reply);
    CHECK_INT(work_check(work, kind, sent, herd_slice(reply, len), 0, server),
              VERDICT_RIGHT);
    for (size_t i = 0; i <= len; i++) {
        snprintf(text, sizeof text, "%s~", reply);
        text[i] = '~';
        size_t changed = i < len ? len : len + 1;
        CHECK_LABEL("byte %zu of \"%s\"", i, reply);
        CHECK(work_check(work, kind, sent, herd_slice(text, changed), 0, server) !=
              VERDICT_RIGHT);
        memmove(text + i, text + i + 1, len - i);
        CHECK(i == len || work_check(work, kind, sent, herd_slice(text, len - 1), 0,
                                     server) != VERDICT_RIGHT);
    }
    CHECK_LABEL("%s", "");
}

static void damaged_replies(void)
{
    struct work work;
    char line[WORK_LINE], reply[REPLY];
    start(&work, SPEAK_HERD);
    for (int kind = 0; kind < WORK_KINDS; kind++) {
        struct herd_slice sent = make(&work, (enum work_kind)kind, line);
        if (kind == WORK_WHATSAT)
            continue;
        if (kind == WORK_INVALID)
            snprintf(reply, sizeof reply, "? %.*s", (int)sent.len - 1, sent.data);
        else
            snprintf(reply, sizeof reply, "AT Hands +0.263873386 %.*s", (int)sent.len - 7,
                     sent.data + 6);
        check_damage(&work, (enum work_kind)kind, sent, reply);
    }
    start(&work, SPEAK_ECHO);
    struct herd_slice sent = make(&work, WORK_KNOWN, line);
    snprintf(reply, sizeof reply, "%.*s", (int)sent.len - 1, sent.data);
    check_damage(&work, WORK_KNOWN, sent, reply);
    start(&work, SPEAK_SET);
    check_damage(&work, WORK_KNOWN, make(&work, WORK_KNOWN, line), "+OK\r");
    start(&work, SPEAK_GEOADD);
    check_damage(&work, WORK_KNOWN, make(&work, WORK_KNOWN, line), ":1\r");
}

static enum verdict check(const struct work *work, enum work_kind kind, const char *sent,
                          const char *reply, unsigned at, char *server)
{
    return work_check(work, kind, herd_slice_str(sent), herd_slice_str(reply), at, server);
}

static void verdicts(void)
{
    struct work work;
    char server[WORK_NAME] = "";
    const char *report = "IAMAT a +1+1 5\n", *at = "AT Bona -12.000000001 a +1+1 5";
    const char *asks = "WHATSAT bench-00000001 10 5\n";
    const char *record = "AT Any +0.000000001 bench-00000001 +1+1 5";
    start(&work, SPEAK_HERD);
    CHECK_INT(check(&work, WORK_NEW, report, at, 0, server), VERDICT_RIGHT);
    CHECK_STR(server, "Bona");
    CHECK_INT(check(&work, WORK_NEW, report, "AT Bone -12.000000001 a +1+1 5", 0, server),
              VERDICT_WRONG);
    CHECK_INT(check(&work, WORK_NEW, report, "? IAMAT a +1+1 5", 0, server),
              VERDICT_REFUSED);
    CHECK_INT(check(&work, WORK_NEW, report, "", 0, server), VERDICT_WRONG);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, record, 0, server), VERDICT_MORE);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, at, 0, server), VERDICT_WRONG);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, "? WHATSAT bench-00000001 10 5", 0, server),
              VERDICT_REFUSED);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, "{", 1, server), VERDICT_MORE);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, "", 1, server), VERDICT_WRONG);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, "}", 2, server), VERDICT_MORE);
    CHECK_INT(check(&work, WORK_WHATSAT, asks, "", 3, server), VERDICT_RIGHT);
    start(&work, SPEAK_GEOADD);
    CHECK_INT(check(&work, WORK_KNOWN, "", ":0\r", 0, server), VERDICT_RIGHT);
    CHECK_INT(check(&work, WORK_KNOWN, "", "-OOM\r", 0, server), VERDICT_REFUSED);
}

/* ---- Redis ---- */

/* *N, then N times $LENGTH and as many bytes, each with CR LF. */
static void resp(void)
{
    static const struct {
        enum speak speak;
        unsigned words;
        const char *verb;
    } cases[] = {{SPEAK_SET, 3, "SET"}, {SPEAK_GEOADD, 5, "GEOADD"}};
    struct work work;
    char line[WORK_LINE + 1];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(&work, cases[i].speak);
        struct herd_slice rest = make(&work, WORK_KNOWN, line);
        unsigned words = 0, len = 0;
        int used = 0;
        line[rest.len] = '\0';
        REQUIRE(sscanf(rest.data, "*%u\r\n%n", &words, &used) == 1);
        CHECK_INT(words, cases[i].words);
        for (unsigned k = 0; k < words; k++) {
            rest = herd_slice_from(rest, (size_t)used);
            REQUIRE(sscanf(rest.data, "$%u%n", &len, &used) == 1);
            used += 2;
            REQUIRE((size_t)used + len + 2 <= rest.len);
            if (k == 0)
                CHECK_SLICE(herd_slice(rest.data + used, len),
                            herd_slice_str(cases[i].verb));
            used += (int)len + 2;
            CHECK(rest.data[used - 2] == '\r' && rest.data[used - 1] == '\n');
        }
        CHECK_INT((int64_t)rest.len, used);
    }
}

/* A report that changes nothing is no work for Redis, which neither stores nor replicates
 * it.
 */
static void every_report_changes_the_record(void)
{
    static const enum speak speaks[] = {SPEAK_HERD, SPEAK_SET, SPEAK_GEOADD};
    struct work work;
    char first[WORK_LINE], second[WORK_LINE];
    for (size_t i = 0; i < sizeof speaks / sizeof speaks[0]; i++) {
        start(&work, speaks[i]);
        for (int k = 0; k < ROUNDS; k++) {
            size_t len = work_put_client(&work, 7, first);
            CHECK_INT((int64_t)work_put_client(&work, 7, second), (int64_t)len);
            CHECK(memcmp(first, second, len) != 0);
        }
    }
}

const struct check_test test_work[] = {
    {"reports", reports},
    {"names", names},
    {"mix", mix},
    {"damaged replies", damaged_replies},
    {"verdicts", verdicts},
    {"resp", resp},
    {"every_report_changes_the_record", every_report_changes_the_record},
    {NULL, NULL},
};
