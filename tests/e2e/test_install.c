/* SPDX-License-Identifier: ISC */
/* make install and make uninstall, which a script tests: tests/install/run. */
#include "check.h"
#include "files.h"
#include "shell.h"

static void install_and_uninstall(void)
{
    struct outcome got = shell(".", "tests/install/run 2>&1");
    CHECK_INT(got.status, 0);
    if (got.status != 0 || !bytes_have(got.out, " passed, 0 failed\n"))
        CHECK_SLICE(got.out, herd_slice("", 0));
    outcome_free(&got);
}

extern const struct check_test test_install[];
const struct check_test test_install[] = {
    {"install_and_uninstall", install_and_uninstall},
    {NULL, NULL},
};
