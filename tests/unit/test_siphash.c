/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "little_endian.h"
#include "siphash.h"

enum { LENGTHS = 64 };

/* Hashes of the bytes 3, 10, 17, ... of lengths 1 to 64 as CPython 3.11 gives them for
 * bytes objects (it uses SipHash-1-3; PYTHONHASHSEED 0, 1 and 42 make these keys). */
static const struct vector {
    uint8_t key[HERD_SIPHASH_KEY];
    uint64_t hash[LENGTHS];
} vectors[] = {
    {{0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00},
     {
         UINT64_C(0x486b06067755d7c9), UINT64_C(0x068a8ca3bf74c2eb),
         UINT64_C(0x711b47561b9b33e2), UINT64_C(0x22090e1d03fbbf1c),
         UINT64_C(0x861366b243b6f28e), UINT64_C(0x23de6a4ba3d98ca0),
         UINT64_C(0x8a715eaaf55549aa), UINT64_C(0x36c186f0aa4cdbeb),
         UINT64_C(0x5176191e3d24cbff), UINT64_C(0x9d0f60ba863a46f0),
         UINT64_C(0x8f76a06c3bd67985), UINT64_C(0x66d81798f82a3aae),
         UINT64_C(0xab5bed4f32f63e5a), UINT64_C(0x8b33e22b08403ab6),
         UINT64_C(0x19ed3f1b38f7e4e2), UINT64_C(0xd1c94d62751d7b7b),
         UINT64_C(0xbe5161a723042d60), UINT64_C(0x32d838b36c37d02a),
         UINT64_C(0x0c1fd033306dca75), UINT64_C(0xa09e9c6782ba3e86),
         UINT64_C(0x631ee30f66be4d16), UINT64_C(0x9e5223f91942f251),
         UINT64_C(0x08035aca6317064a), UINT64_C(0x44632b249e98e6e9),
         UINT64_C(0x9263d5fbfb4b782a), UINT64_C(0x4c7c4da9f8d0fa60),
         UINT64_C(0x692b985982231b19), UINT64_C(0x6f29720705441233),
         UINT64_C(0x22d89f5efd2801c2), UINT64_C(0x9f1c511753a38d67),
         UINT64_C(0xf8d992129081807b), UINT64_C(0x1d94f92ad87f271d),
         UINT64_C(0x71e3dcba331c4dd7), UINT64_C(0x2dd46ee6c7c1c708),
         UINT64_C(0x36a2aadaaefcca22), UINT64_C(0x292fbb51137c9bb1),
         UINT64_C(0x4fbe2d73186030bf), UINT64_C(0x196cdb3127dabada),
         UINT64_C(0xdf5fca05755ee156), UINT64_C(0x0097ec026b015ffb),
         UINT64_C(0xef93db857e731930), UINT64_C(0xaa66f462a031c2b0),
         UINT64_C(0xf5cb6159d86f3754), UINT64_C(0x23d57b145a50e899),
         UINT64_C(0x6358b798bd684b60), UINT64_C(0xf8a5fac455706674),
         UINT64_C(0xe5e960938c09add5), UINT64_C(0x2f105d4164f9f7b0),
         UINT64_C(0xc4f0ce91dc04ae00), UINT64_C(0xa95275cd624346b5),
         UINT64_C(0xdd750ea2fed682e2), UINT64_C(0x17de888d5fa24e56),
         UINT64_C(0x7b6120f8d2df1777), UINT64_C(0x281a04eb69f198c4),
         UINT64_C(0xab525e31a2c11086), UINT64_C(0x2ad9146348f0f63b),
         UINT64_C(0x18036e71128114f7), UINT64_C(0x32e6ff03889d9e13),
         UINT64_C(0x4af8c5da3281c1aa), UINT64_C(0xb71c1af0a6569691),
         UINT64_C(0x7f29e5b7aed1d548), UINT64_C(0x30e5921e619bd6da),
         UINT64_C(0x42ed5c087e0bfe5d), UINT64_C(0x65134a36595a21fb),
     }},
    {{0x29, 0x23, 0xbe, 0x84, 0xe1, 0x6c, 0xd6, 0xae, 0x52, 0x90, 0x49, 0xf1, 0xf1, 0xbb,
      0xe9, 0xeb},
     {
         UINT64_C(0x9243a0bed771da38), UINT64_C(0x64ef4d1ead827df1),
         UINT64_C(0x412ee9d906bcaec1), UINT64_C(0x51259821816e0b45),
         UINT64_C(0x7fb68807d6f5b8c3), UINT64_C(0x735c7cac99ef68d7),
         UINT64_C(0xa43f46106d9ee69e), UINT64_C(0x6c51eb30d2c47d84),
         UINT64_C(0x929e7bc2d914a9f1), UINT64_C(0x37935bef93057757),
         UINT64_C(0x81c83ee01ca60133), UINT64_C(0x2f7b08f3e06feb98),
         UINT64_C(0xf127d3ab1cafe520), UINT64_C(0x6e5abca824cb9e68),
         UINT64_C(0xedd0edafe288ba9b), UINT64_C(0xdc0e2d5ecce30f8d),
         UINT64_C(0x4f5b77d5888369b7), UINT64_C(0xa250a4c3f03f6641),
         UINT64_C(0xb31e461565f1caa0), UINT64_C(0xdc29b82c54d0107e),
         UINT64_C(0xdae8def466619040), UINT64_C(0x432661a3a5eb4bda),
         UINT64_C(0x3cf4367038cbf1df), UINT64_C(0x2b373dda64f54c7f),
         UINT64_C(0xa3f2a152ea6b680f), UINT64_C(0x3bb980fe5fa20815),
         UINT64_C(0x3d63c2ace117073b), UINT64_C(0x8a956e1e464ded1a),
         UINT64_C(0xd32c8eea578f062f), UINT64_C(0xda464903b87fa8f2),
         UINT64_C(0x6def6206a11a38a0), UINT64_C(0x82e92177f0fdaff8),
         UINT64_C(0xc1776779669e123a), UINT64_C(0x4eda4ee628dbb5fb),
         UINT64_C(0x37333e33611ce836), UINT64_C(0x920b346d3ef7ca9b),
         UINT64_C(0xc3cabff9513cd3dc), UINT64_C(0xa82d9aa340802ae2),
         UINT64_C(0x59b0d6e85ca26398), UINT64_C(0xb4cf5af048766d52),
         UINT64_C(0x158e816bb11ff113), UINT64_C(0x7fd53a2ddf4b46ba),
         UINT64_C(0x54bd6b6e50c6edc6), UINT64_C(0x88b831cd7b91a6ee),
         UINT64_C(0x0cc1d92f0794f98a), UINT64_C(0xe65758e766f3a260),
         UINT64_C(0x642f011a160f41a1), UINT64_C(0x34ff9a72a7c076a3),
         UINT64_C(0xae8519f5e3052a4e), UINT64_C(0x29d18ca83a8c61f3),
         UINT64_C(0x8269e604a120e87a), UINT64_C(0x8aea13047aec72a3),
         UINT64_C(0x5b9be9855ef2a87d), UINT64_C(0x8568e6f7392035b8),
         UINT64_C(0xbb4d4a4f8af6a8f4), UINT64_C(0xcd7458d50f7593bf),
         UINT64_C(0xd3480c18e55a8424), UINT64_C(0x9718356682aa3972),
         UINT64_C(0xaed67d68a271b6c0), UINT64_C(0x20206fb7cd00f441),
         UINT64_C(0x95796d679048e2c2), UINT64_C(0x6c5b960d8d117c56),
         UINT64_C(0x825679fab67db983), UINT64_C(0x2741e4bf15df85b6),
     }},
    {{0xaf, 0x90, 0xcd, 0x68, 0xd3, 0x4f, 0x50, 0xdc, 0xc1, 0xe9, 0x99, 0xfe, 0x9f, 0xbb,
      0x20, 0xb9},
     {
         UINT64_C(0xa2e9c2254e5dc5e3), UINT64_C(0x41d77e844371059d),
         UINT64_C(0x7a7bdb39d1ddb8c7), UINT64_C(0xf89e20e3197155a5),
         UINT64_C(0xf4e4a877708b2d2c), UINT64_C(0xc386b92b1670e176),
         UINT64_C(0x00b41863e8b73013), UINT64_C(0x8b89d13c8c51cad3),
         UINT64_C(0x9e30aae2c93a5437), UINT64_C(0x492c2f2af476f1ac),
         UINT64_C(0xdb25924d04601ad3), UINT64_C(0x5a5069f513f2e908),
         UINT64_C(0x7b9086d9ec68093b), UINT64_C(0xa74b2429bf9ad46f),
         UINT64_C(0x5ea818831bce32f1), UINT64_C(0xd1ea401d2c4956db),
         UINT64_C(0x2e8b1e33b8926b1c), UINT64_C(0xf8db1a564bf9f73c),
         UINT64_C(0x5b64b48a57b14d60), UINT64_C(0xab936a3c6e122fb5),
         UINT64_C(0x79232a6c49b4b795), UINT64_C(0x22826e3a7efbf211),
         UINT64_C(0xf44e094996a3f303), UINT64_C(0x075d738e14cb7f62),
         UINT64_C(0x025f553c268ef315), UINT64_C(0xecd1851010b0e075),
         UINT64_C(0x1f55786b3085d1c4), UINT64_C(0x7293efa8c5ac3127),
         UINT64_C(0x5056b332d3ab3d31), UINT64_C(0xa97c451b6415763c),
         UINT64_C(0x1ba369ea4b6f9af7), UINT64_C(0x051d761c78ccde50),
         UINT64_C(0x979d844168b54d21), UINT64_C(0x6ca7fee7dbb7a794),
         UINT64_C(0xc4b05249fa6c0675), UINT64_C(0xbdff9a6b391fff9f),
         UINT64_C(0x669b4e5065c43379), UINT64_C(0x04762747320582b4),
         UINT64_C(0x95b3aeef29e46a2f), UINT64_C(0x920dfa5c91a67bb1),
         UINT64_C(0x366dd7e44bf2d0d1), UINT64_C(0x1305ae246a6a8eef),
         UINT64_C(0xa92e3a3802e2380d), UINT64_C(0xf6b87c43790e9c9b),
         UINT64_C(0x8ff53d4ecf51637b), UINT64_C(0x22d0f0e8913d8507),
         UINT64_C(0xaf25b02bbfbf6783), UINT64_C(0xd7aaaab249e3b5b0),
         UINT64_C(0x2cac672dd8a4d9e2), UINT64_C(0x3f5dc61bdb7a3e96),
         UINT64_C(0xc611d6df2abc8d6d), UINT64_C(0xb3d47ef7b7fcb360),
         UINT64_C(0x28d48e8fdba9f747), UINT64_C(0x586d3fc72369cc8d),
         UINT64_C(0x4d283ad7cf91c0ca), UINT64_C(0x962ff66fc87bed91),
         UINT64_C(0x3744af7a175c3060), UINT64_C(0x6f64a29920c36e90),
         UINT64_C(0x05590d90d1534d38), UINT64_C(0xf5ec55b6b6e4659c),
         UINT64_C(0x391f71c368e6c0f5), UINT64_C(0x0b3eab5ec6d24935),
         UINT64_C(0x5abb21290c851b93), UINT64_C(0x59b292140b073445),
     }},
};

