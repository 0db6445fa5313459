/* The cloud behind a driver: servers and networks, and how the methods of amqp-protocol.md 5.4
 * answer in each manner. */
#include "common/base/sbuf.h"
#include "tests/sim/cloud.h"
#include "tests/sim/drift.h"

#include <string.h>

#define ANSWER_DEADLINE (300 * SEC)

uint32_t json_elements(struct proto_raw array, struct proto_raw *ret, uint32_t max)
{
    uint32_t n = 0;
    int depth = 0;
    const char *from = NULL, *end = array.at + array.n;
    for (const char *p = array.at; p < end; p++) {
        if (*p == '"') {
            from = from || depth == 0 ? from : p;
            for (p++; p < end && *p != '"'; p++)
                p += *p == '\\';
        } else if (depth == 1 && (*p == ',' || *p == ']')) {
            if (from && n < max)
                ret[n++] = (struct proto_raw){from, (size_t)(p - from)};
            from = NULL;
            depth -= *p == ']';
        } else if (*p == '[' || *p == '{') {
            from = from || depth == 0 ? from : p;
            depth++;
        } else if (*p == ']' || *p == '}') {
            depth--;
        } else if (!from && depth == 1 && !strchr(" \n\t", *p)) {
            from = p;
        }
    }
    return n;
}

static const char *text_of(struct driver *d, struct proto_raw raw)
{
    if (raw.n < 2 || raw.at[0] != '"')
        return "";
    return arena_strndup(&d->s->arena, raw.at + 1,
                         raw.n - 2); /* names and ids need no unescaping */
}

/* One driver serves several PoPs, each a cloud of its own: the first parameter says which. */
static const char *pop_of(struct driver *d, struct proto_raw pop)
{
    const char *id = memmem(pop.at, pop.n, "\"id\":\"", 6);
    return id && (size_t)(id - pop.at) + 42 < pop.n ? arena_strndup(&d->s->arena, id + 6, 36) : "";
}

/* After its deadline, also where another driver had it before. */
static bool is_late(const struct sim *s, const struct fate *f)
{
    return s->now - f->published_at >= ANSWER_DEADLINE;
}

/* Two of a name are nobody's fault when one came to life after its deadline: this one does, or that
 * one did when the request for this one was under way. The reconciler will find them. */
static bool could_know(const struct sim *s, const struct fate *f, int64_t other_late_at)
{
    return !is_late(s, f) && other_late_at <= f->published_at;
}

/* --- servers --- */
static void add_server(struct sbuf *b, const struct cloud_server *v)
{
    const char *name = v->shown_as ? v->shown_as : v->hostname;
    sbuf_addf(b,
              "{\"name\":\"%s\",\"hostName\":\"%s\",\"extId\":\"%s\",\"status\":\"%s\",\"ips\":{"
              "\"mgmt\":[\"%s\"]},"
              "\"floatingIps\":{}}",
              name, name, v->id,
              v->is_broken    ? "ERROR"
              : v->is_stopped ? "SHUTOFF"
                              : "ACTIVE",
              v->ip ? v->ip : "10.0.0.1");
}

static struct cloud_server *server_with(struct driver *d, const char *hostname, const char *token)
{
    for (size_t i = 0; i < d->n_servers; i++)
        if ((hostname && strcmp(d->servers[i].hostname, hostname) == 0) ||
            (token && d->servers[i].token && strcmp(d->servers[i].token, token) == 0))
            return &d->servers[i];
    return NULL;
}

static const char *exception(struct driver *d, const char *text, const struct cloud_server *v)
{
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    sbuf_addf(&b, "{\"exception\":{\"detailMessage\":\"%s\"", text);
    if (v) {
        sbuf_adds(&b, ",\"server\":");
        add_server(&b, v);
    }
    sbuf_adds(&b, "}}");
    return arena_strndup(&d->s->arena, b.s, b.len);
}

/* Our drivers remember the tokens of servers that are gone: a launch that comes late or again does
 * not bring one back. */
static bool is_spent(const struct driver *d, const char *token)
{
    if (d->s->plant == 9)
        return false;
    for (size_t i = 0; token && i < d->n_spent; i++)
        if (strcmp(d->spent[i], token) == 0)
            return true;
    return false;
}

