/* SPDX-License-Identifier: ISC */
/* AUTH and UP with a key: a MAC proves that its sender knows the key, now, on this
 * connection, and in its own role; and the dialler proves itself last. */
#include "check.h"
#include "forge.h"
#include "rig/frames.h"
#include "protocol/hello.h"
#include "hex.h"
#include "rig/script.h"
#include "rig/talk.h"

#include <stdio.h>

#define WRONG "wrong key: the herd keys differ (herd-key-file, or herd.key in run-dir)"

#define BONA_BOOT  "00000000000000b0"
#define CLARK_BOOT "00000000000c1a4c"

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
             "2 2 herd Bona Clark 0000000000000000 %016llx 1621464828.2 " FRAMES_NONCE,
             (unsigned long long)herd_hello_rules(0));
    rig_text_printf(&frame, "HELLO 0 %s\n", talk->bona);
    rig_data(rig, 1, herd_slice(frame.data, frame.len));
    const char *lf = strchr(rig->sent.data, '\n');
    if (CHECK(lf != NULL && memcmp(rig->sent.data, "HELLO 0 ", 8) == 0))
        snprintf(talk->clark, sizeof talk->clark, "%.*s", (int)(lf - rig->sent.data - 8),
                 rig->sent.data + 8);
    rig_text_free(&frame);
}

enum { FRAME = 128 };

/* The proof of a role under a key; `boot` is "" where none is told. */
static void print_proof(const struct talk *talk, uint8_t *key, const char *role,
                        const char *boot, char out[FRAME])
{
    char text[HERD_PROOF_TEXT], hex[2 * HERD_MAC_SIZE + 1];
    uint8_t bytes[HERD_MAC_SIZE];
    struct herd_slice bona = herd_slice_str(talk->bona),
                      clark = herd_slice_str(talk->clark);
    struct herd_proof proof = {role, talk->dialled ? clark : bona,
                               talk->dialled ? bona : clark, herd_slice_str(boot)};
    forge_sign(key, herd_proof_text(&proof, text), bytes);
    herd_hex_print(bytes, sizeof bytes, hex);
    snprintf(out, FRAME, "%s 0 %s%s%s\n", strcmp(role, "up") == 0 ? "UP" : "AUTH", hex,
             boot[0] != '\0' ? " " : "", boot);
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

/* All that Bona has to prove. */
static void prove(struct rig *rig, const struct talk *talk, uint8_t *key)
{
    char frame[FRAME];
    if (talk->dialled) {
        print_proof(talk, key, "acceptor", "", frame);
        say(rig, frame);
        if (!rig->open[1])
            return;
        print_proof(talk, key, "up", BONA_BOOT, frame);
    } else {
        print_proof(talk, key, "dialler", BONA_BOOT, frame);
    }
    say(rig, frame);
}

static bool has_said(const struct rig *rig, const char *text)
{
    return strstr(rig->sent.data, text) != NULL;
}

/* ---- who knows it ---- */

static void the_right_key_opens(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        struct rig rig;
        struct talk talk;
        char frame[FRAME];
        CHECK_LABEL("dialled %d", dialled);
        start(&rig, right_key);
        script_act(&rig, "tick\n");
        greet(&rig, &talk, dialled != 0);
        prove(&rig, &talk, right_key);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        CHECK_INT(RIG_STAT(&rig, peers_auth_failed), 0);
        /* Clark has proved as much. */
        print_proof(&talk, right_key, dialled ? "dialler" : "acceptor",
                    dialled ? CLARK_BOOT : "", frame);
        CHECK(has_said(&rig, frame));
        print_proof(&talk, right_key, "up", CLARK_BOOT, frame);
        CHECK_INT(has_said(&rig, frame), !dialled);
        rig_end(&rig);
    }
}

static void check_wrong_key(bool dialled, uint8_t *ours, uint8_t *theirs, const char *why)
{
    struct rig rig;
    struct talk talk;
    CHECK_LABEL("dialled %d, %s", dialled, why);
    start(&rig, ours);
    script_act(&rig, "tick\n");
    greet(&rig, &talk, dialled);
    if (theirs != NULL)
        prove(&rig, &talk, theirs);
    else
        say(&rig, "AUTH 0 none " BONA_BOOT "\n");
    check_refused(&rig, why);
    rig_end(&rig);
}

