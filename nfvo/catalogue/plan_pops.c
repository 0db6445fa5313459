/* Which PoPs a VDU may be launched on: the body's list for its name, else its own, else all PoPs of
 * the project; of the types that its package asks for. */
#include <stdio.h>
#include <string.h>

#include "nfvo/catalogue/plan_internal.h"

#define ZONE_MAX 128

static const struct proto_strs *names_of_body(const struct deploy_body *body, const char *vdu)
{
    for (uint32_t i = 0; body && vdu && i < body->vdu_vim_instances.n; i++)
        if (strcmp(body->vdu_vim_instances.at[i].key, vdu) == 0 &&
            body->vdu_vim_instances.at[i].value.n > 0)
            return &body->vdu_vim_instances.at[i].value;
    return NULL;
}

static const struct plan_pop *find_pop(const struct plan_facts *facts, const char *name, size_t len)
{
    for (uint32_t i = 0; i < facts->pop_n; i++)
        if (strlen(facts->pops[i].name) == len && memcmp(facts->pops[i].name, name, len) == 0)
            return &facts->pops[i];
    return NULL;
}

/* "vim" or "vim:zone"; a PoP whose name holds a colon wins over a zone. */
static const struct plan_pop *find_named(const struct plan_facts *facts, const char *name,
                                         const char **ret_zone)
{
    const struct plan_pop *pop = find_pop(facts, name, strlen(name));
    const char *colon = strchr(name, ':');
    *ret_zone = NULL;
    if (pop || !colon)
        return pop;
    *ret_zone = colon[1] ? colon + 1 : NULL;
    return find_pop(facts, name, (size_t)(colon - name));
}

/* The type of a PoP up to its first dot is what packages name. No list: any. */
static bool is_supported(const struct proto_strs *types, const char *type)
{
    if (!types || types->n == 0)
        return true;
    size_t len = strcspn(type ? type : "", ".");
    for (uint32_t i = 0; i < types->n; i++)
        if (strlen(types->at[i]) == len && type && memcmp(types->at[i], type, len) == 0)
            return true;
    return false;
}

/* A zone goes to the cloud as it is; no cloud has one with such characters in it. */
static enum err_code check_zone(const char *name, const char *zone, struct err *err)
{
    size_t len = zone ? strlen(zone) : 0;
    if (len > ZONE_MAX)
        return err_set(err, ERR_INVALID, "the zone of '%.*s' has %zu characters; at most %d may",
                       (int)(zone - name - 1), name, len, ZONE_MAX);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)zone[i] < ' ' || zone[i] == '\x7f')
            return err_set(err, ERR_INVALID, "the zone of '%.*s' has a control character",
                           (int)(zone - name - 1), name);
    return ERR_OK;
}

static void add(struct plan_vdu *vdu, const struct plan_pop *pop, const char *zone)
{
    vdu->candidates[vdu->candidate_n++] = (struct plan_candidate){pop->id, pop->name, zone};
}

struct want {
    const struct plan_facts *facts;
    const struct proto_strs *names, *types;
    char at[64]; /* JSON path of names */
};

static enum err_code add_named(const struct want *w, struct plan_vdu *vdu, struct err *err)
{
    for (uint32_t i = 0; i < w->names->n; i++) {
        const char *zone, *name = w->names->at[i];
        const struct plan_pop *pop = find_named(w->facts, name, &zone);
        if (!pop) {
            err_set(err, ERR_NOT_FOUND, "Not found VIM instance: %s", name);
            err_hint(err, "PoPs of this project: GET /api/v1/datacenters");
            return err_where(err, "%s[%u]", w->at, i);
        }
        if (check_zone(name, zone, err) != ERR_OK)
            return err_where(err, "%s[%u]", w->at, i);
        if (is_supported(w->types, pop->type))
            add(vdu, pop, zone);
    }
    return ERR_OK;
}

static enum err_code add_all(const struct want *w, struct plan_vdu *vdu, struct err *err)
{
    if (w->facts->pop_n == 0) {
        err_set(err, ERR_NOT_FOUND,
                "No PoP of the corresponding type in the catalogue. Must be "
                "registered first...");
        return err_hint(err, "POST /api/v1/datacenters");
    }
    for (uint32_t i = 0; i < w->facts->pop_n; i++)
        if (is_supported(w->types, w->facts->pops[i].type))
            add(vdu, &w->facts->pops[i], NULL);
    return ERR_OK;
}

static enum err_code none_supports(const struct want *w, const struct plan_vdu *vdu,
                                   struct err *err)
{
    char list[160] = "";
    for (uint32_t i = 0; i < w->types->n; i++)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
                 w->types->at[i]);
    return err_set(err, ERR_INVALID,
                   "No Vim Instance found for supporting the VNFD %s (looking for vim type: [%s])",
                   vdu->vnfd_name, list);
}

static enum err_code plan_vdu(const struct deploy_body *body, const struct plan_facts *facts,
                              const struct vdu *vdu, struct want *w, struct arena *a,
                              struct plan_vdu *ret, struct err *err)
{
    w->names = names_of_body(body, vdu->name);
    if (w->names)
        snprintf(w->at, sizeof(w->at), "vduVimInstances.%s", vdu->name);
    else
        w->names = &vdu->vim_instance_name;
    uint32_t most = w->names->n ? w->names->n : facts->pop_n;
    ret->candidates = arena_alloc(a, (most + 1) * sizeof(ret->candidates[0]));
    enum err_code rc = w->names->n ? add_named(w, ret, err) : add_all(w, ret, err);
    if (rc == ERR_OK && ret->candidate_n == 0)
        rc = none_supports(w, ret, err);
    return rc;
}

enum err_code plan_pops(const struct deploy_body *body, const struct plan_facts *facts,
                        struct arena *a, struct deploy_plan *plan, struct err *err)
{
    const struct nsd *nsd = plan->nsd;
    uint32_t n = 0;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        n += nsd->vnfd.at[i]->vdu.n;
    plan->vdus = arena_alloc(a, (n + 1) * sizeof(plan->vdus[0]));
    for (uint32_t i = 0; i < nsd->vnfd.n; i++) {
        const struct vnfd *v = nsd->vnfd.at[i];
        struct want w = {.facts = facts};
        w.types = facts->vim_types ? facts->vim_types(facts->arg, v) : NULL;
        for (uint32_t k = 0; k < v->vdu.n; k++) {
            struct plan_vdu *row = &plan->vdus[plan->vdu_n++];
            *row = (struct plan_vdu){v->id, v->name, v->vdu.at[k]->id, v->vdu.at[k]->name, NULL, 0};
            snprintf(w.at, sizeof(w.at), "vnfd[%u].vdu[%u].vimInstanceName", i, k);
            enum err_code rc = plan_vdu(body, facts, v->vdu.at[k], &w, a, row, err);
            if (rc != ERR_OK)
                return err_where(err, "vnfd[%u].vdu[%u]", i, k);
        }
    }
    return ERR_OK;
}
