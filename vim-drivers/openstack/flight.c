/* Launches in flight at one cloud: as many as the option says. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdlib.h>
#include <string.h>

enum { FORGOTTEN_US = 120000000 }; /* a launch that was not called again */

static struct os_launching **find_mine(struct os_session *s, const char *token)
{
    struct os_launching **at = &s->launching;
    while (*at && strcmp((*at)->token, token) != 0)
        at = &(*at)->next;
    return at;
}

static void drop(struct os_session *s, struct os_launching **at)
{
    struct os_launching *l = *at;
    *at = l->next;
    s->launching_n--;
    free(l->token);
    free(l);
}

static void drop_forgotten(struct os_session *s)
{
    int64_t now = clock_mono_us();
    for (struct os_launching **at = &s->launching; *at;)
        if (!(*at)->is_running && (*at)->touched_us + FORGOTTEN_US < now)
            drop(s, at);
        else
            at = &(*at)->next;
}

bool os_is_launching(struct os_session *s, const char *token)
{
    pthread_mutex_lock(&s->lock);
    bool is = *find_mine(s, token) != NULL;
    pthread_mutex_unlock(&s->lock);
    return is;
}

void os_flight_begin(struct os_conn *c, const char *token, struct os_launching **ret)
{
    struct os_session *s = c->session;
    pthread_mutex_lock(&s->lock);
    drop_forgotten(s);
    struct os_launching *l = *find_mine(s, token);
    if (!l && s->launching_n < c->os->o->launches) {
        l = xcalloc(1, sizeof(*l));
        l->token = xstrdup(token);
        l->next = s->launching;
        s->launching = l;
        s->launching_n++;
    }
    if (l && l->is_running) /* the same launch, given to us twice */
        l = NULL;
    if (l)
        l->is_running = true;
    pthread_mutex_unlock(&s->lock);
    *ret = l;
}

void os_flight_end(struct os_conn *c, struct os_launching *mine, bool goes_on)
{
    struct os_session *s = c->session;
    pthread_mutex_lock(&s->lock);
    mine->is_running = false;
    mine->touched_us = clock_mono_us();
    if (!goes_on)
        drop(s, find_mine(s, mine->token));
    pthread_mutex_unlock(&s->lock);
}
