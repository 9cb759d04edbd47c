/* SPDX-License-Identifier: ISC */
/* AUTH with a key: a MAC proves that its sender knows the key, now, on this connection, and
 * in its own role. */
#include "check.h"
#include "forge.h"
#include "rig/frames.h"
#include "protocol/hello.h"
#include "hex.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define WRONG "wrong key: the two herd-key-files differ"

static uint8_t right_key[FORGE_KEY] = {'k', 'e', 'y'};
static uint8_t wrong_key[FORGE_KEY] = {'y', 'e', 'k'};

/* Clark's own key; NULL: none. */
static void start(struct rig *rig, uint8_t *key)
{
    struct herd_core_setup setup;
    rig_prepare(rig, TALK_HERD, "Clark", &setup);
    if (key != NULL)
        setup.mac = (struct herd_mac){forge_sign, key};
    rig_build(rig, &setup);
}

/* Bona's end of connection 1. */
struct talk {
    char bona[HERD_HELLO_MAX], clark[HERD_HELLO_MAX]; /* the arguments of the HELLOs */
    bool dialled;                                     /* by Clark */
};

static void greet(struct rig *rig, struct talk *talk, bool dialled)
{
    struct rig_text frame = {NULL, 0, 0};
    talk->dialled = dialled;
    rig_hush(rig);
    script_act(rig, dialled ? "open 1 dialled Bona\n" : "open 1 peer\n");
    snprintf(talk->bona, sizeof talk->bona,
             "1 1 herd Bona Clark 00000000000000b0 %016llx 1621464828.2 " FRAMES_NONCE,
             (unsigned long long)herd_hello_rules());
    rig_text_printf(&frame, "HELLO 0 %s\n", talk->bona);
    rig_data(rig, 1, herd_slice(frame.data, frame.len));
    const char *lf = strchr(rig->sent.data, '\n');
    if (CHECK(lf != NULL && memcmp(rig->sent.data, "HELLO 0 ", 8) == 0))
        snprintf(talk->clark, sizeof talk->clark, "%.*s", (int)(lf - rig->sent.data - 8),
                 rig->sent.data + 8);
    rig_text_free(&frame);
}

/* The AUTH of one of the two roles under a key. */
static void print_auth(const struct talk *talk, uint8_t *key, const char *role, char *out)
{
    char text[HERD_AUTH_TEXT], hex[2 * HERD_MAC_SIZE + 1];
    uint8_t bytes[HERD_MAC_SIZE];
    struct herd_slice bona = herd_slice_str(talk->bona),
                      clark = herd_slice_str(talk->clark);
    forge_sign(key,
               herd_auth_text(role, talk->dialled ? clark : bona,
                              talk->dialled ? bona : clark, text),
               bytes);
    herd_hex_print(bytes, sizeof bytes, hex);
    snprintf(out, 128, "AUTH 0 %s\n", hex);
}

static const char *role_of_bona(const struct talk *talk)
{
    return talk->dialled ? "acceptor" : "dialler";
}

static const char *role_of_clark(const struct talk *talk)
{
    return talk->dialled ? "dialler" : "acceptor";
}

static void say(struct rig *rig, const char *frame)
{
    rig_data(rig, 1, herd_slice_str(frame));
}

static void check_refused(struct rig *rig, const char *why)
{
    char line[160];
    CHECK(!rig->open[1]);
    CHECK_INT((int64_t)herd_core_links_up(rig->core), 0);
    CHECK_INT(RIG_STAT(rig, peers_auth_failed), 1);
    CHECK_INT(RIG_STAT(rig, peers_refused), 1);
    snprintf(line, sizeof line, "BYE 0 refused %s\n", why);
    CHECK(strstr(rig->sent.data, line) != NULL);
    CHECK(strstr(rig->sent.data, "HAVE") == NULL);
    snprintf(line, sizeof line, "refusal Bona 1 %s", why);
    CHECK(script_status_has(rig, line));
}

/* ---- who knows it ---- */

static void the_right_key_opens(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        struct rig rig;
        struct talk talk;
        char frame[128];
        CHECK_LABEL("dialled %d", dialled);
        start(&rig, right_key);
        script_act(&rig, "tick\n");
        greet(&rig, &talk, dialled != 0);
        print_auth(&talk, right_key, role_of_bona(&talk), frame);
        say(&rig, frame);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        CHECK_INT(RIG_STAT(&rig, peers_auth_failed), 0);
        /* Clark has proved as much. */
        print_auth(&talk, right_key, role_of_clark(&talk), frame);
        CHECK(strstr(rig.sent.data, frame) != NULL);
        rig_end(&rig);
    }
}

static void check_wrong_key(bool dialled, uint8_t *ours, uint8_t *theirs, const char *why)
{
    struct rig rig;
    struct talk talk;
    char frame[128] = "AUTH 0 none\n";
    CHECK_LABEL("dialled %d, %s", dialled, why);
    start(&rig, ours);
    script_act(&rig, "tick\n");
    greet(&rig, &talk, dialled);
    if (theirs != NULL)
        print_auth(&talk, theirs, role_of_bona(&talk), frame);
    say(&rig, frame);
    check_refused(&rig, why);
    rig_end(&rig);
}

