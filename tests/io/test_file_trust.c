/* SPDX-License-Identifier: ISC */
/* Files and folders that somebody else may have put there, or can change. */
#include "check.h"
#include "herd/err.h"
#include "io/file.h"
#include "io/mem.h"
#include "io/secret.h"
#include "io/sock.h"
#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = sizeof((struct sockaddr_un *)NULL)->sun_path, NOBODY = 65534 };

static char folder[PATH_SIZE / 2];
static char path[PATH_SIZE], other[PATH_SIZE];
static struct herd_error_text error;

static bool set_up(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/herd-trust-XXXXXX");
    if (!CHECK(mkdtemp(folder) != NULL))
        return false;
    (void)snprintf(path, sizeof path, "%s/file", folder);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    error.text[0] = '\0';
    return true;
}

static void tear_down(void)
{
    (void)unlink(path);
    (void)unlink(other);
    (void)rmdir(path);
    (void)rmdir(other);
    CHECK_INT(rmdir(folder), 0);
}

static void put(const char *at, mode_t mode)
{
    int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK_INT(write(fd, "12345", 5), 5);
    CHECK_INT(fchmod(fd, mode), 0);
    (void)close(fd);
}

static mode_t mode_of(const char *at)
{
    struct stat st;
    return lstat(at, &st) == 0 ? st.st_mode & 07777 : 0;
}

static bool says(const char *words)
{
    return strstr(error.text, folder) != NULL && strstr(error.text, words) != NULL;
}

/* Only root can give a file to somebody else. */
static bool is_root(void)
{
    if (geteuid() == 0)
        return true;
    fprintf(stderr, "(not run: needs root) ");
    return false;
}

static int read_as(enum io_file_kind kind)
{
    struct herd_buf out;
    herd_buf_init(&out, &io_mem, 100);
    int rc = io_file_read(path, kind, &out, &error);
    CHECK_INT((int64_t)out.len, rc == HERD_OK ? 5 : 0);
    herd_buf_free(&out);
    return rc;
}

/* ---- reading ---- */

static void what_others_may_write_is_not_read(void)
{
    static const struct {
        mode_t mode;
        int trusted, secret;
        const char *words;
    } cases[] = {
        {0644, HERD_OK, HERD_EBAD, NULL},
        {0600, HERD_OK, HERD_OK, NULL},
        {0755, HERD_OK, HERD_EBAD, NULL},
        {0664, HERD_EBAD, HERD_EBAD, "chmod go-w"},
        {0646, HERD_EBAD, HERD_EBAD, "chmod go-w"},
        {0666, HERD_EBAD, HERD_EBAD, "chmod go-w"},
        {0622, HERD_EBAD, HERD_EBAD, "chmod go-w"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("mode %03o", (unsigned)cases[i].mode);
        REQUIRE(set_up());
        put(path, cases[i].mode);
        CHECK_INT(read_as(IO_FILE_TRUSTED), cases[i].trusted);
        CHECK(cases[i].words == NULL || says(cases[i].words));
        CHECK_INT(read_as(IO_FILE_SECRET), cases[i].secret);
        CHECK(cases[i].secret == HERD_OK || says("chmod 600"));
        tear_down();
    }
}

static void what_belongs_to_somebody_else_is_not_read(void)
{
    if (!is_root())
        return;
    REQUIRE(set_up());
    put(path, 0600);
    CHECK_INT(chown(path, NOBODY, 0), 0);
    CHECK_INT(read_as(IO_FILE_TRUSTED), HERD_EBAD);
    CHECK(says("belongs to user 65534, neither to this user nor to root: chown 0"));
    CHECK_INT(read_as(IO_FILE_SECRET), HERD_EBAD);
    CHECK(says("belongs to user 65534"));
    tear_down();
}

enum { HERD_USER = 65533 };

/* In a process of its own, as a user who is not root; `owner` has the file. */
static int read_as_user(uid_t owner, gid_t group, mode_t mode)
{
    int status = -1;
    put(path, mode);
    CHECK_INT(chown(path, owner, group), 0);
    CHECK_INT(chmod(folder, 0755), 0);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        bool is_user = setgid(HERD_USER) == 0 && setuid(HERD_USER) == 0;
        _exit(is_user ? -read_as(IO_FILE_SECRET) : 99);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return -WEXITSTATUS(status);
}

/* Containers are given their secrets as root's files that all may read and none may
 * write; packages give them to the group of the server. */
static void root_may_give_a_secret_to_others(void)
{
    static const struct {
        uid_t owner;
        mode_t mode;
        int as_user, as_root;
    } cases[] = {
        {0, 0444, HERD_OK, HERD_OK},
        {0, 0440, HERD_OK, HERD_OK},
        {0, 0640, HERD_OK, HERD_OK},
        {0, 0404, HERD_ESYS, HERD_OK},
        {0, 0400, HERD_ESYS, HERD_OK}, /* for root's eyes only */
        {0, 0644, HERD_EBAD, HERD_EBAD},
        {0, 0604, HERD_ESYS, HERD_EBAD},
        {0, 0660, HERD_EBAD, HERD_EBAD},
        {0, 0464, HERD_EBAD, HERD_EBAD},
        {0, 0446, HERD_EBAD, HERD_EBAD},
        {0, 0555, HERD_EBAD, HERD_EBAD},
        {HERD_USER, 0444, HERD_EBAD, HERD_EBAD},
        {HERD_USER, 0440, HERD_EBAD, HERD_EBAD},
        {HERD_USER, 0640, HERD_EBAD, HERD_EBAD},
        {HERD_USER, 0400, HERD_OK, HERD_EBAD},
        {NOBODY, 0444, HERD_EBAD, HERD_EBAD},
    };
    if (!is_root())
        return;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("mode %03o of %ld", (unsigned)cases[i].mode, (long)cases[i].owner);
        REQUIRE(set_up());
        CHECK_INT(read_as_user(cases[i].owner, HERD_USER, cases[i].mode), cases[i].as_user);
        CHECK_INT(read_as(IO_FILE_SECRET), cases[i].as_root);
        tear_down();
    }
    CHECK_LABEL("%s", "");
}

