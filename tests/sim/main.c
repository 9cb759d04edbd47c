/* SPDX-License-Identifier: ISC */
#include "check.h"

extern const struct check_test test_flood[];
extern const struct check_test test_faults[];
extern const struct check_test test_scenarios[];
extern const struct check_test test_figures[];
extern const struct check_test test_random[];

static const struct check_suite suites[] = {{"flood", test_flood},
                                            {"faults", test_faults},
                                            {"scenarios", test_scenarios},
                                            {"figures", test_figures},
                                            {"random", test_random}};

int main(int argc, char **argv)
{
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
