/* Intents as events of the PoP's machine (pop_fsm.c); then who can be served is. */
#include "nfvo/lifecycle/pop_private.h"

#include "common/base/sbuf.h"

#include <string.h>

static void pop_proceed(struct pop_model *p)
{
    struct decision *d = p->d;
    bool is_stale = pop_is_open(d, CMD_WAIT_OPERATION); /* the answer to its refresh would end it */
    if (!pop_is_open(d, CMD_REFRESH))
        EACH_COMMAND(c, d, CMD_WAIT_PREPARE)
        {
            if (!pop_is_fresh_for(p, c))
                is_stale = true;
            else if (pop_is_prepared(p, c))
                pop_tell(p, c, "prepared", proto_new(&internal_type, d->arena));
        }
    /* A snapshot taken while a network was being created may lack it: one after the other. */
    if (is_stale && !pop_is_open(d, CMD_CREATE_NETWORK))
        pop_want_refresh(p);
    pop_settle(p);
    pop_want_listing(p);
}

static void driver_said(struct pop_model *p, struct command *c, const struct driver_reply *reply,
                        const struct err *bad)
{
    const struct pop_input in = {.command = c, .reply = reply, .bad = bad};
    int kind = c->kind;
    decision_close(c);
    if (kind == CMD_REFRESH)
        pop_step(p, POP_EV_REFRESHED, &in);
    else if (kind == CMD_CREATE_NETWORK)
        pop_step(p, POP_EV_NETWORK, &in);
    else if (kind == CMD_ADD_IMAGE)
        pop_step(p, POP_EV_IMAGE, &in);
    else if (kind == CMD_LIST_SERVERS)
        pop_step(p, POP_EV_SERVERS, &in);
    else if (kind == CMD_GET_QUOTA)
        pop_step(p, POP_EV_QUOTA, &in);
}

static void pop_register(struct decision *d, const struct pop_request *req)
{
    if (d->root) {
        err_set(&d->err, ERR_EXISTS, "Vim Instance with id %s exists already", d->in->agg);
        return;
    }
    /* One of that id may have been there: a registration whose commit was in doubt is decided
     * again, also after it failed. Its numbers do not come again, or an answer to the first one, or
     * its row in the outbox, would be taken for the second one's. */
    decision_add_row(d, ROW_POP, d->in->agg, POP_REGISTERING)->seq = d->now;
    pop_set_keys(d, req->pop);
    struct pop_model *p = pop_model_of(d);
    p->pop = proto_dup(&vim_instance_type, req->pop, d->arena);
    p->pop->id = d->in->agg;
    pop_changed(p);
    pop_step(p, POP_EV_REFRESH, &(struct pop_input){.request = req});
}

static const char *method_of(int kind)
{
    return command_is_to(COMMAND_TO_DRIVER, kind) ? command_rows[kind].call : NULL;
}

/* A call names its driver; who waits is told of the one that there is now. */
static void too_late(struct pop_model *p, const struct command *c, struct err *err)
{
    struct decision *d = p->d;
    const char *method = method_of(c->kind);
    if (method)
        err_set(err, ERR_TIMEOUT, "driver '%s' of PoP '%s' did not answer %s in time", c->data,
                p->pop->name, method);
    else
        err_set(err, ERR_TIMEOUT, "%s of PoP '%s' did not answer in time",
                driver_named(d, p->pop->type), p->pop->name);
    err_hint(err, "is it running? 'baton status' shows its queue; some drivers need a restart");
}

static void pop_deadline(struct pop_model *p)
{
    struct decision *d = p->d;
    struct command *c = decision_find(d, d->in->command);
    struct err err = ERR_INIT;
    if (!c || c->due_at > d->now) {
        d->outcome = DECISION_STALE;
        return;
    }
    if (c->kind == CMD_TIMER_LATE) {
        decision_close(c);
        pop_step(p, POP_EV_LOOK, NULL);
        return;
    }
    too_late(p, c, &err);
    const struct pop_input in = {.command = c, .bad = &err};
    bool is_lost = method_of(c->kind) && strcmp(c->data, COMMAND_LOST) == 0;
    bool is_unsure = pop_is_making(c->kind) && pop_is_in_doubt(c);
    if (is_lost || is_unsure) {
        decision_close(c);
        pop_step(p, is_lost ? POP_EV_LOST : POP_EV_UNSURE, &in);
    } else if (c->kind == CMD_WAIT_PREPARE || c->kind == CMD_WAIT_LIST) {
        pop_step(p, POP_EV_WAIT_OVER, &in);
    } else if (c->kind == CMD_WAIT_OPERATION) {
        pop_step(p, POP_EV_CALL_OVER, &in);
    } else {
        driver_said(p, c, NULL, &err);
    }
}

