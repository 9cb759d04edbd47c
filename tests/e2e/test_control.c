#include "check.h"
extern const struct check_test test_control[];
const struct check_test test_control[] = {{NULL, NULL}};
