#include "nfvo/lifecycle/placement.h"

#include "common/base/hash.h"
#include "common/base/sbuf.h"

#include <string.h>

enum doubt {
    DOUBT_PEER,     /* it may come, or the driver decides */
    DOUBT_SNAPSHOT, /* what is known of it speaks against it, but may be old or incomplete */
    DOUBT_CERTAIN
};

/* What speaks against a PoP. */
struct fitness {
    const char *reason; /* NULL: nothing */
    const char *hint;
    enum doubt doubt;
};

/* --- one PoP ---------------------------------------------------------------------------------- */

static bool has_zone(const struct vim_instance *pop, const char *zone)
{
    for (uint32_t i = 0; i < pop->zones.n; i++)
        if (pop->zones.at[i]->name && strcmp(pop->zones.at[i]->name, zone) == 0)
            return true;
    return !*zone || pop->zones.n == 0; /* a PoP without a list of zones: the driver decides */
}

/* Their images are not checked (amqp-protocol.md 4.3, 4.10): one that lists the image comes first.
 */
static bool are_images_open(const struct vim_instance *pop)
{
    return strncmp(pop->type, "test", 4) == 0 || strncmp(pop->type, "amazon", 6) == 0;
}

struct image *vdu_image_to_add(struct decision *d, const struct vim_instance *pop,
                               const struct vdu *vdu)
{
    return are_images_open(pop) || pop_image(pop, vdu) ? NULL : fact_image(d, vdu);
}

/* OpenStack's driver makes a flavour that is missing. */
static bool has_flavour(const struct vim_instance *pop, const char *key)
{
    return pop_flavour(pop, key) || pop->flavours.n == 0 || strncmp(pop->type, "openstack", 9) == 0;
}

static struct fitness no(const char *reason, const char *hint, enum doubt doubt)
{
    return (struct fitness){reason, hint, doubt};
}

static const char *names_of(const struct vdu *vdu, struct arena *a)
{
    const char *text = "";
    for (uint32_t i = 0; i < vdu->vm_image.n && i < 8; i++)
        text = arena_printf(a, "%s%s'%s'", text, i ? ", " : "", vdu->vm_image.at[i]);
    return text;
}

/* pop is there and has a snapshot of this age. */
static struct fitness judge_snapshot(struct decision *d, const struct vim_instance *pop,
                                     const struct vnfr *vnfr, const struct vdu *vdu,
                                     const char *zone, bool is_fresh)
{
    const char *key = vnfr_flavour_key(vnfr, vdu);
    enum doubt doubt = is_fresh ? DOUBT_CERTAIN : DOUBT_SNAPSHOT;
    if (!has_zone(pop, zone))
        return no(arena_printf(d->arena, "it has no zone '%s'", zone),
                  arena_printf(d->arena, "name another one, or none; its zones: baton pop show %s",
                               pop->name),
                  doubt);
    if (!pop_image(pop, vdu) && !vdu_image_to_add(d, pop, vdu))
        return no(arena_printf(d->arena, "none of the images %s is available there",
                               names_of(vdu, d->arena)),
                  "put the image into the repository (baton image add NAME FILE), or upload it to "
                  "the PoP and refresh it, or name another one in vm_image",
                  are_images_open(pop) ? DOUBT_SNAPSHOT : doubt);
    if (key && !has_flavour(pop, key))
        return no(arena_printf(d->arena, "it has no flavour '%s'", key),
                  arena_printf(d->arena, "its flavours: baton pop show %s", pop->name),
                  DOUBT_SNAPSHOT);
    return no(NULL, NULL, DOUBT_PEER);
}

/* It was asked for this VNFR, and has answered. */
static bool has_answered(const struct vnfr_member *v, const char *pop_id)
{
    bool was_asked = placement_is_prepared(v, pop_id) || proto_strs_has(&v->st->looked_at, pop_id);
    return was_asked && !placement_is_awaited(v, pop_id);
}

static bool is_fresh(const struct vnfr_member *v, const char *pop_id, const struct pop_state *st)
{
    const struct decision *d = v->m->d;
    return has_answered(v, pop_id) || st->refreshed_at + settings_of(d)->pop_cache_us > d->now;
}

