/* Refusals on their way into the store: noted, summed up, told in the log, bounded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/audit/audit.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/broker_watch_internal.h"
#include "nfvo/vnfm/internal.h"

#define SEEN_US  (3600 * USEC_PER_SEC)
#define RETRY_MS 5000

void refusals_follow_rooms(struct broker_watch *w)
{
    if (!w->setup->rooms || rooms_version(w->setup->rooms) == w->rooms_version)
        return;
    arena_release(&w->rooms_arena);
    w->rooms_version = rooms_copy(w->setup->rooms, &w->rooms_arena, &w->rooms);
}

static bool is_vhost_ours(struct broker_watch *w, const char *vhost)
{
    const char *agents = w->setup->options->agents_vhost;
    refusals_follow_rooms(w);
    return strcmp(vhost, management_vhost(&w->management)) == 0 || topology_agent_of_vhost(vhost) ||
           (agents && *agents && strcmp(vhost, agents) == 0) || room_list_find(&w->rooms, vhost);
}

static bool is_alike(const struct refusal *a, const struct refusal *b)
{
    return a->kind == b->kind && strcmp(a->account, b->account) == 0 &&
           strcmp(a->vhost, b->vhost) == 0 && strcmp(a->operation, b->operation) == 0 &&
           strcmp(a->object, b->object) == 0;
}

/* What does not fit any more: that there were some of this kind. */
static void make_several(struct refusal *r, bool is_stranger)
{
    r->operation[0] = r->object[0] = '\0';
    r->needs = "";
    if (is_stranger)
        r->account[0] = r->vhost[0] = '\0';
}

static struct pending *room_for(struct broker_watch *w, const struct refusal *r)
{
    for (size_t i = 0; i < w->pending_n; i++)
        if (is_alike(&w->pending[i].what, r))
            return &w->pending[i];
    return NULL;
}

static void add(struct broker_watch *w, struct refusal *r, int64_t n)
{
    if (!w->pending)
        w->pending = xcalloc(PENDING_MAX + REFUSAL_KIND_N, sizeof(w->pending[0]));
    struct pending *p = room_for(w, r);
    if (!p && w->pending_n >= PENDING_MAX) {
        make_several(r, true);
        p = room_for(w, r);
    }
    if (!p) {
        p = &w->pending[w->pending_n++];
        *p = (struct pending){.what = *r, .first_us = clock_mono_us()};
    }
    p->n += n;
    p->last_us = clock_mono_us();
    if (!w->store_at_us)
        w->store_at_us = clock_mono_us() + STORE_MS * USEC_PER_MS;
}

void refusals_add(struct broker_watch *w, struct refusal *r)
{
    metric_add(w->metrics, M_REFUSALS, 1, r->kind, 0);
    add(w, r, 1);
}

void refusals_note(struct broker_watch *w, const char *line, size_t len)
{
    struct refusal r;
    if (!refusal_read(line, len, &r))
        return;
    /* Other users of the broker: nothing to us, unless it is one of ours that went astray there. */
    if (r.vhost[0] && r.kind != REFUSAL_VHOST && !is_vhost_ours(w, r.vhost))
        return;
    if (r.kind == REFUSAL_LIMIT && loads_is_shut(w, r.account))
        return; /* that limit is ours, and told */
    refusals_add(w, &r);
}

void refusals_forget(struct broker_watch *w)
{
    free(w->pending);
    w->pending = NULL;
    w->pending_n = 0;
    w->store_at_us = 0;
}

/* --- whose they are ----------------------------------------------------------------------------
 */

struct owners {
    struct arena arena;
    const char *account[PENDING_MAX + REFUSAL_KIND_N], *subject[PENDING_MAX + REFUSAL_KIND_N];
    enum refusal_about about[PENDING_MAX + REFUSAL_KIND_N];
    int64_t login_us[PENDING_MAX + REFUSAL_KIND_N];
    size_t n;
};

static void on_owner(void *arg, const char *account, const char *about, const char *subject,
                     int64_t login_us)
{
    struct owners *o = arg;
    for (int k = 0; k < ABOUT_N && o->n < ARRAY_LEN(o->account); k++)
        if (strcmp(refusal_about_names[k], about) == 0) {
            o->account[o->n] = arena_strdup(&o->arena, account);
            o->subject[o->n] = arena_strdup(&o->arena, subject);
            o->login_us[o->n] = login_us;
            o->about[o->n++] = (enum refusal_about)k;
        }
}

