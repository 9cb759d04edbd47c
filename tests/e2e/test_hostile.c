#include "check.h"
extern const struct check_test test_hostile[];
const struct check_test test_hostile[] = {{NULL, NULL}};
