#include "vim-drivers/openstack/os.h"

#include <stdlib.h>

void os_listing_unref(struct os_listing *l)
{
    if (!l || --l->refs > 0)
        return;
    arena_release(&l->arena);
    free(l);
}
