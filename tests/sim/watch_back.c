/* What an operation leaves behind: rolled back, the service is what it was; done, its VNFMs did it.
 * Compared here, out of the records, not by the digest that the operation keeps of itself. */
#include "tests/sim/watch_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/operation/document.h"
#include "tests/sim/cloud.h"

#include <stdlib.h>
#include <string.h>

/* Of an operation that began and has not ended. */
struct snapshot {
    struct snapshot *next;
    const char *operation, *nsr;
    const char *all, *own; /* own: without targets, which are told, and started, again */
    bool is_alone; /* nothing of another operation of the service began or ended beside it */
};
/* A VNFR's row as it was before this transaction. */
struct old_row {
    struct old_row *next;
    const struct row *row;
};

/* --- what it was ------------------------------------------------------------------------------- */

void watch_old(struct sim *s, const struct row *before)
{
    struct old_row *o = arena_alloc(&s->arena, sizeof(*o));
    struct row *copy = arena_alloc(&s->arena, sizeof(*copy));
    *copy = *before;
    copy->doc = arena_strdup(&s->arena, before->doc);
    copy->state = arena_strdup(&s->arena, before->state);
    *o = (struct old_row){s->watch->olds, copy};
    s->watch->olds = o;
}

static const struct row *as_it_was(const struct sim *s, const struct row *now)
{
    for (const struct old_row *o = s->watch->olds; o; o = o->next)
        if (strcmp(o->row->id, now->id) == 0)
            return o->row;
    return now;
}

static int by_id(const void *a, const void *b)
{
    const struct vnfc_instance *const *x = a, *const *y = b;
    return strcmp((*x)->id ? (*x)->id : "", (*y)->id ? (*y)->id : "");
}

static void describe_vdu(struct sbuf *out, const struct vdu *vdu)
{
    struct vnfc_instance_list all = vdu->vnfc_instance;
    if (all.n)
        qsort(all.at, all.n, sizeof(void *), by_id);
    sbuf_addf(out, " %u components", vdu->vnfc.n);
    for (uint32_t i = 0; i < all.n; i++) {
        const struct vnfc_instance *x = all.at[i];
        sbuf_addf(out, " %.8s %s %s", x->id ? x->id : "-", x->hostname ? x->hostname : "-",
                  x->state ? x->state : "-");
        for (uint32_t k = 0; k < x->ips.n; k++)
            sbuf_addf(out, " %s", x->ips.at[k]->ip ? x->ips.at[k]->ip : "-");
    }
}

static void describe(struct sbuf *out, const struct row *r)
{
    const struct vnfr *v = watch_record(r);
    struct vnfr_state *st = NULL;
    if (!v || proto_decode(&vnfr_state_type, r->state, strlen(r->state), 0, &watch_scratch, &st,
                           NULL) != ERR_OK)
        return;
    sbuf_addf(out, "%s %s:", r->key[VNFR_NAME], st->stable ? st->stable : "ACTIVE");
    for (uint32_t u = 0; u < v->vdu.n; u++)
        describe_vdu(out, v->vdu.at[u]);
    sbuf_adds(out, " configurations");
    const struct configuration *c = v->configurations; /* a VNFM's answer may have brought ids */
    for (uint32_t i = 0; c && i < c->parameters.n; i++)
        sbuf_addf(out, " %s=%s", c->parameters.at[i]->conf_key, c->parameters.at[i]->value);
    sbuf_adds(out, "\n");
}

/* Given. Of the VNFRs that it holds alone; NULL: one of them is not ACTIVE, so it is none of ours. */
static bool is_told(const struct operation *op, const char *vnfr)
{
    for (uint32_t i = 0; i < op->n_steps; i++)
        if ((op->steps[i].kind == STEP_MODIFY || op->steps[i].kind == STEP_SCALE_IN) &&
            strcmp(op->steps[i].vnfr, vnfr) == 0)
            return true;
    return false;
}

static const char *describe_all(struct sim *s, const struct operation *op, bool before,
                                bool own_only)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    bool is_whole = operation_kinds[op->kind].claims.nsr == CLAIM_X;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind != ROW_VNFR || strcmp(r->agg, op->nsr) != 0 ||
            (!is_whole && (!op->vnfr || strcmp(op->vnfr, r->id) != 0)))
            continue;
        r = before ? as_it_was(s, r) : r;
        if (before && is_whole && op->vnfr && strcmp(op->vnfr, r->id) == 0 &&
            op->kind == OPERATION_ADD_VNF)
            continue;
        if (own_only && is_told(op, r->id))
            continue;
        if (r->phase != VNFR_ACTIVE)
            return NULL;
        describe(&out, r);
    }
    return out.len ? arena_strndup(&s->arena, out.s, out.len) : NULL;
}

