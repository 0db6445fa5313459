/* Questions to the NFVO about a request in hand. No thread waits: the answer runs the next step. */
#include "vnfm-generic/sdk/internal.h"

#include <string.h>

/* What the NFVO says to it. An absent or null answer: the service is gone (amqp-protocol.md 4.1).
 */
static enum err_code read_answer(struct ob_request *r, const struct peer_answer *got,
                                 struct envelope **ret, struct err *err)
{
    const char *what = action_word(r->asked);
    if (got->code != ERR_OK) {
        *err = *got->err;
        return err_add(err, "%s", what);
    }
    if (got->len == 0 || (got->len == 4 && memcmp(got->body, "null", 4) == 0))
        return err_set(err, ERR_NOT_FOUND, "%s: the NFVO no longer knows the network service",
                       what);
    enum err_code rc = proto_decode(&envelope_type, got->body, got->len, 0, &r->arena, ret, err);
    if (rc != ERR_OK)
        return err_add(err, "answer to %s", what);
    if (action_parse((*ret)->action) == ACTION_ERROR)
        return err_set(err, ERR_PEER, "%s: %s", what,
                       (*ret)->message ? (*ret)->message : "the NFVO answered with an error");
    if (r->asked == ACTION_GRANT_OPERATION && !(*ret)->grant_allowed)
        return err_set(err, ERR_DENIED, "%s: the NFVO did not allow it", what);
    return ERR_OK;
}

static void answered(void *arg, const struct peer_answer *got)
{
    struct ob_request *r = arg;
    struct envelope *answer = NULL;
    struct err err = ERR_INIT;
    enum err_code rc = read_answer(r, got, &answer, &err);
    if (answer && answer->vnfr.n) { /* on an error, too: it knows what exists already */
        sbuf_clear(&r->vnfr);
        sbuf_add(&r->vnfr, answer->vnfr.at, answer->vnfr.n);
    }
    r->step(r, rc == ERR_OK ? answer : NULL, rc == ERR_OK ? NULL : &err);
}

void ask_nfvo(struct ob_request *r, enum action action, struct sbuf *body, int64_t timeout_ms,
              ask_step_fn *step)
{
    r->asked = action;
    r->step = step;
    request_rewind(r);
    struct transport *t = r->vnfm->transport;
    t->ops->ask(t, action, body, timeout_ms > 0 ? timeout_ms : r->vnfm->ask_timeout_ms, answered,
                r);
}

static void user_step(struct ob_request *r, const struct envelope *answer, const struct err *err)
{
    struct err none = ERR_INIT;
    (void)answer;
    r->done(r->done_arg, r, err ? err : &none);
}

void ob_vnfm_ask(struct ob_request *r, const char *action, int64_t timeout_ms, ob_asked_fn *done,
                 void *arg)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT, changed = SBUF_INIT;
    sbuf_addf(&body, "{\"action\":\"%s\"", action);
    answer_member(&body, "virtualNetworkFunctionRecord", request_text(r, RECORD_VNFR, &changed));
    sbuf_addc(&body, '}');
    r->done = done;
    r->done_arg = arg;
    ask_nfvo(r, action_parse(action), &body, timeout_ms, user_step);
}

void ob_vnfm_after(struct ob_vnfm *vnfm, int64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    vnfm->transport->ops->after(vnfm->transport, delay_ms, fn, arg);
}
