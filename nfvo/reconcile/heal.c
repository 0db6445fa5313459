/* Servers that are down and whose descriptor says that they are healed: one after the other, by
 * ordinary operations, when lifecycle/reconcile/heal.h says so. */
#include <string.h>

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/lifecycle/reconcile/heal.h"
#include "nfvo/lifecycle/reconcile/judge.h"
#include "nfvo/reconcile/internal.h"

enum { ROUND_MAX = 200 };

static struct heal_limits limits_of(const struct reconcile_options *o)
{
    return (struct heal_limits){.per_hour = o->heal_per_hour,
                                .at_once = o->heal_at_once,
                                .pause_us = o->heal_pause_ms * USEC_PER_MS,
                                .settle_us = o->heal_settle_ms * USEC_PER_MS,
                                .outage_us = o->heal_outage_ms * USEC_PER_MS};
}

static const char *why_not(enum heal_answer answer)
{
    switch (answer) {
    case HEAL_AFTER_OUTAGE:
        return "not healed: an outage of the PoP is suspected; if it is none, acknowledge its "
               "alarm "
               "(baton alarm list kind=OUTAGE_SUSPECTED state=open)";
    case HEAL_SETTLING:
        return "not healed yet: its PoP, or the driver, came back a moment ago";
    case HEAL_UNSEEN:
        return "not healed yet: its PoP was not listed since its service changed";
    case HEAL_PAUSE:
        return "not healed yet: the last attempt is not long ago";
    case HEAL_HOUR:
        return "not healed: all attempts of this hour are used up (heal-per-hour)";
    case HEAL_TURN:
        return "not healed yet: others on its PoP are being healed (heal-at-once)";
    case HEAL_NOW:
        break;
    }
    return NULL;
}

static enum err_code begin(struct reconciler *r, const struct store_heal *h, bool is_whole,
                           struct arena *a, bool *ret_begun, struct err *err)
{
    char operation[ID_SIZE];
    r->setup.engine.make_id(r->setup.engine.ctx, operation);
    enum err_code rc =
        store_heal_begin(r->db, h, operation, r->setup.options->heal_at_once, ret_begun, err);
    if (rc != ERR_OK || !*ret_begun)
        return rc;
    rc = store_heal_note(r->db, h->subject,
                         arena_printf(a, "%s: operation %s, attempt %lld",
                                      is_whole ? "its VNF is rebuilt" : "being healed", operation,
                                      (long long)h->attempts + 1),
                         err);
    if (rc != ERR_OK)
        return rc;
    log_info(LOG_LCM, "heal", KV_S("nsr", h->nsr), KV_S("host", h->host), KV_S("pop", h->pop_name),
             KV_S("kind", h->kind), KV_S("op", operation), KV_I("whole", is_whole),
             KV_I("attempt", h->attempts + 1));
    metric_add(r->metrics, M_HEALS, 1, 0, 0);
    const char *cause =
        arena_printf(a, "server %s of PoP '%s': %s%s%s", h->host, h->pop_name,
                     drift_rows[drift_parse(h->kind)].text, *h->detail ? ": " : "", h->detail);
    r->setup.engine.heal(r->setup.engine.ctx,
                         &(struct reconcile_heal){h->nsr, h->vnfr, h->subject, operation, cause,
                                                  is_whole,
                                                  drift_parse(h->kind) == DRIFT_SERVER_GONE},
                         outcome_done, outcome_new(r, h->subject, NULL));
    return ERR_OK;
}

/* Those begun in this round count, too. */
struct round {
    struct proto_strs pops, nsrs; /* one for each that was begun */
};

static int64_t begun_on(const struct round *b, const char *pop)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < b->pops.n; i++)
        n += strcmp(b->pops.at[i], pop) == 0;
    return n;
}

static enum err_code consider(struct reconciler *r, const struct store_heal *h, struct round *b,
                              struct arena *a, struct err *err)
{
    const struct heal_limits limits = limits_of(r->setup.options);
    enum heal_policy policy = heal_policy_of(h->policy_vdu, h->policy_vnfd);
    int64_t at;
    bool is_begun = false;
    if (policy == HEAL_BY_NOBODY || h->is_busy || proto_strs_has(&b->nsrs, h->nsr))
        return ERR_OK;
    enum heal_answer answer =
        heal_decide(&limits,
                    &(struct heal_facts){.now = h->now,
                                         .good_since = h->good_since,
                                         .outage_at = h->outage_at,
                                         .is_outage_acked = h->is_outage_acked,
                                         .looked_at = h->looked_at,
                                         .changed_at = h->changed_at,
                                         .running = h->running + begun_on(b, h->pop),
                                         .attempts = h->attempts,
                                         .hour_at = h->hour_at,
                                         .last_at = h->last_at},
                    &at);
    if (answer == HEAL_PAUSE) /* what the last one ended with is shown until then */
        return ERR_OK;
    if (answer != HEAL_NOW)
        return strcmp(h->healing, why_not(answer)) == 0
                   ? ERR_OK
                   : store_heal_note(r->db, h->subject, why_not(answer), err);
    enum err_code rc = begin(r, h, policy == HEAL_VNF, a, &is_begun, err);
    if (rc == ERR_OK && is_begun) {
        proto_list_add(&b->pops, h->pop, a);
        proto_list_add(&b->nsrs, h->nsr, a);
    }
    return rc;
}

enum err_code heal_round(struct reconciler *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_heal *all = NULL;
    struct round b = {0};
    size_t n = 0;
    enum err_code rc = store_heals_read(r->db, ROUND_MAX, &a, &all, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++)
        rc = consider(r, &all[i], &b, &a, err);
    return rc;
}