static struct cloud_server *add_cloud_server(struct driver *d, const char *pop,
                                             const char *hostname, const char *token,
                                             bool is_broken)
{
    struct arena *a = &d->s->arena;
    const char *id = arena_printf(a, "srv-%s-%llu", d->type, (unsigned long long)++d->launches);
    d->servers = arena_grow_array(a, d->servers, d->n_servers, sizeof(*d->servers));
    d->servers[d->n_servers] = (struct cloud_server){
        .id = id, .hostname = hostname, .token = token, .pop = pop, .is_broken = is_broken};
    if (token) {
        d->spent = arena_grow_array(a, d->spent, d->n_spent, sizeof(*d->spent));
        d->spent[d->n_spent++] = token;
    }
    sim_tell(d->s, d->queue, "cloud", "server %s for %s%s", id, hostname,
             is_broken ? " (broken)" : "");
    return &d->servers[d->n_servers++];
}

void cloud_add_foreign(struct driver *d, const char *pop, const char *hostname)
{
    add_cloud_server(d, pop, hostname, NULL, false)->is_foreign = true;
}

static const char *launch(struct driver *d, const struct driver_request *rq, const char *pop,
                          const char *hostname, const struct fate *f)
{
    struct sim *s = d->s;
    struct cloud_server *v = d->client_token ? server_with(d, NULL, rq->client_token) : NULL;
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    if (!v) {
        bool leaves_it = !f->fails || (d->manner != MANNER_PYTHON && sim_chance(s, 500));
        if (d->client_token && is_spent(d, rq->client_token))
            return exception(d, "this token's server was deleted", NULL);
        if (!leaves_it)
            return exception(d, "no valid host", NULL);
        const struct cloud_server *other = server_with(d, hostname, NULL);
        bool is_known = other && !other->was_hidden && !other->is_foreign;
        if (is_known && could_know(s, f, other->late_at))
            sim_violate(s, "%s: a second server for hostname '%s'", d->queue, hostname);
        v = add_cloud_server(d, pop, hostname, rq->client_token, f->fails);
        v->is_late = is_late(d->s, f);
        v->late_at = v->is_late ? s->now : 0;
    }
    if (v->is_broken)
        return exception(d, "server went to ERROR", v);
    sbuf_adds(&b, "{\"answer\":");
    add_server(&b, v);
    sbuf_addc(&b, '}');
    return arena_strndup(&s->arena, b.s, b.len);
}

/* The same server, on another disk. Some SDKs do not know the call. */
static const char *rebuild(struct driver *d, const char *id, const struct fate *f)
{
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    struct cloud_server *v = NULL;
    for (size_t i = 0; i < d->n_servers && !v; i++)
        if (strcmp(d->servers[i].id, id) == 0)
            v = &d->servers[i];
    if (!v)
        return exception(d, "no such server", NULL);
    if (f->fails)
        return exception(d, sim_chance(d->s, 500) ? "not implemented" : "no valid host", NULL);
    if (v->is_foreign)
        sim_violate(d->s, "%s: server %s (%s) is rebuilt, and not ours", d->queue, id, v->hostname);
    v->is_stopped = false;
    v->rebuilds++;
    sim_tell(d->s, d->queue, "cloud", "server %s rebuilt", id);
    sbuf_adds(&b, "{\"answer\":");
    add_server(&b, v);
    sbuf_addc(&b, '}');
    return arena_strndup(&d->s->arena, b.s, b.len);
}

static const char *delete_server(struct driver *d, const char *id, const struct fate *f)
{
    if (f->fails)
        return exception(d, "cloud is busy", NULL);
    for (size_t i = 0; i < d->n_servers; i++)
        if (strcmp(d->servers[i].id, id) == 0) {
            sim_tell(d->s, d->queue, "cloud", "server %s deleted", id);
            if (d->servers[i].is_foreign)
                sim_violate(d->s, "%s: server %s (%s) is deleted, and not ours", d->queue, id,
                            d->servers[i].hostname);
            memmove(&d->servers[i], &d->servers[i + 1],
                    (d->n_servers - i - 1) * sizeof(*d->servers));
            d->n_servers--;
            d->deletes++;
            break;
        }
    return d->manner == MANNER_PYTHON ? NULL : d->manner == MANNER_C ? "{\"answer\":true}" : "{}";
}