/* --- its quota -------------------------------------------------------------------------------- */

#define QUOTA_BELIEVED_US (2 * 60 * USEC_PER_SEC) /* then it only speaks against a PoP */
#define WHY_NOT_MAX       8                       /* other PoPs that a plan names */
#define QUOTA_ROOMY       100 /* times what is needed: the use need not be counted anew */

static void add_need(struct pop_use *need, const struct vim_instance *pop, const struct vnfr *vnfr,
                     const struct vdu *vdu, uint32_t n)
{
    const char *key = vnfr_flavour_key(vnfr, vdu);
    pop_use_add(need, n, key ? pop_flavour(pop, key) : NULL);
}

/* Components that have no server yet. */
static uint32_t wanting(const struct vnfr_member *v, const struct vdu *vdu)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < vdu->vnfc.n; i++)
        n += !vdu->vnfc.at[i]->id || !vnfr_has_instance(v, vdu, vdu->vnfc.at[i]);
    return n;
}

/* What VNFRs of this service take there that is no instance yet, besides this VDU of v. */
static void add_needs_of_service(struct vnfr_member *v, const struct vim_instance *pop,
                                 const struct vdu *besides, struct pop_use *need)
{
    for (uint32_t i = 0; i < v->m->n_vnfrs; i++) {
        struct vnfr_member *other = &v->m->vnfrs[i];
        const struct vnfr *vnfr =
            other == v || other->row->phase == VNFR_GRANTING || other->row->phase == VNFR_GRANTED
                ? member_vnfr(other)
                : NULL;
        for (uint32_t k = 0; vnfr && k < vnfr->vdu.n; k++) {
            const char *id, *zone,
                *ref = proto_strmap_get(&other->st->vdu_pop, vnfr->vdu.at[k]->id);
            if (!ref || vnfr->vdu.at[k] == besides)
                continue;
            pop_ref_split(v->m->d->arena, ref, &id, &zone);
            if (strcmp(id, pop->id) == 0)
                add_need(need, pop, vnfr, vnfr->vdu.at[k], wanting(other, vnfr->vdu.at[k]));
        }
    }
}

/* The resources that a quota bounds; 0 and less: infinite, or not told. */
struct bound_of_pop {
    const char *unit;
    int64_t quota, used, needed;
};

static uint32_t bounds_of(struct vnfr_member *v, const struct vim_instance *pop,
                          const struct pop_state *st, const struct vdu *vdu, uint32_t n,
                          struct bound_of_pop ret[3])
{
    static const struct pop_use none = {0};
    const struct quota *q = settings_of(v->m->d)->is_quota_checked ? st->quota : NULL;
    const struct pop_use *use = st->use ? st->use : &none;
    struct pop_use need = {0};
    if (!q)
        return 0;
    add_need(&need, pop, member_vnfr(v), vdu, n);
    add_needs_of_service(v, pop, vdu, &need);
    ret[0] = (struct bound_of_pop){"instances", q->instances, use->instances, need.instances};
    ret[1] = (struct bound_of_pop){"cores", q->cores, use->cores, need.cores};
    ret[2] = (struct bound_of_pop){"MB of RAM", q->ram, use->ram, need.ram};
    return 3;
}

static struct fitness judge_quota(struct vnfr_member *v, const struct vim_instance *pop,
                                  const struct pop_state *st, const struct vdu *vdu,
                                  uint32_t wanted)
{
    struct decision *d = v->m->d;
    struct bound_of_pop b[3];
    uint32_t n = bounds_of(v, pop, st, vdu, wanted, b);
    bool is_sure = has_answered(v, pop->id) && st->quota_at + QUOTA_BELIEVED_US > d->now;
    for (uint32_t i = 0; i < n; i++) {
        int64_t left = b[i].quota > b[i].used ? b[i].quota - b[i].used : 0;
        if (b[i].quota > 0 && b[i].needed > left)
            return no(arena_printf(d->arena, "its quota of %lld %s has %lld left, %lld %s needed",
                                   (long long)b[i].quota, b[i].unit, (long long)left,
                                   (long long)b[i].needed, b[i].needed == 1 ? "is" : "are"),
                      arena_printf(
                          d->arena,
                          "delete services there, or raise the quota, then: baton pop refresh %s",
                          pop->name),
                      is_sure ? DOUBT_CERTAIN : DOUBT_SNAPSHOT);
    }
    return no(NULL, NULL, DOUBT_PEER);
}

