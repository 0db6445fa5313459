#include "nfvo/lifecycle/published.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void published_count(struct vnfr_member *v)
{
    member_vnfr(v)->hb_version++;
    member_changed(v);
}

static bool is_key(const struct configuration_parameter *p, const char *key)
{
    return p->conf_key && strcmp(p->conf_key, key) == 0;
}

static const char *value_of(const struct configuration *c, const char *key)
{
    for (uint32_t i = 0; i < c->parameters.n; i++)
        if (is_key(c->parameters.at[i], key))
            return c->parameters.at[i]->value;
    return NULL;
}

static bool is_wanted(const struct vnfr_member *v, const char *key, const char *ours,
                      int64_t version, enum published_which which)
{
    const char *since = proto_strmap_get(&v->st->published, key);
    return which == PUBLISHED_ALL || !ours || !*ours ||
           (which == PUBLISHED_NEWER && (!since || version >= atoll(since)));
}

/* The next version is the one that has it (model_flush, published_count). */
static void is_of_now(struct vnfr_member *v, const char *key)
{
    struct arena *a = v->m->d->arena;
    proto_strmap_set(&v->st->published, arena_strdup(a, key),
                     arena_printf(a, "%" PRId64, v->vnfr->hb_version + 1), a);
}

/* Of what the record says, that which is other than ours and counts. */
static struct configuration *news_of(struct vnfr_member *v, const struct vnfr *record,
                                     enum published_which which)
{
    const struct configuration *said = record->provides, *ours = v->vnfr->provides;
    struct configuration *ret = proto_new(&configuration_type, v->m->d->arena);
    for (uint32_t i = 0; i < said->parameters.n; i++) {
        struct configuration_parameter *p = said->parameters.at[i];
        const char *value = p->conf_key ? value_of(ours, p->conf_key) : NULL;
        if (!p->conf_key || !p->value || (value && strcmp(value, p->value) == 0) ||
            !is_wanted(v, p->conf_key, value, record->hb_version, which))
            continue;
        is_of_now(v, p->conf_key);
        proto_list_add(&ret->parameters, p, v->m->d->arena);
    }
    return ret;
}

void published_take(struct vnfr_member *v, const struct vnfr *record, enum published_which which)
{
    struct vnfr *ours = member_vnfr(v);
    struct arena *a = v->m->d->arena;
    const struct configuration *news = record ? record->provides : NULL;
    if (!ours || !news || (record->id && strcmp(record->id, v->row->id) != 0))
        return;
    if (!ours->provides)
        ours->provides = proto_new(&configuration_type, a);
    if (news->parameters.n > PUBLISHED_KEYS_MAX ||
        ours->provides->parameters.n > PUBLISHED_KEYS_MAX) {
        if (which == PUBLISHED_EMPTY ||
            (which == PUBLISHED_NEWER && record->hb_version < ours->hb_version))
            return;
    } else {
        news = news_of(v, record, which);
        if (news->parameters.n == 0)
            return;
    }
    proto_merge(&configuration_type, ours->provides, news, a);
    member_changed(v);
}
