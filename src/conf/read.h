/* SPDX-License-Identifier: ISC */
/* The state of the parser, and the functions that its files share: read.c has the common
 * pieces, links.c and servers.c parse one kind of line each, places.c knows which values
 * the Places options may have, and parse.c parses options and the whole file. */
#ifndef HERD_CONF_READ_H
#define HERD_CONF_READ_H

#include "table.h"
#include "words.h"

#include "herd/conf.h"
#include "herd/err.h"

struct conf_reader {
    struct herd_conf *conf; /* filled line by line */
    const struct herd_conf_errors *errors;
    struct conf_words words; /* of the current line */
    uint32_t line;           /* its number, from 1; 0: the whole file */
    uint32_t error_count;
    int rc; /* HERD_ENOMEM ends the parsing */
    bool server_given;
    uint32_t given[CONF_OPTION_COUNT]; /* line of each option, 0: not set */

    /* Links may come before their servers, so a first pass collects the names. A name's
     * index is its server's, unless there are errors. Slices of the text. */
    struct herd_slice *names; /* HERD_CONF_SERVERS_MAX of them */
    uint32_t name_count;
    unsigned char *linked; /* [a * name_count + b], a < b: 1 when linked */

    char shown[CONF_SHOWN_TEXT]; /* the last quotation */
};

/* Reports an error of the current line, printf-style, and counts it; above
 * HERD_CONF_ERRORS_MAX it is only counted. */
void herd_conf_error(struct conf_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `text` in double quotes, for a message. It lives in `reader` until the next call. */
const char *herd_conf_quote(struct conf_reader *reader, struct herd_slice text);

/* Reads the next word of the line into *word, which lives as herd_conf_words_next() says;
 * reports an error unless that is CONF_WORD or CONF_END. */
enum conf_word herd_conf_read_word(struct conf_reader *reader, struct herd_slice *word);

/* A copy that ends with NUL, owned by the caller; NULL when out of memory, and reader->rc
 * is HERD_ENOMEM. */
char *herd_conf_copy(struct conf_reader *reader, struct herd_slice text);

/* The bytes of the names of servers and herds; hosts consist of the same bytes. The rule is
 * for messages; its %d is HERD_CONF_NAME_MAX. */
#define CONF_NAME_RULE "1 to %d letters, digits, '-', '_' or '.' are expected"
bool herd_conf_is_name_byte(char c);
bool herd_conf_is_name(struct herd_slice text);

/* The first pass: collects the names of all servers of `text`, and allocates
 * reader->linked. When out of memory, reader->rc is HERD_ENOMEM. */
void herd_conf_read_names(struct conf_reader *reader, struct herd_slice text);

/* Parse the rest of a line that begins with the word `server` or `link`. */
void herd_conf_read_server(struct conf_reader *reader);
void herd_conf_read_link(struct conf_reader *reader);

/* Turns reader->linked into reader->conf->links. When out of memory, reader->rc is
 * HERD_ENOMEM. */
void herd_conf_store_links(struct conf_reader *reader);

/* Whether an option of type TEXT may have this value; reports an error otherwise. */
bool herd_conf_is_allowed(struct conf_reader *reader, const struct conf_option *option,
                          struct herd_slice word);

/* Reports errors between the Places options of a whole file. */
void herd_conf_check_places(struct conf_reader *reader);

/* Removes the first line from the front of *text and returns it without its LF. */
struct herd_slice herd_conf_next_line(struct herd_slice *text);

#endif
