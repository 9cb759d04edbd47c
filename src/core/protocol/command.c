/* SPDX-License-Identifier: ISC */
#include "command.h"

const void *herd_command_find(const void *table, size_t size, size_t row_size,
                              const struct herd_call *call)
{
    const char *row = table, *end = row + size;
    for (; call->words.count > 0 && row < end; row += row_size)
        if (herd_slice_eq(((const struct herd_command *)(const void *)row)->name,
                          call->words.word[0]))
            return row;
    return NULL;
}

bool herd_command_fits(const struct herd_command *command, const struct herd_call *call)
{
    size_t operands = call->words.count - 1;
    return operands >= command->operands_min && operands <= command->operands_max;
}
