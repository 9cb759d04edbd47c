/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "dice.h"

#include "link/fsm.h"

enum { MIN_MS = 100, MAX_MS = 1000, OURS = 7, THEIRS = 8, OTHER = 9, BOOT = 1000 };

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

static struct herd_link_fsm fresh(bool smaller)
{
    struct herd_link_fsm_setup setup = {MIN_MS, MAX_MS, smaller};
    struct herd_link_fsm link;
    herd_link_fsm_init(&link, &setup, at_ms(0));
    return link;
}

/* A link that has been brought up at 0 by a connection that we dialled, or they. */
static struct herd_link_fsm up(bool smaller, bool ours)
{
    struct herd_link_fsm link = fresh(smaller);
    uint64_t old;
    if (ours) {
        CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
        herd_link_fsm_on_dialled(&link, OURS);
    }
    CHECK_INT(herd_link_fsm_on_handshake_done(&link, ours ? OURS : THEIRS, ours, BOOT,
                                              at_ms(0), &old),
              HERD_LINK_ACCEPT);
    return link;
}

static bool same(const struct herd_link_fsm *a, const struct herd_link_fsm *b)
{
    return a->dial == b->dial && a->handshake_conn == b->handshake_conn &&
           a->retry_at.ns == b->retry_at.ns && a->backoff_ms == b->backoff_ms &&
           a->link_conn == b->link_conn && a->dialled == b->dialled &&
           a->boot_id == b->boot_id && a->up_since.ns == b->up_since.ns;
}

/* ---- dialling ---- */

static void dials_until_up(void)
{
    struct herd_link_fsm link = fresh(true);
    uint64_t old;
    CHECK(!herd_link_fsm_is_up(&link));
    CHECK_INT(herd_link_fsm_deadline(&link).ns, 0);
    CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
    CHECK_INT(link.dial, HERD_DIAL_CONNECTING);
    CHECK(herd_mono_is_never(herd_link_fsm_deadline(&link)));
    CHECK(!herd_link_fsm_should_dial(&link, at_ms(1)));
    herd_link_fsm_on_dialled(&link, OURS);
    CHECK_INT(link.dial, HERD_DIAL_HANDSHAKE);
    CHECK(herd_mono_is_never(herd_link_fsm_deadline(&link)));
    CHECK(!herd_link_fsm_should_dial(&link, at_ms(2)));
    CHECK_INT(herd_link_fsm_on_handshake_done(&link, OURS, true, BOOT, at_ms(3), &old),
              HERD_LINK_ACCEPT);
    CHECK_INT((int64_t)old, 0);
    CHECK_INT(link.dial, HERD_DIAL_IDLE);
    CHECK(herd_link_fsm_is_up(&link));
    CHECK(herd_mono_is_never(herd_link_fsm_deadline(&link)));
    CHECK(!herd_link_fsm_should_dial(&link, at_ms(1000000)));
    CHECK(herd_link_fsm_on_lost(&link, OURS, false, at_ms(1000000), 0));
    CHECK(!herd_link_fsm_is_up(&link));
    CHECK_INT(herd_link_fsm_deadline(&link).ns, at_ms(1000000 + MIN_MS / 2).ns);
    CHECK(!herd_link_fsm_should_dial(&link, at_ms(1000000 + MIN_MS / 2 - 1)));
    CHECK(herd_link_fsm_should_dial(&link, at_ms(1000000 + MIN_MS / 2)));
}

/* The dial goes on when the neighbour's connection comes first. */
static void dials_on_when_they_were_first(void)
{
    struct herd_link_fsm link = fresh(false);
    uint64_t old;
    CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
    CHECK_INT(herd_link_fsm_on_handshake_done(&link, THEIRS, false, BOOT, at_ms(1), &old),
              HERD_LINK_ACCEPT);
    CHECK_INT(link.dial, HERD_DIAL_CONNECTING);
    struct herd_link_fsm failed = link;
    herd_link_fsm_on_dial_failed(&failed, at_ms(2), 0);
    CHECK_INT(failed.dial, HERD_DIAL_IDLE);
    CHECK(herd_link_fsm_is_up(&failed));
    CHECK(herd_mono_is_never(herd_link_fsm_deadline(&failed)));
    herd_link_fsm_on_dialled(&link, OURS);
    CHECK(!herd_link_fsm_on_lost(&link, OURS, false, at_ms(3), 0));
    CHECK_INT(link.dial, HERD_DIAL_IDLE);
    CHECK_INT((int64_t)link.link_conn, THEIRS);
    CHECK(herd_mono_is_never(herd_link_fsm_deadline(&link)));
}

