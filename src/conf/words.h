/* SPDX-License-Identifier: ISC */
/* Splits a line of herd.conf into words, quotes words of the file for messages, and finds
 * the known name that resembles a misspelt one. */
#ifndef HERD_CONF_WORDS_H
#define HERD_CONF_WORDS_H

#include "herd/conf.h"

enum conf_word {
    CONF_WORD,     /* a word; an empty one if it is "" */
    CONF_END,      /* the line, or its part before a comment, has no further word */
    CONF_UNCLOSED, /* error: the closing quote is missing */
    CONF_ESCAPE,   /* error: a backslash in quotes before a byte other than " and \ */
    CONF_NO_BLANK, /* error: no blank after the closing quote */
};

struct conf_words {
    struct herd_slice rest;
    char plain[HERD_CONF_TEXT_MAX + 1]; /* a word without its backslashes */
};

/* Starts with the first word of `line`, which is borrowed until the last word is read. */
void herd_conf_words_start(struct conf_words *words, struct herd_slice line);

/* Reads the next word. *word is a slice of the line and lives as long, except that a word
 * with backslashes in quotes lives in `words` until the next call; such a word is cut one
 * byte above HERD_CONF_TEXT_MAX. After an error no further word may be read. */
enum conf_word herd_conf_words_next(struct conf_words *words, struct herd_slice *word);

/* Whether `text` must be quoted for herd_conf_words_next() to read it as one word. */
bool herd_conf_needs_quotes(struct herd_slice text);

/* The offset of the first control byte other than tab; text.len if there is none. */
size_t herd_conf_find_control(struct herd_slice text);

/* A character that cannot be seen. */
struct conf_invisible {
    const char *name;        /* static */
    uint32_t value;          /* its number in Unicode */
    size_t offset;           /* of its first byte in the line */
    struct herd_slice bytes; /* of the line */
};

/* Whether there is one (invisible.h) before the comment of the line; *found is the first.
 */
bool herd_conf_find_invisible(struct herd_slice line, struct conf_invisible *found);

/* The bytes of a quoted word that are shown, and the buffer that they need. */
enum { CONF_SHOWN = 40, CONF_SHOWN_TEXT = 4 * CONF_SHOWN + 8 };

/* Writes `text` in double quotes to `out` (CONF_SHOWN_TEXT bytes), escaped as for a
 * message that shows what cannot be seen, "..." in place of all that follows CONF_SHOWN
 * bytes, and a NUL. Returns `out`. */
const char *herd_conf_show(struct herd_slice text, char *out);

/* The search for the known name that resembles a misspelt one most. */
struct conf_guess {
    struct herd_slice word; /* the misspelt one; borrowed */
    struct herd_slice best; /* borrowed from the tried names; empty: none is similar */
    size_t distance;        /* edits between `word` and `best` */
};

void herd_conf_guess_start(struct conf_guess *guess, struct herd_slice word);

/* Compares a known name, of at most HERD_CONF_NAME_MAX bytes. */
void herd_conf_guess_try(struct conf_guess *guess, struct herd_slice name);

#endif
