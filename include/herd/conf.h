/* Configuration: text <-> struct.
 *
 * One file describes the whole herd, so that every server reads the same text:
 *
 *     server Goloman  client 127.0.0.1:11490  peer 127.0.0.1:12490
 *     link Goloman Hands Holiday Wilkes       # Goloman talks with each of the others
 *     places-url https://maps.googleapis.com/maps/api/place/nearbysearch/json
 *
 * Words are separated by blanks; `#` at the start of a word begins a comment; a value
 * with blanks or a `#` at its start is written in double quotes (\" and \\ inside).
 * Each option may be given once. Reading goes on after a mistake, so that one run reports
 * all of them; a struct is only handed out when there is none. */
#ifndef HERD_CONF_H
#define HERD_CONF_H

#include "herd/buf.h"
#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HERD_CONF_SERVERS_MAX = 1024,
    HERD_CONF_NAME_MAX = 64,     /* bytes of a server's name */
    HERD_CONF_HOST_MAX = 255,    /* bytes of a host */
    HERD_CONF_TEXT_MAX = 1024,   /* bytes of any other value */
    HERD_CONF_MISTAKES_MAX = 50, /* reported; further ones are counted in one line */
};

/* host:port, or [IPv6]:port; `host` is without the brackets. */
struct herd_conf_addr {
    char *host; /* ends with NUL */
    uint16_t port;
};

struct herd_conf_server {
    char *name; /* letters, digits, '-', '_', '.'; ends with NUL */
    struct herd_conf_addr client;
    struct herd_conf_addr peer;
};

/* Two-way; a < b are indexes into servers[]. Each pair once, in ascending order. */
struct herd_conf_link {
    uint32_t a, b;
};

/* X(field, name in the file, type, default, least, most, unit, what it is)
 * Types: INT (int64_t), BOOL (bool; yes or no), TEXT (char *, ends with NUL, may be "").
 * For TEXT least and most bound the length. */
#define HERD_CONF_OPTIONS(X)                                                               \
    X(places_provider, "places-provider", TEXT, "google-legacy", 1, 64, "provider",        \
      "who WHATSAT asks: google-legacy, google-new, overpass or photon")                   \
    X(places_url, "places-url", TEXT, "", 0, 1024, "URL",                                  \
      "where the provider is asked; empty: at its own address")                            \
    X(places_fields, "places-fields", TEXT, "pro", 1, 64, "word",                          \
      "what google-new is asked for: pro, or the dearer enterprise")                       \
    X(places_key_file, "places-key-file", TEXT, "", 0, 1024, "file",                       \
      "file with the API key, readable by its owner only; empty: HERD_PLACES_KEY of the "  \
      "environment")                                                                       \
    X(places_ca_file, "places-ca-file", TEXT, "", 0, 1024, "file",                         \
      "certificates that the Places server is checked against; empty: the system's")       \
    X(places_proxy, "places-proxy", TEXT, "", 0, 1024, "URL",                              \
      "proxy to the Places server; empty: none")                                           \
    X(places_timeout_ms, "places-timeout-ms", INT, 10000, 1, 600000, "ms",                 \
      "a lookup that takes longer is answered with UNKNOWN_ERROR")                         \
    X(places_connect_timeout_ms, "places-connect-timeout-ms", INT, 3000, 1, 600000, "ms",  \
      "longest time to connect to the Places server")                                      \
    X(places_body_max, "places-body-max", INT, 4194304, 1024, 67108864, "bytes",           \
      "largest reply accepted from the Places server")                                     \
    X(places_retry, "places-retry", BOOL, true, 0, 1, "yes or no",                         \
      "a request that failed is made a second time when time is left")                     \
    X(places_cache_ms, "places-cache-ms", INT, 0, 0, 604800000, "ms",                      \
      "an answer serves the same question for so long; 0: it is not kept")                 \
    X(places_budget_day, "places-budget-day", INT, 0, 0, INT64_C(1000000000), "requests",  \
      "requests of one server in a UTC day; 0: no limit")                                  \
    X(places_budget_minute, "places-budget-minute", INT, 0, 0, 1000000, "requests",        \
      "requests for one client address in a minute; 0: no limit")                          \
    X(lookups_max, "lookups-max", INT, 64, 1, 4096, "requests",                            \
      "requests to the Places server under way at once")                                   \
    X(lookups_waiting_max, "lookups-waiting-max", INT, 4096, 0, 1000000, "requests",       \
      "requests that wait for their turn; further ones are answered OVER_QUERY_LIMIT")     \
    X(log_dir, "log-dir", TEXT, ".", 1, 1024, "folder",                                    \
      "folder of the log files, one NAME.log a server")                                    \
    X(log_traffic, "log-traffic", BOOL, true, 0, 1, "yes or no",                           \
      "log every line that comes in and goes out")                                         \
    X(run_dir, "run-dir", TEXT, ".", 1, 1024, "folder",                                    \
      "folder of the pid files and control sockets")                                       \
    X(client_line_max, "client-line-max", INT, 4096, 64, 7168, "bytes",                    \
      "longest command, without its LF")                                                   \
    X(client_half_line_ms, "client-half-line-ms", INT, 10000, 0, 86400000, "ms",           \
      "a started line must end within this time; 0: no limit")                             \
    X(client_idle_ms, "client-idle-ms", INT, 0, 0, 86400000, "ms",                         \
      "a client that sends nothing for so long is closed; 0: never")                       \
    X(client_idle_line_ms, "client-idle-line-ms", INT, 0, 0, 60000, "ms",                  \
      "a line without LF counts as complete after so much silence; 0: never")              \
    X(client_one_shot, "client-one-shot", BOOL, false, 0, 1, "yes or no",                  \
      "close a client after its first reply")                                              \
    X(client_skew_max_ms, "client-skew-max-ms", INT, 0, 0, INT64_C(3155760000000), "ms",   \
      "refuse reports whose time is further in the future; 0: never")                      \
    X(clients_max, "clients-max", INT, 10000000, 1, INT64_C(4000000000), "clients",        \
      "reports of new clients are refused above this number")                              \
    X(connections_max, "connections-max", INT, 100000, 8, 1000000, "connections",          \
      "client connections; the system's limit may leave fewer")                            \
    X(output_high, "output-high", INT, 65536, 4096, 1073741824, "bytes",                   \
      "a connection with more unsent output is not read any more")                         \
    X(output_max, "output-max", INT, 1048576, 65536, 1073741824, "bytes",                  \
      "a connection with more unsent output is closed")                                    \
    X(output_stall_ms, "output-stall-ms", INT, 30000, 100, 86400000, "ms",                 \
      "a client that takes no output for so long is closed")                               \
    X(herd_name, "herd-name", TEXT, "herd", 1, 64, "name",                                 \
      "name of this herd; servers of another one are turned away")                         \
    X(herd_key_file, "herd-key-file", TEXT, "", 0, 1024, "file",                           \
      "file with the key that all servers share, readable by its owner only; empty: "      \
      "links stay on loopback addresses")                                                  \
    X(handshakes_max, "handshakes-max", INT, 16, 1, 4096, "connections",                   \
      "connections that may wait to say which neighbour they are, and to prove it")        \
    X(handshake_timeout_ms, "handshake-timeout-ms", INT, 5000, 100, 600000, "ms",          \
      "time for a neighbour to say who it is")                                             \
    X(link_connect_timeout_ms, "link-connect-timeout-ms", INT, 3000, 100, 600000, "ms",    \
      "longest time to connect to a neighbour")                                            \
    X(link_retry_min_ms, "link-retry-min-ms", INT, 200, 10, 600000, "ms",                  \
      "first pause before a neighbour is dialled again; doubles, with jitter")             \
    X(link_retry_max_ms, "link-retry-max-ms", INT, 30000, 10, 3600000, "ms",               \
      "longest pause before a neighbour is dialled again")                                 \
    X(link_ping_ms, "link-ping-ms", INT, 5000, 100, 600000, "ms",                          \
      "pause between two heartbeats of a link")                                            \
    X(link_timeout_ms, "link-timeout-ms", INT, 15000, 200, 3600000, "ms",                  \
      "a link that brings or takes nothing for so long is closed")                         \
    X(link_skew_max_ms, "link-skew-max-ms", INT, 300000, 0, INT64_C(3155760000000), "ms",  \
      "a neighbour whose clock differs by more is turned away; 0: never")

