#include "check.h"
#include "herd/err.h"
#include "io/log.h"
#include "io/log_text.h"
#include "io/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern const struct check_test test_log[];

enum { ROOM = 1 << 20 };

/* ---- a log in a folder of its own ------------------------------------------------- */

static char folder[64];
static char path[96];
static char moved[96];
static char content[ROOM];

static bool make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/herd-log-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return false;
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(moved, sizeof moved, "%s/log.1", folder);
    return true;
}

static void remove_folder(void)
{
    unlink(path);
    unlink(moved);
    CHECK_INT(rmdir(folder), 0);
}

static struct herd_slice content_of(const char *name)
{
    int fd = open(name, O_RDONLY);
    size_t len = 0;
    ssize_t n;
    while (fd >= 0 && len < ROOM && (n = read(fd, content + len, ROOM - len)) > 0)
        len += (size_t)n;
    if (fd >= 0)
        close(fd);
    return herd_slice(content, len);
}

static size_t lines_of(struct herd_slice s)
{
    size_t lines = 0;
    for (size_t i = 0; i < s.len; i++)
        lines += s.data[i] == '\n';
    return lines;
}

static struct herd_wall at(int64_t second, int64_t ns)
{
    return (struct herd_wall){second * HERD_NS_PER_S + ns};
}

static const int64_t NOON = 1795262400; /* 2026-11-21T12:00:00Z */

static struct herd_slice escaped(const char *in, size_t len, char *out, size_t room)
{
    struct herd_slice text = herd_slice(in, len);
    return herd_slice(out, io_log_escape(out, room, &text));
}

/* ---- lines ------------------------------------------------------------------------ */

static void golden_lines(void)
{
    REQUIRE(make_folder());
    struct io_log *log = io_log_open(&io_mem, path, "Goloman", false);
    REQUIRE(log != NULL);
    io_log_line(log, at(NOON, 123456789), "client", "127.0.0.1:50422", '<',
                HERD_LIT("IAMAT kiwi.cs.ucla.edu"));
    io_log_line(log, at(NOON, 999999999), "peer", "[::1]:11491", '>', HERD_LIT("a\tb\\"));
    io_log_line(log, at(NOON + 1, 0), "herd", NULL, '-', HERD_LIT(""));
    io_log_line(log, at(NOON - 1, 1000), "places", NULL, '-',
                HERD_LIT("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x91 \xff\x1b[31m"));
    io_log_line(log, at(-1, 2000), "control", "local", '<', (struct herd_slice){NULL, 0});
    CHECK(io_log_pending(log));
    CHECK_INT((int64_t)content_of(path).len, 0);
    io_log_flush(log);
    CHECK(!io_log_pending(log));
    CHECK_SLICE(
        content_of(path),
        HERD_LIT("2026-11-21T12:00:00.123456Z Goloman client 127.0.0.1:50422 < IAMAT "
                 "kiwi.cs.ucla.edu\n"
                 "2026-11-21T12:00:00.999999Z Goloman peer [::1]:11491 > a\\x09b\\x5c\n"
                 "2026-11-21T12:00:01.000000Z Goloman herd - - \n"
                 "2026-11-21T11:59:59.000001Z Goloman places - - caf\xc3\xa9 \xe2\x82\xac "
                 "\xf0\x9f\x90\x91 \\xff\\x1b[31m\n"
                 "1969-12-31T23:59:59.000002Z Goloman control local < \n"));
    struct stat st;
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT((int64_t)io_log_lost(log), 0);
    io_log_close(log);
    io_log_close(NULL);
    remove_folder();
}

static void other_fields_are_escaped_and_cut(void)
{
    char name[200];
    memset(name, 'n', sizeof name);
    name[0] = '\n';
    name[sizeof name - 1] = '\0';
    REQUIRE(make_folder());
    struct io_log *log = io_log_open(&io_mem, path, name, false);
    REQUIRE(log != NULL);
    io_log_line(log, at(NOON, 0), "client", name, '<', HERD_LIT("x"));
    io_log_flush(log);
    struct herd_slice got = content_of(path);
    CHECK_INT((int64_t)lines_of(got), 1);
    CHECK_INT((int64_t)got.len, 27 + 1 + 64 + 1 + 6 + 1 + 64 + 1 + 1 + 1 + 1 + 1);
    io_log_close(log);
    remove_folder();
}

