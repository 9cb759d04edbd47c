/* SPDX-License-Identifier: ISC */
/* make demo and make run. The demo checks its story by itself, line by line. The folders of
 * both have a blank in their names, as TMPDIR of a user may have. */
#include "check.h"
#include "files.h"
#include "shell.h"

#include <stdlib.h>

static void the_demo_shows_each_step(void)
{
    static const char *const told[] = {
        "Five servers start.",
        "Holiday starts again",
        "POST /v1/places:searchNearby {",
        "POST /api/interpreter data=",
        "All five servers are stopped.",
    };
    struct outcome got =
        shell(".", "dir=$(mktemp -d '/tmp/herd demo XXXXXX') && NO_COLOR=1 TMPDIR=\"$dir\" "
                   "HERD_TOOLS=\"${HERD_TEST_TOOLS:-$PWD/tools}\" tools/demo; "
                   "status=$?; rmdir \"$dir\"; exit $status");
    CHECK_INT(got.status, 0);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (!bytes_have(got.out, told[i]))
            CHECK_SLICE(got.out, herd_slice_str(told[i]));
    CHECK_SLICE(got.err, herd_slice("", 0));
    outcome_free(&got);
}

/* What it prints for another terminal is run as it is. TERM ends it here, since a shell in
 * the background ignores Ctrl-C. */
static void run_starts_what_its_hints_reach(void)
{
    static const char script[] =
        "dir=$(mktemp -d '/tmp/herd run XXXXXX') || exit 98\n"
        "echo 'server A client 127.0.0.1:0 peer 127.0.0.1:0' >\"$dir/a.conf\"\n"
        "TMPDIR=$dir HERD_TOOLS=\"${HERD_TEST_TOOLS:-$PWD/tools}\" "
        "tools/run-herd \"$dir/a.conf\" >\"$dir/out\" 2>&1 &\n"
        "until grep -q 'Ctrl-C stops' \"$dir/out\" || ! kill -0 $!; do sleep 0.05; done\n"
        "eval \"$(grep 'herdctl.* status$' \"$dir/out\")\"\n"
        "kill $!; wait $!; echo \"ended with $?\"; ls \"$dir\"; cat \"$dir/out\"\n"
        "rm -rf \"$dir\"\n";
    struct outcome got = shell(".", "%s", script);
    CHECK_INT(got.status, 0);
    if (!bytes_have(got.out, "\nA  ") || !bytes_have(got.out, " up  ") ||
        !bytes_have(got.out, "ended with 143\na.conf\nout\n"))
        CHECK_SLICE(got.out, herd_slice("", 0));
    CHECK_SLICE(got.err, herd_slice("", 0));
    outcome_free(&got);
}

/* Scripts that people find tell what they are, and do nothing else. */
static void scripts_print_help(void)
{
    static const struct {
        const char *command, *told;
    } scripts[] = {
        {"tools/demo --help", "make demo"},
        {"tools/bench/run --help", "make bench SET=all"},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct outcome got = shell(".", "%s", scripts[i].command);
        CHECK_LABEL("%s", scripts[i].command);
        CHECK_INT(got.status, 0);
        if (!bytes_have(got.out, scripts[i].told) || bytes_have(got.out, "#"))
            CHECK_SLICE(got.out, herd_slice_str(scripts[i].told));
        CHECK_SLICE(got.err, herd_slice("", 0));
        outcome_free(&got);
    }
}

extern const struct check_test test_demo[];
const struct check_test test_demo[] = {
    {"the_demo_shows_each_step", the_demo_shows_each_step},
    {"run_starts_what_its_hints_reach", run_starts_what_its_hints_reach},
    {"scripts_print_help", scripts_print_help},
    {NULL, NULL},
};
