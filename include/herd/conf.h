/* SPDX-License-Identifier: ISC */
/* The configuration of a herd: parsing it from text, and printing it.
 *
 * One file describes the whole herd, so that every server reads the same text:
 *
 *     server Goloman  client 127.0.0.1:11490  peer 127.0.0.1:12490
 *     server Hands    client hands.example:11490 listen [::]:11490  peer ...
 *     link Goloman Hands Holiday Wilkes       # Goloman is linked to each of the others
 *     places-url https://maps.googleapis.com/maps/api/place/nearbysearch/json
 *
 * Words are separated by blanks; `#` at the start of a word begins a comment; a value
 * with blanks or a `#` at its start is written in double quotes (\" and \\ inside).
 * Each option may be set once. Parsing continues after an error, so that one run reports
 * all errors; the struct is filled only if there is none. */
#ifndef HERD_CONF_H
#define HERD_CONF_H

#include "herd/buf.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    HERD_CONF_SERVERS_MAX = 1024,
    HERD_CONF_NAME_MAX = 64,                /* bytes of a server's name */
    HERD_CONF_HOST_MAX = 255,               /* bytes of a host */
    HERD_CONF_LISTEN_MAX = 8,               /* listen addresses of one role of a server */
    HERD_CONF_TEXT_MAX = 1024,              /* bytes of any other value */
    HERD_CONF_LOG_SIZE_MIN = 1 << 20,       /* bytes; the log is written in large pieces */
    HERD_CONF_EXPIRE_SKEW_MAX_MS = 3600000, /* link-skew-max-ms with client-expire */
    HERD_CONF_ERRORS_MAX = 50, /* reported one by one; then one line tells their number */
};

/* host:port, or [IPv6]:port; `host` is without the brackets. */
struct herd_conf_addr {
    char *host;    /* ends with NUL; 1 to HERD_CONF_HOST_MAX bytes */
    uint16_t port; /* 0: the system chooses one */
};

/* Where a server listens, if that is not the address at which others reach it. */
struct herd_conf_listen {
    struct herd_conf_addr *list; /* NULL: none */
    uint32_t count;              /* 0: it listens on the address at which it is reached */
};

struct herd_conf_server {
    char *name;                         /* letters, digits, '-', '_', '.'; ends with NUL */
    struct herd_conf_addr client, peer; /* where it is reached */
    struct herd_conf_listen client_listen, peer_listen;
};

/* Two servers that connect to each other: a < b are indexes into servers[]. Each pair
 * occurs once, in ascending order of (a, b). */
struct herd_conf_link {
    uint32_t a, b;
};

/* X(field, name in the file, type, default, min, max, unit, description)
 * Types: INT (int64_t), BOOL (bool; yes or no), TEXT (char *, ends with NUL, may be "").
 * For TEXT min and max bound the length in bytes. */
