/* SPDX-License-Identifier: ISC */
/* A neighbour's connection, or a follower's. The input is what it says, with marks in
 * between for what else happens. Its first byte chooses (bit by bit) whether the handshake
 * is done already, whether the core has dialled, whether the herd has a key, and whether it
 * is a follower, which has no handshake; the second says how to cut; the third makes an
 * allocation fail when it is not 0. */
#include "core_rig.h"
#include "forge.h"

#include "herd/err.h"
#include "protocol/frame.h"
#include "protocol/hello.h"
#include "hex.h"

#include <stdio.h>

enum mark {
    MARK_TIME = 0xff,   /* and a byte: that many times 64 ms pass */
    MARK_DRAIN = 0xfe,  /* the kernel takes everything */
    MARK_FEED = 0xfd,   /* what follows is sent as a BATCH by position ... */
    MARK_WALK = 0xfc,   /* ... or of a walk, up to the next mark */
    MARK_AGAIN = 0xfb,  /* the connection breaks, and another one comes */
    MARK_REPORT = 0xfa, /* and a byte: a client says where it is */
    MARK_PLAIN = 0xf9,  /* what follows is sent as it stands, as at the start */
    MARK_FIRST = MARK_PLAIN
};

enum { FLAG_GREETED = 1, FLAG_DIALLED = 2, FLAG_KEYED = 4, FLAG_FOLLOWER = 8 };

enum { CLIENT = 1, INPUT_MAX = 16384, PEERS_MAX = 8, LIVE_MAX = 1 << 20 };

static const char conf_text[] = "server Bona client 127.0.0.1:2 peer 127.0.0.1:12\n"
                                "server Clark client 127.0.0.1:3 peer 127.0.0.1:13\n"
                                "link Bona Clark\n"
                                "handshake-timeout-ms 2000\n";

static const char feed[] = "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0";

struct session {
    struct rig rig;
    uint8_t key[FORGE_KEY];
    uint8_t flags;
    size_t piece;
    uint32_t conn;
    struct fuzz_mem mem; /* of the framer */
    struct herd_framer framer;
    bool said_bye;
    bool followed;              /* FOLLOWED has come */
    char hello[HERD_HELLO_MAX]; /* the core's */
    size_t hello_len;
    uint64_t seq; /* of our feed */
};

/* ---- what the core says ---- */

static bool is_verb(struct herd_slice verb)
{
    static const char *const verbs[] = {"HELLO", "AUTH",   "UP",   "HAVE",  "RESUME",
                                        "SYNC",  "SYNCED", "WAIT", "BATCH", "ACK",
                                        "PING",  "PONG",   "BYE"};
    size_t i = 0;
    while (i < sizeof verbs / sizeof verbs[0] &&
           !herd_slice_eq(verb, herd_slice_str(verbs[i])))
        i++;
    return i < sizeof verbs / sizeof verbs[0];
}

/* Takes FOLLOWED, the one line that is no frame, off the front. */
static void take_followed(struct session *session, struct herd_slice *bytes)
{
    const char *lf = memchr(bytes->data, '\n', bytes->len);
    FUZZ_CHECK(lf != NULL && bytes->len > 9 && memcmp(bytes->data, "FOLLOWED ", 9) == 0);
    fuzz_take(bytes, (size_t)(lf - bytes->data) + 1);
    session->followed = true;
}

static void hear(void *ctx, const struct herd_action *action)
{
    struct session *session = ctx;
    struct herd_slice bytes = action->bytes;
    struct herd_frame frame;
    int rc;
    if (action->kind != HERD_DO_SEND || (uint32_t)action->conn == CLIENT)
        return;
    if ((session->flags & FLAG_FOLLOWER) != 0 && !session->followed)
        take_followed(session, &bytes);
    while ((rc = herd_frame_next(&session->framer, &bytes, &frame)) == 1) {
        FUZZ_CHECK(!session->said_bye && is_verb(frame.verb));
        session->said_bye = herd_slice_eq(frame.verb, HERD_LIT("BYE"));
        if (herd_slice_eq(frame.verb, HERD_LIT("HELLO"))) {
            FUZZ_CHECK(frame.args.len < sizeof session->hello);
            memcpy(session->hello, frame.args.data, frame.args.len);
            session->hello_len = frame.args.len;
        }
    }
    FUZZ_CHECK(rc == 0);
}

