/* The words of one line of herd.conf, and how words of the file are shown in messages. */
#ifndef HERD_CONF_WORDS_H
#define HERD_CONF_WORDS_H

#include "herd/conf.h"

enum conf_word {
    CONF_WORD,       /* a word, maybe an empty one in quotes */
    CONF_END,        /* no further word; a comment is none */
    CONF_UNFINISHED, /* the closing quote is missing */
    CONF_ESCAPE,     /* a backslash in quotes before something other than " and \ */
    CONF_GLUED,      /* something right behind the closing quote */
};

struct conf_words {
    struct herd_slice rest;
    char plain[HERD_CONF_TEXT_MAX + 1]; /* a word without its backslashes */
};

/* Begins with a line, which is borrowed until its last word has been read. */
void herd_conf_words_start(struct conf_words *words, struct herd_slice line);

/* Reads the next word. It is a slice of the line and lives as long, except that a word
 * with backslashes in quotes lives in `words` until the next call; such a word is cut off
 * one byte above HERD_CONF_TEXT_MAX. After an error the rest of the line makes no sense. */
enum conf_word herd_conf_words_next(struct conf_words *words, struct herd_slice *word);

/* Whether herd_conf_words_next() would take `text` for something else unless quoted. */
bool herd_conf_needs_quotes(struct herd_slice text);

/* The offset of the first control byte (a tab is none), or the length. */
size_t herd_conf_control(struct herd_slice text);

enum { CONF_SHOWN = 40, CONF_SHOWN_TEXT = 4 * CONF_SHOWN + 8 };

/* Writes `text` in double quotes, control bytes escaped, with "..." for what is beyond
 * CONF_SHOWN bytes, ended by NUL, to `out` (CONF_SHOWN_TEXT bytes). Returns `out`. */
const char *herd_conf_show(struct herd_slice text, char *out);

/* Looks for the known name that is meant by a misspelt one. */
struct conf_guess {
    struct herd_slice word;
    struct herd_slice best; /* empty: no name is near */
    size_t distance;        /* of the best */
};

void herd_conf_guess_start(struct conf_guess *guess, struct herd_slice word);
void herd_conf_guess_try(struct conf_guess *guess, struct herd_slice name);

#endif
