/* SPDX-License-Identifier: ISC */
#include "mask.h"

#include "json_walk.h"

#include <stdint.h>

/* The names that may follow "places." here. The API has more, but none that a server needs
 * for the fields of the legacy API. */
static const char *const paths[] = {
    "name",
    "id",
    "displayName",
    "displayName.text",
    "displayName.languageCode",
    "types",
    "primaryType",
    "primaryTypeDisplayName",
    "formattedAddress",
    "shortFormattedAddress",
    "addressComponents",
    "plusCode",
    "plusCode.globalCode",
    "plusCode.compoundCode",
    "location",
    "location.latitude",
    "location.longitude",
    "viewport",
    "viewport.low",
    "viewport.high",
    "rating",
    "userRatingCount",
    "priceLevel",
    "googleMapsUri",
    "websiteUri",
    "businessStatus",
    "iconMaskBaseUri",
    "iconBackgroundColor",
    "currentOpeningHours",
    "currentOpeningHours.openNow",
    "regularOpeningHours",
    "regularOpeningHours.openNow",
    "utcOffsetMinutes",
    "photos",
    "photos.name",
    "photos.widthPx",
    "photos.heightPx",
    "photos.authorAttributions",
    "photos.authorAttributions.displayName",
    "photos.authorAttributions.uri",
    "photos.authorAttributions.photoUri",
    "attributions",
    "attributions.provider",
    "attributions.providerUri",
};

enum { PATH_MAX_LEN = 256 };

struct path {
    char text[PATH_MAX_LEN];
    size_t len;
};

struct apply {
    struct herd_slice mask;
    size_t most;
    struct bytes *out;
};

static struct herd_slice next_path(struct herd_slice *mask)
{
    const char *comma = memchr(mask->data, ',', mask->len);
    size_t len = comma != NULL ? (size_t)(comma - mask->data) : mask->len;
    struct herd_slice path = herd_slice(mask->data, len);
    *mask = herd_slice_from(*mask, comma != NULL ? len + 1 : len);
    return path;
}

static bool is_known(struct herd_slice path)
{
    if (herd_slice_eq(path, HERD_LIT("*")) || herd_slice_eq(path, HERD_LIT("places")))
        return true;
    if (path.len < 7 || memcmp(path.data, "places.", 7) != 0)
        return false;
    path = herd_slice_from(path, 7);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (herd_slice_eq(path, herd_slice_str(paths[i])))
            return true;
    return false;
}

bool mask_check(struct herd_slice mask, struct herd_slice *wrong)
{
    bool trailing = mask.len == 0 || mask.data[mask.len - 1] == ',';
    *wrong = mask;
    while (mask.len > 0) {
        *wrong = next_path(&mask);
        if (!is_known(*wrong))
            return false;
    }
    return !trailing;
}

/* Is `shorter` the path `longer` itself, or one above it? */
static bool is_above(struct herd_slice shorter, struct herd_slice longer)
{
    return shorter.len <= longer.len &&
           memcmp(shorter.data, longer.data, shorter.len) == 0 &&
           (shorter.len == longer.len || longer.data[shorter.len] == '.');
}

enum pass { PASS_NOT, PASS_PART, PASS_WHOLE };

static enum pass passes(struct herd_slice mask, struct herd_slice path)
{
    enum pass result = PASS_NOT;
    while (mask.len > 0) {
        struct herd_slice one = next_path(&mask);
        if (herd_slice_eq(one, HERD_LIT("*")) || is_above(one, path))
            return PASS_WHOLE;
        if (is_above(path, one))
            result = PASS_PART;
    }
    return result;
}

static void put_indent(struct bytes *out, int level)
{
    for (int i = 0; i < level; i++)
        bytes_add(out, HERD_LIT("  "));
}

/* False when there is no room, which no path of the table needs. */
static bool deepen(struct path *path, struct herd_slice key)
{
    size_t dot = path->len > 0 ? 1 : 0;
    if (path->len + dot + key.len > sizeof path->text)
        return false;
    if (dot > 0)
        path->text[path->len++] = '.';
    memcpy(path->text + path->len, key.data, key.len);
    path->len += key.len;
    return true;
}

/* `path` is where the value is; it is the same again afterwards. */
static void put_part(const struct apply *a, struct herd_slice value, struct path *path,
                     int level)
{
    bool object = value.data[0] == '{';
    struct herd_slice key, member;
    size_t len = path->len, kept = 0;
    size_t most = !object && len == 6 ? a->most : SIZE_MAX;
    struct json_walk walk;
    herd_json_open(&walk, value);
    bytes_add(a->out, herd_slice(value.data, 1));
    for (; kept < most && herd_json_next(&walk, &key, &member); path->len = len) {
        enum pass pass = PASS_PART;
        if (object)
            pass = deepen(path, key) ? passes(a->mask, herd_slice(path->text, path->len))
                                     : PASS_NOT;
        bool group =
            herd_json_kind(member) == JSON_OBJECT || herd_json_kind(member) == JSON_ARRAY;
        /* The list itself is gone through even when all of it passes, to be cut. */
        bool whole = pass == PASS_WHOLE && path->len > 6;
        if (pass == PASS_NOT || (pass == PASS_PART && object && !group))
            continue;
        bytes_add(a->out, kept++ > 0 ? HERD_LIT(",\n") : HERD_LIT("\n"));
        put_indent(a->out, level + 1);
        if (object) {
            bytes_add(a->out, herd_slice(key.data - 1, key.len + 2));
            bytes_add(a->out, HERD_LIT(": "));
        } else {
            whole = passes(a->mask, herd_slice(path->text, path->len)) == PASS_WHOLE;
        }
        if (whole || !group)
            bytes_add(a->out, member);
        else
            put_part(a, member, path, level + 1);
    }
    if (kept > 0) {
        bytes_add(a->out, HERD_LIT("\n"));
        put_indent(a->out, level);
    }
    bytes_add(a->out, object ? HERD_LIT("}") : HERD_LIT("]"));
}

void mask_apply(struct herd_slice mask, struct herd_slice text, size_t most,
                struct bytes *out)
{
    struct apply a = {.mask = mask, .most = most, .out = out};
    struct path path = {.len = 0};
    while (text.len > 0 && text.data[0] != '{')
        text = herd_slice_from(text, 1);
    if (text.len > 0)
        put_part(&a, text, &path, 0);
    bytes_add(out, HERD_LIT("\n"));
}
