/* SPDX-License-Identifier: ISC */
/* The session of a follower: what the server says, cut in any way, and what it makes of it.
 */
#include "session_rig.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FOLLOWED     "FOLLOWED Goloman 1 " RIG_FEED " 2e0f8650da6e5812\n"
#define HAVE         "HAVE 0 - 0\n"
#define PING(n, seq) "PING 0 " n " " seq " 9 8a5ee7f1c20d93b4 1795270851.000611000\n"
#define START        FOLLOWED HAVE
#define SYNC         "SYNC 0 " RIG_FEED " 7\n"
#define SYNCED       "SYNCED 0 " RIG_FEED " 7\n"

static struct session_rig rig;
static const char *const nothing[] = {NULL};

/* ---- texts of the server ---- */

static char text[RIG_TEXT];
static size_t text_len;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_len += (size_t)vsnprintf(text + text_len, sizeof text - text_len, format, args);
    va_end(args);
}

/* Records, each with its LF. */
static void add_batch(uint64_t from, uint64_t to, const char *records)
{
    size_t count = 0;
    for (const char *at = records; *at != '\0'; at++)
        count += *at == '\n';
    add("BATCH %zu %" PRIu64 " %" PRIu64 " %zu\n%s", strlen(records), from, to, count,
        records);
}

static struct herd_slice made(void)
{
    return herd_slice(text, text_len);
}

/* A server answers HAVE, so its answer comes after it has taken that. */
static int take(struct herd_slice bytes, size_t piece)
{
    size_t start = sizeof START - 1 < bytes.len ? sizeof START - 1 : bytes.len;
    int rc = rig_take(&rig, herd_slice(bytes.data, start), piece);
    return rc == HERD_OK ? rig_take(&rig, herd_slice_from(bytes, start), piece) : rc;
}

static void make_full_sync(void)
{
    text_len = 0;
    add("%s", START PING("1", "0") SYNC);
    add_batch(0, 0, RIG_AT("kiwi", "1.5") RIG_AT("pear", "2.5"));
    add("SYNCED 0 " RIG_FEED " 7 later words\n");
    add_batch(7, 9, RIG_AT("kiwi", "3.5"));
    add("NEWVERB 3 x\nabcACK 0 0\nWAIT 0 5\nPONG 0 1\n");
    add_batch(9, 10, "FORGOT A +0.0 pear 4.5\nno record at all\n");
    add("%s", PING("2", "10") PING("3", "12"));
}

static const char full_sync_told[] = "followed Goloman\n"
                                     "given\n"
                                     "full sync\n"
                                     "at kiwi 1500000000\n"
                                     "at pear 2500000000\n"
                                     "position 51f2 7 whole\n"
                                     "at kiwi 3500000000\n"
                                     "position 51f2 9\n"
                                     "forgot pear 4500000000\n"
                                     "position 51f2 10\n"
                                     "position 51f2 12\n";

static const char full_sync_sent[] = "FOLLOW disk 1\n"
                                     "SYNC 0 d15c0000000000000000000000000000 0\n"
                                     "SYNCED 0 d15c0000000000000000000000000000 0\n"
                                     "HAVE 0 - 0\n"
                                     "PONG 0 1\nPONG 0 2\nPONG 0 3\n";

static void a_full_sync_then_the_feed_cut_anywhere(void)
{
    make_full_sync();
    for (size_t piece = 1; piece <= text_len; piece++) {
        CHECK_LABEL("pieces of %zu", piece);
        rig_start(&rig, nothing, NULL);
        CHECK_INT(take(made(), piece), HERD_OK);
        CHECK_STR(rig.told, full_sync_told);
        CHECK_STR(rig.sent, full_sync_sent);
        rig_end(&rig);
    }
}

/* A connection may end anywhere: what was told until then is the beginning of all. */
static void every_prefix_is_told_so_far(void)
{
    make_full_sync();
    for (size_t len = 0; len <= text_len; len++) {
        CHECK_LABEL("the first %zu bytes", len);
        rig_start(&rig, nothing, NULL);
        CHECK_INT(take(herd_slice(text, len), SIZE_MAX), HERD_OK);
        CHECK(strncmp(rig.told, full_sync_told, rig.told_len) == 0);
        CHECK(strncmp(rig.sent, full_sync_sent, rig.sent_len) == 0);
        rig_end(&rig);
    }
}

