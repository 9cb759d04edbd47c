/* SPDX-License-Identifier: ISC */
/* The habits of client programs found in the wild, at a server with client-compat and at
 * one without, all at once. With HERD_TEST_NOTES: the table of what each sees and when. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "shell.h"
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define IAMAT   "IAMAT kiwi +34.068930-118.445127 1621464827.9"
#define WHATSAT "WHATSAT nobody 10 5"
#define TELNET  "\xff\xfb\x1f\xff\xfd\x03\xff\xfa\x1f\x00\x0a\x00\x50\xff\xf0"

/* As in src/core/client/compat.h, and what a busy machine may add. */
enum { COMMAND_MS = 300, LINE_MS = 1000, SERVED_MS = 4000, SLACK_MS = 1500 };

enum { PAUSE_MS = 3000, WATCH_MS = 12000, TALKS_MAX = 32, NO_CLOSE = -1 };

struct habit {
    const char *name;
    struct herd_slice first, second; /* the second one 3 s after the first, if any */
    bool half_close;                 /* sends no more after that */
    int replies;
    int first_ms;  /* when the first reply comes */
    int closed_ms; /* when the server closes, from the last reply on */
    int without;   /* replies without client-compat while the client waits */
};

#define SAYS(text)                                                                         \
    {                                                                                      \
        "" text, sizeof(text) - 1                                                          \
    }

static const struct habit habits[] = {
    {"no newline", SAYS(IAMAT), SAYS(""), false, 1, COMMAND_MS, SERVED_MS, 0},
    {"no newline, no command", SAYS("FOO"), SAYS(""), false, 1, LINE_MS, SERVED_MS, 0},
    {"newline", SAYS(IAMAT "\n"), SAYS(""), false, 1, 0, SERVED_MS, 1},
    {"two commands", SAYS(IAMAT "\n" WHATSAT "\n"), SAYS(""), false, 2, 0, SERVED_MS, 2},
    {"two commands, EOF", SAYS(IAMAT "\n" WHATSAT "\n"), SAYS(""), true, 2, 0, 0, 2},
    {"two, the last without newline, EOF", SAYS(IAMAT "\n" WHATSAT), SAYS(""), true, 2, 0,
     0, 2},
    {"no newline, EOF", SAYS(IAMAT), SAYS(""), true, 1, 0, 0, 1},
    {"second command after 3 s", SAYS(IAMAT "\n"), SAYS(WHATSAT "\n"), false, 2, 0,
     SERVED_MS, 2},
    {"the same without newlines", SAYS(IAMAT), SAYS(WHATSAT), false, 2, COMMAND_MS,
     SERVED_MS, 0},
    {"telnet, CRLF", SAYS(IAMAT "\r\n"), SAYS(""), false, 1, 0, SERVED_MS, 1},
    {"telnet, CRLF and negotiation", SAYS(TELNET IAMAT "\r\n"), SAYS(""), false, 1, 0,
     SERVED_MS, 2},
};

enum { HABITS = sizeof habits / sizeof habits[0] };

struct talk {
    const struct habit *habit;
    bool compat;
    struct client client;
    char heard[1024];
    size_t len;
    int replies;
    int64_t start, first, last, closed; /* ms; 0: not yet */
    bool second_due;
};

static void start(struct talk *talk, const struct habit *habit, struct herd_proc *herd,
                  bool compat)
{
    *talk = (struct talk){.habit = habit, .compat = compat};
    REQUIRE(herd_proc_connect(herd, 0, &talk->client));
    talk->start = now_ms();
    talk->second_due = habit->second.len > 0;
    CHECK(client_send(&talk->client, habit->first));
    if (habit->half_close)
        client_half_close(&talk->client);
}

