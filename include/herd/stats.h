/* Counters of one server, from its start on. `herdctl status` shows them all. */
#ifndef HERD_STATS_H
#define HERD_STATS_H

#include <stdint.h>

/* X(field, what it counts) */
#define HERD_STATS(X)                                                                      \
    X(clients_accepted, "client connections accepted")                                     \
    X(clients_full, "times that clients had to wait: connections-max was reached")         \
    X(commands, "lines read from clients")                                                 \
    X(reports, "IAMATs answered")                                                          \
    X(reports_stored, "IAMATs that were news")                                             \
    X(reports_stale, "IAMATs no newer than what was held")                                 \
    X(reports_refused_full, "IAMATs of new clients refused: clients-max is reached")       \
    X(reports_refused_memory, "IAMATs refused: out of memory")                             \
    X(reports_refused_skew, "IAMATs refused: too far in the future")                       \
    X(queries, "WHATSATs accepted")                                                        \
    X(invalid, "lines answered with ?")                                                    \
    X(lines_too_long, "clients closed: line longer than client-line-max")                  \
    X(lines_too_slow, "clients closed: line not finished within client-half-line-ms")      \
    X(clients_idle, "clients closed: idle for client-idle-ms")                             \
    X(clients_http, "clients closed: they spoke HTTP")                                     \
    X(requests_started, "upstream requests sent to Places")                                \
    X(requests_retried, "of these: repeated, because the first attempt failed")            \
    X(queries_joined, "WHATSATs that share the upstream request of an earlier one")        \
    X(queries_cached, "WHATSATs answered with a kept answer")                              \
    X(queries_answered, "WHATSATs replied to with an answer of Places")                    \
    X(queries_failed, "WHATSATs replied to with an error of our own")                      \
    X(queries_timed_out, "WHATSATs that took longer than places-timeout-ms")               \
    X(queries_refused, "WHATSATs refused: lookups-waiting-max is reached")                 \
    X(queries_over_budget, "WHATSATs refused: a places-budget is used up")                 \
    X(queries_refused_broken, "WHATSATs refused: Places failed several times in a row")    \
    X(answers_found, "answers of Places: results, or none near")                           \
    X(answers_refused, "answers of Places: the request or the key is at fault")            \
    X(answers_limited, "answers of Places: too many requests")                             \
    X(answers_failed, "upstream requests without an answer, or with an unusable one")      \
    X(peers_accepted, "neighbour connections accepted")                                    \
    X(peers_full, "times that neighbours had to wait: all their places were taken")        \
    X(peers_refused, "neighbour connections turned away")                                  \
    X(peers_crowded, "of these: too many had not said, or proven, who they are")           \
    X(peers_taken, "neighbours turned away: one of that name is connected")                \
    X(peers_unproven, "neighbours turned away: they do not know the herd's key")           \
    X(peers_skewed, "neighbours turned away: their clock is too far off")                  \
    X(peers_malformed, "neighbour connections closed: malformed input")                    \
    X(dials, "neighbours dialled")                                                         \
    X(dials_failed, "dials that failed")                                                   \
    X(links_up, "times that a link came up")                                               \
    X(links_down, "times that a link went down")                                           \
    X(links_quiet, "links closed: no sign of life came in time")                           \
    X(pings_sent, "heartbeats sent")                                                       \
    X(resumes, "neighbours sent what they had missed")                                     \
    X(syncs, "neighbours sent everything")                                                 \
    X(feeds_unknown, "of these: they knew a feed that is not, or no longer, this one")     \
    X(waits_sent, "neighbours told to wait until others have everything")                  \
    X(walks, "walks through all records because a link had fallen behind")                 \
    X(digests_differ, "heartbeats that showed a difference which should not be")           \
    X(repairs, "walks to repair such a difference")                                        \
    X(records_received, "records received from neighbours")                                \
    X(records_stored, "records received that were news")                                   \
    X(records_bad, "records received that were malformed, and skipped")                    \
    X(records_sent, "records sent to neighbours")                                          \
    X(records_echoes, "records not sent back to where they came from")                     \
    X(acks_sent, "acknowledgements sent to neighbours")                                    \
    X(batches_sent, "batches sent to neighbours")                                          \
    X(frames_unknown, "frames of an unknown kind, skipped")                                \
    X(controls_full, "times that control connections had to wait: 16 were open")           \
    X(controls_idle, "control connections closed: nothing was asked for 10 s")             \
    X(accept_paused, "times that all had to wait: no descriptors or memory were left")     \
    X(out_of_memory, "connections closed for want of memory")

#define HERD_STATS_FIELD(field, what) uint64_t field;
struct herd_stats {
    HERD_STATS(HERD_STATS_FIELD)
};
#undef HERD_STATS_FIELD

#endif
