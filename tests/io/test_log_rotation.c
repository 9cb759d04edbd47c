/* SPDX-License-Identifier: ISC */
/* A log that herd rotates: how much it takes on the disk, and what others may do to its
 * files meanwhile. */
#include "herd/err.h"
#include "io/mem.h"
#include "log_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX = IO_LOG_SIZE_MIN, KEEP = 3, LINE = 1000 };

static struct io_log *log_now;
static int64_t next_line; /* of the lines that say_lines writes */

static bool set_up(int keep)
{
    next_line = 0;
    if (!log_rig_up())
        return false;
    log_now = io_log_open(&io_mem, log_rig.path, "S", false);
    if (log_now != NULL)
        io_log_limit(log_now, MAX, keep);
    return log_now != NULL;
}

static const char *numbered(int number)
{
    static char name[128];
    snprintf(name, sizeof name, number > 0 ? "%s.%d" : "%s", log_rig.path, number);
    return name;
}

static void tear_down(void)
{
    io_log_close(log_now);
    for (int i = 1; i < 10; i++)
        (void)unlink(numbered(i));
    log_rig_down();
}

/* Each line has its number and LINE bytes or so; one for each second from `second` on. */
static void say_lines_at(int64_t second, int count)
{
    for (int i = 0; i < count; i++) {
        char text[LINE + 1];
        memset(text, '.', LINE);
        text[LINE] = '\0';
        int len = snprintf(text, sizeof text, "%08lld", (long long)next_line++);
        text[len] = '.';
        io_log_line(log_now, log_rig_at(LOG_RIG_NOON + second, 0), "herd", NULL, '-',
                    herd_slice_str(text));
    }
    io_log_flush(log_now);
}

static void say_lines(int count)
{
    say_lines_at(0, count);
}

static int64_t size_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

static ino_t inode_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? st.st_ino : 0;
}

/* Bytes of all files in the folder; their number. */
static int64_t disk_used(int *files)
{
    DIR *dir = opendir(log_rig.folder);
    int64_t bytes = 0;
    *files = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char path[400];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", log_rig.folder, entry->d_name);
        bytes += size_of(path);
        ++*files;
    }
    if (dir != NULL)
        closedir(dir);
    return bytes;
}

/* The number in the first and in the last line of a file; -1: none. */
static void numbers_of(const char *path, int64_t *first, int64_t *last)
{
    static const char head[] = "Z S herd - - ";
    struct herd_slice text = log_rig_read(path);
    *first = *last = -1;
    for (size_t i = 0; i + sizeof head + 8 < text.len; i++)
        if (memcmp(text.data + i, head, sizeof head - 1) == 0) {
            long long number = -1;
            if (sscanf(text.data + i + sizeof head - 1, "%8lld", &number) != 1)
                continue;
            *first = *first < 0 ? number : *first;
            *last = number;
        }
}

/* ---- tests ---- */

/* Whatever is written: never more than the bound, and the newest lines without a gap. */
static void never_above_the_bound(void)
{
    REQUIRE(set_up(KEEP));
    int files = 0;
    int64_t most = 0, first, last;
    for (int i = 0; i < 300; i++) {
        say_lines(1 + i % 200);
        int64_t used = disk_used(&files);
        most = used > most ? used : most;
        CHECK(files <= KEEP && size_of(log_rig.path) <= MAX);
    }
    CHECK_INT(files, KEEP);
    CHECK(most <= (int64_t)MAX * KEEP && most > (int64_t)MAX * (KEEP - 1));
    CHECK_INT((int64_t)io_log_lost(log_now), 0);
    int64_t want = next_line - 1;
    for (int i = 0; i < KEEP; i++) {
        numbers_of(numbered(i), &first, &last);
        CHECK_LABEL("file %d", i);
        CHECK(last >= 0);
        CHECK_INT(last, want);
        want = first - 1;
    }
    CHECK_LABEL("%s", "");
    tear_down();
}

static void no_limit(void)
{
    REQUIRE(set_up(KEEP));
    io_log_limit(log_now, 0, KEEP);
    int files;
    say_lines(3000);
    CHECK(disk_used(&files) > 2 * MAX);
    CHECK_INT(files, 1);
    tear_down();
}