static void other_keys_do_not(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        check_wrong_key(dialled != 0, right_key, wrong_key, WRONG);
        check_wrong_key(dialled != 0, right_key, NULL,
                        "this server has a herd key, the neighbour has none");
        check_wrong_key(dialled != 0, NULL, right_key,
                        "the neighbour has a herd key, this server has none");
    }
}

/* Starts a conversation in which that frame of Bona's is due. */
static void await(struct rig *rig, struct talk *talk, const char *role, char frame[FRAME])
{
    bool up = strcmp(role, "up") == 0, dialled = up || strcmp(role, "acceptor") == 0;
    start(rig, right_key);
    script_act(rig, "tick\n");
    greet(rig, talk, dialled);
    if (up) {
        print_proof(talk, right_key, "acceptor", "", frame);
        say(rig, frame);
    }
    print_proof(talk, right_key, role, strcmp(role, "acceptor") == 0 ? "" : BONA_BOOT,
                frame);
}

/* Every single letter counts, those of the boot id too, and so does the length. */
static void each_letter_of_a_proof_counts(void)
{
    static const char *const roles[] = {"dialler", "acceptor", "up"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct rig rig;
        struct talk talk;
        char frame[FRAME];
        await(&rig, &talk, roles[i], frame);
        rig_end(&rig);
        size_t last = strlen(frame) - 1;
        for (size_t at = strcspn(frame, " ") + 3; at <= last; at++) {
            CHECK_LABEL("%s, letter %zu", roles[i], at);
            await(&rig, &talk, roles[i], frame);
            bool end = frame[at] == '\n', blank = frame[at] == ' ';
            if (end)
                memcpy(frame + at, "0\n", 3);
            else
                frame[at] = frame[at] == '0' ? '1' : '0';
            say(&rig, frame);
            if (!blank && !(end && strcmp(roles[i], "acceptor") != 0))
                check_refused(&rig, WRONG);
            CHECK(!rig.open[1]);
            rig_end(&rig);
            await(&rig, &talk, roles[i], frame);
            memcpy(frame + at, "\n", 2);
            say(&rig, frame);
            CHECK_INT(rig.open[1], end);
            CHECK_INT(RIG_STAT(&rig, peers_auth_failed) + RIG_STAT(&rig, peers_malformed),
                      !end);
            rig_end(&rig);
        }
    }
}

/* ---- in which order ---- */

/* Who only listens at an address, and waits for a dial, is given nothing to guess a key
 * with: not even a server that knows the key is, before it has proved that. */
static void a_dialler_proves_itself_last(void)
{
    struct rig rig;
    struct talk talk;
    char frame[FRAME];
    start(&rig, right_key);
    script_act(&rig, "tick\n");
    greet(&rig, &talk, true);
    CHECK(!has_said(&rig, "AUTH"));
    print_proof(&talk, wrong_key, "acceptor", "", frame);
    say(&rig, frame);
    check_refused(&rig, WRONG);
    CHECK(!has_said(&rig, "AUTH"));
    rig_end(&rig);
    start(&rig, right_key);
    script_act(&rig, "tick\n");
    greet(&rig, &talk, true);
    print_proof(&talk, right_key, "acceptor", "", frame);
    say(&rig, frame);
    CHECK(has_said(&rig, "AUTH"));
    CHECK_INT((int64_t)herd_core_links_up(rig.core), 0);
    rig_end(&rig);
}

/* With a boot id somebody could pass for the neighbour that is connected. */
static void boot_ids_are_told_to_the_proven(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        struct rig rig;
        struct talk talk;
        char frame[FRAME];
        CHECK_LABEL("dialled %d", dialled);
        start(&rig, right_key);
        script_act(&rig, "tick\n");
        greet(&rig, &talk, dialled != 0);
        CHECK(!has_said(&rig, "c1a4c"));
        prove(&rig, &talk, wrong_key);
        CHECK(!rig.open[1] && !has_said(&rig, "c1a4c"));
        script_act(&rig, "closed 1 reset\nwait 60000\n");
        greet(&rig, &talk, dialled != 0);
        print_proof(&talk, right_key, dialled ? "acceptor" : "dialler",
                    dialled ? "" : BONA_BOOT, frame);
        say(&rig, frame);
        CHECK(has_said(&rig, " " CLARK_BOOT "\n"));
        rig_end(&rig);
    }
}