static void listen_once(struct talk *talk)
{
    ssize_t n = recv(talk->client.fd, talk->heard + talk->len,
                     sizeof talk->heard - 1 - talk->len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        talk->closed = now_ms();
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        talk->replies += talk->heard[talk->len + (size_t)i] == '\n';
    talk->len += (size_t)n;
    talk->last = now_ms();
    if (talk->first == 0)
        talk->first = talk->last;
}

static int64_t speak(struct talk *talk)
{
    int64_t due = talk->start + PAUSE_MS;
    if (!talk->second_due || talk->closed != 0)
        return INT64_MAX;
    if (now_ms() < due)
        return due;
    CHECK(client_send(&talk->client, talk->habit->second));
    talk->second_due = false;
    return INT64_MAX;
}

/* Until all of `compat` are closed, or the time to watch is over. */
static void watch(struct talk *talks, size_t count)
{
    int64_t until = now_ms() + WATCH_MS, now;
    size_t open = 1;
    while (open > 0 && (now = now_ms()) < until) {
        struct pollfd fds[TALKS_MAX];
        int64_t next = until;
        open = 0;
        for (size_t i = 0; i < count; i++) {
            int64_t due = speak(&talks[i]);
            next = due < next ? due : next;
            fds[i] = (struct pollfd){.fd = talks[i].closed == 0 ? talks[i].client.fd : -1,
                                     .events = POLLIN};
            open += talks[i].closed == 0 &&
                    (talks[i].compat || getenv("HERD_TEST_NOTES") != NULL);
        }
        (void)poll(fds, (nfds_t)count, next > now ? (int)(next - now) : 0);
        for (size_t i = 0; i < count; i++)
            if (fds[i].fd >= 0 && fds[i].revents != 0)
                listen_once(&talks[i]);
    }
}

static void print(const struct talk *talk)
{
    char reply[64] = "no reply", closed[64] = "stays open";
    if (talk->first != 0)
        snprintf(reply, sizeof reply, "%d %s, the first after %d ms", talk->replies,
                 talk->replies == 1 ? "reply" : "replies",
                 (int)(talk->first - talk->start));
    if (talk->closed != 0)
        snprintf(closed, sizeof closed, "closed after %d ms",
                 (int)(talk->closed - talk->start));
    note("%-35s %-7s %-34s %s", talk->habit->name, talk->compat ? "compat" : "default",
         reply, closed);
}

static void check_within(int64_t got, int64_t want)
{
    CHECK(got >= want - 100);
    CHECK(got <= want + SLACK_MS);
}

static void judge(const struct talk *talk)
{
    const struct habit *habit = talk->habit;
    CHECK_LABEL("%s, %s", habit->name, talk->compat ? "client-compat" : "default");
    if (!talk->compat) {
        CHECK((talk->closed != 0) == habit->half_close || habit->without == 0);
        CHECK_INT(talk->replies, habit->without);
        return;
    }
    CHECK_INT(talk->replies, habit->replies);
    CHECK(talk->closed != 0);
    CHECK(talk->heard[0] == (habit->first_ms == LINE_MS ? '?' : 'A'));
    check_within(talk->first - talk->start, habit->first_ms);
    check_within(talk->closed - talk->last, habit->closed_ms);
}

static void all_habits_are_served(void)
{
    struct herd_proc herd[2];
    struct talk talks[2 * HABITS];
    REQUIRE(herd_proc_open(&herd[0], "ucla-2018", ""));
    REQUIRE(herd_proc_open(&herd[1], "ucla-2018", "client-compat yes\n"));
    for (size_t i = 0; i < 2; i++)
        CHECK(herd_proc_start(&herd[i], 0));
    for (size_t i = 0; i < 2 * HABITS; i++)
        start(&talks[i], &habits[i / 2], &herd[i % 2], i % 2 == 1);
    watch(talks, 2 * HABITS);
    for (size_t i = 0; i < 2 * HABITS; i++) {
        print(&talks[i]);
        judge(&talks[i]);
        client_close(&talks[i].client);
    }
    for (size_t i = 0; i < 2; i++)
        herd_proc_close(&herd[i]);
}

/* What people type: each nc of this machine ends by itself, with a reply. */
static void nc_ends(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "client-compat yes\n"));
    CHECK(herd_proc_start(&herd, 0));
    struct outcome outcome =
        shell(herd.dir,
              "for nc in nc nc.openbsd nc.traditional ncat netcat; do\n"
              "    command -v $nc >/dev/null || continue\n"
              "    { echo \"$nc: $(printf %%s '" IAMAT
              "' | $nc 127.0.0.1 %d | tr '\\n' '.')\"; } &\n"
              "done; wait",
              herd.client[0].number);
    int programs = 0, replies = 0;
    for (size_t i = 0; i + 5 < outcome.out.len; i++) {
        programs += outcome.out.data[i] == '\n';
        replies += memcmp(outcome.out.data + i, ": AT ", 5) == 0;
    }
    programs += outcome.out.len > 0;
    CHECK_INT(outcome.status, 0);
    CHECK_INT(replies, programs);
    note("%d programs: %.*s", programs, (int)outcome.out.len, outcome.out.data);
    if (programs == 0)
        fprintf(stderr, "\n    skipped: there is no nc on this machine\n");
    outcome_free(&outcome);
    herd_proc_close(&herd);
}

const struct check_test test_compat[] = {
    {"all_habits_are_served", all_habits_are_served},
    {"nc_ends", nc_ends},
    {NULL, NULL},
};
