/* The handlers of the PoP's matrix (pop_fsm.c). */
#include "nfvo/lifecycle/pop_private.h"

#include "common/base/sbuf.h"

#include <string.h>

static int stay(const struct pop_turn *t)
{
    return t->p->d->root->phase;
}

/* --- intents --- */

void pop_set_keys(struct decision *d, const struct vim_instance *pop)
{
    d->root->key[POP_PROJECT] = pop->project_id ? pop->project_id : "";
    d->root->key[POP_NAME] = pop->name;
    d->root->key[POP_TYPE] = pop->type;
}

static void wait_for_call(struct pop_model *p, const char *operation)
{
    if (operation)
        command_open(p->d, CMD_WAIT_OPERATION, operation, NULL);
    pop_want_refresh(p);
}

int pop_on_refresh(void *ctx)
{
    const struct pop_turn *t = ctx;
    wait_for_call(t->p, t->in->request->operation);
    return stay(t);
}

int pop_on_update(void *ctx)
{
    const struct pop_turn *t = ctx;
    const struct pop_request *req = t->in->request;
    struct pop_model *p = t->p;
    struct vim_instance *pop = proto_dup(&vim_instance_type, req->pop, p->d->arena);
    pop->id = p->pop->id;
    pop->hb_version = p->pop->hb_version;
    pop->project_id = p->pop->project_id;
    pop->images = p->pop->images;
    pop->networks = p->pop->networks;
    pop->flavours = p->pop->flavours;
    pop->zones = p->pop->zones;
    p->pop = pop;
    pop_set_keys(p->d, pop);
    pop_changed(p);
    wait_for_call(p, req->operation);
    return stay(t);
}

/* No listing of its own: one serves all. */
int pop_on_list(void *ctx)
{
    const struct pop_turn *t = ctx;
    command_open(t->p->d, CMD_WAIT_LIST, t->in->request->operation,
                 t->in->request->full ? POP_FULL : POP_INVENTORY);
    return stay(t);
}

/* Servers that no row owns: which, whoever asks has made sure of. What the driver answers is a
 * hint, and nobody waits for it: the next listing tells. */
int pop_on_collect(void *ctx)
{
    const struct pop_turn *t = ctx;
    const struct pop_request *req = t->in->request;
    struct pop_model *p = t->p;
    struct decision *d = p->d;
    for (uint32_t i = 0; i < req->servers.n; i++)
        if (!decision_find_for(d, CMD_DELETE, req->servers.at[i]) &&
            !send_delete_stray(p, req->servers.at[i], arena_strdup(d->arena, req->servers.at[i]),
                               &d->err))
            break;
    return stay(t);
}

/* Who waits for it is told: the deadline of their question may be far. */
int pop_on_delete(void *ctx)
{
    const struct pop_turn *t = ctx;
    struct pop_model *p = t->p;
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND, "PoP '%s' was deleted", p->pop->name ? p->pop->name : "");
    struct fault *f = pop_fault_of(p, &err);
    EACH_COMMAND(c, d, CMD_WAIT_PREPARE) pop_tell_fault(p, c, "prepared", f);
    EACH_COMMAND(c, d, CMD_WAIT_LIST) pop_tell_fault(p, c, "listed", f);
    EACH_COMMAND(c, d, CMD_WAIT_OPERATION) pop_finish_call(p, c, 404, pop_fault_text(p, f));
    d->root->mark = ROW_GONE;
    return stay(t);
}

/* --- questions of services --- */

static void ask(struct pop_model *p, const struct internal *msg, int kind)
{
    struct decision *d = p->d;
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT;
    EACH_COMMAND(c, d, kind)
    if (msg->command && strcmp(c->subject, msg->command) == 0) { /* the message came twice */
        d->outcome = DECISION_STALE;
        return;
    }
    proto_encode(&internal_type, msg, 0, &data);
    command_open(d, kind, msg->command ? msg->command : "",
                 arena_strndup(d->arena, data.s, data.len));
}

int pop_on_prepare(void *ctx)
{
    const struct pop_turn *t = ctx;
    ask(t->p, t->in->question, CMD_WAIT_PREPARE);
    return stay(t);
}

int pop_on_find(void *ctx)
{
    const struct pop_turn *t = ctx;
    ask(t->p, t->in->question, CMD_WAIT_LIST);
    return stay(t);
}

int pop_on_late(void *ctx)
{
    const struct pop_turn *t = ctx;
    pop_late_add(t->p, t->in->question);
    return stay(t);
}