static void asked_by_service(struct pop_model *p, const struct internal *msg)
{
    enum pop_event ev = strcmp(msg->what, INTERNAL_LATE) == 0 ? POP_EV_LATE
                        : strcmp(msg->what, "prepare") == 0   ? POP_EV_PREPARE
                                                              : POP_EV_FIND;
    pop_step(p, ev, &(struct pop_input){.question = msg});
}

/* An NSR asks a PoP that is gone. */
static void unknown_pop(struct decision *d)
{
    d->outcome = DECISION_STALE;
    const struct internal *msg = d->in->event == EV_INTERNAL ? d->in->payload : NULL;
    if (msg && strcmp(msg->what, INTERNAL_LATE) == 0)
        return; /* nobody can be asked, or has anything left there */
    if (msg) {
        struct internal *answer = proto_new(&internal_type, d->arena);
        struct err err = ERR_INIT;
        AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
        err_set(&err, ERR_NOT_FOUND, "PoP '%s' is not there any more", d->in->agg);
        *answer =
            (struct internal){.what = strcmp(msg->what, "prepare") == 0 ? "prepared" : "listed",
                              .to = msg->from,
                              .to_kind = AGG_NSR,
                              .from = d->in->agg,
                              .command = msg->command,
                              .fault = fault_from_err(&err, "nfvo", NULL, d->arena)};
        proto_encode(&internal_type, answer, 0, &body);
        struct send *s =
            decision_send(d, "", "nfvo.internal", arena_strndup(d->arena, body.s, body.len));
        s->is_internal = true;
        s->until_at = d->now + settings_of(d)->driver_us;
    } else if ((d->in->event >= EV_POP_REGISTER && d->in->event <= EV_POP_DELETE) ||
               d->in->event == EV_POP_COLLECT) {
        err_set(&d->err, ERR_NOT_FOUND, "VIM Instance with ID %s not found.", d->in->agg);
    }
}

void pop_decide(struct decision *d)
{
    const void *payload = d->in->payload;
    if (d->in->event == EV_POP_REGISTER) {
        pop_register(d, payload);
        return;
    }
    if (!d->root || d->root->mark == ROW_GONE) {
        unknown_pop(d);
        return;
    }
    struct pop_model *p = pop_model_of(d);
    struct command *c = decision_find(d, d->in->command);
    if (d->unreadable)
        return;
    pop_count_use(p);
    switch ((enum nfvo_event)d->in->event) {
    case EV_POP_REFRESH:
        pop_step(p, POP_EV_REFRESH, &(struct pop_input){.request = payload});
        break;
    case EV_POP_LIST:
        pop_step(p, POP_EV_LIST, &(struct pop_input){.request = payload});
        break;
    case EV_POP_COLLECT:
        pop_step(p, POP_EV_COLLECT, &(struct pop_input){.request = payload});
        break;
    case EV_POP_UPDATE:
        pop_step(p, POP_EV_UPDATE, &(struct pop_input){.request = payload});
        break;
    case EV_POP_DELETE:
        pop_step(p, POP_EV_DELETE, NULL);
        break;
    case EV_INTERNAL:
        asked_by_service(p, payload);
        break;
    case EV_DRIVER_ANSWER:
        if (c)
            driver_said(p, c, payload, NULL);
        else
            d->outcome = DECISION_STALE;
        break;
    case EV_BAD_REPLY:
        if (c)
            driver_said(p, c, NULL, payload);
        break;
    case EV_DEADLINE:
        pop_deadline(p);
        break;
    case EV_IN_DOUBT:
        if (c && pop_is_making(c->kind))
            pop_step(p, POP_EV_IN_DOUBT, &(struct pop_input){.command = c});
        else
            d->outcome = DECISION_STALE;
        break;
    default:
        d->outcome = DECISION_STALE;
    }
    if (d->root->mark == ROW_GONE) {
        for (uint32_t i = 0; i < d->commands.n; i++)
            decision_close(d->commands.at[i]);
        return;
    }
    pop_proceed(p);
}

/* Who waits for it learns the reason now, and not at its deadline. */
void pop_refused(struct decision *d)
{
    const struct internal *question = d->in->event == EV_INTERNAL ? d->in->payload : NULL;
    if (!question || !question->from || strcmp(question->what, INTERNAL_LATE) == 0)
        return;
    struct internal *answer = proto_new(&internal_type, d->arena);
    *answer = (struct internal){
        .what = strcmp(question->what, "prepare") == 0 ? "prepared" : "listed",
        .to = question->from,
        .to_kind = AGG_NSR,
        .command = question->command,
        .fault = fault_from_err(&d->err, "nfvo", arena_printf(d->arena, "pop %s", d->in->agg),
                                d->arena)};
    send_internal(d, answer);
}
