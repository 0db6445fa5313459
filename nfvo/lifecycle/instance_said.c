/* What drivers, listings and the clock say of servers. A driver's own "deleted" is a hint;
 * a server's absence is believed after two good listings in a row (design.md, "Deletion"). An empty
 * or null answer is a weak one: it is all that the Python and Go SDKs can say of a PoP without
 * servers (tests/interop/README.md), so it counts, but it takes five, each after a pause. Never
 * believing it would leave the last server of such a PoP unverified for ever: the simulator found
 * that (every release on an otherwise empty PoP). */
#include "nfvo/lifecycle/instance.h"

#include "common/base/text.h"

#include "nfvo/lifecycle/operate.h"

#include <string.h>

#define MISS_OF_GOOD_LISTING 3
#define MISS_OF_WEAK_LISTING 1
#define MISSES_TO_BE_GONE    5
#define LAUNCHES_MAX         3

static void launch_settled(struct nsr_model *m, struct instance_member *i)
{
    struct vnfr_member *v = instance_owner(m, i);
    if (v && v->row->phase != VNFR_ACTIVE) /* else an operation's: operate_look sees it */
        vnfr_step(v, VNFR_EV_LAUNCH_SETTLED);
}

static void launch_failed(struct nsr_model *m, struct instance_member *i, const struct err *err,
                          const char *detail)
{
    struct vnfr_member *v = instance_owner(m, i);
    struct decision *d = m->d;
    if (v && !v->st->launch_fault) {
        struct instance_place at = instance_place(m, i);
        struct fault *f = fault_from_err(
            err, at.component,
            arena_printf(d->arena, "pop %s (%s)", at.pop, i->row->key[INSTANCE_POP]), d->arena);
        f->host = i->row->key[INSTANCE_HOSTNAME];
        fault_add_cause(f, detail, CAUSE_MAX, d->arena);
        v->st->launch_fault = f;
        member_changed(v);
    }
    instance_set_phase(m, i, INSTANCE_FAILED, err->msg);
    launch_settled(m, i);
}

/* --- the wire's VNFC instance out of a driver's Server: amqp-protocol.md 4.9 --- */

static void add_ip(struct decision *d, struct ip_list *list, const char *net, const char *ip)
{
    struct ip *e = proto_new(&ip_type, d->arena);
    e->id = decision_new_id(d);
    e->net_name = net;
    e->ip = ip;
    proto_list_add(list, e, d->arena);
}

static void add_address(struct decision *d, struct vnfr *vnfr, const char *ip)
{
    if (ip && !proto_strs_has(&vnfr->vnf_address, ip))
        proto_list_add(&vnfr->vnf_address, ip, d->arena);
}

static void connection_points(struct decision *d, struct vnfc_instance *vi,
                              const struct vnf_component *c, const struct server *s)
{
    for (uint32_t k = 0; k < c->connection_point.n; k++) {
        struct vnfd_connection_point *cp = proto_new(&vnfd_connection_point_type, d->arena);
        const struct vnfd_connection_point *from = c->connection_point.at[k];
        cp->id = decision_new_id(d);
        cp->virtual_link_reference = from->virtual_link_reference;
        cp->virtual_link_reference_id = from->virtual_link_reference_id;
        cp->type = from->type;
        cp->interface_id = from->interface_id;
        if (from->virtual_link_reference)
            cp->floating_ip = proto_strmap_get(&s->floating_ips, from->virtual_link_reference);
        proto_list_add(&vi->connection_point, cp, d->arena);
    }
}

