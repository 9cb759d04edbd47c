#include "herd/err.h"
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
    if (call->words.count == 0)
        return NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].who == who && herd_slice_eq(commands[i].name, call->words.word[0]))
            return &commands[i];
    return NULL;
}

int herd_command_obey(struct herd_core *core, struct herd_conn *conn,
                      const struct herd_call *call, const struct herd_command *command)
{
    size_t words = call->words.count - 1;
    if (words < command->least || words > command->most)
        return HERD_EBAD;
    return command->handle(core, conn, call);
}
