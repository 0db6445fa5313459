/* Servers: launched, listed, rebuilt, deleted, and taken over from a driver that died.
 *
 * What is to be made is written down first (making), what is there second (running); what is to be
 * removed first (deleting), what is gone second (no file). One that is rebuilt (rebuilding) keeps its
 * record, user data and keys throughout. So whenever a driver dies, its successor
 * knows of everything that may exist. */
#include "vim-drivers/local/local.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/sdk/ob_spent.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct loc_maker *loc_maker_of(enum loc_mode mode)
{
    return mode == LOC_RUNC ? &loc_container : &loc_plain;
}

/* --- launch --- */

static enum err_code find_flavour(const struct loc *l, const char *name, struct loc_flavour *ret,
                                  struct err *err)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    const char *wanted = name && name[0] ? name : l->o->default_flavour;
    const struct loc_flavour *f = loc_flavour_find(l, wanted);
    if (f) {
        *ret = *f;
        return ERR_OK;
    }
    for (f = l->flavours; f && names.len < 120; f = f->next)
        sbuf_addf(&names, "%s%s", names.len ? ", " : "", f->name);
    err_set(err, ERR_NOT_FOUND, "flavour '%s' is not there", wanted);
    return err_hint(err, "there are %s; addFlavor and the option flavours make others", names.s);
}

/* The beginning of its id names a server's wires: they have room for no more. */
static bool has_wires_of(const struct loc *l, const char *id)
{
    const struct loc_server *s = l->servers;
    while (s && strncmp(s->id, id, 8) != 0)
        s = s->next;
    return s != NULL;
}

/* With the lock held: a record for it, with flavour, image and addresses. */
static enum err_code plan(struct loc *l, const struct loc_launch *want, struct loc_server **ret,
                          struct err *err)
{
    struct loc_server s = {.phase = LOC_MAKING, .mode = l->mode, .is_busy = true};
    int64_t n = 0;
    for (const struct loc_server *o = l->servers; o; o = o->next)
        n++;
    if (n >= l->o->quota_instances) {
        err_set(err, ERR_LIMIT, "%lld servers are all that quota-instances allows", (long long)n);
        return err_hint(err, "delete some, or raise the driver's option quota-instances");
    }
    if (!want->name || !want->name[0] || strlen(want->name) >= LOC_NAME_MAX)
        return err_set(err, ERR_INVALID, "a server needs a name of at most %d bytes",
                       LOC_NAME_MAX - 1);
    if (want->token && strlen(want->token) >= LOC_NAME_MAX)
        return err_set(err, ERR_INVALID, "its client token is too long");
    const struct loc_image *image = loc_image_find(l, want->image);
    if (!image) {
        err_set(err, ERR_NOT_FOUND, "image '%s' is not there", want->image);
        return err_hint(err, "'host' always is; others are the folders and .tar files in the "
                             "driver's option images");
    }
    do
        id_new(s.id);
    while (has_wires_of(l, s.id));
    snprintf(s.name, sizeof(s.name), "%s", want->name);
    snprintf(s.project, sizeof(s.project), "%s", want->project ? want->project : LOC_NO_PROJECT);
    snprintf(s.token, sizeof(s.token), "%s", want->token ? want->token : "");
    snprintf(s.image, sizeof(s.image), "%s", image->name);
    snprintf(s.boot, sizeof(s.boot), "%s", l->boot);
    s.created_at = s.updated_at = clock_wall_us() / USEC_PER_SEC;
    enum err_code rc = find_flavour(l, want->flavour, &s.flavour, err);
    if (rc == ERR_OK)
        rc = loc_nics_take(l, want, &s, err);
    if (rc == ERR_OK)
        rc = loc_disk_plan(l, &s, err);
    if (rc != ERR_OK)
        return rc;
    *ret = xmalloc(sizeof(s));
    **ret = s;
    (*ret)->next = l->servers;
    l->servers = *ret;
    return ERR_OK;
}

static void folder_of(const struct loc *l, const struct loc_server *s, char out[LOC_PATH_MAX])
{
    loc_path(l, out, "instances/%s", s->id);
}

