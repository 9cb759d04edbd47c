/* SPDX-License-Identifier: ISC */
/* Tests that open hundreds of descriptors, where a process may have few: macOS starts
 * programs with 256. */
#ifndef TESTS_DESCRIPTORS_H
#define TESTS_DESCRIPTORS_H

/* Raises the soft limit of this process and of its future children to `most`, or to the
 * hard limit if that is less. For main(). */
void descriptors_allow(int most);

/* How many of `want` things with `each` descriptors a test can open here, with a reserve
 * for the rest of the test. Prints it when it is less than `want`, since the test then
 * shows less than it says. */
int descriptors_for(int want, int each);

#endif
