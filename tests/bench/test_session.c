/* Replies in any cutting, in their order; lines that leave in pieces. */
#include "check.h"

#include "bench/session.h"
#include "io/portable.h"

#include <stdio.h>
#include <unistd.h>

enum { DEPTH = 4, HEARD = 64 };

struct heard {
    unsigned count;
    enum verdict verdict[HEARD];
    bool asked[HEARD];
};

static void told(void *arg, struct session *session, const struct flight *flight,
                 enum verdict verdict, struct herd_slice line)
{
    struct heard *heard = arg;
    (void)session;
    (void)line;
    if (heard->count == HEARD)
        return;
    heard->verdict[heard->count] = verdict;
    heard->asked[heard->count++] = flight != NULL;
}

static void add(struct session *session, enum work_kind kind, const char *line)
{
    struct flight *flight = session_add(session);
    if (!CHECK(flight != NULL))
        return;
    flight->kind = (uint8_t)kind;
    flight->len = (uint8_t)snprintf(flight->line, sizeof flight->line, "%s", line);
}

/* Three commands of three kinds, whose replies come cut in two at every byte. */
static void cuts(void)
{
    static const char replies[] = "AT S +0.000000001 a +1+1 5\n"
                                  "AT T +0.000000001 bench-00000001 +1+1 5\n{\n}\n\n"
                                  "? FOO\n";
    struct work work = {.speak = SPEAK_HERD};
    for (size_t cut = 0; cut < sizeof replies; cut++) {
        struct target target = {.name = ""};
        struct session session;
        struct heard heard = {0};
        const struct session_ear ear = {&work, told, &heard};
        REQUIRE(session_open(&session, &target, -1, DEPTH));
        add(&session, WORK_NEW, "IAMAT a +1+1 5\n");
        add(&session, WORK_WHATSAT, "WHATSAT bench-00000001 10 5\n");
        add(&session, WORK_INVALID, "FOO\n");
        session.unsent = 0;
        CHECK(session_hear(&session, &ear, herd_slice(replies, cut)));
        CHECK(session_hear(&session, &ear,
                           herd_slice(replies + cut, sizeof replies - 1 - cut)));
        CHECK_LABEL("cut %zu", cut);
        CHECK_INT(heard.count, 3);
        for (unsigned i = 0; i < heard.count; i++)
            CHECK_INT(heard.verdict[i], VERDICT_RIGHT);
        CHECK_INT(session.count, 0);
        session_close(&session);
    }
    CHECK_LABEL("%s", "");
}

/* The right replies in the wrong order, and one that nobody asked for. */
static void order(void)
{
    struct work work = {.speak = SPEAK_HERD};
    struct target target = {.name = ""};
    struct session session;
    struct heard heard = {0};
    const struct session_ear ear = {&work, told, &heard};
    REQUIRE(session_open(&session, &target, -1, DEPTH));
    add(&session, WORK_INVALID, "FOO\n");
    add(&session, WORK_INVALID, "BAR\n");
    session.unsent = 0;
    CHECK(session_hear(&session, &ear, HERD_LIT("? BAR\n? FOO\n? FOO\n")));
    CHECK_INT(heard.count, 3);
    CHECK_INT(heard.verdict[0], VERDICT_WRONG);
    CHECK_INT(heard.verdict[1], VERDICT_WRONG);
    CHECK(heard.asked[1] && !heard.asked[2]);
    CHECK_INT(heard.verdict[2], VERDICT_WRONG);
    add(&session, WORK_INVALID, "FOO\n");
    CHECK(session_hear(&session, &ear, HERD_LIT("? FOO\n")));
    CHECK(heard.count == 4 && !heard.asked[3]);
    session_close(&session);
}

/* Through a pair of sockets: the ring goes round many times, and what arrives are the lines
 * in order, however the kernel cuts them. */
static void sending(void)
{
    enum { LINES = 5000 };
    struct target target = {.name = ""};
    struct session session;
    struct work work = {.speak = SPEAK_ECHO};
    struct heard heard = {0};
    const struct session_ear ear = {&work, told, &heard};
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
        heard.count = 0;
        CHECK(session_hear(&session, &ear, herd_slice(piece, (size_t)len)));
        for (unsigned i = 0; i < heard.count; i++)
            REQUIRE(heard.verdict[i] == VERDICT_RIGHT && heard.asked[i]);
        got += heard.count;
    }
    CHECK_INT(got, LINES);
    CHECK_INT(session.count, 0);
    session_close(&session);
    close(ends[1]);
}

const struct check_test test_session[] = {
    {"cuts", cuts},
    {"order", order},
    {"sending", sending},
    {NULL, NULL},
};
