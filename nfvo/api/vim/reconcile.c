/* /baton/pops: what a PoP lists against what the store says (nfvo/reconcile). */
#include <string.h>

#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/command.h"
#include "nfvo/store/store_orphan.h"
#include "nfvo/store/store_reconcile.h"

#define BASE "/api/v1/baton/pops"

enum { COLLECTED_MAX = 100 };

static enum err_code show(struct call *c, struct err *err)
{
    return store_pop_reconcile(call_db(c), call_param(c, "id"), c->project, &c->out, err);
}

/* The next listing is asked for now. What it says: GET, when lookedAt is behind the askedAt of this
 * answer's now. */
static enum err_code reconcile(struct call *c, struct err *err)
{
    enum err_code rc = show(c, err);
    if (rc == ERR_OK)
        rc = store_watch_soon(call_db(c), call_param(c, "id"), NULL, false, err);
    return rc;
}

static void collected(void *arg, const struct err *err, const char *text)
{
    struct pending *p = arg;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    (void)text;
    if (err && err->code != ERR_OK) {
        pending_fail(p, 0, err);
        return;
    }
    sbuf_adds(&body, "{}");
    pending_done(p, HTTP_TYPE_JSON, &body);
}

/* Body: ids or hostnames, []: all that were launched here for sure. Those that are deleted are
 * checked anew, in the store: seen twice, and of no row. */
static enum err_code collect(struct call *c, struct err *err)
{
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    struct proto_strs asked = {0}, ids = {0};
    struct err late = ERR_INIT;
    const char *pop = call_param(c, "id");
    enum err_code rc = show(c, err); /* is it there, in this project? */
    sbuf_clear(&c->out);
    if (rc == ERR_OK)
        rc = call_body_ids(c, &asked, err);
    if (rc != ERR_OK)
        return rc;
    for (uint32_t i = 0; i < asked.n; i++)
        db_array_text(&names, asked.at[i]);
    rc = store_orphans_take(call_db(c), pop, &names, session_user(c->session)->username,
                            COLLECTED_MAX, &c->arena, &ids, err);
    if (rc != ERR_OK)
        return rc;
    if (!ids.n) {
        err_set(err, ERR_NOT_FOUND, "PoP '%s' has no such orphan that two listings showed", pop);
        return err_hint(err, "baton pop orphans %s; one whose mark is 'name' has to be named", pop);
    }
    err_set(&late, ERR_TIMEOUT, "the driver is not asked yet");
    api_submit(c->api->commands, command_collect(pop, &ids), collected,
               call_park(c, 10000, &late, pop));
    return ERR_OK;
}

/* clang-format off */
const struct endpoint reconcile_endpoints[] = {
    {"GET",  BASE "/{id}/reconcile", show,      200, API_PROJECT, "Show what differs on a PoP from what the store says, and its orphans"},
    {"POST", BASE "/{id}/reconcile", reconcile, 202, API_PROJECT, "Compare a PoP with the store now"},
    {"POST", BASE "/{id}/collect",   collect,   202, API_PROJECT, "Delete servers of a PoP that no service owns: their ids or hostnames; []: all that were launched here for sure"},
    {0},
};
/* clang-format on */