/* ---- what the neighbour says ---- */

static void say(struct session *session, struct herd_slice bytes)
{
    while (bytes.len > 0)
        if (!core_rig_say(&session->rig, session->conn, fuzz_take(&bytes, session->piece)))
            return;
}

static void say_proof(struct session *session, struct herd_slice hello, const char *verb,
                      const char *role, const char *boot)
{
    bool ours = (session->flags & FLAG_DIALLED) == 0;
    struct herd_slice core = herd_slice(session->hello, session->hello_len);
    struct herd_proof proof = {.role = role,
                               .dialler = ours ? hello : core,
                               .acceptor = ours ? core : hello,
                               .boot = herd_slice_str(boot)};
    char text[HERD_PROOF_TEXT], hex[2 * HERD_MAC_SIZE + 1] = "none";
    char frame[2 * HERD_MAC_SIZE + 64];
    uint8_t mac[HERD_MAC_SIZE];
    if ((session->flags & FLAG_KEYED) != 0) {
        forge_sign(session->key, herd_proof_text(&proof, text), mac);
        herd_hex_print(mac, sizeof mac, hex);
    }
    int len = snprintf(frame, sizeof frame, "%s 0 %s %s\n", verb, hex, boot);
    say(session, herd_slice(frame, (size_t)len));
}

static void greet(struct session *session)
{
    struct herd_hello hello = {.version_least = 2,
                               .version_most = 2,
                               .herd = HERD_LIT("herd"),
                               .from = HERD_LIT("Bona"),
                               .to = HERD_LIT("Clark"),
                               .rules = herd_hello_rules(0),
                               .clock = session->rig.wall,
                               .nonce = {7}};
    char args[HERD_HELLO_MAX], frame[HERD_HELLO_MAX + 16];
    size_t len = herd_hello_print(&hello, args);
    int size = snprintf(frame, sizeof frame, "HELLO 0 %s\n", args);
    say(session, herd_slice(frame, (size_t)size));
    if ((session->flags & FLAG_DIALLED) == 0) {
        say_proof(session, herd_slice(args, len), "AUTH", "dialler", "00000000000000b0");
    } else {
        say_proof(session, herd_slice(args, len), "AUTH", "acceptor", "");
        say_proof(session, herd_slice(args, len), "UP", "up", "00000000000000b0");
    }
}

static void connect(struct session *session)
{
    bool follower = (session->flags & FLAG_FOLLOWER) != 0;
    bool dialled = (session->flags & FLAG_DIALLED) != 0 && !follower;
    if (session->conn == CLIENT + PEERS_MAX)
        return;
    if (dialled && !session->rig.dialling[0])
        return;
    herd_framer_free(&session->framer);
    herd_framer_init(&session->framer, &session->mem.mem, HERD_FRAME_PAYLOAD_MAX);
    session->said_bye = session->followed = false;
    session->hello_len = 0;
    rig_open(&session->rig, ++session->conn, follower ? HERD_ROLE_CONTROL : HERD_ROLE_PEER,
             dialled ? 0 : -1);
    if (follower)
        say(session, HERD_LIT("FOLLOW fuzz 1\n"));
    else if ((session->flags & FLAG_GREETED) != 0)
        greet(session);
}

