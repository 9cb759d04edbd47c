/* SPDX-License-Identifier: ISC */
/* Which client goes when a newcomer finds no slot. */
#include "check.h"
#include "driver/addresses.h"
#include "fail_mem.h"
#include "herd/err.h"

#include <string.h>

extern const struct check_test test_addresses[];

enum { MEMBERS = 16, A = 'A', B = 'B', C = 'C', NOBODY = -1 };

struct fixture {
    struct fail_mem mem;
    struct driver_addresses addresses;
    struct driver_address_member member[MEMBERS];
};

/* Connections 0, 1, ... from the addresses that the letters name. */
static void set_up(struct fixture *f, const char *from, int64_t each_max)
{
    memset(f, 0, sizeof *f);
    fail_mem_init(&f->mem);
    REQUIRE(driver_addresses_init(&f->addresses, &f->mem.mem, MEMBERS, each_max) ==
            HERD_OK);
    for (size_t i = 0; from[i] != '\0'; i++)
        CHECK_INT(
            driver_addresses_add(&f->addresses, &f->member[i], (unsigned char)from[i]),
            HERD_OK);
}

static void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        driver_addresses_remove(&f->addresses, &f->member[i]);
        driver_addresses_remove(&f->addresses, &f->member[i]);
    }
    driver_addresses_free(&f->addresses);
    CHECK_INT((int64_t)f->mem.blocks, 0);
}

static void hear(struct fixture *f, const char *numbers)
{
    for (; *numbers != '\0'; numbers++)
        driver_addresses_heard(&f->addresses, &f->member[*numbers - '0']);
}

static int64_t victim(const struct fixture *f, uint64_t newcomer)
{
    const struct driver_address_member *member =
        driver_addresses_victim(&f->addresses, newcomer);
    return member != NULL ? member - f->member : NOBODY;
}

static void the_victim_is_of_the_greatest_share(void)
{
    static const struct {
        const char *why, *from, *heard;
        int newcomer, goes;
    } cases[] = {
        {"nobody is there", "", "", A, NOBODY},
        {"A has most", "BAAC", "", B, 1},
        {"also for a stranger", "BAAC", "", 'D', 1},
        {"also for A itself", "BAAC", "", A, 1},
        {"who never spoke goes first", "BAAC", "1", B, 2},
        {"who never spoke goes first, whoever else is idle", "AAAB", "01", B, 2},
        {"else who was silent for longest", "BAAC", "12", B, 1},
        {"speaking again counts", "BAAC", "121", B, 2},
        {"a silent one of a smaller share stays", "AABC", "01", C, 0},
        {"a newcomer of a share that ties pays itself", "AABB", "", B, 2},
        {"or else the share that was idle for longest", "AABB", "", C, 0},
        {"the share that was used goes last", "AABB", "0", C, 2},
        {"all have one", "ABC", "", 'D', 0},
        {"all have one, and the first spoke", "ABC", "0", 'D', 1},
        {"all have one and the newcomer is one of them", "ABC", "", C, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        CHECK_LABEL("%s", cases[i].why);
        set_up(&f, cases[i].from, 0);
        hear(&f, cases[i].heard);
        CHECK_INT(victim(&f, (uint64_t)cases[i].newcomer), cases[i].goes);
        tear_down(&f);
    }
    CHECK_LABEL("%s", "");
}

static void each_address_has_a_limit(void)
{
    struct fixture f;
    set_up(&f, "AAB", 2);
    CHECK(driver_addresses_reached(&f.addresses, A));
    CHECK(!driver_addresses_reached(&f.addresses, B));
    CHECK(!driver_addresses_reached(&f.addresses, C));
    driver_addresses_remove(&f.addresses, &f.member[0]);
    CHECK(!driver_addresses_reached(&f.addresses, A));
    tear_down(&f);
    set_up(&f, "AAAAAAAA", 0);
    CHECK(!driver_addresses_reached(&f.addresses, A));
    tear_down(&f);
}

/* With all slots in use, one address takes places for ever: each other one keeps its own.
 */
static void nobody_else_is_evicted(void)
{
    struct fixture f;
    size_t honest = 0;
    set_up(&f, "BCAAAAAA", 0);
    for (int round = 0; round < 100; round++) {
        struct driver_address_member *goes = driver_addresses_victim(&f.addresses, A);
        honest += goes < &f.member[2];
        driver_addresses_remove(&f.addresses, goes);
        CHECK_INT(driver_addresses_add(&f.addresses, goes, A), HERD_OK);
        if (round % 2 == 0)
            driver_addresses_heard(&f.addresses, goes);
    }
    CHECK_INT((int64_t)honest, 0);
    tear_down(&f);
}

static void no_memory_is_an_error(void)
{
    struct fixture f;
    set_up(&f, "A", 0);
    fail_mem_arm(&f.mem, 1, false);
    CHECK_INT(driver_addresses_add(&f.addresses, &f.member[1], B), HERD_ENOMEM);
    tear_down(&f);
}

const struct check_test test_addresses[] = {
    {"the victim is of the greatest share", the_victim_is_of_the_greatest_share},
    {"each address has a limit", each_address_has_a_limit},
    {"nobody else is evicted", nobody_else_is_evicted},
    {"no memory is an error", no_memory_is_an_error},
    {NULL, NULL},
};
