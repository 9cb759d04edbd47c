/* SPDX-License-Identifier: ISC */
/* The values that some options may have, and the limits of each Places provider. */
#include "read.h"

#include "herd/provider.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { CHOICES_TEXT = 200 }; /* bytes; holds all values of any option, with NUL */

static bool is(const struct conf_option *option, size_t offset)
{
    return option->offset == offset;
}

/* The i-th value that the option may have; NULL after the last one, and for an option that
 * may have any value. */
static const char *choice(const struct conf_option *option, size_t i)
{
    static const char *const fields[] = {"pro", "enterprise", NULL};
    static const char *const acks[] = {"memory", "disk", NULL};
    const struct herd_provider *provider = herd_provider_at(i);
    if (is(option, offsetof(struct herd_conf, places_fields)))
        return fields[i];
    if (is(option, offsetof(struct herd_conf, report_ack)))
        return acks[i];
    if (is(option, offsetof(struct herd_conf, places_provider)) && provider != NULL)
        return provider->name;
    return NULL;
}

/* "a, b or c" */
static void list_choices(const struct conf_option *option, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; choice(option, i) != NULL; i++) {
        const char *between = choice(option, i + 1) == NULL ? " or " : ", ";
        len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? between : "",
                                choice(option, i));
        assert(len < size);
    }
}

bool herd_conf_is_allowed(struct conf_reader *reader, const struct conf_option *option,
                          struct herd_slice word)
{
    char choices[CHOICES_TEXT];
    size_t i = 0;
    while (choice(option, i) != NULL &&
           !herd_slice_eq(word, herd_slice_str(choice(option, i))))
        i++;
    if (i == 0 || choice(option, i) != NULL)
        return true;
    list_choices(option, choices, sizeof choices);
    herd_conf_error(reader, "%s: %s is unknown: %s is expected", option->name,
                    herd_conf_quote(reader, word), choices);
    return false;
}

/* An option whose value was refused is not checked. */
void herd_conf_check_places(struct conf_reader *reader)
{
    const struct herd_conf *conf = reader->conf;
    if (conf->places_provider == NULL)
        return;
    const struct herd_provider *provider =
        herd_provider_find(herd_slice_str(conf->places_provider));
    if (conf->places_cache_ms > provider->cache_max_ms)
        herd_conf_error(reader,
                        "places-cache-ms: %" PRId64 " is more than the terms of %s allow: "
                        "a number from 0 to %" PRId64 " (ms) is expected",
                        conf->places_cache_ms, provider->name, provider->cache_max_ms);
    if (provider->url[0] == '\0' && conf->places_url != NULL && conf->places_url[0] == '\0')
        herd_conf_error(reader, "places-url: %s has no public URL: a URL is expected",
                        provider->name);
}
