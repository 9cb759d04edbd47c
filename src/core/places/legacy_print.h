/* SPDX-License-Identifier: ISC */
/* A writer of Google's Nearby Search text, in the older of its two layouts: three spaces
 * for each level, " : " between key and value, an opening bracket on the line of its key,
 * arrays of strings on one line when that is short, no newline at the end. Callers write
 * keys in alphabetical order, as Google does.
 *
 * The first error is kept, and nothing is written after it: callers check once, at the
 * end. */
#ifndef HERD_CORE_PLACES_LEGACY_PRINT_H
#define HERD_CORE_PLACES_LEGACY_PRINT_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "herd/buf.h"
#include "herd/slice.h"

#include <stdbool.h>

struct legacy {
    struct herd_buf *out;
    int rc; /* HERD_OK, HERD_ENOMEM, HERD_EFULL */
    unsigned depth;
    bool empty; /* the innermost bracket, so far */
};

void herd_legacy_start(struct legacy *print, struct herd_buf *out);

/* A string is put together from parts, each with its own escaping. */
enum legacy_text {
    LEGACY_PLAIN, /* UTF-8 */
    LEGACY_JSON,  /* the inner text of a JSON string that was checked */
    LEGACY_HTML,  /* the same, and becomes text or an attribute of HTML */
};

struct legacy_part {
    struct herd_slice text;
    enum legacy_text kind;
};

enum { LEGACY_PARTS = 5 };

/* Parts that are not used are empty. */
struct legacy_string {
    struct legacy_part part[LEGACY_PARTS];
};

/* The slice lives as long as its literal. */
#define LEGACY_LIT(text) ((struct legacy_part){HERD_LIT(text), LEGACY_PLAIN})

static inline struct legacy_part herd_legacy_part(struct herd_slice inner)
{
    return (struct legacy_part){inner, LEGACY_JSON};
}

/* In these calls `key` is a literal; "" inside of an array. */

/* `bracket` is { or [. */
void herd_legacy_open(struct legacy *print, const char *key, char bracket);

/* `bracket` is } or ]. */
void herd_legacy_close(struct legacy *print, char bracket);

/* A number, true or false as it stands. */
void herd_legacy_word(struct legacy *print, const char *key, struct herd_slice word);

void herd_legacy_string(struct legacy *print, const char *key,
                        const struct legacy_string *string);

/* A string of one part: the inner text of another one. */
void herd_legacy_json(struct legacy *print, const char *key, struct herd_slice inner);

/* An array of strings. */
void herd_legacy_strings(struct legacy *print, const char *key,
                         const struct legacy_string *strings, size_t count);

/* The whole text of a failure: this status and, when `message` is not empty, this
 * error_message. */
void herd_legacy_error(struct legacy *print, struct herd_slice status,
                       struct legacy_part message);

#endif
