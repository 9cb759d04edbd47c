/* SPDX-License-Identifier: ISC */
#include "addresses.h"

#include "herd/err.h"

/* The lists of a share, the longest silence first. */
enum { SILENT, HEARD };

int driver_addresses_init(struct driver_addresses *addresses, const struct herd_mem *mem,
                          uint32_t clients_max, int64_t each_max)
{
    addresses->each_max = each_max;
    return herd_shares_init(&addresses->shares, mem, clients_max);
}

void driver_addresses_free(struct driver_addresses *addresses)
{
    herd_shares_free(&addresses->shares);
}

bool driver_addresses_reached(const struct driver_addresses *addresses, uint64_t key)
{
    return addresses->each_max > 0 &&
           herd_shares_count(&addresses->shares, key) >= addresses->each_max;
}

struct driver_address_member *
driver_addresses_victim(const struct driver_addresses *addresses, uint64_t key)
{
    struct herd_share *most = herd_shares_most(&addresses->shares);
    if (most == NULL)
        return NULL;
    /* Of several that have most, the newcomer's own: it would have more than the others. */
    struct herd_share *own = herd_shares_find(&addresses->shares, key);
    struct herd_share *from = own != NULL && own->count == most->count ? own : most;
    struct herd_list_node *first = herd_list_first(&from->things[SILENT]);
    if (first == NULL)
        first = herd_list_first(&from->things[HEARD]);
    return herd_list_item(first, offsetof(struct driver_address_member, node));
}

int driver_addresses_add(struct driver_addresses *addresses,
                         struct driver_address_member *member, uint64_t key)
{
    member->share = herd_shares_take(&addresses->shares, key);
    if (member->share == NULL)
        return HERD_ENOMEM;
    herd_list_push_back(&member->share->things[SILENT], &member->node);
    return HERD_OK;
}

void driver_addresses_remove(struct driver_addresses *addresses,
                             struct driver_address_member *member)
{
    if (member->share == NULL)
        return;
    herd_list_remove(&member->node);
    herd_shares_give_back(&addresses->shares, member->share);
    member->share = NULL;
}

void driver_addresses_heard(struct driver_addresses *addresses,
                            struct driver_address_member *member)
{
    struct herd_list *heard = &member->share->things[HEARD];
    herd_shares_use(&addresses->shares, member->share);
    if (herd_list_last(heard) == &member->node)
        return;
    herd_list_remove(&member->node);
    herd_list_push_back(heard, &member->node);
}