/* ---- backing off ---- */

static int64_t pause_after_failure(struct herd_link_fsm *link, uint64_t random)
{
    struct herd_mono now = herd_link_fsm_deadline(link);
    CHECK(herd_link_fsm_should_dial(link, now));
    herd_link_fsm_on_dial_failed(link, now, random);
    return (link->retry_at.ns - now.ns) / HERD_NS_PER_MS;
}

static void backs_off_with_jitter(void)
{
    static const int64_t steps[] = {100, 200, 400, 800, 1000, 1000, 1000};
    struct dice dice = {1};
    struct herd_link_fsm link = fresh(true);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int64_t least = INT64_MAX, most = 0;
        uint64_t size = (uint64_t)steps[i];
        CHECK_LABEL("failure %zu", i + 1);
        CHECK_INT(link.backoff_ms, steps[i]);
        struct herd_link_fsm before = link;
        CHECK_INT(pause_after_failure(&link, 0), MIN_MS / 2);
        for (int k = 0; k < 300; k++) {
            struct herd_link_fsm copy = before;
            int64_t pause = pause_after_failure(&copy, dice_next(&dice));
            least = pause < least ? pause : least;
            most = pause > most ? pause : most;
        }
        CHECK(least >= MIN_MS / 2 && least < MIN_MS / 2 + steps[i] / 10);
        CHECK(most <= MIN_MS / 2 + steps[i] && most > MIN_MS / 2 + steps[i] * 9 / 10);
        struct herd_link_fsm copy = before;
        CHECK_INT(pause_after_failure(&copy, size), MIN_MS / 2 + steps[i]);
        copy = before;
        CHECK_INT(pause_after_failure(&copy, size + 1), MIN_MS / 2);
    }
}

static void keeps_equal_bounds(void)
{
    struct herd_link_fsm_setup setup = {1, 1, true};
    struct herd_link_fsm link;
    herd_link_fsm_init(&link, &setup, at_ms(5));
    for (int i = 0; i < 5; i++)
        CHECK(pause_after_failure(&link, (uint64_t)i) <= 1);
    CHECK_INT(link.backoff_ms, 1);
}

/* Only a link that stayed up as long as the back-off earns a quick retry. */
static void forgives_after_uptime(void)
{
    for (int64_t uptime_ms = 799; uptime_ms <= 800; uptime_ms++) {
        struct herd_link_fsm link = fresh(true);
        uint64_t old;
        CHECK_LABEL("up for %d ms", (int)uptime_ms);
        for (int i = 0; i < 3; i++)
            pause_after_failure(&link, 0);
        CHECK_INT(link.backoff_ms, 800);
        herd_link_fsm_on_handshake_done(&link, THEIRS, false, BOOT, at_ms(5000), &old);
        struct herd_mono end = at_ms(5000 + uptime_ms);
        CHECK(herd_link_fsm_on_lost(&link, THEIRS, false, end, 100));
        CHECK_INT(link.retry_at.ns - end.ns, at_ms(MIN_MS / 2 + 100).ns);
        CHECK_INT(link.backoff_ms, uptime_ms < 800 ? MAX_MS : 2 * MIN_MS);
    }
}

/* A greeting that fails counts like a call that fails. */
static void backs_off_when_a_handshake_fails(void)
{
    struct herd_link_fsm link = fresh(true);
    CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
    herd_link_fsm_on_dialled(&link, OURS);
    CHECK(!herd_link_fsm_on_lost(&link, OURS, false, at_ms(1), MIN_MS));
    CHECK_INT(link.dial, HERD_DIAL_IDLE);
    CHECK_INT(link.backoff_ms, 2 * MIN_MS);
    CHECK_INT(herd_link_fsm_deadline(&link).ns, at_ms(1 + MIN_MS / 2 + MIN_MS).ns);
}

