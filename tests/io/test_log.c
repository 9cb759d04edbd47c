/* SPDX-License-Identifier: ISC */
#include "fail_mem.h"
#include "herd/err.h"
#include "io/log_file.h"
#include "io/mem.h"
#include "log_rig.h"
#include "pair.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- lines ------------------------------------------------------------------------- */

static void golden_lines(void)
{
    REQUIRE(log_rig_up());
    struct io_log *log = io_log_open(&io_mem, log_rig.path, "Goloman", false);
    REQUIRE(log != NULL);
    io_log_line(log, log_rig_at(LOG_RIG_NOON, 123456789), "client", "127.0.0.1:50422", '<',
                HERD_LIT("IAMAT kiwi.cs.ucla.edu"));
    io_log_line(log, log_rig_at(LOG_RIG_NOON, 999999999), "peer", "[::1]:11491", '>',
                HERD_LIT("a\tb\\"));
    io_log_line(log, log_rig_at(LOG_RIG_NOON + 1, 0), "herd", NULL, '-', HERD_LIT(""));
    io_log_line(log, log_rig_at(LOG_RIG_NOON - 1, 1000), "places", NULL, '-',
                HERD_LIT("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x91 \xff\x1b[31m"));
    io_log_line(log, log_rig_at(-1, 2000), "control", "local", '<',
                (struct herd_slice){NULL, 0});
    CHECK(io_log_pending(log));
    CHECK_INT((int64_t)log_rig_read(log_rig.path).len, 0);
    io_log_flush(log);
    CHECK(!io_log_pending(log));
    CHECK_SLICE(
        log_rig_read(log_rig.path),
        HERD_LIT("2026-11-21T12:00:00.123456Z Goloman client 127.0.0.1:50422 < IAMAT "
                 "kiwi.cs.ucla.edu\n"
                 "2026-11-21T12:00:00.999999Z Goloman peer [::1]:11491 > a\\x09b\\x5c\n"
                 "2026-11-21T12:00:01.000000Z Goloman herd - - \n"
                 "2026-11-21T11:59:59.000001Z Goloman places - - caf\xc3\xa9 \xe2\x82\xac "
                 "\xf0\x9f\x90\x91 \\xff\\x1b[31m\n"
                 "1969-12-31T23:59:59.000002Z Goloman control local < \n"));
    struct stat st;
    CHECK_INT(stat(log_rig.path, &st), 0);
    CHECK_INT(st.st_mode & 0777, IO_LOG_MODE);
    CHECK_INT((int64_t)io_log_lost(log), 0);
    io_log_close(log);
    io_log_close(NULL);
    log_rig_down();
}

/* Heads of lines are reused: a line that differs in any part must get its own. */
static void lines_that_begin_alike(void)
{
    char longer[80], other[80];
    memset(longer, 'n', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    memcpy(other, longer, sizeof other);
    other[70] = 'm';
    REQUIRE(log_rig_up());
    struct io_log *log = io_log_open(&io_mem, log_rig.path, "S", false);
    REQUIRE(log != NULL);
    static const struct {
        int64_t ns;
        const char *kind, *address;
        char direction;
    } lines[] = {
        {0, "client", "a:1", '<'},  {0, "client", "a:1", '>'},
        {0, "client", "a:12", '<'}, {0, "client", "a:1", '<'},
        {0, "peer", "a:1", '<'},    {1000, "peer", "a:1", '<'},
        {0, "peer", "a:1", '<'},    {INT64_C(1000000000), "peer", "a:1", '<'},
        {1000, "peer", NULL, '-'},  {1000, "peer", "-", '-'},
        {1000, "herd", NULL, '-'},  {1999, "herd", NULL, '-'},
        {1000, "herd", "", '-'},
    };
    char want[4096];
    size_t len = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        io_log_line(log, log_rig_at(LOG_RIG_NOON, lines[i].ns), lines[i].kind,
                    lines[i].address, lines[i].direction, HERD_LIT("x"));
        len += (size_t)snprintf(
            want + len, sizeof want - len, "2026-11-21T12:00:%02d.%06dZ S %s %s %c x\n",
            (int)(lines[i].ns / 1000000000), (int)(lines[i].ns / 1000 % 1000000),
            lines[i].kind, lines[i].address != NULL ? lines[i].address : "-",
            lines[i].direction);
    }
    const char *fits = longer + 15, *shorter = longer + 16;
    const char *address[] = {longer, other, longer, shorter, fits, shorter};
    for (int i = 0; i < 6; i++) {
        io_log_line(log, log_rig_at(LOG_RIG_NOON, 0), "client", address[i], '<',
                    HERD_LIT("x"));
        len += (size_t)snprintf(want + len, sizeof want - len,
                                "2026-11-21T12:00:00.000000Z S client %.64s < x\n",
                                address[i]);
    }
    io_log_close(log);
    CHECK_SLICE(log_rig_read(log_rig.path), herd_slice(want, len));
    log_rig_down();
}