bool placement_is_tight(struct vnfr_member *v, const char *pop_id)
{
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(v->m->d, pop_id, &st);
    const struct vnfr *vnfr = member_vnfr(v);
    struct bound_of_pop b[3];
    for (uint32_t k = 0; pop && k < vnfr->vdu.n; k++) {
        uint32_t n = bounds_of(v, pop, st, vnfr->vdu.at[k], wanting(v, vnfr->vdu.at[k]), b);
        for (uint32_t i = 0; i < n; i++)
            if (b[i].quota > 0 && b[i].quota - b[i].used < QUOTA_ROOMY * b[i].needed)
                return true;
    }
    return false;
}

/* --- all that speaks against it --------------------------------------------------------------- */

/* n: so many servers. */
static struct fitness judge_for(struct vnfr_member *v, const struct vdu *vdu, const char *ref,
                                uint32_t n)
{
    struct decision *d = v->m->d;
    const char *id, *zone;
    struct pop_state *st;
    struct known_driver driver;
    pop_ref_split(d->arena, ref, &id, &zone);
    const struct vim_instance *pop = fact_pop(d, id, &st);
    if (!pop)
        return no("it is not there any more", NULL, DOUBT_CERTAIN);
    struct fitness verdict = judge_snapshot(d, pop, member_vnfr(v), vdu, zone, is_fresh(v, id, st));
    if (!verdict.reason)
        verdict = judge_quota(v, pop, st, vdu, n);
    if (verdict.reason)
        return verdict;
    if (!pop->active) /* switched off by its owner: the last that is taken */
        return no("it is not active", NULL, DOUBT_PEER);
    /* It may come, and is waited for where nothing better is there. */
    if (!fact_driver(d, pop->type, &driver))
        return no(arena_printf(d->arena, "no driver for type '%s' is registered", pop->type),
                  "start the driver; baton status lists those that are there", DOUBT_PEER);
    if (driver.absent_since)
        return no(driver_named(d, pop->type), NULL, DOUBT_PEER);
    return verdict;
}

static struct fitness judge(struct vnfr_member *v, const struct vdu *vdu, const char *ref)
{
    return judge_for(v, vdu, ref, wanting(v, vdu));
}

/* --- the choice ------------------------------------------------------------------------------- */

static const char *refused_why(const struct vnfr_member *v, const char *vdu, const char *ref)
{
    return proto_strmap_get(&v->st->refused, arena_printf(v->m->d->arena, "%s/%s", vdu, ref));
}

static void refuse(struct vnfr_member *v, const char *vdu, const char *ref, const char *why)
{
    struct arena *a = v->m->d->arena;
    proto_map_add(&v->st->refused, arena_printf(a, "%s/%s", vdu, ref), arena_strdup(a, why), a);
    member_changed(v);
}

/* Where its choice begins: by the service's id, or as the plan that it was made by had it. */
static uint64_t beginning(const struct vnfr_member *v)
{
    const char *spread = v->m->st->spread;
    return hash_text(HASH_START, spread ? spread : v->m->d->root->id) >> 16;
}

static bool is_of_pop(struct vnfr_member *v, const char *ref, const char *other)
{
    const char *id, *other_id, *zone;
    pop_ref_split(v->m->d->arena, ref, &id, &zone);
    pop_ref_split(v->m->d->arena, other, &other_id, &zone);
    return strcmp(id, other_id) == 0;
}

static bool service_is_at(struct vnfr_member *v, const char *ref)
{
    for (uint32_t i = 0; i < v->m->n_vnfrs; i++) {
        const struct vnfr_state *st = v->m->vnfrs[i].st;
        for (uint32_t k = 0; st && k < st->vdu_pop.n; k++)
            if (is_of_pop(v, ref, st->vdu_pop.at[k].value))
                return true;
    }
    return false;
}

