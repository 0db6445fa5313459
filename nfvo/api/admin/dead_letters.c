/* /baton/dead-letters: deliveries that could not be handled. They are copies for people, their secrets
 * masked: nothing can be sent again out of them; whoever sent it may. */
#include "nfvo/api/context.h"

#define BASE "/api/v1/baton/dead-letters"

/* The broker may take its time: no connection of the database meanwhile. */
static void let_go(struct call *c)
{
    store_return(c->api->store, c->db);
    c->db = NULL;
}

static enum err_code unknown(struct err *err)
{
    err_set(err, ERR_UNAVAIL, "the dead letters are not known");
    return err_hint(err, "see the broker's state: baton status");
}

static enum err_code list(struct call *c, struct err *err)
{
    const struct api_host *host = c->api->host;
    let_go(c);
    return host->dead_letters ? host->dead_letters(host->ctx, &c->out, err) : unknown(err);
}

static enum err_code drop(struct call *c, struct err *err)
{
    const struct api_host *host = c->api->host;
    let_go(c);
    return host->drop_dead_letters ? host->drop_dead_letters(host->ctx, err) : unknown(err);
}

/* clang-format off */
const struct endpoint dead_letter_endpoints[] = {
    {"GET",    BASE, list, 200, API_ADMIN, "Look at the oldest 20 dead letters: from which queue, why, and the body with its secrets masked"},
    {"DELETE", BASE, drop, 204, API_ADMIN, "Delete all dead letters"},
    {0},
};
/* clang-format on */
