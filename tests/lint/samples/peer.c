// The sample in common/peer/peer.h
#include "common/peer/peer.h"

void wait_for_signal(void);
enum err_code attach(const struct peer_hooks *hooks, void *me, const char *password,
                     struct err *err);

enum err_code attach(const struct peer_hooks *hooks, void *me, const char *password,
                     struct err *err)
{
    /* clang-format off */
    /* sample */
    struct peer *peer = peer_new(&(struct peer_options){
        .bus = {.host = "broker", .user = "registrar", .password = password},
        .exchange = "the-exchange",
        .register_key = "registrations",
        .ask_key = "questions",
        .queue = "web",
        .hooks = hooks, // hooks->serve(me, request) runs on a worker; then or later, from any
        .arg = me});    // thread, peer_request_reply(request, &body) ends it
    if (peer_start(peer, err) != ERR_OK)
        return err->code;
    wait_for_signal();
    peer_stop(peer, 5000);
    peer_free(peer);
    /* end */
    /* clang-format on */
    return ERR_OK;
}
