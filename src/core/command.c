#include "state.h"

#define NAME(text)                                                                         \
    {                                                                                      \
        "" text, sizeof(text) - 1                                                          \
    }

static const struct herd_command commands[] = {
    {NAME("IAMAT"), HERD_CLIENT, 3, 3, herd_client_iamat},
    {NAME("WHATSAT"), HERD_CLIENT, 3, 3, herd_client_whatsat},
    {NAME("BATCH"), HERD_PEER, 1, HERD_ANY_WORDS, herd_peer_batch},
    {NAME("HELLO"), HERD_PEER, 5, HERD_ANY_WORDS, herd_peer_hello},
    {NAME("BYE"), HERD_PEER, 0, HERD_ANY_WORDS, herd_peer_byebye},
    {NAME("STATUS"), HERD_CONTROL, 0, 0, herd_control_status},
};

const struct herd_command *herd_command_find(enum herd_role who,
                                             const struct herd_call *call)
{
    const struct herd_words *words = &call->words;
    if (words->count == 0)
        return NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct herd_command *command = &commands[i];
        if (command->who == who && herd_slice_eq(command->name, words->word[0]))
            return words->count - 1 >= command->least && words->count - 1 <= command->most
                       ? command
                       : NULL;
    }
    return NULL;
}
