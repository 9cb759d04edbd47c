/* SPDX-License-Identifier: ISC */
#include "conf_rig.h"

#include "check.h"
#include "cut.h"

#include "herd/err.h"

#include <stdio.h>

static void note(void *ctx, uint32_t line, struct herd_slice text)
{
    struct conf_errors *m = ctx;
    CHECK(text.len > 0);
    m->count++;
    int len = snprintf(m->text + m->len, sizeof m->text - m->len, "%u: %.*s\n",
                       (unsigned)line, (int)text.len, text.data);
    REQUIRE(len > 0 && (size_t)len < sizeof m->text - m->len);
    for (int i = 0; i < len - 1; i++)
        CHECK((unsigned char)m->text[m->len + (size_t)i] >= ' ');
    m->len += (size_t)len;
}

int conf_rig_parse(struct herd_conf *conf, const struct herd_mem *mem,
                   struct herd_slice text, struct conf_errors *m)
{
    struct herd_conf_errors report = {note, m};
    m->len = 0;
    m->count = 0;
    m->text[0] = '\0';
    int rc = herd_conf_parse(conf, mem, text, &report);
    CHECK((rc == HERD_EBAD) == (m->count > 0 && rc != HERD_ENOMEM));
    if (rc != HERD_OK) {
        static const struct herd_conf empty;
        CHECK(conf->servers == empty.servers && conf->links == empty.links);
        CHECK(conf->places_url == NULL && conf->server_count == 0 && conf->link_count == 0);
    }
    return rc;
}

void conf_rig_read(struct conf_outcome *o, struct herd_slice text)
{
    struct herd_conf conf;
    fail_mem_init(&o->mem);
    herd_buf_init(&o->printed, &o->mem.mem, CONF_RIG_ROOM);
    o->rc = conf_rig_parse(&conf, &o->mem.mem, cut_guarded(text), &o->errors);
    if (o->rc == HERD_OK)
        CHECK_INT(herd_conf_print(&conf, &o->printed), HERD_OK);
    herd_conf_free(&conf);
    CHECK_INT((int64_t)o->mem.blocks, o->printed.data != NULL);
}

void conf_rig_drop(struct conf_outcome *o)
{
    herd_buf_free(&o->printed);
    CHECK_INT((int64_t)o->mem.blocks, 0);
}