static void a_known_position_is_resumed_and_nothing_is_given(void)
{
    static const char *const kept[] = {"AT A +0.0 kiwi +1-2 1.5", NULL};
    struct follow_position position = rig_position(RIG_FEED, 5);
    text_len = 0;
    add("%s", START PING("1", "5") "RESUME 0 " RIG_FEED " 5\n");
    add_batch(5, 6, RIG_AT("kiwi", "3.5"));
    rig_start(&rig, kept, &position);
    CHECK_INT(take(made(), SIZE_MAX), HERD_OK);
    CHECK_STR(rig.told, "followed Goloman known\nat kiwi 3500000000\nposition 51f2 6\n");
    CHECK_STR(rig.sent, "FOLLOW disk 1\nHAVE 0 " RIG_FEED " 5\nPONG 0 1\n");
    rig_end(&rig);
}

/* HAVE comes after the last record: what the server sends is then at least as new. */
static void a_new_start_is_given_everything_first(void)
{
    static const char *const kept[] = {"AT A +0.0 kiwi +1-2 1.5", "FORGOT A +0.0 pear 2.5",
                                       NULL};
    struct follow_position position = rig_position(RIG_OTHER, 5);
    rig_start(&rig, kept, &position);
    CHECK_INT(rig_take(&rig, HERD_LIT(START PING("1", "0")), 1), HERD_OK);
    CHECK_STR(rig.told, "followed Goloman\ngiven\n");
    CHECK_STR(rig.sent, "FOLLOW disk 1\n"
                        "SYNC 0 d15c0000000000000000000000000000 0\n"
                        "BATCH 00047 0 0 00002\n"
                        "AT A +0.0 kiwi +1-2 1.5\nFORGOT A +0.0 pear 2.5\n"
                        "SYNCED 0 d15c0000000000000000000000000000 0\n"
                        "HAVE 0 " RIG_OTHER " 5\nPONG 0 1\n");
    rig_end(&rig);
}

/* More than one batch; all of it arrives, and each is below the limit of a frame. */
static void what_is_given_is_cut_into_batches(void)
{
    enum { COUNT = 700 };
    static char texts[COUNT][64];
    static const char *kept[COUNT + 1];
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "AT A +0.0 client%d +1.5-2.5 1795270851.5", i);
        kept[i] = texts[i];
    }
    rig_start(&rig, kept, NULL);
    CHECK_INT(rig_take(&rig, HERD_LIT(START), SIZE_MAX), HERD_OK);
    size_t batches = 0, records = 0;
    for (const char *at = strstr(rig.sent, "BATCH "); at != NULL;) {
        size_t len = 0, count = 0;
        CHECK_INT(sscanf(at, "BATCH %zu 0 0 %zu\n", &len, &count), 2);
        CHECK(len <= HERD_FRAME_PAYLOAD_MAX);
        at = strchr(at, '\n') + 1 + len;
        batches++;
        records += count;
        if (strncmp(at, "BATCH ", 6) != 0)
            at = NULL;
    }
    CHECK_INT((int64_t)records, COUNT);
    CHECK(batches > 1);
    rig_end(&rig);
}

static void nothing_is_given_without_the_call(void)
{
    rig_start(&rig, NULL, NULL);
    CHECK_INT(rig_take(&rig, HERD_LIT(START HAVE), SIZE_MAX), HERD_OK);
    CHECK_STR(rig.sent, "FOLLOW disk 1\nHAVE 0 - 0\n");
    rig_end(&rig);
}

/* ---- ACK ---- */

