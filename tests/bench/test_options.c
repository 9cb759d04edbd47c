/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "bench/bench.h"
#include "bench/options.h"
#include "herd/instant.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { WORDS = 12 };

/* Reads a line of options, split at blanks. */
static int read_line(struct bench_options *options, const char *line)
{
    static char text[256];
    char *argv[WORDS + 1] = {NULL};
    snprintf(text, sizeof text, "%s", line);
    char *at = text;
    for (int i = 0; i < WORDS && *at != '\0'; i++) {
        argv[i] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    return options_read(options, argv);
}

static void options_have_defaults(void)
{
    struct bench_options options;
    CHECK_INT(read_line(&options, ""), OPTIONS_CONTINUE);
    CHECK_INT(options.command, COMMAND_LOAD);
    CHECK_INT(options.connections, 50);
    CHECK_INT(options.pipeline, 1);
    CHECK_INT(options.duration_ns, 5 * HERD_NS_PER_S);
    CHECK_INT(options.weight[WORK_KNOWN], 1);
    CHECK_INT(options.rate, 0);
    CHECK_INT(options.idle + options.cold + options.fresh, 0);
    CHECK(options.server == NULL && options.remote == NULL && !options.places_ok);
}

static void options_are_read(void)
{
    struct bench_options options;
    CHECK_INT(
        read_line(&options, "-n7 -p 3 --idle=9 -d 0.25 -w 0 --server Welsh -j spread"),
        OPTIONS_CONTINUE);
    CHECK_INT(options.connections, 7);
    CHECK_INT(options.pipeline, 3);
    CHECK_INT(options.idle, 9);
    CHECK_INT(options.duration_ns, 250 * HERD_NS_PER_MS);
    CHECK_INT(options.warmup_ns, 0);
    CHECK_STR(options.server, "Welsh");
    CHECK(options.json && !options.quiet);
    CHECK_INT(options.command, COMMAND_SPREAD);
    CHECK_INT(read_line(&options, "-r 100"), OPTIONS_CONTINUE);
    CHECK_INT(options.pipeline, 128);
    CHECK_INT(read_line(&options, "-p 2 -r 100"), OPTIONS_CONTINUE);
    CHECK_INT(options.pipeline, 2);
    CHECK_INT(read_line(&options, "--pid 12,34,5 -s a:1"), OPTIONS_CONTINUE);
    CHECK_INT(options.pids[1], 34);
    CHECK_INT(options.pids[2], 5);
    CHECK_INT(options.pids[3], 0);
    CHECK_INT(read_line(&options, "--mix new=3,invalid=1,known=0 --plot curve"),
              OPTIONS_CONTINUE);
    CHECK_INT(options.weight[WORK_KNOWN], 0);
    CHECK_INT(options.weight[WORK_NEW], 3);
    CHECK_INT(options.weight[WORK_INVALID], 1);
    CHECK_INT(options.plot, PLOT_CURVE);
    CHECK_INT(read_line(&options, "--cold 10000 --fresh=3 -d 2"), OPTIONS_CONTINUE);
    CHECK_INT(options.cold, 10000);
    CHECK_INT(options.fresh, 3);
    CHECK(!options.no_fill);
    CHECK_INT(read_line(&options, "--no-fill -p 2"), OPTIONS_CONTINUE);
    CHECK(options.no_fill);
}

static const char *const wrong_lines[] = {
    "-x",
    "-jq",
    "--nothing",
    "fly",
    "load floor",
    "-n",
    "-n 0",
    "-n 1x",
    "-n -1",
    "-p 65537",
    "-d 0",
    "-d 901",
    "-d 1e3",
    "-t 0",
    "--json=yes",
    "--mix old=1",
    "--mix known",
    "--mix known=",
    "--mix known=0",
    "--mix known=1,known=1",
    "--mix known=1001",
    "--mix known=600,new=600",
    "--pid 0",
    "--pid 1,,2",
    "--pid 1,",
    "--speak http",
    "--speak set",
    "--speak set -s a:1 --mix new=1",
    "--plot pie",
    "--cold",
    "--no-fill=1",
    "--cold 1000001",
    "--cold 1 -N 10",
    "-N 10 --fresh 1",
    "--pid 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
};

static void wrong_options_are_errors(void)
{
    /* The messages are not tested here. */
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    for (size_t i = 0; i < sizeof wrong_lines / sizeof wrong_lines[0]; i++) {
        struct bench_options options;
        (void)dup2(nowhere, STDERR_FILENO);
        int status = read_line(&options, wrong_lines[i]);
        (void)dup2(kept, STDERR_FILENO);
        CHECK_LABEL("%s", wrong_lines[i]);
        CHECK_INT(status, BENCH_USAGE);
    }
    CHECK_LABEL("%s", "");
    close(kept);
    close(nowhere);
}

const struct check_test test_options[] = {
    {"options_have_defaults", options_have_defaults},
    {"options_are_read", options_are_read},
    {"wrong_options_are_errors", wrong_options_are_errors},
    {NULL, NULL},
};
