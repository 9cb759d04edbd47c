/* SPDX-License-Identifier: ISC */
/* The control socket: one answer to each line, in any cutting, up to a FOLLOW, behind which
 * there are frames: see fuzz_peer.c. The first byte says how to cut. Two clients are known.
 */
#include "core_rig.h"

#include "herd/err.h"
#include "protocol/foreign.h"
#include "protocol/record.h"
#include "protocol/words.h"

enum {
    HEARD_MAX = 1 << 20,
    INPUT_MAX = 20000,
    CONTROL_MAX = 8192,
    CONTROL = 1,
    CLIENT = 2
};

static const char conf_text[] = "server Bona client 127.0.0.1:2 peer 127.0.0.1:12\n"
                                "server Clark client 127.0.0.1:3 peer 127.0.0.1:13\n"
                                "link Bona Clark\n";

struct heard {
    char data[HEARD_MAX];
    size_t len;
};

static void hear(void *ctx, const struct herd_action *action)
{
    struct heard *heard = ctx;
    struct herd_slice bytes = action->bytes;
    if (action->kind != HERD_DO_SEND || (uint32_t)action->conn != CONTROL)
        return;
    FUZZ_CHECK(bytes.len <= sizeof heard->data - heard->len);
    memcpy(heard->data + heard->len, bytes.data, bytes.len);
    heard->len += bytes.len;
}

static bool take_line(struct herd_slice *text, struct herd_slice *line)
{
    const char *lf = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    if (lf == NULL)
        return false;
    *line = fuzz_take(text, (size_t)(lf - text->data));
    fuzz_take(text, 1);
    return true;
}

/* FORGOT server skew client time, and that is what is held. */
static void check_forgot(const struct rig *rig, struct herd_slice got)
{
    struct herd_record record;
    FUZZ_CHECK(herd_record_parse(got, &record) == HERD_OK && record.tombstone);
    FUZZ_CHECK(herd_slice_eq(herd_core_record(rig->core, record.client), got));
}

/* Whether the line asks for a record; the reply is one about that client. */
static bool check_record(struct herd_slice line, struct herd_slice got)
{
    struct herd_words words;
    struct herd_record record;
    herd_words_split(line, &words);
    if (words.count != 2 || !herd_slice_eq(words.word[0], HERD_LIT("RECORD")))
        return false;
    FUZZ_CHECK(herd_record_parse(got, &record) == HERD_OK);
    FUZZ_CHECK(herd_slice_eq(record.client, words.word[1]));
    return true;
}

static bool begins(struct herd_slice text, struct herd_slice with)
{
    return text.len >= with.len && memcmp(text.data, with.data, with.len) == 0;
}

/* Returns false when the line was a FOLLOW. */
static bool check_answer(const struct rig *rig, struct herd_slice *heard,
                         struct herd_slice line)
{
    struct herd_slice got;
    FUZZ_CHECK(take_line(heard, &got));
    if (begins(got, HERD_LIT("FOLLOWED Clark 1 "))) {
        FUZZ_CHECK(herd_core_stats(rig->core)->followers_accepted == 1);
        return false;
    }
    if (!begins(got, HERD_LIT("? ")) && check_record(line, got))
        return true;
    if (begins(got, HERD_LIT("FORGOT "))) {
        check_forgot(rig, got);
        return true;
    }
    if (begins(got, HERD_LIT("? "))) {
        FUZZ_CHECK(herd_slice_eq(herd_slice_from(got, 2), line));
        return true;
    }
    FUZZ_CHECK(herd_slice_eq(got, HERD_LIT("server Clark")));
    while (got.len > 0)
        FUZZ_CHECK(take_line(heard, &got));
    return true;
}

/* The connection is closed after it. */
static bool is_http(struct herd_slice line)
{
    struct herd_words words;
    herd_words_split(line, &words);
    return herd_is_http_method(&words) || herd_is_http_request(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct heard heard;
    struct rig rig;
    struct herd_slice input =
        herd_slice((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    struct herd_slice line, said;
    size_t piece = (size_t)fuzz_byte(&input) + 1;
    heard.len = 0;
    core_rig_start(&rig, conf_text, "Clark", NULL, 1);
    rig.watch = hear;
    rig.watcher = &heard;
    rig_open(&rig, CLIENT, HERD_ROLE_CLIENT, -1);
    core_rig_say(&rig, CLIENT, HERD_LIT("IAMAT a +1-1 1\nIAMAT b +1-1 1621464888\n"));
    rig_open(&rig, CONTROL, HERD_ROLE_CONTROL, -1);
    said = input;
    while (input.len > 0 && core_rig_say(&rig, CONTROL, fuzz_take(&input, piece)))
        ;
    struct herd_slice got = herd_slice(heard.data, heard.len);
    line = herd_slice("", 0);
    bool other = said.len > 0 && herd_is_tls(said), follows = false;
    while (!other && !follows && take_line(&said, &line) && line.len <= CONTROL_MAX) {
        follows = !check_answer(&rig, &got, line);
        other = is_http(line);
    }
    FUZZ_CHECK(got.len == 0 || follows);
    rig_check_records(&rig);
    FUZZ_CHECK(follows || rig.open[CONTROL] == (!other && said.len <= CONTROL_MAX &&
                                                line.len <= CONTROL_MAX));
    rig_end(&rig);
    return 0;
}
