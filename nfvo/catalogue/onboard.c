/* The integrity rules, in the reference's order: amqp-protocol.md 9.7, rest-api.md 2.1. */
#include "nfvo/catalogue/internal.h"

#include "proto/records/policy.h"

#include <stdio.h>
#include <string.h>

bool catalogue_is_reference(const struct vnfd *vnfd)
{
    return !is_blank(vnfd->id);
}

enum err_code catalogue_split_reference(const char *id, struct arena *a, const char *ret_parts[3],
                                        struct err *err)
{
    char *text = arena_strdup(a, id), *rest = text;
    const char *parts[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++) {
        parts[i] = i < 2 ? strsep(&rest, "/") : rest;
        if (is_blank(parts[i]))
            return err_set(err, ERR_NOT_FOUND,
                           "VNFD ID must be either in the format vendor/name/version");
    }
    memcpy(ret_parts, parts, sizeof(parts));
    return ERR_OK;
}

/* --- one VNFD ------------------------------------------------------------------------------- */

static enum err_code check_named(const struct vnfd *v, const char *at, struct err *err)
{
    const struct {
        const char *member, *value;
    } rows[] = {{"name", v->name}, {"type", v->type}, {"endpoint", v->endpoint}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!is_blank(rows[i].value))
            continue;
        err_set(err, ERR_INVALID, "VNFD '%s' has no %s", v->name ? v->name : "", rows[i].member);
        if (i == 2)
            err_hint(err, "endpoint is the type of the VNFM that manages the VNF, e.g. generic");
        return err_where(err, "%s%s", at, rows[i].member);
    }
    if (v->vdu.n == 0) {
        err_set(err, ERR_INVALID, "VNFD '%s' has no vdu", v->name);
        return err_where(err, "%svdu", at);
    }
    return ERR_OK;
}

static bool has_image(const struct vdu *vdu)
{
    for (uint32_t i = 0; i < vdu->vm_image.n; i++)
        if (!is_blank(vdu->vm_image.at[i]))
            return true;
    return false;
}

static bool is_vdu_name_taken(const struct vnfd *v, const char *name)
{
    for (uint32_t i = 0; i < v->vdu.n; i++)
        if (v->vdu.at[i]->name && strcmp(v->vdu.at[i]->name, name) == 0)
            return true;
    return false;
}

/* <vnfd>-<n>, counted from 1; a name that the user gave to another VDU is skipped. */
static void name_vdus(struct vnfd *v, struct arena *a)
{
    uint32_t next = 1;
    for (uint32_t i = 0; i < v->vdu.n; i++) {
        if (!is_blank(v->vdu.at[i]->name))
            continue;
        const char *name;
        do
            name = arena_printf(a, "%s-%u", v->name, next++);
        while (is_vdu_name_taken(v, name));
        v->vdu.at[i]->name = name;
    }
}

static bool is_event(const char *word)
{
    for (const char *const *w = lifecycle_event_words; word && *w; w++)
        if (strcmp(word, *w) == 0)
            return true;
    return false;
}

static enum err_code check_events(const struct vnfd *v, const struct lifecycle_event_list *events,
                                  const char *at, struct err *err)
{
    for (uint32_t i = 0; i < events->n; i++) {
        if (is_event(events->at[i]->event))
            continue;
        err_set(err, ERR_INVALID, "Event in one LifecycleEvent of VNFD %s does not exist", v->name);
        err_hint(err,
                 "'%s' is none of INSTANTIATE, CONFIGURE, START, STOP, TERMINATE, SCALE_IN, "
                 "SCALE_OUT, HEAL, ...",
                 events->at[i]->event ? events->at[i]->event : "");
        return err_where(err, "%slifecycle_event[%u].event", at, i);
    }
    return ERR_OK;
}

static const struct {
    const char *key;
    const char *const *words;
    const char *hint;
} policies[] = {
    {VDU_ON_FAILURE, vdu_on_failure_words,
     "keep (the others stay, and a person decides), partial (go on without), or rollback"},
    {VDU_HEAL, vdu_heal_words,
     "none, instance (a server that is down is made anew), or vnf (all servers of its VNF are)"},
};

/* A word of ours that is misspelt would do nothing, and nobody would know before it is too late.
 */
