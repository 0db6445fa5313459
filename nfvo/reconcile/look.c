/* One listing of one PoP: read, compared, written. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/lifecycle/reconcile/judge.h"
#include "nfvo/reconcile/internal.h"

enum { FAR_TIMES = 10 /* PoPs without servers of ours are looked at so much less often */ };

struct look {
    struct reconciler *r;
    struct arena *a;
    const struct store_looked *looked;
    struct store_expected *expected;
    size_t n;
    struct seen seen;
    struct judged judged;
    struct store_findings findings;
    struct store_look_end end;
};

/* --- addresses that were right ----------------------------------------------------------------- */

struct right {
    struct table_entry entry;
    char *id, *ips;
};

static struct right *right_of(struct reconciler *r, const char *id)
{
    struct table_entry *e = table_find(&r->addresses, id);
    return e ? CONTAINER_OF(e, struct right, entry) : NULL;
}

static void right_free(struct right *x)
{
    free(x->id);
    free(x->ips);
    free(x);
}

static void remember(struct reconciler *r, const char *id, const char *ips)
{
    struct right *x = right_of(r, id);
    if (x) {
        table_remove(&r->addresses, &x->entry);
        right_free(x);
    }
    x = xcalloc(1, sizeof(*x));
    x->id = xstrdup(id);
    x->ips = xstrdup(ips);
    table_put(&r->addresses, &x->entry, x->id);
}

void look_forget(struct reconciler *r)
{
    for (size_t i = 0; i < r->addresses.cap; i++)
        while (r->addresses.buckets[i]) {
            struct right *x = CONTAINER_OF(r->addresses.buckets[i], struct right, entry);
            table_remove(&r->addresses, &x->entry);
            right_free(x);
        }
}

struct changed { /* listed with other addresses than the last time */
    struct arena *a;
    struct watched **at;
};

static void on_addresses(void *arg, int64_t index, const char *addresses)
{
    const struct changed *c = arg;
    c->at[index]->addresses = arena_strdup(c->a, addresses);
}

/* Records are read only for those. */
static enum err_code compare_addresses(struct look *l, struct err *err)
{
    AUTO(db_array_release) struct db_array vnfrs = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array instances = DB_TEXT_ARRAY;
    struct changed c = {l->a, arena_alloc(l->a, ((size_t)l->seen.n + 1) * sizeof(*c.at))};
    for (uint32_t i = 0; i < l->seen.n; i++) {
        struct watched *w = &l->seen.watched[i];
        const char *ips = w->server ? text_or_empty(w->server->ips) : "";
        const struct right *x = w->is_judged && *ips ? right_of(l->r, w->id) : NULL;
        if (!w->is_judged || !*ips || (x && strcmp(x->ips, ips) == 0))
            continue;
        c.at[instances.n] = w;
        db_array_text(&vnfrs, l->expected[i].vnfr);
        db_array_text(&instances, w->id);
    }
    return instances.n
               ? store_expected_addresses(l->r->db, &vnfrs, &instances, on_addresses, &c, err)
               : ERR_OK;
}

static void remember_right(struct look *l)
{
    for (uint32_t i = 0; i < l->seen.n; i++) {
        const struct watched *w = &l->seen.watched[i];
        if (w->addresses && w->server && !judge_moved(w->addresses, w->server->ips, l->a))
            remember(l->r, w->id, text_or_empty(w->server->ips));
    }
}

/* --- findings ---------------------------------------------------------------------------------- */

static const char *pop_subject(struct look *l, const char *what)
{
    return arena_printf(l->a, "pop:%s:%s", l->looked->pop, what);
}

struct raised {
    const char *subject, *kind, *nsr, *vnfr, *host, *resource, *severity, *type, *cause, *detail;
};

