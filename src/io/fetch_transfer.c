#include "io/fetch_transfer.h"

#include "herd/err.h"
#include "io/mem.h"

#include <assert.h>
#include <stdio.h>

enum { HEADERS_MAX = 64 * 1024 };

/* ---- what all have in common -------------------------------------------------------- */

static int keep_key(struct io_fetch_plan *plan, const char *key, char *why)
{
    if (key == NULL || key[0] == '\0')
        return HERD_OK;
    size_t plain = strlen(key) + 1;
    plan->key_size = plain + io_fetch_key_size(key);
    plan->key = herd_mem_alloc(plan->mem, plan->key_size);
    if (plan->key == NULL) {
        (void)snprintf(why, IO_FETCH_WHY, "out of memory");
        return HERD_ENOMEM;
    }
    memcpy(plan->key, key, plain);
    plan->param = plan->key + plain;
    io_fetch_key_encode(plan->param, key);
    return HERD_OK;
}

int io_fetch_plan_make(struct io_fetch_plan *plan, const struct herd_mem *mem,
                       const struct io_fetch_setup *setup, char *why)
{
    plan->mem = mem;
    plan->setup = *setup;
    plan->setup.url = NULL;
    plan->setup.key = NULL;
    int rc = io_fetch_url_read(mem, setup->url, &plan->url, why);
    return rc == HERD_OK ? keep_key(plan, setup->key, why) : rc;
}

void io_fetch_plan_free(struct io_fetch_plan *plan)
{
    io_fetch_url_free(plan->mem, &plan->url);
    if (plan->key != NULL)
        io_mem_wipe(plan->key, plan->key_size);
    herd_mem_free(plan->mem, plan->key, plan->key_size);
    plan->key = NULL;
}

/* ---- callbacks and options ---------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct io_fetch_transfer *t = arg;
    size_t len = size * count;
    ++*t->plan->progress;
    int rc = herd_buf_append(&t->body, herd_slice(bytes, len));
    if (rc == HERD_OK)
        return len;
    t->refusal = rc == HERD_EFULL ? IO_FETCH_BODY : IO_FETCH_MEMORY;
    return len + 1; /* any other number than `len` ends the transfer, also when it is 0 */
}

/* libcurl keeps headers, and its older versions keep any number of them. */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct io_fetch_transfer *t = arg;
    size_t len = size * count;
    (void)bytes;
    ++*t->plan->progress;
    t->header_bytes += len;
    if (t->header_bytes <= HEADERS_MAX)
        return len;
    t->refusal = IO_FETCH_HEADERS;
    return len + 1;
}

/* Most of the time allowed may pass without a byte, but not all of it: a server that
 * sends next to nothing is given up a little earlier. */
static long low_speed_seconds(int64_t timeout_ms)
{
    return (long)((timeout_ms * 3 / 4 + 999) / 1000);
}

static bool set_limits(CURL *easy, const struct io_fetch_setup *setup)
{
    return curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)setup->timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)setup->connect_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                            low_speed_seconds(setup->timeout_ms)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)setup->body_max) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE,
                            setup->connects_max == 0 ? 1L : 0L) == CURLE_OK;
}

/* What libcurl may do: nothing but one plain request to the host of the URL. Without
 * QUICK_EXIT a transfer that ends while its name is looked up waits for the resolver. */
static bool set_manners(CURL *easy, const struct io_fetch_plan *plan)
{
    const char *protocol = plan->url.secure ? "https" : "http";
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
#if LIBCURL_VERSION_NUM >= 0x075700
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
#endif
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocol) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocol) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "herd/" HERD_VERSION) == CURLE_OK;
}

static bool set_callbacks(CURL *easy, struct io_fetch_transfer *t)
{
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK;
}

/* libcurl copies the URL. Ours held the key and is wiped. */
static bool set_url(const struct io_fetch_plan *plan, CURL *easy, struct herd_slice query)
{
    const char *param = plan->param != NULL ? plan->param : "";
    const char *join = query.len > 0 && param[0] != '\0' ? "&" : "";
    size_t size = plan->url.size + 1 + query.len + 1 + strlen(param);
    char *url = herd_mem_alloc(plan->mem, size);
    if (url == NULL)
        return false;
    int len = snprintf(url, size, "%s?%.*s%s%s", plan->url.text, (int)query.len,
                       query.len > 0 ? query.data : "", join, param);
    assert(len > 0 && (size_t)len < size);
    bool ok = len > 0 && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
    io_mem_wipe(url, size);
    herd_mem_free(plan->mem, url, size);
    return ok;
}

bool io_fetch_plan_works(const struct io_fetch_plan *plan)
{
    CURL *easy = curl_easy_init();
    bool works = easy != NULL && set_limits(easy, &plan->setup) && set_manners(easy, plan);
    curl_easy_cleanup(easy);
    return works;
}

/* ---- beginning and end -------------------------------------------------------------- */

void io_fetch_transfer_free(struct io_fetch_transfer *t)
{
    const struct herd_mem *mem = t->plan->mem;
    curl_easy_cleanup(t->easy);
    herd_buf_free(&t->body);
    herd_mem_free(mem, t, sizeof *t);
}

struct io_fetch_transfer *io_fetch_transfer_new(const struct io_fetch_plan *plan,
                                                uint64_t id, struct herd_slice query)
{
    struct io_fetch_transfer *t = herd_mem_zalloc(plan->mem, sizeof *t);
    if (t == NULL)
        return NULL;
    t->plan = plan;
    t->id = id;
    herd_buf_init(&t->body, plan->mem, plan->setup.body_max);
    t->easy = curl_easy_init();
    if (t->easy != NULL && set_limits(t->easy, &plan->setup) &&
        set_manners(t->easy, plan) && set_callbacks(t->easy, t) &&
        set_url(plan, t->easy, query))
        return t;
    io_fetch_transfer_free(t);
    return NULL;
}

/* libcurl's texts do not hold the URL, but they may quote what a server sent, and a
 * server may send back the key. */
static bool shows_key(const struct io_fetch_plan *plan, const char *text)
{
    return plan->key != NULL && (strstr(text, plan->key) != NULL ||
                                 strstr(text, plan->param + strlen("key=")) != NULL);
}

static void explain(struct io_fetch_transfer *t, CURLcode code)
{
    const struct io_fetch_plan *plan = t->plan;
    const char *text = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
    if (shows_key(plan, text))
        text = curl_easy_strerror(code);
    if (t->refusal == IO_FETCH_BODY || code == CURLE_FILESIZE_EXCEEDED)
        (void)snprintf(t->why, sizeof t->why, "the reply is larger than %zu bytes",
                       plan->setup.body_max);
    else if (t->refusal == IO_FETCH_HEADERS)
        (void)snprintf(t->why, sizeof t->why,
                       "the headers of the reply are larger than %d bytes", HEADERS_MAX);
    else if (t->refusal == IO_FETCH_MEMORY || code == CURLE_OUT_OF_MEMORY)
        (void)snprintf(t->why, sizeof t->why, "out of memory");
    else if (code == CURLE_OPERATION_TIMEDOUT)
        (void)snprintf(t->why, sizeof t->why, "timeout: %.240s", text);
    else
        (void)snprintf(t->why, sizeof t->why, "%s", text);
}

void io_fetch_transfer_end(struct io_fetch_transfer *t, CURLcode code)
{
    long status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->status = (int)status;
    if (t->status == 0)
        explain(t, code != CURLE_OK ? code : CURLE_WEIRD_SERVER_REPLY);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}
