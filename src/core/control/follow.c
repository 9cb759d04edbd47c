/* SPDX-License-Identifier: ISC */
#include "follow.h"

#include "decimal.h"
#include "herd/err.h"
#include "session.h"

#include <string.h>

static bool is_name(struct herd_slice word)
{
    if (word.len > HERD_FOLLOWER_NAME_MAX)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] <= ' ' || word.data[i] > '~')
            return false;
    return true;
}

int herd_control_on_follow(struct herd_controls *controls, struct herd_session *session,
                           const struct herd_call *call)
{
    struct herd_control *control = herd_control_of(session);
    struct herd_slice word = call->words.word[1];
    char name[HERD_FOLLOWER_NAME_MAX + 1] = "";
    uint64_t version;
    /* A later version is answered with the one that this server speaks. */
    if (!is_name(word) ||
        herd_uint_parse(call->words.word[2], UINT64_MAX, &version) != HERD_OK ||
        version < 1)
        return HERD_EBAD;
    memcpy(name, word.data, word.len);
    if (!herd_links_can_follow(controls->parts.links, name))
        return HERD_EFULL;
    memcpy(control->follower_name, name, sizeof name);
    return HERD_OK;
}