static void raise_alarm(struct look *l, const struct raised *x)
{
    struct store_findings *f = &l->findings;
    db_array_text(&f->alarm.subject, x->subject);
    db_array_text(&f->alarm.kind, x->kind);
    db_array_text(&f->alarm.nsr, text_or_empty(x->nsr));
    db_array_text(&f->alarm.vnfr, text_or_empty(x->vnfr));
    db_array_text(&f->alarm.host, text_or_empty(x->host));
    db_array_text(&f->alarm.resource, text_or_empty(x->resource));
    db_array_text(&f->alarm.severity, x->severity);
    db_array_text(&f->alarm.type, x->type);
    db_array_text(&f->alarm.cause, x->cause);
    db_array_text(&f->alarm.detail, x->detail);
}

static void put_drift(struct look *l, const char *subject, enum drift kind, int64_t weight,
                      enum drift believed, const char *detail)
{
    struct store_findings *f = &l->findings;
    if (kind == DRIFT_NONE) {
        db_array_text(&f->over, subject);
        return;
    }
    db_array_text(&f->subject, subject);
    db_array_text(&f->kind, drift_rows[kind].word);
    db_array_int(&f->weight, weight);
    db_array_text(&f->believed, text_or_empty(drift_rows[believed].word));
    db_array_text(&f->detail, detail);
}

static void put_finding(struct look *l, const struct finding *x)
{
    const struct store_expected *e = &l->expected[x->of - l->seen.watched];
    const struct drift_row *row = &drift_rows[x->believed];
    put_drift(l, e->id, x->kind, x->weight, x->believed, x->detail);
    if (!x->is_new || x->believed == DRIFT_NONE || x->believed != x->kind)
        return;
    const char *text = arena_printf(l->a, "server %s of PoP '%s': %s%s%s", e->hostname,
                                    l->looked->name, row->text, *x->detail ? ": " : "", x->detail);
    raise_alarm(l, &(struct raised){e->id, row->word, e->nsr, e->vnfr, e->hostname, e->vc_id,
                                    row->severity, row->event_type, row->cause, text});
    log_warn(LOG_VIM, "drift", KV_S("pop", l->looked->name), KV_S("host", e->hostname),
             KV_S("nsr", e->nsr), KV_S("kind", row->word), KV_S("detail", x->detail));
}

static void put_network(struct look *l, const struct store_network *net)
{
    enum drift kind = net->is_listed ? DRIFT_NONE : DRIFT_NETWORK_GONE;
    enum drift before = drift_parse(net->kind), believed = drift_parse(net->believed);
    const struct drift_row *row = &drift_rows[DRIFT_NETWORK_GONE];
    if (kind == DRIFT_NONE && before == DRIFT_NONE)
        return;
    int64_t weight = judge_weight(before, net->weight, kind, false);
    bool is_sure = weight >= DRIFT_BELIEVED;
    const char *subject = arena_printf(l->a, "net:%s", net->id);
    l->judged.is_unsure |= kind != DRIFT_NONE && !is_sure;
    put_drift(l, subject, kind, weight, is_sure ? kind : DRIFT_NONE, net->name);
    if (!is_sure || believed != DRIFT_NONE)
        return;
    raise_alarm(l, &(struct raised){subject, row->word, net->nsr, NULL, NULL, net->ext_id,
                                    row->severity, row->event_type, row->cause,
                                    arena_printf(l->a, "network %s (%s) of PoP '%s': %s", net->name,
                                                 net->ext_id, l->looked->name, row->text)});
}

static enum err_code put_networks(struct look *l, struct err *err)
{
    struct store_network *nets = NULL;
    size_t n = 0;
    const char *digest = NULL;
    enum err_code rc = store_networks_read(l->r->db, l->looked->pop, l->looked->networks, l->a,
                                           &nets, &n, &digest, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++)
        put_network(l, &nets[i]);
    l->end.networks = digest ? digest : "";
    return rc;
}

/* --- what nobody owns -------------------------------------------------------------------------- */

