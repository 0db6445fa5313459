/* What the descriptor says of a record's VDUs: which of its VDUs each one is, where its servers may
 * be, and what becomes of the others when one fails. */
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

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

const char *vdu_policy_text(const struct vdu *vdu, struct arena *a)
{
    const char *word = proto_strmap_get(&vdu->metadata, VDU_ON_FAILURE);
    int attempts = vdu_attempts_parse(proto_strmap_get(&vdu->metadata, VDU_ATTEMPTS));
    return attempts > 1 ? arena_printf(a, "%s*%d", word ? word : "", attempts) : word;
}

void vdu_policy_read(const char *text, struct arena *a, const char **ret_on_failure,
                     uint16_t *ret_attempts)
{
    const char *star = text ? strchr(text, '*') : NULL;
    int attempts = star ? vdu_attempts_parse(star + 1) : 1;
    const char *word = star ? arena_strndup(a, text, (size_t)(star - text)) : text;
    *ret_on_failure = word && *word ? word : NULL;
    *ret_attempts = (uint16_t)(attempts > 0 ? attempts : 1);
}

void vnfr_set_on_failure(struct vnfr_member *v, const struct vdu *vdu, const char *word)
{
    const char *before = vdu->id ? proto_strmap_get(&v->m->st->on_failure, key_of(v, vdu->id)) : "";
    if (!vdu->id || (before && strcmp(before, word ? word : "") == 0))
        return;
    proto_strmap_set(&v->m->st->on_failure, key_of(v, vdu->id), word ? word : "", v->m->d->arena);
    model_changed(v->m);
}
