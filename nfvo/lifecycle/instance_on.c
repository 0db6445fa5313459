/* Handlers of the matrix (instance_fsm.c): a server that is launched, in doubt, deleted, rebuilt. */
#include "nfvo/lifecycle/instance.h"

#include "common/base/text.h"
#include "nfvo/lifecycle/operate.h"

#include <string.h>

#define MISS_OF_GOOD_LISTING 3
#define MISS_OF_WEAK_LISTING 1
#define MISSES_TO_BE_GONE    5
#define LAUNCHES_MAX         3

static int failed(struct instance_turn *t, const struct err *err, const char *detail)
{
    struct nsr_model *m = t->m;
    const struct instance_member *i = t->i;
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
    t->text = arena_strdup(d->arena, err->msg);
    return INSTANCE_FAILED;
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
                          const struct server *s, const char *state)
{
    struct decision *d = v->m->d;
    struct vnfc_instance *vi = proto_new(&vnfc_instance_type, d->arena);
    vi->id = i->row->id;
    vi->hostname = i->row->key[INSTANCE_HOSTNAME];
    vi->vim_id = i->row->key[INSTANCE_POP];
    vi->vc_id = i->row->key[INSTANCE_VC];
    vi->state = state ? state : s->status;
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

static void drop_address(struct vnfr *vnfr, const char *ip)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < vnfr->vnf_address.n; k++)
        if (!ip || strcmp(vnfr->vnf_address.at[k], ip) != 0)
            vnfr->vnf_address.at[n++] = vnfr->vnf_address.at[k];
    vnfr->vnf_address.n = n;
}

/* Launched in the place of one that was gone: its entry, and its addresses, are another one's. What the
 * instance was, it still is: one that stands by, or has failed, does not serve because its server is
 * new. NULL: there was none. */
static const char *forget_before(struct vnfr *vnfr, struct vdu *vdu, const char *id)
{
    const char *state = NULL;
    uint32_t n = 0;
    for (uint32_t k = 0; k < vdu->vnfc_instance.n; k++) {
        const struct vnfc_instance *vi = vdu->vnfc_instance.at[k];
        if (!vi->id || strcmp(vi->id, id) != 0) {
            vdu->vnfc_instance.at[n++] = vdu->vnfc_instance.at[k];
            continue;
        }
        state = vi->state;
        for (uint32_t p = 0; p < vi->ips.n; p++)
            drop_address(vnfr, vi->ips.at[p]->ip);
        for (uint32_t p = 0; p < vi->floating_ips.n; p++)
            drop_address(vnfr, vi->floating_ips.at[p]->ip);
    }
    vdu->vnfc_instance.n = n;
    return state;
}

static int came_up(struct instance_turn *t, const struct server *s)
{
    struct vdu *vdu = NULL;
    const struct instance_member *i = t->i;
    struct vnfr_member *v = instance_owner(t->m, i);
    i->row->key[INSTANCE_VC] = s->ext_id ? s->ext_id : "";
    struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    for (uint32_t u = 0; vnfr && u < vnfr->vdu.n && !vdu; u++)
        if (strcmp(vnfr->vdu.at[u]->id, i->st->vdu_id) == 0)
            vdu = vnfr->vdu.at[u];
    if (vdu && v->row->phase == VNFR_ACTIVE && !has_component(vdu, i))
        instance_delete(t->m, t->i);
    else if (vdu) {
        const char *state = forget_before(vnfr, vdu, i->row->id);
        fill_instance(v, vdu, i, s, state);
    }
    t->text = addresses_of(t->m->d, s);
    return INSTANCE_UP;
}

/* What is there decides. Not for ever: a driver that answers neither the launch nor a listing must
 * not keep the VNFM waiting until that gives up, and is blamed. */
