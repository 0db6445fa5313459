#include "nfvo/lifecycle/model.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/notify.h"
#include "nfvo/lifecycle/operation/document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct lifecycle_settings *settings_of(const struct decision *d)
{
    return d->settings;
}

/* A stored document. NULL: it cannot be read, and the decision is refused. An empty text is an
 * empty record: there is no document yet. */
static void *decode_own(struct decision *d, const struct row *row, const struct proto_type *type,
                        const char *text)
{
    struct err err = ERR_INIT;
    void *rec = NULL;
    if (!*text)
        return proto_new(type, d->arena);
    if (proto_decode(type, text, strlen(text), 0, d->arena, &rec, &err) == ERR_OK)
        return rec;
    decision_unreadable(d, row, &err);
    return NULL;
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

static void drop_row(struct row *r)
{
    r->mark = r->mark == ROW_NEW ? ROW_CLEAN : ROW_GONE;
}

void model_drop_instances_of(struct vnfr_member *v)
{
    struct nsr_model *m = v->m;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (strcmp(m->instances[i].row->key[INSTANCE_VNFR], v->row->id) == 0)
            drop_row(m->instances[i].row);
        else
            m->instances[kept++] = m->instances[i];
    m->n_instances = kept;
}

void model_drop_vnfr(struct vnfr_member *v)
{
    struct decision *d = v->m->d;
    uint32_t kept = 0;
    model_drop_instances_of(v);
    for (uint32_t i = 0; i < d->commands.n; i++)
        if (command_is_about(d->commands.at[i], v->row->id))
            decision_close(d->commands.at[i]);
    for (uint32_t i = 0; i < d->lines.n; i++) /* their record is gone */
        if (strcmp(d->lines.at[i]->subject, v->row->id) != 0)
            d->lines.at[kept++] = d->lines.at[i];
    d->lines.n = kept;
    v->row->phase = VNFR_GONE;
    drop_row(v->row);
    v->is_changed = false;
    v->is_dropped = true;
}

void model_forget_dropped(struct nsr_model *m)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->n_vnfrs; i++)
        if (!m->vnfrs[i].is_dropped)
            m->vnfrs[kept++] = m->vnfrs[i];
    m->n_vnfrs = kept;
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
            model_add_vnfr(m, r, decode_own(d, r, &vnfr_state_type, r->state));
        else if (r->kind == ROW_INSTANCE)
            model_add_instance(m, r, decode_own(d, r, &instance_state_type, r->state));
    }
    m->st = decode_own(d, d->root, &nsr_state_type, d->root->state);
    return m;
}

struct nsr *model_nsr(struct nsr_model *m)
{
    if (!m->nsr)
        m->nsr = decode_own(m->d, m->d->root, &nsr_type, m->d->root->doc);
    return m->nsr;
}

void model_add_line(struct vnfr_member *v, const struct history_event *h, const char *key)
{
    struct decision *d = v->m->d;
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    proto_encode(&history_event_type, h, PROTO_COMPLETE, &doc);
    struct record_line *l = arena_alloc(d->arena, sizeof(*l));
    *l = (struct record_line){.subject = v->row->id,
                              .n = v->st->history_lines++,
                              .key = key,
                              .doc = arena_strndup(d->arena, doc.s, doc.len)};
    proto_list_add(&d->lines, l, d->arena);
    member_changed(v);
}

/* What a process before these rows wrote into the document. */
static void move_history(struct vnfr_member *v)
{
    const struct history_event_list *old = &v->vnfr->lifecycle_event_history;
    for (uint32_t i = 0; i < old->n; i++)
        model_add_line(v, old->at[i], "");
    v->vnfr->lifecycle_event_history = (struct history_event_list){0};
}

struct vnfr *member_vnfr(struct vnfr_member *v)
{
    if (!v->vnfr && *v->row->doc) {
        v->vnfr = decode_own(v->m->d, v->row, &vnfr_type, v->row->doc);
        if (v->vnfr && v->vnfr->lifecycle_event_history.n)
            move_history(v);
    }
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
    p->pop = decode_own(d, d->root, &vim_instance_type, d->root->doc);
    p->st = decode_own(d, d->root, &pop_state_type, d->root->state);
    d->model = p;
    return p;
}

