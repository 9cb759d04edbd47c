/* SPDX-License-Identifier: ISC */
/* A log that cannot be written: lost lines are counted, and the file has whole lines only.
 */
#include "herd/err.h"
#include "io/mem.h"
#include "log_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* No byte more goes into any file of this process; and as many as there are again. */
static void fill_file_system(bool full)
{
    struct rlimit limit;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_file_system(void)
{
    REQUIRE(log_rig_up());
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct io_log *log = io_log_open(&io_mem, log_rig.path, "S", false);
    REQUIRE(log != NULL);
    log_rig_say(log, "one");
    log_rig_say(log, "two");
    CHECK_INT((int64_t)io_log_lost(log), 0);
    fill_file_system(true);
    io_log_flush(log);
    CHECK_INT((int64_t)io_log_lost(log), 2);
    CHECK(!io_log_pending(log));
    log_rig_say(log, "three");
    io_log_flush(log);
    io_log_flush(log);
    CHECK_INT((int64_t)io_log_lost(log), 3);
    fill_file_system(false);
    CHECK_INT(io_log_reopen(log), HERD_OK);
    log_rig_say(log, "four");
    io_log_flush(log);
    log_rig_say(log, "five");
    io_log_close(log);
    CHECK_SLICE(
        log_rig_read(log_rig.path),
        HERD_LIT(LOG_RIG_LINE("3 lines lost") LOG_RIG_LINE("four") LOG_RIG_LINE("five")));
    log_rig_down();
    (void)signal(SIGXFSZ, before);
}

/* A pipe that is not read: lines that fit neither into it nor into the buffer are lost, no
 * line is torn, and the note stands where lines are missing. The copy on standard error has
 * each line once. */
static void slow_pipe(void)
{
    REQUIRE(log_rig_up());
    REQUIRE(mkfifo(log_rig.path, 0600) == 0);
    int reader = open(log_rig.path, O_RDONLY | O_NONBLOCK);
    struct io_log *log = io_log_open(&io_mem, log_rig.path, "S", true);
    REQUIRE(reader >= 0 && log != NULL);
    REQUIRE(log_rig_catch_stderr());
    enum { LINES = 20000 };
    for (int i = 0; i < LINES; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        log_rig_say(log, text);
    }
    int64_t lost = (int64_t)io_log_lost(log);
    bool pending = io_log_pending(log);
    size_t len = 0;
    bool said = false;
    for (int turn = 0; turn < 1000 && len + 5000 < LOG_RIG_ROOM; turn++) {
        ssize_t n = read(reader, log_rig.content + len, 5000);
        if (n > 0) {
            len += (size_t)n;
        } else if (!io_log_pending(log)) {
            if (said)
                break;
            log_rig_say(log, "last");
            said = true;
        }
        io_log_flush(log);
    }
    io_log_close(log);
    close(reader);
    log_rig_give_stderr_back();
    CHECK(pending && lost > 0 && lost < LINES);
    struct herd_slice got = herd_slice(log_rig.content, len);
    CHECK_INT((int64_t)log_rig_lines(got), LINES - lost + 2);
    char want[256];
    snprintf(want, sizeof want,
             LOG_RIG_LINE("%d") LOG_RIG_LINE("%d lines lost") LOG_RIG_LINE("last"),
             (int)(LINES - lost - 1), (int)lost);
    size_t tail = strlen(want);
    REQUIRE(got.len > tail);
    CHECK_SLICE(herd_slice_from(got, got.len - tail), herd_slice_str(want));
    CHECK_INT((int64_t)log_rig_lines(log_rig_read(log_rig.moved)), LINES - lost + 2);
    log_rig_down();
}

/* The reader closes in the middle of a line and another one opens: the torn line is ended
 * and counted, and the next one starts on a line of its own. */
static void torn_line(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    REQUIRE(sigaction(SIGPIPE, &ignore, &before) == 0);
    REQUIRE(log_rig_up());
    REQUIRE(mkfifo(log_rig.path, 0600) == 0);
    int reader = open(log_rig.path, O_RDONLY | O_NONBLOCK);
    struct io_log *log = io_log_open(&io_mem, log_rig.path, "S", false);
    REQUIRE(reader >= 0 && log != NULL);
    static char text[4000];
    memset(text, 'x', sizeof text);
    while (!io_log_lost(log))
        io_log_line(log, log_rig_at(LOG_RIG_NOON, 0), "herd", NULL, '-',
                    herd_slice(text, sizeof text));
    int64_t lost = (int64_t)io_log_lost(log);
    size_t len = 0;
    ssize_t n;
    REQUIRE(read(reader, log_rig.content, 10000) == 10000);
    io_log_flush(log);
    while ((n = read(reader, log_rig.content + len, LOG_RIG_ROOM - len)) > 0)
        len += (size_t)n;
    bool torn = len > 0 && log_rig.content[len - 1] != '\n';
    close(reader);
    io_log_flush(log); /* EPIPE: the rest is dropped */
    CHECK(!io_log_pending(log));
    CHECK((int64_t)io_log_lost(log) > lost);
    lost = (int64_t)io_log_lost(log);
    reader = open(log_rig.path, O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    log_rig_say(log, "new");
    io_log_flush(log);
    len = 0;
    while ((n = read(reader, log_rig.content + len, LOG_RIG_ROOM - len)) > 0)
        len += (size_t)n;
    char want[256];
    snprintf(want, sizeof want, "%s" LOG_RIG_LINE("%d lines lost") LOG_RIG_LINE("new"),
             torn ? "\n" : "", (int)lost);
    CHECK(torn);
    CHECK_SLICE(herd_slice(log_rig.content, len), herd_slice_str(want));
    io_log_close(log);
    close(reader);
    log_rig_down();
    sigaction(SIGPIPE, &before, NULL);
}

const struct check_test test_log_lost[] = {
    {"log full file system", full_file_system},
    {"log slow pipe", slow_pipe},
    {"log torn line", torn_line},
    {NULL, NULL},
};
