/* SPDX-License-Identifier: ISC */
/* The suites of the adapters: each against the real system, over loopback only. */
#include "check.h"
#include "descriptors.h"

#include <signal.h>
#include <unistd.h>

/* Ends tests that hang. */
enum { PATIENCE_S = 170 };

extern const struct check_test test_clock[];
extern const struct check_test test_loop[];
extern const struct check_test test_loop_callback[];
extern const struct check_test test_loop_hot[];
extern const struct check_test test_loop_sleep[];
extern const struct check_test test_loop_change[];
extern const struct check_test test_sock[];
extern const struct check_test test_sock_unix[];
extern const struct check_test test_sock_probe[];
extern const struct check_test test_pidfile[];
extern const struct check_test test_sockaddr[];
extern const struct check_test test_conn[];
extern const struct check_test test_dial[];
extern const struct check_test test_lookup[];
extern const struct check_test test_conn_end[];
extern const struct check_test test_conn_finish[];
extern const struct check_test test_conn_limits[];
extern const struct check_test test_conn_stall[];
extern const struct check_test test_conn_wait[];
extern const struct check_test test_process[];
extern const struct check_test test_child[];
extern const struct check_test test_random[];
extern const struct check_test test_signals[];
extern const struct check_test test_file[];
extern const struct check_test test_file_trust[];
extern const struct check_test test_secret[];
extern const struct check_test test_mac[];
extern const struct check_test test_address[];
extern const struct check_test test_log[];
extern const struct check_test test_log_stamp[];
extern const struct check_test test_log_rotation[];
extern const struct check_test test_log_lost[];
extern const struct check_test test_fake_places[];
extern const struct check_test test_fake_faults[];
extern const struct check_test test_fake_google_new[];
extern const struct check_test test_fake_osm[];
extern const struct check_test test_fake_control[];
extern const struct check_test test_fake_matrix[];
extern const struct check_test test_fetch[];
extern const struct check_test test_fetch_time[];
extern const struct check_test test_fetch_end[];
extern const struct check_test test_fetch_request[];
extern const struct check_test test_fetch_retry[];
extern const struct check_test test_fetch_safety[];
extern const struct check_test test_fetch_setup[];
extern const struct check_test test_fetch_reuse[];
extern const struct check_test test_fetch_tls[];

int main(int argc, char **argv)
{
    const struct check_suite suites[] = {
        {"clock", test_clock},
        {"loop", test_loop},
        {"loop callback", test_loop_callback},
        {"loop hot", test_loop_hot},
        {"loop sleep", test_loop_sleep},
        {"loop change", test_loop_change},
        {"sock", test_sock},
        {"sock unix", test_sock_unix},
        {"sock probe", test_sock_probe},
        {"pid file", test_pidfile},
        {"sockaddr", test_sockaddr},
        {"conn", test_conn},
        {"dial", test_dial},
        {"lookup", test_lookup},
        {"conn end", test_conn_end},
        {"conn finish", test_conn_finish},
        {"conn limits", test_conn_limits},
        {"conn stall", test_conn_stall},
        {"conn wait", test_conn_wait},
        {"process", test_process},
        {"child", test_child},
        {"random", test_random},
        {"signals", test_signals},
        {"file", test_file},
        {"file trust", test_file_trust},
        {"secret", test_secret},
        {"mac", test_mac},
        {"address", test_address},
        {"log", test_log},
        {"log stamp", test_log_stamp},
        {"log rotation", test_log_rotation},
        {"log lost", test_log_lost},
        {"fake places", test_fake_places},
        {"fake faults", test_fake_faults},
        {"fake google-new", test_fake_google_new},
        {"fake osm", test_fake_osm},
        {"fake control", test_fake_control},
        {"fake matrix", test_fake_matrix},
        {"fetch", test_fetch},
        {"fetch time", test_fetch_time},
        {"fetch end", test_fetch_end},
        {"fetch request", test_fetch_request},
        {"fetch retry", test_fetch_retry},
        {"fetch safety", test_fetch_safety},
        {"fetch setup", test_fetch_setup},
        {"fetch reuse", test_fetch_reuse},
        {"fetch tls", test_fetch_tls},
    };
    /* The parent may ignore it, which this process inherits; connections must not raise it
     * at all. */
    (void)signal(SIGPIPE, SIG_DFL);
    (void)alarm(PATIENCE_S);
    descriptors_allow(6200); /* the loop has a test with 3000 pairs */
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