static int doubt(struct instance_turn *t)
{
    const struct instance_member *i = t->i;
    struct decision *d = t->m->d;
    const struct command *launch = decision_find_for(d, CMD_LAUNCH, i->row->id);
    int64_t until = (launch ? launch->due_at : d->now) + settings_of(d)->driver_us;
    if (i->st->until && i->st->until < until)
        until = i->st->until;
    if (until < d->now + USEC_PER_SEC)
        until = d->now + USEC_PER_SEC;
    if (!decision_find_for(d, CMD_TIMER_DOUBT, i->row->id))
        decision_open(d, CMD_TIMER_DOUBT, i->row->id, until - d->now, NULL);
    i->st->list_at = d->now;
    t->is_anew = t->wants_list = true;
    return INSTANCE_DOUBT;
}

/* An answer without a server says nothing about what is there; nor does one that cannot be read. */
int instance_on_launched(void *ctx)
{
    struct instance_turn *t = ctx;
    const struct driver_reply *reply = t->in->bad ? NULL : t->in->reply;
    struct decision *d = t->m->d;
    struct server *s = NULL;
    struct err err = ERR_INIT;
    t->i->st->answered++;
    if (reply && reply->exception) {
        const struct driver_exception *e = reply->exception;
        if (e->server && e->server->ext_id) /* partly created: it has to be deleted */
            t->i->row->key[INSTANCE_VC] = e->server->ext_id;
        err_set(&err, ERR_PEER, "launch of '%s' failed: %s", t->i->row->key[INSTANCE_HOSTNAME],
                driver_exception_text(e));
        return failed(t, &err, driver_exception_text(e));
    }
    if (reply && reply->answer.n &&
        proto_decode(&server_type, reply->answer.at, reply->answer.n, PROTO_EMPTY_IS_ABSENT,
                     d->arena, &s, &err) == ERR_OK &&
        s->ext_id)
        return came_up(t, s);
    return doubt(t);
}

/* Sent and not answered: never again, but it may be there. Its driver died with it in hand: again, if
 * it is not there. What was listed until now may have been too early. */
int instance_on_late(void *ctx)
{
    struct instance_turn *t = ctx;
    if (!t->in->is_lost && t->i->row->phase == INSTANCE_LAUNCHING)
        t->i->st->tries = LAUNCHES_MAX;
    return doubt(t);
}

/* Whoever sent it died before the broker confirmed it. It may be under way: a server that no
 * listing shows yet is not missing before the deadline of its launch (the simulator found two
 * servers of one hostname), so the command stays open, and an answer still counts. */
int instance_on_unsure(void *ctx)
{
    return doubt(ctx);
}

int instance_on_doubt_over(void *ctx)
{
    struct instance_turn *t = ctx;
    struct err err = ERR_INIT;
    const struct instance_place at = instance_place(t->m, t->i);
    err_set(&err, ERR_TIMEOUT,
            "%s of PoP '%s' neither answered the launch of '%s' nor showed in time whether it is "
            "there",
            at.driver, at.pop, t->i->row->key[INSTANCE_HOSTNAME]);
    err_hint(&err,
             "look at the driver's log, and with 'baton status' at its queue; some drivers "
             "need a restart; then go on: baton nsr resume %s",
             t->m->d->root->key[NSR_NAME]);
    decision_close(decision_find_for(t->m->d, CMD_LAUNCH, t->i->row->id));
    return failed(t, &err, NULL);
}

/* Nobody can be asked any more what became of the launch. */
int instance_on_launch_lost(void *ctx)
{
    struct instance_turn *t = ctx;
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND,
            "launch of '%s' was not answered, and its PoP is not there any more",
            t->i->row->key[INSTANCE_HOSTNAME]);
    decision_close(decision_find_for(t->m->d, CMD_LAUNCH, t->i->row->id));
    return failed(t, &err, NULL);
}

/* In doubt, and there. A broken one is not taken for the launch's success; its id is kept, for the
 * release to delete it. */
