/* SPDX-License-Identifier: ISC */
#include "context.h"

#include "herd/err.h"
#include "little_endian.h"
#include "siphash.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { LOG_LINE_MAX = 512 }; /* bytes of a formatted line, NUL included */

int herd_context_init(struct herd_context *context, const struct herd_core_setup *setup,
                      struct herd_mono now)
{
    *context = (struct herd_context){
        .setup = *setup,
        .name = herd_slice_str(setup->conf->servers[setup->self].name),
        .started = now,
        .mono = now,
        .random_state = setup->random_seed,
    };
    return herd_out_init(&context->out, setup->mem);
}

void herd_context_free(struct herd_context *context)
{
    herd_out_free(&context->out);
}

/* ---- random numbers ---- */

/* SplitMix64 (Steele, Lea, Flood 2014): plenty for jitter. */
uint64_t herd_random(struct herd_context *context)
{
    uint64_t z = context->random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Two blocks of a keyed function of a counter. */
void herd_nonce(struct herd_context *context, uint8_t nonce[HERD_NONCE])
{
    for (size_t i = 0; i < HERD_NONCE; i += sizeof(uint64_t)) {
        uint8_t counter[sizeof(uint64_t)];
        herd_le64_store(counter, context->nonce_count++);
        struct herd_slice block = herd_slice((const char *)counter, sizeof counter);
        herd_le64_store(nonce + i, herd_siphash(block, context->setup.nonce_key));
    }
}

/* ---- the log ---- */

void herd_log(struct herd_context *context, enum herd_topic topic, herd_conn_id conn,
              char direction, struct herd_slice text)
{
    (void)herd_out_log(&context->out, topic, conn, direction, text);
}

void herd_log_copy(struct herd_context *context, enum herd_topic topic, herd_conn_id conn,
                   char direction, struct herd_slice text)
{
    struct herd_action log = {
        .kind = HERD_DO_LOG, .topic = topic, .direction = direction, .conn = conn};
    (void)herd_out_add_copy(&context->out, &log, text);
}

void herd_logf(struct herd_context *context, herd_conn_id conn, const char *format, ...)
{
    char text[LOG_LINE_MAX];
    struct herd_action log = {
        .kind = HERD_DO_LOG, .topic = HERD_TOPIC_HERD, .direction = '-', .conn = conn};
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(len > 0 && len < (int)sizeof text);
    (void)herd_out_add_copy(&context->out, &log, herd_slice(text, (size_t)len));
}