int pop_on_look(void *ctx)
{
    const struct pop_turn *t = ctx;
    pop_late_look(t->p);
    return stay(t);
}

/* --- answers of the driver --- */

static enum err_code read_answer(const struct pop_turn *t, const char *method,
                                 const struct proto_type *type, void *ret, struct err *err)
{
    const struct driver_reply *reply = t->in->reply;
    if (t->in->bad) {
        *err = *t->in->bad;
        return err->code;
    }
    enum err_code rc = pop_driver_said(t->p, reply, method, err);
    return rc != ERR_OK
               ? rc
               : proto_decode(type, reply->answer.at, reply->answer.n, 0, t->p->d->arena, ret, err);
}

static const char *make_id(void *arg)
{
    return decision_new_id(arg);
}

/* The lists are the driver's whole truth; identity, place and credentials are ours
 * (amqp-protocol.md 5.6, TRAP), and so are the ids of what is listed: drivers make new ones each
 * time. */
static void take_snapshot(struct pop_model *p, struct vim_instance *got)
{
    struct vim_instance *pop = p->pop, old = *pop;
    pop->images = got->images;
    pop->networks = got->networks;
    if (got->flavours.at)
        pop->flavours = got->flavours;
    if (got->zones.at)
        pop->zones = got->zones;
    record_keep_ids(&vim_instance_type, pop, &old, make_id, p->d);
}

int pop_on_refreshed(void *ctx)
{
    const struct pop_turn *t = ctx;
    struct pop_model *p = t->p;
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct vim_instance *got = NULL;
    if (read_answer(t, "refresh", &vim_instance_type, &got, &err) != ERR_OK) {
        err_hint(&err, "check the PoP's address and credentials, and the driver's log");
        pop_no_snapshot(p, &err);
        return stay(t);
    }
    if (p->st->refresh_again) {
        p->st->refresh_again = false;
        pop_changed(p);
        pop_want_refresh(p);
        return stay(t);
    }
    take_snapshot(p, got);
    pop_take_notes(p, got);
    EACH_COMMAND(c, d, CMD_CREATE_NETWORK)
    if (pop_network(p->pop, p->st, c->subject))
        decision_close(c);
    EACH_COMMAND(c, d, CMD_ADD_IMAGE)
    if (pop_has_image(p->pop, c->subject))
        decision_close(c);
    p->st->refreshed_at = d->now;
    p->st->fault = NULL;
    pop_changed(p);
    pop_want_quota(p, pop_is_open(d, CMD_WAIT_OPERATION));
    EACH_COMMAND(c, d, CMD_WAIT_OPERATION) pop_finish_call(p, c, 200, "");
    return POP_READY;
}

static void tell_all(struct pop_model *p, const struct err *err)
{
    struct decision *d = p->d;
    struct fault *f = pop_fault_of(p, err);
    p->st->fault = f;
    pop_changed(p);
    pop_fail_waiting(p, CMD_REFRESH, NULL, f);
    EACH_COMMAND(c, d, CMD_WAIT_OPERATION) pop_finish_call(p, c, 422, pop_fault_text(p, f));
}

int pop_on_no_snapshot(void *ctx)
{
    const struct pop_turn *t = ctx;
    tell_all(t->p, t->in->bad);
    return stay(t);
}

/* Not stored when its registration fails: decisions.md D5. */
int pop_on_no_first_snapshot(void *ctx)
{
    const struct pop_turn *t = ctx;
    tell_all(t->p, t->in->bad);
    t->p->d->root->mark = ROW_GONE;
    return stay(t);
}

/* It may have been made all the same: a snapshot that begins now is looked at before the next try. */
static void look_first(struct pop_model *p)
{
    p->st->refreshed_at = 0;
    p->st->refresh_again |= pop_is_open(p->d, CMD_REFRESH);
    pop_changed(p);
}

int pop_on_network(void *ctx)
{
    const struct pop_turn *t = ctx;
    const char *name = t->in->command->subject;
    struct pop_model *p = t->p;
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct network *got = NULL;
    if (read_answer(t, "createNetwork", &network_type, &got, &err) != ERR_OK) {
        err_hint(&err, "check whether the PoP allows another network, and the driver's log");
        look_first(p);
        pop_fail_waiting(p, CMD_CREATE_NETWORK, name, pop_fault_of(p, &err));
        return stay(t);
    }
    /* The docker driver renames (5.7): the link keeps its name, and is known by its extId. */
    if (got->name && strcmp(got->name, name) != 0 && got->ext_id && *got->ext_id)
        proto_strmap_set(&p->st->made, name, got->ext_id, d->arena);
    else
        got->name = name;
    if (!got->id)
        got->id = decision_new_id(d);
    if (!pop_network(p->pop, p->st, name))
        proto_list_add(&p->pop->networks, got, d->arena);
    p->st->refresh_again |=
        pop_is_open(d, CMD_REFRESH); /* a snapshot under way may be from before */
    pop_changed(p);
    return stay(t);
}

