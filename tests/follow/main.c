/* SPDX-License-Identifier: ISC */
/* The suites of the library of followers, tools/follow. */
#include "check.h"

#include <signal.h>
#include <unistd.h>

/* Ends tests that hang. */
enum { PATIENCE_S = 170 };

extern const struct check_test test_session[];
extern const struct check_test test_link[];

int main(int argc, char **argv)
{
    const struct check_suite suites[] = {
        {"session", test_session},
        {"link", test_link},
    };
    (void)signal(SIGPIPE, SIG_DFL);
    (void)alarm(PATIENCE_S);
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
