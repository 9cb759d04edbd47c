/* SPDX-License-Identifier: ISC */
/* Client sessions. The input is what two clients say, with marks in between for what else
 * happens; its first byte says how to cut what the clients say, the second makes an
 * allocation fail when it is not 0.
 *
 * There is one reply to each line, in order: "? " and the line itself, or an AT line, with
 * JSON and an empty line after it when the line was a WHATSAT. */
#include "core_rig.h"

#include "json_scan.h"
#include "herd/err.h"

enum mark {
    MARK_TIME = 0xff, /* and a byte: that many times 16 ms pass */
    MARK_ANSWER =
        0xfe,          /* and a byte: Places answers the oldest request with one of a few */
    MARK_DRAIN = 0xfd, /* the kernel takes everything */
    MARK_OTHER = 0xfc, /* the other client speaks */
    MARK_EOF = 0xfb,   /* the client sends no more */
    MARK_CLOSE = 0xfa, /* the connection breaks */
    MARK_STOP = 0xf9,  /* the server is stopped */
    MARK_FIRST = MARK_STOP
};

enum { CLIENTS = 2, INPUT_MAX = 16384, OUTPUT_MAX = 1 << 20 };

static const char conf_text[] = "server Clark client 127.0.0.1:1 peer 127.0.0.1:2\n"
                                "client-line-max 64\n"
                                "client-half-line-ms 2000\n"
                                "client-idle-ms 3600000\n"
                                "client-skew-max-ms 31536000000\n"
                                "clients-max 4\n"
                                "output-high 4096\n"
                                "output-max 65536\n"
                                "lookups-max 2\n"
                                "lookups-waiting-max 3\n"
                                "places-budget-minute 12\n"
                                "places-cache-ms 1000\n";

struct talker {
    char said[INPUT_MAX], heard[OUTPUT_MAX];
    size_t said_len, heard_len;
    size_t waits; /* where the first byte is that the core has not got */
    bool ended;   /* sends no more */
};

struct session {
    struct rig rig;
    struct talker talker[CLIENTS];
    size_t piece;
    bool scarce, stopped;
};

static void hear(void *ctx, const struct herd_action *action)
{
    struct session *session = ctx;
    struct herd_slice bytes = action->bytes;
    if (action->kind != HERD_DO_SEND)
        return;
    struct talker *talker = &session->talker[(uint32_t)action->conn - 1];
    FUZZ_CHECK(talker->heard_len + bytes.len <= OUTPUT_MAX);
    memcpy(talker->heard + talker->heard_len, bytes.data, bytes.len);
    talker->heard_len += bytes.len;
}

/* ---- judging ---- */

static bool starts(struct herd_slice text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.data, with, len) == 0;
}

static struct herd_slice take_line(struct herd_slice *text)
{
    const char *lf = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    struct herd_slice line =
        fuzz_take(text, lf != NULL ? (size_t)(lf - text->data) : text->len);
    fuzz_take(text, 1);
    return line;
}

static struct herd_slice take_json(struct herd_slice *text)
{
    size_t len = 0;
    while (len + 1 < text->len && (text->data[len] != '\n' || text->data[len + 1] != '\n'))
        len++;
    FUZZ_CHECK(len + 1 < text->len);
    struct herd_slice json = fuzz_take(text, len);
    fuzz_take(text, 2);
    return json;
}

/* One reply off the front of what was heard, to that line. */
static void check_reply(struct herd_slice *heard, struct herd_slice line)
{
    struct herd_slice reply = take_line(heard);
    while (line.len > 0 && strchr(" \t\r\v\f", line.data[0]) != NULL && line.data[0] != 0 &&
           !starts(reply, "? "))
        line = herd_slice_from(line, 1);
    if (starts(reply, "? ")) {
        struct herd_slice quoted = herd_slice_from(reply, 2);
        FUZZ_CHECK(quoted.len <= 64);
        FUZZ_CHECK(herd_slice_eq(quoted, herd_slice(line.data, quoted.len)));
        FUZZ_CHECK(quoted.len == line.len || (quoted.len == 64 && line.len > 64));
    } else if (starts(line, "IAMAT")) {
        FUZZ_CHECK(starts(reply, "AT Clark "));
    } else {
        FUZZ_CHECK(starts(line, "WHATSAT") && starts(reply, "AT Clark "));
        FUZZ_CHECK(herd_json_check(take_json(heard)) == HERD_OK);
    }
}

/* `all`: nothing may be missing any more. */
static void check_replies(const struct talker *talker, bool all)
{
    struct herd_slice said = herd_slice(talker->said, talker->waits);
    struct herd_slice heard = herd_slice(talker->heard, talker->heard_len);
    while (heard.len > 0) {
        FUZZ_CHECK(said.len > 0 || talker->ended);
        check_reply(&heard, take_line(&said));
    }
    FUZZ_CHECK(!all || said.len == 0 || memchr(said.data, '\n', said.len) == NULL);
}

