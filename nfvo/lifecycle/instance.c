/* Servers: launched, doubted, deleted, and verified to be gone. A driver's own "deleted" is a hint;
 * a server's absence is believed after two good listings in a row (design.md, "Deletion"). An empty
 * or null answer is a weak one: it is all that the Python and Go SDKs can say of a PoP without
 * servers (tests/interop/README.md), so it counts, but it takes five, each after a pause. Never
 * believing it would leave the last server of such a PoP unverified for ever: the simulator found
 * that (every release on an otherwise empty PoP). */
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

#define MISS_OF_GOOD_LISTING 3
#define MISS_OF_WEAK_LISTING 1
#define MISSES_TO_BE_GONE    5
#define LIST_RETRY_MAX_US    (60 * USEC_PER_SEC)
#define LAUNCHES_MAX         3

const char *const instance_phase_names[INSTANCE_PHASE_N] = {
    [INSTANCE_LAUNCHING] = "LAUNCHING", [INSTANCE_DOUBT] = "DOUBT",       [INSTANCE_UP] = "UP",
    [INSTANCE_FAILED] = "FAILED",       [INSTANCE_DELETING] = "DELETING", [INSTANCE_GONE] = "GONE"};

static struct vnfr_member *owner(struct nsr_model *m, const struct instance_member *i)
{
    return model_vnfr_by_id(m, i->row->key[INSTANCE_VNFR]);
}

/* text: for people; may be NULL. */
static void set_phase(struct nsr_model *m, struct instance_member *i, int phase, const char *text)
{
    const struct vnfr_member *v = owner(m, i);
    if (phase != i->row->phase)
        nsr_note_step(m, v ? v->row->key[VNFR_NAME] : NULL, i->row->key[INSTANCE_HOSTNAME],
                      instance_phase_names[i->row->phase], instance_phase_names[phase], text);
    i->row->phase = phase;
    row_touch(i->row);
}

static void launch_settled(struct nsr_model *m, struct instance_member *i)
{
    struct vnfr_member *v = owner(m, i);
    if (v)
        vnfr_step(v, VNFR_EV_LAUNCH_SETTLED);
}

static void launch_failed(struct nsr_model *m, struct instance_member *i, const struct err *err,
                          const char *detail)
{
    struct vnfr_member *v = owner(m, i);
    struct decision *d = m->d;
    if (v && !v->st->launch_fault) {
        struct fault *f = fault_from_err(err, "vim-driver", NULL, d->arena);
        f->host = i->row->key[INSTANCE_HOSTNAME];
        fault_add_cause(f, detail, CAUSE_MAX, d->arena);
        v->st->launch_fault = f;
        member_changed(v);
    }
    set_phase(m, i, INSTANCE_FAILED, err->msg);
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

static void came_up(struct nsr_model *m, struct instance_member *i, const struct server *s)
{
    struct vnfr_member *v = owner(m, i);
    i->row->key[INSTANCE_VC] = s->ext_id ? s->ext_id : "";
    set_phase(m, i, INSTANCE_UP, addresses_of(m->d, s));
    i->st->misses = 0;
    struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    for (uint32_t u = 0; vnfr && u < vnfr->vdu.n; u++)
        if (strcmp(vnfr->vdu.at[u]->id, i->st->vdu_id) == 0)
            fill_instance(v, vnfr->vdu.at[u], i, s);
    launch_settled(m, i);
}

static void doubt(struct nsr_model *m, struct instance_member *i)
{
    set_phase(m, i, INSTANCE_DOUBT, NULL);
    i->st->misses = 0;
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
               proto_decode(&server_type, reply->answer.at, reply->answer.n, 0, d->arena, &s,
                            &err) == ERR_OK &&
               s->ext_id && *s->ext_id) {
        came_up(m, i, s);
    } else { /* an answer without a server says nothing about what is there */
        doubt(m, i);
    }
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
        instances_want_list(m, i->row->key[INSTANCE_POP]);
    } else if (i->row->phase == INSTANCE_LAUNCHING || i->row->phase == INSTANCE_DOUBT) {
        if (bad)
            doubt(m, i);
        else
            launch_answer(m, i, reply);
    }
}