static enum err_code check_policy(const struct vnfd *v, const char *key, const char *value,
                                  bool is_vdu, const char *at, struct err *err)
{
    size_t k = is_vdu ? 0 : 1; /* the first is of VDUs only */
    if (is_vdu && strcmp(key, VDU_ATTEMPTS) == 0) {
        if (vdu_attempts_parse(value ? value : "") > 0)
            return ERR_OK;
        err_set(err, ERR_INVALID, "VNFD %s: " VDU_ATTEMPTS " is no number of attempts: '%.64s'",
                v->name, value ? value : "");
        err_hint(err, "1 (a step goes out once) to %d", VDU_ATTEMPTS_MAX);
        return err_where(err, "%smetadata[" VDU_ATTEMPTS "]", at);
    }
    while (k < ARRAY_LEN(policies) && strcmp(key, policies[k].key) != 0)
        k++;
    if (k == ARRAY_LEN(policies)) {
        err_set(err, ERR_INVALID, "VNFD %s: metadata '%.64s' of a %s is not known", v->name, key,
                is_vdu ? "VDU" : "VNFD");
        err_hint(err, "known are %s" VDU_HEAL "; other words begin with something else",
                 is_vdu ? VDU_ON_FAILURE ", " VDU_ATTEMPTS " and " : "");
        return err_where(err, "%smetadata[%.64s]", at, key);
    }
    for (const char *const *word = policies[k].words; *word; word++)
        if (value && strcmp(*word, value) == 0)
            return ERR_OK;
    err_set(err, ERR_INVALID, "VNFD %s: %s is none that there is: '%.64s'", v->name, key,
            value ? value : "");
    err_hint(err, "%s", policies[k].hint);
    return err_where(err, "%smetadata[%s]", at, key);
}

static enum err_code check_metadata(const struct vnfd *v, const struct proto_strmap *metadata,
                                    bool is_vdu, const char *at, struct err *err)
{
    static const char ours[] = "baton.";
    enum err_code rc = ERR_OK;
    for (uint32_t i = 0; rc == ERR_OK && i < metadata->n; i++)
        if (strncmp(metadata->at[i].key, ours, strlen(ours)) == 0)
            rc = check_policy(v, metadata->at[i].key, metadata->at[i].value, is_vdu, at, err);
    return rc;
}

static enum err_code check_vdus(struct vnfd *v, const char *at, struct arena *a, struct err *err)
{
    for (uint32_t i = 0; i < v->vdu.n; i++) {
        if (has_image(v->vdu.at[i]))
            continue;
        err_set(err, ERR_INVALID, "At least one VDU in the VNFD %s does not contain an image.",
                v->name);
        err_hint(err, "name an image of the PoP in vm_image");
        return err_where(err, "%svdu[%u].vm_image", at, i);
    }
    name_vdus(v, a);
    return ERR_OK;
}

static enum err_code check_vnfd(const struct vld_list *vlds, struct vnfd *v, const char *at,
                                struct arena *a, struct err *err)
{
    bool is_strict = (vlds && vlds->n > 0) || v->virtual_link.n > 0;
    enum err_code rc = check_named(v, at, err);
    if (rc == ERR_OK)
        rc = check_vdus(v, at, a, err);
    if (rc == ERR_OK)
        rc = catalogue_check_links(vlds, v, is_strict, at, err);
    if (rc == ERR_OK)
        rc = catalogue_check_parameters(v, at, err);
    if (rc == ERR_OK)
        rc = check_events(v, &v->lifecycle_event, at, err);
    for (uint32_t i = 0; rc == ERR_OK && i < v->vdu.n; i++) {
        char path[48];
        snprintf(path, sizeof(path), "%svdu[%u].", at, i);
        rc = check_events(v, &v->vdu.at[i]->lifecycle_event, path, err);
        if (rc == ERR_OK)
            rc = check_metadata(v, &v->vdu.at[i]->metadata, true, path, err);
    }
    return rc == ERR_OK ? check_metadata(v, &v->metadata, false, at, err) : rc;
}

/* --- filling in ----------------------------------------------------------------------------- */

static void stamp_vnfd(struct vnfd *v, const struct catalogue_rules *rules)
{
    v->project_id = rules->project_id;
    if (is_blank(v->created_at))
        v->created_at = rules->now;
    v->updated_at = rules->now;
}

/* Ids are the server's: what came with a new element is replaced, a resolved reference keeps its
 * own. */
static void fill_ids(struct nsd *nsd, const struct catalogue_rules *rules)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        record_fill_ids(&vnfd_type, nsd->vnfd.at[i], !catalogue_is_reference(nsd->vnfd.at[i]),
                        rules->make_id, rules->arg);
    for (uint32_t i = 0; i < nsd->vld.n; i++)
        record_fill_ids(&vld_type, nsd->vld.at[i], true, rules->make_id, rules->arg);
    for (uint32_t i = 0; i < nsd->vnf_dependency.n; i++)
        record_fill_ids(&vnf_dependency_type, nsd->vnf_dependency.at[i], true, rules->make_id,
                        rules->arg);
    nsd->id = NULL;
    record_fill_ids(&nsd_type, nsd, false, rules->make_id, rules->arg);
}

