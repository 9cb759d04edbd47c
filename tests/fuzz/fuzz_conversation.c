/* SPDX-License-Identifier: ISC */
/* Conversations as in fixtures/core, which are the seeds. Whatever is said to a server and
 * whatever happens to it, it asks of its caller what makes sense, holds valid records, and
 * gives its memory back: the rig sees to that. */
#include "core_rig.h"

#include "herd/err.h"
#include "rig/scene.h"

enum { INPUT_MAX = 16384, EVENTS_MAX = 1000 };

static void ignore(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    (void)line;
    (void)text;
}

/* Whether a server can begin with it, and the rig can serve that. */
static bool is_valid(const struct scene_setup *setup)
{
    struct fuzz_mem mem;
    struct herd_conf conf;
    struct herd_conf_errors errors = {ignore, NULL};
    fuzz_mem_init(&mem);
    if (herd_conf_parse(&conf, &mem.mem, herd_slice_str(setup->conf), &errors) != HERD_OK)
        return false;
    bool valid = conf.server_count > 0 && conf.server_count <= RIG_SERVERS &&
                 conf.lookups_max < RIG_REQUESTS / 2;
    herd_conf_free(&conf);
    return valid;
}

/* A header that is not valid is left out. */
static void set_up(struct scene_setup *setup, struct herd_slice header)
{
    static struct scene_setup tried;
    tried = *setup;
    if (scene_header(&tried, header) && is_valid(&tried))
        *setup = tried;
}

static void begin(const struct scene_setup *setup, struct rig *rig)
{
    struct herd_core_setup core;
    scene_prepare(setup, rig, &core);
    rig->fresh = true;
    rig_build(rig, &core);
    FUZZ_CHECK(rig->core != NULL);
}

static void end(struct rig *rig)
{
    if (rig->core == NULL)
        return;
    rig_check_records(rig);
    rig_end(rig);
}

static void happen(const struct scene_setup *setup, struct rig *rig,
                   struct herd_slice event)
{
    if (setup->conf[0] == '\0')
        return;
    if (rig->core == NULL)
        begin(setup, rig);
    rig_hush(rig);
    (void)script_event(rig, event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig rig;
    static struct scene_setup file, scene;
    struct herd_slice text =
        herd_slice((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    struct scene_line line = {.kind = SCENE_END};
    bool headed = false;
    rig.core = NULL;
    scene = (struct scene_setup){.conf = ""};
    for (int events = 0; events < EVENTS_MAX; events++) {
        scene_next(&text, &line);
        if (line.kind == SCENE_END)
            break;
        if (line.kind == SCENE_HEADER && rig.core == NULL)
            set_up(&scene, line.raw);
        if (line.kind == SCENE_EVENT || line.kind == SCENE_HIDDEN)
            happen(&scene, &rig, rig_text_bytes(&line.event));
        bool ends = line.kind == SCENE_BEGIN;
        if (!headed && (ends || rig.core != NULL))
            file = scene;
        headed = headed || ends || rig.core != NULL;
        if (ends) {
            end(&rig);
            scene = file;
        }
    }
    end(&rig);
    rig_text_free(&line.event);
    return 0;
}