static void only_what_was_told_in_this_feed_is_acknowledged(void)
{
    struct follow_position seven = rig_position(RIG_FEED, 7);
    struct follow_position eight = rig_position(RIG_FEED, 8);
    struct follow_position other = rig_position(RIG_OTHER, 3);
    struct follow_position none = {.known = false};
    rig_start(&rig, NULL, NULL);
    CHECK_INT(rig_take(&rig, HERD_LIT(START), SIZE_MAX), HERD_OK);
    (void)follow_session_acknowledge(&rig.session, &seven); /* too early */
    CHECK_INT(rig_take(&rig, HERD_LIT(SYNC SYNCED), SIZE_MAX), HERD_OK);
    rig.sent_len = 0;
    (void)follow_session_acknowledge(&rig.session, &eight);
    (void)follow_session_acknowledge(&rig.session, &other);
    (void)follow_session_acknowledge(&rig.session, &none);
    (void)follow_session_acknowledge(&rig.session, &seven);
    CHECK_SLICE(herd_buf_bytes(&rig.session.out), HERD_LIT("ACK 0 7\n"));
    rig_end(&rig);
}

/* ---- what is malformed ---- */

static const struct {
    const char *says, *why;
} malformed[] = {
    {"? FOLLOW disk 1\n", "the server does not take followers: ? FOLLOW disk 1"},
    {"FOLLOWED Goloman 2 " RIG_FEED " 2e0f8650da6e5812\n", "the server does not take"},
    {"FOLLOWED Goloman 1 51f2 2e0f8650da6e5812\n", "the server does not take followers"},
    {"FOLLOWED Goloman 1\n", "the server does not take followers"},
    {"\n", "the server does not take followers"},
    {START "batch 0\n", "the server sent no frame of the link protocol"},
    {START "BATCH 99999999 0 0 1\n", "the server sent no frame of the link protocol"},
    {START "BATCH 0 0 0 0\n", "malformed or unexpected BATCH"},
    {START SYNC "BATCH 0 0 7 0\n", "malformed or unexpected BATCH"},
    {START SYNC "BATCH 0 0 0\n", "malformed or unexpected BATCH"},
    {START SYNC "BATCH 0 0 0 1\n", "malformed or unexpected BATCH"},
    {START SYNC "BATCH 0 x 0 0\n", "malformed or unexpected BATCH"},
    {START SYNC "BATCH 2 0 0 1\nab", "malformed or unexpected BATCH"},
    {START SYNC "BATCH 3 0 0 1\na\nb", "malformed or unexpected BATCH"},
    {START SYNC SYNCED "BATCH 0 6 8 0\n", "malformed or unexpected BATCH"},
    {START SYNC SYNCED "BATCH 0 7 6 0\n", "malformed or unexpected BATCH"},
    {START SYNC SYNC, "malformed or unexpected SYNC"},
    {START SYNCED, "malformed or unexpected SYNCED"},
    {START SYNC "SYNCED 0 " RIG_FEED " 8\n", "malformed or unexpected SYNCED"},
    {START SYNC "SYNCED 0 " RIG_OTHER " 7\n", "malformed or unexpected SYNCED"},
    {START SYNC SYNCED "SYNC 0 " RIG_FEED " 6\n", "malformed or unexpected SYNC"},
    {START "SYNC 0 " RIG_OTHER " 7\n", "malformed or unexpected SYNC"},
    {START "SYNC 0 - 0\n", "malformed or unexpected SYNC"},
    {START "SYNC 0 " RIG_FEED "\n", "malformed or unexpected SYNC"},
    {START "RESUME 0 " RIG_FEED " 7\n", "malformed or unexpected RESUME"},
    {FOLLOWED SYNC, "malformed or unexpected SYNC"}, /* before its HAVE */
    {START HAVE, "malformed or unexpected HAVE"},
    {START "PING 0 1 2\n", "malformed or unexpected PING"},
    {START "PING 0 x 0 0 0000000000000000 1.0\n", "malformed or unexpected PING"},
    {START "BYE 0\n", "the server ended the connection: no reason was given"},
    {START "BYE 0 closing this server goes\n", "connection: closing this server goes"},
};

