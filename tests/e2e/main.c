/* SPDX-License-Identifier: ISC */
/* The suites of whole herds: real processes, talking over the loopback address. */
#include "check.h"
#include "descriptors.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

extern const struct check_test test_session[];
extern const struct check_test test_compat[];
extern const struct check_test test_whatsat[];
extern const struct check_test test_places_setup[];
extern const struct check_test test_providers[];
extern const struct check_test test_bytes[];
extern const struct check_test test_provider_pause[];
extern const struct check_test test_upstream[];
extern const struct check_test test_upstream_faults[];
extern const struct check_test test_key[];
extern const struct check_test test_demo[];
extern const struct check_test test_flooding[];
extern const struct check_test test_failures[];
extern const struct check_test test_outages[];
extern const struct check_test test_life[];
extern const struct check_test test_starts[];
extern const struct check_test test_surroundings[];
extern const struct check_test test_takeover[];
extern const struct check_test test_trust[];
extern const struct check_test test_hostile[];
extern const struct check_test test_turn[];
extern const struct check_test test_strangers[];
extern const struct check_test test_peer_port[];
extern const struct check_test test_names[];
extern const struct check_test test_neighbour[];
extern const struct check_test test_admission[];
extern const struct check_test test_fairness[];
extern const struct check_test test_link_life[];
extern const struct check_test test_link_harm[];
extern const struct check_test test_link_proof[];
extern const struct check_test test_kill_loop[];
extern const struct check_test test_conf[];
extern const struct check_test test_logs[];
extern const struct check_test test_log_attack[];
extern const struct check_test test_control[];
extern const struct check_test test_forget[];
extern const struct check_test test_expiry[];
extern const struct check_test test_follow[];
extern const struct check_test test_sqlite[];
extern const struct check_test test_state[];
extern const struct check_test test_state_ack[];
extern const struct check_test test_herdctl[];
extern const struct check_test test_herdctl_status[];
extern const struct check_test test_herdctl_talk[];
extern const struct check_test test_herdctl_start[];
extern const struct check_test test_run_dir[];
extern const struct check_test test_records[];
extern const struct check_test test_bench[];

int main(int argc, char **argv)
{
    const struct check_suite suites[] = {
        {"session", test_session},
        {"compat", test_compat},
        {"whatsat", test_whatsat},
        {"places setup", test_places_setup},
        {"providers", test_providers},
        {"bytes", test_bytes},
        {"provider pause", test_provider_pause},
        {"upstream", test_upstream},
        {"upstream faults", test_upstream_faults},
        {"key", test_key},
        {"flooding", test_flooding},
        {"failures", test_failures},
        {"outages", test_outages},
        {"life", test_life},
        {"starts", test_starts},
        {"surroundings", test_surroundings},
        {"trust", test_trust},
        {"hostile", test_hostile},
        {"turn", test_turn},
        {"strangers", test_strangers},
        {"peer port", test_peer_port},
        {"names", test_names},
        {"neighbour", test_neighbour},
        {"admission", test_admission},
        {"fairness", test_fairness},
        {"links: life", test_link_life},
        {"links: harm", test_link_harm},
        {"links: proof", test_link_proof},
        {"links: takeover", test_takeover},
        {"kill loop", test_kill_loop},
        {"conf", test_conf},
        {"logs", test_logs},
        {"log attack", test_log_attack},
        {"control", test_control},
        {"forget", test_forget},
        {"expiry", test_expiry},
        {"follow", test_follow},
        {"sqlite", test_sqlite},
        {"state", test_state},
        {"state ack", test_state_ack},
        {"herdctl", test_herdctl},
        {"herdctl status", test_herdctl_status},
        {"herdctl talk", test_herdctl_talk},
        {"herdctl start", test_herdctl_start},
        {"herdctl records", test_records},
        {"run-dir", test_run_dir},
        {"demo", test_demo},
        {"bench", test_bench},
    };
    (void)signal(SIGPIPE, SIG_IGN);
    /* What the tests write is not to be refused because the group could write it. */
    (void)umask(022);
    descriptors_allow(2048); /* hundreds of connections at once, at both ends */
    /* A sanitizer keeps freed memory aside, which looks like a leak from the outside. */
    (void)setenv("ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64",
                 0);
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