static void fill_instance(struct vnfr_member *v, struct vdu *vdu, const struct instance_member *i,
                          const struct server *s)
{
    struct decision *d = v->m->d;
    struct vnfc_instance *vi = proto_new(&vnfc_instance_type, d->arena);
    vi->id = i->row->id;
    vi->hostname = i->row->key[INSTANCE_HOSTNAME];
    vi->vim_id = i->row->key[INSTANCE_POP];
    vi->vc_id = i->row->key[INSTANCE_VC];
    vi->state = s->status;
    for (uint32_t k = 0; k < vdu->vnfc.n; k++)
        if (strcmp(vdu->vnfc.at[k]->id, i->st->vnfc_id) == 0)
            vi->vnf_component = vdu->vnfc.at[k];
    if (vi->vnf_component)
        connection_points(d, vi, vi->vnf_component, s);
    for (uint32_t k = 0; k < s->ips.n; k++)
        if (s->ips.at[k].value.n) { /* the first address of each network */
            add_ip(d, &vi->ips, s->ips.at[k].key, s->ips.at[k].value.at[0]);
            add_address(d, v->vnfr, s->ips.at[k].value.at[0]);
        }
    for (uint32_t k = 0; k < s->floating_ips.n; k++) {
        add_ip(d, &vi->floating_ips, s->floating_ips.at[k].key, s->floating_ips.at[k].value);
        add_address(d, v->vnfr, s->floating_ips.at[k].value);
    }
    proto_list_add(&vdu->vnfc_instance, vi, d->arena);
    member_changed(v);
}

/* "private=10.1.0.2 mgmt=192.168.0.4" */
static const char *addresses_of(struct decision *d, const struct server *s)
{
    const char *text = NULL;
    for (uint32_t k = 0; k < s->ips.n; k++)
        if (s->ips.at[k].value.n)
            text = arena_printf(d->arena, "%s%s%s=%s", text ? text : "", text ? " " : "",
                                s->ips.at[k].key, s->ips.at[k].value.at[0]);
    return text;
}

/* A scale-out that was given up took its component back while the server was on its way. An instance
 * without one could be the last of its VDU, and nothing could be made like it. */
static bool has_component(const struct vdu *vdu, const struct instance_member *i)
{
    for (uint32_t k = 0; k < vdu->vnfc.n; k++)
        if (text_matches(vdu->vnfc.at[k]->id, i->st->vnfc_id))
            return true;
    return false;
}

static void came_up(struct nsr_model *m, struct instance_member *i, const struct server *s)
{
    struct vnfr_member *v = instance_owner(m, i);
    struct vdu *vdu = NULL;
    i->row->key[INSTANCE_VC] = s->ext_id ? s->ext_id : "";
    instance_set_phase(m, i, INSTANCE_UP, addresses_of(m->d, s));
    struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    for (uint32_t u = 0; vnfr && u < vnfr->vdu.n && !vdu; u++)
        if (strcmp(vnfr->vdu.at[u]->id, i->st->vdu_id) == 0)
            vdu = vnfr->vdu.at[u];
    if (vdu && v->row->phase == VNFR_ACTIVE && !has_component(vdu, i))
        instance_delete(m, i);
    else if (vdu)
        fill_instance(v, vdu, i, s);
    launch_settled(m, i);
}

/* What is there decides. Not for ever: a driver that answers neither the launch nor a listing must
 * not keep the VNFM waiting until that gives up, and is blamed. */
static void doubt(struct nsr_model *m, struct instance_member *i)
{
    struct decision *d = m->d;
    const struct command *launch = decision_find_for(d, CMD_LAUNCH, i->row->id);
    int64_t until = (launch ? launch->due_at : d->now) + settings_of(d)->driver_us;
    instance_set_phase(m, i, INSTANCE_DOUBT, NULL);
    i->st->misses = i->st->lists = 0;
    i->st->list_at = d->now;
    if (i->st->until && i->st->until < until)
        until = i->st->until;
    if (until < d->now + USEC_PER_SEC)
        until = d->now + USEC_PER_SEC;
    if (!decision_find_for(d, CMD_TIMER_DOUBT, i->row->id))
        decision_open(d, CMD_TIMER_DOUBT, i->row->id, until - d->now, NULL);
    instances_want_list(m, i->row->key[INSTANCE_POP]);
}

