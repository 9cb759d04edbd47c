/* SPDX-License-Identifier: ISC */
#include "budget.h"

#include "herd/err.h"

enum { GROUPS = 8, NETWORK = 4, NETWORK_MAX = 64 };

#define DAY_NS    (INT64_C(86400) * HERD_NS_PER_S)
#define HOUR_MS   INT64_C(3600000)
#define MINUTE_NS (INT64_C(60) * HERD_NS_PER_S)

/* Of the time before 1970 too. */
static int64_t day_of(struct herd_wall wall)
{
    return wall.ns / DAY_NS - (wall.ns % DAY_NS < 0);
}

int herd_budget_init(struct herd_budget *budget, const struct herd_budget_setup *setup)
{
    *budget = (struct herd_budget){.setup = *setup};
    if (setup->minute_max == 0)
        return HERD_OK;
    budget->rows = herd_mem_zalloc(setup->mem, HERD_BUDGET_SETS * HERD_BUDGET_WAYS *
                                                   sizeof *budget->rows);
    return budget->rows != NULL ? HERD_OK : HERD_ENOMEM;
}

void herd_budget_free(struct herd_budget *budget)
{
    herd_mem_free(budget->setup.mem, budget->rows,
                  HERD_BUDGET_SETS * HERD_BUDGET_WAYS * sizeof *budget->rows);
    budget->rows = NULL;
}

/* ---- the day ---- */

/* Two days begin at least an hour apart, whatever the wall clock says. */
static void turn_day(struct herd_budget *budget, struct herd_mono now,
                     struct herd_wall wall)
{
    int64_t day = day_of(wall);
    if (!budget->day_known || day < budget->day)
        budget->day = day;
    budget->day_known = true;
    if (day == budget->day || !herd_mono_reached(now, budget->next_day_at))
        return;
    budget->day = day;
    budget->day_count = 0;
    budget->next_day_at = herd_mono_add_ms(now, HOUR_MS);
}

bool herd_budget_day_left(struct herd_budget *budget, struct herd_mono now,
                          struct herd_wall wall)
{
    turn_day(budget, now, wall);
    return budget->setup.day_max == 0 || budget->day_count < budget->setup.day_max;
}

void herd_budget_day_take(struct herd_budget *budget)
{
    budget->day_count++;
}

/* ---- addresses ---- */

/* The groups of hexadecimal digits before and after the `::`, as text. */
struct groups {
    struct herd_slice group[GROUPS];
    size_t count;
    size_t gap; /* groups before the `::`; count when there is none */
};

/* Text that is no IPv6 address gives some groups as well, always the same. */
static void split(struct herd_slice text, struct groups *groups)
{
    *groups = (struct groups){.gap = GROUPS};
    while (text.len > 0 && groups->count < GROUPS) {
        const char *colon = memchr(text.data, ':', text.len);
        size_t len = colon != NULL ? (size_t)(colon - text.data) : text.len;
        if (len > 0)
            groups->group[groups->count++] = herd_slice(text.data, len);
        text = herd_slice_from(text, colon != NULL ? len + 1 : len);
        if (text.len > 0 && text.data[0] == ':')
            groups->gap = groups->count;
    }
    if (groups->gap > groups->count)
        groups->gap = groups->count;
}

/* The first groups of the address, written out; returns the length. Those after the gap
 * come into it only when the gap is short. */
static size_t print_network(const struct groups *groups, char out[NETWORK_MAX])
{
    size_t len = 0;
    size_t missing = GROUPS - groups->count;
    for (size_t i = 0; i < NETWORK; i++) {
        struct herd_slice group = HERD_LIT("0");
        if (i < groups->gap)
            group = groups->group[i];
        else if (i >= groups->gap + missing)
            group = groups->group[i - missing];
        size_t part = group.len < 4 ? group.len : 4;
        memcpy(out + len, group.data, part);
        len += part;
        out[len++] = ':';
    }
    return len;
}

uint64_t herd_budget_address_key(const struct herd_budget *budget,
                                 struct herd_slice address)
{
    char network[NETWORK_MAX];
    struct groups groups;
    if (address.len > 0 && memchr(address.data, ':', address.len) != NULL) {
        split(address, &groups);
        struct herd_slice last =
            groups.count > 0 ? groups.group[groups.count - 1] : HERD_LIT("");
        if (last.len > 0 && memchr(last.data, '.', last.len) != NULL)
            address = last;
        else
            address = herd_slice(network, print_network(&groups, network));
    }
    return herd_siphash(address, budget->setup.hash_key);
}

/* ---- the minute ---- */

static uint32_t minute_of(struct herd_mono now)
{
    return (uint32_t)(now.ns / MINUTE_NS);
}

static struct herd_budget_row *set_of(const struct herd_budget *budget,
                                      uint64_t address_key)
{
    return budget->rows + address_key % HERD_BUDGET_SETS * HERD_BUDGET_WAYS;
}

static uint32_t count_of(const struct herd_budget_row *row, uint32_t minute)
{
    return row->minute == minute ? row->count : 0;
}

/* The row of that address, or NULL when it has no count in this minute. */
static struct herd_budget_row *row_of(const struct herd_budget *budget,
                                      uint64_t address_key, uint32_t minute)
{
    struct herd_budget_row *set = set_of(budget, address_key);
    for (size_t i = 0; i < HERD_BUDGET_WAYS; i++)
        if (set[i].address_key == address_key && count_of(&set[i], minute) > 0)
            return &set[i];
    return NULL;
}

bool herd_budget_minute_left(const struct herd_budget *budget, uint64_t address_key,
                             struct herd_mono now)
{
    if (budget->setup.minute_max == 0)
        return true;
    const struct herd_budget_row *row = row_of(budget, address_key, minute_of(now));
    return row == NULL || row->count < budget->setup.minute_max;
}

void herd_budget_minute_take(struct herd_budget *budget, uint64_t address_key,
                             struct herd_mono now)
{
    uint32_t minute = minute_of(now);
    if (budget->setup.minute_max == 0)
        return;
    struct herd_budget_row *row = row_of(budget, address_key, minute);
    if (row == NULL) {
        row = set_of(budget, address_key);
        for (size_t i = 1; i < HERD_BUDGET_WAYS; i++)
            if (count_of(&set_of(budget, address_key)[i], minute) < count_of(row, minute))
                row = &set_of(budget, address_key)[i];
        *row = (struct herd_budget_row){.address_key = address_key, .minute = minute};
    }
    row->count++;
}
