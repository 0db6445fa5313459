#include "vnfm-generic/ems/links.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "proto/topology.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Which link a hello came by stands in its epoch: 0 is the common one. */
enum { PLACE_SHIFT = 48 };

struct own {
    struct own *next;
    struct ems_links *all;
    char *hostname;
    struct sbuf user;      /* of its agent; also the virtual host's name */
    unsigned needed;       /* 0: it goes */
    unsigned place;        /* from 1; 0: waits for one */
    struct ems_link *link; /* NULL: waits */
};

struct ems_links {
    struct ems_link_options o; /* bus: borrowed of the common link's life, as the texts */
    char *host, *endpoint, *instance, *tls_ca, *tls_cert, *tls_key;
    struct ems_link *common;
    pthread_mutex_t lock;
    struct own *own;                       /* under lock, as all below */
    struct own *places[EMS_LINKS_OWN + 1]; /* their links; NULL: free */
    char *user, *password;
    bool is_started, is_full_told;
};

/* --- what comes by a link of one agent: it is the author --- */

static uint64_t add_place(uint64_t epoch, unsigned place)
{
    return epoch | (uint64_t)place << PLACE_SHIFT;
}

static void on_hello(void *arg, const char *author, const char *body, size_t len, uint64_t tag,
                     uint64_t epoch)
{
    const struct own *w = arg;
    (void)author;
    w->all->o.hooks->hello(w->all->o.arg, w->user.s, body, len, tag, add_place(epoch, w->place));
}

static void on_reply(void *arg, const char *author, const char *command, const char *body,
                     size_t len)
{
    const struct own *w = arg;
    (void)author;
    w->all->o.hooks->reply(w->all->o.arg, w->user.s, command, body, len);
}

static void on_returned(void *arg, const char *command)
{
    const struct own *w = arg;
    w->all->o.hooks->returned(w->all->o.arg, command);
}

static void on_ready(void *arg, const char *hostname)
{
    const struct own *w = arg;
    (void)hostname;
    w->all->o.hooks->ready(w->all->o.arg, w->hostname);
}

static const struct ems_link_hooks own_hooks = {
    .hello = on_hello, .reply = on_reply, .returned = on_returned, .ready = on_ready};

/* --- opening and closing, under the lock --- */

static struct own *find(struct ems_links *l, const char *hostname)
{
    for (struct own *w = l->own; w; w = w->next)
        if (strcmp(w->hostname, hostname) == 0)
            return w;
    return NULL;
}

static void own_free(struct own *w)
{
    if (w->link)
        ems_link_stop(w->link);
    ems_link_free(w->link);
    sbuf_release(&w->user);
    free(w->hostname);
    free(w);
}

/* Those that nobody needs any more and whose thread has ended. */
static void collect(struct ems_links *l)
{
    for (struct own **at = &l->own; *at;) {
        struct own *w = *at;
        if (w->needed || (w->link && !ems_link_is_over(w->link))) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        l->places[w->place] = NULL;
        own_free(w);
    }
}

static unsigned free_place(const struct ems_links *l)
{
    for (unsigned i = 1; i <= EMS_LINKS_OWN; i++)
        if (!l->places[i])
            return i;
    return 0;
}

static void open_link(struct ems_links *l, struct own *w, unsigned place)
{
    struct err err = ERR_INIT;
    struct ems_link_options o = l->o;
    o.vhost = w->user.s;
    o.is_alone = true;
    o.hooks = &own_hooks;
    o.arg = w;
    w->place = place;
    l->places[place] = w;
    w->link = ems_link_new(&o);
    if (ems_link_start(w->link, &err) != ERR_OK) {
        log_warn(LOG_EMS, "agent_not_reached", KV_S("host", w->hostname), KV_ERR(&err));
        ems_link_free(w->link);
        w->link = NULL;
        l->places[place] = NULL;
        w->place = 0;
        return;
    }
    if (l->user)
        ems_link_login(w->link, l->user, l->password);
}

static void open_waiting(struct ems_links *l)
{
    for (struct own *w = l->own; w && l->is_started; w = w->next) {
        unsigned place = free_place(l);
        if (w->link || !w->needed)
            continue;
        if (place)
            open_link(l, w, place);
        else if (!l->is_full_told)
            log_warn(LOG_EMS, "agents_wait_for_a_place", KV_S("host", w->hostname),
                     KV_I("places", EMS_LINKS_OWN),
                     KV_S("hint", "unmodified agents have a connection each; those beyond wait "
                                  "until work on others is done"));
        l->is_full_told = !place;
    }
}

