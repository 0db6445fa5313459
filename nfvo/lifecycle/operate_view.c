#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/send.h"
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

struct vnfc_instance *operate_instance(struct vnfr_member *v, const char *id)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; vnfr && id && i < vnfr->vdu.n; i++)
        for (uint32_t k = 0; k < vnfr->vdu.at[i]->vnfc_instance.n; k++) {
            struct vnfc_instance *x = vnfr->vdu.at[i]->vnfc_instance.at[k];
            if (x->id && strcmp(x->id, id) == 0)
                return x;
        }
    return NULL;
}

struct proto_strs operate_servers(const struct nsr_model *m, const struct vnfr_member *v)
{
    struct proto_strs ret = {0};
    for (uint32_t k = 0; k < m->n_instances; k++) {
        const struct row *r = m->instances[k].row;
        if (strcmp(r->key[INSTANCE_VNFR], v->row->id) == 0 && r->phase != INSTANCE_GONE)
            proto_list_add(&ret, r->id, m->d->arena);
    }
    return ret;
}

/* The record's word where it is one of ours; the driver's words are UP. */
static enum instance_state_word instance_state(const struct nsr_model *m,
                                               const struct vnfc_instance *x)
{
    static const enum instance_state_word words[] = {INSTANCE_STATE_ACTIVE, INSTANCE_STATE_INACTIVE,
                                                     INSTANCE_STATE_STANDBY, INSTANCE_STATE_FAILED,
                                                     INSTANCE_STATE_ERROR};
    static const enum instance_state_word phases[INSTANCE_PHASE_N] = {
        [INSTANCE_LAUNCHING] = INSTANCE_STATE_LAUNCHING,
        [INSTANCE_DOUBT] = INSTANCE_STATE_DOUBT,
        [INSTANCE_UP] = INSTANCE_STATE_UP,
        [INSTANCE_FAILED] = INSTANCE_STATE_ERROR,
        [INSTANCE_DELETING] = INSTANCE_STATE_DELETING,
        [INSTANCE_GONE] = INSTANCE_STATE_GONE};
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (strcmp(m->instances[i].row->id, x->id) == 0 &&
            m->instances[i].row->phase != INSTANCE_UP)
            return phases[m->instances[i].row->phase];
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (m->instances[i].st->rebuild && strcmp(m->instances[i].row->id, x->id) == 0)
            return INSTANCE_STATE_REBUILDING;
    for (size_t i = 0; x->state && i < ARRAY_LEN(words); i++)
        if (strcmp(x->state, instance_state_words[words[i]]) == 0)
            return words[i];
    return INSTANCE_STATE_UP;
}

bool operate_is_empty(struct nsr_model *m, const struct vnfc_instance *x)
{
    const struct instance_member *i = model_instance_by_id(m, x->id);
    return i && i->st->emptied;
}

static const char *addresses(struct arena *a, const struct vnfc_instance *x)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (uint32_t i = 0; i < x->ips.n; i++)
        sbuf_addf(&out, "%s=%s ", x->ips.at[i]->net_name ? x->ips.at[i]->net_name : "",
                  x->ips.at[i]->ip ? x->ips.at[i]->ip : "");
    for (uint32_t i = 0; i < x->floating_ips.n; i++)
        sbuf_addf(&out, "%s_floatingIp=%s ",
                  x->floating_ips.at[i]->net_name ? x->floating_ips.at[i]->net_name : "",
                  x->floating_ips.at[i]->ip ? x->floating_ips.at[i]->ip : "");
    return arena_strndup(a, out.s, out.len);
}

