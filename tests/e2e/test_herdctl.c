/* SPDX-License-Identifier: ISC */
/* herdctl: how it is called, and what it says when it is called wrongly. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "shell.h"

#include <stdio.h>
#include <unistd.h>

static void help_and_version(void)
{
    static const struct shell_case cases[] = {
        {"herdctl -h", 0, "usage: herdctl ", NULL},
        {"herdctl --help", 0, "\nExit codes: 0 done", NULL},
        {"herdctl -V", 0, "herdctl " HERD_VERSION " (cJSON ", NULL},
        {"herdctl --version", 0, "herdctl " HERD_VERSION, NULL},
        {"herdctl -vV", 0, "herdctl ", NULL},
        {"herdctl status -h", 0, "usage: herdctl ", NULL},
        {"herdctl start A -h", 0, "usage: herdctl ", NULL},
        {"herdctl help", 0, "usage: herdctl ", NULL},
        {"herdctl -h | grep -c '^  [a-z]* .*[a-z]'", 0, "", NULL},
    };
    char dir[CHILD_DIR];
    REQUIRE(child_dir_make(dir));
    SHELL_CHECK(dir, cases);
    child_dir_remove(dir);
}

/* 2, a reason on standard error, and nothing on standard output. */
static void usage_errors(void)
{
    static const struct shell_case cases[] = {
        {"herdctl nonsense", 2, NULL, "unknown command nonsense\nusage: herdctl "},
        {"herdctl ''", 2, NULL, "unknown command "},
        {"herdctl -x status", 2, NULL, "unknown option -x\nusage: "},
        {"herdctl --nonsense", 2, NULL, "unknown option --nonsense\nusage: "},
        {"herdctl status --nonsense", 2, NULL, "unknown option --nonsense"},
        {"herdctl -c", 2, NULL, "a value is missing after -c"},
        {"herdctl -s", 2, NULL, "a value is missing after -s"},
        {"herdctl status -t", 2, NULL, "a value is missing after -t"},
        {"herdctl -t x status", 2, NULL,
         "-t: seconds from 0.001 to 86400 are expected, not x\n"},
        {"herdctl -t -1 status", 2, NULL,
         "-t: seconds from 0.001 to 86400 are expected, not "},
        {"herdctl -t 86401 status", 2, NULL,
         "-t: seconds from 0.001 to 86400 are expected, not "},
        {"herdctl -t 0 status", 2, NULL,
         "-t: seconds from 0.001 to 86400 are expected, not 0\n"},
        {"herdctl -t 0.0009 status", 2, NULL,
         "-t: seconds from 0.001 to 86400 are expected, not "},
        {"herdctl -t 5s status", 2, NULL,
         "-t: seconds from 0.001 to 86400 are expected, not "},
        {"herdctl --json", 2, NULL,
         "--json is for status, forget, get, clients, watch and bench"},
        {"herdctl --json start", 2, NULL,
         "--json is for status, forget, get, clients, watch and bench"},
        {"herdctl stop --json", 2, NULL,
         "--json is for status, forget, get, clients, watch and bench"},
        {"herdctl --json iamat a +1+1", 2, NULL,
         "--json is for status, forget, get, clients, watch and bench"},
        {"herdctl iamat", 2, NULL, "usage: iamat CLIENT LOCATION [TIME]"},
        {"herdctl iamat a +1+1 1 2", 2, NULL, "usage: iamat CLIENT LOCATION [TIME]"},
        {"herdctl whatsat a 1", 2, NULL, "usage: whatsat CLIENT KM MAX"},
        {"herdctl send", 2, NULL, "usage: send LINE..."},
        {"herdctl iamat 'a b' +1+1", 2, NULL, "CLIENT \"a b\" contains white space"},
        {"herdctl iamat a ''", 2, NULL, "LOCATION is empty"},
        {"herdctl whatsat \"$(printf 'a\\nSTOP')\" 1 1", 2, NULL, "contains white space"},
    };
    char dir[CHILD_DIR];
    REQUIRE(child_dir_make(dir));
    SHELL_CHECK(dir, cases);
    child_dir_remove(dir);
}

