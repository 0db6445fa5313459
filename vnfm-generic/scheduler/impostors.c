/* Who speaks for a host: its agent's broker login, for which the broker vouches (user_id). What
 * came from another login has no effect; the log and the NFVO (status) are told, summed up: whoever
 * has one agent's login can send as much of it as the broker takes. */
#include "vnfm-generic/scheduler/internal.h"

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "proto/topology.h"

#include <stdio.h>
#include <string.h>

static const int64_t first_after_us = 1 * USEC_PER_SEC, then_every_us = 60 * USEC_PER_SEC;

enum author_is author_of(const char *author, const char *hostname)
{
    AUTO(sbuf_release) struct sbuf own = SBUF_INIT;
    if (!author)
        return AUTHOR_UNSAID;
    topology_agent_user(hostname, &own);
    return strcmp(author, own.s) == 0 ? AUTHOR_OWN : AUTHOR_ANOTHER;
}

/* One that is there, or a free place; the last one is for all that do not fit. */
static struct impostor *place_for(struct scheduler *c, const char *author, bool is_hello)
{
    for (size_t i = 0; i < IMPOSTORS_MAX - 1; i++) {
        struct impostor *p = &c->impostors[i];
        if (!p->n || (strcmp(p->author, author) == 0 && p->is_hello == is_hello))
            return p;
    }
    return &c->impostors[IMPOSTORS_MAX - 1];
}

void impostor_note(struct scheduler *c, const char *author, const char *hostname, bool is_hello)
{
    struct impostor *p = place_for(c, author ? author : "", is_hello);
    bool is_several = p == &c->impostors[IMPOSTORS_MAX - 1];
    snprintf(p->author, sizeof(p->author), "%s", author && !is_several ? author : "");
    snprintf(p->host, sizeof(p->host), "%s", is_several ? "" : hostname);
    p->is_hello = is_hello;
    p->n++;
    if (!c->impostors_at)
        c->impostors_at = clock_mono_us() + first_after_us;
}

bool is_heard(struct scheduler *c, const char *author, const char *hostname, bool may_be_unsaid)
{
    enum author_is is = author_of(author, hostname);
    if (is == AUTHOR_OWN || (is == AUTHOR_UNSAID && may_be_unsaid))
        return true;
    impostor_note(c, author, hostname, false);
    return false;
}

static void tell(struct scheduler *c, const struct impostor *p)
{
    char words[640];
    const char *what = p->is_hello ? "a hello" : "an answer to a command";
    snprintf(words, sizeof(words), "%s for host '%s', whose agent it is not", what, p->host);
    log_warn(LOG_SEC, "author_refused", KV_S("author", p->author[0] ? p->author : NULL),
             KV_S("what", what), KV_S("host", p->host), KV_I("times", p->n));
    if (c->o->refused)
        c->o->refused(c->o->arg, p->author, words, p->n);
}

void impostors_tell(struct scheduler *c)
{
    bool has_any = false;
    if (!c->impostors_at || clock_mono_us() < c->impostors_at)
        return;
    for (size_t i = 0; i < IMPOSTORS_MAX; i++) {
        if (!c->impostors[i].n)
            continue;
        tell(c, &c->impostors[i]);
        c->impostors[i].n = 0;
        has_any = true;
    }
    /* A minute of quiet: then the first is told soon again. */
    c->impostors_at = has_any ? clock_mono_us() + then_every_us : 0;
}
