/* Deleting PoPs: one command after the other; the secrets go when the engine has agreed. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/log/log.h"
#include "nfvo/api/request/command.h"
#include "nfvo/api/vim/pop.h"
#include "nfvo/store/store_pop.h"

struct deletes {
    struct pending *pending;
    char **ids;
    uint32_t n, at;
};

static void deletes_free(struct deletes *d)
{
    for (uint32_t i = 0; i < d->n; i++)
        free(d->ids[i]);
    free(d->ids);
    free(d);
}

static void drop_secrets(struct api *api, const char *id)
{
    struct err err = ERR_INIT;
    struct db *db = store_borrow(api->store);
    if (store_secret_delete(db, id, &err) != ERR_OK)
        log_warn(LOG_API, "secret_left", KV_S("pop", id), KV_ERR(&err));
    store_return(api->store, db);
}

static void delete_next(struct deletes *d);

static void deleted(void *arg, const struct err *err, const char *text)
{
    struct deletes *d = arg;
    (void)text;
    if (err && err->code != ERR_OK) {
        pending_fail(d->pending, 0, err);
        deletes_free(d);
        return;
    }
    drop_secrets(d->pending->api, d->ids[d->at++]);
    delete_next(d);
}

static void delete_next(struct deletes *d)
{
    if (d->at < d->n) {
        struct api_command *cmd = command_pop(EV_POP_DELETE, NULL, d->ids[d->at]);
        api_submit(d->pending->api->commands, cmd, deleted, d);
        return;
    }
    struct sbuf none = SBUF_INIT;
    pending_done(d->pending, NULL, &none);
    deletes_free(d);
}

static enum err_code check_unused(struct call *c, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct vim_instance *pop;
    bool is_used = false;
    enum err_code rc =
        store_pop_get(call_db(c), store_seal(c->api->store), id, c->project, &text, err);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "Vim Instance with id %s was not found", id);
    if (rc == ERR_OK)
        rc = call_decode(c, &vim_instance_type, &text, &pop, err);
    if (rc == ERR_OK)
        rc = store_pop_in_use(call_db(c), id, &is_used, err);
    if (rc == ERR_OK && is_used) {
        err_set(err, ERR_STATE, "Cannot delete VIM Instance %s while it is in use.", pop->name);
        return err_hint(err, "delete the network services that run on it first");
    }
    return rc;
}

static enum err_code delete_all(struct call *c, const char *const *ids, uint32_t n, struct err *err)
{
    struct err late = ERR_INIT;
    for (uint32_t i = 0; i < n; i++) {
        enum err_code rc = check_unused(c, ids[i], err);
        if (rc != ERR_OK)
            return rc;
    }
    struct deletes *d = xcalloc(1, sizeof(*d));
    d->n = n;
    d->ids = xcalloc(n + 1, sizeof(d->ids[0]));
    for (uint32_t i = 0; i < n; i++)
        d->ids[i] = xstrdup(ids[i]);
    err_set(&late, ERR_TIMEOUT, "the deletion was not confirmed in time: it may still happen");
    d->pending = call_park(c, c->api->options->operation_timeout_ms, &late, NULL);
    delete_next(d);
    return ERR_OK;
}

enum err_code pop_delete(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    return delete_all(c, &id, 1, err);
}

enum err_code pop_delete_many(struct call *c, struct err *err)
{
    struct proto_strs ids;
    enum err_code rc = call_body_ids(c, &ids, err);
    return rc == ERR_OK ? delete_all(c, ids.at, ids.n, err) : rc;
}