static struct refusal_place place_of(const struct broker_watch *w, const struct refusal *r,
                                     const struct owners *owners)
{
    const struct registry_options *o = w->setup->options;
    const char *nfvo = w->setup->bus->user ? w->setup->bus->user : "guest";
    struct refusal_place place = {.subject = "",
                                  .vhost = management_vhost(&w->management),
                                  .agents_vhost = o->agents_vhost ? o->agents_vhost : "",
                                  .registration_user = o->registration_user};
    if (o->is_registration_open && strcmp(r->account, o->registration_user) == 0)
        place.about = ABOUT_REGISTRATION;
    else if (strcmp(r->account, nfvo) == 0)
        place.about = ABOUT_NFVO;
    for (size_t i = 0; i < owners->n; i++)
        if (strcmp(owners->account[i], r->account) == 0) {
            place.about = owners->about[i];
            place.subject = owners->subject[i];
        }
    return place;
}

/* Was it refused before its login was made? */
enum early { EARLY_NO, EARLY_YES, EARLY_PERHAPS /* the login is not there yet */ };

static enum early is_early(const struct pending *p, const struct owners *owners)
{
    int64_t now = clock_mono_us();
    /* A right that is missing is told at once: the line tells of what a login did. */
    int64_t late_us = p->what.kind == REFUSAL_ACCESS ? 0 : LINE_MS * USEC_PER_MS;
    for (size_t i = 0; i < owners->n; i++) {
        if (owners->about[i] != ABOUT_AGENT || strcmp(owners->account[i], p->what.account) != 0)
            continue;
        if (owners->login_us[i] != STORE_LOGIN_NOT_MADE)
            return owners->login_us[i] <= now - p->last_us + late_us ? EARLY_YES : EARLY_NO;
        return now - p->first_us < EARLY_MS * USEC_PER_MS ? EARLY_PERHAPS : EARLY_NO;
    }
    return EARLY_NO;
}

/* --- how many different ones -------------------------------------------------------------------
 */

static uint64_t hash(uint64_t h, const char *text)
{
    return hash_byte(hash_text(h, text), 1); /* so that "a", "b" is not "ab", "" */
}

/* The first of an account, and the first strangers, are told one by one; then they are several. */
static void fold(struct broker_watch *w, struct refusal *r, bool is_stranger)
{
    size_t of_account = 0, strangers = 0;
    uint64_t account = hash(HASH_START, r->account);
    uint64_t key = hash(hash(hash(account + r->kind, r->vhost), r->operation), r->object);
    if (clock_mono_us() > w->seen_until_us) {
        w->seen_until_us = clock_mono_us() + SEEN_US;
        w->seen_n = 0;
    }
    for (size_t i = 0; i < w->seen_n; i++) {
        if (w->seen[i].key == key)
            return;
        of_account += w->seen[i].account == account;
        strangers += w->seen[i].is_stranger;
    }
    bool is_full = w->seen_n == SEEN_MAX || (is_stranger && strangers >= STRANGERS_MAX);
    if (is_full || of_account >= STORE_REFUSALS_PER_ACCOUNT - 1)
        make_several(r, is_stranger && is_full);
    else
        w->seen[w->seen_n++] = (struct seen){key, account, is_stranger};
}

/* --- storing -----------------------------------------------------------------------------------
 */

struct batch {
    struct broker_watch *w;
    struct arena arena;
    struct store_refusal rows[PENDING_MAX + REFUSAL_KIND_N];
    struct refusal what[PENDING_MAX + REFUSAL_KIND_N];
    size_t n;
};

static void on_told(void *arg, const char *account, const char *object, const char *words,
                    const char *hint, int64_t n)
{
    const struct broker_watch *w = arg;
    audit_write(w->setup->audit, &(struct audit_record){.kind = AUDIT_BROKER,
                                                        .outcome = AUDIT_REFUSED,
                                                        .who = *account ? account : "several",
                                                        .what = "refused by the broker",
                                                        .object = object,
                                                        .detail = words,
                                                        .times = n});
    log_warn(LOG_SEC, "broker_refused", KV_S("account", *account ? account : "several"),
             KV_S("object", object), KV_S("words", words), KV_I("times", n), KV_S("hint", hint));
}

static void add_row(struct batch *b, const struct pending *p, const struct owners *owners)
{
    AUTO(sbuf_release) struct sbuf hint = SBUF_INIT;
    struct broker_watch *w = b->w;
    struct refusal *r = &b->what[b->n];
    *r = p->what;
    struct refusal_place place = place_of(w, r, owners);
    if (place.about == ABOUT_LEFT)
        return; /* its login was taken away, as it should: it ends with its server */
    bool is_stranger = place.about == ABOUT_NOBODY;
    if (is_stranger && r->vhost[0] && !is_vhost_ours(w, r->vhost))
        return; /* somebody else's, in somebody else's virtual host */
    fold(w, r, is_stranger);
    for (size_t i = 0; i < b->n; i++)
        if (is_alike(&b->what[i], r)) {
            b->rows[i].n += p->n;
            return;
        }
    refusal_hint(r, &place, &hint);
    b->rows[b->n++] = (struct store_refusal){.kind = refusal_kind_names[r->kind],
                                             .account = r->account,
                                             .about = refusal_about_names[place.about],
                                             .subject = place.subject,
                                             .vhost = r->vhost,
                                             .operation = r->operation,
                                             .needs = r->needs,
                                             .object = r->object,
                                             .words = r->words,
                                             .hint = arena_strdup(&b->arena, hint.s),
                                             .n = p->n};
}

