/* SPDX-License-Identifier: ISC */
#include "foreign.h"

/* Those of RFC 9110 and RFC 5789, and the first word of HTTP/2 (RFC 9113). */
static const struct herd_slice methods[] = {
    {"GET", 3},     {"HEAD", 4},    {"POST", 4},  {"PUT", 3},   {"DELETE", 6},
    {"CONNECT", 7}, {"OPTIONS", 7}, {"TRACE", 5}, {"PATCH", 5}, {"PRI", 3},
};

bool herd_is_http_method(const struct herd_words *words)
{
    for (size_t i = 0; words->count > 0 && i < sizeof methods / sizeof *methods; i++)
        if (herd_slice_eq(methods[i], words->word[0]))
            return true;
    return false;
}

bool herd_is_http_request(const struct herd_words *words)
{
    return words->count == 3 && words->word[2].len > 5 &&
           memcmp(words->word[2].data, "HTTP/", 5) == 0;
}
