/* SPDX-License-Identifier: ISC */
#include "secret.h"

#include "herd/err.h"
#include "file.h"
#include "hex.h"
#include "mem.h"
#include "random.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { PATH_SHOWN = 180 }; /* bytes of a path in an error text, for the advice to fit */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct herd_slice without_end_space(struct herd_slice text)
{
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* Cuts the name of the source, not the reason. */
static int refuse(const char *source, const char *reason, struct herd_error_text *error)
{
    herd_error_set(error, "%.*s: %s", PATH_SHOWN, source, reason);
    return HERD_EBAD;
}

static int too_long(const char *source, const struct io_secret_rule *rule,
                    struct herd_error_text *error)
{
    herd_error_set(error, "%.*s: longer than %zu bytes, the most allowed", PATH_SHOWN,
                   source, rule->most);
    return HERD_ETOOLONG;
}

static int too_short(const char *source, const struct io_secret_rule *rule, size_t len,
                     struct herd_error_text *error)
{
    const char *advice = rule->advice;
    herd_error_set(error, "%.*s: has %zu bytes, at least %zu are needed%s%s", PATH_SHOWN,
                   source, len, rule->least, advice != NULL ? ": " : "",
                   advice != NULL ? advice : "");
    return HERD_EBAD;
}

static bool begins_with(struct herd_slice text, struct herd_slice start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

/* Editors put a mark before the text that nobody sees. A key of random bytes begins like
 * this once in 16 million. */
static const char *mark_problem(struct herd_slice secret)
{
    const char *bytes = secret.data;
    if (begins_with(secret, HERD_LIT("\xef\xbb\xbf")))
        return "begins with a byte order mark (U+FEFF): save it as plain text without one";
    if (secret.len >= 4 &&
        ((begins_with(secret, HERD_LIT("\xff\xfe")) && bytes[3] == '\0') ||
         (begins_with(secret, HERD_LIT("\xfe\xff")) && bytes[2] == '\0')))
        return "is text in UTF-16: save it as plain ASCII text";
    return NULL;
}

/* Tells the place of what is wrong, never what is there. */
static int check_word(const char *source, struct herd_slice secret,
                      struct herd_error_text *error)
{
    size_t i = 0;
    while (i < secret.len && secret.data[i] > ' ' && secret.data[i] < 0x7f)
        i++;
    if (i == secret.len)
        return HERD_OK;
    herd_error_set(error,
                   "%.*s: byte %zu is %s: one word of visible ASCII characters is "
                   "expected, and nothing else",
                   PATH_SHOWN, source, i + 1,
                   is_space(secret.data[i]) ? "white space" : "not visible ASCII");
    return HERD_EBAD;
}

int io_secret_take(const char *source, const struct io_secret_rule *rule,
                   struct herd_slice text, char *out, size_t *len,
                   struct herd_error_text *error)
{
    struct herd_slice secret = without_end_space(text);
    const char *mark = mark_problem(secret);
    io_mem_wipe(out, rule->most + 1);
    *len = 0;
    if (secret.len > rule->most)
        return too_long(source, rule, error);
    if (mark != NULL)
        return refuse(source, mark, error);
    if (secret.len < rule->least)
        return too_short(source, rule, secret.len, error);
    if (rule->word && check_word(source, secret, error) != HERD_OK)
        return HERD_EBAD;
    if (secret.len > 0)
        memcpy(out, secret.data, secret.len);
    *len = secret.len;
    return HERD_OK;
}

int io_secret_read(const char *path, const struct io_secret_rule *rule, char *out,
                   size_t *len, struct herd_error_text *error)
{
    struct herd_buf text;
    herd_buf_init(&text, &io_mem, rule->most + IO_SECRET_SPACE);
    io_mem_wipe(out, rule->most + 1);
    *len = 0;
    /* Allocates everything at once: a buffer that grew would leave copies in freed memory.
     */
    if (herd_buf_reserve(&text, rule->most + IO_SECRET_SPACE) == NULL) {
        herd_error_set(error, "%.*s: %s", PATH_SHOWN, path, herd_strerror(HERD_ENOMEM));
        return HERD_ENOMEM;
    }
    int rc = io_file_read(path, IO_FILE_SECRET, &text, error);
    if (rc == HERD_EFULL)
        rc = too_long(path, rule, error);
    if (rc == HERD_OK)
        rc = io_secret_take(path, rule, herd_buf_bytes(&text), out, len, error);
    io_mem_wipe(text.data, text.size);
    herd_buf_free(&text);
    return rc;
}

int io_secret_share(const char *path, struct herd_error_text *error)
{
    uint8_t bytes[IO_SECRET_SHARED];
    char text[2 * IO_SECRET_SHARED + 2];
    int rc = HERD_EBAD;
    if (io_random(bytes, sizeof bytes, error) == HERD_OK) {
        herd_hex_print(bytes, sizeof bytes, text);
        text[sizeof text - 2] = '\n';
        rc = io_file_create(path, herd_slice(text, sizeof text - 1), error);
    }
    io_mem_wipe(bytes, sizeof bytes);
    io_mem_wipe(text, sizeof text);
    return rc;
}

int io_secret_guard(void)
{
    const struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_CORE, &none) == 0 ? HERD_OK : HERD_ESYS;
}
