/* SPDX-License-Identifier: ISC */
#include "shares.h"

#include "herd/err.h"

#include <assert.h>

enum {
    TABLE_MIN = 16,
    TABLE_MAX = 16384,
    THINGS_PER_SLOT = 4,
    RANKS_MIN = 8,
};

/* ---- life ---- */

int herd_shares_init(struct herd_shares *shares, const struct herd_mem *mem,
                     size_t things_max)
{
    *shares = (struct herd_shares){.mem = mem, .table_size = TABLE_MIN};
    herd_list_init(&shares->turns);
    while (shares->table_size < TABLE_MAX &&
           shares->table_size * THINGS_PER_SLOT < things_max)
        shares->table_size *= 2;
    shares->table = herd_mem_zalloc(mem, shares->table_size * sizeof(void *));
    return shares->table != NULL ? HERD_OK : HERD_ENOMEM;
}

void herd_shares_free(struct herd_shares *shares)
{
    assert(shares->most == 0);
    if (shares->mem == NULL)
        return;
    herd_mem_free(shares->mem, shares->table, shares->table_size * sizeof(void *));
    herd_mem_free(shares->mem, shares->ranks, shares->rank_count * sizeof *shares->ranks);
    *shares = (struct herd_shares){0};
}

/* ---- finding ---- */

static struct herd_share **slot_of(const struct herd_shares *shares, uint64_t key)
{
    return &shares->table[key & (shares->table_size - 1)];
}

struct herd_share *herd_shares_find(const struct herd_shares *shares, uint64_t key)
{
    struct herd_share *share = *slot_of(shares, key);
    while (share != NULL && share->key != key)
        share = share->same_slot;
    return share;
}

uint32_t herd_shares_count(const struct herd_shares *shares, uint64_t key)
{
    const struct herd_share *share = herd_shares_find(shares, key);
    return share != NULL ? share->count : 0;
}

/* ---- ranks ---- */

static struct herd_list *rank_of(const struct herd_shares *shares, uint32_t count)
{
    return &shares->ranks[count - 1];
}

/* A list is a ring through its own head, so it must not move while a share is in it. */
static void move_rank(struct herd_list *to, struct herd_list *from)
{
    struct herd_list_node *node;
    herd_list_init(to);
    while ((node = herd_list_pop_front(from)) != NULL)
        herd_list_push_back(to, node);
}

/* Makes room for shares that have `count` things. */
static int make_rank(struct herd_shares *shares, uint32_t count)
{
    if (count <= shares->rank_count)
        return HERD_OK;
    uint32_t fresh_count = shares->rank_count > 0 ? shares->rank_count * 2 : RANKS_MIN;
    struct herd_list *fresh =
        herd_mem_alloc(shares->mem, fresh_count * sizeof *shares->ranks);
    if (fresh == NULL)
        return HERD_ENOMEM;
    for (uint32_t i = 0; i < fresh_count; i++)
        if (i < shares->rank_count)
            move_rank(&fresh[i], &shares->ranks[i]);
        else
            herd_list_init(&fresh[i]);
    herd_mem_free(shares->mem, shares->ranks, shares->rank_count * sizeof *shares->ranks);
    shares->ranks = fresh;
    shares->rank_count = fresh_count;
    return HERD_OK;
}

static void set_count(struct herd_shares *shares, struct herd_share *share, uint32_t count)
{
    herd_list_remove(&share->in_rank);
    share->count = count;
    if (count > 0)
        herd_list_push_back(rank_of(shares, count), &share->in_rank);
    if (count > shares->most)
        shares->most = count;
    /* Counts change by one, so the rank below is not empty, or there is no share left. */
    if (shares->most > 0 && herd_list_is_empty(rank_of(shares, shares->most)))
        shares->most--;
}

/* ---- taking and giving back ---- */

static struct herd_share *add(struct herd_shares *shares, uint64_t key)
{
    struct herd_share *share = herd_mem_zalloc(shares->mem, sizeof *share);
    if (share == NULL)
        return NULL;
    share->key = key;
    for (size_t i = 0; i < HERD_SHARE_LISTS; i++)
        herd_list_init(&share->things[i]);
    struct herd_share **slot = slot_of(shares, key);
    share->same_slot = *slot;
    *slot = share;
    herd_list_push_back(&shares->turns, &share->in_turn);
    return share;
}

struct herd_share *herd_shares_take(struct herd_shares *shares, uint64_t key)
{
    struct herd_share *share = herd_shares_find(shares, key);
    if (make_rank(shares, share != NULL ? share->count + 1 : 1) != HERD_OK)
        return NULL;
    if (share == NULL)
        share = add(shares, key);
    if (share != NULL)
        set_count(shares, share, share->count + 1);
    return share;
}

void herd_shares_give_back(struct herd_shares *shares, struct herd_share *share)
{
    set_count(shares, share, share->count - 1);
    if (share->count > 0)
        return;
    struct herd_share **at = slot_of(shares, share->key);
    while (*at != share)
        at = &(*at)->same_slot;
    *at = share->same_slot;
    for (size_t i = 0; i < HERD_SHARE_LISTS; i++)
        assert(herd_list_is_empty(&share->things[i]));
    herd_list_remove(&share->in_turn);
    herd_mem_free(shares->mem, share, sizeof *share);
}

/* ---- order ---- */

void herd_shares_use(struct herd_shares *shares, struct herd_share *share)
{
    struct herd_list *rank = rank_of(shares, share->count);
    if (herd_list_last(rank) == &share->in_rank)
        return;
    herd_list_remove(&share->in_rank);
    herd_list_push_back(rank, &share->in_rank);
}

struct herd_share *herd_shares_most(const struct herd_shares *shares)
{
    if (shares->most == 0)
        return NULL;
    return herd_list_item(herd_list_first(rank_of(shares, shares->most)),
                          offsetof(struct herd_share, in_rank));
}

struct herd_share *herd_shares_next(const struct herd_shares *shares)
{
    return herd_list_item(herd_list_first(&shares->turns),
                          offsetof(struct herd_share, in_turn));
}

void herd_shares_end_turn(struct herd_shares *shares, struct herd_share *share)
{
    herd_list_remove(&share->in_turn);
    herd_list_push_back(&shares->turns, &share->in_turn);
}