/* Where it stands, or may stand, that this PoP's last listing lied. */
static const char **lied_about(struct driver *d, const char *pop)
{
    const char **free_one = &d->glitched[0];
    for (size_t i = 0; i < ARRAY_LEN(d->glitched); i++) {
        if (d->glitched[i] && strcmp(d->glitched[i], pop) == 0)
            return &d->glitched[i];
        if (!d->glitched[i])
            free_one = &d->glitched[i];
    }
    return free_one;
}

/* A cloud may fail to show what is there, once: hence two good listings before an absence is
 * believed. A listing in between that nobody hears of is none. */
static const char *list_servers(struct driver *d, const char *pop, const struct fate *f)
{
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    d->listings++;
    if (f->fails || drift_has_dark(d->s, pop))
        return exception(d, "cloud is busy", NULL);
    const char **lied = lied_about(d, pop);
    bool glitches = !*lied && sim_faulty(d->s, d->s->weather.peer_fails);
    if (!f->silent && !f->garbles && !f->crashes_after)
        *lied = glitches ? arena_strdup(&d->s->arena, pop) : NULL;
    size_t n = 0;
    struct pop_weather *w = drift_weather(d->s, pop);
    if (w && w->lies > 0 && !f->silent && !f->garbles && !f->crashes_after) {
        glitches = true;
        w->lies--;
        drift_hide_all(d->s, pop);
    }
    for (size_t i = 0; !glitches && i < d->n_servers; i++)
        if (strcmp(d->servers[i].pop, pop) == 0 && drift_is_hidden(d->s, &d->servers[i]))
            d->servers[i].was_hidden = true;
        else if (strcmp(d->servers[i].pop, pop) == 0) {
            sbuf_adds(&b, n++ ? "," : "{\"answer\":[");
            add_server(&b, &d->servers[i]);
        }
    if (n == 0 && d->manner == MANNER_PYTHON)
        return "";
    if (n == 0 && d->manner == MANNER_GO)
        return "{\"answer\":null}";
    sbuf_adds(&b, n ? "]}" : "{\"answer\":[]}");
    return arena_strndup(&d->s->arena, b.s, b.len);
}

/* --- networks --- */
static void add_network(struct sbuf *b, const struct cloud_network *n)
{
    sbuf_addf(b, "{\"name\":\"%s\",\"extId\":\"%s\"}", n->name, n->id);
}

static void add_networks(struct driver *d, const char *pop, const struct fate *f, struct sbuf *b)
{
    const char *sep = "[";
    for (size_t i = 0; i < d->n_networks; i++)
        if (strcmp(d->networks[i].pop, pop) == 0) {
            if (!d->networks[i].shown_at && !f->silent && !f->garbles)
                d->networks[i].shown_at = d->s->now;
            sbuf_adds(b, sep);
            add_network(b, &d->networks[i]);
            sep = ",";
        }
    sbuf_adds(b, *sep == ',' ? "]" : "[]");
}

static const char *network_answer(struct driver *d, const struct cloud_network *n)
{
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    sbuf_adds(&b, "{\"answer\":");
    add_network(&b, n);
    sbuf_addc(&b, '}');
    return arena_strndup(&d->s->arena, b.s, b.len);
}

/* Of one that came late: who asked again had looked before. It may have come since. */
static bool was_shown(const struct cloud_network *n, const struct fate *f)
{
    return !n->late_at || (n->shown_at && n->shown_at <= f->published_at);
}

static const char *create_network(struct driver *d, const char *pop, struct proto_raw wanted,
                                  const struct fate *f)
{
    struct sim *s = d->s;
    struct network *w = NULL;
    if (f->fails)
        return exception(d, "no more networks", NULL);
    if (proto_decode(&network_type, wanted.at, wanted.n, 0, &s->arena, &w, NULL) != ERR_OK ||
        !w->name)
        return exception(d, "not a network", NULL);
    for (size_t i = 0; i < d->n_networks; i++) {
        struct cloud_network *n = &d->networks[i];
        if (strcmp(n->name, w->name) != 0 || strcmp(n->pop, pop) != 0)
            continue;
        if (n->message == f->message) /* our driver died before it acknowledged: it looks first */
            return network_answer(d, n);
        if (could_know(s, f, n->late_at) && was_shown(n, f))
            sim_violate(s, "%s: a second network named '%s'", d->queue, w->name);
    }
    d->networks = arena_grow_array(&s->arena, d->networks, d->n_networks, sizeof(*d->networks));
    d->networks[d->n_networks] =
        (struct cloud_network){arena_printf(&s->arena, "net-%zu", d->n_created++),
                               w->name,
                               pop,
                               f->message,
                               is_late(s, f) ? s->now : 0,
                               0};
    sim_tell(s, d->queue, "cloud", "network %s", w->name);
    return network_answer(d, &d->networks[d->n_networks++]);
}