#define HERD_CONF_OPTIONS(X)                                                               \
    X(places_provider, "places-provider", TEXT, "google-legacy", 1, 64, "provider",        \
      "service that WHATSAT queries: google-legacy, google-new, overpass or photon")       \
    X(places_url, "places-url", TEXT, "", 0, 1024, "URL",                                  \
      "URL of the provider; empty: its public one")                                        \
    X(places_fields, "places-fields", TEXT, "pro", 1, 64, "word",                          \
      "fields requested of google-new: pro, or enterprise, which costs more")              \
    X(places_key_file, "places-key-file", TEXT, "", 0, 1024, "file",                       \
      "file with the API key, readable by its owner only; empty: the environment "         \
      "variable HERD_PLACES_KEY")                                                          \
    X(places_ca_file, "places-ca-file", TEXT, "", 0, 1024, "file",                         \
      "certificates to verify the Places server with; empty: the system's")                \
    X(places_proxy, "places-proxy", TEXT, "", 0, 1024, "URL",                              \
      "proxy to the Places server; empty: none")                                           \
    X(places_timeout_ms, "places-timeout-ms", INT, 10000, 1, 600000, "ms",                 \
      "a client query that takes longer is answered with UNKNOWN_ERROR")                   \
    X(places_connect_timeout_ms, "places-connect-timeout-ms", INT, 3000, 1, 600000, "ms",  \
      "longest time to connect to the Places server")                                      \
    X(places_body_max, "places-body-max", INT, 4194304, 1024, 67108864, "bytes",           \
      "largest response body accepted from the Places server")                             \
    X(places_retry, "places-retry", BOOL, true, 0, 1, "yes or no",                         \
      "a failed upstream request is retried once if there is time left")                   \
    X(places_cache_ms, "places-cache-ms", INT, 0, 0, 604800000, "ms",                      \
      "time for which an answer is cached; 0: no cache")                                   \
    X(places_budget_day, "places-budget-day", INT, 0, 0, INT64_C(1000000000), "requests",  \
      "upstream requests of one server in a UTC day; 0: no limit")                         \
    X(places_budget_minute, "places-budget-minute", INT, 0, 0, 1000000, "requests",        \
      "upstream requests for one client address in a minute; 0: no limit")                 \
    X(lookups_max, "lookups-max", INT, 64, 1, 4096, "requests",                            \
      "concurrent upstream requests")                                                      \
    X(lookups_waiting_max, "lookups-waiting-max", INT, 4096, 0, 1000000, "queries",        \
      "client queries without a reply beyond lookups-max; more get OVER_QUERY_LIMIT")      \
    X(log_dir, "log-dir", TEXT, ".", 1, 1024, "folder",                                    \
      "folder of the log files, one NAME.log for each server")                             \
    X(log_traffic, "log-traffic", BOOL, true, 0, 1, "yes or no",                           \
      "log every line received and sent")                                                  \
    X(log_max_size, "log-max-size", INT, 104857600, 0, INT64_C(1099511627776), "bytes",    \
      "size at which a log file is rotated, 1048576 or more; 0: herd never rotates it")    \
    X(log_keep, "log-keep", INT, 5, 2, 1000, "files",                                      \
      "log files of each server that rotation leaves, the present one included")           \
    X(run_dir, "run-dir", TEXT, ".", 1, 1024, "folder",                                    \
      "folder of the pid files and control sockets")                                       \
    X(state_dir, "state-dir", TEXT, "", 0, 1024, "folder",                                 \
      "folder in which herd-sqlite keeps the records, one NAME.sqlite for each server; "   \
      "empty: they are kept in memory only")                                               \
    X(state_program, "state-program", TEXT, "", 0, 1024, "file",                           \
      "program that keeps them; empty: herd-sqlite in the folder of herd")                 \
    X(report_ack, "report-ack", TEXT, "memory", 1, 64, "word",                             \
      "a report is answered when it is in memory, or on the disk of this server: memory "  \
      "or disk")                                                                           \
    X(state_load_max_ms, "state-load-max-ms", INT, 60000, 1000, 86400000, "ms",            \
      "a server starts without what state-dir holds after this time without progress")     \
    X(history_days, "history-days", INT, 0, 0, 36500, "days",                              \
      "reports of so many days are kept in state-dir; 0: the last one of each client")     \
    X(client_line_max, "client-line-max", INT, 4096, 64, 7168, "bytes",                    \
      "longest command, without its LF")                                                   \
    X(client_compat, "client-compat", BOOL, false, 0, 1, "yes or no",                      \
      "serve clients that send no LF, that read until the server closes, or that speak "   \
      "telnet")                                                                            \
    X(client_half_line_ms, "client-half-line-ms", INT, 10000, 0, 86400000, "ms",           \
      "longest time from the first byte of a line to its LF; 0: no limit")                 \
    X(client_idle_ms, "client-idle-ms", INT, 0, 0, 86400000, "ms",                         \
      "a client that sends nothing and is owed nothing for this time is closed; 0: "       \
      "never")                                                                             \
    X(client_idle_line_ms, "client-idle-line-ms", INT, 0, 0, 60000, "ms",                  \
      "a line without LF counts as complete after this time of silence; 0: never")         \
    X(client_one_shot, "client-one-shot", BOOL, false, 0, 1, "yes or no",                  \
      "close a client that has its replies and is quiet for 200 ms")                       \
    X(client_skew_max_ms, "client-skew-max-ms", INT, 0, 0, INT64_C(3155760000000), "ms",   \
      "refuse reports whose time is further in the future; 0: never")                      \
    X(clients_max, "clients-max", INT, 10000000, 1, INT64_C(4000000000), "clients",        \
      "known clients above which reports of new clients are refused")                      \
    X(client_expire, "client-expire", INT, 0, 0, INT64_C(315360000), "seconds",            \
      "a location is removed after this time without a report; 0: never; the same on "     \
      "all servers of a herd")                                                             \
    X(client_id_max, "client-id-max", INT, 255, 1, 8000, "bytes",                          \
      "longest client id in commands of clients")                                          \
    X(memory_max, "memory-max", INT, INT64_C(4294967296), 0, INT64_C(1) << 50, "bytes",    \
      "memory of all records above which reports of new clients are refused; 0: no limit") \
    X(connections_max, "connections-max", INT, 100000, 8, 1000000, "connections",          \
      "client connections; the system's limit on open files may allow fewer")              \
    X(connections_per_address, "connections-per-address", INT, 0, 0, 1000000,              \
      "connections", "client connections of one address (IPv6: of one /64); 0: no limit")  \
    X(output_high, "output-high", INT, 65536, 4096, 1073741824, "bytes",                   \
      "high-water mark: a connection with more unsent output is not read")                 \
    X(output_max, "output-max", INT, 1048576, 65536, 1073741824, "bytes",                  \
      "a connection with more unsent output is closed")                                    \
    X(replies_memory_max, "replies-memory-max", INT, 67108864, 1048576,                    \
      INT64_C(1099511627776), "bytes",                                                     \
      "replies of all clients that wait in memory; they wait for room, or are refused")    \
    X(output_stall_ms, "output-stall-ms", INT, 30000, 100, 86400000, "ms",                 \
      "a client that accepts no output for this time is closed")                           \
    X(herd_name, "herd-name", TEXT, "herd", 1, 64, "name",                                 \
      "name of this herd; servers of other herds are refused")                             \
    X(herd_key_file, "herd-key-file", TEXT, "", 0, 1024, "file",                           \
      "file with the key that all servers share, readable by its owner only; empty: "      \
      "peer addresses must be on loopback")                                                \
    X(handshakes_max, "handshakes-max", INT, 16, 1, 4096, "connections",                   \
      "peer connections that may wait in each step of the handshake")                      \
    X(handshake_timeout_ms, "handshake-timeout-ms", INT, 5000, 100, 600000, "ms",          \
      "longest time for the handshake of a peer connection")                               \
    X(link_connect_timeout_ms, "link-connect-timeout-ms", INT, 3000, 100, 600000, "ms",    \
      "longest time to connect to a neighbour")                                            \
    X(link_retry_min_ms, "link-retry-min-ms", INT, 200, 10, 600000, "ms",                  \
      "first delay before a neighbour is dialled again; doubles, with jitter")             \
    X(link_retry_max_ms, "link-retry-max-ms", INT, 30000, 10, 3600000, "ms",               \
      "longest delay before a neighbour is dialled again")                                 \
    X(link_ping_ms, "link-ping-ms", INT, 5000, 100, 600000, "ms",                          \
      "interval between the heartbeats of a link")                                         \
    X(link_timeout_ms, "link-timeout-ms", INT, 15000, 200, 3600000, "ms",                  \
      "a link that receives nothing, or can send nothing, for this time is closed")        \
    X(link_skew_max_ms, "link-skew-max-ms", INT, 300000, 0, INT64_C(3155760000000), "ms",  \
      "a neighbour whose clock differs by more is refused; 0: never")

