/* SPDX-License-Identifier: ISC */
/* Pid files: one holder, made anew when somebody removes them, never taken from another. */
#include "check.h"
#include "herd/err.h"
#include "io/pidfile.h"
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 64, LIFE_S = 60 };

static struct herd_error_text error;
static char folder[PATH_SIZE], path[PATH_SIZE], aside[PATH_SIZE];

static bool make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/herd-pid-XXXXXX");
    if (!CHECK(mkdtemp(folder) != NULL))
        return false;
    (void)snprintf(path, sizeof path, "%.50s/x.pid", folder);
    (void)snprintf(aside, sizeof aside, "%.50s/aside", folder);
    return true;
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)unlink(aside);
    CHECK_INT(rmdir(folder), 0);
}

/* What is read through `fd`: closing another descriptor of the file would give up the lock
 * that this process has on it. */
static long number_at(int fd)
{
    char text[32] = "";
    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : -1;
}

static long number_in_others_file(void)
{
    int fd = open(path, O_RDONLY);
    long number = number_at(fd);
    (void)close(fd);
    return number;
}

/* A process does not see its own locks. */
struct other {
    pid_t pid;
    int hold; /* it ends when this is closed */
};

static bool start_other(struct other *other)
{
    int ready[2], hold[2];
    char byte = 0;
    if (pipe(ready) != 0 || pipe(hold) != 0)
        return false;
    other->pid = fork();
    if (other->pid == 0) {
        struct io_pidfile file;
        (void)alarm(LIFE_S);
        (void)close(hold[1]);
        byte = io_pidfile_take(&file, path, &error) == HERD_OK ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1 || read(hold[0], &byte, 1) != 0)
            _exit(1);
        if (file.fd >= 0)
            io_pidfile_release(&file);
        _exit(0);
    }
    (void)close(ready[1]);
    (void)close(hold[0]);
    other->hold = hold[1];
    bool took = read(ready[0], &byte, 1) == 1 && byte == 'y';
    (void)close(ready[0]);
    return took;
}

static void end_other(struct other *other)
{
    int how = -1;
    (void)close(other->hold);
    CHECK_INT(waitpid(other->pid, &how, 0), other->pid);
    CHECK_INT(how, 0);
}

/* ---- tests ---- */

static void one_holder(void)
{
    int open_before = pair_open_count();
    struct io_pidfile file;
    struct other other;
    char want[PATH_SIZE];
    if (!make_folder())
        return;
    CHECK_INT(io_pidfile_look(path).state, IO_PIDFILE_MISSING);
    CHECK(start_other(&other));
    CHECK_INT(io_pidfile_look(path).state, IO_PIDFILE_LOCKED);
    CHECK_INT(io_pidfile_look(path).pid, other.pid);
    CHECK_INT(io_pidfile_holder(path), other.pid);
    CHECK_INT(number_in_others_file(), other.pid);
    CHECK_INT(io_pidfile_take(&file, path, &error), HERD_ESYS);
    (void)snprintf(want, sizeof want, "already running as process %ld", (long)other.pid);
    CHECK(strstr(error.text, want) != NULL);
    int fd = io_pidfile_open(path);
    end_other(&other);
    CHECK_INT(io_pidfile_look_at(fd).state, IO_PIDFILE_STALE);
    (void)close(fd);
    CHECK_INT(io_pidfile_look(path).state, IO_PIDFILE_MISSING);
    CHECK_INT(io_pidfile_take(&file, path, &error), HERD_OK);
    CHECK_INT(number_at(file.fd), getpid());
    io_pidfile_release(&file);
    CHECK(access(path, F_OK) != 0);
    remove_folder();
    CHECK_INT(pair_open_count(), open_before);
}

