/* SPDX-License-Identifier: ISC */
#include "fetch_transfer.h"

#include "fetch_options.h"
#include "fetch_redact.h"

#include "clock.h"
#include "herd/err.h"
#include "mem.h"

#include <assert.h>
#include <stdio.h>

enum { HEADERS_MAX = 64 * 1024 };

/* ---- receiving --------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct io_fetch_transfer *t = arg;
    size_t len = size * count;
    t->plan->tally->progress++;
    t->arrived += len;
    int rc = herd_buf_append(&t->body, herd_slice(bytes, len));
    if (rc == HERD_OK)
        return len;
    t->refusal = rc == HERD_EFULL ? IO_FETCH_BODY : IO_FETCH_MEMORY;
    return len + 1; /* any other number than `len` ends the transfer, also when it is 0 */
}

/* An interim reply (100, 103) is not the beginning of the reply. */
static bool is_interim(struct herd_slice line)
{
    const char *blank = memchr(line.data, ' ', line.len);
    return blank != NULL && blank + 1 < line.data + line.len && blank[1] == '1';
}

static void note_begin(struct io_fetch_transfer *t, struct herd_slice line)
{
    if (t->begun || line.len < 5 || memcmp(line.data, "HTTP/", 5) != 0 || is_interim(line))
        return;
    t->begun = true;
    t->plan->tally->begun++;
}

/* libcurl keeps headers, and its older versions keep any number of them. */
static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct io_fetch_transfer *t = arg;
    size_t len = size * count;
    t->plan->tally->progress++;
    note_begin(t, herd_slice(bytes, len));
    io_fetch_retry_note(&t->retry, herd_slice(bytes, len));
    t->arrived += len;
    t->header_bytes += len;
    if (t->header_bytes <= HEADERS_MAX)
        return len;
    t->refusal = IO_FETCH_HEADERS;
    return len + 1;
}

/* When a kept connection breaks before a reply has come, libcurl repeats the request by
 * itself. The owner, who counts requests, decides about that, so a repetition is aborted.
 */
static int on_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct io_fetch_transfer *t = arg;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    if (!t->sent) {
        t->sent = true;
        return CURL_PREREQFUNC_OK;
    }
    t->refusal = IO_FETCH_AGAIN;
    return CURL_PREREQFUNC_ABORT;
}

static bool set_callbacks(CURL *easy, struct io_fetch_transfer *t)
{
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->libcurl_error) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK;
}

/* ---- the request ------------------------------------------------------------------- */

/* libcurl copies the URL. Our copy has the key and is wiped. */
static bool set_url(const struct io_fetch_plan *plan, CURL *easy, struct herd_slice query)
{
    const char *param = plan->param != NULL ? plan->param : "";
    const char *mark = query.len > 0 || param[0] != '\0' ? "?" : "";
    const char *join = query.len > 0 && param[0] != '\0' ? "&" : "";
    size_t size = plan->url.size + 1 + query.len + 1 + strlen(param);
    char *url = herd_mem_alloc(plan->mem, size);
    if (url == NULL)
        return false;
    int len = snprintf(url, size, "%s%s%.*s%s%s", plan->url.text, mark, (int)query.len,
                       query.len > 0 ? query.data : "", join, param);
    assert(len > 0 && (size_t)len < size);
    bool ok = len > 0 && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
    io_mem_wipe(url, size);
    herd_mem_free(plan->mem, url, size);
    return ok;
}

static bool set_body(CURL *easy, struct herd_slice body)
{
    const char *bytes = body.len > 0 ? body.data : "";
    return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes) == CURLE_OK;
}

static bool set_request(const struct io_fetch_plan *plan, CURL *easy,
                        struct herd_slice request)
{
    if (!plan->setup.post)
        return set_url(plan, easy, request);
    return set_url(plan, easy, HERD_LIT("")) && set_body(easy, request);
}

/* ---- beginning and end ------------------------------------------------------------- */

void io_fetch_transfer_free(struct io_fetch_transfer *t)
{
    const struct herd_mem *mem = t->plan->mem;
    curl_easy_cleanup(t->easy);
    herd_buf_free(&t->body);
    herd_mem_free(mem, t, sizeof *t);
}

struct io_fetch_transfer *io_fetch_transfer_new(const struct io_fetch_plan *plan,
                                                uint64_t id, struct herd_slice request)
{
    struct io_fetch_transfer *t = herd_mem_zalloc(plan->mem, sizeof *t);
    if (t == NULL)
        return NULL;
    t->plan = plan;
    t->id = id;
    t->check_at = HERD_NEVER;
    herd_buf_init(&t->body, plan->mem, plan->setup.body_max);
    t->easy = curl_easy_init();
    if (t->easy != NULL && io_fetch_options_apply(plan, t->easy) &&
        set_callbacks(t->easy, t) && set_request(plan, t->easy, request))
        return t;
    io_fetch_transfer_free(t);
    return NULL;
}

static void explain_code(struct io_fetch_transfer *t, CURLcode code)
{
    const char *text =
        t->libcurl_error[0] != '\0' ? t->libcurl_error : curl_easy_strerror(code);
    if (io_fetch_plan_shows_key(t->plan, text))
        text = curl_easy_strerror(code);
    herd_error_set(&t->error, "%s%.240s",
                   code == CURLE_OPERATION_TIMEDOUT ? "timeout: " : "", text);
}

/* libcurl's texts do not hold the URL, but they may quote what a server sent, and a
 * server may send back the key. */
static void explain(struct io_fetch_transfer *t, CURLcode code)
{
    const struct io_fetch_setup *setup = &t->plan->setup;
    if (t->refusal == IO_FETCH_BODY || code == CURLE_FILESIZE_EXCEEDED)
        herd_error_set(&t->error, "the reply is larger than %zu bytes", setup->body_max);
    else if (t->refusal == IO_FETCH_HEADERS)
        herd_error_set(&t->error, "the headers of the reply are larger than %d bytes",
                       HEADERS_MAX);
    else if (t->refusal == IO_FETCH_SLOW)
        herd_error_set(&t->error,
                       "timeout: fewer than %zu bytes of the reply came in %lld ms",
                       setup->slow_bytes, (long long)setup->slow_ms);
    else if (t->refusal == IO_FETCH_AGAIN)
        herd_error_set(&t->error, "the connection broke before a reply came");
    else if (t->refusal == IO_FETCH_MEMORY || code == CURLE_OUT_OF_MEMORY)
        herd_error_set(&t->error, "out of memory");
    else
        explain_code(t, code);
    if (io_fetch_plan_shows_key(t->plan, t->error.text))
        herd_error_set(&t->error, "the transfer failed");
}

void io_fetch_transfer_end(struct io_fetch_transfer *t, CURLcode code)
{
    long number = 0;
    if (curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &number) == CURLE_OK)
        t->plan->tally->connects += (uint64_t)number;
    number = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &number);
    t->status = (int)number;
    if (t->status != 0)
        t->retry_after_ms =
            io_fetch_retry_ms(&t->retry, io_clock_wall().ns / HERD_NS_PER_S);
    if (t->status == 0)
        explain(t, code != CURLE_OK ? code : CURLE_WEIRD_SERVER_REPLY);
    else if (t->plan->key != NULL && t->body.len > 0)
        t->body.len =
            io_fetch_redact(t->plan->key, t->body.data + t->body.head, t->body.len);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}
