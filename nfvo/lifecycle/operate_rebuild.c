/* REBUILD: a driver makes a server anew, with its name and addresses, and another disk. What it
 * answers is a hint; the PoP's list decides: ACTIVE in two of them. The answer may come before the
 * host reboots, and what is sent at once would reach the agent of the old system (operations.md
 * 3.5).
 *
 * How far it is stands in the instance's row; the command is open until it is over, and bounds it. */
#include "nfvo/lifecycle/operate_private.h"

#include "nfvo/lifecycle/instance.h"
#include "nfvo/lifecycle/notify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REBUILD_LIST  "list"  /* answered: the list decides */
#define REBUILD_DOUBT "doubt" /* not answered: the list may tell, by the image */
#define SEEN_TO_BE_UP 2
#define MISSES_MAX    5 /* as of a server that is deleted: a good listing counts three */

static bool is_at(const struct instance_member *i, const char *how_far)
{
    return i->st->rebuild && strcmp(i->st->rebuild, how_far) == 0;
}

static struct command *command_for(struct nsr_model *m, const struct instance_member *i)
{
    for (uint32_t k = 0; k < m->d->commands.n; k++) {
        struct command *c = m->d->commands.at[k];
        if (c->kind == CMD_STEP_REBUILD && c->mark != ROW_GONE && command_is_about(c, i->row->id))
            return c;
    }
    return NULL;
}

static struct instance_member *instance_of(struct nsr_model *m, const struct command *c)
{
    for (uint32_t k = 0; k < m->n_instances; k++)
        if (command_is_about(c, m->instances[k].row->id))
            return &m->instances[k];
    return NULL;
}

static void list_now(struct nsr_model *m, struct instance_member *i, const char *how_far)
{
    i->st->rebuild = how_far;
    i->st->seen = i->st->misses = i->st->lists = 0;
    i->st->list_at = m->d->now;
    row_touch(i->row);
    instances_want_list(m, i->row->key[INSTANCE_POP]);
}

/* --- its end ----------------------------------------------------------------------------------- */

static struct fault *fault_of(struct nsr_model *m, const struct instance_member *i,
                              const struct err *err, const char *detail)
{
    struct decision *d = m->d;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, i->row->key[INSTANCE_POP], &st);
    struct fault *f = fault_from_err(
        err, pop && pop->type ? arena_printf(d->arena, "vim-driver:%s", pop->type) : "vim-driver",
        arena_printf(d->arena, "pop %s (%s)", pop && pop->name ? pop->name : "",
                     i->row->key[INSTANCE_POP]),
        d->arena);
    f->host = i->row->key[INSTANCE_HOSTNAME];
    f->at = timestamp_executed(d->arena, d->now);
    fault_add_cause(f, detail, CAUSE_MAX, d->arena);
    return f;
}

static void over(struct nsr_model *m, struct instance_member *i, struct step_news news)
{
    i->st->rebuild = NULL;
    i->st->seen = 0;
    row_touch(i->row);
    decision_close(command_for(m, i));
    operate_tell(m, STEP_REBUILD, i->row->id, &news);
}

static void failed(struct nsr_model *m, struct instance_member *i, const struct err *err,
                   const char *detail, enum step_event event)
{
    over(m, i,
         (struct step_news){
             .event = event, .cause = CAUSE_RESOURCES, .fault = fault_of(m, i, err, detail)});
}

/* --- begin ------------------------------------------------------------------------------------- */

static struct command *begin(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a,
                             struct instance_member *i, struct err *err)
{
    struct decision *d = m->d;
    struct pop_state *st;
    const struct vim_instance *pop = fact_pop(d, i->row->key[INSTANCE_POP], &st);
    bool is_gone = (i->row->phase == INSTANCE_UP && i->st->missing) ||
                   (i->row->phase == INSTANCE_FAILED && i->st->launches);
    if (is_gone && pop && pop->type) /* there is nothing to rebuild */
        return instance_launch_again(m, i, v, pop, err);
    if (i->row->phase != INSTANCE_UP || !*i->row->key[INSTANCE_VC])
        err_set(err, ERR_STATE, "'%s' has no server that is up", i->row->key[INSTANCE_HOSTNAME]);
    else if (!pop || !pop->type)
        err_set(err, ERR_NOT_FOUND, "the PoP of '%s' is not there any more",
                i->row->key[INSTANCE_HOSTNAME]);
    else
        return send_rebuild(m, i, v, pop,
                            arena_printf(d->arena, "%s/%s/%u/%u%s", i->row->id, a->op->id,
                                         a->step->n, a->step->attempt,
                                         a->what == RUN_UNDO ? "/undo" : ""),
                            err);
    return NULL;
}