void instance_deadline(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = model_instance_by_id(m, c->subject);
    int kind = c->kind;
    decision_close(c);
    if (!i)
        return;
    if (kind == CMD_DELETE) {
        instances_want_list(m, i->row->key[INSTANCE_POP]);
    } else if (i->row->phase == INSTANCE_LAUNCHING) {
        i->st->tries =
            LAUNCHES_MAX; /* it was sent and not answered: never again, but it may be there */
        doubt(m, i);
    } else if (i->row->phase == INSTANCE_DOUBT) {
        doubt(m, i); /* what was listed until now may have been too early */
    }
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

/* --- deletion --- */

void instance_delete(struct nsr_model *m, struct instance_member *i)
{
    struct decision *d = m->d;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, i->row->key[INSTANCE_POP], &st);
    if (i->row->phase == INSTANCE_GONE)
        return;
    if (!pop) { /* the PoP was deleted under it: nobody can be asked any more */
        nsr_note(m, "UNVERIFIED", NULL, i->row->key[INSTANCE_HOSTNAME], NULL);
        set_phase(m, i, INSTANCE_GONE, NULL);
        return;
    }
    set_phase(m, i, INSTANCE_DELETING, NULL);
    i->st->misses = 0;
    /* Without an id (its launch was never answered) the listing has to find it by its hostname
     * first. */
    if (!*i->row->key[INSTANCE_VC] || !send_delete(m, i, pop->type))
        instances_want_list(m, i->row->key[INSTANCE_POP]);
}

/* --- listings --- */

static bool needs_list(struct nsr_model *m, const struct instance_member *i)
{
    return i->row->phase == INSTANCE_DOUBT ||
           (i->row->phase == INSTANCE_DELETING && !decision_find_for(m->d, CMD_DELETE, i->row->id));
}

void instances_want_list(struct nsr_model *m, const char *pop_id)
{
    struct decision *d = m->d;
    if (decision_find_for(d, CMD_LIST, pop_id) || decision_find_for(d, CMD_TIMER_LIST, pop_id))
        return;
    struct internal *msg = proto_new(&internal_type, d->arena);
    for (uint32_t k = 0; k < m->n_instances; k++) {
        const struct instance_member *i = &m->instances[k];
        if (strcmp(i->row->key[INSTANCE_POP], pop_id) != 0 || !needs_list(m, i))
            continue;
        proto_list_add(&msg->servers, i->row->key[INSTANCE_HOSTNAME], d->arena);
        if (*i->row->key[INSTANCE_VC])
            proto_list_add(&msg->servers, i->row->key[INSTANCE_VC], d->arena);
    }
    if (msg->servers.n == 0)
        return;
    struct command *c = decision_open(d, CMD_LIST, pop_id, settings_of(d)->driver_us * 2, NULL);
    msg->what = "list";
    msg->to = pop_id;
    msg->to_kind = AGG_POP;
    msg->command = c->id;
    send_internal(d, msg);
}

static void pause_listing(struct nsr_model *m, const char *pop_id)
{
    int64_t pause = settings_of(m->d)->list_retry_us;
    for (int64_t k = 0; k < m->st->list_tries && pause < LIST_RETRY_MAX_US; k++)
        pause *= 2;
    m->st->list_tries++;
    model_changed(m);
    if (!decision_find_for(m->d, CMD_TIMER_LIST, pop_id))
        decision_open(m->d, CMD_TIMER_LIST, pop_id,
                      pause < LIST_RETRY_MAX_US ? pause : LIST_RETRY_MAX_US, NULL);
}

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
    struct vnfr_member *v = owner(m, i);
    set_phase(m, i, INSTANCE_GONE, NULL);
    if (v)
        vnfr_step(v, VNFR_EV_SERVER_GONE);
}

