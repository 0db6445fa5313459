#include "nfvo/lifecycle/reconcile/judge.h"

#include "common/base/table.h"
#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct drift_row drift_rows[DRIFT_N] = {
#define X(word, severity, event_type, cause, is_healed, is_down, text)                             \
    [DRIFT_##word] = {#word, #severity, #event_type, cause, is_down, text},
    DRIFTS(X)
#undef X
};

enum drift drift_parse(const char *word)
{
    for (int k = DRIFT_NONE + 1; k < DRIFT_N; k++)
        if (text_equal(drift_rows[k].word, word))
            return (enum drift)k;
    return DRIFT_NONE;
}

/* --- which is whose ---------------------------------------------------------------------------- */

struct named {
    struct table_entry entry;
    uint32_t i; /* in seen.watched */
};

static void put(struct table *t, struct named *e, const char *key, uint32_t i)
{
    if (!key || !*key)
        return;
    e->i = i;
    table_put(t, &e->entry, key);
}

static struct watched *find(const struct seen *s, const struct table *t, const char *key)
{
    struct table_entry *e = key && *key ? table_find(t, key) : NULL;
    return e ? &s->watched[CONTAINER_OF(e, struct named, entry)->i] : NULL;
}

static bool take_by_id(struct seen *s, const struct table *ids, const struct listed_server *l)
{
    struct watched *w = find(s, ids, l->id);
    if (w && !w->server) {
        w->server = l;
        w->is_by_id = true;
    }
    return w != NULL;
}

/* A second one of a name is nobody's: the one that a cloud had lost, and has again, when another was
 * launched in its place. */
static bool take_by_name(struct seen *s, const struct table *names, const struct listed_server *l)
{
    struct watched *w = find(s, names, l->host);
    w = w ? w : find(s, names, l->name);
    if (!w || w->server)
        return false;
    w->server = l;
    return true;
}

void judge_match(struct seen *s, struct arena *a)
{
    struct table ids = {0}, names = {0};
    struct named *entries = arena_alloc(a, (2 * (size_t)s->n + 1) * sizeof(*entries));
    const struct listed_server_list *listed = &s->listing->servers;
    s->strangers = arena_alloc(a, ((size_t)listed->n + 1) * sizeof(*s->strangers));
    s->n_strangers = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        put(&ids, &entries[2 * i], s->watched[i].vc_id, i);
        put(&names, &entries[2 * i + 1], s->watched[i].hostname, i);
    }
    const struct listed_server **others = arena_alloc(a, ((size_t)listed->n + 1) * sizeof(*others));
    uint32_t n = 0; /* by their ids before their names: a name may be another server's by now */
    for (uint32_t i = 0; i < listed->n; i++)
        if (!take_by_id(s, &ids, listed->at[i]))
            others[n++] = listed->at[i];
    for (uint32_t i = 0; i < n; i++)
        if (!take_by_name(s, &names, others[i]))
            s->strangers[s->n_strangers++] = others[i];
    table_release(&ids);
    table_release(&names);
}

/* --- what is wrong with one -------------------------------------------------------------------- */

bool judge_is_down(const char *status)
{
    static const char *const words[] = {
        "ERROR",   "SHUTOFF",      "SHUTDOWN",   "STOPPED",   "STOPPING", "EXITED",
        "DEAD",    "CRASHED",      "PAUSED",     "SUSPENDED", "SHELVED",  "SHELVED_OFFLOADED",
        "DELETED", "SOFT_DELETED", "TERMINATED", "OFF",       "FAILED"};
    for (size_t i = 0; status && i < ARRAY_LEN(words); i++)
        if (strcasecmp(status, words[i]) == 0)
            return true;
    return false;
}

/* Is there "net=" in the text, and if, "net=ip"? */
static bool has_net(const char *text, const char *pair, size_t len)
{
    for (const char *at = text; (at = strstr(at, pair)) != NULL; at += len)
        if ((at == text || at[-1] == ' '))
            return true;
    return false;
}

