/* The suites of whole herds: real processes, talking over the loopback address. */
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

extern const struct check_test test_session[];
extern const struct check_test test_whatsat[];
extern const struct check_test test_flooding[];
extern const struct check_test test_failures[];
extern const struct check_test test_outages[];
extern const struct check_test test_life[];
extern const struct check_test test_starts[];
extern const struct check_test test_hostile[];
extern const struct check_test test_peer_port[];
extern const struct check_test test_neighbour[];
extern const struct check_test test_conf[];
extern const struct check_test test_logs[];
extern const struct check_test test_control[];

/* Hundreds of connections at once, at both ends. */
static void allow_connections(void)
{
    struct rlimit limit;
    rlim_t want = 2048;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    const struct check_suite suites[] = {
        {"session", test_session},     {"whatsat", test_whatsat},
        {"flooding", test_flooding},   {"failures", test_failures},
        {"outages", test_outages},     {"life", test_life},
        {"starts", test_starts},       {"hostile", test_hostile},
        {"peer port", test_peer_port}, {"neighbour", test_neighbour},
        {"conf", test_conf},           {"logs", test_logs},
        {"control", test_control},
    };
    (void)signal(SIGPIPE, SIG_IGN);
    allow_connections();
    /* A sanitizer keeps freed memory aside, which looks like a leak from the outside. */
    (void)setenv("ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64",
                 0);
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
