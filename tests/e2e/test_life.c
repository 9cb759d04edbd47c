#include "check.h"
extern const struct check_test test_life[];
const struct check_test test_life[] = {{NULL, NULL}};
