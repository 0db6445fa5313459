#include "nfvo/lifecycle/placement.h"
#include "nfvo/lifecycle/published.h"

#include <string.h>

static const char *make_id(void *arg)
{
    return decision_new_id(arg);
}

/* The ids given here are the ones everybody uses from now on; vdu.parent_vdu keeps the VNFD's
 * (amqp-protocol.md 3.1, two id spaces). */
void vnfr_adopt(struct vnfr_member *v, const struct vnfr *record)
{
    struct decision *d = v->m->d;
    struct vnfr *vnfr = proto_dup(&vnfr_type, record, d->arena);
    record_fill_ids(&vnfr_type, vnfr, true, make_id, d);
    vnfr->id = v->row->id;
    vnfr->name = v->row->key[VNFR_NAME];
    vnfr->hb_version = 0;
    vnfr->project_id = d->root->key[NSR_PROJECT];
    vnfr->parent_ns_id = d->root->id;
    vnfr->created_at = timestamp_at(d->arena, d->now);
    vnfr->lifecycle_event_history = (struct history_event_list){0};
    vnfr->fault = NULL;
    if (!vnfr->configurations)
        vnfr->configurations = v->st->configurations;
    v->st->configurations = NULL;
    if (!vnfr->endpoint)
        vnfr->endpoint = v->row->key[VNFR_ENDPOINT];
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        vnfr->vdu.at[i]->project_id = vnfr->project_id;
    v->vnfr = vnfr;
    v->row->doc = " "; /* known from now on; written by model_flush */
    member_changed(v);
}

bool vnfr_allocated_by_us(struct nsr_model *m, const struct vnfc_instance *instance)
{
    const struct instance_member *i = model_instance_by_id(m, instance->id);
    return i && !i->st->owner;
}

static bool is_ours(void *arg, const struct proto_type *type, const void *rec)
{
    return type != &vnfc_instance_type || vnfr_allocated_by_us(arg, rec);
}

void vnfr_merge(struct vnfr_member *v, const struct vnfr *record)
{
    const struct proto_allocator allocator = {is_ours, v->m};
    if (!record)
        return;
    vnfr_merge_history(v, record);
    published_take(v, record, v->row->phase == VNFR_ACTIVE ? PUBLISHED_NEWER : PUBLISHED_ALL);
    record = vnfr_of_now(v, record);
    proto_merge_allocated(&vnfr_type, member_vnfr(v), record, &allocator, v->m->d->arena);
    record_fill_ids(&vnfr_type, v->vnfr, false, make_id, v->m->d);
    member_changed(v);
}

static const struct proto_strs *candidates(struct vnfr_member *v, const char *vdu)
{
    const struct proto_strsmap *all = &v->m->st->candidates;
    const char *key = arena_printf(v->m->d->arena, "%s/%s", v->row->key[VNFR_NAME], vdu);
    for (uint32_t i = 0; i < all->n; i++)
        if (strcmp(all->at[i].key, key) == 0)
            return &all->at[i].value;
    return NULL;
}

/* Of the descriptor's VDUs that one with this id, or this name, or at this place among its VNF's;
 * NULL: there is none. */
struct which {
    const char *id, *name;
    uint32_t place;
};

static const struct proto_strpair *descriptor_vdu(const struct vnfr_member *v, struct which which)
{
    const struct proto_strmap *all = &v->m->st->vdus;
    const char *vnf = v->row->key[VNFR_NAME];
    size_t n = strlen(vnf);
    for (uint32_t i = 0; i < all->n; i++) {
        const struct proto_strpair *p = &all->at[i];
        const char *id = p->key + n + 1;
        if (strncmp(p->key, vnf, n) != 0 || p->key[n] != '/' || strchr(id, '/'))
            continue; /* another VNF's */
        bool is_it = which.id     ? strcmp(id, which.id) == 0
                     : which.name ? strcmp(p->value, which.name) == 0
                                  : which.place-- == 0;
        if (is_it)
            return p;
    }
    return NULL;
}

/* Which of the descriptor's VDUs is it? By parent_vdu (the descriptor's id), else by name, else by
 * place: not every SDK keeps each of them, and names may come twice (decisions.md D24). A VDU
 * without name gets the descriptor's. */
const struct proto_strs *vdu_candidates(struct vnfr_member *v, struct vdu *vdu, uint32_t place)
{
    const struct proto_strpair *of = NULL;
    const struct proto_strs *refs = NULL;
    if (vdu->parent_vdu)
        of = descriptor_vdu(v, (struct which){.id = vdu->parent_vdu});
    if (!of && vdu->name)
        of = descriptor_vdu(v, (struct which){.name = vdu->name});
    if (!of && !(vdu->name && (refs = candidates(v, vdu->name))))
        of = descriptor_vdu(v, (struct which){.place = place});
    if (!vdu->name && of)
        vdu->name = of->value;
    if (of && !(refs = candidates(v, strrchr(of->key, '/') + 1)))
        refs = candidates(v, of->value); /* deployed when they were known by name only */
    return refs;
}