/* --- answers --- */

static void launch_answer(struct nsr_model *m, struct instance_member *i,
                          const struct driver_reply *reply)
{
    struct decision *d = m->d;
    struct server *s = NULL;
    struct err err = ERR_INIT;
    if (reply && reply->exception) {
        const struct driver_exception *e = reply->exception;
        if (e->server && e->server->ext_id) /* partly created: it has to be deleted */
            i->row->key[INSTANCE_VC] = e->server->ext_id;
        err_set(&err, ERR_PEER, "launch of '%s' failed: %s", i->row->key[INSTANCE_HOSTNAME],
                driver_exception_text(e));
        launch_failed(m, i, &err, driver_exception_text(e));
    } else if (reply && reply->answer.n &&
               proto_decode(&server_type, reply->answer.at, reply->answer.n, PROTO_EMPTY_IS_ABSENT,
                            d->arena, &s, &err) == ERR_OK &&
               s->ext_id) {
        came_up(m, i, s);
    } else { /* an answer without a server says nothing about what is there */
        doubt(m, i);
    }
}

/* A delete was answered, or will not be: look now, unless the PoP has missed it already. */
static void delete_over(struct nsr_model *m, struct instance_member *i)
{
    if (i->row->phase == INSTANCE_DELETING && i->st->misses == 0 && !i->st->delete_again) {
        i->st->list_at = m->d->now;
        row_touch(i->row);
    }
    instances_want_list(m, i->row->key[INSTANCE_POP]);
}

void instance_answer(struct nsr_model *m, struct command *c, const struct driver_reply *reply,
                     const struct err *bad)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    int kind = c->kind;
    decision_close(c);
    if (!i)
        return;
    if (kind == CMD_DELETE) {
        delete_over(m, i);
    } else if (i->row->phase == INSTANCE_LAUNCHING || i->row->phase == INSTANCE_DOUBT) {
        if (bad)
            doubt(m, i);
        else
            launch_answer(m, i, reply);
    }
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
    err_hint(&d->err, "it is deleted with its network service; if that is gone, look whether the "
                      "PoP has the server, and delete it there");
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

/* Whose deletion is being verified is looked for again, by its hostname: what the answer says is no
 * reason to delete anything else. Of others the release finds all servers of their hostname. */
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
    const struct vnfr_member *v = instance_owner(m, i);
    if (i->row->phase == INSTANCE_GONE && v && v->row->phase == VNFR_DELETING)
        instance_set_phase(m, i, INSTANCE_DELETING, "a launch took effect after that");
    if (i->row->phase != INSTANCE_DELETING)
        return false;
    i->st->misses = 0;
    i->st->list_at = d->now;
    row_touch(i->row);
    instances_want_list(m, i->row->key[INSTANCE_POP]);
    return true;
}

void instance_deadline(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    int kind = c->kind;
    bool is_lost = strcmp(c->data, COMMAND_LOST) == 0;
    decision_close(c);
    if (!i)
        return;
    if (kind == CMD_DELETE) {
        delete_over(m, i);
    } else if (i->row->phase == INSTANCE_LAUNCHING || i->row->phase == INSTANCE_DOUBT) {
        /* Sent and not answered: never again, but it may be there. Its driver died with it in hand:
         * again, if it is not there. What was listed until now may have been too early. */
        if (!is_lost && i->row->phase == INSTANCE_LAUNCHING)
            i->st->tries = LAUNCHES_MAX;
        doubt(m, i);
    }
}

void instance_doubt_over(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    struct err err = ERR_INIT;
    decision_close(c);
    if (!i || i->row->phase != INSTANCE_DOUBT)
        return;
    struct instance_place at = instance_place(m, i);
    err_set(&err, ERR_TIMEOUT,
            "%s of PoP '%s' neither answered the launch of '%s' nor showed in time whether it is "
            "there",
            at.driver, at.pop, i->row->key[INSTANCE_HOSTNAME]);
    err_hint(&err,
             "look at the driver's log, and with 'baton status' at its queue; some drivers "
             "need a restart; then go on: baton nsr resume %s",
             m->d->root->key[NSR_NAME]);
    decision_close(decision_find_for(m->d, CMD_LAUNCH, i->row->id));
    launch_failed(m, i, &err, NULL);
}

