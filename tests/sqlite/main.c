/* SPDX-License-Identifier: ISC */
/* The suites of herd-sqlite, tools/sqlite. */
#include "check.h"

#include <signal.h>
#include <unistd.h>

/* Ends tests that hang. */
enum { PATIENCE_S = 170 };

extern const struct check_test test_store[];
extern const struct check_test test_faults[];
extern const struct check_test test_disk[];

int main(int argc, char **argv)
{
    const struct check_suite suites[] = {
        {"store", test_store},
        {"faults", test_faults},
        {"disk", test_disk},
    };
    (void)signal(SIGPIPE, SIG_IGN);
    (void)alarm(PATIENCE_S);
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
