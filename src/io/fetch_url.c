/* SPDX-License-Identifier: ISC */
#include "fetch_url.h"

#include "herd/err.h"
#include "fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int refuse(struct herd_error_text *error, int code, const char *text)
{
    herd_error_set(error, "%s", text);
    return code;
}

static bool has(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    bool found = curl_url_get(parsed, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return found;
}

static bool is_ipv4(const char *host, bool *loopback)
{
    struct in_addr addr;
    if (inet_pton(AF_INET, host, &addr) != 1)
        return false;
    *loopback = ntohl(addr.s_addr) >> 24 == 127;
    return true;
}

/* libcurl answers "localhost" itself, without a resolver. */
static void read_host(struct io_fetch_url *url, const char *host, bool *loopback)
{
    *loopback = strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0;
    url->resolves = !*loopback && !is_ipv4(host, loopback) && host[0] != '[';
}

struct parts {
    char *scheme, *host;
    bool loopback;
};

static int check_common(CURLU *parsed, const char *text, struct herd_error_text *error)
{
    if (has(parsed, CURLUPART_USER) || has(parsed, CURLUPART_PASSWORD))
        return refuse(error, HERD_EBAD, "the URL has a user or a password");
    if (strpbrk(text, "?#") != NULL)
        return refuse(error, HERD_EBAD, "the URL has a query or a fragment");
    return HERD_OK;
}

static int check_target(const struct io_fetch_url *url, const struct parts *parts,
                        struct herd_error_text *error)
{
    if (!url->secure && strcmp(parts->scheme, "http") != 0)
        return refuse(error, HERD_EBAD, "the URL is not an https one");
    if (!url->secure && !parts->loopback)
        return refuse(error, HERD_EBAD, "http is for loopback addresses only: use https");
    return HERD_OK;
}

static int check_proxy(CURLU *parsed, const struct parts *parts,
                       struct herd_error_text *error)
{
    static const char *const known[] = {"http", "socks5", "socks5h"};
    bool good = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        good = good || strcmp(parts->scheme, known[i]) == 0;
    if (!good)
        return refuse(error, HERD_EBAD, "the URL is not an http, socks5 or socks5h one");
    if (!has(parsed, CURLUPART_PORT))
        return refuse(error, HERD_EBAD, "the URL has no port");
    return HERD_OK;
}

static int take_parts(CURLU *parsed, struct io_fetch_url *url, struct parts *parts,
                      struct herd_error_text *error)
{
    *parts = (struct parts){0};
    if (curl_url_get(parsed, CURLUPART_SCHEME, &parts->scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &parts->host, 0) != CURLUE_OK)
        return refuse(error, HERD_EBAD, "the URL has no scheme or no host");
    url->secure = strcmp(parts->scheme, "https") == 0;
    read_host(url, parts->host, &parts->loopback);
    return HERD_OK;
}

static int check(CURLU *parsed, const char *text, bool proxy, struct io_fetch_url *url,
                 struct herd_error_text *error)
{
    struct parts parts;
    int rc = take_parts(parsed, url, &parts, error);
    if (rc == HERD_OK)
        rc = proxy ? check_proxy(parsed, &parts, error) : check_target(url, &parts, error);
    if (rc == HERD_OK)
        rc = check_common(parsed, text, error);
    curl_free(parts.scheme);
    curl_free(parts.host);
    return rc;
}

static int copy(const struct herd_mem *mem, CURLU *parsed, struct io_fetch_url *url,
                struct herd_error_text *error)
{
    char *text = NULL;
    if (curl_url_get(parsed, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return refuse(error, HERD_ENOMEM, "out of memory");
    url->size = strlen(text) + 1;
    url->text = herd_mem_alloc(mem, url->size);
    if (url->text != NULL)
        memcpy(url->text, text, url->size);
    curl_free(text);
    return url->text != NULL ? HERD_OK : refuse(error, HERD_ENOMEM, "out of memory");
}

/* Uses libcurl's parser, so that the host checked here is the one that libcurl connects to.
 */
static int read_url(const struct herd_mem *mem, const char *text, bool proxy,
                    struct io_fetch_url *url, struct herd_error_text *error)
{
    *url = (struct io_fetch_url){0};
    CURLU *parsed = curl_url();
    if (parsed == NULL)
        return refuse(error, HERD_ENOMEM, "out of memory");
    CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    int rc = code == CURLUE_OK ? check(parsed, text, proxy, url, error)
             : code == CURLUE_OUT_OF_MEMORY
                 ? refuse(error, HERD_ENOMEM, "out of memory")
                 : refuse(error, HERD_EBAD, "the URL is malformed");
    if (rc == HERD_OK)
        rc = copy(mem, parsed, url, error);
    curl_url_cleanup(parsed);
    return rc;
}

int io_fetch_url_read(const struct herd_mem *mem, const char *text,
                      struct io_fetch_url *url, struct herd_error_text *error)
{
    return read_url(mem, text, false, url, error);
}

int io_fetch_url_read_proxy(const struct herd_mem *mem, const char *text,
                            struct io_fetch_url *url, struct herd_error_text *error)
{
    return read_url(mem, text, true, url, error);
}

void io_fetch_url_free(const struct herd_mem *mem, struct io_fetch_url *url)
{
    herd_mem_free(mem, url->text, url->size);
    *url = (struct io_fetch_url){0};
}

/* ---- keys -------------------------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

size_t io_fetch_key_size(const char *key)
{
    size_t size = 1;
    for (; *key != '\0'; key++)
        size += is_unreserved(*key) ? 1 : 3;
    return size;
}

void io_fetch_key_encode(char *out, const char *key)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *key != '\0'; key++) {
        unsigned char c = (unsigned char)*key;
        if (is_unreserved(*key)) {
            *out++ = *key;
            continue;
        }
        *out++ = '%';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    *out = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether `text` begins with the key, each byte of which may be percent-encoded. A '%' is
 * always encoded when anything is. */
static bool begins_encoded(const char *key, const char *text)
{
    for (; *key != '\0'; key++) {
        if (*text == *key && *key != '%') {
            text++;
            continue;
        }
        int high = *text == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;
        if (low < 0 || high * 16 + low != (unsigned char)*key)
            return false;
        text += 3;
    }
    return true;
}

bool io_fetch_key_shows(const char *key, const char *text)
{
    if (strstr(text, key) != NULL)
        return true;
    for (; *text != '\0'; text++)
        if (begins_encoded(key, text))
            return true;
    return false;
}
