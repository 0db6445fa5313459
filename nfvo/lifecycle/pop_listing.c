/* A PoP's listing, which serves all who asked before it. */
#include "nfvo/lifecycle/pop_private.h"

#include "common/base/sbuf.h"
#include "common/base/utf8.h"

#include <stdlib.h>
#include <string.h>

static void pick_found(struct decision *d, struct internal *answer, const struct internal *question,
                       const struct server_list *servers)
{
    answer->servers = question->servers;
    for (uint32_t i = 0; i < servers->n; i++) {
        struct server *s = servers->at[i];
        if ((s->ext_id && proto_strs_has(&question->servers, s->ext_id)) ||
            (s->host_name && proto_strs_has(&question->servers, s->host_name)) ||
            (s->name && proto_strs_has(&question->servers, s->name)))
            proto_list_add(&answer->found, s, d->arena);
    }
}

/* Of a listing, which may hold 50,000 servers, only those that somebody asked about are kept; and
 * the names of all, if an inventory is wanted. */
struct sought {
    struct arena *arena;
    struct proto_strs names; /* sorted */
    struct server_list found;
    bool wants_all, wants_full;
    struct sbuf all;  /* ["id","hostname",.. */
    struct sbuf full; /* [{"id":"..",.. */
};

static void add_name(struct sbuf *out, const char *name)
{
    if (!name || !*name)
        return;
    sbuf_adds(out, out->s[out->len - 1] == '[' ? "" : ",");
    proto_quotes(out, name);
}

static void add_member(struct sbuf *out, const char *name, const char *value, size_t max)
{
    if (!value || !*value)
        return;
    sbuf_addf(out, "%s\"%s\":", out->s[out->len - 1] == '{' ? "" : ",", name);
    proto_quote(out, value, utf8_cut(value, strnlen(value, max)));
}

/* Only what is compared, and bounded: a driver chooses these texts. */
static void add_full(struct sbuf *out, const struct server *server)
{
    enum { TEXT_MAX = 255, IPS_MAX = 1024 };
    AUTO(sbuf_release) struct sbuf ips = SBUF_INIT;
    for (uint32_t k = 0; k < server->ips.n && ips.len < IPS_MAX; k++)
        for (uint32_t i = 0; i < server->ips.at[k].value.n && ips.len < IPS_MAX; i++)
            sbuf_addf(&ips, "%s%s=%s", ips.len ? " " : "", server->ips.at[k].key,
                      server->ips.at[k].value.at[i]);
    sbuf_adds(out, out->s[out->len - 1] == '[' ? "{" : ",{");
    add_member(out, "id", server->ext_id, TEXT_MAX);
    add_member(out, "host", server->host_name, TEXT_MAX);
    add_member(out, "name", server->name, TEXT_MAX);
    add_member(out, "status", server->status, TEXT_MAX);
    add_member(out, "ips", ips.s, IPS_MAX);
    sbuf_addc(out, '}');
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_sought(const struct sought *s, const char *name)
{
    return name && s->names.n &&
           bsearch(&name, s->names.at, s->names.n, sizeof(s->names.at[0]), by_text);
}

static void keep_sought(void *arg, const void *rec)
{
    struct sought *s = arg;
    const struct server *server = rec;
    if (s->wants_all) {
        add_name(&s->all, server->ext_id);
        add_name(&s->all, server->host_name);
        add_name(&s->all, server->name);
    }
    if (s->wants_full)
        add_full(&s->full, server);
    if (is_sought(s, server->ext_id) || is_sought(s, server->host_name) ||
        is_sought(s, server->name))
        proto_list_add(&s->found, proto_dup(&server_type, server, s->arena), s->arena);
}

static bool is_served(const struct pop_model *p, const struct command *waiter)
{
    return pop_number_of(waiter) <= p->st->listing_from;
}

static struct sought sought_of(struct pop_model *p)
{
    struct decision *d = p->d;
    struct sought s = {.arena = d->arena, .all = SBUF_INIT, .full = SBUF_INIT};
    sbuf_addc(&s.all, '[');
    sbuf_addc(&s.full, '[');
    EACH_COMMAND(c, d, CMD_WAIT_LIST)
    {
        s.wants_full |= is_served(p, c) && pop_is_full(c);
        s.wants_all |= is_served(p, c) && pop_is_inventory(c) && !pop_is_full(c);
        const struct internal *msg =
            is_served(p, c) && !pop_is_inventory(c) ? pop_asked(d, c) : NULL;
        for (uint32_t k = 0; msg && k < msg->servers.n; k++)
            proto_list_add(&s.names, msg->servers.at[k], d->arena);
    }
    for (uint32_t k = 0; k < p->st->late.n; k++)
        proto_list_add(&s.names, p->st->late.at[k].key, d->arena);
    if (s.names.n)
        qsort(s.names.at, s.names.n, sizeof(s.names.at[0]), by_text);
    return s;
}

void pop_servers_listed(struct pop_model *p, const struct driver_reply *reply,
                        const struct err *bad)
{
    struct decision *d = p->d;
    struct err err = ERR_INIT;
    struct sought sought = sought_of(p);
    bool is_weak = !bad && pop_says_nothing(reply);
    enum err_code rc = bad       ? (err = *bad, bad->code)
                       : is_weak ? ERR_OK
                                 : pop_driver_said(p, reply, "listServer", &err);
    if (rc == ERR_OK && !is_weak)
        rc = proto_decode_each(&server_type, reply->answer.at, reply->answer.n, keep_sought,
                               &sought, &err);
    struct fault *f = rc == ERR_OK ? NULL : pop_fault_of(p, &err);
    if (rc == ERR_OK)
        pop_late_found(p, &sought.found);
    EACH_COMMAND(c, d, CMD_WAIT_LIST)
    {
        if (!is_served(p, c))
            continue;
        if (pop_is_inventory(c)) {
            if (f)
                pop_tell_fault(p, c, "listed", f);
            else
                pop_finish_call(p, c, 200,
                                arena_printf(d->arena, "{\"weak\":%s,\"%s\":%s]}",
                                             is_weak ? "true" : "false",
                                             pop_is_full(c) ? "servers" : "names",
                                             pop_is_full(c) ? sought.full.s : sought.all.s));
            continue;
        }
        struct internal *answer = proto_new(&internal_type, d->arena);
        answer->weak = is_weak;
        if (f)
            answer->fault = f;
        else
            pick_found(d, answer, pop_asked(d, c), &sought.found);
        pop_tell(p, c, "listed", answer);
    }
    sbuf_release(&sought.all);
    sbuf_release(&sought.full);
}
