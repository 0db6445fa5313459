#include "nfvo/lifecycle/placement.h"

#include <string.h>

static const struct network *network_of(const struct vim_instance *pop, const struct pop_state *st,
                                        const struct vlr *link)
{
    const struct network *n = pop_network(pop, st, link->name);
    return n || !link->ext_id ? n : pop_network(pop, st, link->ext_id);
}

static void want_network(struct nsr_model *m, struct internal *msg, const struct vlr *link)
{
    struct network *n = proto_new(&network_type, m->d->arena);
    n->name = link->name;
    n->subnet = proto_strmap_get(&m->st->cidrs, link->name);
    proto_list_add(&msg->networks, n, m->d->arena);
}

static bool is_placed_there(struct vnfr_member *v, const struct vdu *vdu, const char *pop_id)
{
    const char *id, *zone, *ref = proto_strmap_get(&v->st->vdu_pop, vdu->id);
    if (!ref)
        return false;
    pop_ref_split(v->m->d->arena, ref, &id, &zone);
    return strcmp(id, pop_id) == 0;
}

/* Those of the VDUs that were placed there; where none was (one more of a VDU, on another PoP than
 * the others), of all. */
static struct image_list missing_images(struct vnfr_member *v, const struct vim_instance *pop)
{
    struct decision *d = v->m->d;
    const struct vnfr *vnfr = member_vnfr(v);
    struct image_list list = {0};
    bool is_any = false;
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        is_any |= is_placed_there(v, vnfr->vdu.at[i], pop->id);
    for (uint32_t i = 0; i < vnfr->vdu.n; i++) {
        struct image *image = !is_any || is_placed_there(v, vnfr->vdu.at[i], pop->id)
                                  ? vdu_image_to_add(d, pop, vnfr->vdu.at[i])
                                  : NULL;
        bool is_known = false;
        for (uint32_t k = 0; k < list.n; k++)
            is_known |= list.at[k] == image;
        if (image && !is_known)
            proto_list_add(&list, image, d->arena);
    }
    return list;
}

/* Releases of before did not say until when: what came to them has the time from now on. */
static int64_t time_left(struct vnfr_member *v)
{
    int64_t now = v->m->d->now;
    if (!v->st->grant_until)
        v->st->grant_until = now + 3 * settings_of(v->m->d)->driver_us;
    return v->st->grant_until - now;
}

/* Asks a PoP for a fresh snapshot, and for the networks of the service and the images of the VNF. */
static enum err_code ask_pop(struct vnfr_member *v, const char *pop_id, bool with_networks,
                             struct err *err)
{
    struct decision *d = v->m->d;
    struct nsr *nsr = model_nsr(v->m);
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, pop_id, &st);
    /* Longer than the PoP's own wait, whose fault says more; but all that are tried one after the
     * other have to end before the VNFM gives up (the Java SDK: 1000 s). */
    int64_t left = time_left(v), wanted = with_networks ? settings_of(d)->driver_us * 9 / 4
                                                        : settings_of(d)->driver_us / 4;
    if (left <= 0)
        return err_set(err, ERR_TIMEOUT, "there was no time left to try it");
    struct internal *msg = proto_new(&internal_type, d->arena);
    for (uint32_t i = 0; with_networks && i < nsr->vlr.n; i++)
        want_network(v->m, msg, nsr->vlr.at[i]);
    if (with_networks && pop)
        msg->images = missing_images(v, pop);
    struct command *c =
        decision_open(d, CMD_PREPARE_POP, v->row->id, left < wanted ? left : wanted, pop_id);
    msg->what = "prepare";
    msg->to = pop_id;
    msg->to_kind = AGG_POP;
    msg->command = c->id;
    send_internal(d, msg);
    placement_asked(v, pop_id, with_networks);
    return ERR_OK;
}

enum err_code vnfr_ask_pop(struct vnfr_member *v, const char *pop_id, struct err *err)
{
    return ask_pop(v, pop_id, true, err);
}

enum err_code vnfr_prepare_pop(struct vnfr_member *v, const char *pop_id, struct err *err)
{
    struct decision *d = v->m->d;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, pop_id, &st);
    struct nsr *nsr = model_nsr(v->m);
    if (!pop)
        return err_set(err, ERR_NOT_FOUND, "PoP '%s' is not there any more", pop_id);
    bool ready =
        st->refreshed_at + settings_of(d)->pop_cache_us > d->now && !placement_is_tight(v, pop_id);
    for (uint32_t i = 0; ready && i < nsr->vlr.n; i++)
        ready = network_of(pop, st, nsr->vlr.at[i]) != NULL;
    if (ready)
        ready = missing_images(v, pop).n == 0;
    if (!ready)
        return ask_pop(v, pop_id, true, err);
    placement_asked(v, pop_id, true);
    return ERR_OK;
}

