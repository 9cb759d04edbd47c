#include "check.h"
extern const struct check_test test_peer_port[];
const struct check_test test_peer_port[] = {{NULL, NULL}};
