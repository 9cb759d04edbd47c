#include "check.h"
extern const struct check_test test_conf[];
const struct check_test test_conf[] = {{NULL, NULL}};