/* The best of what is left for n servers: the least doubtful; among equals where the service is
 * already, else in turns. NULL: none. */
static const char *best(struct vnfr_member *v, const struct vdu *vdu, const struct proto_strs *refs,
                        uint32_t n)
{
    const char *found = NULL;
    int found_rank = 0;
    for (uint32_t i = 0; i < refs->n; i++) {
        const char *ref = refs->at[(beginning(v) + i) % refs->n];
        if (refused_why(v, vdu->id, ref))
            continue;
        struct fitness verdict = judge_for(v, vdu, ref, n);
        if (verdict.reason && verdict.doubt == DOUBT_CERTAIN) {
            refuse(v, vdu->id, ref, verdict.reason);
            continue;
        }
        int rank = !verdict.reason ? 6 : verdict.doubt == DOUBT_PEER ? 4 : 2;
        rank += service_is_at(v, ref);
        if (rank > found_rank) {
            found = ref;
            found_rank = rank;
        }
    }
    return found;
}

static const char *pop_name(struct decision *d, const char *ref)
{
    const char *id, *zone;
    struct pop_state *st;
    pop_ref_split(d->arena, ref, &id, &zone);
    const struct vim_instance *pop = fact_pop(d, id, &st);
    const char *name = pop && pop->name ? pop->name : id;
    return *zone ? arena_printf(d->arena, "%s:%s", name, zone) : name;
}

static enum err_code none_left(struct vnfr_member *v, const struct vdu *vdu,
                               const struct proto_strs *refs, struct err *err)
{
    struct decision *d = v->m->d;
    const char *text = "";
    for (uint32_t i = 0; i < refs->n; i++) {
        const char *why = refused_why(v, vdu->id, refs->at[i]);
        text = arena_printf(d->arena, "%s%sPoP '%s': %s", text, i ? "; " : "",
                            pop_name(d, refs->at[i]), why ? why : "");
    }
    const char *hint = judge(v, vdu, refs->at[0]).hint; /* if it is that of all */
    for (uint32_t i = 1; hint && i < refs->n; i++) {
        const char *other = judge(v, vdu, refs->at[i]).hint;
        hint = other && strcmp(hint, other) == 0 ? hint : NULL;
    }
    err_set(err, ERR_NOT_FOUND, "no PoP can take VDU '%s': %s", vdu->name ? vdu->name : "", text);
    return err_hint(err, "%s",
                    hint ? hint : "images, flavours and zones of a PoP: baton pop show POP");
}

enum err_code placement_choose(struct vnfr_member *v, struct err *err)
{
    struct decision *d = v->m->d;
    struct vnfr *vnfr = member_vnfr(v);
    struct proto_strmap before = v->st->vdu_pop;
    v->st->vdu_pop = (struct proto_strmap){0};
    for (uint32_t i = 0; i < vnfr->vdu.n; i++) {
        struct vdu *vdu = vnfr->vdu.at[i];
        const struct proto_strs *refs = vdu_candidates(v, vdu, i);
        if (!refs || refs->n == 0) {
            err_set(err, ERR_NOT_FOUND,
                    "no PoP was chosen for VDU '%s' when the service was deployed",
                    vdu->name ? vdu->name : "");
            return err_hint(err, "the VDUs of the VNFM's record are matched to the VNFD's by "
                                 "parent_vdu, then name, then place");
        }
        const char *ref = proto_strmap_get(&before, vdu->id);
        if (ref) { /* it stays, if it can */
            struct fitness verdict = judge(v, vdu, ref);
            if (verdict.reason && verdict.doubt == DOUBT_CERTAIN)
                refuse(v, vdu->id, ref, verdict.reason);
            if (refused_why(v, vdu->id, ref) ||
                (verdict.reason &&
                 verdict.doubt == DOUBT_SNAPSHOT)) /* others may be known better now */
                ref = NULL;
        }
        if (!ref)
            ref = best(v, vdu, refs, wanting(v, vdu));
        if (!ref)
            return none_left(v, vdu, refs, err);
        proto_map_add(&v->st->vdu_pop, vdu->id, ref, d->arena);
    }
    member_changed(v);
    return ERR_OK;
}