/* Options may be joined, stand after `status` and its like, and end with `--`. */
static void where_options_stand(void)
{
    static const struct shell_case cases[] = {
        {"herdctl -c herd.conf status", 3, "Goloman", NULL},
        {"herdctl -cherd.conf -t1 status", 3, "Goloman", NULL},
        {"herdctl -vt1 status", 3, "Goloman", NULL},
        {"herdctl status Hands -t 0.001 --json Goloman", 3, "\"servers\"", NULL},
        {"herdctl status -- Hands", 3, "Hands is down", NULL},
        {"herdctl status -- --json", 2, NULL, "no server \"--json\""},
        {"herdctl -- status", 3, "Goloman", NULL},
        {"herdctl -t 86400 status", 3, "Goloman", NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

static void configurations(void)
{
    static const struct shell_case cases[] = {
        {"herdctl -c none.conf status", 2, NULL, "none.conf"},
        {"herdctl -c none.conf start", 2, NULL, "no configuration: give its file with -c"},
        {"herdctl -c none.conf stop", 2, NULL, "or a server with -s HOST:PORT"},
        {"herdctl -c none.conf iamat a +1+1", 2, NULL, "none.conf"},
        {"echo status | herdctl -c none.conf", 2, NULL, "none.conf"},
        {"herdctl -c bad.conf status", 2, NULL, "herdctl: bad.conf:2: "},
        {"herdctl -c bad.conf start", 2, NULL, "herdctl: bad.conf:2: "},
        {"herdctl -c . status", 2, NULL, "herdctl: "},
        {"herdctl status", 3, "\nHands ", NULL},
        {"cd deep && herdctl -c ../herd.conf status", 3, "\nHands ", NULL},
    };
    /* The message names all places that were looked at. */
    static const struct {
        const char *line;
        int status;
    } programs[] = {{"herdctl status", 2}, {"herdbench", 2}, {"\"$HERD_BIN\" Goloman", 1}};
    struct herd_proc herd;
    char path[HERD_PROC_PATH + sizeof HERD_SYSCONFDIR];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    (void)snprintf(path, sizeof path, "%s/bad.conf", herd.dir);
    CHECK(file_write(path, HERD_LIT("server A client 127.0.0.1:1 peer 127.0.0.1:2\n"
                                    "nonsense\n")));
    shell_expect(shell(herd.dir, "mkdir deep"), 0, NULL, NULL);
    SHELL_CHECK(herd.dir, cases);
    if (access(HERD_SYSCONFDIR "/herd.conf", F_OK) != 0)
        for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
            (void)snprintf(path, sizeof path,
                           "%s/deep/herd.conf nor " HERD_SYSCONFDIR "/herd.conf", herd.dir);
            shell_expect(shell(herd.dir, "cd deep && %s", programs[i].line),
                         programs[i].status, NULL, path);
        }
    herd_proc_close(&herd);
}

static void names_and_addresses(void)
{
    static const struct shell_case cases[] = {
        {"herdctl status Golomann", 2, NULL,
         "has no server \"Golomann\"; it has Goloman, Hands, Holiday, Welsh, Wilkes\n"},
        {"herdctl status Goloman x Hands", 2, NULL, "has no server \"x\""},
        {"herdctl stop 'A\xe2\x80\x8b'", 2, NULL, "has no server \"A\\xe2\\x80\\x8b\""},
        {"herdctl stop x", 2, NULL, "has no server \"x\""},
        {"herdctl -s x status", 2, NULL, "has no server \"x\""},
        {"herdctl -s x iamat a +1+1", 2, NULL, "has no server \"x\""},
        {"HERD_SERVER=x herdctl iamat a +1+1", 2, NULL, "has no server \"x\""},
        {"herdctl -s '' iamat a +1+1", 2, NULL, "has no server \"\""},
        {"herdctl -s 127.0.0.1: iamat a +1+1", 2, NULL, "neither NAME, HOST:PORT nor"},
        {"herdctl -s 127.0.0.1:0 iamat a +1+1", 2, NULL, "neither NAME, HOST:PORT nor"},
        {"herdctl -s 127.0.0.1:65536 iamat a +1+1", 2, NULL, "neither NAME"},
        {"herdctl -s :1 iamat a +1+1", 2, NULL, "neither NAME, HOST:PORT nor"},
        {"herdctl -s ::1:80 iamat a +1+1", 2, NULL, "neither NAME, HOST:PORT nor"},
        {"herdctl -s '[::1]' iamat a +1+1", 2, NULL, "neither NAME, HOST:PORT nor"},
        {"herdctl -s '[]:1' iamat a +1+1", 2, NULL, "neither NAME, HOST:PORT nor"},
        {"herdctl status Hands Hands | grep -c 'Hands is'", 0, "1\n", NULL},
        {"herdctl -s Hands status", 3, "Hands is down", NULL},
        {"HERD_SERVER=Hands herdctl status", 3, "\nWilkes ", NULL},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* A foreign word must not write to the terminal of whoever mistyped it. */
static void errors_have_no_control_bytes(void)
{
    static const struct shell_case cases[] = {
        {"herdctl \"$(printf 'x\\033[2Jy')\"", 2, NULL, "x\\x1b[2Jy\n"},
        {"herdctl status \"$(printf 'x\\033[2Jy')\"", 2, NULL, "x\\x1b[2Jy\""},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, cases);
    herd_proc_close(&herd);
}

/* The reader goes before the first byte: no complaint, and no death by a signal. */
static void output_that_nobody_takes(void)
{
    static const struct shell_case cases[] = {
        {"mkfifo go\n"
         "(read x <go; herdctl -h; echo $? >&2) | (exec 0<&-; echo >go)",
         0, NULL, "1\n"},
        {"(read x <go; herdctl status; echo $? >&2) | (exec 0<&-; echo >go)", 0, NULL,
         "3\n"},
        {"(read x <go; herdctl status --json 2>err; echo $? >&2; cat err >&2) | "
         "(exec 0<&-; echo >go)",
         0, NULL, "3\n"},
        {"cat err", 0, NULL, NULL},
        {"herdctl -V >&-", 0, NULL, NULL},
        {"herdctl nonsense 2>&-", 2, NULL, NULL},
        {"herdctl status >&- 2>&- <&-", 3, NULL, NULL},
        {"test ! -c /dev/full || herdctl -V >/dev/full; test $? -le 1", 0, NULL, ""},
    };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    SHELL_CHECK(herd.dir, cases);
    if (access("/dev/full", W_OK) == 0)
        shell_expect(shell(herd.dir, "herdctl -V >/dev/full"), 1, NULL,
                     "cannot write the output: ");
    herd_proc_close(&herd);
}

extern const struct check_test test_herdctl[];
const struct check_test test_herdctl[] = {
    {"help_and_version", help_and_version},
    {"usage_errors", usage_errors},
    {"where_options_stand", where_options_stand},
    {"configurations", configurations},
    {"names_and_addresses", names_and_addresses},
    {"errors_have_no_control_bytes", errors_have_no_control_bytes},
    {"output_that_nobody_takes", output_that_nobody_takes},
    {NULL, NULL},
};
