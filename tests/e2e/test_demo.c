/* SPDX-License-Identifier: ISC */
/* make demo: its story is checked by itself, line by line. */
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
        shell(".", "NO_COLOR=1 HERD_TOOLS=\"${HERD_TEST_TOOLS:-$PWD/tools}\" tools/demo");
    CHECK_INT(got.status, 0);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (!bytes_have(got.out, told[i]))
            CHECK_SLICE(got.out, herd_slice_str(told[i]));
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
    {"scripts_print_help", scripts_print_help},
    {NULL, NULL},
};
