#include "vim-drivers/local/local.h"

#include "common/base/mem.h"
#include "vim-drivers/sdk/ob_cloud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct loc *l, const struct loc_flavour *f)
{
    struct loc_flavour *own = xcalloc(1, sizeof(*own)), **at = &l->flavours;
    *own = *f;
    own->next = NULL;
    while (*at)
        at = &(*at)->next;
    *at = own;
}

/* Those that were added, from their files, come first: the options do not change them. */
enum err_code loc_flavours_open(struct loc *l, struct err *err)
{
    for (size_t i = 0; i < l->o->flavours.n; i++) {
        struct loc_flavour f = {0};
        struct ob_cloud_flavour said;
        if (ob_cloud_read_flavour(l->o->flavours.items[i], f.name, sizeof(f.name), &said, err) !=
            ERR_OK)
            return err_add(err, "option flavours");
        f.vcpus = said.vcpus;
        f.ram = said.ram_mb;
        f.disk = said.disk_gb;
        if (!loc_flavour_find(l, f.name))
            put(l, &f);
    }
    if (l->o->default_flavour[0] && !loc_flavour_find(l, l->o->default_flavour))
        return err_set(err, ERR_INVALID, "option default-flavour: '%s' is not among the flavours",
                       l->o->default_flavour);
    return ERR_OK;
}

enum err_code loc_flavour_add(struct loc *l, const struct loc_flavour *f, struct err *err)
{
    enum err_code rc = ob_cloud_check_flavour(
        &(struct ob_cloud_flavour){
            .name = f->name, .vcpus = f->vcpus, .ram_mb = f->ram, .disk_gb = f->disk},
        err);
    if (rc != ERR_OK)
        return rc;
    pthread_mutex_lock(&l->lock);
    const struct loc_flavour *old = loc_flavour_find(l, f->name);
    if (old && (old->vcpus != f->vcpus || old->ram != f->ram || old->disk != f->disk))
        rc = err_set(err, ERR_EXISTS, "flavour '%s' exists, with other sizes", f->name);
    else if (!old)
        rc = loc_save_flavour(l, f, err);
    if (rc == ERR_OK && !old)
        put(l, f);
    pthread_mutex_unlock(&l->lock);
    return rc;
}