static void view_instances(struct nsr_model *m, struct vnfr_member *member, struct view_vnfr *v)
{
    struct arena *a = m->d->arena;
    const struct vnfr *vnfr = member_vnfr(member);
    uint32_t n = 0, place = 0;
    for (uint32_t u = 0; u < vnfr->vdu.n; u++)
        n += vnfr->vdu.at[u]->vnfc_instance.n;
    struct view_vdu *vdus = arena_alloc(a, (vnfr->vdu.n + 1) * sizeof(*vdus));
    struct view_instance *all = arena_alloc(a, (n + 1) * sizeof(*all));
    for (uint32_t u = 0; u < vnfr->vdu.n; u++) {
        const struct vdu *vdu = vnfr->vdu.at[u];
        vdus[u] = (struct view_vdu){.id = vdu->id ? vdu->id : "",
                                    .name = vdu->name,
                                    .scale_max = (uint32_t)vdu->scale_in_out};
        vdu_policy_read(vnfr_on_failure(member, vdu, u), a, &vdus[u].on_failure, &vdus[u].attempts);
        for (uint32_t k = 0; k < vdu->vnfc_instance.n; k++) {
            const struct vnfc_instance *x = vdu->vnfc_instance.at[k];
            if (!x->id)
                continue;
            all[place] =
                (struct view_instance){.id = x->id,
                                       .hostname = x->hostname ? x->hostname : "",
                                       .vdu = vdus[u].id,
                                       .pop = x->vim_id,
                                       .component = x->vnf_component ? x->vnf_component->id : NULL,
                                       .state = instance_state(m, x),
                                       .is_emptied = operate_is_empty(m, x),
                                       .made = place,
                                       .addresses = addresses(a, x),
                                       .image = vdu->vm_image.n ? vdu->vm_image.at[0] : NULL};
            place++;
        }
    }
    v->vdus = vdus;
    v->n_vdus = vnfr->vdu.n;
    v->instances = all;
    v->n_instances = place;
}

static void sources_of(struct nsr_model *m, const struct vnf_record_dependency *dep,
                       struct view_vnfr *v)
{
    uint32_t *sources = arena_alloc(m->d->arena, (m->n_vnfrs + 1) * sizeof(*sources));
    for (uint32_t i = 0; dep && i < m->n_vnfrs; i++) {
        const char *name = m->vnfrs[i].row->key[VNFR_NAME];
        if (strcmp(name, v->name) != 0 && proto_strmap_get(&dep->id_type, name))
            sources[v->n_sources++] = i;
    }
    v->sources = sources;
}

static void view_sources(struct nsr_model *m, struct view_vnfr *v)
{
    const struct vnf_record_dependency *dep = dependency_of(m, v->name);
    sources_of(m, dep, v);
    v->dependency = dep ? dependency_digest(m->d->arena, dep) : NULL;
    for (uint32_t t = 0; dep && t < dep->vnfc_parameters.n; t++) {
        const struct vnfc_dependency_parameters *p = dep->vnfc_parameters.at[t].value;
        for (uint32_t i = 0; i < p->parameters.n; i++)
            proto_list_add(&v->told, p->parameters.at[i].key, m->d->arena);
    }
}

/* Ours say so themselves; of others an operator does (baton manager enrol --sdk). */
static enum sdk sdk_of(const struct nsr_model *m, const struct vnfr_member *member)
{
    const struct rows *facts = &m->d->facts;
    for (uint32_t i = 0; !member->st->correlates && i < facts->n; i++)
        if (facts->at[i]->kind == ROW_VNFM &&
            strcmp(facts->at[i]->id, member->row->key[VNFR_ENDPOINT]) == 0)
            return sdk_parse(facts->at[i]->key[VNFM_SDK]);
    return member->st->correlates ? SDK_C : SDK_UNKNOWN;
}

/* Of one whose servers are empty only its REINSTANTIATE counts; what failed before is over. */
static bool is_of_before(const struct vnfr_member *member, struct arena *a)
{
    const char *agg, *command = member->st->failed_command;
    int agg_kind, kind;
    return member->st->emptied &&
           !(command && command_id_parse(command, a, &agg, &agg_kind, &kind) &&
             kind == CMD_STEP_REINSTANTIATE);
}