void pop_changed(struct pop_model *p)
{
    p->is_changed = true;
    row_touch(p->d->root);
}

/* --- operations ------------------------------------------------------------------------------- */

static struct operation *read_operation(struct nsr_model *m, struct row *r)
{
    struct decision *d = m->d;
    struct operation *op = arena_alloc(d->arena, sizeof(*op));
    struct err err = ERR_INIT;
    int kind = operation_kind_parse(r->key[OPERATION_KIND]);
    *op = (struct operation){.id = r->id,
                             .kind = kind,
                             .state = r->phase,
                             .nsr = d->root->id,
                             .origin = r->key[OPERATION_ORIGIN],
                             .asked_by = r->key[OPERATION_ASKED_BY],
                             .asked_at = atoll(r->key[OPERATION_ASKED_AT]),
                             .state_at = atoll(r->key[OPERATION_STATE_AT]),
                             .ended_at = atoll(r->key[OPERATION_ENDED_AT])};
    op->vnfr = *r->key[OPERATION_VNFR] ? r->key[OPERATION_VNFR] : NULL;
    op->instance = *r->key[OPERATION_INSTANCE] ? r->key[OPERATION_INSTANCE] : NULL;
    if (kind < 0)
        err_set(&err, ERR_INVALID, "no kind of operation '%s'", r->key[OPERATION_KIND]);
    if (kind < 0 || operation_read(r->doc, strlen(r->doc), op, d->arena, &err) != ERR_OK)
        decision_unreadable(d, r, &err);
    r->decoded = op;
    return op;
}

static struct operation *operation_of(struct nsr_model *m, struct row *r)
{
    return r->decoded ? r->decoded : read_operation(m, r);
}

/* Of a service that is being deployed it is not read: that is in every decision. */
static bool is_by_phases(struct nsr_model *m, struct row *r)
{
    int kind = operation_kind_parse(r->key[OPERATION_KIND]);
    if (kind != OPERATION_DEPLOY || m->d->root->phase == NSR_DEPLOYING)
        return kind == OPERATION_DEPLOY || kind == OPERATION_RELEASE;
    return operation_is_by_phases(operation_of(m, r));
}

struct row *model_phases_row(struct nsr_model *m, const char *kind)
{
    for (uint32_t i = 0; i < m->d->rows.n; i++) {
        struct row *r = m->d->rows.at[i];
        const struct operation *op = r->kind == ROW_OPERATION ? r->decoded : NULL;
        bool is_over = op ? operation_is_final(op) : r->phase >= OPERATION_STATE_COMPLETED;
        if (r->kind == ROW_OPERATION && !is_over && strcmp(r->key[OPERATION_KIND], kind) == 0 &&
            is_by_phases(m, r))
            return r;
    }
    return NULL;
}

struct operation *model_phases_operation(struct nsr_model *m, const char *kind)
{
    struct row *r = model_phases_row(m, kind);
    struct operation *op = r ? operation_of(m, r) : NULL;
    return m->d->unreadable ? NULL : op;
}

static int by_age(const void *a, const void *b)
{
    const struct operation *x = *(struct operation *const *)a, *y = *(struct operation *const *)b;
    return x->asked_at != y->asked_at ? (x->asked_at > y->asked_at) - (x->asked_at < y->asked_at)
                                      : strcmp(x->id, y->id);
}

static void sort(struct operations *all)
{
    if (all->n)
        qsort(all->at, all->n, sizeof(*all->at), by_age);
}

void model_run_operation(struct nsr_model *m, struct operation *op)
{
    op->is_run = true;
    proto_list_add(m->operations, op, m->d->arena);
    sort(m->operations);
}

struct operations *model_operations(struct nsr_model *m)
{
    struct decision *d = m->d;
    if (!m->operations) {
        m->operations = arena_alloc(d->arena, sizeof(*m->operations));
        for (uint32_t i = 0; i < d->rows.n; i++)
            if (d->rows.at[i]->kind == ROW_OPERATION && !is_by_phases(m, d->rows.at[i]))
                proto_list_add(m->operations, operation_of(m, d->rows.at[i]), d->arena);
        sort(m->operations);
    }
    uint32_t kept = 0; /* what ended in this batch, or is the phases' now, is none any more */
    for (uint32_t i = 0; i < m->operations->n && !d->unreadable; i++)
        if (!operation_is_final(m->operations->at[i]) &&
            !operation_is_by_phases(m->operations->at[i]))
            m->operations->at[kept++] = m->operations->at[i];
    m->operations->n = d->unreadable ? 0 : kept;
    return d->unreadable ? NULL : m->operations;
}

