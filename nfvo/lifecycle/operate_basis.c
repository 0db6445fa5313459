/* What a plan was made of, as one word: it applies while that is the same. */
#include "nfvo/lifecycle/operate_private.h"

#include <inttypes.h>
#include <string.h>

/* FNV-1a: it tells versions apart, nobody is kept out by it. */
static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

const char *operate_basis(struct nsr_model *m)
{
    struct arena *a = m->d->arena;
    const uint64_t begin = UINT64_C(0xcbf29ce484222325);
    uint64_t sum =
        mix(begin, arena_printf(a, "%s %" PRId64, m->d->root->id, model_nsr(m)->hb_version));
    for (uint32_t i = 0; i < m->n_vnfrs; i++) { /* a sum: rows come in any order */
        const struct vnfr *v = member_vnfr(&m->vnfrs[i]);
        sum += mix(begin, arena_printf(a, "%s %" PRId64 " %d", m->vnfrs[i].row->id,
                                       v ? v->hb_version : 0, (int)m->vnfrs[i].row->phase));
    }
    return arena_printf(a, "%016" PRIx64, sum);
}

bool operate_is_as_planned(struct nsr_model *m, const char *basis, struct err *err)
{
    if (!basis || strcmp(basis, operate_basis(m)) == 0)
        return true;
    err_set(err, ERR_STATE, "service '%s' has changed since that plan was made",
            m->d->root->key[NSR_NAME]);
    err_hint(err, "plan it again: the command that made it, with --plan; REST ?plan=true");
    return false;
}
