/* SPDX-License-Identifier: ISC */
#include "core_rig.h"

#include "forge.h"

void core_rig_start(struct rig *rig, const char *conf, const char *self, uint8_t *key,
                    uint8_t n)
{
    struct herd_core_setup setup;
    rig_prepare(rig, conf, self, &setup);
    rig->wall.ns = INT64_C(1621464828) * HERD_NS_PER_S;
    rig->quiet = rig->fresh = true;
    setup.boot_id = 0xb0 + (uint64_t)n;
    setup.random_seed = n;
    setup.nonce_key[0] = setup.hash_key[0] = n;
    if (key != NULL)
        setup.mac = (struct herd_mac){forge_sign, key};
    memset(setup.feed_id, 0xb0 + n, sizeof setup.feed_id);
    rig_build(rig, &setup);
    FUZZ_CHECK(rig->core != NULL);
}

bool core_rig_say(struct rig *rig, uint32_t conn, struct herd_slice bytes)
{
    return bytes.len > 0 && !rig->paused[conn] && rig_data(rig, conn, bytes);
}

void core_rig_break(struct rig *rig, uint32_t conn)
{
    (void)rig_closed(rig, conn, HERD_LIT("gone"));
}

void core_rig_turn(struct rig *rig, int64_t ms, bool drain)
{
    rig_pass_ms(rig, ms);
    if (drain)
        rig_drain(rig);
    rig_tick(rig);
}

void core_rig_answer(struct rig *rig, int status, struct herd_slice body)
{
    size_t number = rig_oldest_request(rig);
    if (number > 0)
        rig_places(rig, number, status, body);
}