int pop_on_image(void *ctx)
{
    const struct pop_turn *t = ctx;
    const char *name = t->in->command->subject;
    struct pop_model *p = t->p;
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct image *got = NULL;
    enum err_code rc = read_answer(t, "addImage", &image_type, &got, &err);
    if (rc == ERR_OK) {
        got->name = got->name ? got->name : name;
        got->id = got->id ? got->id : decision_new_id(d);
        if (!pop_has_image(p->pop, name))
            proto_list_add(&p->pop->images, got, d->arena);
        if (!pop_has_image(p->pop, name)) /* or it would be asked for again and again */
            rc = err_set(&err, ERR_PEER,
                         "the driver of PoP '%s' added image '%s' as '%s', status %s: it cannot be "
                         "used",
                         p->pop->name, name, got->name, got->status ? got->status : "not told");
    }
    p->st->refresh_again |=
        pop_is_open(d, CMD_REFRESH); /* a snapshot under way may be from before */
    if (rc != ERR_OK) {
        err_hint(&err, "see the driver's log; the image is as it was put in: baton image show %s",
                 name);
        look_first(p);
        pop_fail_waiting(p, CMD_ADD_IMAGE, name, pop_fault_of(p, &err));
    }
    pop_changed(p);
    return stay(t);
}

int pop_on_servers(void *ctx)
{
    const struct pop_turn *t = ctx;
    pop_servers_listed(t->p, t->in->reply, t->in->bad);
    return stay(t);
}

int pop_on_quota(void *ctx)
{
    const struct pop_turn *t = ctx;
    pop_quota_told(t->p, t->in->reply, t->in->bad);
    return stay(t);
}

/* --- what was not answered --- */

/* Its network or image may have been made: look, then make it if it is not there. */
int pop_on_unsure(void *ctx)
{
    const struct pop_turn *t = ctx;
    look_first(t->p);
    return stay(t);
}

/* The driver died with it in hand. Who waits for it still does, so pop_proceed sends it again. */
int pop_on_lost(void *ctx)
{
    const struct pop_turn *t = ctx;
    if (pop_is_making(t->in->command->kind))
        return pop_on_unsure(ctx);
    if (t->in->command->kind == CMD_REFRESH) {
        t->p->st->refresh_from = 0; /* it served nobody */
        pop_changed(t->p);
    }
    return stay(t);
}

/* createNetwork may be under way: the next snapshot may show it already, an answer still counts,
 * and only at the deadline is it sent again if it is not there (sending at once made two networks
 * of one name: the simulator found that). */
int pop_on_in_doubt(void *ctx)
{
    const struct pop_turn *t = ctx;
    struct pop_model *p = t->p;
    struct command *c = t->in->command;
    if (!pop_is_in_doubt(c))
        command_change(c, c->due_at, arena_printf(p->d->arena, CALL_IN_DOUBT "%s", c->data));
    look_first(p);
    if (pop_is_open(p->d, CMD_WAIT_PREPARE))
        pop_want_refresh(p);
    return stay(t);
}

int pop_on_wait_over(void *ctx)
{
    const struct pop_turn *t = ctx;
    struct command *c = t->in->command;
    pop_tell_fault(t->p, c, c->kind == CMD_WAIT_PREPARE ? "prepared" : "listed",
                   pop_fault_of(t->p, t->in->bad));
    return stay(t);
}

int pop_on_call_over(void *ctx)
{
    const struct pop_turn *t = ctx;
    pop_finish_call(t->p, t->in->command, 500,
                    pop_fault_text(t->p, pop_fault_of(t->p, t->in->bad)));
    return stay(t);
}

int pop_on_registration_over(void *ctx)
{
    const struct pop_turn *t = ctx;
    pop_on_call_over(ctx);
    if (!pop_is_open(t->p->d, CMD_WAIT_OPERATION)) /* nobody waits for it any more */
        pop_no_snapshot(t->p, t->in->bad);
    return stay(t);
}