static void add_pop(struct sbuf *pops, const char *id)
{
    if (*id && !strstr(pops->s, id)) /* ids have one length */
        sbuf_addf(pops, "%s%s", pops->len ? "," : "", id);
}

void placement_settle(struct vnfr_member *v)
{
    AUTO(sbuf_release) struct sbuf pops = SBUF_INIT;
    struct nsr_model *m = v->m;
    struct row *root = m->d->root;
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        const struct vnfr_member *other = &m->vnfrs[i];
        if (other != v &&
            (other->row->phase == VNFR_INSTANTIATING || other->row->phase == VNFR_GRANTING))
            return;
        for (uint32_t k = 0; other->st && k < other->st->vdu_pop.n; k++) {
            const char *id, *zone;
            pop_ref_split(m->d->arena, other->st->vdu_pop.at[k].value, &id, &zone);
            add_pop(&pops, id);
        }
    }
    for (uint32_t i = 0; i < m->n_instances; i++)
        add_pop(&pops, m->instances[i].row->key[INSTANCE_POP]);
    if (strcmp(root->key[NSR_POPS], pops.s) == 0)
        return;
    root->key[NSR_POPS] = arena_strdup(m->d->arena, pops.s);
    model_changed(m);
}

bool placement_has_choice(struct vnfr_member *v)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; i < vnfr->vdu.n; i++) {
        const struct proto_strs *refs = vdu_candidates(v, vnfr->vdu.at[i], i);
        if (refs && refs->n > 1)
            return true;
    }
    return false;
}

/* Candidates of a VDU whose choice is doubtful by its snapshot, known from old snapshots. */
static uint32_t add_looks(struct vnfr_member *v, const struct vdu *vdu,
                          const struct proto_strs *refs, const char **ret, uint32_t n, uint32_t max)
{
    struct decision *d = v->m->d;
    for (uint32_t i = 0; i < refs->n && n < max; i++) {
        const char *id, *zone;
        struct pop_state *st;
        bool is_known = false;
        pop_ref_split(d->arena, refs->at[i], &id, &zone);
        const struct vim_instance *pop = fact_pop(d, id, &st);
        for (uint32_t k = 0; k < n; k++)
            is_known |= strcmp(ret[k], id) == 0;
        if (pop && !is_known && !refused_why(v, vdu->id, refs->at[i]) &&
            !placement_is_awaited(v, id) && !is_fresh(v, id, st))
            ret[n++] = id;
    }
    return n;
}

uint32_t placement_wants_look(struct vnfr_member *v, const char **ret_pop_ids, uint32_t max)
{
    const struct vnfr *vnfr = member_vnfr(v);
    uint32_t n = 0;
    for (uint32_t i = 0; i < vnfr->vdu.n; i++) {
        const struct vdu *vdu = vnfr->vdu.at[i];
        const struct proto_strs *refs = vdu_candidates(v, vnfr->vdu.at[i], i);
        const char *ref = proto_strmap_get(&v->st->vdu_pop, vdu->id);
        struct fitness verdict = ref ? judge(v, vdu, ref) : no(NULL, NULL, DOUBT_PEER);
        if (refs && refs->n > 1 && verdict.reason && verdict.doubt == DOUBT_SNAPSHOT)
            n = add_looks(v, vdu, refs, ret_pop_ids, n, max);
    }
    return n;
}

void placement_asked(struct vnfr_member *v, const char *pop_id, bool with_networks)
{
    struct proto_strs *list = with_networks ? &v->st->prepared : &v->st->looked_at;
    if (proto_strs_has(list, pop_id))
        return;
    proto_list_add(list, pop_id, v->m->d->arena);
    member_changed(v);
}

bool placement_is_prepared(const struct vnfr_member *v, const char *pop_id)
{
    return proto_strs_has(&v->st->prepared, pop_id);
}

