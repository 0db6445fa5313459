#include "common/peer/answers.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct answered {
    struct table_entry entry;
    struct answered *newer, *older;
    struct sbuf reply;
    char id[];
};

static void forget(struct answers *a, struct answered *one)
{
    *(one->newer ? &one->newer->older : &a->newest) = one->older;
    *(one->older ? &one->older->newer : &a->oldest) = one->newer;
    table_remove(&a->by_id, &one->entry);
    a->size -= one->reply.cap + sizeof(*one);
    sbuf_release(&one->reply);
    free(one);
}

static struct answered *find(const struct answers *a, const char *id)
{
    struct table_entry *e = table_find(&a->by_id, id);
    return e ? CONTAINER_OF(e, struct answered, entry) : NULL;
}

const struct sbuf *answers_find(const struct answers *a, const char *id)
{
    const struct answered *one = find(a, id);
    return one ? &one->reply : NULL;
}

void answers_put(struct answers *a, const char *id, struct sbuf *reply)
{
    struct answered *known = find(a, id);
    if (known)
        forget(a, known);
    struct answered *one = xcalloc(1, sizeof(*one) + strlen(id) + 1);
    memcpy(one->id, id, strlen(id) + 1);
    if (reply->cap > reply->len + 512) { /* buffers double: half of each would be air */
        one->reply = (struct sbuf)SBUF_INIT;
        sbuf_add(&one->reply, reply->s, reply->len);
        sbuf_release(reply);
    } else {
        one->reply = *reply;
    }
    *reply = (struct sbuf)SBUF_INIT;
    one->older = a->newest;
    *(a->newest ? &a->newest->newer : &a->oldest) = one;
    a->newest = one;
    table_put(&a->by_id, &one->entry, one->id);
    a->size += one->reply.cap + sizeof(*one);
    while (a->size > a->max && a->oldest != one)
        forget(a, a->oldest);
}

void answers_release(struct answers *a)
{
    while (a->oldest)
        forget(a, a->oldest);
    table_release(&a->by_id);
}
