#include "vim-drivers/local/local.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(const char *s)
{
    return *s && *s != '.' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               strlen(s);
}

static enum err_code check(const struct loc_flavour *f, struct err *err)
{
    if (!is_word(f->name)) {
        err_set(err, ERR_INVALID, "'%s' is no name for a flavour", f->name);
        return err_hint(err, "letters, digits, dot, dash and underscore");
    }
    if (f->vcpus < 1 || f->vcpus > 1024 || f->ram < 16 || f->ram > 16 * 1024 * 1024 ||
        f->disk < 0 || f->disk > 1024 * 1024) {
        err_set(err, ERR_INVALID, "flavour '%s' is out of range", f->name);
        return err_hint(err, "1 to 1024 vcpus, 16 to 16777216 MB of ram, 0 to 1048576 GB of disk");
    }
    return ERR_OK;
}

enum err_code loc_flavour_parse(const char *text, struct loc_flavour *ret, struct err *err)
{
    struct loc_flavour f = {0};
    int n = 0;
    long long vcpus, ram, disk;
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (!colon || len >= sizeof(f.name) ||
        sscanf(colon, ":%9lld:%9lld:%9lld%n", &vcpus, &ram, &disk, &n) != 3 || colon[n]) {
        err_set(err, ERR_INVALID, "'%s' is no flavour", text);
        return err_hint(err, "write NAME:VCPUS:RAM:DISK, e.g. small:1:1024:5");
    }
    memcpy(f.name, text, len);
    f.vcpus = vcpus;
    f.ram = ram;
    f.disk = disk;
    enum err_code rc = check(&f, err);
    if (rc == ERR_OK)
        *ret = f;
    return rc;
}

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
        struct loc_flavour f;
        enum err_code rc = loc_flavour_parse(l->o->flavours.items[i], &f, err);
        if (rc != ERR_OK)
            return err_add(err, "option flavours");
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
    enum err_code rc = check(f, err);
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