/* One that begins where another ended has no moment before it. */
static void begins(struct sim *s)
{
    const struct named *one = s->watch->begun;
    const struct row *r =
        one && !s->watch->moved->next ? store_row(s, ROW_OPERATION, one->name) : NULL;
    const struct operation *op = r ? watch_read(s, r) : NULL;
    if (op && operation_kinds[op->kind].scope == SCOPE_INSTANCE)
        return; /* what the VNF is, as its instances are, is no part of it */
    if (!op || operation_kinds[op->kind].rollback == ROLLBACK_NEVER)
        return;
    struct snapshot *x = arena_alloc(&s->arena, sizeof(*x));
    *x = (struct snapshot){.next = s->watch->snapshots,
                           .operation = arena_strdup(&s->arena, op->id),
                           .nsr = arena_strdup(&s->arena, op->nsr),
                           .all = describe_all(s, op, true, false),
                           .own = describe_all(s, op, true, true),
                           .is_alone = true};
    s->watch->snapshots = x;
}

void watch_moves(struct sim *s, const struct operation *op)
{
    watch_add_name(s, &s->watch->moved, op->id);
    for (struct snapshot *x = s->watch->snapshots; x; x = x->next)
        if (strcmp(x->nsr, op->nsr) == 0 && strcmp(x->operation, op->id) != 0)
            x->is_alone = false;
}

/* Of the others some things cannot be brought back (operations.md 3.2): then they must say in what it
 * differs. */
static bool leaves_nothing(enum operation_kind kind)
{
    return kind == OPERATION_SCALE_OUT || kind == OPERATION_SCALE_IN || kind == OPERATION_SWITCH ||
           kind == OPERATION_ADD_VNF || kind == OPERATION_REMOVE_VNF;
}

static void violate(struct sim *s, const struct operation *op, const char *was, const char *is)
{
    sim_violate(s, "%s %.8s is rolled back; it was '%.180s', and is '%.180s'",
                operation_kind_word(op->kind), op->id, was, is);
}

static void check_as_it_was(struct sim *s, const struct operation *op)
{
    const struct snapshot *x = s->watch->snapshots;
    while (x && strcmp(x->operation, op->id) != 0)
        x = x->next;
    if (!x || !x->is_alone)
        return;
    const char *own = describe_all(s, op, false, true);
    const char *all = s->watch->difference ? NULL : describe_all(s, op, false, false);
    if (leaves_nothing(op->kind) && own && x->own && strcmp(own, x->own) != 0)
        violate(s, op, x->own, own);
    if (all && x->all && strcmp(all, x->all) != 0)
        violate(s, op, x->all, all);
}

/* --- what was done ----------------------------------------------------------------------------- */

static bool names(const struct named *commands, const char *text)
{
    for (; commands; commands = commands->next)
        if (strstr(text, commands->name))
            return true;
    return false;
}

static bool has_run(const struct sim *s, const struct seen_step *x, enum action action)
{
    for (int i = 0; i < s->cloud->n_vnfms; i++)
        for (size_t k = 0; k < s->cloud->vnfms[i].n_effects; k++) {
            const struct effect *e = &s->cloud->vnfms[i].effects[k];
            if (e->action == action &&
                (names(x->commands, e->command) || names(x->commands, e->root)))
                return true;
        }
    return false;
}

/* What must be answered is DONE only when its VNFM did it. */
static void check_done(struct sim *s, const struct operation *op)
{
    for (uint32_t i = 0; i < op->n_steps; i++) {
        const struct plan_step *x = &op->steps[i];
        const struct step_kind_row *row = &step_kinds[x->kind];
        struct seen_step *seen = watch_step_of(s, op->id, x->n);
        if (!seen->is_newly_done || row->peer != PEER_VNFM || row->answers != ANSWERS_REQUIRED ||
            x->kind == STEP_INSTANTIATE || x->kind == STEP_REINSTANTIATE)
            continue;
        seen->is_newly_done = false;
        if (!has_run(s, seen, row->action))
            watch_step_violates(s, op, x, "is DONE, and its VNFM never did it");
    }
}

void watch_ends(struct sim *s)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        const struct operation *op =
            r->kind == ROW_OPERATION && watch_has(s->watch->moved, r->id) ? watch_read(s, r) : NULL;
        if (op && op->kind != OPERATION_RESUME && op->kind != OPERATION_DEPLOY) /* by machines */
            check_done(s, op);
        if (op && op->state == OPERATION_STATE_ROLLED_BACK)
            check_as_it_was(s, op);
    }
    begins(s);
}
