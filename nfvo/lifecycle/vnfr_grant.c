#include "nfvo/lifecycle/vnfr.h"

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
    if (!vnfr->endpoint)
        vnfr->endpoint = v->row->key[VNFR_ENDPOINT];
    for (uint32_t i = 0; i < vnfr->vdu.n; i++)
        vnfr->vdu.at[i]->project_id = vnfr->project_id;
    v->vnfr = vnfr;
    v->row->doc = " "; /* known from now on; written by model_flush */
    member_changed(v);
}

static bool is_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool history_has(const struct vnfr *vnfr, const struct history_event *h)
{
    for (uint32_t i = 0; i < vnfr->lifecycle_event_history.n; i++) {
        const struct history_event *known = vnfr->lifecycle_event_history.at[i];
        if (is_text(known->event, h->event) && is_text(known->executed_at, h->executed_at) &&
            is_text(known->description, h->description))
            return true;
    }
    return false;
}

/* The history is ours, but what a VNFM says of its scripts belongs into it: entries that have no id
 * yet. */
void vnfr_merge_history(struct vnfr_member *v, const struct vnfr *record)
{
    struct decision *d = v->m->d;
    struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; vnfr && record && i < record->lifecycle_event_history.n; i++) {
        const struct history_event *said = record->lifecycle_event_history.at[i];
        if (said->id || !said->event || vnfr->lifecycle_event_history.n >= VNFR_HISTORY_MAX ||
            history_has(vnfr, said))
            continue;
        struct history_event *h = proto_new(&history_event_type, d->arena);
        h->id = decision_new_id(d);
        h->event = text_cut(d->arena, said->event, 64);
        h->description = text_cut(d->arena, said->description, 1024);
        h->executed_at = text_cut(d->arena, said->executed_at, 64);
        proto_list_add(&vnfr->lifecycle_event_history, h, d->arena);
        member_changed(v);
    }
}

void vnfr_merge(struct vnfr_member *v, const struct vnfr *record)
{
    if (!record)
        return;
    vnfr_merge_history(v, record);
    proto_merge(&vnfr_type, member_vnfr(v), record, v->m->d->arena);
    record_fill_ids(&vnfr_type, v->vnfr, false, make_id, v->m->d);
    member_changed(v);
}

static const struct proto_strs *candidates(struct nsr_model *m, const char *vnfr_name,
                                           const char *vdu_name)
{
    const char *key = arena_printf(m->d->arena, "%s/%s", vnfr_name, vdu_name ? vdu_name : "");
    for (uint32_t i = 0; i < m->st->candidates.n; i++)
        if (strcmp(m->st->candidates.at[i].key, key) == 0)
            return &m->st->candidates.at[i].value;
    return NULL;
}

/* One PoP a VDU, in turns over the candidates: as spread as the reference's random choice, and
 * replayable. */
static enum err_code choose_pops(struct vnfr_member *v, struct err *err)
{
    struct decision *d = v->m->d;
    v->st->vdu_pop = (struct proto_strmap){0};
    for (uint32_t i = 0; i < v->vnfr->vdu.n; i++) {
        const struct vdu *vdu = v->vnfr->vdu.at[i];
        const struct proto_strs *refs = candidates(v->m, v->row->key[VNFR_NAME], vdu->name);
        if (!refs || refs->n == 0) {
            err_set(err, ERR_NOT_FOUND,
                    "no PoP was chosen for VDU '%s' when the service was deployed",
                    vdu->name ? vdu->name : "");
            return err_hint(err, "the VNFM must keep the VDU names of the VNFD in its record");
        }
        proto_map_add(&v->st->vdu_pop, vdu->id, refs->at[(uint64_t)(d->root->seq + i) % refs->n],
                      d->arena);
    }
    return ERR_OK;
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

/* Is the snapshot fresh and are all networks there? Otherwise the PoP is asked to see to it. */
static bool prepare(struct vnfr_member *v, const char *pop_id, struct err *err)
{
    struct decision *d = v->m->d;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, pop_id, &st);
    struct nsr *nsr = model_nsr(v->m);
    if (!pop) {
        err_set(err, ERR_NOT_FOUND, "PoP '%s' is not there any more", pop_id);
        return false;
    }
    struct internal *msg = proto_new(&internal_type, d->arena);
    for (uint32_t i = 0; i < nsr->vlr.n; i++)
        want_network(v->m, msg, nsr->vlr.at[i]);
    bool ready = st->refreshed_at + settings_of(d)->pop_cache_us > d->now;
    for (uint32_t i = 0; ready && i < nsr->vlr.n; i++)
        ready = network_of(pop, st, nsr->vlr.at[i]) != NULL;
    if (ready)
        return true;
    struct command *c =
        decision_open(d, CMD_PREPARE, v->row->id, settings_of(d)->driver_us * 2, pop_id);
    msg->what = "prepare";
    msg->to = pop_id;
    msg->to_kind = AGG_POP;
    msg->command = c->id;
    send_internal(d, msg);
    return true;
}

