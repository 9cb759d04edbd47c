/* SPDX-License-Identifier: ISC */
#include "command.h"

bool herd_command_fits(const struct herd_command *command, const struct herd_call *call)
{
    size_t operands = call->words.count - 1;
    return operands >= command->operands_min && operands <= command->operands_max;
}
