/* SPDX-License-Identifier: ISC */
#include "fetch_plan.h"

#include "herd/err.h"
#include "mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

/* libcurl cuts its texts at CURL_ERROR_SIZE, and a key that is cut is not recognised. */
enum { ERROR_NEAR_END = CURL_ERROR_SIZE - 8 };

static int no_memory(struct herd_error_text *error)
{
    herd_error_set(error, "out of memory");
    return HERD_ENOMEM;
}

static bool is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---- header lines ------------------------------------------------------------------ */

/* Allocates the room for all lines at once, so that lines never move. */
static int make_room(struct io_fetch_plan *plan, size_t size)
{
    plan->headers.text = herd_mem_alloc(plan->mem, size);
    plan->headers.size = size;
    return plan->headers.text != NULL ? HERD_OK : HERD_ENOMEM;
}

static void add_line(struct io_fetch_headers *h, const char *name, const char *value)
{
    enum { LINES = sizeof h->lines / sizeof h->lines[0] };
    assert(h->count < LINES);
    char *at = h->text + h->used;
    int len = snprintf(at, h->size - h->used, "%s%s", name, value);
    assert(len > 0 && (size_t)len < h->size - h->used);
    h->used += (size_t)len + 1;
    h->lines[h->count] = (struct curl_slist){.data = at, .next = NULL};
    if (h->count > 0)
        h->lines[h->count - 1].next = &h->lines[h->count];
    h->count++;
}

static void add_named(struct io_fetch_headers *h, const char *name, const char *value)
{
    char *at = h->text + h->used;
    add_line(h, name, ": ");
    h->used += strlen(value);
    memcpy(at + strlen(at), value, strlen(value) + 1);
}

/* An empty "Expect:" makes libcurl leave that header line out, for which it would wait. */
static int keep_headers(struct io_fetch_plan *plan, const struct io_fetch_setup *setup,
                        struct herd_error_text *error)
{
    static const char type[] = "Content-Type", expect[] = "Expect:";
    bool with_type = setup->post && is_text(setup->content_type);
    bool with_key = plan->key != NULL && is_text(setup->key_header);
    size_t size = sizeof expect + 1;
    size += with_type ? sizeof type + 2 + strlen(setup->content_type) : 0;
    size += is_text(setup->header) ? strlen(setup->header) + 1 : 0;
    size += with_key ? strlen(setup->key_header) + 3 + strlen(plan->key) : 0;
    if (make_room(plan, size) != HERD_OK)
        return no_memory(error);
    if (setup->post)
        add_line(&plan->headers, expect, "");
    if (with_type)
        add_named(&plan->headers, type, setup->content_type);
    if (is_text(setup->header))
        add_line(&plan->headers, setup->header, "");
    if (with_key)
        add_named(&plan->headers, setup->key_header, plan->key);
    return HERD_OK;
}

/* ---- key --------------------------------------------------------------------------- */

/* A line break in the key would begin another header line. */
static bool fits_header(const char *key)
{
    for (; *key != '\0'; key++)
        if (*key <= ' ' || *key > '~')
            return false;
    return true;
}

static int keep_key(struct io_fetch_plan *plan, const struct io_fetch_setup *setup,
                    struct herd_error_text *error)
{
    const char *key = setup->key, *name = setup->key_param;
    bool in_header = is_text(setup->key_header);
    assert(!in_header || !is_text(name));
    if (!is_text(key) || (!in_header && !is_text(name)))
        return HERD_OK;
    if (in_header && !fits_header(key)) {
        herd_error_set(error, "the key has a blank, a control or a non-ASCII byte");
        return HERD_EBAD;
    }
    size_t plain = strlen(key) + 1;
    size_t prefix = in_header ? 0 : strlen(name) + 1;
    plan->key_size = plain + (in_header ? 1 : prefix + io_fetch_key_size(key));
    plan->key = herd_mem_zalloc(plan->mem, plan->key_size);
    if (plan->key == NULL)
        return no_memory(error);
    memcpy(plan->key, key, plain);
    plan->param = plan->key + plain;
    if (!in_header) {
        (void)snprintf(plan->param, prefix + 1, "%s=", name);
        io_fetch_key_encode(plan->param + prefix, key);
    }
    return HERD_OK;
}