/* The PoP comes back with what is there; Go drops what its structs do not know. */
static const char *refresh(struct driver *d, struct proto_raw pop, const struct fate *f)
{
    struct sim *s = d->s;
    struct vim_instance *v = NULL;
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    if (f->fails)
        return exception(d, "cloud is not reachable", NULL);
    if (proto_decode(&vim_instance_type, pop.at, pop.n, 0, &s->arena, &v, NULL) != ERR_OK ||
        !v->id) {
        if (pop.n > 2)
            sim_violate(s, "%s: refresh of something that is no PoP: %.*s", d->queue,
                        (int)(pop.n > 80 ? 80 : pop.n), pop.at);
        return exception(d, "no such PoP", NULL); /* it was deleted meanwhile */
    }
    sbuf_addf(&b,
              "{\"answer\":{\"id\":\"%s\",\"name\":\"%s\",\"type\":\"%s\",\"authUrl\":\"%s\","
              "\"active\":true,"
              "\"images\":[{\"extId\":\"img\",\"name\":\"img\"}],\"networks\":",
              v->id, v->name, v->type, v->auth_url ? v->auth_url : "");
    add_networks(d, v->id, f, &b);
    sbuf_adds(&b, "}}");
    return arena_strndup(&s->arena, b.s, b.len);
}

/* All that drivers are known to say. One that bounds is always near its end here
 * (placement_is_tight), so each grant asks the PoP, too. */
static const char *quota(struct driver *d, const struct fate *f)
{
    static const char *const answers[] = {"{\"answer\":{\"instances\":90,\"cores\":-1,\"ram\":-1}}",
                                          "",
                                          "{}",
                                          "{\"answer\":null}",
                                          "{\"answer\":{\"instances\":-1}}",
                                          "{\"answer\":\"much\"}"};
    if (f->fails)
        return exception(d, "no quotas here", NULL);
    return answers[d->s->now / USEC_PER_MS % (int64_t)ARRAY_LEN(answers)];
}

const char *driver_perform(struct driver *d, const struct driver_request *rq, const struct fate *f)
{
    struct proto_raw p[12];
    uint32_t n = json_elements(rq->parameters, p, ARRAY_LEN(p));
    const char *method = rq->method_name, *pop = n ? pop_of(d, p[0]) : "";
    AUTO(sbuf_release) struct sbuf b = SBUF_INIT;
    for (uint32_t i = 0; i < n; i++)
        if (p[i].n == 4 && memcmp(p[i].at, "null", 4) == 0)
            sim_violate(d->s, "%s: %s has a null parameter", d->queue, method);
    if (strcmp(method, "launchInstanceAndWait") == 0 && n == 10)
        return launch(d, rq, pop, text_of(d, p[1]), f);
    if (strcmp(method, "deleteServerByIdAndWait") == 0 && n == 2)
        return delete_server(d, text_of(d, p[1]), f);
    if (strcmp(method, "rebuildServer") == 0 && n == 3)
        return rebuild(d, text_of(d, p[1]), f);
    if (strcmp(method, "listServer") == 0 && n == 1)
        return list_servers(d, pop, f);
    if (strcmp(method, "createNetwork") == 0 && n == 2)
        return create_network(d, pop, p[1], f);
    if (strcmp(method, "refresh") == 0 && n == 1)
        return refresh(d, p[0], f);
    if (strcmp(method, "listNetworks") == 0 && n == 1) {
        sbuf_adds(&b, "{\"answer\":");
        add_networks(d, pop, f, &b);
        sbuf_addc(&b, '}');
        return arena_strndup(&d->s->arena, b.s, b.len);
    }
    if (strcmp(method, "getQuota") == 0 && n == 1)
        return quota(d, f);
    sim_violate(d->s, "%s: call %s with %u parameters is unknown to the drivers", d->queue, method,
                n);
    return NULL;
}