/* A file that is full already when the server starts. */
static void full_at_the_start(void)
{
    REQUIRE(set_up(KEEP));
    io_log_limit(log_now, 0, KEEP);
    say_lines(2000);
    io_log_close(log_now);
    log_now = io_log_open(&io_mem, log_rig.path, "S", false);
    REQUIRE(log_now != NULL);
    io_log_limit(log_now, MAX, KEEP);
    int64_t first, last;
    say_lines(1);
    numbers_of(log_rig.path, &first, &last);
    CHECK(first == 2000 && last == 2000);
    CHECK(size_of(numbered(1)) > MAX);
    tear_down();
}

/* A crash between two renames leaves a number out: nothing is removed to fill it. */
static void a_gap_is_filled(void)
{
    REQUIRE(set_up(5));
    say_lines(900);
    for (int number = 1; number <= 4; number++) {
        int fd = open(numbered(number), O_WRONLY | O_CREAT, 0600);
        CHECK(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    }
    ino_t first = inode_of(numbered(1)), third = inode_of(numbered(3));
    ino_t fourth = inode_of(numbered(4)), now = inode_of(log_rig.path);
    CHECK_INT(unlink(numbered(2)), 0);
    say_lines(300);
    CHECK(inode_of(numbered(1)) == now && inode_of(numbered(2)) == first);
    CHECK(inode_of(numbered(3)) == third && inode_of(numbered(4)) == fourth);
    say_lines(1000);
    CHECK(inode_of(numbered(2)) == now && inode_of(numbered(3)) == first);
    CHECK(inode_of(numbered(4)) == third);
    tear_down();
}

/* The folder lets nobody rename; one says so, lines are left out and counted, and the size
 * holds. Then it works again. */
static void a_rotation_that_fails(void)
{
    REQUIRE(set_up(KEEP));
    int files;
    say_lines(500);
    /* A folder in the place of the next file stops root as well. */
    CHECK_INT(mkdir(numbered(1), 0700), 0);
    CHECK_INT(mkdir(numbered(2), 0700), 0);
    char inside[160];
    snprintf(inside, sizeof inside, "%s/x", numbered(2));
    CHECK_INT(mkdir(inside, 0700), 0);
    for (int i = 0; i < 100; i++)
        say_lines_at(i / 20, 100);
    CHECK(size_of(log_rig.path) <= MAX);
    int64_t lost = (int64_t)io_log_lost(log_now);
    CHECK(lost > 9000);
    struct herd_slice text = log_rig_read(log_rig.path);
    const char *said = strstr(text.data, "the log is full and cannot be rotated: ");
    CHECK(said != NULL && strstr(said + 1, "the log is full") == NULL);
    CHECK_INT(rmdir(inside), 0);
    CHECK_INT(rmdir(numbered(2)), 0);
    CHECK_INT(rmdir(numbered(1)), 0);
    say_lines_at(4, 100); /* within the same second: not tried */
    CHECK_INT((int64_t)io_log_lost(log_now), lost + 100);
    say_lines_at(5, 100);
    CHECK_INT((int64_t)io_log_lost(log_now), lost + 100);
    char want[128];
    snprintf(want, sizeof want, "%lld lines lost\n", (long long)lost + 100);
    text = log_rig_read(log_rig.path);
    CHECK(strstr(text.data, want) != NULL);
    CHECK(disk_used(&files) <= 2 * MAX && files == 2);
    tear_down();
}

/* A cleaner renames the file: herd goes on in it, up to its size, and leaves the cleaner's
 * names alone. */
static void renamed_by_others(void)
{
    REQUIRE(set_up(KEEP));
    say_lines(100);
    ino_t ours = inode_of(log_rig.path);
    CHECK_INT(rename(log_rig.path, numbered(7)), 0);
    say_lines(100);
    CHECK_INT(size_of(log_rig.path), -1);
    for (int i = 0; i < 10; i++)
        say_lines(100);
    CHECK(inode_of(numbered(7)) == ours && size_of(numbered(7)) <= MAX);
    CHECK(size_of(log_rig.path) > 0 && size_of(numbered(1)) == -1);
    CHECK_INT((int64_t)io_log_lost(log_now), 0);
    tear_down();
}

/* Another file is at the path: herd appends to it when its own is full, and renames it when
 * that is full, too. */
static void replaced_by_others(void)
{
    REQUIRE(set_up(KEEP));
    say_lines(100);
    CHECK_INT(rename(log_rig.path, numbered(7)), 0);
    int fd = open(log_rig.path, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, "other\n", 6) == 6 && close(fd) == 0);
    for (int i = 0; i < 12; i++)
        say_lines(100);
    CHECK(size_of(numbered(1)) == -1 && size_of(log_rig.path) > 1000);
    CHECK(strncmp(log_rig_read(log_rig.path).data, "other\n", 6) == 0);
    CHECK_INT(io_log_reopen(log_now), HERD_OK);
    CHECK_INT((int64_t)io_log_lost(log_now), 0);
    tear_down();
}