/* A configuration may be a link; where a key is, is nobody else's to say. */
static void secrets_are_not_read_through_links(void)
{
    REQUIRE(set_up());
    put(other, 0600);
    CHECK_INT(symlink(other, path), 0);
    CHECK_INT(read_as(IO_FILE_TRUSTED), HERD_OK);
    CHECK_INT(read_as(IO_FILE_SECRET), HERD_ESYS);
    CHECK(says("a symbolic link"));
    CHECK_INT(chmod(other, 0666), 0);
    CHECK_INT(read_as(IO_FILE_TRUSTED), HERD_EBAD);
    tear_down();
}

/* ---- writing ---- */

static void modes_do_not_depend_on_the_umask(void)
{
    static const mode_t masks[] = {0, 022, 077, 0177, 0777};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        CHECK_LABEL("umask %03o", (unsigned)masks[i]);
        REQUIRE(set_up());
        mode_t before = umask(masks[i]);
        int fd = io_file_open(path, O_WRONLY | O_APPEND, 0640, &error);
        CHECK(fd >= 0);
        (void)close(fd);
        CHECK_INT(mode_of(path), 0640);
        CHECK_INT(io_file_create(other, HERD_LIT("x"), &error), HERD_OK);
        CHECK_INT(mode_of(other), 0600);
        (void)umask(before);
        /* A mode that somebody has chosen stays. */
        CHECK_INT(chmod(path, 0604), 0);
        fd = io_file_open(path, O_WRONLY | O_APPEND, 0640, &error);
        CHECK(fd >= 0);
        CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        CHECK_INT(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND), O_NONBLOCK | O_APPEND);
        (void)close(fd);
        CHECK_INT(mode_of(path), 0604);
        tear_down();
    }
}

static void check_not_opened(const char *words)
{
    CHECK_INT(io_file_open(path, O_WRONLY | O_APPEND, 0640, &error), -1);
    CHECK(errno != 0 && says(words));
}

