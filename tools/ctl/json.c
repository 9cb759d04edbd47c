/* SPDX-License-Identifier: ISC */
#include "json.h"

#include "escape.h"

#include <stdlib.h>

bool json_add_text(cJSON *object, const char *key, struct herd_slice value)
{
    char *text = malloc(value.len * HERD_ESCAPE_GROWTH + 1);
    if (text == NULL)
        return false;
    size_t len =
        herd_escape(text, value.len * HERD_ESCAPE_GROWTH, &value, HERD_ESCAPE_LINE);
    text[len] = '\0';
    cJSON *added = cJSON_AddStringToObject(object, key, text);
    free(text);
    return added != NULL;
}

bool json_print(const cJSON *object, bool lines)
{
    char *text = lines ? cJSON_Print(object) : cJSON_PrintUnformatted(object);
    if (text == NULL)
        return false;
    ctl_print(herd_slice_str(text));
    ctl_print(HERD_LIT("\n"));
    cJSON_free(text);
    return true;
}
