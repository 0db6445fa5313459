/* Launches that may take effect when nobody waits for them any more: their deadline is over, the
 * server was not there in two good listings, its service goes on without it, or is gone. Until an hour
 * later the PoP is listed now and then for these hostnames alone; what has come is deleted. A
 * hostname is given once, so it can be nobody else's. */
#include "nfvo/lifecycle/pop.h"

#include "nfvo/lifecycle/send.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LATE_MAX = 1000, LOOKS = 12 };

static void look_later(struct pop_model *p)
{
    if (p->st->late.n && !decision_find_for(p->d, CMD_TIMER_LATE, p->d->root->id))
        decision_open(p->d, CMD_TIMER_LATE, p->d->root->id, settings_of(p->d)->driver_us, NULL);
}

void pop_late_add(struct pop_model *p, const struct internal *msg)
{
    struct decision *d = p->d;
    int64_t until = d->now + LOOKS * settings_of(d)->driver_us;
    for (uint32_t i = 0; i < msg->servers.n && p->st->late.n < LATE_MAX; i++)
        proto_strmap_set(&p->st->late, msg->servers.at[i],
                         arena_printf(d->arena, "%" PRId64, until), d->arena);
    pop_changed(p);
    look_later(p);
}

void pop_late_look(struct pop_model *p)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->st->late.n; i++)
        if (atoll(p->st->late.at[i].value) > p->d->now)
            p->st->late.at[kept++] = p->st->late.at[i];
    if (kept) /* a waiter that nobody has to be told of */
        command_open(p->d, CMD_WAIT_LIST, "late", "{}");
    if (!kept)
        p->st->late = (struct proto_strmap){0};
    p->st->late.n = kept;
    pop_changed(p);
    look_later(p);
}

static const char *late_name(const struct pop_model *p, const struct server *s)
{
    if (s->host_name && proto_strmap_get(&p->st->late, s->host_name))
        return s->host_name;
    return s->name && proto_strmap_get(&p->st->late, s->name) ? s->name : NULL;
}

void pop_late_found(struct pop_model *p, const struct server_list *found)
{
    for (uint32_t i = 0; i < found->n; i++) {
        const struct server *s = found->at[i];
        const char *name = late_name(p, s);
        struct err err = ERR_INIT;
        if (name && s->ext_id && *s->ext_id && !decision_find_for(p->d, CMD_DELETE, name) &&
            !send_delete_stray(p, s->ext_id, name, &err))
            return; /* no driver: the next look finds it */
    }
}