/* Whoever may write the folder could have the server write into any file of its user. */
static void nothing_is_written_through_links(void)
{
    struct stat st;
    int open_before = pair_open_count();
    REQUIRE(set_up());
    put(other, 0600);
    CHECK_INT(symlink(other, path), 0);
    check_not_opened("a symbolic link");
    CHECK_INT(unlink(other), 0);
    check_not_opened("a symbolic link");
    CHECK_INT(lstat(other, &st), -1);
    CHECK_INT(io_file_create(path, HERD_LIT("x"), &error), HERD_OK);
    CHECK_INT(lstat(other, &st), -1);
    CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
    CHECK_INT(unlink(path), 0);
    CHECK_LABEL("folder");
    CHECK_INT(mkdir(path, 0700), 0);
    CHECK_INT(io_file_open(path, O_WRONLY, 0640, &error), -1);
    CHECK(says(strerror(EISDIR)));
    tear_down();
    CHECK_LABEL("device");
    CHECK_INT(io_file_open("/dev/null", O_WRONLY, 0640, &error), -1);
    CHECK(strstr(error.text, "/dev/null: not a regular file") != NULL);
    CHECK_INT(pair_open_count(), open_before);
}

static void what_others_may_write_is_not_written(void)
{
    REQUIRE(set_up());
    put(path, 0620);
    check_not_opened("chmod go-w");
    CHECK_INT(chmod(path, 0602), 0);
    check_not_opened("chmod go-w");
    if (is_root()) {
        CHECK_INT(chmod(path, 0600) == 0 && chown(path, NOBODY, 0) == 0, 1);
        check_not_opened("belongs to user 65534");
    }
    tear_down();
}

/* ---- files that appear as a whole ---- */

static void what_is_there_stays(void)
{
    struct herd_buf out;
    REQUIRE(set_up());
    put(path, 0600);
    CHECK_INT(io_file_create(path, HERD_LIT("other"), &error), HERD_OK);
    herd_buf_init(&out, &io_mem, 100);
    CHECK_INT(io_file_read(path, IO_FILE_SECRET, &out, &error), HERD_OK);
    CHECK_SLICE(herd_buf_bytes(&out), HERD_LIT("12345"));
    herd_buf_free(&out);
    tear_down();
}