static void view_one(struct nsr_model *m, struct vnfr_member *member, struct view_vnfr *v)
{
    const struct vnfr *vnfr = member_vnfr(member);
    *v = (struct view_vnfr){.id = member->row->id,
                            .name = member->row->key[VNFR_NAME],
                            .type = vnfr ? vnfr->type : NULL,
                            .package = vnfr ? vnfr->package_id : NULL,
                            .state = vnfr_stable(member),
                            .is_broken = member->row->phase == VNFR_FAILED || member->st->broken,
                            .cause = (int)vnfr_failed_by(member),
                            .failed_command = member->st->failed_command,
                            .is_emptied = member->st->emptied,
                            .has_resources = vnfr_has_resources(member),
                            .in_hand = vnfr_in_hand(member),
                            .servers = operate_servers(m, member),
                            .is_leaving = vnfr_is_leaving(member),
                            .is_dropped = member->is_dropped,
                            .has_record = vnfr != NULL,
                            .is_known = vnfr != NULL,
                            .is_ours = member->st->correlates,
                            .sdk = sdk_of(m, member),
                            .has_terminate_scripts = vnfr && vnfr_has_terminate_scripts(member)};
    if (is_of_before(member, m->d->arena)) {
        v->cause = CAUSE_UNSENT;
        v->failed_command = NULL;
    }
    if (vnfr && vnfr->configurations) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        proto_encode(&configuration_type, vnfr->configurations, PROTO_STORED, &text);
        v->configurations = arena_strndup(m->d->arena, text.s, text.len);
    }
    if (vnfr)
        view_instances(m, member, v);
    view_sources(m, v);
}

static struct proto_strs pops_of(struct nsr_model *m)
{
    struct proto_strs ret = {0};
    char *p = arena_strdup(m->d->arena, m->d->root->key[NSR_POPS]), *comma;
    for (; *p; p = comma ? comma + 1 : p + strlen(p)) {
        comma = strchr(p, ',');
        if (comma)
            *comma = '\0';
        proto_list_add(&ret, p, m->d->arena);
    }
    return ret;
}

struct service_view *operate_view(struct nsr_model *m)
{
    struct decision *d = m->d;
    struct service_view *view = arena_alloc(d->arena, sizeof(*view));
    struct view_vnfr *all = arena_alloc(d->arena, (m->n_vnfrs + 1) * sizeof(*all));
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        view_one(m, &m->vnfrs[i], &all[i]);
    *view = (struct service_view){.id = d->root->id,
                                  .name = d->root->key[NSR_NAME],
                                  .has_fault = d->root->phase == NSR_FAILED,
                                  .is_ordered = settings_of(d)->ordered_start,
                                  .heal_tells_targets = settings_of(d)->heal_tells_targets,
                                  .vnfrs = all,
                                  .n_vnfrs = m->n_vnfrs,
                                  .pops = pops_of(m)};
    return view;
}

/* --- by phases -------------------------------------------------------------------------------- */

/* Its rows tell: a server that is launched yet is in no record. */
static void rows_of(struct nsr_model *m, struct view_vnfr *v)
{
    struct view_instance *all = NULL;
    for (uint32_t i = 0; i < m->n_instances; i++) {
        const struct row *r = m->instances[i].row;
        if (strcmp(r->key[INSTANCE_VNFR], v->id) != 0 || r->phase == INSTANCE_GONE)
            continue;
        all = arena_grow_array(m->d->arena, all, v->n_instances, sizeof(*all));
        all[v->n_instances++] = (struct view_instance){
            .id = r->id, .hostname = r->key[INSTANCE_HOSTNAME], .state = INSTANCE_STATE_UP};
    }
    v->instances = all;
}

void operate_view_phase(const struct vnfr_member *member, struct view_vnfr *v)
{
    enum vnfr_state_word state = vnfr_stable(member);
    *v = (struct view_vnfr){.id = member->row->id,
                            .name = member->row->key[VNFR_NAME],
                            .phase = vnfr_phase_names[member->row->phase],
                            .was_instantiated = state >= VNFR_STATE_INITIALIZED,
                            .was_configured = state >= VNFR_STATE_INACTIVE,
                            .is_known = *member->row->doc || member->vnfr};
}

struct service_view *operate_view_phases(struct nsr_model *m)
{
    struct service_view *view = arena_alloc(m->d->arena, sizeof(*view));
    struct view_vnfr *all = arena_alloc(m->d->arena, (m->n_vnfrs + 1) * sizeof(*all));
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        operate_view_phase(&m->vnfrs[i], &all[i]);
        sources_of(m, dependency_of(m, all[i].name), &all[i]);
        rows_of(m, &all[i]);
    }
    *view = (struct service_view){.id = m->d->root->id,
                                  .name = m->d->root->key[NSR_NAME],
                                  .is_ordered = settings_of(m->d)->ordered_start,
                                  .vnfrs = all,
                                  .n_vnfrs = m->n_vnfrs,
                                  .phase = nsr_phase_names[m->d->root->phase],
                                  .created_at = m->d->now};
    return view;
}
