#include "nfvo/lifecycle/pop.h"

#include <stdlib.h>
#include <string.h>

#define QUOTA_PAUSE_US (60 * USEC_PER_SEC)
#define QUOTA_WAIT_US  (30 * USEC_PER_SEC)

/* Behind a refresh that went well: the driver is there, and the refresh does not wait in its line
 * behind the quota. */
void pop_want_quota(struct pop_model *p, bool is_wanted_now)
{
    struct err err = ERR_INIT;
    int64_t driver_us = settings_of(p->d)->driver_us;
    if (!settings_of(p->d)->is_quota_checked ||
        decision_find_for(p->d, CMD_GET_QUOTA, p->d->root->id) ||
        (!is_wanted_now && p->st->quota_asked_at + QUOTA_PAUSE_US > p->d->now))
        return;
    p->st->quota_asked_at = p->d->now;
    pop_changed(p);
    if (!send_quota(p, driver_us < QUOTA_WAIT_US ? driver_us : QUOTA_WAIT_US, &err))
        p->st->quota_asked_at = 0; /* no driver; the next refresh says so, if it matters */
}

/* What else the driver says in it, however long, is not kept. */
static struct quota *figures_of(const struct quota *got, struct arena *a)
{
    struct quota *q = proto_new(&quota_type, a);
    q->instances = got->instances;
    q->cores = got->cores;
    q->ram = got->ram;
    return q;
}

/* Many a driver has none to tell: an exception, nothing, null, -1. Then it is not known, and stands
 * in nobody's way. */
void pop_quota_told(struct pop_model *p, const struct driver_reply *reply, const struct err *bad)
{
    struct err err = ERR_INIT;
    struct quota *got = NULL;
    enum err_code rc = bad ? bad->code : pop_driver_said(p, reply, "getQuota", &err);
    if (rc == ERR_OK)
        rc = proto_decode(&quota_type, reply->answer.at, reply->answer.n, 0, p->d->arena, &got,
                          &err);
    bool is_known = rc == ERR_OK && (got->instances > 0 || got->cores > 0 || got->ram > 0);
    if (!is_known && !p->st->quota)
        return;
    p->st->quota = is_known ? figures_of(got, p->d->arena) : NULL;
    p->st->quota_at = p->d->now;
    if (!is_known)
        p->st->use = NULL;
    pop_changed(p);
}

static void add_use(const struct pop_model *p, struct pop_use *use, const struct row *r)
{
    int64_t n = strtoll(r->key[USE_N], NULL, 10);
    pop_use_add(use, n, pop_flavour(p->pop, r->key[USE_FLAVOUR]));
}

/* The facts count what our instances use, where a quota is known. */
void pop_count_use(struct pop_model *p)
{
    struct decision *d = p->d;
    struct pop_use *use = proto_new(&pop_use_type, d->arena), *old = p->st->use;
    if (!(d->in->facts & FACT_USE) || !p->st->quota)
        return;
    for (uint32_t i = 0; i < d->facts.n; i++)
        if (d->facts.at[i]->kind == ROW_USE &&
            strcmp(d->facts.at[i]->key[USE_POP], d->root->id) == 0)
            add_use(p, use, d->facts.at[i]);
    if (old && old->instances == use->instances && old->cores == use->cores && old->ram == use->ram)
        return;
    p->st->use = use;
    pop_changed(p);
}
