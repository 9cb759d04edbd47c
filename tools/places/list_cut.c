/* SPDX-License-Identifier: ISC */
#include "list_cut.h"

#include "json_walk.h"

struct herd_slice list_cut(struct herd_slice text, const char *name, size_t most,
                           struct bytes *scratch)
{
    struct herd_slice list = herd_json_get(herd_json_root(text), name);
    struct herd_slice key, element;
    struct json_walk walk;
    if (herd_json_kind(list) != JSON_ARRAY)
        return text;
    const char *from = list.data + 1, *to = from;
    size_t count = 0;
    for (herd_json_open(&walk, list); herd_json_next(&walk, &key, &element); count++) {
        to = element.data + element.len;
        if (count < most)
            from = to;
    }
    if (count <= most)
        return text;
    bytes_add(scratch, herd_slice(text.data, (size_t)(from - text.data)));
    bytes_add(scratch, herd_slice(to, (size_t)(text.data + text.len - to)));
    return bytes_slice(scratch);
}