/* UP may not come in the place of AUTH, nor AUTH of a dialler without its boot id. */
static void no_step_may_be_left_out(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        for (int without = 0; without < 2; without++) {
            struct rig rig;
            struct talk talk;
            char frame[FRAME];
            CHECK_LABEL("dialled %d, without %d", dialled, without);
            start(&rig, right_key);
            script_act(&rig, "tick\n");
            greet(&rig, &talk, dialled != 0);
            if (without && dialled) {
                print_proof(&talk, right_key, "acceptor", "", frame);
                say(&rig, frame);
            }
            print_proof(&talk, right_key, without && !dialled ? "dialler" : "up",
                        without ? "" : BONA_BOOT, frame);
            say(&rig, frame);
            CHECK(!rig.open[1]);
            CHECK_INT((int64_t)herd_core_links_up(rig.core), 0);
            CHECK_INT(RIG_STAT(&rig, peers_malformed), 1);
            rig_end(&rig);
        }
    }
}

/* ---- who has only heard it ---- */

/* Who does not know the key can send back what this server has said itself, with any boot
 * id. */
static void a_reflected_mac_is_refused(void)
{
    struct rig rig;
    struct talk talk;
    char frame[FRAME], said[FRAME];
    start(&rig, right_key);
    greet(&rig, &talk, false);
    print_proof(&talk, right_key, "acceptor", "", said);
    CHECK(has_said(&rig, said));
    snprintf(frame, sizeof frame, "%.*s " CLARK_BOOT "\n", (int)strlen(said) - 1, said);
    say(&rig, frame);
    check_refused(&rig, WRONG);
    rig_end(&rig);
    /* Somebody in the middle has a proof of the real Bona's, but not its UP. */
    await(&rig, &talk, "up", frame);
    print_proof(&talk, right_key, "dialler", CLARK_BOOT, said);
    CHECK(has_said(&rig, said));
    snprintf(frame, sizeof frame, "UP%s", said + strlen("AUTH"));
    say(&rig, frame);
    check_refused(&rig, WRONG);
    rig_end(&rig);
}

/* Each role signs another text. */
static void a_mac_of_another_role_is_refused(void)
{
    static const struct {
        const char *due, *sent;
    } cases[] = {{"dialler", "acceptor"}, {"dialler", "up"}, {"acceptor", "dialler"},
                 {"acceptor", "up"},      {"up", "dialler"}, {"up", "acceptor"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        struct talk talk;
        char right[FRAME], other[FRAME], frame[FRAME];
        const char *boot = strcmp(cases[i].due, "acceptor") == 0 ? "" : BONA_BOOT;
        CHECK_LABEL("%s instead of %s", cases[i].sent, cases[i].due);
        await(&rig, &talk, cases[i].due, right);
        print_proof(&talk, right_key, cases[i].sent, boot, other);
        snprintf(frame, sizeof frame, "%.*s%s", (int)strcspn(right, " "), right,
                 other + strcspn(other, " "));
        say(&rig, frame);
        check_refused(&rig, WRONG);
        rig_end(&rig);
    }
}

/* The same HELLO and the same proofs again: Clark's nonce is another one. */
static void a_replayed_mac_is_refused(void)
{
    for (int dialled = 0; dialled < 2; dialled++) {
        struct rig rig;
        struct talk talk, again;
        CHECK_LABEL("dialled %d", dialled);
        start(&rig, right_key);
        script_act(&rig, "tick\n");
        greet(&rig, &talk, dialled != 0);
        prove(&rig, &talk, right_key);
        CHECK_INT((int64_t)herd_core_links_up(rig.core), 1);
        script_act(&rig, "closed 1 reset\nwait 60000\n");
        greet(&rig, &again, dialled != 0);
        prove(&rig, &talk, right_key);
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
    {"each_letter_of_a_proof_counts", each_letter_of_a_proof_counts},
    {"a_dialler_proves_itself_last", a_dialler_proves_itself_last},
    {"boot_ids_are_told_to_the_proven", boot_ids_are_told_to_the_proven},
    {"no_step_may_be_left_out", no_step_may_be_left_out},
    {"a_reflected_mac_is_refused", a_reflected_mac_is_refused},
    {"a_mac_of_another_role_is_refused", a_mac_of_another_role_is_refused},
    {"a_replayed_mac_is_refused", a_replayed_mac_is_refused},
    {"the_key_is_in_the_digests", the_key_is_in_the_digests},
    {NULL, NULL},
};