/* Whatever may exist of it. The record stays. */
static enum err_code unmake(struct loc *l, const struct loc_server *s, struct err *err)
{
    char folder[LOC_PATH_MAX];
    enum err_code rc = loc_maker_of(s->mode)->end(l, s, err);
    loc_step(l);
    folder_of(l, s, folder);
    if (rc == ERR_OK)
        rc = loc_remove_tree(folder, err);
    loc_step(l);
    return rc;
}

static enum err_code start(struct loc *l, struct loc_server *s, struct err *err)
{
    enum err_code rc = loc_maker_of(s->mode)->start(l, s, err);
    loc_step(l);
    if (rc != ERR_OK)
        return rc;
    s->phase = LOC_RUNNING;
    return loc_save_server(l, s, err);
}

static enum err_code make(struct loc *l, struct loc_server *s, const char *user_data,
                          const char *keys, struct err *err)
{
    char path[LOC_PATH_MAX];
    folder_of(l, s, path);
    enum err_code rc = loc_make_folder(path, 0700, err);
    loc_step(l);
    loc_path(l, path, "instances/%s/user-data", s->id);
    if (rc == ERR_OK)
        rc = loc_write(path, user_data ? user_data : "", strlen(user_data ? user_data : ""), 0700,
                       err);
    if (rc == ERR_OK)
        rc = loc_keys_keep(l, s, keys, err);
    loc_step(l);
    return rc == ERR_OK ? start(l, s, err) : rc;
}

/* Half made: nothing of it stays, or a record that says so. Returns whether it is gone. */
static bool undo(struct loc *l, struct loc_server *s, const struct err *why)
{
    struct err err = ERR_INIT;
    enum err_code rc = unmake(l, s, &err);
    if (rc == ERR_OK)
        rc = loc_forget(l, "servers", s->id, &err);
    if (rc == ERR_OK)
        return true;
    log_error(LOG_DRIVER, "half_made", KV_S("server", s->id), KV_ERR(&err));
    s->phase = LOC_FAILED;
    s->token[0] = '\0'; /* a repeat may succeed */
    snprintf(s->fault, sizeof(s->fault), "%s", why->msg);
    err_ignore(loc_save_server(l, s, NULL), "it is written down as being made, which says as much");
    return false;
}