/* Whoever sent it died before the broker confirmed it. It may be under way: a server that no
 * listing shows yet is not missing before the deadline of its launch (the simulator found two
 * servers of one hostname), so the command stays open, and an answer still counts. */
void instance_in_doubt(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    if (i && i->row->phase == INSTANCE_LAUNCHING)
        doubt(m, i);
}

/* --- listings --- */

static const struct server *found_as(const struct internal *msg, const struct instance_member *i)
{
    for (uint32_t k = 0; k < msg->found.n; k++) {
        const struct server *s = msg->found.at[k];
        const char *host = i->row->key[INSTANCE_HOSTNAME], *vc = i->row->key[INSTANCE_VC];
        if ((*vc && s->ext_id && strcmp(s->ext_id, vc) == 0) ||
            (s->host_name && strcmp(s->host_name, host) == 0) ||
            (s->name && strcmp(s->name, host) == 0))
            return s;
    }
    return NULL;
}

static void gone(struct nsr_model *m, struct instance_member *i)
{
    struct vnfr_member *v = instance_owner(m, i);
    decision_close(decision_find_for(m->d, CMD_DELETE, i->row->id));
    instance_set_phase(m, i, INSTANCE_GONE, NULL);
    if (v && v->row->phase == VNFR_DELETING) /* else it went alone */
        vnfr_step(v, VNFR_EV_SERVER_GONE);
}

/* In doubt and not there, twice: launch again where it may never have been sent, else it failed. */
static void not_launched(struct nsr_model *m, struct instance_member *i)
{
    struct err err = ERR_INIT;
    struct pop_state *st;
    struct vnfr_member *v = instance_owner(m, i);
    const struct vim_instance *pop = fact_pop(m->d, i->row->key[INSTANCE_POP], &st);
    /* Without a time it was launched by a release of before. */
    bool is_time_left = !i->st->until || m->d->now + settings_of(m->d)->driver_us <= i->st->until;
    bool is_wanted = v && (v->row->phase == VNFR_ALLOCATING || operate_wants_launch(m, i->row->id));
    if (is_wanted && i->st->tries < LAUNCHES_MAX && pop && is_time_left) {
        instance_set_phase(m, i, INSTANCE_LAUNCHING, NULL);
        if (send_launch(m, i, v, pop, &err))
            return;
    } else {
        struct instance_place at = instance_place(m, i);
        err_set(&err, ERR_TIMEOUT,
                "launch of '%s' was not answered by %s, and PoP '%s' does not list it",
                i->row->key[INSTANCE_HOSTNAME], at.driver, at.pop);
        err_hint(&err, "look at the driver's log; then go on: baton nsr resume %s",
                 m->d->root->key[NSR_NAME]);
    }
    launch_failed(m, i, &err, NULL);
}

/* In doubt, and there. A broken one is not taken for the launch's success; its id is kept, for the
 * release to delete it. */
static void adopt(struct nsr_model *m, struct instance_member *i, const struct server *s)
{
    struct err err = ERR_INIT;
    if (!s->status || strcmp(s->status, "ERROR") != 0) {
        came_up(m, i, s);
        return;
    }
    i->row->key[INSTANCE_VC] = s->ext_id ? s->ext_id : "";
    err_set(&err, ERR_PEER, "launch of '%s' was not answered, and the PoP lists it in status ERROR",
            i->row->key[INSTANCE_HOSTNAME]);
    err_hint(&err, "look at the driver's log; then go on: baton nsr resume %s",
             m->d->root->key[NSR_NAME]);
    launch_failed(m, i, &err, s->extended_status);
}

