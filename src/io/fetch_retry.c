/* SPDX-License-Identifier: ISC */
#include "fetch_retry.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { DATE_MAX = 40 }; /* bytes; "Wednesday, 06-Nov-94 08:49:37 GMT" has 33 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct herd_slice trim(struct herd_slice text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = herd_slice_from(text, 1);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The value of the line, when its name is that one. */
static bool has_name(struct herd_slice line, struct herd_slice name,
                     struct herd_slice *value)
{
    if (line.len <= name.len || line.data[name.len] != ':' ||
        strncasecmp(line.data, name.data, name.len) != 0)
        return false;
    *value = trim(herd_slice_from(line, name.len + 1));
    return true;
}

/* Any number of digits; *s is at least 1, since "now" still is later. */
static bool read_seconds(struct herd_slice value, int64_t *s)
{
    int64_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        n = n * 10 + (value.data[i] - '0');
        n = n < IO_FETCH_RETRY_MAX_S ? n : IO_FETCH_RETRY_MAX_S;
    }
    *s = n > 0 ? n : 1;
    return value.len > 0;
}

/* Each of the three forms of a date in HTTP begins with the name of a day: libcurl's reader
 * takes much that is none. */
static bool read_date(struct herd_slice value, int64_t *s)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    char text[DATE_MAX];
    bool named = false;
    if (value.len < 3 || value.len >= sizeof text)
        return false;
    for (size_t i = 0; i + 3 < sizeof days; i += 3)
        named = named || memcmp(value.data, days + i, 3) == 0;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    time_t at = named ? curl_getdate(text, NULL) : -1;
    *s = (int64_t)at;
    return at > 0;
}

static void keep_longest(int64_t *longest, int64_t s)
{
    *longest = s > *longest ? s : *longest;
}

void io_fetch_retry_note(struct io_fetch_retry *retry, struct herd_slice line)
{
    struct herd_slice value;
    int64_t s;
    if (line.len >= 5 && memcmp(line.data, "HTTP/", 5) == 0) {
        *retry = (struct io_fetch_retry){0};
    } else if (has_name(line, HERD_LIT("Date"), &value)) {
        if (read_date(value, &s))
            retry->date_s = s;
    } else if (has_name(line, HERD_LIT("Retry-After"), &value)) {
        if (read_seconds(value, &s))
            keep_longest(&retry->delay_s, s);
        else if (read_date(value, &s))
            keep_longest(&retry->until_s, s);
    }
}

int64_t io_fetch_retry_ms(const struct io_fetch_retry *retry, int64_t now_s)
{
    int64_t s = retry->delay_s;
    if (retry->until_s > 0) {
        int64_t left = retry->until_s - (retry->date_s > 0 ? retry->date_s : now_s);
        left = left < IO_FETCH_RETRY_MAX_S ? left : IO_FETCH_RETRY_MAX_S;
        keep_longest(&s, left > 1 ? left : 1);
    }
    return s * 1000;
}