static void unsent(struct nsr_model *m, const struct run_action *a, const struct err *err)
{
    struct fault *f = fault_from_err(err, "nfvo", NULL, m->d->arena);
    f->at = timestamp_executed(m->d->arena, m->d->now);
    operate_tell(m, STEP_REBUILD, a->step->instance,
                 &(struct step_news){.event = STEP_EV_UNSENT, .fault = f});
}

void operate_rebuild(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct instance_member *i = model_instance_by_id(m, a->step->instance);
    struct err err = ERR_INIT;
    struct command *c = i ? begin(m, v, a, i, &err) : NULL;
    if (!i) {
        err_set(&err, ERR_STATE, "a server that its VNFM launched itself cannot be rebuilt");
        err_hint(&err, "delete the service and deploy it again");
    }
    if (!c) {
        unsent(m, a, &err);
        return;
    }
    a->step->command = c->id;
    a->step->before = arena_printf(m->d->arena, "%" PRId64, m->d->now);
    if (c->kind == CMD_LAUNCH) {
        operate_empty(v, a->op, a->step->instance);
        return;
    }
    i->st->rebuild = REBUILD_SENT;
    i->st->seen = i->st->misses = i->st->lists = 0;
    row_touch(i->row);
}

const char *operate_rebuilt_since(const struct run_action *a, struct arena *arena)
{
    int64_t first = 0;
    for (uint32_t k = 0; k < a->op->n_steps; k++) {
        const struct plan_step *s = &a->op->steps[k];
        int64_t at = s->kind == STEP_REBUILD && s->before ? atoll(s->before) : 0;
        first = at && (!first || at < first) ? at : first;
    }
    return first ? arena_printf(arena, "%" PRId64, first) : NULL;
}

/* --- what the driver says, or does not ----------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

/* Drivers on the Java SDK have not this call: nothing happened, so there is nothing to undo. */
static bool is_not_built(const struct driver_exception *e)
{
    const char *text = driver_exception_text(e);
    return !e->server && (has_word(text, "not implemented") || has_word(text, "unsupported") ||
                          has_word(text, "not supported") || has_word(text, "unknown method"));
}

void operate_rebuilt(struct nsr_model *m, struct command *c, const struct driver_reply *reply,
                     const struct err *bad)
{
    struct instance_member *i = instance_of(m, c);
    struct err err = ERR_INIT;
    if (!i || !i->st->rebuild) {
        decision_close(c);
        return;
    }
    if (is_at(i, REBUILD_LIST)) /* the same answer again */
        return;
    if (!bad && reply && reply->exception) {
        const struct driver_exception *e = reply->exception;
        err_set(&err, ERR_PEER, "rebuild of '%s' failed: %s", i->row->key[INSTANCE_HOSTNAME],
                driver_exception_text(e));
        if (is_not_built(e))
            err_hint(&err, "its driver cannot rebuild servers: roll back, and delete and deploy "
                           "anew, or scale out and in");
        failed(m, i, &err, driver_exception_text(e),
               is_not_built(e) ? STEP_EV_UNSENT : STEP_EV_FAULT);
        return;
    }
    list_now(m, i, REBUILD_LIST);
}

void operate_rebuild_in_doubt(struct nsr_model *m, struct command *c)
{
    struct instance_member *i = instance_of(m, c);
    if (i && is_at(i, REBUILD_SENT)) /* an answer still counts */
        list_now(m, i, REBUILD_DOUBT);
    else
        m->d->outcome = DECISION_STALE;
}

void operate_rebuild_late(struct nsr_model *m, struct command *c)
{
    struct decision *d = m->d;
    struct instance_member *i = instance_of(m, c);
    if (!i || !i->st->rebuild) {
        decision_close(c);
    } else if (is_at(i, REBUILD_SENT)) { /* its last chance: the list shows it */
        command_change(c, d->now + settings_of(d)->driver_us, "");
        list_now(m, i, REBUILD_DOUBT);
    } else {
        over(m, i,
             (struct step_news){
                 .event = STEP_EV_OUT,
                 .cause = CAUSE_OUTCOME,
                 .note = arena_printf(d->arena,
                                      "neither its driver nor the PoP's list told in time whether "
                                      "'%s' was rebuilt",
                                      i->row->key[INSTANCE_HOSTNAME])});
    }
}

void operate_rebuild_lost(struct nsr_model *m, struct instance_member *i)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND, "'%s' was being rebuilt, and its PoP is not there any more",
            i->row->key[INSTANCE_HOSTNAME]);
    failed(m, i, &err, NULL, STEP_EV_FAULT);
}

/* --- what the list says ---------------------------------------------------------------------------- */