#define HERD_CONF_TYPE_INT  int64_t
#define HERD_CONF_TYPE_BOOL bool
#define HERD_CONF_TYPE_TEXT char *
#define HERD_CONF_FIELD(field, name, type, def, least, most, unit, what)                   \
    HERD_CONF_TYPE_##type field;

struct herd_conf {
    const struct herd_mem *mem; /* borrowed, outlives the struct */
    struct herd_conf_server *servers;
    uint32_t server_count;
    struct herd_conf_link *links;
    uint32_t link_count;
    HERD_CONF_OPTIONS(HERD_CONF_FIELD)
};

#undef HERD_CONF_FIELD

/* Where the mistakes go: one call each, in the order of the file. `line` is 0 for a
 * mistake of the whole file. `text` says what was found and what is allowed; every control
 * byte of the file is escaped in it; it lives until the call returns. */
struct herd_conf_mistakes {
    void (*report)(void *ctx, uint32_t line, struct herd_slice text);
    void *ctx;
};

/* Reads a whole configuration. On success *conf is filled, owns its memory and is given
 * back by herd_conf_free. Errors: HERD_EBAD (each mistake has been reported; *conf is
 * empty), HERD_ENOMEM (*conf is empty).
 *
 * Mistakes: unknown option, unknown word, value missing, not a number, out of range,
 * malformed address, too long, given twice; a server's name or address twice; a link with
 * an unknown server, with itself, fewer than two names; no server at all; control bytes,
 * an unfinished quotation; output-max below output-high; link-retry-max below -min;
 * link-timeout-ms not above link-ping-ms; a herd-name with other than name characters.
 * A link named twice is the same link and no mistake. */
int herd_conf_parse(struct herd_conf *conf, const struct herd_mem *mem,
                    struct herd_slice text, const struct herd_conf_mistakes *mistakes);

void herd_conf_free(struct herd_conf *conf);

/* Appends the normal form: servers and links in order, then every option with its value
 * and a comment saying what it is. It parses to an equal struct and prints the same again.
 * Errors: HERD_ENOMEM, HERD_EFULL. */
int herd_conf_print(const struct herd_conf *conf, struct herd_buf *out);

/* The server's index, or HERD_EUNKNOWN. */
int64_t herd_conf_find(const struct herd_conf *conf, struct herd_slice name);

/* Whether the configuration links a and b. */
bool herd_conf_linked(const struct herd_conf *conf, uint32_t a, uint32_t b);

#endif