int instance_on_found(void *ctx)
{
    struct instance_turn *t = ctx;
    const struct server *s = t->in->server;
    struct err err = ERR_INIT;
    t->i->st->answered = t->i->st->tries; /* by the listing */
    t->i->st->by_token = false;           /* known by its name alone */
    decision_close(decision_find_for(t->m->d, CMD_LAUNCH, t->i->row->id));
    if (!s->status || strcmp(s->status, "ERROR") != 0)
        return came_up(t, s);
    t->i->row->key[INSTANCE_VC] = s->ext_id ? s->ext_id : "";
    err_set(&err, ERR_PEER, "launch of '%s' was not answered, and the PoP lists it in status ERROR",
            t->i->row->key[INSTANCE_HOSTNAME]);
    err_hint(&err, "look at the driver's log; then go on: baton nsr resume %s",
             t->m->d->root->key[NSR_NAME]);
    return failed(t, &err, s->extended_status);
}

/* In doubt and not there, twice: launch again where it may never have been sent, else it failed. */
static int not_launched(struct instance_turn *t)
{
    struct nsr_model *m = t->m;
    struct instance_member *i = t->i;
    struct err err = ERR_INIT;
    struct pop_state *st;
    struct vnfr_member *v = instance_owner(m, i);
    const struct vim_instance *pop = fact_pop(m->d, i->row->key[INSTANCE_POP], &st);
    /* Without a time it was launched by a release of before. */
    bool is_time_left = !i->st->until || m->d->now + settings_of(m->d)->driver_us <= i->st->until;
    bool is_wanted = v && (v->row->phase == VNFR_ALLOCATING || operate_wants_launch(m, i->row->id));
    if (is_wanted && i->st->tries < LAUNCHES_MAX && pop && is_time_left) {
        if (send_launch(m, i, v, pop, &err))
            return INSTANCE_LAUNCHING;
    } else {
        const struct instance_place at = instance_place(m, i);
        err_set(&err, ERR_TIMEOUT,
                "launch of '%s' was not answered by %s, and PoP '%s' does not list it",
                i->row->key[INSTANCE_HOSTNAME], at.driver, at.pop);
        err_hint(&err, "look at the driver's log; then go on: baton nsr resume %s",
                 m->d->root->key[NSR_NAME]);
    }
    return failed(t, &err, NULL);
}

/* A first good miss is confirmed at once. A weak one counts when the instance's own pause is over
 * (or nearly): others may ask more often, but five of them take as long for each. */
static bool is_sure(struct instance_turn *t, bool is_final)
{
    struct instance_member *i = t->i;
    bool is_early = i->st->list_at - t->m->d->now > instance_pause(t->m, i) / 4;
    if (t->in->is_weak && is_early)
        return false;
    i->st->misses += t->in->is_weak ? MISS_OF_WEAK_LISTING : MISS_OF_GOOD_LISTING;
    bool is_sure = i->st->misses >= MISSES_TO_BE_GONE;
    if (is_sure && is_final)
        return true;
    if (t->in->is_weak || is_sure)
        instance_pause_list(t->m, i);
    else
        i->st->list_at = t->m->d->now;
    return false;
}

int instance_on_not_found(void *ctx)
{
    struct instance_turn *t = ctx;
    bool is_over = !decision_find_for(t->m->d, CMD_LAUNCH, t->i->row->id);
    return is_sure(t, is_over) ? not_launched(t) : INSTANCE_DOUBT;
}

/* Two good listings with a bad one in between are not two in a row. */
int instance_on_unlisted(void *ctx)
{
    struct instance_turn *t = ctx;
    t->i->st->misses = 0;
    if (t->i->st->list_at <= t->m->d->now)
        instance_pause_list(t->m, t->i);
    return t->i->row->phase;
}

