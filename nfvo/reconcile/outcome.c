/* What the engine says of what was asked of it: told from its threads, taken by ours. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "nfvo/reconcile/internal.h"

struct outcome *outcome_new(struct reconciler *r, const char *id, const char *told)
{
    struct outcome *o = xcalloc(1, sizeof(*o));
    o->r = r;
    snprintf(o->id, sizeof(o->id), "%s", id);
    snprintf(o->told, sizeof(o->told), "%s", told ? told : "");
    pthread_mutex_lock(&r->lock);
    r->in_flight++;
    pthread_mutex_unlock(&r->lock);
    return o;
}

void outcome_done(void *arg, const struct err *err)
{
    struct outcome *o = arg;
    struct reconciler *r = o->r;
    o->is_refused = err && err->code != ERR_OK && err->code != ERR_NOT_FOUND;
    if (o->is_refused)
        snprintf(o->text, sizeof(o->text), "%.250s", err->msg);
    pthread_mutex_lock(&r->lock);
    o->next = r->outcomes;
    r->outcomes = o;
    if (--r->in_flight == 0)
        pthread_cond_signal(&r->idle);
    pthread_mutex_unlock(&r->lock);
}

static enum err_code take_outcome(struct reconciler *r, const struct outcome *o, struct err *err)
{
    char text[320];
    if (*o->told) /* one that was refused is told again later */
        return o->is_refused ? ERR_OK : store_alarm_told(r->db, o->id, o->told, err);
    if (!o->is_refused)
        return ERR_OK;
    snprintf(text, sizeof(text), "not healed: %s", o->text);
    return store_heal_refused(r->db, o->id, text, err);
}

enum err_code outcomes_take(struct reconciler *r, struct err *err)
{
    enum err_code rc = ERR_OK;
    pthread_mutex_lock(&r->lock);
    struct outcome *all = r->outcomes;
    r->outcomes = NULL;
    pthread_mutex_unlock(&r->lock);
    while (all) {
        struct outcome *o = all;
        all = o->next;
        if (rc == ERR_OK)
            rc = take_outcome(r, o, err);
        free(o);
    }
    return rc;
}