void model_add_operation(struct nsr_model *m, struct operation *op, const char *request)
{
    struct decision *d = m->d;
    struct row *r = decision_add_row(d, ROW_OPERATION, op->id, op->state);
    r->key[OPERATION_PROJECT] = d->root->key[NSR_PROJECT];
    r->key[OPERATION_NSR_NAME] = d->root->key[NSR_NAME];
    r->key[OPERATION_KIND] = operation_kind_word(op->kind);
    r->key[OPERATION_VNFR] = op->vnfr ? op->vnfr : "";
    r->key[OPERATION_INSTANCE] = op->instance ? op->instance : "";
    r->key[OPERATION_ORIGIN] = op->origin;
    r->key[OPERATION_ASKED_BY] = op->asked_by;
    r->key[OPERATION_ASKED_AT] = arena_printf(d->arena, "%" PRId64, op->asked_at);
    r->state = request ? request : "";
    r->decoded = op;
    if (!operation_is_by_phases(op))
        proto_list_add(m->operations, op, d->arena);
}

static void flush_operations(struct decision *d)
{
    for (uint32_t i = 0; i < d->rows.n; i++) {
        struct row *r = d->rows.at[i];
        const struct operation *op = r->kind == ROW_OPERATION ? r->decoded : NULL;
        AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
        if (!op)
            continue;
        operation_write(op, d->arena, &doc);
        if (r->mark == ROW_CLEAN && r->phase == op->state && strcmp(doc.s, r->doc) == 0)
            continue;
        r->phase = op->state;
        r->doc = arena_strndup(d->arena, doc.s, doc.len);
        r->key[OPERATION_STATE_AT] = arena_printf(d->arena, "%" PRId64, op->state_at);
        r->key[OPERATION_ENDED_AT] = arena_printf(d->arena, "%" PRId64, op->ended_at);
        row_touch(r);
    }
}

static void flush_nsr(struct decision *d, struct nsr_model *m)
{
    if (m->is_changed) {
        struct nsr *nsr = model_nsr(m);
        nsr->hb_version++;
        nsr->updated_at = timestamp_at(d->arena, d->now);
        nsr->vnfr = (struct vnfr_list){0}; /* stored apart */
        d->root->doc =
            encode_own(d, &nsr_type, nsr, PROTO_COMPLETE | PROTO_ENTITY_OUTER | PROTO_NO_SECRETS);
        d->root->state = encode_own(d, &nsr_state_type, m->st, 0);
        m->is_changed = false;
    }
    for (uint32_t i = 0; i < m->n_vnfrs; i++) {
        struct vnfr_member *v = &m->vnfrs[i];
        if (!v->is_changed || v->row->mark == ROW_GONE)
            continue;
        struct vnfr *vnfr = v->vnfr; /* else its document has not changed */
        if (vnfr) {
            vnfr->hb_version++;
            vnfr->updated_at = timestamp_at(d->arena, d->now);
            v->row->doc =
                encode_own(d, &vnfr_type, vnfr, PROTO_COMPLETE | PROTO_STORED | PROTO_ENTITY_OUTER);
        }
        if (d->root->phase == NSR_ACTIVE) /* its deployment's document has them */
            v->st->deployed = (struct step_times_list){0};
        v->row->state = encode_own(d, &vnfr_state_type, v->st, 0);
        v->is_changed = false;
    }
    for (uint32_t i = 0; i < m->n_instances; i++)
        if (m->instances[i].row->mark == ROW_NEW || m->instances[i].row->mark == ROW_CHANGED)
            m->instances[i].row->state = encode_own(d, &instance_state_type, m->instances[i].st, 0);
    flush_operations(d);
}