bool io_fetch_plan_shows_key(const struct io_fetch_plan *plan, const char *text)
{
    return plan->key != NULL &&
           (strlen(text) >= ERROR_NEAR_END || io_fetch_key_shows(plan->key, text));
}

/* ---- certificates, proxy, the whole ------------------------------------------------ */

/* TLS libraries read the file at the first connection; an error in its name has to show at
 * the start. */
static int check_ca_file(const char *path, struct herd_error_text *error)
{
    char line[128];
    bool found = false;
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        herd_error_set(error, "%.180s: %s", path, strerror(errno));
        return HERD_ESYS;
    }
    while (!found && fgets(line, sizeof line, in) != NULL)
        found = strstr(line, "-----BEGIN ") != NULL;
    (void)fclose(in);
    if (found)
        return HERD_OK;
    herd_error_set(error, "%.180s: holds no certificate in PEM form", path);
    return HERD_EBAD;
}

static int keep_ca_file(struct io_fetch_plan *plan, const char *path,
                        struct herd_error_text *error)
{
    if (!is_text(path))
        return HERD_OK;
    int rc = check_ca_file(path, error);
    if (rc != HERD_OK)
        return rc;
    plan->ca_size = strlen(path) + 1;
    plan->ca_file = herd_mem_alloc(plan->mem, plan->ca_size);
    if (plan->ca_file == NULL)
        return no_memory(error);
    memcpy(plan->ca_file, path, plan->ca_size);
    return HERD_OK;
}

/* A proxy would connect to its own loopback, and the request, the key included, would
 * travel to the proxy in clear text. */
static int keep_proxy(struct io_fetch_plan *plan, const char *proxy,
                      struct herd_error_text *error)
{
    struct herd_error_text inner;
    if (!is_text(proxy))
        return HERD_OK;
    int rc = io_fetch_url_read_proxy(plan->mem, proxy, &plan->proxy, &inner);
    if (rc != HERD_OK)
        herd_error_set(error, "proxy: %s", inner.text);
    if (rc != HERD_OK || plan->url.secure)
        return rc;
    herd_error_set(error, "proxy: for https only");
    return HERD_EBAD;
}

int io_fetch_plan_make(struct io_fetch_plan *plan, const struct herd_mem *mem,
                       const struct io_fetch_setup *setup, struct herd_error_text *error)
{
    plan->mem = mem;
    plan->setup = *setup;
    plan->setup.url = plan->setup.content_type = plan->setup.header = NULL;
    plan->setup.key = plan->setup.key_param = plan->setup.key_header = NULL;
    plan->setup.ca_file = plan->setup.proxy = NULL;
    int rc = io_fetch_url_read(mem, setup->url, &plan->url, error);
    if (rc == HERD_OK)
        rc = keep_key(plan, setup, error);
    if (rc == HERD_OK)
        rc = keep_headers(plan, setup, error);
    if (rc == HERD_OK)
        rc = keep_ca_file(plan, setup->ca_file, error);
    if (rc == HERD_OK)
        rc = keep_proxy(plan, setup->proxy, error);
    return rc;
}

void io_fetch_plan_free(struct io_fetch_plan *plan)
{
    struct io_fetch_headers *h = &plan->headers;
    io_fetch_url_free(plan->mem, &plan->url);
    io_fetch_url_free(plan->mem, &plan->proxy);
    if (h->text != NULL)
        io_mem_wipe(h->text, h->size);
    herd_mem_free(plan->mem, h->text, h->size);
    if (plan->key != NULL)
        io_mem_wipe(plan->key, plan->key_size);
    herd_mem_free(plan->mem, plan->key, plan->key_size);
    herd_mem_free(plan->mem, plan->ca_file, plan->ca_size);
    plan->key = NULL;
}