/* <vnfr>-<n>: ours all end so, and most of others' do not. */
static const char *name_of_ours(const struct listed_server *s)
{
    const char *const names[] = {text_or_empty(s->host), text_or_empty(s->name)};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t n = strlen(names[i]), digits = 0;
        while (digits < n && names[i][n - 1 - digits] >= '0' && names[i][n - 1 - digits] <= '9')
            digits++;
        if (digits && digits + 1 < n && names[i][n - 1 - digits] == '-')
            return names[i];
    }
    return NULL;
}

struct candidates {
    struct look *l;
    const struct listed_server **at;
};

static void on_mark(void *arg, int64_t index, const char *mark)
{
    struct candidates *c = arg;
    struct store_findings *f = &c->l->findings;
    const struct listed_server *s = c->at[index];
    db_array_text(&f->orphan.id, s->id);
    db_array_text(&f->orphan.host, name_of_ours(s));
    db_array_text(&f->orphan.status, text_or_empty(s->status));
    db_array_text(&f->orphan.mark, mark);
}

static enum err_code put_orphans(struct look *l, struct err *err)
{
    AUTO(db_array_release) struct db_array ids = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array names = DB_TEXT_ARRAY;
    struct candidates c = {l, arena_alloc(l->a, ((size_t)l->seen.n_strangers + 1) * sizeof(*c.at))};
    for (uint32_t i = 0; i < l->seen.n_strangers; i++) {
        const struct listed_server *s = l->seen.strangers[i];
        if (!s->id || !*s->id || !name_of_ours(s))
            continue;
        c.at[ids.n] = s;
        db_array_text(&ids, s->id);
        db_array_text(&names, name_of_ours(s));
    }
    return ids.n ? store_past_find(l->r->db, l->looked->pop, &ids, &names, on_mark, &c, err)
                 : ERR_OK;
}

/* --- the PoP itself ---------------------------------------------------------------------------- */

static void put_outage(struct look *l)
{
    const char *subject = pop_subject(l, "outage");
    l->end.outage_at = !l->judged.is_outage   ? 0
                       : l->looked->outage_at ? l->looked->outage_at
                                              : l->looked->now;
    if (!l->judged.is_outage)
        db_array_text(&l->findings.cleared, subject);
    else if (l->looked->outage_at) /* two in a row, as for all else */
        raise_alarm(
            l, &(struct raised){
                   subject, "OUTAGE_SUSPECTED", NULL, NULL, NULL, NULL, "CRITICAL",
                   "EQUIPMENT_ALARM", "so many servers are missing that the cloud is suspected",
                   arena_printf(l->a,
                                "%u of %u servers of services are missing on PoP '%s', or do "
                                "not run: nothing is healed there for a while",
                                l->judged.n_down, l->judged.n_judged, l->looked->name)});
}

static void bad_listing(struct look *l, const char *why)
{
    l->end.fault = why;
    l->end.failures = l->looked->failures + 1;
    l->end.networks = ""; /* what was found once is forgotten (drift_bad): compared anew */
    l->end.outage_at = l->looked->outage_at;
    if (l->end.failures >= 2)
        raise_alarm(l, &(struct raised){pop_subject(l, "listing"), "POP_NOT_LISTED", NULL, NULL,
                                        NULL, NULL, "MAJOR", "COMMUNICATIONS_ALARM",
                                        "the PoP, or its driver, does not list its servers",
                                        arena_printf(l->a, "PoP '%s': %s", l->looked->name, why)});
    metric_add(l->r->metrics, M_FAILED, 1, 0, 0);
}

static int64_t next_look(const struct look *l)
{
    const struct reconcile_options *o = l->r->setup.options;
    int64_t usual = o->interval_ms ? o->interval_ms * USEC_PER_MS : NEVER_US;
    int64_t soon = o->confirm_ms * USEC_PER_MS;
    for (uint32_t i = 0; i < l->judged.n && l->judged.is_weak; i++) /* each after a longer pause */
        if (l->judged.findings[i].believed == DRIFT_NONE && l->judged.findings[i].weight > 1) {
            for (int64_t k = 1; k < l->judged.findings[i].weight && soon < usual; k++)
                soon *= 2;
            break;
        }
    if ((l->end.is_good && l->judged.is_unsure) || (!l->end.is_good && l->end.failures == 1))
        return soon < usual ? soon : usual;
    return l->n || !o->interval_ms ? usual : usual * FAR_TIMES;
}