static const char *key_of(const struct vnfr_member *v, const char *vdu)
{
    return arena_printf(v->m->d->arena, "%s/%s", v->row->key[VNFR_NAME], vdu);
}

const char *vnfr_on_failure(const struct vnfr_member *v, const struct vdu *vdu, uint32_t place)
{
    const struct proto_strmap *all = &v->m->st->on_failure;
    const struct proto_strpair *of = NULL;
    const char *word = all->n && vdu->id ? proto_strmap_get(all, key_of(v, vdu->id)) : NULL;
    if (all->n == 0 || word)
        return word && *word ? word : NULL;
    if (vdu->parent_vdu)
        of = descriptor_vdu(v, (struct which){.id = vdu->parent_vdu});
    if (!of && vdu->name)
        of = descriptor_vdu(v, (struct which){.name = vdu->name});
    if (!of)
        of = descriptor_vdu(v, (struct which){.place = place});
    word = of ? proto_strmap_get(all, of->key) : NULL;
    return word || !vdu->name ? word : proto_strmap_get(all, key_of(v, vdu->name));
}

void vnfr_set_on_failure(struct vnfr_member *v, const struct vdu *vdu, const char *word)
{
    const char *before = vdu->id ? proto_strmap_get(&v->m->st->on_failure, key_of(v, vdu->id)) : "";
    if (!vdu->id || (before && strcmp(before, word ? word : "") == 0))
        return;
    proto_strmap_set(&v->m->st->on_failure, key_of(v, vdu->id), word ? word : "", v->m->d->arena);
    model_changed(v->m);
}

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

/* Releases of before did not say until when: what came to them has the time from now on. */
static int64_t time_left(struct vnfr_member *v)
{
    int64_t now = v->m->d->now;
    if (!v->st->grant_until)
        v->st->grant_until = now + 3 * settings_of(v->m->d)->driver_us;
    return v->st->grant_until - now;
}

/* Asks a PoP for a fresh snapshot, and for the networks of the service. */
static enum err_code ask_pop(struct vnfr_member *v, const char *pop_id, bool with_networks,
                             struct err *err)
{
    struct decision *d = v->m->d;
    struct nsr *nsr = model_nsr(v->m);
    /* Longer than the PoP's own wait, whose fault says more; but all that are tried one after the
     * other have to end before the VNFM gives up (the Java SDK: 1000 s). */
    int64_t left = time_left(v), wanted = with_networks ? settings_of(d)->driver_us * 9 / 4
                                                        : settings_of(d)->driver_us / 4;
    if (left <= 0)
        return err_set(err, ERR_TIMEOUT, "there was no time left to try it");
    struct internal *msg = proto_new(&internal_type, d->arena);
    for (uint32_t i = 0; with_networks && i < nsr->vlr.n; i++)
        want_network(v->m, msg, nsr->vlr.at[i]);
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
static int go_on(struct vnfr_member *v, const struct err *why)
{
    struct err err = ERR_INIT;
    if (!why && decision_find_for(v->m->d, CMD_PREPARE_POP, v->row->id))
        return VNFR_GRANTING; /* the next answer decides */
    if (place(v, &err) != ERR_OK) {
        v->err = why && !placement_has_choice(v) ? why : &err;
        return on_fault(v);
    }
    return decision_find_for(v->m->d, CMD_PREPARE_POP, v->row->id) ? VNFR_GRANTING : granted(v);
}

int on_grant(void *ctx)
{
    struct vnfr_member *v = ctx;
    vnfr_adopt(v, v->msg->record);
    remember_asker(v);
    v->st->vdu_pop = v->st->refused = (struct proto_strmap){0};
    v->st->prepared = v->st->looked_at = (struct proto_strs){0};
    v->st->grant_until = v->m->d->now + 3 * settings_of(v->m->d)->driver_us;
    return go_on(v, NULL);
}

int on_grant_waiting(void *ctx)
{
    remember_asker(ctx);
    return VNFR_GRANTING;
}

/* The VNFM asks again: it did not get the answer. It gets the same one; whoever waits for another
 * answer keeps waiting. */
int on_grant_again(void *ctx)
{
    struct vnfr_member *v = ctx;
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
    struct vnfr_member *v = ctx;
    placement_refuse(v, v->pop, v->err);
    return go_on(v, v->err);
}
