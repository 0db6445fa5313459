/* What a PoP should have, as nfvo/store/store_reconcile.h reads it: servers, their addresses, networks. */
#include "common/base/text.h"
#include "tests/sim/drift_private.h"

#include <stdlib.h>
#include <string.h>

static bool is_still(const struct sim *s, const char *nsr)
{
    const struct row *r = store_row(s, ROW_NSR, nsr);
    return r && (r->phase == NSR_ACTIVE || r->phase == NSR_FAILED) && !rec_is_changing(s, nsr);
}

enum err_code store_expected_read(struct db *db, const char *pop, struct arena *a,
                                  struct store_expected **ret, size_t *ret_n, struct err *err)
{
    struct sim *s = db->s;
    if (!drift_is_there(db))
        return drift_refuse(err);
    *ret = arena_alloc(a, (s->store->n_rows + 1) * sizeof(**ret));
    *ret_n = 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind != ROW_INSTANCE || strcmp(r->key[INSTANCE_POP], pop) != 0)
            continue;
        const struct rec_drift *d = rec_drift_of(s, r->id);
        (*ret)[(*ret_n)++] =
            (struct store_expected){.id = arena_strdup(a, r->id),
                                    .hostname = arena_strdup(a, r->key[INSTANCE_HOSTNAME]),
                                    .vc_id = arena_strdup(a, r->key[INSTANCE_VC]),
                                    .nsr = arena_strdup(a, r->agg),
                                    .vnfr = arena_strdup(a, r->key[INSTANCE_VNFR]),
                                    .kind = d ? d->kind : "",
                                    .believed = d ? d->believed : "",
                                    .detail = d ? d->detail : "",
                                    .weight = d ? d->weight : 0,
                                    .is_judged = r->phase == INSTANCE_UP && is_still(s, r->agg),
                                    .is_of_vnfm = strstr(r->state, "\"owner\":\"vnfm\"") != NULL};
    }
    return ERR_OK;
}

static const struct vnfc_instance *instance_in(const struct vnfr *v, const char *id)
{
    for (uint32_t u = 0; u < v->vdu.n; u++)
        for (uint32_t i = 0; i < v->vdu.at[u]->vnfc_instance.n; i++)
            if (text_equal(v->vdu.at[u]->vnfc_instance.at[i]->id, id))
                return v->vdu.at[u]->vnfc_instance.at[i];
    return NULL;
}

struct vnfr *drift_record_of(struct sim *s, const char *id, struct arena *a)
{
    const struct row *r = store_row(s, ROW_VNFR, id);
    struct vnfr *v = NULL;
    if (!r || !*r->doc ||
        proto_decode(&vnfr_type, r->doc, strlen(r->doc), 0, a, &v, NULL) != ERR_OK)
        return NULL;
    return v;
}

enum err_code
store_expected_addresses(struct db *db, struct db_array *vnfrs, struct db_array *instances,
                         void (*report)(void *arg, int64_t index, const char *addresses), void *arg,
                         struct err *err)
{
    struct sim *s = db->s;
    if (!drift_is_there(db))
        return drift_refuse(err);
    for (int i = 0; i < instances->n; i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        const struct vnfr *v = drift_record_of(s, drift_text_at(s, vnfrs, i), &a);
        const struct vnfc_instance *e = v ? instance_in(v, drift_text_at(s, instances, i)) : NULL;
        for (uint32_t k = 0; e && k < e->ips.n; k++)
            if (e->ips.at[k]->ip && *e->ips.at[k]->ip)
                sbuf_addf(&text, "%s%s=%s", text.len ? " " : "",
                          text_or_empty(e->ips.at[k]->net_name), e->ips.at[k]->ip);
        if (e)
            report(arg, i, text.s);
    }
    return ERR_OK;
}

static bool has_network(const struct vim_instance *pop, const char *id)
{
    for (uint32_t i = 0; i < pop->networks.n; i++)
        if (text_equal(pop->networks.at[i]->ext_id, id))
            return true;
    return false;
}