bool placement_is_awaited(const struct vnfr_member *v, const char *pop_id)
{
    const struct decision *d = v->m->d;
    for (uint32_t k = 0; k < d->commands.n; k++) {
        const struct command *c = d->commands.at[k];
        if (c->kind == CMD_PREPARE_POP && c->mark != ROW_GONE &&
            strcmp(c->subject, v->row->id) == 0 && strcmp(c->data, pop_id) == 0)
            return true;
    }
    return false;
}

void placement_refuse(struct vnfr_member *v, const char *pop_id, const struct err *why)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; i < vnfr->vdu.n; i++) {
        const struct proto_strs *refs = vdu_candidates(v, vnfr->vdu.at[i], i);
        for (uint32_t k = 0; refs && k < refs->n; k++)
            if (is_of_pop(v, refs->at[k], pop_id))
                refuse(v, vnfr->vdu.at[i]->id, refs->at[k], why->msg);
    }
}

/* --- one more of a VDU that is there ----------------------------------------------------------- */

/* Where it may go: the PoP that was asked for, else all that the VDU may use. */
static struct proto_strs places_of(struct vnfr_member *v, uint32_t place, const char *pop_id)
{
    const struct proto_strs *refs = vdu_candidates(v, member_vnfr(v)->vdu.at[place], place);
    struct proto_strs ret = {0};
    for (uint32_t i = 0; refs && i < refs->n; i++)
        if (!pop_id || is_of_pop(v, refs->at[i], pop_id))
            proto_list_add(&ret, refs->at[i], v->m->d->arena);
    if (pop_id && ret.n == 0)
        proto_list_add(&ret, pop_id, v->m->d->arena);
    return ret;
}

static enum err_code no_place(struct vnfr_member *v, const struct vdu *vdu,
                              const struct proto_strs *refs, struct err *err)
{
    if (refs->n)
        return none_left(v, vdu, refs, err);
    err_set(err, ERR_NOT_FOUND, "no PoP is known for VDU '%s'", vdu->name ? vdu->name : "");
    return err_hint(err, "name one: vimInstanceNames; baton nsr scale-out %s %s --pop POP",
                    v->m->d->root->key[NSR_NAME], v->row->key[VNFR_NAME]);
}

static enum err_code one_more(struct vnfr_member *v, const struct vdu *vdu,
                              const struct proto_strs *refs, uint32_t n, const char **ret_ref,
                              struct err *err)
{
    const char *before = proto_strmap_get(&v->st->vdu_pop, vdu->id);
    if (before && proto_strs_has(refs, before) && !refused_why(v, vdu->id, before)) {
        struct fitness verdict = judge_for(v, vdu, before, n);
        if (!verdict.reason || verdict.doubt == DOUBT_PEER) { /* beside the others */
            *ret_ref = before;
            return ERR_OK;
        }
    }
    *ret_ref = refs->n ? best(v, vdu, refs, n) : NULL;
    return *ret_ref ? ERR_OK : no_place(v, vdu, refs, err);
}

enum err_code placement_one_more(struct vnfr_member *v, uint32_t place, const char *pop_id,
                                 const char **ret_ref, struct err *err)
{
    const struct vdu *vdu = member_vnfr(v)->vdu.at[place];
    const struct proto_strs refs = places_of(v, place, pop_id);
    return one_more(v, vdu, &refs, wanting(v, vdu), ret_ref, err);
}

/* What spoke against the others, where there are others. */
static const char *why_not_others(struct vnfr_member *v, const struct vdu *vdu,
                                  const struct proto_strs *refs, const char *chosen, uint32_t n)
{
    struct arena *a = v->m->d->arena;
    const char *text = "";
    for (uint32_t i = 0; i < refs->n && i < WHY_NOT_MAX; i++) {
        struct fitness verdict = judge_for(v, vdu, refs->at[i], n);
        if (strcmp(refs->at[i], chosen) != 0 && verdict.reason)
            text = arena_printf(a, "%s; not on '%s': %s", text, pop_name(v->m->d, refs->at[i]),
                                verdict.reason);
    }
    return text;
}