/* Take over what was done to the copy, and let others at it. */
static void put_back(struct loc *l, struct loc_server *own, const struct loc_server *copy,
                     bool is_gone)
{
    pthread_mutex_lock(&l->lock);
    struct loc_server *next = own->next;
    *own = *copy;
    own->next = next;
    own->is_busy = false;
    if (is_gone)
        loc_remove_server(l, own);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

enum err_code loc_server_launch(struct loc *l, const struct loc_launch *want,
                                struct loc_server *ret, struct err *err)
{
    struct loc_server *own, s;
    int64_t began = clock_mono_us();
    ret->id[0] = '\0';
    loc_fabric_check(l);
    pthread_mutex_lock(&l->lock);
    while ((own = loc_server_by_token(l, want->token)) && own->is_busy)
        pthread_cond_wait(&l->changed, &l->lock);
    if (own) { /* asked again: the answer was lost, the server was not */
        *ret = *own;
        pthread_mutex_unlock(&l->lock);
        return ERR_OK;
    }
    enum err_code rc = ob_spent_check(l->spent, want->token, err);
    if (rc == ERR_OK)
        rc = plan(l, want, &own, err);
    if (rc == ERR_OK) {
        s = *own;
        loc_sharing_log(l, &s);
    }
    pthread_mutex_unlock(&l->lock);
    if (rc != ERR_OK)
        return rc;
    rc = loc_save_server(l, &s, err);
    if (rc == ERR_OK)
        rc = make(l, &s, want->user_data, want->authorized_keys, err);
    bool is_gone = rc != ERR_OK && undo(l, &s, err);
    put_back(l, own, &s, is_gone);
    if (rc == ERR_OK)
        log_info(LOG_DRIVER, "launched", KV_S("server", s.id), KV_S("name", s.name),
                 KV_I("took_ms", (clock_mono_us() - began) / 1000));
    if (!is_gone)
        *ret = s;
    return rc;
}

/* --- delete, rebuild --- */

/* Into our hands, when whoever has it is done. NULL: it is not there. */
static struct loc_server *take(struct loc *l, const char *id, struct loc_server *copy)
{
    struct loc_server *own;
    pthread_mutex_lock(&l->lock);
    while ((own = loc_server_by_id(l, id)) && own->is_busy)
        pthread_cond_wait(&l->changed, &l->lock);
    if (own) {
        own->is_busy = true;
        *copy = *own;
    }
    pthread_mutex_unlock(&l->lock);
    return own;
}

/* Its token is spent before anything of it goes; not that of one that is half made: its launch
 * comes again, and may succeed. */
static enum err_code remove_server(struct loc *l, struct loc_server *s, struct err *err)
{
    enum err_code rc = s->phase == LOC_MAKING ? ERR_OK : ob_spent_add(l->spent, s->token, err);
    if (rc != ERR_OK)
        return rc;
    s->phase = LOC_DELETING;
    rc = loc_save_server(l, s, err);
    if (rc == ERR_OK)
        rc = unmake(l, s, err);
    if (rc == ERR_OK)
        rc = loc_forget(l, "servers", s->id, err);
    return rc;
}

enum err_code loc_server_delete(struct loc *l, const char *id, bool *ret_was_there, struct err *err)
{
    struct loc_server s;
    struct loc_server *own = take(l, id, &s);
    *ret_was_there = own != NULL;
    if (!own)
        return ERR_OK;
    enum err_code rc = remove_server(l, &s, err);
    if (rc != ERR_OK)
        snprintf(s.fault, sizeof(s.fault), "%s", err->msg);
    put_back(l, own, &s, rc == ERR_OK);
    if (rc == ERR_OK)
        log_info(LOG_DRIVER, "deleted", KV_S("server", s.id), KV_S("name", s.name));
    return rc == ERR_OK ? rc : err_add(err, "delete server '%s'", s.name);
}

/* A server's folder but for what its next system is made with: it must be known after a crash. */
static enum err_code empty_folder(const struct loc *l, const struct loc_server *s, struct err *err)
{
    char folder[LOC_PATH_MAX], path[LOC_PATH_MAX];
    enum err_code rc = ERR_OK;
    folder_of(l, s, folder);
    DIR *d = opendir(folder);
    if (!d)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", folder);
    for (struct dirent *e; rc == ERR_OK && (e = readdir(d));) {
        bool is_kept = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                       strcmp(e->d_name, "user-data") == 0 || loc_keys_are(e->d_name);
        loc_path(l, path, "instances/%s/%s", s->id, e->d_name);
        if (!is_kept)
            rc = loc_remove_tree(path, err);
    }
    closedir(d);
    return rc;
}

static enum err_code make_again(struct loc *l, struct loc_server *s, const char *image,
                                const char *call, struct err *err)
{
    s->phase = LOC_REBUILDING;
    s->fault[0] = '\0';
    snprintf(s->image, sizeof(s->image), "%s", image);
    snprintf(s->rebuild, sizeof(s->rebuild), "%s", call);
    s->updated_at = clock_wall_us() / USEC_PER_SEC;
    enum err_code rc = loc_save_server(l, s, err);
    loc_step(l);
    if (rc == ERR_OK)
        rc = loc_maker_of(s->mode)->end(l, s, err);
    loc_step(l);
    if (rc == ERR_OK)
        rc = empty_folder(l, s, err);
    s->mode = l->mode;
    snprintf(s->boot, sizeof(s->boot), "%s", l->boot);
    if (rc == ERR_OK)
        rc = loc_save_server(l, s, err);
    loc_step(l);
    return rc == ERR_OK ? start(l, s, err) : rc;
}

enum { CALL_MIN = 16 }; /* shorter ones are numbers that an NFVO counts anew at each start */

enum err_code loc_server_rebuild(struct loc *l, const char *id, const char *image, const char *call,
                                 struct loc_server *ret, struct err *err)
{
    const char *usable =
        call && strlen(call) >= CALL_MIN && strlen(call) < LOC_NAME_MAX ? call : "";
    pthread_mutex_lock(&l->lock);
    bool is_known = loc_image_find(l, image) != NULL;
    pthread_mutex_unlock(&l->lock);
    ret->id[0] = '\0';
    if (!is_known)
        return err_set(err, ERR_NOT_FOUND, "image '%s' is not there", image);
    struct loc_server s;
    struct loc_server *own = take(l, id, &s);
    if (!own)
        return err_set(err, ERR_NOT_FOUND, "no server '%s'", id);
    bool is_repeat = usable[0] && s.phase == LOC_RUNNING && strcmp(s.rebuild, usable) == 0;
    enum err_code rc = is_repeat ? ERR_OK : make_again(l, &s, image, usable, err);
    if (rc != ERR_OK) { /* it was there before: it stays, broken, until it is deleted */
        s.phase = LOC_FAILED;
        snprintf(s.fault, sizeof(s.fault), "%s", err->msg);
        err_ignore(loc_save_server(l, &s, NULL), "the first failure counts");
    }
    *ret = s;
    put_back(l, own, &s, false);
    if (rc == ERR_OK && !is_repeat)
        log_info(LOG_DRIVER, "rebuilt", KV_S("server", s.id), KV_S("name", s.name),
                 KV_S("image", s.image));
    return rc == ERR_OK ? rc : err_add(err, "rebuild server '%s'", s.name);
}

/* --- a new driver --- */

/* The call comes again, unless nobody wants it any more: then it can be deleted. */
static enum err_code settle_rebuild(struct loc *l, struct loc_server *s, struct err *err)
{
    enum err_code rc = loc_maker_of(s->mode)->end(l, s, err);
    s->phase = LOC_FAILED;
    snprintf(s->fault, sizeof(s->fault), "its rebuild was cut off: rebuild it again");
    return rc == ERR_OK ? loc_save_server(l, s, err) : rc;
}

static enum err_code settle(struct loc *l, struct loc_server *s, struct err *err)
{
    bool was_there;
    if (s->phase == LOC_RUNNING || s->phase == LOC_FAILED) {
        const char *why;
        log_info(LOG_DRIVER, "adopted", KV_S("server", s->id), KV_S("name", s->name),
                 KV_S("status", loc_server_status(l, s, &why)));
        return ERR_OK;
    }
    log_info(LOG_DRIVER, "half_done", KV_S("server", s->id), KV_S("name", s->name),
             KV_S("phase", loc_phase_names[s->phase]));
    if (s->phase == LOC_REBUILDING)
        return settle_rebuild(l, s, err);
    return loc_server_delete(l, s->id, &was_there, err);
}

/* Folders that no record knows: the record goes last, so there is none unless somebody meddled. */
static void remove_orphans(struct loc *l)
{
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances");
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct loc_server s = {.mode = l->mode};
        if (!id_is_valid(e->d_name) || loc_server_by_id(l, e->d_name))
            continue;
        snprintf(s.id, sizeof(s.id), "%s", e->d_name);
        log_warn(LOG_DRIVER, "orphan", KV_S("server", s.id));
        err_ignore(unmake(l, &s, NULL), "the next start tries again");
    }
    if (d)
        closedir(d);
}

enum err_code loc_adopt(struct loc *l, struct err *err)
{
    enum err_code rc = ERR_OK;
    loc_networks_settle(l);
    if (l->mode == LOC_RUNC)
        rc = loc_fabric_open(l, err);
    for (struct loc_server *s = l->servers, *next; s && rc == ERR_OK; s = next) {
        next = s->next;
        if (settle(l, s, err) != ERR_OK) {
            log_error(LOG_DRIVER, "not_settled", KV_S("server", s->id), KV_ERR(err));
            *err = (struct err)ERR_INIT; /* it is listed as broken, and can be deleted */
        }
    }
    if (rc == ERR_OK)
        remove_orphans(l);
    return rc;
}
