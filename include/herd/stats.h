/* SPDX-License-Identifier: ISC */
/* Counters of one server, from its start on. `herdctl status` shows them all. */
#ifndef HERD_STATS_H
#define HERD_STATS_H

#include <stdint.h>

/* X(field, what it counts) */
#define HERD_STATS(X)                                                                      \
    X(clients_accepted, "client connections accepted")                                     \
    X(clients_evicted, "clients closed for a newer one: connections-max was reached")      \
    X(clients_refused, "clients closed at once: connections-per-address was reached")      \
    X(commands, "lines read from clients")                                                 \
    X(reports, "reports (IAMAT) answered with their record")                               \
    X(reports_stored, "reports stored: newer than the record that was held")               \
    X(reports_stale, "reports answered, but not newer than the record that was held")      \
    X(reports_refused_full, "reports of new clients refused: clients-max is reached")      \
    X(reports_refused_memory_max, "reports refused: memory-max is reached")                \
    X(reports_refused_memory, "reports refused: out of memory")                            \
    X(reports_refused_skew, "reports refused: too far in the future")                      \
    X(forgets, "clients forgotten (FORGET on the control socket of this server)")          \
    X(records_expired, "records freed because client-expire has passed")                   \
    X(records_refused_expired, "records of neighbours not stored: expired long ago")       \
    X(queries, "client queries (WHATSAT) accepted")                                        \
    X(invalid, "lines answered with ?")                                                    \
    X(lines_too_long, "clients closed: line longer than client-line-max")                  \
    X(lines_too_slow, "clients closed: line not finished within client-half-line-ms")      \
    X(lines_rested, "lines obeyed without LF (client-compat, client-idle-line-ms)")        \
    X(clients_idle, "clients closed: idle for client-idle-ms")                             \
    X(clients_served, "clients closed: quiet after replies (client-compat, -one-shot)")    \
    X(clients_http, "clients closed: they sent an HTTP request")                           \
    X(clients_tls, "clients closed: they began a TLS handshake")                           \
    X(requests_started, "upstream requests sent to Places")                                \
    X(requests_retried, "of these: retries, because the first attempt failed")             \
    X(queries_joined, "WHATSATs that share the upstream request of an earlier one")        \
    X(queries_cached, "WHATSATs answered from the cache")                                  \
    X(queries_answered, "WHATSATs replied to with an answer of Places")                    \
    X(queries_failed, "WHATSATs replied to with an error of this server")                  \
    X(queries_timed_out, "WHATSATs that took longer than places-timeout-ms")               \
    X(queries_refused, "WHATSATs refused: too many have no reply (lookups-waiting-max)")   \
    X(queries_over_budget, "WHATSATs refused: a places-budget is used up")                 \
    X(queries_refused_broken, "WHATSATs refused: the circuit breaker is open")             \
    X(queries_refused_paused, "WHATSATs refused: Places has asked for a pause")            \
    X(queries_empty, "WHATSATs for 0 results: nothing was asked of Places")                \
    X(answers_found, "answers of Places: results, or none near")                           \
    X(answers_refused, "answers of Places: the request or the key is at fault")            \
    X(answers_limited, "answers of Places: too many requests")                             \
    X(answers_failed, "upstream requests without an answer, or with an unusable one")      \
    X(provider_pauses, "times that Places asked for a pause (429, Retry-After)")           \
    X(answers_dropped, "answers of Places for which replies-memory-max had no room")       \
    X(peers_accepted, "peer connections accepted")                                         \
    X(peers_full, "times that peer connections had to wait: all their slots were in use")  \
    X(peers_refused, "peer connections refused, for any reason")                           \
    X(peers_evicted, "of these: evicted, because handshakes-max was reached")              \
    X(peers_name_in_use, "of these: another server of that name is connected")             \
    X(peers_auth_failed, "of these: they could not prove that they know the herd key")     \
    X(peers_skewed, "of these: their clock differs by more than link-skew-max-ms")         \
    X(peers_malformed, "peer connections closed: malformed input")                         \
    X(dials, "dials of neighbours")                                                        \
    X(dials_failed, "dials that failed")                                                   \
    X(dials_to_self, "attempts to connect to a neighbour that reached themselves")         \
    X(links_up, "times that a link came up")                                               \
    X(links_down, "times that a link went down")                                           \
    X(links_timed_out, "links closed: the neighbour was silent for link-timeout-ms")       \
    X(pings_sent, "heartbeats (PING) sent")                                                \
    X(followers_accepted, "followers (FOLLOW on the control socket) accepted")             \
    X(followers_replaced, "followers replaced by a newer one of the same name")            \
    X(followers_refused, "followers refused: 16 others were connected")                    \
    X(followers_malformed, "followers closed: malformed input")                            \
    X(followers_timed_out, "followers closed: silent for link-timeout-ms")                 \
    X(disk_starts, "times that the program of state-dir was started")                      \
    X(disk_failures, "times that it ended, or could not be started")                       \
    X(resumes, "neighbours and followers resumed from their cursor")                       \
    X(syncs, "full syncs, because the receiver had no cursor in this feed")                \
    X(cursors_unknown, "of these: the cursor was in an unknown feed")                      \
    X(waits_sent, "neighbours and followers that had to wait for a full sync")             \
    X(syncs_lagging, "full syncs, because the receiver was lagging")                       \
    X(digest_mismatches, "heartbeats that proved a difference between two stores")         \
    X(repairs, "full syncs to repair such a difference")                                   \
    X(records_received, "records received from neighbours and followers")                  \
    X(records_stored, "of these: stored, since they were newer")                           \
    X(records_malformed, "of these: malformed, and skipped")                               \
    X(records_sent, "records sent to neighbours and followers")                            \
    X(echoes_suppressed, "records not sent back to where they came from")                  \
    X(acks_sent, "acknowledgements (ACK) sent")                                            \
    X(batches_sent, "batches sent to neighbours and followers")                            \
    X(frames_unknown, "frames with an unknown verb, skipped")                              \
    X(controls_full, "times that control connections had to wait: 32 were open")           \
    X(controls_idle, "control connections closed: no command for 10 s")                    \
    X(accept_paused, "times that all had to wait: no descriptors or memory were left")     \
    X(accept_failed, "times that accepting failed for another reason, and paused")         \
    X(out_of_memory, "connections closed: out of memory")                                  \
    X(log_lines_lost, "lines missing in the log: it could not be written or rotated")

#define HERD_STATS_FIELD(field, what) uint64_t field;
struct herd_stats {
    HERD_STATS(HERD_STATS_FIELD)
};
#undef HERD_STATS_FIELD

#endif