/* In doubt and not there, twice: launch again where it may never have been sent, else it failed. */
static void not_launched(struct nsr_model *m, struct instance_member *i)
{
    struct err err = ERR_INIT;
    struct pop_state *st;
    struct vnfr_member *v = owner(m, i);
    const struct vim_instance *pop = fact_pop(m->d, i->row->key[INSTANCE_POP], &st);
    if (v && v->row->phase == VNFR_ALLOCATING && i->st->tries < LAUNCHES_MAX && pop) {
        set_phase(m, i, INSTANCE_LAUNCHING, NULL);
        if (send_launch(m, i, v, pop, &err))
            return;
    } else {
        err_set(&err, ERR_TIMEOUT, "launch of '%s' was not answered, and the PoP does not list it",
                i->row->key[INSTANCE_HOSTNAME]);
        err_hint(&err, "look at the driver's log; then delete and deploy again");
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
    err_hint(&err, "look at the driver's log; then delete and deploy again");
    launch_failed(m, i, &err, s->extended_status);
}

/* Returns whether the next listing may come at once (a first good miss, to be confirmed). */
static bool listed(struct nsr_model *m, struct instance_member *i, const struct server *s,
                   bool is_weak)
{
    i->st->misses = s ? 0 : i->st->misses + (is_weak ? MISS_OF_WEAK_LISTING : MISS_OF_GOOD_LISTING);
    row_touch(i->row);
    struct command *launch = decision_find_for(m->d, CMD_LAUNCH, i->row->id);
    if (s && i->row->phase == INSTANCE_DOUBT) {
        decision_close(launch);
        adopt(m, i, s);
    } else if (s && s->ext_id && *s->ext_id && i->row->phase == INSTANCE_DELETING)
        i->row->key[INSTANCE_VC] = s->ext_id; /* deleted after the pause */
    else if (i->st->misses >= MISSES_TO_BE_GONE && i->row->phase == INSTANCE_DELETING)
        gone(m, i);
    else if (i->st->misses >= MISSES_TO_BE_GONE && i->row->phase == INSTANCE_DOUBT && !launch)
        not_launched(m, i);
    return !is_weak && i->st->misses > 0 && i->st->misses < MISSES_TO_BE_GONE;
}

void instance_listed(struct nsr_model *m, const struct internal *msg, const char *pop_id)
{
    bool at_once = false;
    if (msg->fault) {
        pause_listing(m, pop_id);
        return;
    }
    for (uint32_t k = 0; k < m->n_instances; k++) {
        struct instance_member *i = &m->instances[k];
        if (strcmp(i->row->key[INSTANCE_POP], pop_id) != 0 || !needs_list(m, i) ||
            !proto_strs_has(&msg->servers,
                            i->row->key[INSTANCE_HOSTNAME])) /* asked for after this listing was */
            continue;
        if (listed(m, i, found_as(msg, i), msg->weak))
            at_once = true;
    }
    bool more = false;
    for (uint32_t k = 0; k < m->n_instances; k++)
        more |= strcmp(m->instances[k].row->key[INSTANCE_POP], pop_id) == 0 &&
                needs_list(m, &m->instances[k]);
    if (at_once)
        instances_want_list(m, pop_id);
    else if (more)
        pause_listing(m, pop_id);
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
    const struct vim_instance *pop = fact_pop(m->d, pop_id, &st);
    for (uint32_t k = 0; k < m->n_instances; k++) {
        struct instance_member *i = &m->instances[k];
        if (strcmp(i->row->key[INSTANCE_POP], pop_id) != 0)
            continue;
        if (!pop && i->row->phase == INSTANCE_DELETING)
            gone(m, i);
        else if (!pop && i->row->phase == INSTANCE_DOUBT)
            pop_is_gone(m, i);
        else if (pop && i->row->phase == INSTANCE_DELETING && *i->row->key[INSTANCE_VC] &&
                 needs_list(m, i))
            send_delete(m, i,
                        pop->type); /* its answer, or its deadline, asks for the next listing */
    }
    instances_want_list(m, pop_id);
}
