#include "nfvo/lifecycle/model.h"

#include "common/base/sbuf.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const struct lifecycle_settings *settings_of(const struct decision *d)
{
    return d->settings;
}

/* Our own documents: written by us, so an unreadable one is a fault of ours; an empty record keeps
 * the rest of the engine alive. */
static void *decode_own(struct decision *d, const struct proto_type *type, const char *text)
{
    void *rec = NULL;
    if (!*text || proto_decode(type, text, strlen(text), 0, d->arena, &rec, NULL) != ERR_OK)
        rec = proto_new(type, d->arena);
    return rec;
}

static const char *encode_own(struct decision *d, const struct proto_type *type, const void *rec,
                              unsigned flags)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(type, rec, flags, &text);
    return arena_strndup(d->arena, text.s, text.len);
}

void model_add_vnfr(struct nsr_model *m, struct row *row, struct vnfr_state *st)
{
    m->vnfrs = arena_grow_array(m->d->arena, m->vnfrs, m->n_vnfrs, sizeof(m->vnfrs[0]));
    m->vnfrs[m->n_vnfrs++] = (struct vnfr_member){.m = m, .row = row, .st = st};
}

void model_add_instance(struct nsr_model *m, struct row *row, struct instance_state *st)
{
    m->instances =
        arena_grow_array(m->d->arena, m->instances, m->n_instances, sizeof(m->instances[0]));
    m->instances[m->n_instances++] = (struct instance_member){.row = row, .st = st};
}

struct nsr_model *nsr_model_of(struct decision *d)
{
    if (!d->root)
        return NULL;
    if (d->model)
        return d->model;
    struct nsr_model *m = arena_alloc(d->arena, sizeof(*m));
    m->d = d;
    d->model = m;
    for (uint32_t i = 0; i < d->rows.n; i++) {
        struct row *r = d->rows.at[i];
        if (r->kind == ROW_VNFR)
            model_add_vnfr(m, r, decode_own(d, &vnfr_state_type, r->state));
        else if (r->kind == ROW_INSTANCE)
            model_add_instance(m, r, decode_own(d, &instance_state_type, r->state));
    }
    m->st = decode_own(d, &nsr_state_type, d->root->state);
    return m;
}

struct nsr *model_nsr(struct nsr_model *m)
{
    if (!m->nsr)
        m->nsr = decode_own(m->d, &nsr_type, m->d->root->doc);
    return m->nsr;
}

struct vnfr *member_vnfr(struct vnfr_member *v)
{
    if (!v->vnfr && *v->row->doc)
        v->vnfr = decode_own(v->m->d, &vnfr_type, v->row->doc);
    return v->vnfr;
}

struct vnfr_member *model_vnfr_by_id(struct nsr_model *m, const char *id)
{
    for (uint32_t i = 0; id && i < m->n_vnfrs; i++)
        if (strcmp(m->vnfrs[i].row->id, id) == 0)
            return &m->vnfrs[i];
    return NULL;
}

struct vnfr_member *model_vnfr_by_name(struct nsr_model *m, const char *name)
{
    for (uint32_t i = 0; name && i < m->n_vnfrs; i++)
        if (strcmp(m->vnfrs[i].row->key[VNFR_NAME], name) == 0)
            return &m->vnfrs[i];
    return NULL;
}

struct instance_member *model_instance_by_id(struct nsr_model *m, const char *id)
{
    for (uint32_t i = 0; id && i < m->n_instances; i++)
        if (strcmp(m->instances[i].row->id, id) == 0)
            return &m->instances[i];
    return NULL;
}

void member_changed(struct vnfr_member *v)
{
    v->is_changed = true;
    row_touch(v->row);
}

void model_changed(struct nsr_model *m)
{
    m->is_changed = true;
    row_touch(m->d->root);
}

struct pop_model *pop_model_of(struct decision *d)
{
    if (!d->root)
        return NULL;
    if (d->model)
        return d->model;
    struct pop_model *p = arena_alloc(d->arena, sizeof(*p));
    p->d = d;
    p->pop = decode_own(d, &vim_instance_type, d->root->doc);
    p->st = decode_own(d, &pop_state_type, d->root->state);
    d->model = p;
    return p;
}

void pop_changed(struct pop_model *p)
{
    p->is_changed = true;
    row_touch(p->d->root);
}