/* Between half and all of the longest back-off, the first time as every time. */
static void waits_long_when_refused(void)
{
    static const struct {
        uint64_t random;
        int64_t pause_ms;
    } draws[] = {{0, MAX_MS / 2},
                 {1, MAX_MS / 2 + 1},
                 {MAX_MS / 2, MAX_MS},
                 {MAX_MS / 2 + 1, MAX_MS / 2}};
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        struct herd_link_fsm link = fresh(true);
        CHECK_LABEL("random: %d", (int)draws[i].random);
        for (int64_t ms = 1; ms < 100000; ms += 2 * MAX_MS) {
            CHECK(herd_link_fsm_should_dial(&link, at_ms(ms)));
            herd_link_fsm_on_dialled(&link, OURS);
            CHECK(!herd_link_fsm_on_lost(&link, OURS, true, at_ms(ms), draws[i].random));
            CHECK_INT(link.dial, HERD_DIAL_IDLE);
            CHECK_INT(herd_link_fsm_deadline(&link).ns, at_ms(ms + draws[i].pause_ms).ns);
        }
        /* What fails then, for another reason, may be dialled again sooner. */
        CHECK_INT(link.backoff_ms, MAX_MS);
        link = up(true, true);
        CHECK(herd_link_fsm_on_lost(&link, OURS, true, at_ms(9000), draws[i].random));
        CHECK_INT(herd_link_fsm_deadline(&link).ns, at_ms(9000 + draws[i].pause_ms).ns);
        CHECK_INT(link.backoff_ms, MAX_MS);
    }
}

static void bounds_of_a_refusal_may_be_odd(void)
{
    for (int64_t max_ms = 1; max_ms <= 3; max_ms++) {
        struct herd_link_fsm_setup setup = {1, max_ms, true};
        for (uint64_t random = 0; random < 5; random++) {
            struct herd_link_fsm link;
            herd_link_fsm_init(&link, &setup, at_ms(0));
            CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
            herd_link_fsm_on_dialled(&link, OURS);
            CHECK(!herd_link_fsm_on_lost(&link, OURS, true, at_ms(0), random));
            CHECK(link.retry_at.ns >= at_ms(max_ms / 2).ns);
            CHECK(link.retry_at.ns <= at_ms(max_ms).ns);
        }
    }
}

/* ---- losing ---- */

static void ignores_loss_of_others(void)
{
    struct herd_link_fsm states[4] = {fresh(true), up(true, true), up(false, false),
                                      fresh(false)};
    CHECK(herd_link_fsm_should_dial(&states[3], at_ms(0)));
    herd_link_fsm_on_dialled(&states[3], OURS);
    for (int i = 0; i < 4; i++) {
        for (int refused = 0; refused < 2; refused++) {
            struct herd_link_fsm before = states[i];
            CHECK_LABEL("state %d, refused: %d", i, refused);
            CHECK(!herd_link_fsm_on_lost(&states[i], OTHER, refused, at_ms(10), 5));
            CHECK(same(&before, &states[i]));
        }
    }
    /* A greeting that is over is nothing any more, even with an old number. */
    struct herd_link_fsm link = up(false, true), before;
    CHECK(herd_link_fsm_on_lost(&link, OURS, false, at_ms(10), 5));
    before = link;
    CHECK(!herd_link_fsm_on_lost(&link, OURS, false, at_ms(20), 5));
    CHECK(same(&before, &link));
}

