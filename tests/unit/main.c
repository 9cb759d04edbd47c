/* SPDX-License-Identifier: ISC */
#include "check.h"

#define SUITES(X)                                                                          \
    X(err)                                                                                 \
    X(mem)                                                                                 \
    X(buf)                                                                                 \
    X(decimal)                                                                             \
    X(geo)                                                                                 \
    X(message)                                                                             \
    X(record)                                                                              \
    X(record_order)                                                                        \
    X(tombstone)                                                                           \
    X(expiry)                                                                              \
    X(client_id)                                                                           \
    X(siphash)                                                                             \
    X(escape)                                                                              \
    X(hex)                                                                                 \
    X(hello)                                                                               \
    X(ratelimit)                                                                           \
    X(list)                                                                                \
    X(timerq)                                                                              \
    X(line)                                                                                \
    X(frame)                                                                               \
    X(shares)                                                                              \
    X(addresses)                                                                           \
    X(requests)                                                                            \
    X(requests_kept)                                                                       \
    X(requests_fair)                                                                       \
    X(places_query)                                                                        \
    X(line_prefetch)                                                                       \
    X(budget)                                                                              \
    X(breaker)                                                                             \
    X(store)                                                                               \
    X(store_follow)                                                                        \
    X(store_walk)                                                                          \
    X(store_oracle)                                                                        \
    X(store_memory)                                                                        \
    X(store_arrival)                                                                       \
    X(fsm)                                                                                 \
    X(link_pair)                                                                           \
    X(conf)                                                                                \
    X(conf_limits)                                                                         \
    X(topology)                                                                            \
    X(topology_oracle)                                                                     \
    X(topology_print)                                                                      \
    X(places_result)                                                                       \
    X(places_oracle)                                                                       \
    X(json_walk)                                                                           \
    X(legacy_print)                                                                        \
    X(provider)                                                                            \
    X(google_legacy)                                                                       \
    X(google_new)                                                                          \
    X(overpass)                                                                            \
    X(photon)                                                                              \
    X(client)                                                                              \
    X(client_timeouts)                                                                     \
    X(client_turn)                                                                         \
    X(reply_budget)                                                                        \
    X(client_pause)                                                                        \
    X(disk_ack)                                                                            \
    X(disk_ack_oracle)                                                                     \
    X(client_memory)                                                                       \
    X(whatsat)                                                                             \
    X(whatsat_portions)                                                                    \
    X(whatsat_oracle)                                                                      \
    X(upstream)                                                                            \
    X(utf8)                                                                                \
    X(handshake)                                                                           \
    X(admission)                                                                           \
    X(handshake_refused)                                                                   \
    X(handshake_key)                                                                       \
    X(handshake_cross)                                                                     \
    X(peer)                                                                                \
    X(receive)                                                                             \
    X(link_rules)                                                                          \
    X(send)                                                                                \
    X(send_missed)                                                                         \
    X(send_full_sync)                                                                      \
    X(heartbeat)                                                                           \
    X(repair)                                                                              \
    X(core)                                                                                \
    X(memory)                                                                              \
    X(conversations)

#define DECLARE(name) extern const struct check_test test_##name[];
SUITES(DECLARE)
#undef DECLARE

#define ROW(name) {#name, test_##name},
static const struct check_suite suites[] = {SUITES(ROW)};
#undef ROW

int main(int argc, char **argv)
{
    return check_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
