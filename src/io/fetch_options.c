/* SPDX-License-Identifier: ISC */
#include "fetch_options.h"

#include "fetch_memory.h"
#include "herd/err.h"

#include <string.h>

#if LIBCURL_VERSION_NUM < 0x075100
#error "libcurl 7.81 or newer is needed"
#endif

/* ---- whether libcurl can serve the plan -------------------------------------------- */

/* In some versions curl_global_init is not safe while other threads run. The memory that it
 * allocates lives as long as the process. */
bool io_fetch_options_start(struct herd_error_text *error)
{
    static bool started;
    if (!started && io_fetch_memory_init() != CURLE_OK)
        herd_error_set(error, "libcurl does not start");
    else
        started = true;
    return started;
}

static bool has_protocol(const curl_version_info_data *info, const char *name)
{
    for (const char *const *at = info->protocols; *at != NULL; at++)
        if (strcmp(*at, name) == 0)
            return true;
    return false;
}

const char *io_fetch_options_unfit(const struct io_fetch_plan *plan,
                                   const curl_version_info_data *info)
{
    const struct io_fetch_url *reached =
        plan->proxy.text != NULL ? &plan->proxy : &plan->url;
    if (info->version_num < IO_FETCH_LIBCURL_OLDEST)
        return "libcurl is older than " IO_FETCH_LIBCURL_OLDEST_TEXT;
    if (reached->resolves && !(info->features & CURL_VERSION_ASYNCHDNS))
        return "this libcurl would block on names: use an address in the URL";
    if (plan->url.secure &&
        (!(info->features & CURL_VERSION_SSL) || !has_protocol(info, "https")))
        return "this libcurl lacks https";
    return NULL;
}

/* ---- options ----------------------------------------------------------------------- */

static bool set(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool apply_limits(const struct io_fetch_setup *setup, CURL *easy)
{
    return set(easy, CURLOPT_TIMEOUT_MS, (long)setup->timeout_ms) &&
           set(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)setup->connect_ms) &&
           curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)setup->body_max) ==
               CURLE_OK &&
           set(easy, CURLOPT_FORBID_REUSE, setup->connects_max == 0);
}

/* Neither the URL nor a redirection uses another protocol. libcurl 7.85 takes names, not
 * bits; newer ones still serve programs that were compiled with older headers. */
static bool apply_protocol(const struct io_fetch_plan *plan, CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    const char *protocol = plan->url.secure ? "https" : "http";
    return set_text(easy, CURLOPT_PROTOCOLS_STR, protocol) &&
           set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocol);
#else
    long protocol = plan->url.secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP;
    return set(easy, CURLOPT_PROTOCOLS, protocol) &&
           set(easy, CURLOPT_REDIR_PROTOCOLS, protocol);
#endif
}

/* Makes libcurl send one plain request to the host of the URL and nothing else. Without
 * QUICK_EXIT a transfer that ends during the lookup of its name waits for the resolver. */
static bool apply_restrictions(const struct io_fetch_plan *plan, CURL *easy)
{
    return set(easy, CURLOPT_NOSIGNAL, 1) &&
#if LIBCURL_VERSION_NUM >= 0x075700
           set(easy, CURLOPT_QUICK_EXIT, 1) &&
#endif
           apply_protocol(plan, easy) && set(easy, CURLOPT_FOLLOWLOCATION, 0) &&
           set(easy, CURLOPT_UNRESTRICTED_AUTH, 0) &&
           set(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1) &&
           set(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED) &&
           set(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           set(easy, CURLOPT_HTTP09_ALLOWED, 0) &&
           set(easy, CURLOPT_HTTP_CONTENT_DECODING, 0) &&
           set_text(easy, CURLOPT_USERAGENT, "herd/" HERD_VERSION);
}

/* The empty NOPROXY list replaces that of the environment. A proxy gets none of our header
 * lines, and its own header lines are not part of the reply. */
static bool apply_proxy(const struct io_fetch_plan *plan, CURL *easy)
{
    const char *proxy = plan->proxy.text != NULL ? plan->proxy.text : "";
    return set_text(easy, CURLOPT_PROXY, proxy) && set_text(easy, CURLOPT_NOPROXY, "") &&
           set(easy, CURLOPT_HTTPPROXYTUNNEL, proxy[0] != '\0') &&
           set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1) &&
           set(easy, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);
}

/* CAPATH, the system's folder of certificates, would count besides the file. A TLS library
 * without such a folder refuses the option. */
static bool apply_tls(const struct io_fetch_plan *plan, CURL *easy)
{
    if (!plan->url.secure)
        return true;
    if (plan->ca_file != NULL) {
        CURLcode code = curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL);
        if ((code != CURLE_OK && code != CURLE_NOT_BUILT_IN &&
             code != CURLE_UNKNOWN_OPTION) ||
            !set_text(easy, CURLOPT_CAINFO, plan->ca_file) ||
            !set(easy, CURLOPT_SSL_OPTIONS, 0))
            return false;
    }
    return set(easy, CURLOPT_SSL_VERIFYPEER, 1) && set(easy, CURLOPT_SSL_VERIFYHOST, 2) &&
           set(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
}

bool io_fetch_options_apply(const struct io_fetch_plan *plan, CURL *easy)
{
    struct curl_slist *lines = (struct curl_slist *)(uintptr_t)plan->headers.lines;
    return apply_limits(&plan->setup, easy) && apply_restrictions(plan, easy) &&
           apply_proxy(plan, easy) && apply_tls(plan, easy) &&
           (plan->headers.count == 0 ||
            curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines) == CURLE_OK);
}

bool io_fetch_options_check(const struct io_fetch_plan *plan, struct herd_error_text *error)
{
    const char *unfit = io_fetch_options_unfit(plan, curl_version_info(CURLVERSION_NOW));
    if (unfit != NULL) {
        herd_error_set(error, "%s", unfit);
        return false;
    }
    CURL *easy = curl_easy_init();
    bool works = easy != NULL && io_fetch_options_apply(plan, easy);
    curl_easy_cleanup(easy);
    if (!works)
        herd_error_set(error, "this libcurl lacks an option that is needed");
    return works;
}
