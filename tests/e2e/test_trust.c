/* SPDX-License-Identifier: ISC */
/* The key of a run-dir, and files and folders that somebody else may have put there. */
#include "check.h"
#include "files.h"
#include "links.h"
#include "shell.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN = 0, NOBODY = 65534, KEY_FILE = 65 /* 32 bytes in digits, and LF */ };

/* Entries of the folder whose names contain the word. */
static int count_files(const char *folder, const char *word)
{
    DIR *dir = opendir(folder);
    int count = 0;
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        count += strstr(entry->d_name, word) != NULL;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static bool is_root(void)
{
    if (geteuid() == 0)
        return true;
    fprintf(stderr, "(not run: needs root) ");
    return false;
}

/* ---- the key ---- */

/* All start at the same moment: one key, which all of them have, or no link would be up. */
static void servers_make_one_key(void)
{
    enum { STARTS = 10 };
    for (int i = 0; i < STARTS; i++) {
        struct herd_proc herd;
        char folder[HERD_PROC_PATH], path[HERD_PROC_PATH + 16];
        struct stat st;
        CHECK_LABEL("start %d", i);
        REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
        snprintf(folder, sizeof folder, "%s/run", herd.dir);
        snprintf(path, sizeof path, "%s/herd.key", folder);
        CHECK_INT(count_files(folder, "herd.key"), 1);
        CHECK(stat(path, &st) == 0 && S_ISREG(st.st_mode));
        CHECK_INT(st.st_mode & 07777, 0600);
        CHECK_INT(st.st_size, KEY_FILE);
        CHECK_INT(links_sum(&herd, "peers_auth_failed"), 0);
        herd_proc_close(&herd);
    }
}

/* It outlives the servers; another key in its place shuts a restarted server out. */
static void a_key_is_kept(void)
{
    struct herd_proc herd;
    char path[HERD_PROC_PATH];
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    snprintf(path, sizeof path, "%s/run/herd.key", herd.dir);
    struct herd_slice before = file_read(path);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_wait_links(&herd));
    struct herd_slice after = file_read(path);
    CHECK_SLICE(after, before);
    file_free(after);
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    CHECK(unlink(path) == 0 && herd_proc_start(&herd, GOLOMAN));
    after = file_read(path);
    CHECK_INT((int64_t)after.len, KEY_FILE);
    CHECK(after.len != before.len || memcmp(after.data, before.data, after.len) != 0);
    CHECK(links_wait_status(&herd, GOLOMAN, "refusal ", "wrong key: the herd keys differ"));
    CHECK(links_wait_log(&herd, GOLOMAN, "or herd.key in run-dir"));
    file_free(before);
    file_free(after);
    herd_proc_close(&herd);
}

static const struct shell_case key_cases[] = {
    {"\"$HERD_BIN\" -c herd.conf -t >/dev/null 2>&1; test ! -e run && test ! -e log", 0,
     NULL, NULL},
    {"mkdir -m 700 run && echo short >run/herd.key && chmod 600 run/herd.key\n"
     "\"$HERD_BIN\" -c herd.conf Goloman; s=$?; rm run/herd.key; exit $s",
     1, NULL, "herd: run-dir: run/herd.key: has 5 bytes, at least 32 are needed"},
    {"mkdir run/herd.key; \"$HERD_BIN\" -c herd.conf Goloman; s=$?; rmdir run/herd.key\n"
     "exit $s",
     1, NULL, "herd: run-dir: run/herd.key: not a regular file"},
    {"ln -s ../key run/herd.key; \"$HERD_BIN\" -c herd.conf Goloman; s=$?\n"
     "rm run/herd.key; test ! -e key && exit $s",
     1, NULL, "herd: run-dir: run/herd.key: a symbolic link"},
};

static void a_test_creates_nothing_and_bad_keys_are_refused(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, key_cases);
    herd_proc_close(&herd);
}

/* ---- files and folders ---- */

#define START "\"$HERD_BIN\" -c herd.conf Goloman"

