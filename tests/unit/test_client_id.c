/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "cut.h"
#include "dice.h"

#include "herd/err.h"
#include "protocol/client_id.h"

enum { LONGEST = 40, ROUNDS = 20000, ANY = 8000 };

/* One byte at a time, as the rule says. */
static bool oracle_has_control(const unsigned char *id, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (id[i] < 0x20 || id[i] == 0x7f ||
            (i + 1 < len && id[i] == 0xc2 && id[i + 1] >= 0x80 && id[i + 1] <= 0x9f))
            return true;
    return false;
}

static void check_id(struct herd_slice id)
{
    bool control = oracle_has_control((const unsigned char *)id.data, id.len);
    CHECK_INT(herd_client_id_check(cut_guarded(id), ANY), control ? HERD_EBAD : HERD_OK);
}

/* Every byte, and every pair that could be a C1, at every place of ids of every length. */
static void sees_each_control_everywhere(void)
{
    static const char seconds[] = "\x7f\x80\x85\x9f\xa0\xbf\xc2\xff";
    char id[LONGEST];
    for (size_t len = 1; len <= 2 * sizeof(uint64_t) + 1; len++)
        for (size_t at = 0; at < len; at++) {
            CHECK_LABEL("%zu of %zu", at, len);
            memset(id, 'k', sizeof id);
            for (int byte = 0; byte < 256; byte++) {
                id[at] = (char)byte;
                check_id(herd_slice(id, len));
            }
            id[at] = '\xc2';
            for (size_t i = 0; i + 1 < sizeof seconds && at + 1 < len; i++) {
                id[at + 1] = seconds[i];
                check_id(herd_slice(id, len));
            }
        }
}

static void agrees_with_the_rule(void)
{
    static const char bytes[] = "kiwi \x1f!\x7f~\x80\x9f\xa0\xc1\xc2\xc3\xff\x01";
    struct dice dice = {11};
    char id[LONGEST];
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = 1 + dice_roll(&dice, LONGEST);
        for (size_t i = 0; i < len; i++)
            id[i] = dice_roll(&dice, 8) == 0 ? bytes[dice_roll(&dice, sizeof bytes - 1)]
                                             : (char)('a' + dice_roll(&dice, 26));
        check_id(herd_slice(id, len));
    }
}

static void keeps_the_longest(void)
{
    static const struct {
        size_t len, max;
        int rc;
    } cases[] = {{1, 1, HERD_OK},           {2, 1, HERD_ETOOLONG}, {255, 255, HERD_OK},
                 {256, 255, HERD_ETOOLONG}, {8000, 8000, HERD_OK}, {1, 8000, HERD_OK}};
    static char id[ANY];
    memset(id, 'x', sizeof id);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%zu of %zu", cases[i].len, cases[i].max);
        CHECK_INT(herd_client_id_check(herd_slice(id, cases[i].len), cases[i].max),
                  cases[i].rc);
    }
}

const struct check_test test_client_id[] = {
    {"sees each control everywhere", sees_each_control_everywhere},
    {"agrees with the rule", agrees_with_the_rule},
    {"keeps the longest", keeps_the_longest},
    {NULL, NULL},
};