static void watch(struct look *l)
{
    l->seen.watched = arena_alloc(l->a, (l->n + 1) * sizeof(*l->seen.watched));
    l->seen.n = (uint32_t)l->n;
    for (size_t i = 0; i < l->n; i++) {
        const struct store_expected *e = &l->expected[i];
        l->seen.watched[i] =
            (struct watched){.id = e->id,
                             .hostname = e->is_of_vnfm ? "" : e->hostname,
                             .vc_id = e->vc_id,
                             .is_judged = e->is_judged && (!e->is_of_vnfm || *e->vc_id),
                             .kind = drift_parse(e->kind),
                             .believed = drift_parse(e->believed),
                             .weight = e->weight,
                             .detail = e->detail};
    }
}

static enum err_code good_listing(struct look *l, const struct pop_listing *listing,
                                  struct err *err)
{
    const struct reconcile_options *o = l->r->setup.options;
    const struct judge_limits limits = {o->outage_percent, o->outage_least};
    l->seen.listing = listing;
    watch(l);
    judge_match(&l->seen, l->a);
    enum err_code rc = compare_addresses(l, err);
    if (rc != ERR_OK)
        return rc;
    remember_right(l);
    judge(&l->seen, &limits, l->a, &l->judged);
    for (uint32_t i = 0; i < l->judged.n; i++)
        put_finding(l, &l->judged.findings[i]);
    l->end.is_good = true;
    l->end.good_since = l->looked->good_since ? l->looked->good_since : l->looked->now;
    l->end.servers = listing->servers.n;
    l->end.expected = (int64_t)l->judged.n_judged;
    db_array_text(&l->findings.cleared, pop_subject(l, "listing"));
    put_outage(l);
    if ((rc = put_networks(l, err)) == ERR_OK)
        rc = put_orphans(l, err);
    return rc;
}

static enum err_code compare(struct look *l, struct err *err)
{
    struct pop_listing *listing = NULL;
    struct err bad = ERR_INIT;
    const char *body = l->looked->body;
    enum err_code rc =
        store_expected_read(l->r->db, l->looked->pop, l->a, &l->expected, &l->n, err);
    if (rc != ERR_OK)
        return rc;
    if (l->looked->status != 200)
        bad_listing(l, body);
    else if (proto_decode(&pop_listing_type, body, strlen(body), 0, l->a, &listing, &bad) != ERR_OK)
        bad_listing(l, arena_strdup(l->a, bad.msg));
    else
        rc = good_listing(l, listing, err);
    return rc;
}

static enum err_code look(struct look *l, struct err *err)
{
    l->end = (struct store_look_end){.pop = l->looked->pop, .fault = "", .networks = ""};
    enum err_code rc = compare(l, err);
    if (rc != ERR_OK)
        return rc;
    l->end.next_us = next_look(l);
    store_look_write(l->r->db, &l->end, &l->findings, l->looked->now);
    rc = db_commit(l->r->db, err);
    db_results_clear(l->r->db);
    if (rc == ERR_OK)
        metric_add(l->r->metrics, M_LOOKS, 1, 0, 0);
    return rc;
}

enum err_code look_at_one(struct reconciler *r, bool *ret, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_looked *looked = NULL;
    *ret = false;
    db_begin(r->db);
    enum err_code rc = store_watch_finished(r->db, &a, &looked, err);
    if (rc == ERR_OK && looked) {
        struct look l = {.r = r, .a = &a, .looked = looked};
        store_findings_init(&l.findings);
        rc = look(&l, err);
        store_findings_release(&l.findings);
        *ret = rc == ERR_OK;
    }
    if (db_in_transaction(r->db))
        db_rollback(r->db);
    return rc;
}