/* The VNFDs inside are none that changed: they keep their dates. */
static void stamp_changed_nsd(struct nsd *nsd, const struct nsd *old,
                              const struct catalogue_rules *rules)
{
    record_keep_ids(&nsd_type, nsd, old, rules->make_id, rules->arg);
    nsd->hb_version = old->hb_version + 1;
    nsd->project_id = old->project_id;
    nsd->created_at = old->created_at;
    nsd->updated_at = rules->now;
}

static void stamp_nsd(struct nsd *nsd, const struct catalogue_rules *rules)
{
    if (rules->old) {
        stamp_changed_nsd(nsd, rules->old, rules);
        return;
    }
    fill_ids(nsd, rules);
    nsd->hb_version = 0;
    nsd->project_id = rules->project_id;
    nsd->enabled = true;
    nsd->created_at = nsd->updated_at = rules->now;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        stamp_vnfd(nsd->vnfd.at[i], rules);
}

/* --- the two entries ------------------------------------------------------------------------ */

static enum err_code check_names(const struct nsd *nsd, struct arena *a, struct err *err)
{
    for (uint32_t i = 0; i < nsd->vld.n; i++)
        if (is_blank(nsd->vld.at[i]->name)) {
            err_set(err, ERR_NOT_FOUND, "A VLD in the NSD has no name specified!");
            return err_where(err, "vld[%u].name", i);
        }
    struct name_index index;
    name_index_init(&index, &nsd->vnfd, a);
    int64_t twice = name_index_duplicate(&index);
    if (twice < 0 || is_blank(nsd->vnfd.at[twice]->name))
        return ERR_OK;
    err_set(err, ERR_INVALID, "the VNFD name '%s' is used twice in the NSD",
            nsd->vnfd.at[twice]->name);
    err_hint(err, "dependencies and configurations name VNFDs: give each its own name");
    return err_where(err, "vnfd[%lld].name", (long long)twice);
}

enum err_code catalogue_onboard_nsd(struct nsd *nsd, const struct catalogue_rules *rules,
                                    struct arena *a, struct err *err)
{
    if (nsd->vnfd.n == 0) {
        err_set(err, ERR_INVALID, "The Network Service Descriptor has to have at least one VNFD.");
        return err_where(err, "vnfd");
    }
    enum err_code rc = check_names(nsd, a, err);
    for (uint32_t i = 0; rc == ERR_OK && i < nsd->vnfd.n; i++) {
        char path[32];
        snprintf(path, sizeof(path), "vnfd[%u].", i);
        rc = check_vnfd(&nsd->vld, nsd->vnfd.at[i], path, a, err);
    }
    if (rc == ERR_OK)
        rc = catalogue_link_dependencies(nsd, rules->is_start_ordered, a, err);
    if (rc == ERR_OK)
        stamp_nsd(nsd, rules);
    return rc;
}

static enum err_code check_alone(const struct vnfd *v, struct err *err)
{
    if (v->vdu.n == 0) {
        err_set(err, ERR_NOT_FOUND, "You should specify at least one VDU in each VNFD!");
        return err_where(err, "vdu");
    }
    for (uint32_t i = 0; i < v->vdu.n; i++)
        if (v->vdu.at[i]->vnfc.n == 0) {
            err_set(err, ERR_NOT_FOUND, "You should specify at least one VNFC in each VDU!");
            return err_where(err, "vdu[%u].vnfc", i);
        }
    return ERR_OK;
}

enum err_code catalogue_onboard_vnfd(struct vnfd *v, const struct catalogue_rules *rules,
                                     struct arena *a, struct err *err)
{
    enum err_code rc = check_alone(v, err);
    return rc == ERR_OK ? catalogue_onboard_packaged(v, rules, a, err) : rc;
}

enum err_code catalogue_onboard_packaged(struct vnfd *v, const struct catalogue_rules *rules,
                                         struct arena *a, struct err *err)
{
    enum err_code rc = check_vnfd(NULL, v, "", a, err);
    if (rc != ERR_OK)
        return rc;
    const struct vnfd *old = rules->old;
    v->hb_version = old ? old->hb_version + 1 : 0;
    v->created_at = old ? old->created_at : NULL;
    stamp_vnfd(v, rules);
    record_keep_ids(&vnfd_type, v, old, rules->make_id, rules->arg);
    return ERR_OK;
}