/* A removed file takes room that nobody sees: it is opened again in the next second, or
 * soon after by size. */
static void removed_by_others(void)
{
    REQUIRE(set_up(KEEP));
    say_lines(10);
    CHECK_INT(unlink(log_rig.path), 0);
    say_lines_at(1, 1);
    CHECK(size_of(log_rig.path) > 0);
    CHECK_INT(unlink(log_rig.path), 0);
    say_lines_at(1, 100);
    say_lines_at(1, 1);
    CHECK(size_of(log_rig.path) > 0 && size_of(log_rig.path) < 2 * LINE);
    tear_down();
}

static void truncated_by_others(void)
{
    REQUIRE(set_up(KEEP));
    say_lines(900);
    CHECK_INT(truncate(log_rig.path, 0), 0);
    say_lines_at(1, 500);
    CHECK_INT(size_of(numbered(1)), -1);
    CHECK(size_of(log_rig.path) > 500 * LINE && size_of(log_rig.path) < 600 * LINE);
    tear_down();
}

static void reopened_between(void)
{
    REQUIRE(set_up(KEEP));
    int files;
    for (int i = 0; i < 50; i++) {
        say_lines(300);
        CHECK_INT(io_log_reopen(log_now), HERD_OK);
        CHECK(disk_used(&files) <= (int64_t)MAX * KEEP && files <= KEEP);
    }
    CHECK_INT((int64_t)io_log_lost(log_now), 0);
    tear_down();
}

/* The names of the rotated files are links to files of others, which stay as they are. */
static void links_are_not_followed(void)
{
    REQUIRE(set_up(2));
    char precious[128];
    snprintf(precious, sizeof precious, "%s/precious", log_rig.folder);
    int fd = open(precious, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 50 << 20) == 0 && close(fd) == 0);
    CHECK_INT(symlink(precious, numbered(1)), 0);
    io_log_limit(log_now, 8 * MAX, 2);
    say_lines(8000);
    CHECK_INT(size_of(precious), 50 << 20);
    say_lines(1000);
    CHECK_INT(size_of(precious), 50 << 20);
    CHECK_INT(unlink(precious), 0);
    tear_down();
}

/* The oldest file gives way while the present one grows; one with a second name does not.
 */
static void the_oldest_is_removed_in_steps(void)
{
    REQUIRE(set_up(2));
    io_log_limit(log_now, 32 * MAX, 2);
    say_lines(40000);
    int64_t whole = size_of(numbered(1)), before = whole, most_cut = 0;
    char linked[128];
    snprintf(linked, sizeof linked, "%s/linked", log_rig.folder);
    CHECK(whole > 31 * MAX);
    CHECK_INT(link(numbered(1), linked), 0);
    while (size_of(log_rig.path) < 20 * MAX)
        say_lines(200);
    CHECK_INT(size_of(numbered(1)), whole);
    CHECK_INT(unlink(linked), 0);
    while (size_of(log_rig.path) < 31 * MAX) {
        say_lines(200);
        int64_t now = size_of(numbered(1));
        /* The first cut makes up for what the second name has prevented. */
        if (before < whole)
            most_cut = before - now > most_cut ? before - now : most_cut;
        before = now;
    }
    CHECK(most_cut > MAX && most_cut <= 6 * MAX);
    CHECK(before <= 6 * MAX);
    tear_down();
}

const struct check_test test_log_rotation[] = {
    {"log never above the bound", never_above_the_bound},
    {"log no limit", no_limit},
    {"log full at the start", full_at_the_start},
    {"log a gap is filled", a_gap_is_filled},
    {"log a rotation that fails", a_rotation_that_fails},
    {"log renamed by others", renamed_by_others},
    {"log replaced by others", replaced_by_others},
    {"log removed by others", removed_by_others},
    {"log truncated by others", truncated_by_others},
    {"log reopened between", reopened_between},
    {"log links are not followed", links_are_not_followed},
    {"log the oldest is removed in steps", the_oldest_is_removed_in_steps},
    {NULL, NULL},
};