static void agrees_with_known_answers(void)
{
    char bytes[LENGTHS];
    for (size_t i = 0; i < LENGTHS; i++)
        bytes[i] = (char)(i * 7 + 3);
    for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++) {
        for (size_t len = 1; len <= LENGTHS; len++) {
            struct herd_slice text = cut_guarded(herd_slice(bytes, len));
            CHECK_LABEL("key %zu, length %zu", v, len);
            CHECK(herd_siphash(text, vectors[v].key) == vectors[v].hash[len - 1]);
        }
    }
}

/* ---- the paper's description once more, as plainly as it goes ---- */

static uint64_t left(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

static uint64_t number(const uint8_t *bytes)
{
    uint64_t sum = 0, weight = 1;
    for (int i = 0; i < 8; i++, weight <<= 8)
        sum += bytes[i] * weight;
    return sum;
}

struct sip {
    uint64_t a, b, c, d;
};

static void mix(struct sip *s)
{
    s->a += s->b, s->c += s->d;
    s->b = left(s->b, 13) ^ s->a, s->d = left(s->d, 16) ^ s->c;
    s->a = left(s->a, 32);
    s->c += s->b, s->a += s->d;
    s->b = left(s->b, 17) ^ s->c, s->d = left(s->d, 21) ^ s->a;
    s->c = left(s->c, 32);
}

/* `bytes` is padded in place: it has room for 8 more. */
static uint64_t plain_siphash(uint8_t *bytes, size_t len, const uint8_t *key)
{
    uint64_t k0 = number(key), k1 = number(key + 8);
    struct sip s = {0x736f6d6570736575 ^ k0, 0x646f72616e646f6d ^ k1,
                    0x6c7967656e657261 ^ k0, 0x7465646279746573 ^ k1};
    size_t padded = len / 8 * 8 + 8;
    for (size_t i = len; i < padded; i++)
        bytes[i] = 0;
    bytes[padded - 1] = (uint8_t)len;
    for (size_t i = 0; i < padded; i += 8) {
        s.d ^= number(bytes + i);
        mix(&s);
        s.a ^= number(bytes + i);
    }
    s.c ^= 0xff;
    mix(&s);
    mix(&s);
    mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

static void agrees_with_plain_version(void)
{
    enum { MOST = 600, STARTS = 8 };
    struct dice dice = {2012};
    for (size_t len = 0; len <= MOST; len++) {
        uint8_t key[HERD_SIPHASH_KEY], bytes[MOST + 8];
        char moved[MOST + STARTS];
        for (size_t i = 0; i < sizeof key; i++)
            key[i] = (uint8_t)dice_next(&dice);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)dice_next(&dice);
        uint64_t want = plain_siphash(bytes, len, key);
        for (size_t start = 0; start < STARTS; start++) {
            memcpy(moved + start, bytes, len);
            CHECK_LABEL("length %zu, %zu bytes off", len, start);
            CHECK(herd_siphash(herd_slice(moved + start, len), key) == want);
        }
    }
}

static void hashes_nothing(void)
{
    uint8_t key[HERD_SIPHASH_KEY] = {1}, none[8];
    uint64_t want = plain_siphash(none, 0, key);
    CHECK(herd_siphash(HERD_LIT(""), key) == want);
    CHECK(herd_siphash(herd_slice(NULL, 0), key) == want);
    CHECK(herd_siphash(HERD_LIT("\0"), key) != want);
}

static int ones(uint64_t x)
{
    int count = 0;
    for (; x != 0; x &= x - 1)
        count++;
    return count;
}

/* One bit of the input or of the key changes about half of the 64 bits of the hash. */
static void spreads_each_bit(void)
{
    char text[24] = "kiwi.cs.ucla.edu+others";
    uint8_t key[HERD_SIPHASH_KEY] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    uint64_t before = herd_siphash(herd_slice(text, sizeof text), key);
    int changed = 0, flips = 0;
    for (size_t bit = 0; bit < 8 * (sizeof text + sizeof key); bit++, flips++) {
        size_t at = bit / 8;
        uint8_t mask = (uint8_t)(1 << bit % 8);
        if (at < sizeof text)
            text[at] = (char)(text[at] ^ mask);
        else
            key[at - sizeof text] ^= mask;
        int count = ones(before ^ herd_siphash(herd_slice(text, sizeof text), key));
        CHECK_LABEL("bit %zu", bit);
        CHECK(count >= 12 && count <= 52);
        changed += count;
        if (at < sizeof text)
            text[at] = (char)(text[at] ^ mask);
        else
            key[at - sizeof text] ^= mask;
    }
    CHECK(changed > 31 * flips && changed < 33 * flips);
    CHECK(herd_siphash(herd_slice(text, sizeof text), key) == before);
}

/* On every machine, or a run of the simulator would not be repeated on another. */
static void bytes_have_an_order(void)
{
    const uint64_t number = UINT64_C(0x0807060504030201);
    uint8_t bytes[8];
    herd_le64_store(bytes, number);
    for (size_t i = 0; i < sizeof bytes; i++)
        CHECK_INT(bytes[i], (int64_t)i + 1);
    CHECK(herd_le64_load(bytes) == number);
    CHECK(herd_le64_load((const uint8_t *)"\xff\0\0\0\0\0\0\x80") ==
          UINT64_C(0x80000000000000ff));
}

const struct check_test test_siphash[] = {
    {"agrees with known answers", agrees_with_known_answers},
    {"agrees with a plain version", agrees_with_plain_version},
    {"hashes nothing", hashes_nothing},
    {"spreads each bit", spreads_each_bit},
    {"numbers become bytes in the same order everywhere", bytes_have_an_order},
    {NULL, NULL},
};
