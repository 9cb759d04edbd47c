#include "io/fetch_url.h"

#include "herd/err.h"
#include "io/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int refuse(char *why, int code, const char *text)
{
    (void)snprintf(why, IO_FETCH_WHY, "%s", text);
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

static int check(CURLU *parsed, const char *text, struct io_fetch_url *url, char *why)
{
    char *scheme = NULL;
    char *host = NULL;
    if (curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        curl_free(scheme);
        return refuse(why, HERD_EBAD, "the URL has no scheme or no host");
    }
    bool loopback = false;
    bool http = strcmp(scheme, "http") == 0;
    url->secure = strcmp(scheme, "https") == 0;
    read_host(url, host, &loopback);
    curl_free(scheme);
    curl_free(host);
    if (!url->secure && !http)
        return refuse(why, HERD_EBAD, "the URL is not an https one");
    if (!url->secure && !loopback)
        return refuse(why, HERD_EBAD, "http is for loopback addresses only: use https");
    if (has(parsed, CURLUPART_USER) || has(parsed, CURLUPART_PASSWORD))
        return refuse(why, HERD_EBAD, "the URL has a user or a password");
    if (strpbrk(text, "?#") != NULL)
        return refuse(why, HERD_EBAD, "the URL has a query or a fragment");
    return HERD_OK;
}

static int copy(const struct herd_mem *mem, CURLU *parsed, struct io_fetch_url *url,
                char *why)
{
    char *text = NULL;
    if (curl_url_get(parsed, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return refuse(why, HERD_ENOMEM, "out of memory");
    url->size = strlen(text) + 1;
    url->text = herd_mem_alloc(mem, url->size);
    if (url->text != NULL)
        memcpy(url->text, text, url->size);
    curl_free(text);
    return url->text != NULL ? HERD_OK : refuse(why, HERD_ENOMEM, "out of memory");
}

/* libcurl's own parser: what is checked here is what it will connect to. */
int io_fetch_url_read(const struct herd_mem *mem, const char *text,
                      struct io_fetch_url *url, char *why)
{
    *url = (struct io_fetch_url){0};
    CURLU *parsed = curl_url();
    if (parsed == NULL)
        return refuse(why, HERD_ENOMEM, "out of memory");
    CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    int rc = code == CURLUE_OK ? check(parsed, text, url, why)
             : code == CURLUE_OUT_OF_MEMORY
                 ? refuse(why, HERD_ENOMEM, "out of memory")
                 : refuse(why, HERD_EBAD, "the URL is malformed");
    if (rc == HERD_OK)
        rc = copy(mem, parsed, url, why);
    curl_url_cleanup(parsed);
    return rc;
}

void io_fetch_url_free(const struct herd_mem *mem, struct io_fetch_url *url)
{
    herd_mem_free(mem, url->text, url->size);
    *url = (struct io_fetch_url){0};
}

/* ---- keys --------------------------------------------------------------------------- */

static const char prefix[] = "key=";

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

size_t io_fetch_key_size(const char *key)
{
    size_t size = sizeof prefix;
    for (; *key != '\0'; key++)
        size += is_unreserved(*key) ? 1 : 3;
    return size;
}

void io_fetch_key_encode(char *out, const char *key)
{
    static const char hex[] = "0123456789ABCDEF";
    memcpy(out, prefix, sizeof prefix - 1);
    out += sizeof prefix - 1;
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