static const char *why_there(struct vnfr_member *v, const struct vdu *vdu,
                             const struct proto_strs *refs, const char *ref, bool is_asked,
                             uint32_t n)
{
    struct decision *d = v->m->d;
    const char *before = proto_strmap_get(&v->st->vdu_pop, vdu->id), *name = pop_name(d, ref);
    if (is_asked)
        return arena_printf(d->arena, "on '%s', as it was asked for", name);
    if (refs->n == 1)
        return arena_printf(d->arena, "on '%s', the only PoP of its VDU", name);
    return arena_printf(d->arena, "on '%s', %s%s", name,
                        before && strcmp(before, ref) == 0 ? "beside the other servers of its VDU"
                                                           : "the best of the PoPs of its VDU",
                        why_not_others(v, vdu, refs, ref, n));
}

enum err_code placement_foretell(struct vnfr_member *v, uint32_t place, const char *pop_id,
                                 uint32_t n, const char **ret_ref, const char **ret_why,
                                 struct err *err)
{
    struct vnfr_state before = *v->st;
    bool was_changed = v->is_changed;
    uint8_t mark = v->row->mark;
    const struct vdu *vdu = member_vnfr(v)->vdu.at[place];
    const struct proto_strs refs = places_of(v, place, pop_id);
    v->st->prepared = v->st->looked_at = (struct proto_strs){0}; /* of the grant: long ago */
    v->st->refused = (struct proto_strmap){0};
    enum err_code rc = one_more(v, vdu, &refs, n, ret_ref, err);
    if (rc == ERR_OK)
        *ret_why = why_there(v, vdu, &refs, *ret_ref, pop_id != NULL, n);
    *v->st = before;
    v->is_changed = was_changed;
    v->row->mark = mark;
    return rc;
}

const char *placement_why(struct vnfr_member *v, uint32_t place, const char **ret_doubt)
{
    const struct vdu *vdu = member_vnfr(v)->vdu.at[place];
    const struct proto_strs *refs = vdu_candidates(v, member_vnfr(v)->vdu.at[place], place);
    const char *ref = proto_strmap_get(&v->st->vdu_pop, vdu->id);
    struct fitness verdict = judge(v, vdu, ref);
    *ret_doubt = verdict.reason ? arena_printf(v->m->d->arena, "PoP '%s': %s",
                                               pop_name(v->m->d, ref), verdict.reason)
                                : NULL;
    if (refs->n == 1)
        return "its only PoP";
    return arena_printf(v->m->d->arena, "the best of its %u PoPs%s", refs->n,
                        why_not_others(v, vdu, refs, ref, wanting(v, vdu)));
}

enum err_code placement_has_room(struct vnfr_member *v, uint32_t place, const char *pop_id,
                                 uint32_t n, const char **ret_doubt, struct err *err)
{
    struct vnfr_state before = *v->st;
    const struct vdu *vdu = member_vnfr(v)->vdu.at[place];
    const struct proto_strs refs = places_of(v, place, pop_id);
    struct arena *a = v->m->d->arena;
    bool is_any = false;
    *ret_doubt = NULL;
    v->st->prepared = v->st->looked_at = (struct proto_strs){0}; /* of the grant: long ago */
    v->st->refused = (struct proto_strmap){0};
    for (uint32_t i = 0; i < refs.n && !(is_any && !*ret_doubt); i++) {
        struct fitness verdict = judge_for(v, vdu, refs.at[i], n);
        const char *key = arena_printf(a, "%s/%s", vdu->id, refs.at[i]);
        if (verdict.reason && verdict.doubt == DOUBT_CERTAIN) {
            proto_map_add(&v->st->refused, key, verdict.reason, a);
            continue;
        }
        is_any = true;
        *ret_doubt = verdict.reason ? arena_printf(a, "PoP '%s': %s", pop_name(v->m->d, refs.at[i]),
                                                   verdict.reason)
                                    : NULL;
    }
    enum err_code rc = is_any ? ERR_OK : no_place(v, vdu, &refs, err);
    *v->st = before;
    return rc;
}