/* Every second around the turns of years, months and leap days, against gmtime_r(). */
static void dates(void)
{
    static const int64_t days[] = {0, 58, 59, 60, 364, 365, 789, 790, 11016, 11017, 20778,
                                   /* 2000-02-28, 2000-12-31, 2100-02-28 and around */
                                   11015, 11322, 47540, 47541, 47542, 47846, 47847, -1,
                                   -25509, -25508, -100000, 106000};
    int failures = 0;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        for (int64_t s = days[i] * 86400 - 2; s < (days[i] + 1) * 86400 + 2; s += 59) {
            char got[20];
            char want[32];
            struct tm tm;
            time_t t = (time_t)s;
            REQUIRE(gmtime_r(&t, &tm) != NULL);
            strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
            io_log_stamp(got, s);
            failures += memcmp(got, want, sizeof got) != 0;
        }
    for (int64_t day = -106000; day < 106000; day++) {
        char got[20];
        char want[32];
        struct tm tm;
        time_t t = (time_t)(day * 86400 + 86399);
        REQUIRE(gmtime_r(&t, &tm) != NULL);
        strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.", &tm);
        io_log_stamp(got, t);
        failures += memcmp(got, want, sizeof got) != 0;
    }
    CHECK_INT(failures, 0);
}

static void dates_by_hand(void)
{
    static const struct {
        int64_t second;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00."},          {951782399, "2000-02-28T23:59:59."},
        {951782400, "2000-02-29T00:00:00."},  {951868800, "2000-03-01T00:00:00."},
        {1709164800, "2024-02-29T00:00:00."}, {4107542399, "2100-02-28T23:59:59."},
        {4107542400, "2100-03-01T00:00:00."}, {-1, "1969-12-31T23:59:59."},
        {9223372036, "2262-04-11T23:47:16."}, {-9223372037, "1677-09-21T00:12:43."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[20];
        CHECK_LABEL("%s", cases[i].want);
        io_log_stamp(got, cases[i].second);
        CHECK_SLICE(herd_slice(got, sizeof got), herd_slice_str(cases[i].want));
    }
}

/* ---- escaping --------------------------------------------------------------------- */

static size_t want_byte(char *out, unsigned char c)
{
    if (c >= 0x20 && c < 0x7f && c != '\\') {
        out[0] = (char)c;
        return 1;
    }
    char text[8];
    snprintf(text, sizeof text, "\\x%02x", c);
    memcpy(out, text, 4);
    return 4;
}

/* Alone, and at each place of a run of plain bytes that is copied by words. */
static void every_byte(void)
{
    for (int c = 0; c < 256; c++)
        for (size_t place = 0; place < 20; place++) {
            char in[20];
            char out[100];
            char want[100];
            memset(in, 'p', sizeof in);
            memset(want, 'p', sizeof want);
            in[place] = (char)c;
            size_t len = want_byte(want + place, (unsigned char)c);
            struct herd_slice got = escaped(in, sizeof in, out, sizeof out);
            CHECK_LABEL("byte %d at %zu", c, place);
            if (!herd_slice_eq(got, herd_slice(want, sizeof in - 1 + len)))
                CHECK_SLICE(got, herd_slice(want, sizeof in - 1 + len));
        }
    CHECK_LABEL("%s", "");
    CHECK(true);
}

/* A second, slower and simpler reader of UTF-8: decodes and compares with the range that
 * a sequence of that length is for. */
static size_t decode(const unsigned char *in, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = in[0] >= 0xf0 ? 4 : in[0] >= 0xe0 ? 3 : in[0] >= 0xc0 ? 2 : 0;
    if (size == 0 || size > len || in[0] >= 0xf8)
        return 0;
    uint32_t value = in[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if (in[i] < 0x80 || in[i] > 0xbf)
            return 0;
        value = value << 6 | (in[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ||
        value < 0xa0)
        return 0;
    return size;
}

static size_t want_text(const unsigned char *in, size_t len, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        size_t size = decode(in + i, len - i);
        if (size > 0)
            memcpy(out + used, in + i, size);
        used += size > 0 ? size : want_byte(out + used, in[i]);
        i += size > 0 ? size : 1;
    }
    return used;
}

static int differs(const unsigned char *in, size_t len)
{
    char out[64];
    char want[64];
    size_t want_len = want_text(in, len, want);
    struct herd_slice got = escaped((const char *)in, len, out, sizeof out);
    return !herd_slice_eq(got, herd_slice(want, want_len));
}

/* All pairs, and triples and quadruples of the bytes where the rules change. */
static void sequences(void)
{
    static const unsigned char edge[] = {0x00, 0x1f, 0x20, 'a',  '\\', 0x7e, 0x7f, 0x80,
                                         0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                         0xc3, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
                                         0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
    enum { N = sizeof edge };
    int failures = 0;
    for (int i = 0; i < 65536; i++) {
        unsigned char in[2] = {(unsigned char)(i >> 8), (unsigned char)i};
        failures += differs(in, 2);
    }
    for (int i = 0; i < N * N * N * N; i++) {
        unsigned char in[4] = {edge[i % N], edge[i / N % N], edge[i / N / N % N],
                               edge[i / N / N / N]};
        failures += differs(in, 4);
        failures += differs(in, 3);
    }
    CHECK_INT(failures, 0);
}

/* Whatever the room is, the output is a whole number of characters and escapes, what is
 * left is the rest of the input, and the cut is as late as it can be. */
static void cuts(void)
{
    static const char in[] = "ab\n\xc3\xa9"
                             "12345678"
                             "\xe2\x82\xac\\\xf0\x9f\x90\x91 end";
    char whole[64];
    struct herd_slice all = escaped(in, sizeof in - 1, whole, sizeof whole);
    for (size_t room = 0; room <= all.len; room++) {
        char first[64];
        char second[64];
        struct herd_slice text = herd_slice(in, sizeof in - 1);
        size_t a = io_log_escape(first, room, &text);
        CHECK_LABEL("room %zu", room);
        CHECK(a <= room && room - a < 4);
        size_t b = io_log_escape(second, sizeof second, &text);
        CHECK_INT((int64_t)text.len, 0);
        CHECK_INT((int64_t)(a + b), (int64_t)all.len);
        CHECK(memcmp(first, whole, a) == 0 && memcmp(second, whole + a, b) == 0);
    }
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
        REQUIRE(make_folder());
        CHECK_LABEL("case %zu", i);
        struct io_log *log = io_log_open(&io_mem, path, "S", false);
        REQUIRE(log != NULL);
        text[cases[i].len - 1] = cases[i].last;
        io_log_line(log, at(NOON, 0), "herd", NULL, '-', herd_slice(text, cases[i].len));
        text[cases[i].len - 1] = 'x';
        io_log_close(log);
        struct herd_slice got = content_of(path);
        size_t head = strlen("2026-11-21T12:00:00.000000Z S herd - - ");
        CHECK_INT((int64_t)got.len,
                  (int64_t)(head + cases[i].out + strlen(cases[i].note) + 1));
        size_t tail = strlen(cases[i].note) + 1;
        if (got.len > tail)
            CHECK_SLICE(herd_slice(got.data + got.len - tail, tail - 1),
                        herd_slice_str(cases[i].note));
        remove_folder();
    }
}

/* ---- files ------------------------------------------------------------------------ */

static void say(struct io_log *log, const char *text)
{
    io_log_line(log, at(NOON, 0), "herd", NULL, '-', herd_slice_str(text));
}

#define LINE(text) "2026-11-21T12:00:00.000000Z S herd - - " text "\n"

/* The lowest free descriptor: the same before and after when none is leaked. */
static int free_fd(void)
{
    int fd = dup(STDERR_FILENO);
    close(fd);
    return fd;
}

static void reopens_after_rename(void)
{
    int fd = free_fd();
    REQUIRE(make_folder());
    struct io_log *log = io_log_open(&io_mem, path, "S", false);
    REQUIRE(log != NULL);
    say(log, "one");
    CHECK_INT(rename(path, moved), 0);
    say(log, "two");
    CHECK_INT(io_log_reopen(log), HERD_OK);
    say(log, "three");
    io_log_flush(log);
    CHECK_SLICE(content_of(moved), HERD_LIT(LINE("one") LINE("two")));
    CHECK_SLICE(content_of(path), HERD_LIT(LINE("three")));

    /* A folder in the way: the old file stays in use. */
    CHECK_INT(unlink(path), 0);
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(io_log_reopen(log), HERD_ESYS);
    CHECK_INT(rmdir(path), 0);
    say(log, "four");
    io_log_flush(log);
    CHECK_INT((int64_t)io_log_lost(log), 0);
    CHECK_INT(io_log_reopen(log), HERD_OK);
    say(log, "five");
    io_log_close(log);
    CHECK_SLICE(content_of(path), HERD_LIT(LINE("five")));

    /* Appends to what is there. */
    log = io_log_open(&io_mem, path, "S", false);
    REQUIRE(log != NULL);
    say(log, "six");
    io_log_close(log);
    CHECK_SLICE(content_of(path), HERD_LIT(LINE("five") LINE("six")));
    CHECK_INT(free_fd(), fd);
    remove_folder();
}

static void cannot_be_opened(void)
{
    errno = 0;
    CHECK(io_log_open(&io_mem, "/nonexistent/folder/log", "S", false) == NULL);
    CHECK_INT(errno, ENOENT);
}

/* The path is a link, first to the full device, then to a file. */
static void full_file_system(void)
{
    if (access("/dev/full", W_OK) != 0) {
        fprintf(stderr, "(skipped: no /dev/full) ");
        return;
    }
    REQUIRE(make_folder());
    CHECK_INT(symlink("/dev/full", path), 0);
    struct io_log *log = io_log_open(&io_mem, path, "S", false);
    REQUIRE(log != NULL);
    say(log, "one");
    say(log, "two");
    CHECK_INT((int64_t)io_log_lost(log), 0);
    io_log_flush(log);
    CHECK_INT((int64_t)io_log_lost(log), 2);
    CHECK(!io_log_pending(log));
    say(log, "three");
    io_log_flush(log);
    io_log_flush(log);
    CHECK_INT((int64_t)io_log_lost(log), 3);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(io_log_reopen(log), HERD_OK);
    say(log, "four");
    io_log_flush(log);
    say(log, "five");
    io_log_close(log);
    CHECK_SLICE(content_of(path), HERD_LIT(LINE("3 lines lost") LINE("four") LINE("five")));
    remove_folder();
}

static int saved_stderr = -1;

static bool catch_stderr(void)
{
    int fd = open(moved, O_RDWR | O_CREAT | O_APPEND, 0600);
    saved_stderr = dup(STDERR_FILENO);
    return fd >= 0 && saved_stderr >= 0 && dup2(fd, STDERR_FILENO) >= 0 && close(fd) == 0;
}

static void give_stderr_back(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
}

/* A pipe that nobody empties: what does not fit into it and into the buffer is lost, no
 * line is torn, and the note stands where the lines are missing. The copy on standard
 * error has each line once. */
static void slow_pipe(void)
{
    REQUIRE(make_folder());
    REQUIRE(mkfifo(path, 0600) == 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    struct io_log *log = io_log_open(&io_mem, path, "S", true);
    REQUIRE(reader >= 0 && log != NULL);
    REQUIRE(catch_stderr());
    enum { LINES = 20000 };
    for (int i = 0; i < LINES; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        say(log, text);
    }
    int64_t lost = (int64_t)io_log_lost(log);
    bool pending = io_log_pending(log);
    size_t len = 0;
    bool said = false;
    for (int turn = 0; turn < 1000 && len + 5000 < ROOM; turn++) {
        ssize_t n = read(reader, content + len, 5000);
        if (n > 0) {
            len += (size_t)n;
        } else if (!io_log_pending(log)) {
            if (said)
                break;
            say(log, "last");
            said = true;
        }
        io_log_flush(log);
    }
    io_log_close(log);
    close(reader);
    give_stderr_back();
    CHECK(pending && lost > 0 && lost < LINES);
    struct herd_slice got = herd_slice(content, len);
    CHECK_INT((int64_t)lines_of(got), LINES - lost + 2);
    char want[256];
    snprintf(want, sizeof want, LINE("%d") LINE("%d lines lost") LINE("last"),
             (int)(LINES - lost - 1), (int)lost);
    size_t tail = strlen(want);
    REQUIRE(got.len > tail);
    CHECK_SLICE(herd_slice_from(got, got.len - tail), herd_slice_str(want));
    CHECK_INT((int64_t)lines_of(content_of(moved)), LINES - lost + 2);
    remove_folder();
}

/* The reader goes away in the middle of a line and another one comes: the torn line is
 * ended, counted, and the next one starts on its own line. */
static void torn_line(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    REQUIRE(sigaction(SIGPIPE, &ignore, &before) == 0);
    REQUIRE(make_folder());
    REQUIRE(mkfifo(path, 0600) == 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    struct io_log *log = io_log_open(&io_mem, path, "S", false);
    REQUIRE(reader >= 0 && log != NULL);
    static char text[4000];
    memset(text, 'x', sizeof text);
    while (!io_log_lost(log))
        io_log_line(log, at(NOON, 0), "herd", NULL, '-', herd_slice(text, sizeof text));
    int64_t lost = (int64_t)io_log_lost(log);
    size_t len = 0;
    ssize_t n;
    REQUIRE(read(reader, content, 10000) == 10000);
    io_log_flush(log);
    while ((n = read(reader, content + len, ROOM - len)) > 0)
        len += (size_t)n;
    bool torn = len > 0 && content[len - 1] != '\n';
    close(reader);
    io_log_flush(log); /* EPIPE: the rest is dropped */
    CHECK(!io_log_pending(log));
    CHECK((int64_t)io_log_lost(log) > lost);
    lost = (int64_t)io_log_lost(log);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    say(log, "new");
    io_log_flush(log);
    len = 0;
    while ((n = read(reader, content + len, ROOM - len)) > 0)
        len += (size_t)n;
    char want[256];
    snprintf(want, sizeof want, "%s" LINE("%d lines lost") LINE("new"), torn ? "\n" : "",
             (int)lost);
    CHECK(torn);
    CHECK_SLICE(herd_slice(content, len), herd_slice_str(want));
    io_log_close(log);
    close(reader);
    remove_folder();
    sigaction(SIGPIPE, &before, NULL);
}

/* ---- standard error --------------------------------------------------------------- */

static void echoes(void)
{
    static const struct {
        bool file;
        bool echo;
    } cases[] = {{true, true}, {true, false}, {false, true}, {false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REQUIRE(make_folder());
        REQUIRE(catch_stderr());
        struct io_log *log =
            io_log_open(&io_mem, cases[i].file ? path : NULL, "S", cases[i].echo);
        if (log != NULL) {
            say(log, "one");
            io_log_flush(log);
            say(log, "two");
            io_log_reopen(log);
            say(log, "three");
        }
        io_log_close(log);
        give_stderr_back();
        CHECK_LABEL("file %d echo %d", cases[i].file, cases[i].echo);
        CHECK(log != NULL);
        struct herd_slice want = HERD_LIT(LINE("one") LINE("two") LINE("three"));
        CHECK_SLICE(content_of(moved), cases[i].echo ? want : HERD_LIT(""));
        CHECK_SLICE(content_of(path), cases[i].file ? want : HERD_LIT(""));
        remove_folder();
    }
}

/* ---- memory ----------------------------------------------------------------------- */

struct counted {
    size_t bytes;
    int left; /* allocations until one fails */
};

static void *counted_resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    struct counted *c = ctx;
    if (new_size > 0 && c->left-- <= 0)
        return NULL;
    void *fresh = io_mem.resize(NULL, old, old_size, new_size);
    if (fresh != NULL || new_size == 0)
        c->bytes += new_size - old_size;
    return fresh;
}

static void out_of_memory(void)
{
    REQUIRE(make_folder());
    int fails = 0;
    for (int left = 0; left < 10; left++) {
        struct counted c = {0, left};
        const struct herd_mem mem = {counted_resize, &c};
        errno = 0;
        struct io_log *log = io_log_open(&mem, path, "S", false);
        if (log == NULL) {
            fails++;
            CHECK_INT(errno, ENOMEM);
        } else {
            c.left = 0;
            for (int i = 0; i < 3000; i++)
                say(log, "no memory is needed any more");
            CHECK_INT((int64_t)io_log_lost(log), 0);
        }
        io_log_close(log);
        CHECK_INT((int64_t)c.bytes, 0);
    }
    CHECK_INT(fails, 2);
    remove_folder();
}

const struct check_test test_log[] = {
    {"log golden lines", golden_lines},
    {"log other fields are escaped and cut", other_fields_are_escaped_and_cut},
    {"log dates", dates},
    {"log dates by hand", dates_by_hand},
    {"log every byte", every_byte},
    {"log sequences", sequences},
    {"log cuts", cuts},
    {"log text is cut with a count", text_is_cut_with_a_count},
    {"log reopens after rename", reopens_after_rename},
    {"log cannot be opened", cannot_be_opened},
    {"log full file system", full_file_system},
    {"log slow pipe", slow_pipe},
    {"log torn line", torn_line},
    {"log echoes", echoes},
    {"log out of memory", out_of_memory},
    {NULL, NULL},
};