static const struct shell_case place_cases[] = {
    {"mkdir run && chmod 1777 run; " START, 1, NULL,
     "herd: run-dir: run: a folder that many may write: use one of your own inside of it"},
    {"chmod 770 run; " START, 1, NULL,
     "herd: run-dir: run: the group or others may write it: chmod go-w"},
    {"chmod 700 run; mkdir log; chmod 757 log; " START, 1, NULL,
     "herd: log-dir: log: the group or others may write it: chmod go-w"},
    {"chmod 700 log; ln -s ../victim log/Goloman.log; " START, 1, NULL,
     "herd: log/Goloman.log: a symbolic link, which is not followed here"},
    {"test ! -e victim && rm log/Goloman.log && ln -s ../victim run/Goloman.pid; " START, 1,
     NULL, "herd: run/Goloman.pid: a symbolic link"},
    {"test ! -e victim && rm run/Goloman.pid && ln -s ../victim run/Goloman.sock; " START,
     1, NULL, "run/Goloman.sock: exists and is not a socket"},
    {"test ! -e victim && rm run/Goloman.sock; ln -s ../victim log/Goloman.err\n"
     "herdctl -c herd.conf start Goloman; s=$?; rm log/Goloman.err\n"
     "test ! -e victim && exit $s",
     1, NULL, "Goloman.err: a symbolic link"},
};

static void places_that_others_can_use_are_refused(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, place_cases);
    herd_proc_close(&herd);
}

static const struct shell_case conf_cases[] = {
    {"chmod 664 herd.conf; " START, 1, NULL,
     "herd: herd.conf: the group or others may write it: chmod go-w"},
    {"\"$HERD_BIN\" -t", 1, NULL, "herd.conf: the group or others may write it"},
    {"herdctl status", 2, NULL,
     "herdctl: herd.conf: the group or others may write it: chmod go-w"},
    {"herdctl bench -d 0.1", 2, NULL,
     "herdbench: herd.conf: the group or others may write it: chmod go-w"},
    {"chmod 644 herd.conf; herdctl status", 3, "Goloman", NULL},
};

static void configurations_that_others_can_write_are_refused(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, conf_cases);
    herd_proc_close(&herd);
}

#define NOT_TAKEN ": ./herd.conf is not taken by itself: others may write this folder"

static const struct shell_case root_cases[] = {
    {"chown 65534 herd.conf; " START, 1, NULL,
     "herd.conf: belongs to user 65534, neither to this user nor to root: chown 0"},
    {"herdctl status", 2, NULL, "belongs to user 65534"},
    {"chown 0 herd.conf; chown 65534 .; \"$HERD_BIN\" -t", 1, NULL, "herd" NOT_TAKEN},
    {"herdctl status", 2, NULL, "herdctl" NOT_TAKEN},
    {"herdctl bench -d 0.1", 2, NULL, "herdbench" NOT_TAKEN},
    {"herdctl -c ./herd.conf status", 3, "Goloman", NULL},
    {"chown 0 .; chmod 1777 .; herdctl status", 2, NULL, "herdctl" NOT_TAKEN},
    {"chmod 700 .; herdctl status", 3, "Goloman", NULL},
};

static void root_is_careful(void)
{
    struct herd_proc herd;
    if (!is_root())
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, root_cases);
    herd_proc_close(&herd);
}

/* Whatever the umask is. */
static void modes_are_private(void)
{
    static const struct {
        const char *folder, *suffix;
        mode_t mode;
    } files[] = {{"run", "", 0700},
                 {"log", "", 0700},
                 {"run", "/Goloman.sock", 0600},
                 {"run", "/herd.key", 0600},
                 {"log", "/Goloman.log", 0640}};
    static const mode_t masks[] = {0, 027, 0177};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        struct herd_proc herd;
        REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
        mode_t before = umask(masks[i]);
        CHECK(herd_proc_start(&herd, GOLOMAN));
        (void)umask(before);
        for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
            char path[HERD_PROC_PATH];
            struct stat st;
            snprintf(path, sizeof path, "%s/%s%s", herd.dir, files[k].folder,
                     files[k].suffix);
            CHECK_LABEL("umask %03o, %s%s", (unsigned)masks[i], files[k].folder,
                        files[k].suffix);
            CHECK_INT(stat(path, &st), 0);
            CHECK_INT(st.st_mode & 0777, files[k].mode);
        }
        herd_proc_close(&herd);
    }
}

extern const struct check_test test_trust[];
const struct check_test test_trust[] = {
    {"servers_make_one_key", servers_make_one_key},
    {"a_key_is_kept", a_key_is_kept},
    {"a_test_creates_nothing_and_bad_keys_are_refused",
     a_test_creates_nothing_and_bad_keys_are_refused},
    {"places_that_others_can_use_are_refused", places_that_others_can_use_are_refused},
    {"configurations_that_others_can_write_are_refused",
     configurations_that_others_can_write_are_refused},
    {"root_is_careful", root_is_careful},
    {"modes_are_private", modes_are_private},
    {NULL, NULL},
};