static void other_keys_do_not(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        check_wrong_key(dialled != 0, right_key, wrong_key, WRONG);
        check_wrong_key(dialled != 0, right_key, NULL,
                        "this server has a herd-key-file, the neighbour has none");
        check_wrong_key(dialled != 0, NULL, right_key,
                        "the neighbour has a herd-key-file, this server has none");
    }
}

/* Every single letter counts, and so does the length. */
static void each_letter_of_the_key_counts(void)
{
    for (size_t at = 7; at < 7 + 2 * HERD_MAC_SIZE + 1; at++) {
        struct rig rig;
        struct talk talk;
        char frame[129];
        CHECK_LABEL("letter %zu", at);
        start(&rig, right_key);
        greet(&rig, &talk, false);
        print_auth(&talk, right_key, "dialler", frame);
        if (frame[at] == '\n')
            memcpy(frame + at, "0\n", 3);
        else
            frame[at] = frame[at] == '0' ? '1' : '0';
        say(&rig, frame);
        check_refused(&rig, WRONG);
        rig_end(&rig);
        start(&rig, right_key);
        greet(&rig, &talk, false);
        print_auth(&talk, right_key, "dialler", frame);
        memcpy(frame + at, "\n", 2);
        bool whole = at == 7 + 2 * HERD_MAC_SIZE;
        say(&rig, frame);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), whole);
        CHECK_INT(RIG_STAT(&rig, peers_auth_failed) + RIG_STAT(&rig, peers_malformed),
                  !whole);
        rig_end(&rig);
    }
}

/* ---- who has only heard it ---- */

/* Who does not know the key can send back what this server has said itself. */
static void a_reflected_mac_is_refused(void)
{
    struct rig rig;
    struct talk talk;
    char frame[128];
    start(&rig, right_key);
    script_act(&rig, "tick\n");
    greet(&rig, &talk, true);
    print_auth(&talk, right_key, role_of_clark(&talk), frame);
    CHECK(strstr(rig.sent.data, frame) != NULL);
    say(&rig, frame);
    check_refused(&rig, WRONG);
    rig_end(&rig);
}

/* An acceptor signs only after the dialler has proved itself. */
static void a_mac_of_the_other_role_is_refused(void)
{
    struct rig rig;
    struct talk talk;
    char frame[128];
    start(&rig, right_key);
    greet(&rig, &talk, false);
    CHECK(strstr(rig.sent.data, "AUTH") == NULL);
    print_auth(&talk, right_key, "acceptor", frame);
    say(&rig, frame);
    check_refused(&rig, WRONG);
    CHECK(strstr(rig.sent.data, "AUTH") == NULL);
    rig_end(&rig);
}

/* The same HELLO and the same AUTH again: Clark's nonce is another one. */
static void a_replayed_mac_is_refused(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        struct rig rig;
        struct talk talk;
        char frame[128];
        CHECK_LABEL("dialled %d", dialled);
        start(&rig, right_key);
        script_act(&rig, "tick\n");
        greet(&rig, &talk, dialled != 0);
        print_auth(&talk, right_key, role_of_bona(&talk), frame);
        say(&rig, frame);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        script_act(&rig, "closed 1 reset\nwait 60000\n");
        greet(&rig, &talk, dialled != 0);
        say(&rig, frame);
        check_refused(&rig, WRONG);
        rig_end(&rig);
    }
}

/* ---- digests ---- */

/* Without the key nobody can tell from a digest what is held. */
static void the_key_is_in_the_digests(void)
{
    char with[17], without[17];
    for (int keyed = 0; keyed < 2; keyed++) {
        struct rig rig;
        start(&rig, keyed ? right_key : NULL);
        script_act(&rig, "open 2\n2< IAMAT a +0+0 1\n");
        struct rig_text digest = {NULL, 0, 0};
        frames_fill(&rig, &digest, HERD_LIT("DIGEST"));
        snprintf(keyed ? with : without, 17, "%s", digest.data);
        rig_text_free(&digest);
        rig_end(&rig);
    }
    CHECK(strcmp(with, without) != 0);
}

const struct check_test test_handshake_key[] = {
    {"the_right_key_opens", the_right_key_opens},
    {"other_keys_do_not", other_keys_do_not},
    {"each_letter_of_the_key_counts", each_letter_of_the_key_counts},
    {"a_reflected_mac_is_refused", a_reflected_mac_is_refused},
    {"a_mac_of_the_other_role_is_refused", a_mac_of_the_other_role_is_refused},
    {"a_replayed_mac_is_refused", a_replayed_mac_is_refused},
    {"the_key_is_in_the_digests", the_key_is_in_the_digests},
    {NULL, NULL},
};
