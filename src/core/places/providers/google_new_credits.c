/* SPDX-License-Identifier: ISC */
/* Places API (New): the authors that an answer or a photo has to name. */
#include "google_new.h"

#include "json_walk.h"

static struct herd_new_credit read_credit(struct herd_slice object, const char *name,
                                          const char *uri)
{
    const char *const names[] = {name, uri};
    struct herd_slice value[2];
    struct herd_new_credit credit;
    herd_json_pick(object, names, 2, value);
    herd_json_string(value[0], &credit.name);
    herd_json_string(value[1], &credit.uri);
    return credit;
}

static bool starts(struct herd_slice text, struct herd_slice with)
{
    return text.len >= with.len && memcmp(text.data, with.data, with.len) == 0;
}

/* A link to the author, when it leads to the web: an application that shows this trusts
 * Google, but must not be made to run a "javascript:" address. Addresses may come without a
 * scheme. */
static struct legacy_string credit_html(const struct herd_new_credit *credit)
{
    struct legacy_part name = {credit->name, LEGACY_HTML};
    struct legacy_part uri = {credit->uri, LEGACY_HTML};
    bool relative = starts(credit->uri, HERD_LIT("//"));
    if (!relative && !starts(credit->uri, HERD_LIT("https://")) &&
        !starts(credit->uri, HERD_LIT("http://")))
        return (struct legacy_string){{name}};
    if (name.text.len == 0)
        name = uri;
    return (struct legacy_string){{
        relative ? LEGACY_LIT("<a href=\"https:") : LEGACY_LIT("<a href=\""),
        uri,
        LEGACY_LIT("\">"),
        name,
        LEGACY_LIT("</a>"),
    }};
}

/* Each is named once. There is room for one more. */
static void add_credit(struct herd_new_credits *credits, struct herd_new_credit credit)
{
    if (credit.name.len == 0 && credit.uri.len == 0)
        return;
    for (size_t i = 0; i < credits->count; i++) {
        if (herd_slice_eq(credit.name, credits->credit[i].name) &&
            herd_slice_eq(credit.uri, credits->credit[i].uri))
            return;
    }
    credits->credit[credits->count++] = credit;
}

void herd_new_credits_add(struct herd_new_credits *credits, struct herd_slice array,
                          const char *name, const char *uri)
{
    struct json_walk walk;
    struct herd_slice key, value;
    herd_json_open(&walk, array);
    while (credits->count < HERD_NEW_CREDITS_MAX && herd_json_next(&walk, &key, &value))
        add_credit(credits, read_credit(value, name, uri));
}

void herd_new_credits_print(struct legacy *print, const struct herd_new_credits *credits)
{
    struct legacy_string html[HERD_NEW_CREDITS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < credits->count; i++) {
        html[count] = credit_html(&credits->credit[i]);
        count += html[count].part[0].text.len > 0;
    }
    herd_legacy_strings(print, "html_attributions", html, count);
}
