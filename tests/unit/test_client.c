/* SPDX-License-Identifier: ISC */
/* What conversations with clients (fixtures/core/client) cannot show: memory, and every
 * byte. */
#include "check.h"
#include "rig/rig.h"
#include "rig/talk.h"

#include <stdio.h>

/* Sixty-four lines in one piece: news of a known client, old news, and nonsense. */
static void say_many(struct rig *rig, int64_t time)
{
    char text[64 * 64];
    size_t len = 0;
    for (int i = 0; i < 64; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                i % 8 == 7   ? "IAMAT %d nowhere %lld\n"
                                : i % 8 == 6 ? "IAMAT client-%d +1+1 1.%09lld\n"
                                             : "IAMAT client-%d +1+1 5.%09lld\n",
                                i, (long long)(i % 8 == 6 ? 0 : time));
    rig_data(rig, 1, herd_slice(text, len));
}

/* Usual lines neither allocate, nor are they answered in pieces; with the log as without.
 */
static void usual_lines_take_no_memory(void)
{
    static const char *const options[] = {"log-traffic no\n", "log-traffic yes\n"};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        CHECK_LABEL("%s", options[i]);
        rig_start_with(&rig, TALK_ALONE, options[i]);
        rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
        say_many(&rig, 1);
        size_t calls = rig.mem.calls, sends = rig.sends;
        for (int turn = 2; turn < 10; turn++)
            say_many(&rig, turn);
        CHECK_INT((int64_t)(rig.mem.calls - calls), 0);
        CHECK_INT((int64_t)(rig.sends - sends), 8);
        CHECK_INT(RIG_STAT(&rig, reports_stored), 64 / 8 * (9 * 6 + 1));
        CHECK_INT(RIG_STAT(&rig, invalid), 9 * 64 / 8);
        rig_end(&rig);
    }
}

static void any_byte_is_quoted(void)
{
    struct rig rig;
    char line[258] = "x";
    rig_start(&rig, TALK_ALONE, "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    for (int c = 0; c < 256; c++)
        line[1 + c] = (char)(c == '\n' ? ' ' : c);
    line[257] = '\n';
    rig_data(&rig, 1, herd_slice(line, sizeof line));
    CHECK_SLICE(herd_slice(rig.sent.data, 2), HERD_LIT("? "));
    CHECK_SLICE(herd_slice(rig.sent.data + 2, rig.sent.len - 2),
                herd_slice(line, sizeof line));
    rig_end(&rig);
}

/* ---- long lines ---- */

static void check_too_long(size_t first_piece)
{
    struct rig rig;
    char line[70], want[80];
    memset(line, 'x', sizeof line);
    CHECK_LABEL("first piece of %zu bytes", first_piece);
    rig_start(&rig, TALK_ALONE "client-line-max 64\n", "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, herd_slice(line, first_piece));
    CHECK_STR(rig.sent.data, "");
    rig_data(&rig, 1, herd_slice(line, sizeof line - first_piece));
    snprintf(want, sizeof want, "? %.64s\n", line);
    CHECK_STR(rig.sent.data, want);
    CHECK(!rig.open[1]);
    CHECK_INT(RIG_STAT(&rig, lines_too_long), 1);
    rig_end(&rig);
}

static void a_line_may_be_too_long(void)
{
    struct rig rig;
    char line[66];
    for (size_t first = 0; first <= 64; first++)
        check_too_long(first);
    memset(line, 'x', sizeof line);
    line[64] = '\n';
    rig_start(&rig, TALK_ALONE "client-line-max 64\n", "Clark");
    rig_open(&rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(&rig, 1, herd_slice(line, 65));
    CHECK_INT((int64_t)rig.sent.len, 67);
    CHECK(rig.open[1]);
    rig_end(&rig);
}

const struct check_test test_client[] = {
    {"usual_lines_take_no_memory", usual_lines_take_no_memory},
    {"any_byte_is_quoted", any_byte_is_quoted},
    {"a_line_may_be_too_long", a_line_may_be_too_long},
    {NULL, NULL},
};