/* ---- what happens ---- */

/* Says what it has not yet said, in pieces; the core reads no more of it while it has
 * paused the client. */
static void speak(struct session *session, uint32_t speaker, bool all)
{
    struct talker *talker = &session->talker[speaker];
    while (!talker->ended && talker->waits < talker->said_len &&
           (all || talker->said_len - talker->waits >= session->piece)) {
        size_t left = talker->said_len - talker->waits;
        size_t len = left < session->piece ? left : session->piece;
        struct herd_slice bytes = herd_slice(talker->said + talker->waits, len);
        talker->waits += len;
        if (!core_rig_say(&session->rig, speaker + 1, bytes)) {
            talker->waits -= len;
            return;
        }
    }
}

static void answer(struct session *session, uint8_t choice)
{
    static const char *const bodies[] = {
        "{\"results\":[1,2,{\"a\":\"b\"}],\"status\":\"OK\"}\n\n",
        "{\n\n   \"results\" : [],\n\n\n   \"status\" : \"ZERO_RESULTS\"\n}\n",
        "{\"results\":[],\"status\":\"OVER_QUERY_LIMIT\"}",
        "{\"results\":[}",
        "",
    };
    static const int statuses[] = {200, 403, 500, 0};
    core_rig_answer(&session->rig, statuses[choice / 5 % 4],
                    herd_slice_str(bodies[choice % 5]));
}

static void happen(struct session *session, uint8_t mark, uint32_t *speaker,
                   struct herd_slice *input)
{
    struct rig *rig = &session->rig;
    struct talker *talker = &session->talker[*speaker];
    speak(session, *speaker, true);
    switch (mark) {
    case MARK_TIME: core_rig_turn(rig, fuzz_byte(input) * 16, false); break;
    case MARK_ANSWER: answer(session, fuzz_byte(input)); break;
    case MARK_DRAIN: core_rig_turn(rig, 0, true); break;
    case MARK_OTHER: *speaker = 1 - *speaker; break;
    case MARK_EOF:
        if (talker->waits == talker->said_len && !talker->ended) {
            talker->ended = true;
            rig_eof(rig, *speaker + 1);
        }
        break;
    case MARK_CLOSE:
        talker->ended = true;
        core_rig_break(rig, *speaker + 1);
        break;
    default:
        if (!session->stopped)
            rig_step(rig, (struct herd_event){.kind = HERD_EV_STOP});
        session->stopped = true;
        break;
    }
}

/* Everything that is under way comes to its end. */
static void settle(struct session *session)
{
    for (int i = 0; i < 4096; i++) {
        bool busy = rig_oldest_request(&session->rig) > 0;
        answer(session, 0);
        core_rig_turn(&session->rig, 1, true);
        for (uint32_t speaker = 0; speaker < CLIENTS; speaker++) {
            const struct talker *talker = &session->talker[speaker];
            size_t before = talker->waits;
            speak(session, speaker, true);
            busy = busy || talker->waits != before || session->rig.owes[speaker + 1];
        }
        if (!busy)
            return;
    }
    fuzz_fail("it settles", __FILE__, __LINE__);
}

static void run(struct session *session, struct herd_slice input)
{
    uint32_t speaker = 0;
    while (input.len > 0) {
        uint8_t byte = fuzz_byte(&input);
        struct talker *talker = &session->talker[speaker];
        if (byte >= MARK_FIRST)
            happen(session, byte, &speaker, &input);
        else
            talker->said[talker->said_len++] = (char)byte;
        speak(session, speaker, false);
    }
    fail_mem_arm(&session->rig.mem, 0, false);
    settle(session);
    for (speaker = 0; speaker < CLIENTS; speaker++) {
        bool whole =
            session->rig.open[speaker + 1] && !session->scarce && !session->stopped;
        if (!session->scarce)
            check_replies(&session->talker[speaker], whole);
    }
    rig_check_records(&session->rig);
    FUZZ_CHECK(herd_core_client_count(session->rig.core) <= 4);
    FUZZ_CHECK(session->rig.mem.peak <= 1 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session session;
    struct herd_slice input =
        herd_slice((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    session.piece = (size_t)fuzz_byte(&input) + 1;
    uint8_t scarce = fuzz_byte(&input);
    session.scarce = scarce > 0;
    session.stopped = false;
    core_rig_start(&session.rig, conf_text, "Clark", NULL, 1);
    session.rig.watch = hear;
    session.rig.watcher = &session;
    for (uint32_t speaker = 0; speaker < CLIENTS; speaker++) {
        struct talker *talker = &session.talker[speaker];
        talker->said_len = talker->heard_len = talker->waits = 0;
        talker->ended = false;
        rig_open(&session.rig, speaker + 1, HERD_ROLE_CLIENT, -1);
    }
    fail_mem_arm(&session.rig.mem, scarce, false);
    run(&session, input);
    rig_end(&session.rig);
    return 0;
}