void ems_links_reach(struct ems_links *l, const char *hostname)
{
    pthread_mutex_lock(&l->lock);
    collect(l);
    struct own *w = find(l, hostname);
    if (w && !w->needed) /* it is closing */
        w = NULL;
    if (!w) {
        w = xcalloc(1, sizeof(*w));
        w->user = (struct sbuf)SBUF_INIT;
        w->all = l;
        w->hostname = xstrdup(hostname);
        topology_agent_user(hostname, &w->user);
        w->next = l->own;
        l->own = w;
    }
    w->needed++;
    open_waiting(l);
    pthread_mutex_unlock(&l->lock);
}

void ems_links_leave(struct ems_links *l, const char *hostname)
{
    pthread_mutex_lock(&l->lock);
    struct own *w = find(l, hostname);
    if (w && w->needed && --w->needed == 0 && w->link)
        ems_link_end(w->link);
    collect(l);
    open_waiting(l);
    pthread_mutex_unlock(&l->lock);
}

void ems_links_send(struct ems_links *l, const char *hostname, const char *command,
                    struct sbuf *body)
{
    pthread_mutex_lock(&l->lock);
    const struct own *w = find(l, hostname);
    if (!w)
        ems_link_send(l->common, hostname, command, body);
    else if (w->link)
        ems_link_send(w->link, hostname, command, body);
    pthread_mutex_unlock(&l->lock); /* dropped: `ready` comes, when it has a place */
}

void ems_links_ack(struct ems_links *l, uint64_t tag, uint64_t epoch)
{
    unsigned place = (unsigned)(epoch >> PLACE_SHIFT);
    epoch &= (UINT64_C(1) << PLACE_SHIFT) - 1;
    pthread_mutex_lock(&l->lock);
    if (!place)
        ems_link_ack(l->common, tag, epoch);
    else if (place <= EMS_LINKS_OWN && l->places[place] && l->places[place]->link)
        ems_link_ack(l->places[place]->link, tag, epoch);
    pthread_mutex_unlock(&l->lock);
}

void ems_links_login(struct ems_links *l, const char *user, const char *password)
{
    pthread_mutex_lock(&l->lock);
    free(l->user);
    secret_free(l->password);
    l->user = xstrdup(user);
    l->password = xstrdup(password);
    ems_link_login(l->common, user, password);
    for (struct own *w = l->own; w; w = w->next)
        if (w->link)
            ems_link_login(w->link, user, password);
    pthread_mutex_unlock(&l->lock);
}

/* --- life --- */

static const char *keep(char **to, const char *text)
{
    return *to = text ? xstrdup(text) : NULL;
}

struct ems_links *ems_links_new(const struct ems_link_options *options)
{
    struct ems_links *l = xcalloc(1, sizeof(*l));
    l->o = *options;
    l->common = ems_link_new(options);
    l->o.bus.host = keep(&l->host, options->bus.host);
    l->o.bus.tls.ca = keep(&l->tls_ca, options->bus.tls.ca);
    l->o.bus.tls.cert = keep(&l->tls_cert, options->bus.tls.cert);
    l->o.bus.tls.key = keep(&l->tls_key, options->bus.tls.key);
    l->o.endpoint = keep(&l->endpoint, options->endpoint);
    l->o.instance = keep(&l->instance, options->instance);
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

enum err_code ems_links_start(struct ems_links *l, struct err *err)
{
    enum err_code rc = ems_link_start(l->common, err);
    pthread_mutex_lock(&l->lock);
    l->is_started = rc == ERR_OK;
    open_waiting(l);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

/* The links' threads may be in our hooks: these do not take the lock. */
void ems_links_stop(struct ems_links *l)
{
    pthread_mutex_lock(&l->lock);
    l->is_started = false;
    for (struct own *w = l->own; w; w = w->next)
        if (w->link)
            ems_link_end(w->link);
    for (struct own *w = l->own; w; w = w->next)
        if (w->link)
            ems_link_stop(w->link);
    pthread_mutex_unlock(&l->lock);
    ems_link_stop(l->common);
}

void ems_links_free(struct ems_links *l)
{
    if (!l)
        return;
    for (struct own *w = l->own, *next; w; w = next) {
        next = w->next;
        own_free(w);
    }
    ems_link_free(l->common);
    free(l->user);
    secret_free(l->password);
    char *const texts[] = {l->host, l->endpoint, l->instance, l->tls_ca, l->tls_cert, l->tls_key};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
