/* SPDX-License-Identifier: ISC */
/* HELLO and AUTH without a key: bytes, clocks, time, and prefixes. */
#include "check.h"
#include "cut.h"
#include "protocol/hello.h"
#include "hex.h"
#include "rig/script.h"
#include "rig/talk.h"

/* ---- bytes ---- */

/* Byte for byte, for once: a transcript hides some of it. */
static void a_hello_is_byte_for_byte(void)
{
    struct rig rig;
    struct herd_hello first, second;
    char nonce[33];
    rig_start(&rig, TALK_HERD, "Clark");
    script_act(&rig, "tick\nopen 1 dialled Bona\n");
    REQUIRE(rig.sent.len == 116 && rig.sent.data[115] == '\n');
    CHECK_SLICE(herd_slice(rig.sent.data, 45),
                HERD_LIT("HELLO 0 2 2 herd Clark Bona 0000000000000000 "));
    CHECK_SLICE(herd_slice(rig.sent.data + 61, 22), HERD_LIT(" 1621464828.223371889 "));
    CHECK_INT(herd_hello_parse(herd_slice(rig.sent.data + 8, 107), &first), 0);
    herd_hex_print(first.nonce, sizeof first.nonce, nonce);
    CHECK_SLICE(herd_slice(rig.sent.data + 83, 32), herd_slice_str(nonce));
    CHECK(first.rules == herd_hello_rules(0));
    /* No nonce is used twice. */
    script_act(&rig, "closed 1 reset\nwait 300\n");
    rig_hush(&rig);
    script_act(&rig, "open 1 dialled Bona\n");
    CHECK_INT(herd_hello_parse(herd_slice(rig.sent.data + 8, 107), &second), 0);
    CHECK(memcmp(first.nonce, second.nonce, sizeof first.nonce) != 0);
    rig_end(&rig);
}

/* ---- clocks ---- */

static void clocks_need_not_be_compared(void)
{
    struct rig rig;
    rig_start(&rig, TALK_HERD "link-skew-max-ms 0\n", "Clark");
    script_act(&rig, "open 2 peer\n2< HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES 0 "
                     "NONCE\n");
    CHECK(rig.open[2]);
    /* A clock before 1970 is sent as 1970. */
    rig.wall.ns = -1;
    SCRIPT_PLAY(&rig, "open 3 peer\n"
                      "3< HELLO 0 2 2 herd Jaquez Clark 0000000000000000 RULES 0 NONCE\n"
                      "  3> HELLO 0 2 2 herd Clark Jaquez 0000000000000000 RULES "
                      "0.000000000 NONCE\n"
                      "  3> AUTH 0 none\n"
                      "3< " TALK_AUTH_JAQUEZ "  3> " TALK_UP_CLARK "  3> HAVE 0 - 0\n"
                      "  3> PING 0 1 0 0 DIGEST 0.000000000\n");
    rig_end(&rig);
}

/* ---- time ---- */

#define TOO_SLOW "the handshake took longer than handshake-timeout-ms"

static void handshakes_time_out(void)
{
    struct rig rig;
    rig_start(&rig,
              TALK_HERD "handshake-timeout-ms 1000\nlink-retry-min-ms 100\n"
                        "link-retry-max-ms 5000\n",
              "Clark");
    script_act(&rig, "tick\nopen 2 dialled Bona\nopen 3 peer\n3< HELLO 0 2 2 herd \\c\n"
                     "open 4 peer\n4< " TALK_HELLO_BONA
                     "open 5 dialled Jaquez\n5< " TALK_HELLO_JAQUEZ);
    rig_pass_ms(&rig, 999);
    CHECK(herd_deadline(rig.core).ns > rig.mono.ns);
    SCRIPT_PLAY(&rig, "tick\n"
                      "wait 1\n"
                      "  2> BYE 0 closing " TOO_SLOW "\n"
                      "  3> BYE 0 closing " TOO_SLOW "\n"
                      "  4> BYE 0 closing " TOO_SLOW "\n"
                      "  5> BYE 0 closing " TOO_SLOW "\n"
                      "  close 5\n"
                      "  close 4\n"
                      "  close 3\n"
                      "  close 2\n");
    CHECK_INT(RIG_STAT(&rig, peers_refused), 4);
    CHECK(script_status_has(&rig, "refusal Bona 2 " TOO_SLOW));
    CHECK(script_status_has(&rig, "refusal - 1 " TOO_SLOW));
    CHECK(script_status_has(&rig, "refusal Jaquez 1 " TOO_SLOW));
    CHECK(script_status_has(&rig, "link Bona down - 0 " TOO_SLOW));
    /* Slow is not unwelcome: the first pause is a short one. */
    int64_t waited = 0;
    for (; !(rig.dialling[1] && rig.dialling[3]) && waited < 1000; waited++)
        script_act(&rig, "wait 1\n");
    CHECK(waited >= 50 && waited <= 150);
    rig_end(&rig);
}

/* ---- cuttings ---- */

static void feed(void *ctx, struct herd_slice piece)
{
    struct rig *rig = ctx;
    if (piece.len > 0 && rig->open[2])
        rig_data(rig, 2, piece);
}

/* Truncated anywhere, it is just a connection that has gone. */
static void handshakes_may_break_off(void)
{
    struct herd_slice text = HERD_LIT("HELLO 0 2 2 herd Bona Clark 0000000000000000");
    for (size_t len = 0; len <= text.len; len++) {
        struct rig rig;
        rig_start(&rig, TALK_HERD, "Clark");
        script_act(&rig, "open 2 peer\n");
        feed(&rig, cut_guarded(herd_slice(text.data, len)));
        SCRIPT_PLAY(&rig, "eof 2\n"
                          "  close 2\n");
        CHECK_INT((int64_t)herd_core_conn_count(rig.core), 0);
        rig_end(&rig);
    }
}

const struct check_test test_handshake[] = {
    {"a_hello_is_byte_for_byte", a_hello_is_byte_for_byte},
    {"clocks_need_not_be_compared", clocks_need_not_be_compared},
    {"handshakes_time_out", handshakes_time_out},
    {"handshakes_may_break_off", handshakes_may_break_off},
    {NULL, NULL},
};
