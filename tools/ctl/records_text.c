/* SPDX-License-Identifier: ISC */
/* Records as text, and the operands of commands that print them. */
#include "json.h"
#include "records.h"
#include "words.h"

#include <fnmatch.h>

void records_split(const struct herd_record *record, struct records_words *words)
{
    enum { SERVER = 1, LOCATION = 4, TIME = 5, TOMBSTONE_TIME = 4 };
    struct herd_words all;
    herd_words_split(record->text, &all);
    words->server = all.word[SERVER];
    words->location = record->tombstone ? herd_slice("", 0) : all.word[LOCATION];
    words->time = all.word[record->tombstone ? TOMBSTONE_TIME : TIME];
}

bool records_match(const char *pattern, const struct herd_record *record)
{
    char client[HERD_RECORD_MAX + 1];
    if (pattern == NULL)
        return true;
    memcpy(client, record->client.data, record->client.len);
    client[record->client.len] = '\0';
    return fnmatch(pattern, client, 0) == 0;
}

bool records_print_json(const struct herd_record *record)
{
    struct records_words words;
    cJSON *object = cJSON_CreateObject();
    records_split(record, &words);
    bool ok = object != NULL && json_add_text(object, "client", record->client) &&
              json_add_text(object, "server", words.server) &&
              cJSON_AddBoolToObject(object, "forgotten", record->tombstone) != NULL &&
              (record->tombstone || json_add_text(object, "location", words.location)) &&
              json_add_text(object, "time", words.time) &&
              json_add_text(object, "record", record->text) && json_print(object, false);
    cJSON_Delete(object);
    return ok;
}

int records_operands(const char *verb, int count, char **words, bool *all,
                     const char **pattern)
{
    int at = 0;
    bool options = true;
    *pattern = NULL;
    for (; at < count && options && words[at][0] == '-'; at++) {
        options = strcmp(words[at], "--") != 0;
        if (options && all != NULL && strcmp(words[at], "-a") == 0)
            *all = true;
        else if (options)
            return ctl_error(CTL_USAGE,
                             "%s has no option %s; those of herdctl precede the command",
                             verb, words[at]);
    }
    if (count - at > 1)
        return ctl_error(CTL_USAGE, "usage: %s %s[PATTERN]; quote a pattern, such as '%s'",
                         verb, all != NULL ? "[-a] " : "", "kiwi*");
    if (at < count)
        *pattern = words[at];
    return CTL_OK;
}
