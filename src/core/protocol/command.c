#include "herd/err.h"
#include "link/peer.h"

#define NAME(text)                                                                         \
    {                                                                                      \
        "" text, sizeof(text) - 1                                                          \
    }

static const struct herd_command commands[] = {
    {NAME("IAMAT"), HERD_ROLE_CLIENT, 3, 3, herd_client_iamat},
    {NAME("WHATSAT"), HERD_ROLE_CLIENT, 3, 3, herd_client_whatsat},
    {NAME("BATCH"), HERD_ROLE_PEER, 3, HERD_ANY_WORDS, herd_peer_batch},
    {NAME("ACK"), HERD_ROLE_PEER, 1, HERD_ANY_WORDS, herd_peer_ack},
    {NAME("PING"), HERD_ROLE_PEER, 5, HERD_ANY_WORDS, herd_peer_ping},
    {NAME("PONG"), HERD_ROLE_PEER, 1, HERD_ANY_WORDS, herd_peer_pong},
    {NAME("HELLO"), HERD_ROLE_PEER, 9, HERD_ANY_WORDS, herd_peer_hello},
    {NAME("AUTH"), HERD_ROLE_PEER, 1, HERD_ANY_WORDS, herd_peer_auth},
    {NAME("HAVE"), HERD_ROLE_PEER, 2, HERD_ANY_WORDS, herd_peer_have},
    {NAME("RESUME"), HERD_ROLE_PEER, 2, HERD_ANY_WORDS, herd_peer_resume},
    {NAME("SYNC"), HERD_ROLE_PEER, 2, HERD_ANY_WORDS, herd_peer_sync},
    {NAME("SYNCED"), HERD_ROLE_PEER, 2, HERD_ANY_WORDS, herd_peer_synced},
    {NAME("WAIT"), HERD_ROLE_PEER, 1, HERD_ANY_WORDS, herd_peer_wait},
    {NAME("BYE"), HERD_ROLE_PEER, 0, HERD_ANY_WORDS, herd_peer_on_bye},
    {NAME("STATUS"), HERD_ROLE_CONTROL, 0, 0, herd_control_status},
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
