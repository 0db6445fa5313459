/* A call in hand: split, dispatched by name and number of parameters, answered.
 * amqp-protocol.md 5.2, 5.3. */
#include "vim-drivers/sdk/internal.h"

#include <stdlib.h>
#include <string.h>

static void call_free(struct ob_call *c)
{
    arena_release(&c->arena);
    sbuf_release(&c->server);
    free(c);
}

static enum err_code decode(struct ob_call *c, struct err *err)
{
    size_t len;
    const char *body = peer_request_body(c->peer, &len);
    unsigned before = c->vim->is_monitor ? 1 : 0,
             n = 0; /* the place of the VIM instance is empty */
    if (c->msg)
        return ERR_OK;
    enum err_code rc = proto_decode(&driver_request_type, body, len, 0, &c->arena, &c->msg, err);
    if (rc == ERR_OK)
        rc =
            params_split(c->msg->parameters, c->params + before, CALL_PARAMS_MAX - before, &n, err);
    if (rc == ERR_OK)
        c->param_n = n + before;
    if (rc == ERR_OK && c->param_n == 0)
        rc = err_set(err, ERR_INVALID, "the first parameter must be the VIM instance");
    if (rc == ERR_OK && !c->vim->is_monitor)
        rc = proto_decode(&call_vim_type, c->params[0].at, c->params[0].n, 0, &c->arena, &c->pop,
                          err);
    return rc == ERR_OK ? rc : err_add(err, "call of the NFVO");
}

static enum err_code find_method(const struct ob_call *c, const struct ob_vim_method **ret,
                                 struct err *err)
{
    const char *name = c->msg->method_name ? c->msg->method_name : "";
    bool is_known = false;
    for (const struct ob_vim_method *m = c->vim->methods; m->name; m++) {
        if (strcmp(m->name, name) != 0)
            continue;
        is_known = true;
        if (m->n_params == c->param_n - 1) {
            *ret = m;
            return ERR_OK;
        }
    }
    if (is_known)
        return err_set(err, ERR_INVALID, "method '%s' does not take %u parameters", name,
                       c->param_n - c->vim->is_monitor);
    return err_set(err, ERR_NOT_FOUND, "driver '%s' has no method '%s'", c->vim->queue, name);
}

/* Takes the call. */
static void run(struct ob_call *c, ob_vim_handler *handler)
{
    AUTO(sbuf_release) struct sbuf answer = SBUF_INIT;
    struct err err = ERR_INIT;
    bool is_deferred = false;
    c->is_deferred = &is_deferred;
    enum err_code rc = handler(c->vim->arg, c, &answer, &err);
    if (is_deferred)
        return; /* the call may be gone */
    c->is_deferred = NULL;
    if (rc == ERR_OK) {
        ob_call_answer(c, &answer);
        return;
    }
    if (err.code == ERR_OK)
        err_set(&err, rc, "%s failed", ob_call_method(c));
    ob_call_fail(c, &err);
}

void call_serve(void *arg, struct peer_request *peer)
{
    const struct ob_vim_method *method = NULL;
    struct err err = ERR_INIT;
    struct ob_call *c = calloc(1, sizeof(*c));
    if (!c) {
        peer_request_ack(peer);
        return;
    }
    *c = (struct ob_call){.vim = arg, .peer = peer, .server = SBUF_INIT};
    if (decode(c, &err) != ERR_OK || find_method(c, &method, &err) != ERR_OK)
        ob_call_fail(c, &err);
    else
        run(c, method->handler);
}

void ob_call_defer(struct ob_call *c)
{
    if (!c->is_deferred)
        return;
    /* An arena is 64 KiB, and thousands may wait: decode again when it goes on. */
    arena_release(&c->arena);
    c->msg = NULL;
    c->pop = NULL;
    c->param_n = 0;
    *c->is_deferred = true;
    c->is_deferred = NULL;
}

void ob_call_resume(struct ob_call *c, ob_vim_handler *handler)
{
    struct err err = ERR_INIT;
    if (decode(c, &err) != ERR_OK)
        ob_call_fail(c, &err);
    else
        run(c, handler);
}

void ob_call_answer(struct ob_call *c, struct sbuf *answer)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    if (answer->len)
        sbuf_adds(&body, "{\"answer\":");
    else
        sbuf_addc(&body, '{');
    sbuf_add(&body, answer->s, answer->len);
    sbuf_addc(&body, '}');
    sbuf_release(answer);
    *answer = (struct sbuf)SBUF_INIT;
    peer_request_reply(c->peer, &body);
    call_free(c);
}

void ob_call_fail(struct ob_call *c, const struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"exception\":{\"detailMessage\":");
    proto_quotes(&body, err->msg[0] ? err->msg : err_text(err->code));
    if (c->server.len) {
        sbuf_adds(&body, ",\"server\":");
        sbuf_add(&body, c->server.s, c->server.len);
    }
    sbuf_adds(&body, "}}");
    peer_request_reply(c->peer, &body);
    call_free(c);
}

void ob_call_drop(struct ob_call *c)
{
    peer_request_ack(c->peer);
    call_free(c);
}

void ob_call_set_server(struct ob_call *c, const char *json, size_t len)
{
    sbuf_clear(&c->server);
    sbuf_add(&c->server, json, len);
}

const char *ob_call_method(const struct ob_call *c)
{
    return c->msg && c->msg->method_name ? c->msg->method_name : "";
}

const char *ob_call_id(const struct ob_call *c)
{
    return peer_request_id(c->peer);
}

const char *ob_call_token(const struct ob_call *c)
{
    return c->msg ? c->msg->client_token : NULL;
}

const struct proto_strmap *call_metadata(const struct ob_call *c)
{
    return c->msg ? &c->msg->vdu_metadata : NULL;
}

const char *ob_call_vim(const struct ob_call *c, size_t *ret_len)
{
    *ret_len = c->params[0].n;
    return c->params[0].at;
}

const char *ob_call_vim_id(const struct ob_call *c)
{
    return c->pop ? c->pop->id : NULL;
}

const char *ob_call_vim_name(const struct ob_call *c)
{
    return c->pop ? c->pop->name : NULL;
}

const char *ob_call_vim_project(const struct ob_call *c)
{
    return c->pop ? c->pop->project_id : NULL;
}

const char *ob_call_json(const struct ob_call *c, unsigned i, size_t *ret_len)
{
    if (i + 1 >= c->param_n)
        return NULL;
    *ret_len = c->params[i + 1].n;
    return c->params[i + 1].at;
}

unsigned ob_call_param_count(const struct ob_call *c)
{
    return c->param_n ? c->param_n - 1 : 0;
}

void ob_call_set_data(struct ob_call *c, const void *data)
{
    c->data = data;
}

const void *ob_call_data(const struct ob_call *c)
{
    return c->data;
}

/* By the codec, as the only member of a record: it knows every escape. */
enum err_code ob_call_str(struct ob_call *c, unsigned i, const char **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct call_vim *holder;
    size_t len;
    const char *json = ob_call_json(c, i, &len);
    if (!json)
        return err_set(err, ERR_INVALID, "%s: parameter %u is missing", ob_call_method(c), i + 1);
    sbuf_adds(&text, "{\"id\":");
    sbuf_add(&text, json, len);
    sbuf_addc(&text, '}');
    if (proto_decode(&call_vim_type, text.s, text.len, 0, &c->arena, &holder, err) != ERR_OK)
        return err_set(err, ERR_INVALID, "%s: parameter %u is not a string", ob_call_method(c),
                       i + 1);
    *ret = holder->id;
    return ERR_OK;
}
