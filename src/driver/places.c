/* SPDX-License-Identifier: ISC */
#include "actions.h"
#include "driver_internal.h"
#include "herd/err.h"
#include "herd/provider.h"

#include <string.h>
#include <strings.h>

enum {
    FETCH_GRACE_MS =
        1000,         /* the core times out first and reports it; this is the backstop */
    SLOW_MS = 5000,   /* a reply that has begun and brings less than ... */
    SLOW_BYTES = 100, /* ... than this in that time is ended */
};

static const char *url_of(const struct driver *driver, const struct herd_provider *provider)
{
    const char *own = driver->setup.conf->places_url;
    return own[0] != '\0' ? own : provider->url;
}

/* The configuration was accepted, so there is one, and it has an address. */
static const struct herd_provider *provider_of(const struct driver *driver)
{
    return herd_provider_find(herd_slice_str(driver->setup.conf->places_provider));
}

/* A provider that wants a key answers no request without one; a stand-in on this machine,
 * which is reached by plain HTTP, may. */
const char *driver_places_unavailable(const struct driver *driver)
{
    const struct herd_provider *provider = provider_of(driver);
    if (driver->setup.places_key[0] != '\0' || provider->key_place == HERD_KEY_NONE ||
        strncasecmp(url_of(driver, provider), "https:", 6) != 0)
        return NULL;
    return "This server has no Places API key; set places-key-file in its configuration.";
}

static void on_note(void *arg, const char *text)
{
    struct driver *driver = arg;
    driver_clock(driver);
    io_log_line(driver->setup.log, driver->wall, "places", NULL, '-', herd_slice_str(text));
}

static struct io_fetch_setup fetch_setup(const struct driver *driver,
                                         const struct herd_provider *provider)
{
    const struct herd_conf *conf = driver->setup.conf;
    bool enterprise = strcmp(conf->places_fields, "enterprise") == 0;
    return (struct io_fetch_setup){
        .url = url_of(driver, provider),
        .post = provider->post,
        .content_type = provider->content_type,
        .header = enterprise ? provider->header_enterprise : provider->header_pro,
        .key = driver->setup.places_key,
        .key_param = provider->key_place == HERD_KEY_QUERY ? provider->key_name : NULL,
        .key_header = provider->key_place == HERD_KEY_HEADER ? provider->key_name : NULL,
        .ca_file = driver->setup.places_ca_file,
        .proxy = conf->places_proxy,
        .body_max = (size_t)conf->places_body_max,
        .timeout_ms = conf->places_timeout_ms + FETCH_GRACE_MS,
        .connect_ms = conf->places_connect_timeout_ms,
        .slow_ms = SLOW_MS,
        .slow_bytes = SLOW_BYTES,
        .connects_max = (size_t)conf->lookups_max,
        .note = on_note,
    };
}

int driver_places_start(struct driver *driver, struct herd_error_text *error)
{
    const struct herd_provider *provider = provider_of(driver);
    struct herd_error_text inner;
    struct io_fetch_setup setup = fetch_setup(driver, provider);
    driver->fetch = io_fetch_new(driver->setup.mem, driver->loop, &setup,
                                 driver_places_done, driver, &inner);
    if (driver->fetch == NULL)
        herd_error_set(error, "Places: %s", inner.text);
    return driver->fetch != NULL ? HERD_OK : HERD_ESYS;
}
