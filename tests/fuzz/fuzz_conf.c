/* SPDX-License-Identifier: ISC */
/* Configurations: mistakes are reported as clean text, and what is accepted prints to a
 * text that reads and prints the same. When the first byte is not 0, that many allocations
 * go well, and one does not. */
#include "fuzz.h"

#include "herd/conf.h"
#include "herd/err.h"
#include "herd/topology.h"

enum { PRINTED_MAX = 1 << 20, SERVERS_MOST = 64 };

static void count_mistake(void *ctx, uint32_t line, struct herd_slice text)
{
    size_t *count = ctx;
    (void)line;
    (*count)++;
    FUZZ_CHECK(text.len > 0);
    for (size_t i = 0; i < text.len; i++)
        FUZZ_CHECK((unsigned char)text.data[i] >= ' ' && text.data[i] != 0x7f);
}

static void print(const struct herd_conf *conf, struct herd_buf *out,
                  const struct herd_mem *mem)
{
    herd_buf_init(out, mem, PRINTED_MAX);
    FUZZ_CHECK(herd_conf_print(conf, out) == HERD_OK);
}

static void check_topology(const struct herd_conf *conf, struct fuzz_mem *mem)
{
    struct herd_topology topology;
    struct herd_buf out;
    herd_buf_init(&out, &mem->mem, 65536);
    FUZZ_CHECK(herd_topology_init(&topology, &mem->mem, conf) == HERD_OK);
    FUZZ_CHECK(topology.component_count >= 1 &&
               topology.component_count <= conf->server_count);
    FUZZ_CHECK(herd_topology_print(&topology, &out) == HERD_OK);
    herd_buf_free(&out);
    herd_topology_free(&topology);
}

static void check_conf(const struct herd_conf *conf, struct fuzz_mem *mem)
{
    struct herd_buf first, second;
    struct herd_conf again;
    size_t count = 0;
    struct herd_conf_errors mistakes = {count_mistake, &count};
    mem->until = 0;
    print(conf, &first, &mem->mem);
    FUZZ_CHECK(herd_conf_parse(&again, &mem->mem, herd_buf_bytes(&first), &mistakes) ==
               HERD_OK);
    print(&again, &second, &mem->mem);
    FUZZ_CHECK(herd_slice_eq(herd_buf_bytes(&first), herd_buf_bytes(&second)));
    FUZZ_CHECK(again.server_count == conf->server_count);
    FUZZ_CHECK(again.link_count == conf->link_count);
    for (uint32_t i = 0; i < conf->link_count; i++) {
        FUZZ_CHECK(conf->links[i].a < conf->links[i].b);
        FUZZ_CHECK(conf->links[i].b < conf->server_count);
        FUZZ_CHECK(herd_conf_linked(&again, conf->links[i].b, conf->links[i].a));
    }
    for (uint32_t i = 0; i < conf->server_count; i++)
        FUZZ_CHECK(herd_conf_find(&again, herd_slice_str(conf->servers[i].name)) == i);
    if (conf->server_count <= SERVERS_MOST)
        check_topology(conf, mem);
    herd_conf_free(&again);
    herd_buf_free(&first);
    herd_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice input = herd_slice((const char *)data, size);
    struct fuzz_mem mem;
    struct herd_conf conf;
    size_t count = 0;
    struct herd_conf_errors mistakes = {count_mistake, &count};
    fuzz_mem_init(&mem);
    mem.until = fuzz_byte(&input);
    bool scarce = mem.until > 0;
    struct herd_slice text = fuzz_copy(input);
    int rc = herd_conf_parse(&conf, &mem.mem, text, &mistakes);
    fuzz_drop(text);
    FUZZ_CHECK(rc == HERD_OK || rc == HERD_EBAD || (rc == HERD_ENOMEM && scarce));
    FUZZ_CHECK(count <= HERD_CONF_ERRORS_MAX + 1);
    if (rc == HERD_OK) {
        FUZZ_CHECK(count == 0 && conf.server_count > 0);
        check_conf(&conf, &mem);
    } else {
        FUZZ_CHECK(rc == HERD_ENOMEM || count > 0);
    }
    herd_conf_free(&conf);
    FUZZ_CHECK(mem.live == 0);
    return 0;
}
