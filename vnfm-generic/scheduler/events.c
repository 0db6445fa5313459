/* What reaches the scheduler, from any thread. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "vnfm-generic/scheduler/internal.h"

#include <stdlib.h>
#include <string.h>

static struct event *event_new(enum event_kind kind, const char *text, const char *body, size_t len)
{
    struct event *e = xcalloc(1, sizeof(*e));
    *e = (struct event){.kind = kind, .body = SBUF_INIT};
    e->command = text ? xstrdup(text) : NULL;
    sbuf_add(&e->body, body, len);
    return e;
}

void event_free(struct event *e)
{
    free(e->command);
    free(e->author);
    sbuf_release(&e->body);
    free(e);
}

static void give(struct scheduler *c, struct event *taken)
{
    pthread_mutex_lock(&c->lock);
    *c->events_tail = taken;
    c->events_tail = &taken->next;
    pthread_cond_signal(&c->more);
    pthread_mutex_unlock(&c->lock);
}

void event_give(struct scheduler *c, enum event_kind kind, struct job *job, const char *text)
{
    struct event *e = event_new(kind, text, NULL, 0);
    e->job = job;
    give(c, e);
}

void scheduler_hello(struct scheduler *c, const char *author, const char *body, size_t len,
                     uint64_t tag, uint64_t epoch)
{
    struct event *e = event_new(EVENT_HELLO, NULL, body, len);
    e->author = author ? xstrdup(author) : NULL;
    e->tag = tag;
    e->epoch = epoch;
    give(c, e);
}

void scheduler_reply(struct scheduler *c, const char *author, const char *command, const char *body,
                     size_t len)
{
    struct event *e = event_new(EVENT_REPLY, command, body, len);
    e->author = author ? xstrdup(author) : NULL;
    give(c, e);
}

void scheduler_returned(struct scheduler *c, const char *command)
{
    event_give(c, EVENT_RETURNED, NULL, command);
}

void scheduler_agents_ready(struct scheduler *c, const char *hostname)
{
    event_give(c, EVENT_READY, NULL, hostname);
}

void scheduler_abandon(struct scheduler *c)
{
    event_give(c, EVENT_ABANDON, NULL, NULL);
}

int64_t scheduler_now(const struct scheduler *c)
{
    return clock_mono_us() + c->offset_us;
}