/* The link goes down while we are greeting: that dial goes on. */
static void greets_on_when_link_is_lost(void)
{
    struct herd_link_fsm link = fresh(true);
    uint64_t old;
    CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
    herd_link_fsm_on_dialled(&link, OURS);
    CHECK_INT(herd_link_fsm_on_handshake_done(&link, THEIRS, false, BOOT, at_ms(1), &old),
              HERD_LINK_ACCEPT);
    CHECK(herd_link_fsm_on_lost(&link, THEIRS, false, at_ms(2), 0));
    CHECK_INT(link.dial, HERD_DIAL_HANDSHAKE);
    CHECK(herd_mono_is_never(herd_link_fsm_deadline(&link)));
    CHECK_INT(herd_link_fsm_on_handshake_done(&link, OURS, true, BOOT, at_ms(3), &old),
              HERD_LINK_ACCEPT);
}

/* ---- which connection survives ---- */

/* With a link that is up. The same server: a crossing is decided by the names, and the side
 * that dialled the present connection has lost it. Another server has to wait. */
static enum herd_link_verdict wanted(bool smaller, bool was_ours, bool ours, bool same_boot)
{
    if (!same_boot)
        return HERD_LINK_NAME_IN_USE;
    return ours == was_ours || ours == smaller ? HERD_LINK_REPLACE : HERD_LINK_REFUSE;
}

/* The connection that was not let in leaves no trace, nor does its end. */
static void check_untouched(struct herd_link_fsm *link, const struct herd_link_fsm *before)
{
    CHECK(same(before, link));
    CHECK(!herd_link_fsm_on_lost(link, OTHER, false, at_ms(51), 0));
    CHECK(!herd_link_fsm_on_lost(link, OTHER, true, at_ms(51), 0));
    CHECK(same(before, link));
}

static void check_replaced(struct herd_link_fsm *link, uint64_t held, bool ours)
{
    CHECK_INT((int64_t)link->link_conn, OTHER);
    CHECK_INT(link->dialled, ours);
    CHECK_INT((int64_t)link->boot_id, BOOT);
    CHECK_INT(link->up_since.ns, at_ms(50).ns);
    CHECK(!herd_link_fsm_on_lost(link, held, false, at_ms(51), 0));
    CHECK(herd_link_fsm_is_up(link));
    CHECK(herd_link_fsm_on_lost(link, OTHER, false, at_ms(52), 0));
    CHECK(!herd_link_fsm_is_up(link));
}

static void decides_on_every_handshake(void)
{
    for (int bits = 0; bits < 16; bits++) {
        bool smaller = bits & 1, was_ours = bits & 2, ours = bits & 4, same_boot = bits & 8;
        enum herd_link_verdict want = wanted(smaller, was_ours, ours, same_boot);
        struct herd_link_fsm link = up(smaller, was_ours), before = link;
        uint64_t held = link.link_conn, old = 0;
        CHECK_LABEL("smaller %d, was ours %d, is ours %d, same boot %d", smaller, was_ours,
                    ours, same_boot);
        CHECK_INT(herd_link_fsm_on_handshake_done(
                      &link, OTHER, ours, same_boot ? BOOT : BOOT + 1, at_ms(50), &old),
                  want);
        if (want == HERD_LINK_REPLACE) {
            CHECK_INT((int64_t)old, (int64_t)held);
            check_replaced(&link, held, ours);
        } else {
            check_untouched(&link, &before);
        }
    }
}

/* Any server is accepted while the link is down, whichever was there before. */
static void takes_anyone_when_down(void)
{
    for (int bits = 0; bits < 16; bits++) {
        bool smaller = bits & 1, was_ours = bits & 2, ours = bits & 4, same_boot = bits & 8;
        struct herd_link_fsm link = up(smaller, was_ours);
        uint64_t old = 1, boot = same_boot ? BOOT : BOOT + 1;
        CHECK_LABEL("smaller %d, was ours %d, is ours %d, same boot %d", smaller, was_ours,
                    ours, same_boot);
        CHECK(herd_link_fsm_on_lost(&link, link.link_conn, false, at_ms(40), 0));
        CHECK_INT(
            herd_link_fsm_on_handshake_done(&link, OTHER, ours, boot, at_ms(50), &old),
            HERD_LINK_ACCEPT);
        CHECK_INT((int64_t)old, 0);
        CHECK_INT((int64_t)link.link_conn, OTHER);
        CHECK_INT(link.dialled, ours);
        CHECK_INT((int64_t)link.boot_id, (int64_t)boot);
        CHECK_INT(link.up_since.ns, at_ms(50).ns);
    }
}

