/* What drivers, listings and the clock say of servers, as events of their matrix. */
#include "nfvo/lifecycle/instance.h"

#include <string.h>

/* --- answers --- */

/* Of a delete, answered or not: a hint. */
static void delete_is_over(struct nsr_model *m, struct instance_member *i)
{
    instance_step(m, i, INSTANCE_EV_DELETED, NULL);
    instances_want_list(m, i->row->key[INSTANCE_POP]);
}

void instance_answer(struct nsr_model *m, struct command *c, const struct driver_reply *reply,
                     const struct err *bad)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    int kind = c->kind;
    decision_close(c);
    if (i && kind == CMD_DELETE)
        delete_is_over(m, i);
    else if (i)
        instance_step(m, i, INSTANCE_EV_LAUNCHED,
                      &(struct instance_input){.reply = reply, .bad = bad});
}

void instance_deadline(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    int kind = c->kind;
    bool is_lost = strcmp(c->data, COMMAND_LOST) == 0;
    decision_close(c);
    if (i && kind == CMD_DELETE)
        delete_is_over(m, i);
    else if (i)
        instance_step(m, i, INSTANCE_EV_LATE, &(struct instance_input){.is_lost = is_lost});
}

void instance_doubt_over(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    decision_close(c);
    if (i)
        instance_step(m, i, INSTANCE_EV_DOUBT_OVER, NULL);
}

void instance_in_doubt(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    if (i)
        instance_step(m, i, INSTANCE_EV_UNSURE, NULL);
}

/* --- answers that nobody waits for --- */

const struct server *late_server(struct decision *d, const struct driver_reply *reply)
{
    struct server *s = reply && reply->exception ? reply->exception->server : NULL;
    if (reply && !reply->exception && reply->answer.n && *reply->answer.at == '{' &&
        proto_decode(&server_type, reply->answer.at, reply->answer.n, PROTO_EMPTY_IS_ABSENT,
                     d->arena, &s, NULL) != ERR_OK)
        return NULL;
    if (!s || !s->ext_id || (!s->host_name && !s->name)) /* a delete's answer names none */
        return NULL;
    err_set(&d->err, ERR_STATE,
            "a driver says too late that it launched '%s' (%s): no VNF waits for that server",
            s->host_name ? s->host_name : s->name, s->ext_id);
    err_hint(&d->err,
             "it is deleted with its network service, or, if that is gone, when its PoP is "
             "looked at next");
    return s;
}

static bool is_named(const struct instance_member *i, const struct server *s)
{
    const char *host = i->row->key[INSTANCE_HOSTNAME];
    return (s->host_name && strcmp(s->host_name, host) == 0) ||
           (s->name && strcmp(s->name, host) == 0);
}

/* No command tells to whom it was sent: the driver of its PoP may say that, as it is known now. */
static bool is_said_by_its_driver(struct decision *d, const struct instance_member *i)
{
    struct pop_state *st = NULL;
    struct known_driver driver;
    const struct vim_instance *pop = fact_pop(d, i->row->key[INSTANCE_POP], &st);
    return !d->in->room || (pop && pop->type && fact_driver(d, pop->type, &driver) &&
                            strcmp(driver.room, d->in->room) == 0);
}

static bool is_said_by_a_driver(const struct decision *d)
{
    for (uint32_t i = 0; d->in->room && i < d->facts.n; i++)
        if (d->facts.at[i]->kind == ROW_DRIVER &&
            strcmp(d->facts.at[i]->key[DRIVER_ROOM], d->in->room) == 0)
            return true;
    return !d->in->room;
}

bool instance_late_answer(struct nsr_model *m, const struct driver_reply *reply)
{
    struct decision *d = m->d;
    const struct server *s = late_server(d, reply);
    struct instance_member *i = NULL;
    for (uint32_t k = 0; s && !i && k < m->n_instances; k++)
        if (is_named(&m->instances[k], s))
            i = &m->instances[k];
    if (s && !(i ? is_said_by_its_driver(d, i) : is_said_by_a_driver(d))) {
        d->err = (struct err)ERR_INIT;
        d->outcome = DECISION_FOREIGN;
        d->text = arena_printf(d->arena, "a late answer to command '%s', of another PoP's driver",
                               d->in->command ? d->in->command : "?");
        return true;
    }
    if (!i)
        return false;
    if (strcmp(i->row->key[INSTANCE_VC], s->ext_id) == 0) { /* the same answer again */
        d->err = (struct err)ERR_INIT;
        return false;
    }
    return instance_step(m, i, INSTANCE_EV_LATE_LAUNCH, NULL) && i->row->phase == INSTANCE_DELETING;
}

/* --- listings --- */

/* A server of its name with another id may be its own: launched twice, or in the place of one that was
 * gone. Not where its driver makes one of a token, and that one is known: then it is somebody else's,
 * another suite's in the same tenant, say. */
static bool is_only_by_id(const struct instance_member *i)
{
    return *i->row->key[INSTANCE_VC] && i->st->by_token && !i->st->launches;
}

/* By its id before its name: others may have that. */
static const struct server *found_as(const struct internal *msg, const struct instance_member *i)
{
    const char *vc = i->row->key[INSTANCE_VC];
    for (uint32_t k = 0; *vc && k < msg->found.n; k++)
        if (msg->found.at[k]->ext_id && strcmp(msg->found.at[k]->ext_id, vc) == 0)
            return msg->found.at[k];
    for (uint32_t k = 0; !is_only_by_id(i) && k < msg->found.n; k++)
        if (is_named(i, msg->found.at[k]))
            return msg->found.at[k];
    return NULL;
}

static void listed(struct nsr_model *m, struct instance_member *i, const struct internal *msg)
{
    const struct server *s = msg->fault ? NULL : found_as(msg, i);
    if (msg->fault)
        instance_step(m, i, INSTANCE_EV_UNLISTED, NULL);
    else if (!proto_strs_has(&msg->servers, i->row->key[INSTANCE_HOSTNAME]))
        return; /* asked for after this listing was */
    else if (s)
        instance_step(m, i, INSTANCE_EV_LISTED, &(struct instance_input){.server = s});
    else
        instance_step(m, i, INSTANCE_EV_MISSED, &(struct instance_input){.is_weak = msg->weak});
}

void instance_listed(struct nsr_model *m, const struct internal *msg, const char *pop_id)
{
    for (uint32_t k = 0; k < m->n_instances; k++)
        if (instance_needs_list(&m->instances[k], pop_id))
            listed(m, &m->instances[k], msg);
    instances_want_list(m, pop_id);
}

void instance_list_again(struct nsr_model *m, const char *pop_id)
{
    struct pop_state *st;
    bool is_there = fact_pop(m->d, pop_id, &st) != NULL;
    for (uint32_t k = 0; !is_there && k < m->n_instances; k++)
        if (instance_needs_list(&m->instances[k], pop_id))
            instance_step(m, &m->instances[k], INSTANCE_EV_POP_GONE, NULL);
    instances_want_list(m, pop_id);
}