#define HERD_CONF_TYPE_INT  int64_t
#define HERD_CONF_TYPE_BOOL bool
#define HERD_CONF_TYPE_TEXT char *
#define HERD_CONF_FIELD(field, name, type, def, min, max, unit, description)               \
    HERD_CONF_TYPE_##type field;

/* Owns everything it points to except `mem`. */
struct herd_conf {
    const struct herd_mem *mem;       /* borrowed, outlives the struct */
    struct herd_conf_server *servers; /* 1 to HERD_CONF_SERVERS_MAX, in the file's order */
    uint32_t server_count;
    struct herd_conf_link *links; /* NULL if there are none */
    uint32_t link_count;
    HERD_CONF_OPTIONS(HERD_CONF_FIELD)
};

#undef HERD_CONF_FIELD

/* Whether reports are answered when they are on the disk. */
static inline bool herd_conf_acks_from_disk(const struct herd_conf *conf)
{
    return strcmp(conf->report_ack, "disk") == 0;
}

/* Receives the errors in a file: one call for each, in the order of the file. `line` counts
 * from 1; 0: the error concerns the whole file. `text` says what was found and what is
 * allowed, with every control byte of the file escaped; it lives until the call returns. */
struct herd_conf_errors {
    void (*report)(void *ctx, uint32_t line, struct herd_slice text);
    void *ctx; /* the first argument of `report` */
};

/* Parses a whole configuration; `text` is used during the call only. On success *conf is
 * filled, and its memory is freed by herd_conf_free. Errors: HERD_EBAD (the errors in the
 * file were reported; *conf is empty), HERD_ENOMEM (*conf is empty).
 *
 * Errors in a file: an unknown option or word; a value that is missing, not a number, out
 * of range, too long or malformed; an option set twice; two servers with one name or
 * address; more than HERD_CONF_LISTEN_MAX listen addresses; a link with an unknown server,
 * with itself, or with fewer than two names; no server; control bytes; a quotation that is
 * not closed; output-max below output-high; link-retry-max-ms below link-retry-min-ms;
 * link-timeout-ms not above link-ping-ms; log-max-size between 0 and
 * HERD_CONF_LOG_SIZE_MIN; client-expire with a link-skew-max-ms of 0 or above
 * HERD_CONF_EXPIRE_SKEW_MAX_MS; places-cache-ms above what the provider's terms allow; a
 * provider without a URL. A link named twice is one link and no error. */
int herd_conf_parse(struct herd_conf *conf, const struct herd_mem *mem,
                    struct herd_slice text, const struct herd_conf_errors *errors);

/* Frees all memory and leaves an empty struct. Accepts an empty one. */
void herd_conf_free(struct herd_conf *conf);

/* Appends the normal form: servers and links in order, then every option with its value
 * and a comment that describes it. It parses to an equal struct and prints the same again.
 * Errors: HERD_ENOMEM, HERD_EFULL; `out` then has a part of it. */
int herd_conf_print(const struct herd_conf *conf, struct herd_buf *out);

/* The index of the server in servers[], or HERD_EUNKNOWN, which is negative. */
int64_t herd_conf_find(const struct herd_conf *conf, struct herd_slice name);

/* Whether servers[a] and servers[b] are linked. */
bool herd_conf_linked(const struct herd_conf *conf, uint32_t a, uint32_t b);

#endif