/* Without an answer only another image tells a server that was rebuilt from one that was not. */
static bool is_told_by_its_image(struct nsr_model *m, const struct instance_member *i,
                                 const struct server *s)
{
    struct pop_state *st;
    struct vnfr_member *v = model_vnfr_by_id(m, i->row->key[INSTANCE_VNFR]);
    const struct vnfr *vnfr = v ? member_vnfr(v) : NULL;
    const struct vim_instance *pop = fact_pop(m->d, i->row->key[INSTANCE_POP], &st);
    const struct operations *all = model_operations(m);
    const struct command *c = command_for(m, i);
    bool is_changed = false;
    for (uint32_t o = 0; all && c && o < all->n; o++)
        for (uint32_t k = 0; strstr(c->subject, all->at[o]->id) && k < all->at[o]->n_steps; k++)
            is_changed = is_changed || all->at[o]->steps[k].kind == STEP_SET_IMAGE ||
                         all->at[o]->steps[k].kind == STEP_SET_VNFD;
    for (uint32_t u = 0; is_changed && pop && vnfr && u < vnfr->vdu.n; u++) {
        const char *image = pop_image(pop, vnfr->vdu.at[u]);
        if (image && s->image && s->image->ext_id && vnfr->vdu.at[u]->id && i->st->vdu_id &&
            strcmp(vnfr->vdu.at[u]->id, i->st->vdu_id) == 0)
            return strcmp(image, s->image->ext_id) == 0;
    }
    return false;
}

static void seen(struct nsr_model *m, struct instance_member *i, const struct server *s)
{
    struct err err = ERR_INIT;
    i->st->misses = 0;
    if (s->status && strcmp(s->status, "ERROR") == 0) {
        err_set(&err, ERR_PEER, "after its rebuild the PoP lists '%s' in status ERROR",
                i->row->key[INSTANCE_HOSTNAME]);
        failed(m, i, &err, s->extended_status, STEP_EV_FAULT);
        return;
    }
    bool is_up = !s->status || !*s->status || strcmp(s->status, "ACTIVE") == 0;
    i->st->seen = is_up ? i->st->seen + 1 : 0;
    bool is_sure = i->st->seen >= SEEN_TO_BE_UP;
    if (is_sure && (is_at(i, REBUILD_LIST) || is_told_by_its_image(m, i, s)))
        over(m, i, (struct step_news){.event = STEP_EV_OK});
    else if (i->st->seen == 1)
        i->st->list_at = m->d->now;
    else
        instance_pause_list(m, i);
}

static void missed(struct nsr_model *m, struct instance_member *i, bool is_weak)
{
    struct err err = ERR_INIT;
    i->st->seen = 0;
    i->st->misses += is_weak ? 1 : 3;
    if (i->st->misses < MISSES_MAX) {
        instance_pause_list(m, i);
        return;
    }
    err_set(&err, ERR_NOT_FOUND, "'%s' was to be rebuilt, and the PoP does not list it any more",
            i->row->key[INSTANCE_HOSTNAME]);
    failed(m, i, &err, NULL, STEP_EV_FAULT);
}

void operate_rebuild_listed(struct nsr_model *m, struct instance_member *i, const struct server *s,
                            enum listing listing)
{
    if (listing == LISTING_FAILED) {
        i->st->seen = i->st->misses = 0;
        instance_pause_list(m, i);
    } else if (s) {
        seen(m, i, s);
    } else {
        missed(m, i, listing == LISTING_WEAK);
    }
}

/* The service is released meanwhile: its server goes, and nobody waits for the rebuild. */
bool operate_rebuild_look(struct nsr_model *m, struct vnfr_member *v, struct plan_step *s,
                          struct step_news *ret)
{
    const struct instance_member *i = model_instance_by_id(m, s->instance);
    bool is_up = i && i->row->phase == INSTANCE_UP;
    if ((i && i->st->rebuild && (is_up || i->row->phase == INSTANCE_FAILED)) ||
        (i && (i->row->phase == INSTANCE_LAUNCHING || i->row->phase == INSTANCE_DOUBT)))
        return false;
    if (is_up && i->st->launches) { /* launched in the place of one that was gone */
        *ret = (struct step_news){.event = STEP_EV_OK};
        return true;
    }
    if (i && i->row->phase == INSTANCE_FAILED && v && v->st->launch_fault) {
        *ret = (struct step_news){
            .event = STEP_EV_FAULT, .cause = CAUSE_RESOURCES, .fault = v->st->launch_fault};
        v->st->launch_fault = NULL;
        member_changed(v);
        return true;
    }
    *ret = (struct step_news){
        .event = STEP_EV_FAULT, .cause = CAUSE_RESOURCES, .note = "its server goes, or is gone"};
    return true;
}