/* The others go: they are stored. */
static void keep_back(struct broker_watch *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->pending_n; i++)
        if (w->pending[i].is_kept_back)
            w->pending[n++] = w->pending[i];
    if (!n) {
        refusals_forget(w);
        return;
    }
    w->pending_n = n;
    w->store_at_us = clock_mono_us() + STORE_MS * USEC_PER_MS;
}

static enum err_code store_pending(struct broker_watch *w, struct err *err)
{
    AUTO(db_array_release) struct db_array accounts = DB_TEXT_ARRAY;
    struct owners owners = {.arena = ARENA_INIT};
    struct batch *b = xcalloc(1, sizeof(*b));
    b->w = w;
    for (size_t i = 0; i < w->pending_n; i++)
        if (!i || strcmp(w->pending[i].what.account, w->pending[i - 1].what.account) != 0)
            db_array_text(&accounts, w->pending[i].what.account);
    enum err_code rc = store_accounts_about(w->db, &accounts, on_owner, &owners, err);
    for (size_t i = 0; rc == ERR_OK && i < w->pending_n; i++) {
        enum early early = is_early(&w->pending[i], &owners);
        w->pending[i].is_kept_back = early == EARLY_PERHAPS;
        if (early == EARLY_NO)
            add_row(b, &w->pending[i], &owners);
    }
    if (rc == ERR_OK && b->n)
        rc = store_refusals_add(w->db, b->rows, b->n, on_told, w, err);
    if (rc == ERR_OK)
        keep_back(w);
    arena_release(&owners.arena);
    arena_release(&b->arena);
    free(b);
    return rc;
}

void refusals_store(struct broker_watch *w)
{
    struct err err = ERR_INIT;
    bool is_time = w->store_at_us && clock_mono_us() >= w->store_at_us;
    if (is_time && store_pending(w, &err) != ERR_OK) {
        if (!w->is_store_failing && !atomic_load(&w->is_stopping))
            log_warn(LOG_VNFM, "refusals_not_stored", KV_ERR(&err));
        w->is_store_failing = true;
        w->store_at_us = clock_mono_us() + RETRY_MS * USEC_PER_MS;
        return;
    }
    if (is_time)
        w->is_store_failing = false;
    if (w->unacked.n && (is_time || !w->store_at_us) && w->bus) {
        bus_ack_upto(w->bus, w->unacked.tag, w->unacked.epoch);
        w->unacked.n = 0;
    }
}

/* --- guessing ----------------------------------------------------------------------------------
 */

struct guess {
    struct broker_watch *w;
    const char *vhost;
};

static void on_silent(void *arg, const char *account, int64_t connected_ms)
{
    struct guess *g = arg;
    struct refusal r = {.kind = REFUSAL_SILENT, .needs = ""};
    const struct bus_options *bus = g->w->setup->bus;
    int64_t for_ms = clock_wall_us() / USEC_PER_MS - connected_ms;
    if (for_ms < g->w->silent_ms || strcmp(account, bus->user ? bus->user : "guest") == 0 ||
        strcmp(account, g->w->setup->options->registration_user) == 0)
        return;
    refusal_text(account, strlen(account), r.account, sizeof(r.account));
    refusal_text(g->vhost, strlen(g->vhost), r.vhost, sizeof(r.vhost));
    snprintf(r.words, sizeof(r.words), "connected, and consumes from no queue");
    refusals_add(g->w, &r);
}

static void guess_in(struct broker_watch *w, const char *vhost)
{
    struct guess g = {w, vhost};
    err_ignore(management_silent_accounts(&w->management, vhost, on_silent, &g, NULL),
               "a guess less");
}

void refusals_guess(struct broker_watch *w)
{
    const char *agents = w->setup->options->agents_vhost;
    refusals_follow_rooms(w);
    guess_in(w, management_vhost(&w->management));
    if (agents && *agents)
        guess_in(w, agents);
    for (uint32_t i = 0; i < w->rooms.n; i++)
        if (*w->rooms.at[i].name)
            guess_in(w, w->rooms.at[i].name);
}