/* Its launch is asked for already. What was launched before has nothing to do with it. */
int instance_on_launch_again(void *ctx)
{
    struct instance_turn *t = ctx;
    struct vnfr_member *v = instance_owner(t->m, t->i);
    t->i->row->key[INSTANCE_VC] = "";
    t->i->st->missing = false;
    t->text = "its server was gone: another one is launched";
    if (v) {
        v->st->launch_fault = NULL;
        member_changed(v);
    }
    return INSTANCE_LAUNCHING;
}

/* --- one that is deleted ----------------------------------------------------------------------- */

/* Without an id (its launch was never answered) the listing has to find it by its hostname first. */
int instance_on_delete(void *ctx)
{
    struct instance_turn *t = ctx;
    struct pop_state *st;
    t->is_anew = true;
    if (!fact_pop(t->m->d, t->i->row->key[INSTANCE_POP],
                  &st)) { /* deleted under it: nobody can be asked any more */
        nsr_note(t->m, "UNVERIFIED", NULL, t->i->row->key[INSTANCE_HOSTNAME], NULL);
        return INSTANCE_GONE;
    }
    t->wants_delete = t->wants_list = true;
    return INSTANCE_DELETING;
}

/* A delete was answered, or will not be: look now, unless the PoP has missed it already. */
int instance_on_deleted(void *ctx)
{
    struct instance_turn *t = ctx;
    if (t->i->st->misses == 0 && !t->i->st->delete_again)
        t->i->st->list_at = t->m->d->now;
    return INSTANCE_DELETING;
}

int instance_on_there_yet(void *ctx)
{
    struct instance_turn *t = ctx;
    const struct server *s = t->in->server;
    t->i->st->misses = 0;
    if (s->ext_id && *s->ext_id)
        t->i->row->key[INSTANCE_VC] = s->ext_id;
    if (t->i->st->list_at > t->m->d->now) /* its delete is still waited for */
        return INSTANCE_DELETING;
    instance_pause_list(t->m, t->i);
    t->i->st->delete_again = true;
    return INSTANCE_DELETING;
}

int instance_on_gone(void *ctx)
{
    struct instance_turn *t = ctx;
    decision_close(decision_find_for(t->m->d, CMD_DELETE, t->i->row->id));
    return INSTANCE_GONE;
}

int instance_on_not_there(void *ctx)
{
    return is_sure(ctx, true) ? instance_on_gone(ctx) : INSTANCE_DELETING;
}

/* Whose deletion is being verified is looked for again, by its hostname: what the answer says is no
 * reason to delete anything else. Of others the release finds all servers of their hostname. */
int instance_on_late_launch(void *ctx)
{
    struct instance_turn *t = ctx;
    const struct vnfr_member *v = instance_owner(t->m, t->i);
    bool is_gone = t->i->row->phase == INSTANCE_GONE;
    if (is_gone && (!v || v->row->phase != VNFR_DELETING))
        return INSTANCE_GONE;
    t->text = is_gone ? "a launch took effect after that" : NULL;
    t->i->st->misses = 0;
    t->i->st->list_at = t->m->d->now;
    t->wants_list = true;
    return INSTANCE_DELETING;
}

/* --- one that is rebuilt ------------------------------------------------------------------------- */

int instance_on_rebuild_listed(void *ctx)
{
    struct instance_turn *t = ctx;
    operate_rebuild_listed(t->m, t->i, t->in->server, LISTING_GOOD);
    return INSTANCE_UP;
}

int instance_on_rebuild_missed(void *ctx)
{
    struct instance_turn *t = ctx;
    operate_rebuild_listed(t->m, t->i, NULL, t->in->is_weak ? LISTING_WEAK : LISTING_GOOD);
    return INSTANCE_UP;
}

int instance_on_rebuild_unlisted(void *ctx)
{
    struct instance_turn *t = ctx;
    operate_rebuild_listed(t->m, t->i, NULL, LISTING_FAILED);
    return INSTANCE_UP;
}

int instance_on_rebuild_lost(void *ctx)
{
    struct instance_turn *t = ctx;
    operate_rebuild_lost(t->m, t->i);
    return INSTANCE_UP;
}
