/* SPDX-License-Identifier: ISC */
/* HMAC-SHA256 against the vectors of RFC 4231. */
#include "check.h"
#include "herd/err.h"
#include "io/mac.h"

#include <string.h>

enum { LONG_KEY = 131 };

/* Cases 1 to 4, 6 and 7 of RFC 4231 (5 is about cutting). A key is `text`, or `count`
 * times the byte `fill`; so is the data. */
struct material {
    const char *text;
    unsigned char fill;
    size_t count;
};

static const struct {
    struct material key, data;
    const char *hex;
} vectors[] = {
    {{NULL, 0x0b, 20},
     {"Hi There", 0, 0},
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {{"Jefe", 0, 0},
     {"what do ya want for nothing?", 0, 0},
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {{NULL, 0xaa, 20},
     {NULL, 0xdd, 50},
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {{"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
      "\x16\x17\x18\x19",
      0, 0},
     {NULL, 0xcd, 50},
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {{NULL, 0xaa, LONG_KEY},
     {"Test Using Larger Than Block-Size Key - Hash Key First", 0, 0},
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {{NULL, 0xaa, LONG_KEY},
     {"This is a test using a larger than block-size key and a larger than block-size "
      "data. "
      "The key needs to be hashed before being used by the HMAC algorithm.",
      0, 0},
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static struct herd_slice make(const struct material *material, char *room)
{
    if (material->text != NULL)
        return herd_slice_str(material->text);
    memset(room, material->fill, material->count);
    return herd_slice(room, material->count);
}

static void print_hex(const uint8_t *bytes, char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < IO_MAC_SIZE; i++) {
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    *out = '\0';
}

static void check_signature(struct herd_slice key, struct herd_slice text, const char *want)
{
    struct io_mac mac;
    uint8_t got[IO_MAC_SIZE];
    char hex[2 * IO_MAC_SIZE + 1];
    REQUIRE(io_mac_init(&mac, key) == HERD_OK);
    io_mac_sign(&mac, text, got);
    print_hex(got, hex);
    CHECK_STR(hex, want);
    io_mac_wipe(&mac);
}

static void test_vectors(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char key[LONG_KEY], data[LONG_KEY];
        CHECK_LABEL("vector %zu", i);
        check_signature(make(&vectors[i].key, key), make(&vectors[i].data, data),
                        vectors[i].hex);
    }
}

/* The signed text may be empty, and a key may have a NUL. */
static void test_edges(void)
{
    CHECK_LABEL("no text");
    check_signature(HERD_LIT("key"), herd_slice(NULL, 0),
                    "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
    struct io_mac a, b;
    uint8_t mac_a[IO_MAC_SIZE], mac_b[IO_MAC_SIZE];
    REQUIRE(io_mac_init(&a, herd_slice("k\0ey", 4)) == HERD_OK);
    REQUIRE(io_mac_init(&b, herd_slice("k\0ez", 4)) == HERD_OK);
    io_mac_sign(&a, HERD_LIT("text"), mac_a);
    io_mac_sign(&b, HERD_LIT("text"), mac_b);
    CHECK(memcmp(mac_a, mac_b, sizeof mac_a) != 0);
    io_mac_sign(&b, HERD_LIT("text"), mac_a);
    CHECK(memcmp(mac_a, mac_b, sizeof mac_a) == 0);
}

static bool is_zero(const struct io_mac *mac)
{
    static const struct io_mac zero;
    return memcmp(mac->key, zero.key, sizeof zero.key) == 0 && mac->key_len == 0;
}

static void test_keys(void)
{
    static char key[IO_MAC_KEY_MAX + 1];
    struct io_mac mac;
    memset(key, 'k', sizeof key);
    CHECK_INT(io_mac_init(&mac, herd_slice(key, 0)), HERD_EBAD);
    CHECK(is_zero(&mac));
    CHECK_INT(io_mac_init(&mac, herd_slice(key, sizeof key)), HERD_ETOOLONG);
    CHECK(is_zero(&mac));
    CHECK_INT(io_mac_init(&mac, herd_slice(key, IO_MAC_KEY_MAX)), HERD_OK);
    CHECK(!is_zero(&mac));
    io_mac_wipe(&mac);
    CHECK(is_zero(&mac));
    CHECK(strstr(io_mac_library(), "SSL") != NULL);
}

extern const struct check_test test_mac[];
const struct check_test test_mac[] = {
    {"the vectors of RFC 4231", test_vectors},
    {"edges", test_edges},
    {"keys", test_keys},
    {NULL, NULL},
};
