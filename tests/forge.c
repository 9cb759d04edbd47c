/* SPDX-License-Identifier: ISC */
#include "forge.h"

#include "siphash.h"

void forge_sign(void *key, struct herd_slice text, uint8_t mac[HERD_MAC_SIZE])
{
    uint8_t once[FORGE_KEY];
    memcpy(once, key, sizeof once);
    for (size_t i = 0; i < HERD_MAC_SIZE; i += sizeof(uint64_t)) {
        uint64_t block = herd_siphash(text, once);
        memcpy(mac + i, &block, sizeof block);
        once[0]++;
    }
}