const char *judge_moved(const char *record, const char *listed, struct arena *a)
{
    for (const char *at = record, *end; at && listed && *at; at = *end ? end + 1 : end) {
        end = strchrnul(at, ' ');
        const char *eq = memchr(at, '=', (size_t)(end - at));
        if (!eq)
            continue;
        const char *net = arena_strndup(a, at, (size_t)(eq - at) + 1);
        const char *padded = arena_printf(a, "%s ", listed);
        const char *pair = arena_printf(a, "%.*s ", (int)(end - at), at);
        if (has_net(listed, net, strlen(net)) && !has_net(padded, pair, strlen(pair)))
            return arena_strndup(a, at, (size_t)(end - at));
    }
    return NULL;
}

static bool is_name_of(const struct watched *w, const struct listed_server *l)
{
    bool has_none = !*text_or_empty(l->host) && !*text_or_empty(l->name);
    return has_none || text_equal(l->host, w->hostname) || text_equal(l->name, w->hostname);
}

static enum drift look(const struct watched *w, struct arena *a, const char **ret_detail)
{
    const struct listed_server *l = w->server;
    const char *moved;
    *ret_detail = "";
    if (!l)
        return DRIFT_SERVER_GONE;
    if (!w->is_by_id && *w->vc_id && l->id && *l->id) {
        *ret_detail = arena_printf(a, "%s instead of %s", l->id, w->vc_id);
        return DRIFT_SERVER_REPLACED;
    }
    if (judge_is_down(l->status)) {
        *ret_detail = arena_printf(a, "status %s", l->status);
        return DRIFT_SERVER_STOPPED;
    }
    if (!is_name_of(w, l)) {
        *ret_detail = arena_printf(a, "'%s'", *text_or_empty(l->host) ? l->host : l->name);
        return DRIFT_SERVER_RENAMED;
    }
    if (w->addresses && (moved = judge_moved(w->addresses, l->ips, a)) != NULL) {
        *ret_detail = arena_printf(a, "%s in its record, listed with %s", moved, l->ips);
        return DRIFT_SERVER_MOVED;
    }
    return DRIFT_NONE;
}

int64_t judge_weight(enum drift before, int64_t weight, enum drift kind, bool is_weak)
{
    int64_t step = is_weak ? JUDGE_WEAK : JUDGE_GOOD;
    if (kind == DRIFT_NONE)
        return 0;
    weight = before == kind ? weight + step : step;
    return weight < 1000 ? weight : 1000;
}

/* What is believed stays so until another thing is, or all is well. */
static struct finding found(const struct watched *w, bool is_weak, struct arena *a)
{
    struct finding f = {.of = w};
    f.kind = look(w, a, &f.detail);
    f.weight = judge_weight(w->kind, w->weight, f.kind, is_weak);
    f.believed = f.kind == DRIFT_NONE         ? DRIFT_NONE
                 : f.weight >= DRIFT_BELIEVED ? f.kind
                                              : w->believed;
    f.is_new = f.believed != w->believed || (f.believed != DRIFT_NONE && f.believed == f.kind &&
                                             !text_equal(f.detail, text_or_empty(w->detail)));
    return f;
}

void judge(const struct seen *s, const struct judge_limits *limits, struct arena *a,
           struct judged *ret)
{
    *ret = (struct judged){.is_weak = s->listing->weak};
    ret->findings = arena_alloc(a, ((size_t)s->n + 1) * sizeof(*ret->findings));
    for (uint32_t i = 0; i < s->n; i++) {
        const struct watched *w = &s->watched[i];
        if (!w->is_judged)
            continue;
        struct finding f = found(w, s->listing->weak, a);
        ret->n_judged++;
        ret->n_down += f.kind != DRIFT_NONE && drift_rows[f.kind].is_down;
        ret->is_unsure |= f.kind != DRIFT_NONE && f.believed != f.kind;
        if (f.kind != DRIFT_NONE || w->kind != DRIFT_NONE)
            ret->findings[ret->n++] = f;
    }
    ret->is_outage = ret->n_down >= limits->outage_least &&
                     (int64_t)ret->n_down * 100 > limits->outage_percent * ret->n_judged;
}