static void malformed_frames_end_the_session(void)
{
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        CHECK_LABEL("%s", malformed[i].says);
        rig_start(&rig, nothing, NULL);
        CHECK(take(herd_slice_str(malformed[i].says), SIZE_MAX) < 0);
        CHECK(strstr(rig.session.why.text, malformed[i].why) != NULL);
        CHECK(strstr(rig.told, "position 51f2 8") == NULL);
        rig_end(&rig);
    }
}

static void a_long_answer_ends_the_session(void)
{
    static char answer[2048];
    memset(answer, 'x', sizeof answer);
    rig_start(&rig, nothing, NULL);
    CHECK_INT(rig_take(&rig, herd_slice(answer, sizeof answer), 100), HERD_ETOOLONG);
    CHECK_STR(rig.session.why.text, "the answer to FOLLOW is too long");
    rig_end(&rig);
}

/* ---- failures of the owner and of memory ---- */

static void an_error_of_a_call_ends_the_session(void)
{
    make_full_sync();
    rig_start(&rig, nothing, NULL);
    rig.record_error = HERD_ESYS;
    CHECK_INT(take(made(), SIZE_MAX), HERD_ESYS);
    CHECK_STR(rig.told, "followed Goloman\ngiven\nfull sync\nat kiwi 1500000000\n");
    rig_end(&rig);
    rig_start(&rig, nothing, NULL);
    rig.give_error = HERD_EBAD;
    CHECK_INT(take(made(), SIZE_MAX), HERD_EBAD);
    CHECK_STR(rig.sent, "FOLLOW disk 1\nSYNC 0 d15c0000000000000000000000000000 0\n");
    rig_end(&rig);
}

static void every_allocation_may_fail(void)
{
    size_t failures = 0;
    make_full_sync();
    for (size_t n = 1;; n++) {
        CHECK_LABEL("allocation %zu", n);
        rig_start(&rig, nothing, NULL);
        fail_mem_arm(&rig.fail, n, false);
        int rc = take(made(), 50);
        bool failed = rig.fail.failed > 0;
        if (failed)
            CHECK_INT(rc, HERD_ENOMEM);
        CHECK(strncmp(rig.told, full_sync_told, rig.told_len) == 0);
        rig_end(&rig);
        if (!failed)
            break;
        failures++;
    }
    CHECK(failures >= 2);
}

/* A server that only asks gets no more memory of ours than the limit. */
static void a_flood_of_pings_is_bounded(void)
{
    int rc = HERD_OK;
    rig_start(&rig, nothing, NULL);
    CHECK_INT(rig_take(&rig, HERD_LIT(START), SIZE_MAX), HERD_OK);
    for (int i = 0; rc == HERD_OK && i < 1000000; i++)
        rc = follow_session_on_bytes(&rig.session, HERD_LIT(PING("1", "0")),
                                     (struct herd_mono){3});
    CHECK_INT(rc, HERD_EFULL);
    CHECK(rig.fail.peak < 3 << 20);
    rig_end(&rig);
}

const struct check_test test_session[] = {
    {"a_full_sync_then_the_feed_cut_anywhere", a_full_sync_then_the_feed_cut_anywhere},
    {"every_prefix_is_told_so_far", every_prefix_is_told_so_far},
    {"a_known_position_is_resumed_and_nothing_is_given",
     a_known_position_is_resumed_and_nothing_is_given},
    {"a_new_start_is_given_everything_first", a_new_start_is_given_everything_first},
    {"what_is_given_is_cut_into_batches", what_is_given_is_cut_into_batches},
    {"nothing_is_given_without_the_call", nothing_is_given_without_the_call},
    {"only_what_was_told_in_this_feed_is_acknowledged",
     only_what_was_told_in_this_feed_is_acknowledged},
    {"malformed_frames_end_the_session", malformed_frames_end_the_session},
    {"a_long_answer_ends_the_session", a_long_answer_ends_the_session},
    {"an_error_of_a_call_ends_the_session", an_error_of_a_call_ends_the_session},
    {"every_allocation_may_fail", every_allocation_may_fail},
    {"a_flood_of_pings_is_bounded", a_flood_of_pings_is_bounded},
    {NULL, NULL},
};