/* The handshake on our own dialled connection ends the dial, whatever the verdict. */
static void every_verdict_ends_the_dial(void)
{
    static const struct {
        bool smaller;
        uint64_t boot;
        enum herd_link_verdict want;
    } cases[] = {{true, BOOT, HERD_LINK_REPLACE},
                 {false, BOOT, HERD_LINK_REFUSE},
                 {true, BOOT + 1, HERD_LINK_NAME_IN_USE},
                 {false, BOOT + 1, HERD_LINK_NAME_IN_USE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct herd_link_fsm link = fresh(cases[i].smaller);
        uint64_t old;
        CHECK_LABEL("case %zu", i);
        CHECK(herd_link_fsm_should_dial(&link, at_ms(0)));
        herd_link_fsm_on_dialled(&link, OURS);
        CHECK_INT(
            herd_link_fsm_on_handshake_done(&link, THEIRS, false, BOOT, at_ms(1), &old),
            HERD_LINK_ACCEPT);
        CHECK_INT(link.dial, HERD_DIAL_HANDSHAKE);
        CHECK_INT(herd_link_fsm_on_handshake_done(&link, OURS, true, cases[i].boot,
                                                  at_ms(2), &old),
                  cases[i].want);
        CHECK_INT(link.dial, HERD_DIAL_IDLE);
        CHECK(herd_mono_is_never(herd_link_fsm_deadline(&link)));
        CHECK(herd_link_fsm_on_lost(&link, link.link_conn, false, at_ms(3), 0));
        CHECK(!herd_mono_is_never(herd_link_fsm_deadline(&link)));
    }
}

/* A restarted neighbour gets in as soon as its old connection is known to be dead. */
static void accepts_after_the_loss(void)
{
    struct herd_link_fsm link = up(true, false);
    uint64_t old;
    CHECK_INT(
        herd_link_fsm_on_handshake_done(&link, OTHER, false, BOOT + 1, at_ms(1), &old),
        HERD_LINK_NAME_IN_USE);
    CHECK_INT((int64_t)link.boot_id, BOOT);
    CHECK(herd_link_fsm_on_lost(&link, THEIRS, false, at_ms(2), 0));
    CHECK_INT(
        herd_link_fsm_on_handshake_done(&link, OTHER + 1, false, BOOT + 1, at_ms(3), &old),
        HERD_LINK_ACCEPT);
    CHECK_INT((int64_t)link.boot_id, BOOT + 1);
    CHECK_INT(
        herd_link_fsm_on_handshake_done(&link, OTHER + 2, false, BOOT, at_ms(4), &old),
        HERD_LINK_NAME_IN_USE);
    CHECK_INT((int64_t)link.link_conn, OTHER + 1);
}

const struct check_test test_fsm[] = {
    {"dials_until_it_is_up", dials_until_up},
    {"dials_on_when_they_were_first", dials_on_when_they_were_first},
    {"backs_off_with_jitter", backs_off_with_jitter},
    {"keeps_equal_bounds", keeps_equal_bounds},
    {"forgives_after_a_long_uptime", forgives_after_uptime},
    {"backs_off_when_a_handshake_fails", backs_off_when_a_handshake_fails},
    {"waits_long_when_refused", waits_long_when_refused},
    {"bounds_of_a_refusal_may_be_odd", bounds_of_a_refusal_may_be_odd},
    {"ignores_the_loss_of_others", ignores_loss_of_others},
    {"the_handshake_goes_on_when_the_link_is_lost", greets_on_when_link_is_lost},
    {"decides_on_every_handshake", decides_on_every_handshake},
    {"accepts_any_connection_while_down", takes_anyone_when_down},
    {"every_verdict_ends_the_dial", every_verdict_ends_the_dial},
    {"accepts_after_the_loss", accepts_after_the_loss},
    {NULL, NULL},
};