static void other_fields_are_escaped_and_cut(void)
{
    char name[200];
    memset(name, 'n', sizeof name);
    name[0] = '\n';
    name[sizeof name - 1] = '\0';
    REQUIRE(log_rig_up());
    struct io_log *log = io_log_open(&io_mem, log_rig.path, name, false);
    REQUIRE(log != NULL);
    io_log_line(log, log_rig_at(LOG_RIG_NOON, 0), "client", name, '<', HERD_LIT("x"));
    io_log_flush(log);
    struct herd_slice got = log_rig_read(log_rig.path);
    CHECK_INT((int64_t)log_rig_lines(got), 1);
    CHECK_INT((int64_t)got.len, 27 + 1 + 64 + 1 + 6 + 1 + 64 + 1 + 1 + 1 + 1 + 1);
    io_log_close(log);
    log_rig_down();
}

static void text_is_cut_with_a_count(void)
{
    static char text[3 * IO_LOG_TEXT];
    static const struct {
        size_t len;
        char last;
        size_t out;
        const char *note;
    } cases[] = {
        {IO_LOG_TEXT, 'x', IO_LOG_TEXT, ""},
        {IO_LOG_TEXT + 1, 'x', IO_LOG_TEXT, " [1 bytes left out]"},
        {IO_LOG_TEXT, '\n', IO_LOG_TEXT - 1, " [1 bytes left out]"},
        {IO_LOG_TEXT - 3, '\n', IO_LOG_TEXT, ""},
        {IO_LOG_TEXT - 2, '\n', IO_LOG_TEXT - 3, " [1 bytes left out]"},
        {sizeof text, 'x', IO_LOG_TEXT, " [8192 bytes left out]"},
    };
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REQUIRE(log_rig_up());
        CHECK_LABEL("case %zu", i);
        struct io_log *log = io_log_open(&io_mem, log_rig.path, "S", false);
        REQUIRE(log != NULL);
        text[cases[i].len - 1] = cases[i].last;
        io_log_line(log, log_rig_at(LOG_RIG_NOON, 0), "herd", NULL, '-',
                    herd_slice(text, cases[i].len));
        text[cases[i].len - 1] = 'x';
        io_log_close(log);
        struct herd_slice got = log_rig_read(log_rig.path);
        size_t head = strlen("2026-11-21T12:00:00.000000Z S herd - - ");
        CHECK_INT((int64_t)got.len,
                  (int64_t)(head + cases[i].out + strlen(cases[i].note) + 1));
        size_t tail = strlen(cases[i].note) + 1;
        if (got.len > tail)
            CHECK_SLICE(herd_slice(got.data + got.len - tail, tail - 1),
                        herd_slice_str(cases[i].note));
        log_rig_down();
    }
}

/* ---- files ------------------------------------------------------------------------- */