struct command *command_open(struct decision *d, int kind, const char *subject, const char *data)
{
    return decision_open(d, kind, subject, command_time(settings_of(d), kind), data);
}

bool command_is_about(const struct command *c, const char *id)
{
    size_t n = strlen(id);
    return strncmp(c->subject, id, n) == 0 && (c->subject[n] == '\0' || c->subject[n] == '/');
}

void command_change(struct command *c, int64_t due_at, const char *data)
{
    c->due_at = due_at;
    c->data = data;
    if (c->mark == ROW_CLEAN)
        c->mark = ROW_CHANGED;
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
        d->root->doc = encode_own(d, &vim_instance_type, p->pop, PROTO_REST | PROTO_NO_SECRETS);
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
            k->pop = decode_own(d, r, &vim_instance_type, r->doc);
            k->st = decode_own(d, r, &pop_state_type, r->state);
            r->decoded = k;
        }
        struct known_pop *k = r->decoded;
        *ret_st = k->st;
        return k->st ? k->pop : NULL;
    }
    return NULL;
}

struct image *fact_image(struct decision *d, const struct vdu *vdu)
{
    for (uint32_t w = 0; w < vdu->vm_image.n; w++)
        for (uint32_t i = 0; i < d->facts.n; i++) {
            struct row *r = d->facts.at[i];
            if (r->kind != ROW_IMAGE || strcmp(r->key[IMAGE_NAME], vdu->vm_image.at[w]) != 0 ||
                (d->root && strcmp(r->key[IMAGE_PROJECT], d->root->key[NSR_PROJECT]) != 0))
                continue;
            if (!r->decoded)
                r->decoded = decode_own(d, r, &image_type, r->doc);
            return r->decoded;
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

const struct deployment_flavour *pop_flavour(const struct vim_instance *pop, const char *key)
{
    for (uint32_t i = 0; i < pop->flavours.n; i++)
        if (pop->flavours.at[i]->flavour_key && strcmp(pop->flavours.at[i]->flavour_key, key) == 0)
            return pop->flavours.at[i];
    return NULL;
}

/* The figures are the driver's. */
static int64_t sane(int64_t figure)
{
    return figure > 0 && figure <= INT32_MAX ? figure : 0;
}

void pop_use_add(struct pop_use *use, int64_t n, const struct deployment_flavour *flavour)
{
    use->instances += n;
    use->cores += flavour ? n * sane(flavour->vcpus) : 0;
    use->ram += flavour ? n * sane(flavour->ram) : 0;
}

const char *vnfr_flavour_key(const struct vnfr *vnfr, const struct vdu *vdu)
{
    return vdu->computation_requirement ? vdu->computation_requirement
                                        : vnfr->deployment_flavour_key;
}

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* One that is there before one that is missed, of those the one last seen; then by name, so that
 * any order of rows gives the same choice. */
static bool is_better(const struct row *a, const struct row *b)
{
    const char *since_a = a->key[DRIVER_ABSENT], *since_b = b->key[DRIVER_ABSENT];
    if (!*since_a != !*since_b)
        return !*since_a;
    int later = strcmp(since_a, since_b); /* as many digits, for the next 300 years */
    return later ? later > 0 : strcmp(a->id, b->id) < 0;
}

const char *fact_driver(struct decision *d, const char *pop_type, struct known_driver *ret)
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
        if (!best || is_better(r, best))
            best = r;
    }
    *ret = (struct known_driver){0};
    if (!best)
        return NULL;
    *ret = (struct known_driver){.queue = best->id,
                                 .room = best->key[DRIVER_ROOM],
                                 .has_client_token =
                                     has_word(best->key[DRIVER_CAPABILITIES], "client_token"),
                                 .absent_since = atoll(best->key[DRIVER_ABSENT])};
    return best->id;
}

const char *driver_named(struct decision *d, const char *pop_type)
{
    struct known_driver k;
    if (!fact_driver(d, pop_type, &k))
        return arena_printf(d->arena, "the driver for type '%s' (none is registered)", pop_type);
    if (!k.absent_since)
        return arena_printf(d->arena, "driver '%s'", k.queue);
    return arena_printf(d->arena, "driver '%s' (not seen since %s)", k.queue,
                        timestamp_at(d->arena, k.absent_since));
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
