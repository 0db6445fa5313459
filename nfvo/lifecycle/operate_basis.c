/* What a plan was made of, as one word: it applies while that is the same. */
#include "nfvo/lifecycle/basis.h"
#include "nfvo/lifecycle/operate_private.h"

#include <inttypes.h>
#include <string.h>

/* FNV-1a: it tells versions apart, nobody is kept out by it. */
static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3); /* the end of each text counts */
}

static uint64_t mix_number(uint64_t hash, int64_t number)
{
    for (int i = 0; i < 64; i += 8)
        hash = (hash ^ ((uint64_t)number >> i & 0xff)) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t basis_of_text(const char *text)
{
    return mix(UINT64_C(0xcbf29ce484222325), text);
}

const char *basis_spread(const char *basis, struct arena *a)
{
    const char *end = basis ? strchr(basis, '-') : NULL;
    return end ? arena_strndup(a, basis, (size_t)(end - basis)) : NULL;
}

uint64_t basis_of_nsr(const char *id, int64_t version)
{
    return mix_number(mix(UINT64_C(0xcbf29ce484222325), id), version);
}

uint64_t basis_of_vnfr(const char *id, int64_t version, const char *phase)
{
    return mix(basis_of_nsr(id, version), phase);
}

const char *basis_text(uint64_t sum, struct arena *a)
{
    return arena_printf(a, "%016" PRIx64, sum);
}

const char *operate_basis(struct nsr_model *m)
{
    uint64_t sum = basis_of_nsr(m->d->root->id, model_nsr(m)->hb_version);
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        const struct vnfr *v = member_vnfr(&m->vnfrs[i]);
        sum += basis_of_vnfr(m->vnfrs[i].row->id, v ? v->hb_version : 0,
                             vnfr_phase_names[m->vnfrs[i].row->phase]);
    }
    return basis_text(sum, m->d->arena);
}

bool operate_is_as_planned(struct nsr_model *m, const char *basis, struct err *err)
{
    if (!basis || strcmp(basis, operate_basis(m)) == 0)
        return true;
    err_set(err, ERR_STATE, "service '%s' has changed since that plan was made",
            m->d->root->key[NSR_NAME]);
    err_hint(err, "plan it again: repeat the request with ?plan=true");
    return false;
}
