/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "timerq.h"

enum { TIMERS = 8 };

struct fixture {
    struct herd_timerq q;
    struct herd_timer timer[TIMERS];
    int number[TIMERS]; /* the owners */
};

static struct herd_mono at_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

static void set_up(struct fixture *f, int64_t duration_ms)
{
    *f = (struct fixture){.number = {0}};
    herd_timerq_init(&f->q, duration_ms);
    for (int i = 0; i < TIMERS; i++) {
        f->number[i] = i;
        f->timer[i].owner = &f->number[i];
    }
}

/* Takes out all that is due and returns their numbers as digits: 0, 2, 1 is 1021. */
static int64_t expired(struct fixture *f, int64_t now_ms)
{
    int64_t digits = 1;
    const int *owner;
    while ((owner = herd_timerq_expired(&f->q, at_ms(now_ms))) != NULL) {
        CHECK(!herd_timer_armed(&f->timer[*owner]));
        digits = digits * 10 + *owner;
    }
    return digits;
}

static void arm(struct fixture *f, int i, int64_t now_ms)
{
    herd_timer_arm(&f->q, &f->timer[i], at_ms(now_ms));
}

static void expires_in_order(void)
{
    struct fixture f;
    set_up(&f, 10);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.q)));
    CHECK_INT(expired(&f, 1000), 1);
    arm(&f, 2, 1000);
    arm(&f, 0, 1000);
    arm(&f, 1, 1005);
    CHECK(herd_timer_armed(&f.timer[0]));
    CHECK(!herd_timer_armed(&f.timer[3]));
    CHECK_INT(herd_timerq_deadline(&f.q).ns, at_ms(1010).ns);
    CHECK_INT(expired(&f, 1009), 1);
    CHECK(herd_timerq_expired(&f.q, (struct herd_mono){at_ms(1010).ns - 1}) == NULL);
    CHECK_INT(expired(&f, 1010), 120);
    CHECK_INT(herd_timerq_deadline(&f.q).ns, at_ms(1015).ns);
    CHECK_INT(expired(&f, 5000), 11);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.q)));
}

static void starts_again_when_armed_again(void)
{
    struct fixture f;
    set_up(&f, 10);
    for (int i = 0; i < 3; i++)
        arm(&f, i, i);
    arm(&f, 0, 5);
    arm(&f, 2, 6);
    arm(&f, 2, 7);
    CHECK_INT(herd_timerq_deadline(&f.q).ns, at_ms(11).ns);
    CHECK_INT(expired(&f, 11), 11);
    CHECK_INT(herd_timerq_deadline(&f.q).ns, at_ms(15).ns);
    CHECK_INT(expired(&f, 100), 102);
    arm(&f, 0, 200);
    arm(&f, 0, 201);
    CHECK_INT(herd_timerq_deadline(&f.q).ns, at_ms(211).ns);
    CHECK_INT(expired(&f, 211), 10);
}

/* First, last, in the middle, twice, and the only one. */
static void disarms_anywhere(void)
{
    static const struct {
        int gone;
        int64_t left;
    } cases[] = {{0, 1123}, {1, 1023}, {2, 1013}, {3, 1012}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        set_up(&f, 10);
        CHECK_LABEL("timer %d", cases[i].gone);
        for (int k = 0; k < 4; k++)
            arm(&f, k, k);
        herd_timer_disarm(&f.timer[cases[i].gone]);
        CHECK(!herd_timer_armed(&f.timer[cases[i].gone]));
        herd_timer_disarm(&f.timer[cases[i].gone]);
        CHECK_INT(expired(&f, 100), cases[i].left);
    }
    struct fixture f;
    set_up(&f, 10);
    herd_timer_disarm(&f.timer[0]);
    arm(&f, 0, 0);
    herd_timer_disarm(&f.timer[0]);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.q)));
    CHECK_INT(expired(&f, 100), 1);
}

/* Zero turns a kind of timeout off; a timer that still runs from before then stops. */
static void does_nothing_without_duration(void)
{
    struct fixture f;
    set_up(&f, 0);
    arm(&f, 0, 1);
    CHECK(!herd_timer_armed(&f.timer[0]));
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.q)));
    CHECK_INT(expired(&f, 100), 1);
    f.q.duration_ms = 10;
    arm(&f, 0, 1);
    f.q.duration_ms = 0;
    arm(&f, 0, 2);
    CHECK(!herd_timer_armed(&f.timer[0]));
}

static void reaches_end_of_time(void)
{
    struct fixture f;
    set_up(&f, 10);
    struct herd_mono late = {INT64_MAX - 10 * HERD_NS_PER_MS};
    herd_timer_arm(&f.q, &f.timer[0], (struct herd_mono){late.ns - 1});
    CHECK_INT(herd_timerq_deadline(&f.q).ns, INT64_MAX - 1);
    herd_timer_arm(&f.q, &f.timer[0], (struct herd_mono){late.ns + 1});
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.q)));
    CHECK(herd_timerq_expired(&f.q, (struct herd_mono){INT64_MAX - 1}) == NULL);
    set_up(&f, INT64_MAX);
    arm(&f, 0, 0);
    CHECK(herd_timer_armed(&f.timer[0]));
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f.q)));
}

/* A timer may move to another queue, and its owner may arm it while others expire. */
static void moves_between_queues(void)
{
    struct fixture f;
    struct herd_timerq other;
    set_up(&f, 10);
    herd_timerq_init(&other, 100);
    arm(&f, 0, 0);
    arm(&f, 1, 0);
    herd_timer_arm(&other, &f.timer[0], at_ms(0));
    CHECK_INT(herd_timerq_deadline(&other).ns, at_ms(100).ns);
    CHECK(herd_timerq_expired(&f.q, at_ms(10)) == &f.number[1]);
    arm(&f, 1, 10);
    CHECK(herd_timerq_expired(&f.q, at_ms(10)) == NULL);
    CHECK_INT(expired(&f, 20), 11);
    CHECK(herd_timerq_expired(&other, at_ms(100)) == &f.number[0]);
}

/* The numbers of all that are armed, as digits. */
static int64_t armed(const struct fixture *f)
{
    int64_t digits = 1;
    const struct herd_timer *timer = herd_timerq_first(&f->q);
    for (; timer != NULL; timer = herd_timerq_next(&f->q, timer))
        digits = digits * 10 + *(const int *)timer->owner;
    return digits;
}

static void timers_can_be_enumerated(void)
{
    struct fixture f;
    set_up(&f, 10);
    CHECK_INT(armed(&f), 1);
    arm(&f, 2, 1000);
    CHECK_INT(armed(&f), 12);
    arm(&f, 0, 1001);
    arm(&f, 1, 1001);
    CHECK_INT(armed(&f), 1201);
    arm(&f, 2, 1002);
    CHECK_INT(armed(&f), 1012);
    herd_timer_disarm(&f.timer[1]);
    CHECK_INT(armed(&f), 102);
    CHECK_INT(expired(&f, 2000), 102);
    CHECK_INT(armed(&f), 1);
}

const struct check_test test_timerq[] = {
    {"expires in order", expires_in_order},
    {"starts again when armed again", starts_again_when_armed_again},
    {"disarms anywhere", disarms_anywhere},
    {"does nothing without a duration", does_nothing_without_duration},
    {"reaches the end of time", reaches_end_of_time},
    {"moves between queues", moves_between_queues},
    {"timers_can_be_enumerated", timers_can_be_enumerated},
    {NULL, NULL},
};