static void place_links(struct vnfr_member *v, struct vdu *vdu, const struct vim_instance *pop,
                        const struct pop_state *st)
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
            for (uint32_t p = 0; p < vdu->vnfc.at[c]->connection_point.n; p++) {
                struct vnfd_connection_point *cp = vdu->vnfc.at[c]->connection_point.at[p];
                if (cp->virtual_link_reference &&
                    strcmp(cp->virtual_link_reference, link->name) == 0)
                    cp->virtual_link_reference_id = n->ext_id;
            }
    }
}

static bool has_image(const struct vim_instance *pop, const struct vdu *vdu)
{
    if (strncmp(pop->type, "test", 4) == 0 ||
        strncmp(pop->type, "amazon", 6) == 0) /* amqp-protocol.md 4.3, 4.10 */
        return true;
    return pop_image(pop, vdu) != NULL;
}

/* All PoPs are ready: places links, checks images, answers. */
static int granted(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    struct err err = ERR_INIT;
    for (uint32_t i = 0; i < v->st->vdu_pop.n; i++) {
        const char *id, *zone;
        struct pop_state *st;
        pop_ref_split(d->arena, v->st->vdu_pop.at[i].value, &id, &zone);
        const struct vim_instance *pop = fact_pop(d, id, &st);
        struct vdu *vdu = member_vnfr(v)->vdu.at[i];
        if (!pop || !has_image(pop, vdu)) {
            err_set(&err, ERR_NOT_FOUND, "none of the images of VDU '%s' is available on PoP '%s'",
                    vdu->name ? vdu->name : "", pop ? pop->name : id);
            err_hint(&err,
                     "upload the image to the PoP and refresh it, or name another one in vm_image");
            v->err = &err;
            return on_fault(v);
        }
        place_links(v, vdu, pop, st);
    }
    answer_grant(v);
    answer_is_the_first(v);
    vnfr_history(v, "GRANTED", "");
    return VNFR_GRANTED;
}

int on_grant(void *ctx)
{
    struct vnfr_member *v = ctx;
    struct decision *d = v->m->d;
    struct err err = ERR_INIT;
    vnfr_adopt(v, v->msg->record);
    remember_asker(v);
    enum err_code rc = choose_pops(v, &err);
    for (uint32_t i = 0; rc == ERR_OK && i < v->st->vdu_pop.n; i++) {
        const char *id, *zone;
        bool again = false;
        pop_ref_split(d->arena, v->st->vdu_pop.at[i].value, &id, &zone);
        for (uint32_t k = 0; k < d->commands.n; k++)
            again |= d->commands.at[k]->kind == CMD_PREPARE &&
                     d->commands.at[k]->mark != ROW_GONE &&
                     strcmp(d->commands.at[k]->subject, v->row->id) == 0 &&
                     strcmp(d->commands.at[k]->data, id) == 0;
        if (!again && !prepare(v, id, &err))
            rc = err.code;
    }
    if (rc != ERR_OK) {
        v->err = &err;
        return on_fault(v);
    }
    return decision_find_for(d, CMD_PREPARE, v->row->id) ? VNFR_GRANTING : granted(v);
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
    const char *reply_to = v->st->reply_to, *correlation_id = v->st->correlation_id;
    remember_asker(v);
    answer_grant(v);
    v->st->reply_to = reply_to;
    v->st->correlation_id = correlation_id;
    return v->row->phase;
}

int on_pop_ready(void *ctx)
{
    struct vnfr_member *v = ctx;
    return decision_find_for(v->m->d, CMD_PREPARE, v->row->id) ? VNFR_GRANTING : granted(v);
}
