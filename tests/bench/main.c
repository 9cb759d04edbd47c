/* SPDX-License-Identifier: ISC */
/* The suites of herdbench's parts: the histogram, the options, the lines, the judge of
 * replies, the times of those who speak once. What the whole program does is tested end to
 * end. */
#include "check.h"

extern const struct check_test test_histogram[];
extern const struct check_test test_options[];
extern const struct check_test test_work[];
extern const struct check_test test_session[];
extern const struct check_test test_cold[];

int main(int argc, char **argv)
{
    const struct check_suite suites[] = {
        {"histogram", test_histogram}, {"options", test_options}, {"work", test_work},
        {"session", test_session},     {"cold", test_cold},
    };
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