static void say_batch(struct session *session, struct herd_slice payload, bool walk)
{
    char header[128];
    unsigned long long count = 0;
    for (size_t i = 0; i < payload.len; i++)
        count += payload.data[i] == '\n';
    unsigned long long from = walk ? 0 : session->seq, to = walk ? 0 : from + count;
    int len = snprintf(header, sizeof header, "BATCH %zu %llu %llu %llu\n", payload.len,
                       from, to, count);
    session->seq = walk ? session->seq : to;
    say(session, herd_slice(header, (size_t)len));
    say(session, payload);
}

/* A client of the core's own. */
static void report(struct session *session, uint8_t n)
{
    char line[64];
    int len = snprintf(line, sizeof line, "IAMAT c%u +1-1 %u\n", n % 8U, n / 8U);
    core_rig_say(&session->rig, CLIENT, herd_slice(line, (size_t)len));
}

/* ---- the conversation ---- */

static void happen(struct session *session, uint8_t mark, struct herd_slice *input)
{
    struct rig *rig = &session->rig;
    size_t len = 0;
    switch (mark) {
    case MARK_TIME: core_rig_turn(rig, fuzz_byte(input) * 64, false); break;
    case MARK_DRAIN: core_rig_turn(rig, 0, true); break;
    case MARK_AGAIN:
        core_rig_break(rig, session->conn);
        session->seq = 0;
        core_rig_turn(rig, 0, false);
        connect(session);
        break;
    case MARK_REPORT: report(session, fuzz_byte(input)); break;
    default:
        while (len < input->len && (uint8_t)input->data[len] < MARK_FIRST)
            len++;
        if (mark == MARK_PLAIN)
            say(session, fuzz_take(input, len));
        else
            say_batch(session, fuzz_take(input, len), mark == MARK_WALK);
        break;
    }
}

static void check(const struct session *session)
{
    const struct rig *rig = &session->rig;
    rig_check_records(rig);
    FUZZ_CHECK(rig->mem.peak <= LIVE_MAX);
    /* Nothing counts from a peer that has not proved that it knows the key. */
    if ((session->flags & (FLAG_GREETED | FLAG_KEYED | FLAG_FOLLOWER)) == FLAG_KEYED) {
        FUZZ_CHECK(herd_core_links_up(rig->core) == 0);
        FUZZ_CHECK(herd_core_stats(rig->core)->records_received == 0);
    }
    FUZZ_CHECK(!rig->open[session->conn] || !session->said_bye);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session session = {.key = {1, 2, 3}, .conn = CLIENT};
    struct herd_slice input =
        herd_slice((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    session.flags = fuzz_byte(&input);
    session.piece = (size_t)fuzz_byte(&input) * 16 + 1;
    uint8_t scarce = fuzz_byte(&input);
    uint8_t *key = (session.flags & FLAG_KEYED) != 0 ? session.key : NULL;
    fuzz_mem_init(&session.mem);
    herd_framer_init(&session.framer, &session.mem.mem, HERD_FRAME_PAYLOAD_MAX);
    core_rig_start(&session.rig, conf_text, "Clark", key, 1);
    session.rig.watch = hear;
    session.rig.watcher = &session;
    rig_open(&session.rig, CLIENT, HERD_ROLE_CLIENT, -1);
    core_rig_turn(&session.rig, 0, false);
    connect(&session);
    if ((session.flags & FLAG_GREETED) != 0) {
        char resume[128];
        FUZZ_CHECK(herd_core_links_up(session.rig.core) ==
                   ((session.flags & FLAG_FOLLOWER) == 0));
        int len =
            snprintf(resume, sizeof resume, "SYNC 0 %s 0\nSYNCED 0 %s 0\n", feed, feed);
        say(&session, herd_slice(resume, (size_t)len));
    }
    fail_mem_arm(&session.rig.mem, scarce, false);
    happen(&session, MARK_PLAIN, &input);
    while (input.len > 0)
        happen(&session, fuzz_byte(&input), &input);
    check(&session);
    herd_framer_free(&session.framer);
    rig_end(&session.rig);
    return 0;
}