static void a_file_may_not_be_had(void)
{
    char deep[PATH_SIZE + 8], longest[1200];
    REQUIRE(set_up());
    (void)snprintf(deep, sizeof deep, "%s/file", path);
    CHECK_INT(io_file_create(deep, HERD_LIT("x"), &error), HERD_ESYS);
    CHECK(says(strerror(ENOENT)));
    CHECK_INT(io_secret_share(deep, &error), HERD_ESYS);
    CHECK(says(strerror(ENOENT)));
    memset(longest, 'n', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CHECK_INT(io_file_create(longest, HERD_LIT("x"), &error), HERD_ETOOLONG);
    tear_down();
}

/* In a process of its own: waits for the others, makes the secret, and tells it. */
static void share_and_tell(int start, int tell)
{
    static const struct io_secret_rule rule = {64, 64, NULL, false};
    char go, secret[65];
    size_t len = 0;
    (void)!read(start, &go, 1);
    if (io_secret_share(path, &error) == HERD_OK &&
        io_secret_read(path, &rule, secret, &len, &error) == HERD_OK)
        (void)!write(tell, secret, len);
    _exit(0);
}

/* All begin at the same moment. One secret is there in the end, and nobody sees another or
 * a part of one. */
static void processes_agree_on_one_secret(void)
{
    enum { RUNS = 50, PROCESSES = 5, SECRET = 64 };
    for (int run = 0; run < RUNS; run++) {
        int start[2], tell[2];
        pid_t pids[PROCESSES];
        char told[PROCESSES * SECRET + 1];
        size_t len = 0;
        ssize_t got;
        CHECK_LABEL("run %d", run);
        REQUIRE(set_up());
        REQUIRE(pipe(start) == 0 && pipe(tell) == 0);
        for (int i = 0; i < PROCESSES; i++) {
            pids[i] = fork();
            if (pids[i] == 0) {
                (void)close(start[1]);
                share_and_tell(start[0], tell[1]);
            }
        }
        (void)close(start[0]);
        (void)close(tell[1]);
        (void)close(start[1]);
        while ((got = read(tell[0], told + len, sizeof told - len)) > 0)
            len += (size_t)got;
        (void)close(tell[0]);
        for (int i = 0; i < PROCESSES; i++)
            CHECK(waitpid(pids[i], NULL, 0) == pids[i]);
        CHECK_INT((int64_t)len, PROCESSES * SECRET);
        for (size_t at = SECRET; at < len; at++)
            CHECK_INT(told[at], told[at % SECRET]);
        CHECK_INT(mode_of(path), 0600);
        tear_down(); /* finds nothing else in the folder */
    }
}

/* ---- folders ---- */

static void check_dir(const char *words)
{
    error.text[0] = '\0';
    CHECK_INT(io_file_make_dir(path, &error), words == NULL ? HERD_OK : HERD_ESYS);
    CHECK(words == NULL || says(words));
}

static void folders_that_others_may_write_are_refused(void)
{
    static const struct {
        mode_t mode;
        const char *words;
    } cases[] = {{0700, NULL},
                 {0755, NULL},
                 {02750, NULL},
                 {0770, "chmod go-w"},
                 {0702, "chmod go-w"},
                 {0777, "chmod go-w"},
                 {01777, "use one of your own inside of it"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("mode %04o", (unsigned)cases[i].mode);
        REQUIRE(set_up());
        CHECK(mkdir(path, 0700) == 0 && chmod(path, cases[i].mode) == 0);
        check_dir(cases[i].words);
        CHECK_INT(mode_of(path), cases[i].mode);
        tear_down();
    }
    CHECK_LABEL("/tmp");
    CHECK_INT(io_file_make_dir("/tmp", &error), HERD_ESYS);
}

static void folders_of_others_are_refused(void)
{
    if (!is_root())
        return;
    REQUIRE(set_up());
    CHECK(mkdir(other, 0700) == 0 && symlink(other, path) == 0);
    check_dir(NULL);
    CHECK_INT(lchown(path, NOBODY, 0), 0);
    check_dir("belongs to user 65534");
    CHECK(lchown(path, 0, 0) == 0 && chown(other, NOBODY, 0) == 0);
    check_dir("belongs to user 65534");
    tear_down();
}

/* ---- sockets ---- */

/* One that nobody listens on is replaced, but not that of another user. */
static void sockets_of_others_stay(void)
{
    if (!is_root())
        return;
    REQUIRE(set_up());
    int listener = io_sock_listen_unix(path, &error);
    REQUIRE(listener >= 0);
    (void)close(listener);
    CHECK_INT(chown(path, NOBODY, 0), 0);
    CHECK_INT(io_sock_listen_unix(path, &error), -1);
    CHECK(says("belongs to another user"));
    CHECK_INT(chown(path, 0, 0), 0);
    listener = io_sock_listen_unix(path, &error);
    CHECK(listener >= 0);
    (void)close(listener);
    tear_down();
}

const struct check_test test_file_trust[] = {
    {"what_others_may_write_is_not_read", what_others_may_write_is_not_read},
    {"root_may_give_a_secret_to_others", root_may_give_a_secret_to_others},
    {"what_belongs_to_somebody_else_is_not_read",
     what_belongs_to_somebody_else_is_not_read},
    {"secrets_are_not_read_through_links", secrets_are_not_read_through_links},
    {"modes_do_not_depend_on_the_umask", modes_do_not_depend_on_the_umask},
    {"nothing_is_written_through_links", nothing_is_written_through_links},
    {"what_others_may_write_is_not_written", what_others_may_write_is_not_written},
    {"what_is_there_stays", what_is_there_stays},
    {"a_file_may_not_be_had", a_file_may_not_be_had},
    {"processes_agree_on_one_secret", processes_agree_on_one_secret},
    {"folders_that_others_may_write_are_refused",
     folders_that_others_may_write_are_refused},
    {"folders_of_others_are_refused", folders_of_others_are_refused},
    {"sockets_of_others_stay", sockets_of_others_stay},
    {NULL, NULL},
};