/* only: this component; NULL: all of the VDU. */
void vnfr_place_links(struct vnfr_member *v, struct vdu *vdu, const struct vnf_component *only,
                      const struct vim_instance *pop, const struct pop_state *st)
{
    struct nsr *nsr = model_nsr(v->m);
    for (uint32_t i = 0; i < nsr->vlr.n; i++) {
        struct vlr *link = nsr->vlr.at[i];
        const struct network *n = network_of(pop, st, link);
        if (!n)
            continue;
        if (!link->ext_id || !link->vim_id) {
            link->ext_id = n->ext_id;
            link->vim_id = pop->id;
            link->parent_ns = nsr->id;
            model_changed(v->m);
        }
        for (uint32_t c = 0; c < vdu->vnfc.n; c++)
            for (uint32_t p = 0;
                 (!only || vdu->vnfc.at[c] == only) && p < vdu->vnfc.at[c]->connection_point.n;
                 p++) {
                struct vnfd_connection_point *cp = vdu->vnfc.at[c]->connection_point.at[p];
                if (cp->virtual_link_reference &&
                    strcmp(cp->virtual_link_reference, link->name) == 0)
                    cp->virtual_link_reference_id = n->ext_id;
            }
    }
}

/* Once for each PoP of the service: an operator looks at its history. */
static void warn_of(struct nsr_model *m, const struct vim_instance *pop, const struct pop_state *st)
{
    if (!st->warning || !*st->warning || proto_strs_has(&m->st->warned, pop->id))
        return;
    proto_list_add(&m->st->warned, pop->id, m->d->arena);
    model_changed(m);
    nsr_note(m, "WARNING", NULL, arena_printf(m->d->arena, "PoP '%s': %s", pop->name, st->warning),
             NULL);
}

/* All PoPs are ready: places links, answers. */
static int granted(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    for (uint32_t i = 0; i < v->st->vdu_pop.n; i++) {
        const char *id, *zone;
        struct pop_state *st;
        pop_ref_split(d->arena, v->st->vdu_pop.at[i].value, &id, &zone);
        const struct vim_instance *pop = fact_pop(d, id, &st);
        vnfr_place_links(v, member_vnfr(v)->vdu.at[i], NULL, pop, st);
        warn_of(v->m, pop, st);
    }
    placement_settle(v);
    answer_grant(v);
    answer_is_the_first(v);
    vnfr_history(v, "GRANTED", "");
    return VNFR_GRANTED;
}

enum { LOOKS_MAX = 16 };

/* Before a doubtful choice is believed, the others are looked at. true: their answers are awaited.
 */
static bool looks(struct vnfr_member *v)
{
    const char *pops[LOOKS_MAX];
    struct err err = ERR_INIT;
    uint32_t n = placement_wants_look(v, pops, LOOKS_MAX);
    bool is_any = false;
    for (uint32_t i = 0; i < n; i++)
        is_any |= ask_pop(v, pops[i], false, &err) == ERR_OK;
    return is_any;
}

/* One PoP a VDU, each of them prepared, or on its way to be. */
static enum err_code place(struct vnfr_member *v, struct err *err)
{
    enum err_code rc = placement_choose(v, err);
    if (rc == ERR_OK && looks(v))
        return ERR_OK;
    for (uint32_t i = 0; rc == ERR_OK && i < v->st->vdu_pop.n; i++) {
        const char *id, *zone;
        struct err why = ERR_INIT;
        pop_ref_split(v->m->d->arena, v->st->vdu_pop.at[i].value, &id, &zone);
        if (placement_is_prepared(v, id) || vnfr_prepare_pop(v, id, &why) == ERR_OK)
            continue;
        placement_refuse(v, id, &why);
        rc = placement_choose(v, err); /* those before it stay */
        i = UINT32_MAX;
    }
    return rc;
}

/* why: what is told when nothing is left, where there was no choice; NULL: what the choice says. */
static int go_on(const struct vnfr_turn *t, const struct err *why)
{
    struct vnfr_member *v = t->v;
    struct err err = ERR_INIT;
    if (!why && decision_find_for(v->m->d, CMD_PREPARE_POP, v->row->id))
        return VNFR_GRANTING; /* the next answer decides */
    if (place(v, &err) != ERR_OK)
        return vnfr_fail(t, why && !placement_has_choice(v) ? why : &err, NULL);
    return decision_find_for(v->m->d, CMD_PREPARE_POP, v->row->id) ? VNFR_GRANTING : granted(v);
}

int on_grant(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    struct vnfr_member *v = t->v;
    vnfr_adopt(v, t->in->msg->record);
    remember_asker(v);
    v->st->vdu_pop = v->st->refused = (struct proto_strmap){0};
    v->st->prepared = v->st->looked_at = (struct proto_strs){0};
    v->st->grant_until = v->m->d->now + 3 * settings_of(v->m->d)->driver_us;
    return go_on(t, NULL);
}

int on_grant_waiting(void *ctx)
{
    remember_asker(turn_vnfr(ctx));
    return VNFR_GRANTING;
}

/* The VNFM asks again: it did not get the answer. It gets the same one; whoever waits for another
 * answer keeps waiting. */
int on_grant_again(void *ctx)
{
    struct vnfr_member *v = turn_vnfr(ctx);
    const char *reply_to = v->st->reply_to, *correlation_id = v->st->correlation_id,
               *room = v->st->reply_room;
    remember_asker(v);
    answer_grant(v);
    v->st->reply_to = reply_to;
    v->st->correlation_id = correlation_id;
    v->st->reply_room = room;
    return v->row->phase;
}

/* The snapshots are fresh when all have answered: who is found wanting gives way to the next. */
int on_pop_ready(void *ctx)
{
    return go_on(ctx, NULL);
}

/* The next one, if there is one; else what this PoP said. */
int on_pop_fault(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    placement_refuse(t->v, t->in->pop, t->in->err);
    return go_on(t, t->in->err);
}
