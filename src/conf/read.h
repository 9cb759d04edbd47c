/* The state of reading a configuration, and what the files that read it share.
 * conf_read.c has the shared pieces; conf_links.c and conf_servers.c read one kind of line
 * each; conf_places.c knows what WHATSAT may ask; conf_parse.c reads options and the
 * whole. */
#ifndef HERD_CONF_READ_H
#define HERD_CONF_READ_H

#include "table.h"
#include "words.h"

#include "herd/conf.h"

#include <stdio.h>

struct conf_reader {
    struct herd_conf *conf; /* what has been read so far */
    const struct herd_conf_mistakes *mistakes;
    struct conf_words words; /* of the line being read */
    uint32_t line;
    uint32_t mistake_count;
    int rc; /* HERD_ENOMEM ends the reading */
    bool server_given;
    uint32_t given[CONF_OPTION_COUNT]; /* line of each option, 0: not given */

    /* Links may stand before their servers, so names are collected ahead. A name's index
     * is its server's, unless there are mistakes. Slices of the text. */
    struct herd_slice *names; /* HERD_CONF_SERVERS_MAX of them */
    uint32_t name_count;
    unsigned char *linked; /* [a * name_count + b], a < b: 1 when linked */

    char shown[CONF_SHOWN_TEXT];
    char message[512];
};

/* Reports a mistake of the current line; the arguments are those of printf. */
#define CONF_MISTAKE(reader, ...)                                                          \
    (snprintf((reader)->message, sizeof(reader)->message, __VA_ARGS__),                    \
     herd_conf_report(reader))

/* Reports reader->message. */
void herd_conf_report(struct conf_reader *reader);

/* `text` in quotes, for a message. One at a time: it lives until the next call. */
const char *herd_conf_quote(struct conf_reader *reader, struct herd_slice text);

/* Reads the next word of the line; anything but CONF_WORD and CONF_END is reported. */
enum conf_word herd_conf_read_word(struct conf_reader *reader, struct herd_slice *word);

/* A copy that ends with NUL; NULL when out of memory, which reader->rc then tells. */
char *herd_conf_copy(struct conf_reader *reader, struct herd_slice text);

/* What a server's name is made of, and a herd's; hosts are made of the same bytes. The
 * rule is for messages; %d is HERD_CONF_NAME_MAX. */
#define CONF_NAME_RULE "1 to %d letters, digits, '-', '_' or '.' are expected"
bool herd_conf_is_name_byte(char c);
bool herd_conf_is_name(struct herd_slice text);

/* Collects the names of all servers of `text`, and makes room for the links. */
void herd_conf_read_names(struct conf_reader *reader, struct herd_slice text);

/* Read what follows the word `server` or `link` in its line. */
void herd_conf_read_server(struct conf_reader *reader);
void herd_conf_read_link(struct conf_reader *reader);

/* Moves the links into reader->conf. */
void herd_conf_keep_links(struct conf_reader *reader);

/* Whether an option of type TEXT may have this value; reports the mistake otherwise. */
bool herd_conf_may_be(struct conf_reader *reader, const struct conf_option *option,
                      struct herd_slice word);

/* What only the whole file can tell about Places. */
void herd_conf_check_places(struct conf_reader *reader);

/* Cuts the first line off `text`. */
struct herd_slice herd_conf_next_line(struct herd_slice *text);

#endif