static void flush_nsr(struct decision *d, struct nsr_model *m)
{
    if (m->is_changed) {
        struct nsr *nsr = model_nsr(m);
        nsr->hb_version++;
        nsr->updated_at = timestamp_at(d->arena, d->now);
        nsr->vnfr = (struct vnfr_list){0}; /* stored apart */
        d->root->doc = encode_own(d, &nsr_type, nsr, PROTO_COMPLETE | PROTO_NO_SECRETS);
        d->root->state = encode_own(d, &nsr_state_type, m->st, 0);
        m->is_changed = false;
    }
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        struct vnfr_member *v = &m->vnfrs[i];
        if (!v->is_changed || v->row->mark == ROW_GONE)
            continue;
        struct vnfr *vnfr = member_vnfr(v);
        if (vnfr) {
            vnfr->hb_version++;
            vnfr->updated_at = timestamp_at(d->arena, d->now);
            v->row->doc = encode_own(d, &vnfr_type, vnfr, PROTO_COMPLETE);
        }
        v->row->state = encode_own(d, &vnfr_state_type, v->st, 0);
        v->is_changed = false;
    }
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (m->instances[i].row->mark == ROW_NEW || m->instances[i].row->mark == ROW_CHANGED)
            m->instances[i].row->state = encode_own(d, &instance_state_type, m->instances[i].st, 0);
}

void model_flush(struct decision *d)
{
    if (!d->root || !d->model)
        return;
    if (d->root->kind == ROW_NSR) {
        flush_nsr(d, d->model);
    } else {
        struct pop_model *p = d->model;
        if (!p->is_changed)
            return;
        p->pop->hb_version++;
        d->root->doc = encode_own(d, &vim_instance_type, p->pop, PROTO_COMPLETE | PROTO_NO_SECRETS);
        d->root->state = encode_own(d, &pop_state_type, p->st, 0);
        p->is_changed = false;
    }
}

struct known_pop {
    struct vim_instance *pop;
    struct pop_state *st;
};

struct vim_instance *fact_pop(struct decision *d, const char *id, struct pop_state **ret_st)
{
    for (uint32_t i = 0; i < d->facts.n; i++) {
        struct row *r = d->facts.at[i];
        if (r->kind != ROW_POP || strcmp(r->id, id) != 0)
            continue;
        if (!r->decoded) {
            struct known_pop *k = arena_alloc(d->arena, sizeof(*k));
            k->pop = decode_own(d, &vim_instance_type, r->doc);
            k->st = decode_own(d, &pop_state_type, r->state);
            r->decoded = k;
        }
        struct known_pop *k = r->decoded;
        *ret_st = k->st;
        return k->pop;
    }
    return NULL;
}

struct network *pop_network(const struct vim_instance *pop, const struct pop_state *st,
                            const char *name)
{
    const char *made = proto_strmap_get(&st->made, name);
    for (uint32_t i = 0; i < pop->networks.n; i++) {
        struct network *n = pop->networks.at[i];
        if ((n->name && strcmp(n->name, name) == 0) ||
            (n->ext_id && (strcmp(n->ext_id, name) == 0 || (made && strcmp(n->ext_id, made) == 0))))
            return n;
    }
    return NULL;
}

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

const char *fact_driver(struct decision *d, const char *pop_type, bool *ret_client_token)
{
    char exact[160], prefix[160];
    bool pinned = strchr(pop_type, '.') != NULL;
    snprintf(exact, sizeof(exact), "vim-drivers.%s", pop_type);
    snprintf(prefix, sizeof(prefix), "vim-drivers.%s%s", pop_type, pinned ? "" : ".");
    const struct row *best = NULL;
    for (uint32_t i = 0; i < d->facts.n; i++) {
        const struct row *r = d->facts.at[i];
        if (r->kind != ROW_DRIVER || strncmp(r->id, prefix, strlen(prefix)) != 0)
            continue;
        if (strcmp(r->id, exact) == 0) {
            best = r;
            break;
        }
        if (!best || strcmp(r->id, best->id) < 0) /* any order of rows gives the same choice */
            best = r;
    }
    if (!best)
        return NULL;
    *ret_client_token = has_word(best->key[DRIVER_CAPABILITIES], "client_token");
    return best->id;
}

static void broken_down(int64_t us, struct tm *tm)
{
    time_t t = (time_t)(us / USEC_PER_SEC);
    gmtime_r(&t, tm);
}

char *timestamp_at(struct arena *a, int64_t us)
{
    struct tm tm;
    broken_down(us, &tm);
    return arena_printf(a, "%04d.%02d.%02d at %02d:%02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1,
                        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

char *timestamp_executed(struct arena *a, int64_t us)
{
    struct tm tm;
    broken_down(us, &tm);
    return arena_printf(a, "%04d.%02d.%02d-%02d:%02d:%02d:%03d-UTC", tm.tm_year + 1900,
                        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                        (int)(us / 1000 % 1000));
}
