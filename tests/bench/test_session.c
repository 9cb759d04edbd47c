/* SPDX-License-Identifier: ISC */
/* Replies are split at any byte and must be in order; lines are sent in pieces. */
#include "check.h"

#include "bench/session.h"
#include "io/portable.h"

#include <stdio.h>
#include <unistd.h>

enum { DEPTH = 4, REPLIES = 64 };

struct replies {
    unsigned count;
    enum verdict verdict[REPLIES];
    bool asked[REPLIES];
};

static void on_reply(void *arg, struct session *session, const struct request *request,
                     enum verdict verdict, struct herd_slice line)
{
    struct replies *replies = arg;
    (void)session;
    (void)line;
    if (replies->count == REPLIES)
        return;
    replies->verdict[replies->count] = verdict;
    replies->asked[replies->count++] = request != NULL;
}

static void add(struct session *session, enum work_kind kind, const char *line)
{
    struct request *request = session_add(session);
    if (!CHECK(request != NULL))
        return;
    request->kind = (uint8_t)kind;
    request->len = (uint8_t)snprintf(request->line, sizeof request->line, "%s", line);
}

/* Three commands of three kinds, whose replies come cut in two at every byte. */
static void replies_may_be_split_anywhere(void)
{
    static const char text[] = "AT S +0.000000001 a +1+1 5\n"
                               "AT T +0.000000001 bench-00000001 +1+1 5\n{\n}\n\n"
                               "? FOO\n";
    struct work work = {.speak = SPEAK_HERD};
    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct target target = {.name = ""};
        struct session session;
        struct replies replies = {0};
        const struct session_handler handler = {&work, on_reply, &replies};
        REQUIRE(session_open(&session, &target, -1, DEPTH));
        add(&session, WORK_NEW, "IAMAT a +1+1 5\n");
        add(&session, WORK_WHATSAT, "WHATSAT bench-00000001 10 5\n");
        add(&session, WORK_INVALID, "FOO\n");
        session.unsent = 0;
        CHECK(session_receive(&session, &handler, herd_slice(text, cut)));
        CHECK(session_receive(&session, &handler,
                              herd_slice(text + cut, sizeof text - 1 - cut)));
        CHECK_LABEL("cut %zu", cut);
        CHECK_INT(replies.count, 3);
        for (unsigned i = 0; i < replies.count; i++)
            CHECK_INT(replies.verdict[i], VERDICT_RIGHT);
        CHECK_INT(session.count, 0);
        session_close(&session);
    }
    CHECK_LABEL("%s", "");
}

/* The right replies in the wrong order, and one that nobody asked for. */
static void replies_must_be_in_order(void)
{
    struct work work = {.speak = SPEAK_HERD};
    struct target target = {.name = ""};
    struct session session;
    struct replies replies = {0};
    const struct session_handler handler = {&work, on_reply, &replies};
    REQUIRE(session_open(&session, &target, -1, DEPTH));
    add(&session, WORK_INVALID, "FOO\n");
    add(&session, WORK_INVALID, "BAR\n");
    session.unsent = 0;
    CHECK(session_receive(&session, &handler, HERD_LIT("? BAR\n? FOO\n? FOO\n")));
    CHECK_INT(replies.count, 3);
    CHECK_INT(replies.verdict[0], VERDICT_WRONG);
    CHECK_INT(replies.verdict[1], VERDICT_WRONG);
    CHECK(replies.asked[1] && !replies.asked[2]);
    CHECK_INT(replies.verdict[2], VERDICT_WRONG);
    add(&session, WORK_INVALID, "FOO\n");
    CHECK(session_receive(&session, &handler, HERD_LIT("? FOO\n")));
    CHECK(replies.count == 4 && !replies.asked[3]);
    session_close(&session);
}

/* Through a pair of sockets: the ring goes round many times, and what arrives are the lines
 * in order, however the kernel cuts them. */
static void lines_are_sent_in_order(void)
{
    enum { LINES = 5000 };
    struct target target = {.name = ""};
    struct session session;
    struct work work = {.speak = SPEAK_ECHO};
    struct replies replies = {0};
    const struct session_handler handler = {&work, on_reply, &replies};
    int ends[2], sent = 0, small = 2048;
    unsigned got = 0;
    char piece[700];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(io_portable_prepare(ends[0]) && io_portable_prepare(ends[1]));
    (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    REQUIRE(session_open(&session, &target, ends[0], 300));
    while (got < LINES) {
        for (; sent < LINES && session.count < session.depth; sent++) {
            char line[64];
            snprintf(line, sizeof line, "line %d and %.*s\n", sent, sent % 32,
                     "ooooooooooooooooooooooooooooooooo");
            add(&session, WORK_KNOWN, line);
        }
        REQUIRE(session_flush(&session));
        ssize_t len = read(ends[1], piece, sizeof piece);
        REQUIRE(len > 0);
        replies.count = 0;
        CHECK(session_receive(&session, &handler, herd_slice(piece, (size_t)len)));
        for (unsigned i = 0; i < replies.count; i++)
            REQUIRE(replies.verdict[i] == VERDICT_RIGHT && replies.asked[i]);
        got += replies.count;
    }
    CHECK_INT(got, LINES);
    CHECK_INT(session.count, 0);
    session_close(&session);
    close(ends[1]);
}

const struct check_test test_session[] = {
    {"replies_may_be_split_anywhere", replies_may_be_split_anywhere},
    {"replies_must_be_in_order", replies_must_be_in_order},
    {"lines_are_sent_in_order", lines_are_sent_in_order},
    {NULL, NULL},
};