static bool looks_for_its_own(const struct row *r, const char *pop)
{
    return r->kind == ROW_NSR && r->phase == NSR_ACTIVE && strstr(r->key[NSR_POPS], pop);
}

/* Ids in the order of the listing: a digest that changes too often costs a comparison. */
static const char *digest_of(const struct sim *s, const struct vim_instance *pop, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_adds(&text, "#");
    for (uint32_t i = 0; i < pop->networks.n; i++)
        sbuf_addf(&text, "%s,", text_or_empty(pop->networks.at[i]->ext_id));
    for (size_t i = 0; i < s->store->n_rows; i++)
        if (looks_for_its_own(s->store->rows[i], pop->id))
            sbuf_addf(&text, "/%s", s->store->rows[i]->id);
    return arena_strdup(a, text.s);
}

static bool has_net_drift(const struct rec *rec, const char *pop)
{
    for (size_t i = 0; i < rec->drift.n; i++)
        if (strcmp(rec->drift.at[i].pop, pop) == 0 &&
            strncmp(rec->drift.at[i].subject, "net:", 4) == 0)
            return true;
    return false;
}

static void links_of(struct sim *s, const struct row *row, const struct vim_instance *pop,
                     struct arena *a, struct store_network **ret, size_t *ret_n)
{
    struct nsr *nsr = NULL;
    if (proto_decode(&nsr_type, row->doc, strlen(row->doc), 0, a, &nsr, NULL) != ERR_OK)
        return;
    for (uint32_t i = 0; i < nsr->vlr.n; i++) {
        const struct vlr *l = nsr->vlr.at[i];
        if (!text_equal(l->vim_id, pop->id) || !*text_or_empty(l->ext_id))
            continue;
        const struct rec_drift *d = rec_drift_of(s, arena_printf(a, "net:%s", l->id));
        *ret = arena_grow_array(a, *ret, *ret_n, sizeof(**ret));
        (*ret)[(*ret_n)++] = (struct store_network){.id = l->id,
                                                    .name = text_or_empty(l->name),
                                                    .ext_id = l->ext_id,
                                                    .nsr = arena_strdup(a, row->id),
                                                    .kind = d ? d->kind : "",
                                                    .believed = d ? d->believed : "",
                                                    .weight = d ? d->weight : 0,
                                                    .is_listed = has_network(pop, l->ext_id)};
    }
}

enum err_code store_networks_read(struct db *db, const char *pop_id, const char *digest,
                                  struct arena *a, struct store_network **ret, size_t *ret_n,
                                  const char **ret_digest, struct err *err)
{
    struct sim *s = db->s;
    struct vim_instance *pop = NULL;
    struct pop_state *st = NULL;
    *ret = NULL;
    *ret_n = 0;
    *ret_digest = digest;
    if (!drift_is_there(db))
        return drift_refuse(err);
    const struct row *r = store_row(s, ROW_POP, pop_id);
    if (!r ||
        proto_decode(&vim_instance_type, r->doc, strlen(r->doc), 0, a, &pop, NULL) != ERR_OK ||
        proto_decode(&pop_state_type, r->state, strlen(r->state), 0, a, &st, NULL) != ERR_OK ||
        st->refreshed_at <= atoll(digest))
        return ERR_OK;
    const char *nets = digest_of(s, pop, a);
    *ret_digest = arena_printf(a, "%lld:%s", (long long)st->refreshed_at, nets);
    if (strchr(digest, ':') && strcmp(nets, strchr(digest, ':') + 1) == 0 &&
        !has_net_drift(drift_rec(db), pop_id))
        return ERR_OK;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *n = s->store->rows[i];
        if (looks_for_its_own(n, pop_id))
            links_of(s, n, pop, a, ret, ret_n);
    }
    return ERR_OK;
}