static void what_does_not_decide_it(void)
{
    if (!make_folder())
        return;
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    (void)close(fd);
    CHECK_INT(io_pidfile_look(path).state, IO_PIDFILE_STALE);
    CHECK_INT(io_pidfile_holder(path), 0);
    CHECK_INT(rename(path, aside), 0);
    CHECK_INT(symlink(aside, path), 0);
    CHECK_INT(io_pidfile_look(path).state, IO_PIDFILE_UNKNOWN);
    CHECK(io_pidfile_look(path).err != 0);
    CHECK_INT(unlink(path), 0);
    if (geteuid() != 0) {
        CHECK_INT(rename(aside, path), 0);
        CHECK_INT(chmod(folder, 0), 0);
        CHECK_INT(io_pidfile_look(path).state, IO_PIDFILE_UNKNOWN);
        CHECK_INT(io_pidfile_look(path).err, EACCES);
        CHECK_INT(chmod(folder, 0700), 0);
    }
    remove_folder();
}

/* Removed; replaced by a file that nobody holds; moved away, and the folder gone. */
static void it_is_made_anew(void)
{
    int open_before = pair_open_count();
    struct io_pidfile file;
    struct other other;
    if (!make_folder())
        return;
    CHECK_INT(io_pidfile_take(&file, path, &error), HERD_OK);
    CHECK_INT(io_pidfile_keep(&file, &error), IO_PIDFILE_KEPT);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(io_pidfile_keep(&file, &error), IO_PIDFILE_REMADE);
    CHECK_INT(number_at(file.fd), getpid());
    CHECK_INT(io_pidfile_keep(&file, &error), IO_PIDFILE_KEPT);
    CHECK_INT(rename(path, aside), 0);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    CHECK(fd >= 0 && write(fd, "12345678\n", 9) == 9);
    (void)close(fd);
    CHECK_INT(io_pidfile_keep(&file, &error), IO_PIDFILE_REMADE);
    CHECK_INT(number_at(file.fd), getpid());
    CHECK_LABEL("it is locked");
    CHECK(!start_other(&other));
    end_other(&other);
    CHECK_LABEL("no folder");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(unlink(aside), 0);
    CHECK_INT(rmdir(folder), 0);
    CHECK_INT(io_pidfile_keep(&file, &error), HERD_ESYS);
    CHECK(strstr(error.text, path) != NULL);
    CHECK_INT(mkdir(folder, 0700), 0);
    CHECK_INT(io_pidfile_keep(&file, &error), IO_PIDFILE_REMADE);
    io_pidfile_release(&file);
    CHECK(access(path, F_OK) != 0);
    remove_folder();
    CHECK_INT(pair_open_count(), open_before);
}

/* A newer process has taken the name: the older one neither takes it back nor removes it;
 * and takes it when the newer one has gone. */
static void another_holder_is_left_alone(void)
{
    int open_before = pair_open_count();
    struct io_pidfile file;
    struct other other;
    char want[PATH_SIZE];
    if (!make_folder())
        return;
    CHECK_INT(io_pidfile_take(&file, path, &error), HERD_OK);
    CHECK_INT(unlink(path), 0);
    CHECK(start_other(&other));
    CHECK_INT(io_pidfile_keep(&file, &error), IO_PIDFILE_USURPED);
    (void)snprintf(want, sizeof want, "process %ld", (long)other.pid);
    CHECK(strstr(error.text, want) != NULL);
    CHECK_INT(number_in_others_file(), other.pid);
    io_pidfile_release(&file);
    CHECK_INT(number_in_others_file(), other.pid);
    CHECK_INT(io_pidfile_holder(path), other.pid);
    end_other(&other);
    remove_folder();
    CHECK_INT(pair_open_count(), open_before);
}

extern const struct check_test test_pidfile[];
const struct check_test test_pidfile[] = {
    {"one_holder", one_holder},
    {"what_does_not_decide_it", what_does_not_decide_it},
    {"it_is_made_anew", it_is_made_anew},
    {"another_holder_is_left_alone", another_holder_is_left_alone},
    {NULL, NULL},
};
