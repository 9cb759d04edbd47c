/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "dice.h"

#include "list.h"

#include <string.h>

enum { ITEMS = 8 };

struct item {
    int number;
    struct herd_list_node node, other; /* two lists at once */
};

struct fixture {
    struct herd_list list;
    struct item items[ITEMS];
};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){.items = {{0, {NULL, NULL}, {NULL, NULL}}}};
    herd_list_init(&f->list);
    for (int i = 0; i < ITEMS; i++)
        f->items[i].number = i;
}

static struct item *item_of(const struct herd_list_node *node)
{
    return herd_list_item(node, offsetof(struct item, node));
}

/* The numbers in their order as digits after a 1: 0, 2, 1 is 1021. */
static int64_t forwards(const struct herd_list *list)
{
    int64_t digits = 1;
    for (const struct herd_list_node *n = herd_list_first(list); n != NULL;
         n = herd_list_next(list, n))
        digits = digits * 10 + item_of(n)->number;
    return digits;
}

static int64_t backwards(const struct herd_list *list)
{
    int64_t digits = 1;
    for (const struct herd_list_node *n = herd_list_last(list); n != NULL;
         n = herd_list_prev(list, n))
        digits = digits * 10 + item_of(n)->number;
    return digits;
}

static void an_empty_list_has_no_nodes(void)
{
    struct fixture f;
    set_up(&f);
    CHECK(herd_list_is_empty(&f.list));
    CHECK(herd_list_first(&f.list) == NULL);
    CHECK(herd_list_last(&f.list) == NULL);
    CHECK(herd_list_pop_front(&f.list) == NULL);
    CHECK(herd_list_item(NULL, offsetof(struct item, other)) == NULL);
}

static void nodes_keep_their_order(void)
{
    struct fixture f;
    set_up(&f);
    herd_list_push_back(&f.list, &f.items[2].node);
    herd_list_push_back(&f.list, &f.items[3].node);
    herd_list_push_front(&f.list, &f.items[1].node);
    herd_list_insert(&f.items[3].node, &f.items[7].node);
    herd_list_insert(&f.items[1].node, &f.items[0].node);
    CHECK(!herd_list_is_empty(&f.list));
    CHECK_INT(forwards(&f.list), 101273);
    CHECK_INT(backwards(&f.list), 137210);
}

static void a_queue_gives_the_oldest_first(void)
{
    struct fixture f;
    set_up(&f);
    for (int i = 0; i < ITEMS; i++)
        herd_list_push_back(&f.list, &f.items[i].node);
    for (int i = 0; i < ITEMS; i++) {
        struct herd_list_node *node = herd_list_pop_front(&f.list);
        REQUIRE(node != NULL);
        CHECK_INT(item_of(node)->number, i);
        CHECK(!herd_list_linked(node));
    }
    CHECK(herd_list_is_empty(&f.list));
}

/* First, last, in the middle, twice, and the only one. */
static void nodes_leave_anywhere(void)
{
    static const struct {
        int gone;
        int64_t left;
    } cases[] = {{0, 1123}, {1, 1023}, {2, 1013}, {3, 1012}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        set_up(&f);
        CHECK_LABEL("node %d", cases[i].gone);
        for (int k = 0; k < 4; k++)
            herd_list_push_back(&f.list, &f.items[k].node);
        CHECK(herd_list_linked(&f.items[cases[i].gone].node));
        herd_list_remove(&f.items[cases[i].gone].node);
        CHECK(!herd_list_linked(&f.items[cases[i].gone].node));
        herd_list_remove(&f.items[cases[i].gone].node);
        CHECK_INT(forwards(&f.list), cases[i].left);
    }
    struct fixture f;
    set_up(&f);
    herd_list_push_front(&f.list, &f.items[5].node);
    herd_list_remove(&f.items[5].node);
    CHECK(herd_list_is_empty(&f.list));
}

static void a_struct_is_in_two_lists(void)
{
    struct fixture f;
    struct herd_list other;
    set_up(&f);
    herd_list_init(&other);
    for (int i = 0; i < 3; i++) {
        herd_list_push_back(&f.list, &f.items[i].node);
        herd_list_push_front(&other, &f.items[i].other);
    }
    herd_list_remove(&f.items[1].node);
    CHECK_INT(forwards(&f.list), 102);
    const struct herd_list_node *n = herd_list_first(&other);
    for (int i = 2; i >= 0; i--, n = herd_list_next(&other, n)) {
        const struct item *item = herd_list_item(n, offsetof(struct item, other));
        REQUIRE(item != NULL);
        CHECK_INT(item->number, i);
    }
    CHECK(n == NULL);
}

/* An array of numbers does the same, slowly. */
static void agrees_with_an_array(void)
{
    struct fixture f;
    struct dice dice = {1};
    int order[ITEMS], count = 0;
    set_up(&f);
    for (int turn = 0; turn < 5000; turn++) {
        int number = (int)dice_roll(&dice, ITEMS), at = 0;
        struct herd_list_node *node = &f.items[number].node;
        while (at < count && order[at] != number)
            at++;
        if (at < count) {
            herd_list_remove(node);
            count--;
            memmove(order + at, order + at + 1, (size_t)(count - at) * sizeof *order);
        } else if (dice_roll(&dice, 2) == 0) {
            herd_list_push_back(&f.list, node);
            order[count++] = number;
        } else {
            herd_list_push_front(&f.list, node);
            memmove(order + 1, order, (size_t)count++ * sizeof *order);
            order[0] = number;
        }
        int64_t want = 1;
        for (int i = 0; i < count; i++)
            want = want * 10 + order[i];
        CHECK_INT(forwards(&f.list), want);
    }
}

const struct check_test test_list[] = {
    {"an_empty_list_has_no_nodes", an_empty_list_has_no_nodes},
    {"nodes_keep_their_order", nodes_keep_their_order},
    {"a_queue_gives_the_oldest_first", a_queue_gives_the_oldest_first},
    {"nodes_leave_anywhere", nodes_leave_anywhere},
    {"a_struct_is_in_two_lists", a_struct_is_in_two_lists},
    {"agrees_with_an_array", agrees_with_an_array},
    {NULL, NULL},
};
