#include "vim-drivers/openstack/os.h"

#include <stdlib.h>

void os_listing_unref(struct os_listing *l)
{
    if (!l || --l->refs > 0)
        return;
    l->os->listed -= l->bytes;
    arena_release(&l->arena);
    free(l);
}

void os_listings_drop(struct os_session *s, int64_t before_us)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < OS_LIST_N; i++)
        if (s->listings[i] && s->listings[i]->refs == 1 && s->listings[i]->begun_us < before_us) {
            os_listing_unref(s->listings[i]);
            s->listings[i] = NULL;
        }
    pthread_mutex_unlock(&s->lock);
}