static void reopens_after_rename(void)
{
    int open_before = pair_open_count();
    REQUIRE(log_rig_up());
    struct io_log *log = io_log_open(&io_mem, log_rig.path, "S", false);
    REQUIRE(log != NULL);
    log_rig_say(log, "one");
    CHECK_INT(rename(log_rig.path, log_rig.moved), 0);
    log_rig_say(log, "two");
    CHECK_INT(io_log_reopen(log), HERD_OK);
    log_rig_say(log, "three");
    io_log_flush(log);
    CHECK_SLICE(log_rig_read(log_rig.moved),
                HERD_LIT(LOG_RIG_LINE("one") LOG_RIG_LINE("two")));
    CHECK_SLICE(log_rig_read(log_rig.path), HERD_LIT(LOG_RIG_LINE("three")));

    /* A folder has the path: the old file stays in use. */
    CHECK_INT(unlink(log_rig.path), 0);
    CHECK_INT(mkdir(log_rig.path, 0700), 0);
    CHECK_INT(io_log_reopen(log), HERD_ESYS);
    CHECK_INT(rmdir(log_rig.path), 0);
    log_rig_say(log, "four");
    io_log_flush(log);
    CHECK_INT((int64_t)io_log_lost(log), 0);
    CHECK_INT(io_log_reopen(log), HERD_OK);
    log_rig_say(log, "five");
    io_log_close(log);
    CHECK_SLICE(log_rig_read(log_rig.path), HERD_LIT(LOG_RIG_LINE("five")));

    /* Appends to the file. */
    log = io_log_open(&io_mem, log_rig.path, "S", false);
    REQUIRE(log != NULL);
    log_rig_say(log, "six");
    io_log_close(log);
    CHECK_SLICE(log_rig_read(log_rig.path),
                HERD_LIT(LOG_RIG_LINE("five") LOG_RIG_LINE("six")));
    CHECK_INT(pair_open_count(), open_before);
    log_rig_down();
}

static void cannot_be_opened(void)
{
    errno = 0;
    CHECK(io_log_open(&io_mem, "/nonexistent/folder/log", "S", false) == NULL);
    CHECK_INT(errno, ENOENT);
}

/* ---- standard error ---------------------------------------------------------------- */

static void echoes(void)
{
    static const struct {
        bool file;
        bool echo;
    } cases[] = {{true, true}, {true, false}, {false, true}, {false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REQUIRE(log_rig_up());
        REQUIRE(log_rig_catch_stderr());
        struct io_log *log =
            io_log_open(&io_mem, cases[i].file ? log_rig.path : NULL, "S", cases[i].echo);
        if (log != NULL) {
            log_rig_say(log, "one");
            io_log_flush(log);
            log_rig_say(log, "two");
            io_log_reopen(log);
            log_rig_say(log, "three");
        }
        io_log_close(log);
        log_rig_give_stderr_back();
        CHECK_LABEL("file %d echo %d", cases[i].file, cases[i].echo);
        CHECK(log != NULL);
        struct herd_slice want =
            HERD_LIT(LOG_RIG_LINE("one") LOG_RIG_LINE("two") LOG_RIG_LINE("three"));
        CHECK_SLICE(log_rig_read(log_rig.moved), cases[i].echo ? want : HERD_LIT(""));
        CHECK_SLICE(log_rig_read(log_rig.path), cases[i].file ? want : HERD_LIT(""));
        log_rig_down();
    }
}

/* ---- memory ------------------------------------------------------------------------ */

/* Opening allocates memory, logging does not. */
static void out_of_memory(void)
{
    struct fail_mem mem;
    fail_mem_init(&mem);
    REQUIRE(log_rig_up());
    int fails = 0;
    for (size_t n = 1; n <= 10; n++) {
        fail_mem_arm(&mem, n, true);
        errno = 0;
        struct io_log *log = io_log_open(&mem.mem, log_rig.path, "S", false);
        if (log == NULL) {
            fails++;
            CHECK_INT(errno, ENOMEM);
        } else {
            fail_mem_arm(&mem, 1, true);
            for (int i = 0; i < 3000; i++)
                log_rig_say(log, "no memory is needed any more");
            CHECK_INT((int64_t)io_log_lost(log), 0);
        }
        io_log_close(log);
        CHECK_INT((int64_t)mem.live, 0);
    }
    CHECK_INT(fails, 2);
    log_rig_down();
}

const struct check_test test_log[] = {
    {"log golden lines", golden_lines},
    {"log heads are reused", lines_that_begin_alike},
    {"log other fields are escaped and cut", other_fields_are_escaped_and_cut},
    {"log text is cut with a count", text_is_cut_with_a_count},
    {"log reopens after rename", reopens_after_rename},
    {"log cannot be opened", cannot_be_opened},
    {"log echoes", echoes},
    {"log out of memory", out_of_memory},
    {NULL, NULL},
};