static void listed_there(struct nsr_model *m, struct instance_member *i, const struct server *s)
{
    i->st->misses = 0;
    if (i->row->phase == INSTANCE_DOUBT) {
        decision_close(decision_find_for(m->d, CMD_LAUNCH, i->row->id));
        adopt(m, i, s);
        return;
    }
    if (s->ext_id && *s->ext_id)
        i->row->key[INSTANCE_VC] = s->ext_id;
    if (i->st->list_at > m->d->now) /* its delete is still waited for */
        return;
    instance_pause_list(m, i);
    i->st->delete_again = true;
}

/* A first good miss is confirmed at once. A weak one counts when the instance's own pause is over
 * (or nearly): others may ask more often, but five of them take as long for each. */
static void listed_missing(struct nsr_model *m, struct instance_member *i, bool is_weak)
{
    bool is_early = i->st->list_at - m->d->now > instance_pause(m, i) / 4;
    if (is_weak && is_early)
        return;
    i->st->misses += is_weak ? MISS_OF_WEAK_LISTING : MISS_OF_GOOD_LISTING;
    bool is_sure = i->st->misses >= MISSES_TO_BE_GONE;
    if (is_sure && i->row->phase == INSTANCE_DELETING)
        gone(m, i);
    else if (is_sure && !decision_find_for(m->d, CMD_LAUNCH, i->row->id))
        not_launched(m, i);
    else if (is_weak || is_sure)
        instance_pause_list(m, i);
    else
        i->st->list_at = m->d->now;
}

void instance_listed(struct nsr_model *m, const struct internal *msg, const char *pop_id)
{
    for (uint32_t k = 0; k < m->n_instances; k++) {
        struct instance_member *i = &m->instances[k];
        if (!instance_needs_list(i, pop_id))
            continue;
        if (i->row->phase == INSTANCE_UP) {
            if (msg->fault || proto_strs_has(&msg->servers, i->row->key[INSTANCE_HOSTNAME]))
                operate_rebuild_listed(m, i, msg->fault ? NULL : found_as(msg, i),
                                       msg->fault  ? LISTING_FAILED
                                       : msg->weak ? LISTING_WEAK
                                                   : LISTING_GOOD);
        } else if (msg->fault) { /* two good ones with a bad one in between are not two in a row */
            i->st->misses = 0;
            if (i->st->list_at <= m->d->now)
                instance_pause_list(m, i);
        } else if (proto_strs_has(&msg->servers, i->row->key[INSTANCE_HOSTNAME])) {
            const struct server *s = found_as(msg, i); /* else asked for after this listing was */
            if (s)
                listed_there(m, i, s);
            else
                listed_missing(m, i, msg->weak);
        }
        row_touch(i->row);
    }
    instances_want_list(m, pop_id);
}

/* Nobody can be asked any more what became of the launch. */
static void pop_is_gone(struct nsr_model *m, struct instance_member *i)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND,
            "launch of '%s' was not answered, and its PoP is not there any more",
            i->row->key[INSTANCE_HOSTNAME]);
    decision_close(decision_find_for(m->d, CMD_LAUNCH, i->row->id));
    launch_failed(m, i, &err, NULL);
}

void instance_list_again(struct nsr_model *m, const char *pop_id)
{
    struct pop_state *st;
    bool is_there = fact_pop(m->d, pop_id, &st) != NULL;
    for (uint32_t k = 0; !is_there && k < m->n_instances; k++) {
        struct instance_member *i = &m->instances[k];
        if (instance_needs_list(i, pop_id) && i->row->phase == INSTANCE_DELETING)
            gone(m, i);
        else if (instance_needs_list(i, pop_id) && i->row->phase == INSTANCE_UP)
            operate_rebuild_lost(m, i);
        else if (instance_needs_list(i, pop_id))
            pop_is_gone(m, i);
    }
    instances_want_list(m, pop_id);
}
