/* Networks and the addresses that servers have in them. */
#include "vim-drivers/local/local.h"

#include "common/base/mem.h"
#include "common/log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORKS_MAX = 1000 };

static uint32_t salt_of(const struct loc *l)
{
    return (uint32_t)strtoul(l->id, NULL, 16);
}

/* --- its range --- */

/* Would the two be in each other's way? Of loopback there is one; else what a server may be
 * connected to at once, and what is in one namespace. */
static bool is_in_the_way(const struct loc *l, const struct loc_network *o,
                          const struct loc_network *n)
{
    return l->mode == LOC_PLAIN || o->zone == n->zone || strcmp(n->project, LOC_SHARED) == 0 ||
           loc_network_is_for(o, n->project);
}

static const struct loc_network *overlapped(const struct loc *l, const struct loc_network *n)
{
    const struct loc_network *o = l->networks;
    while (o && !(is_in_the_way(l, o, n) && ip4_ranges_overlap(&o->range, &n->range)))
        o = o->next;
    return o;
}

/* The one that was asked for, where that can be. */
static enum err_code range_as_said(struct loc *l, struct loc_network *n, const char *cidr,
                                   bool *ret_is_good, struct err *err)
{
    bool is_loopback = l->mode == LOC_PLAIN;
    char text[IP4_RANGE_TEXT];
    *ret_is_good = false;
    if (!cidr || !cidr[0] || (is_loopback && strncmp(cidr, "127.", 4) != 0))
        return ERR_OK;
    enum err_code rc = ip4_range_parse(cidr, is_loopback, &n->range, err);
    if (rc != ERR_OK)
        return rc;
    const struct loc_network *o = overlapped(l, n);
    bool is_known = o && loc_network_is_for(o, n->project); /* others' are not spoken of */
    if (o && is_loopback && !is_known)
        return ERR_OK;
    *ret_is_good = !o;
    if (!o)
        return ERR_OK;
    ip4_range_print(&o->range, text);
    err_set(err, ERR_EXISTS, "'%s' overlaps with '%s' of network '%s'", cidr,
            is_known ? text : "a range", is_known ? o->name : "of another project");
    return err_hint(err, "choose another cidr, or delete that network");
}

static enum err_code range_for(struct loc *l, struct loc_network *n, const char *cidr,
                               struct err *err)
{
    struct ip4_range used[NETWORKS_MAX];
    size_t used_n = 0;
    bool is_good;
    for (const struct loc_network *o = l->networks; o; o = o->next) {
        if (used_n == NETWORKS_MAX)
            return err_set(err, ERR_LIMIT, "%zu networks are enough", used_n);
        used[used_n++] = o->range;
    }
    enum err_code rc = range_as_said(l, n, cidr, &is_good, err);
    return rc != ERR_OK || is_good
               ? rc
               : ip4_range_choose(used, used_n, l->mode == LOC_PLAIN, salt_of(l), &n->range, err);
}

/* --- whose it is --- */

/* A project's bridges are in a namespace of their own, so that its ranges are its own, too; zone 0
 * has those that are shared, and those of before. */
static unsigned zone_of(const struct loc *l, const char *project)
{
    const struct loc_network *n;
    if (strcmp(project, LOC_SHARED) == 0)
        return 0;
    for (n = l->networks; n; n = n->next)
        if (n->zone && strcmp(n->project, project) == 0)
            return n->zone;
    for (unsigned zone = 1;; zone++) {
        for (n = l->networks; n && n->zone != zone;)
            n = n->next;
        if (!n)
            return zone;
    }
}

static bool is_shared_name(const struct loc *l, const char *name)
{
    for (size_t i = 0; i < l->o->shared_networks.n; i++)
        if (strcmp(l->o->shared_networks.items[i], name) == 0)
            return true;
    return false;
}

static const struct loc_server *user_of(const struct loc *l, const struct loc_network *n)
{
    for (const struct loc_server *s = l->servers; s; s = s->next)
        for (unsigned i = 0; i < s->nic_n; i++)
            if (strcmp(s->nics[i].network, n->id) == 0)
                return s;
    return NULL;
}

/* One of before is everybody's as it was, while servers are in it; one that is empty is for whoever
 * asks for a network of its name first. */
bool loc_network_is_listed(const struct loc *l, const struct loc_network *n, const char *project)
{
    return !n->is_busy && loc_network_is_for(n, project) &&
           (strcmp(n->project, LOC_OF_BEFORE) != 0 || user_of(l, n));
}

void loc_networks_settle(struct loc *l)
{
    for (struct loc_network *n = l->networks; n; n = n->next) {
        const char *project = is_shared_name(l, n->name) ? LOC_SHARED : LOC_OF_BEFORE;
        bool is_ours = strcmp(n->project, LOC_SHARED) == 0 || !n->project[0];
        struct err err = ERR_INIT;
        if (is_ours && strcmp(n->project, project) != 0) {
            snprintf(n->project, sizeof(n->project), "%s", project);
            if (loc_save_network(l, n, &err) != ERR_OK)
                log_error(LOG_DRIVER, "not_saved", KV_S("network", n->name), KV_ERR(&err));
        }
        if (!n->project[0] && user_of(l, n))
            log_warn(LOG_DRIVER, "shared_network", KV_S("network", n->name), KV_S("id", n->id),
                     KV_S("hint", "it was made before networks belonged to projects: all share it "
                                  "until its servers are deleted; option shared-networks keeps it "
                                  "so"));
    }
}

static unsigned free_number(const struct loc *l)
{
    for (unsigned number = 1;; number++) {
        const struct loc_network *n = l->networks;
        while (n && n->number != number)
            n = n->next;
        if (!n)
            return number;
    }
}

static void drop(struct loc *l, struct loc_network *n)
{
    struct loc_network **at = &l->networks;
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    free(n);
}

/* The record is written first: a bridge is always somebody's. */
static enum err_code make(struct loc *l, struct loc_network *n, struct err *err)
{
    enum err_code rc = loc_save_network(l, n, err);
    if (rc == ERR_OK && l->mode == LOC_RUNC)
        rc = loc_fabric_add_network(l, n, err);
    if (rc != ERR_OK && (l->mode != LOC_RUNC || loc_fabric_drop_network(l, n, NULL) == ERR_OK))
        err_ignore(loc_forget(l, "networks", n->id, NULL), "the first failure counts");
    return rc;
}

/* What is there already, with the lock held. An empty one of before becomes the project's. */
static bool is_there(struct loc *l, const char *project, const char *name, struct loc_network *ret)
{
    struct loc_network *n;
    while ((n = loc_network_find(l, project, name)) && n->is_busy)
        pthread_cond_wait(&l->changed, &l->lock);
    if (!n || strcmp(n->name, name) != 0)
        return false; /* an id is no name */
    if (!n->project[0] && !user_of(l, n)) {
        snprintf(n->project, sizeof(n->project), "%s", project);
        err_ignore(loc_save_network(l, n, NULL), "the next one who asks takes it then");
    }
    *ret = *n;
    return true;
}

static enum err_code plan(struct loc *l, const char *project, const char *name, const char *cidr,
                          struct loc_network **ret, struct err *err)
{
    struct loc_network *n = xcalloc(1, sizeof(*n));
    id_new(n->id);
    snprintf(n->name, sizeof(n->name), "%s", name);
    snprintf(n->project, sizeof(n->project), "%s", project);
    n->zone = zone_of(l, project);
    n->number = free_number(l);
    n->is_busy = true;
    enum err_code rc = range_for(l, n, cidr, err);
    if (rc != ERR_OK) {
        free(n);
        return rc;
    }
    n->next = l->networks;
    *ret = l->networks = n;
    return ERR_OK;
}

enum err_code loc_network_create(struct loc *l, const char *project, const char *name,
                                 const char *cidr, struct loc_network *ret, struct err *err)
{
    struct loc_network *n;
    if (!name || !name[0] || strlen(name) >= LOC_NAME_MAX)
        return err_set(err, ERR_INVALID, "a network needs a name of at most %d bytes",
                       LOC_NAME_MAX - 1);
    project = is_shared_name(l, name) ? LOC_SHARED : project ? project : LOC_NO_PROJECT;
    loc_fabric_check(l);
    pthread_mutex_lock(&l->lock);
    if (is_there(l, project, name, ret)) { /* asked for again: the same */
        pthread_mutex_unlock(&l->lock);
        return ERR_OK;
    }
    enum err_code rc = plan(l, project, name, cidr, &n, err);
    pthread_mutex_unlock(&l->lock);
    if (rc != ERR_OK)
        return rc;
    rc = make(l, n, err);
    pthread_mutex_lock(&l->lock);
    n->is_busy = false;
    *ret = *n;
    if (rc != ERR_OK)
        drop(l, n);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

/* With the lock held: may the project delete it? */
static enum err_code check_free(const struct loc *l, const char *project,
                                const struct loc_network *n, struct err *err)
{
    const struct loc_server *user = user_of(l, n);
    if (strcmp(n->project, LOC_SHARED) == 0) {
        err_set(err, ERR_STATE, "network '%s' belongs to all projects", n->name);
        return err_hint(err, "the driver's option shared-networks names it");
    }
    if (!user)
        return ERR_OK;
    if (strcmp(user->project, project) == 0)
        err_set(err, ERR_STATE, "network '%s' is in use by server '%s'", n->name, user->name);
    else
        err_set(err, ERR_STATE, "network '%s' is in use by other projects, too", n->name);
    return err_hint(err, "delete its servers first");
}

enum err_code loc_network_delete(struct loc *l, const char *project, const char *id,
                                 bool *ret_was_there, struct err *err)
{
    project = project ? project : LOC_NO_PROJECT;
    pthread_mutex_lock(&l->lock);
    struct loc_network *n;
    while ((n = loc_network_by_id(l, id)) && n->is_busy)
        pthread_cond_wait(&l->changed, &l->lock);
    if (n && !loc_network_is_for(n, project))
        n = NULL;
    enum err_code rc = n ? check_free(l, project, n, err) : ERR_OK;
    *ret_was_there = n != NULL;
    if (!n || rc != ERR_OK) {
        pthread_mutex_unlock(&l->lock);
        return rc;
    }
    n->is_busy = true;
    pthread_mutex_unlock(&l->lock);
    if (l->mode == LOC_RUNC)
        rc = loc_fabric_drop_network(l, n, err);
    if (rc == ERR_OK)
        rc = loc_forget(l, "networks", n->id, err);
    pthread_mutex_lock(&l->lock);
    n->is_busy = false;
    if (rc == ERR_OK)
        drop(l, n);
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return rc;
}

/* --- addresses --- */

static size_t addresses_of(const struct loc *l, const struct loc_network *n, uint32_t *out,
                           size_t max)
{
    size_t got = 0;
    for (const struct loc_server *s = l->servers; s; s = s->next)
        for (unsigned i = 0; i < s->nic_n; i++)
            if (strcmp(s->nics[i].network, n->id) == 0 && got < max)
                out[got++] = s->nics[i].ip;
    return got;
}

static enum err_code fixed_address(const struct loc *l, const struct loc_network *n,
                                   const char *text, const uint32_t *used, size_t used_n,
                                   uint32_t *ret, struct err *err)
{
    char cidr[IP4_RANGE_TEXT];
    uint32_t ip = ip4_parse(text);
    ip4_range_print(&n->range, cidr);
    if (ip && l->mode == LOC_PLAIN && !ip4_range_has(&n->range, ip))
        ip = n->range.base | (ip & 255); /* the range is another one: README, plain mode */
    if (!ip || !ip4_range_has(&n->range, ip)) {
        err_set(err, ERR_INVALID, "fixedIp '%s' is no address for a server in '%s' of network '%s'",
                text, cidr, n->name);
        return err_hint(err, "give the network's link the cidr that holds the address");
    }
    for (size_t i = 0; i < used_n; i++)
        if (used[i] == ip)
            return err_set(err, ERR_EXISTS, "fixedIp '%s' of network '%s' is in use", text,
                           n->name);
    *ret = ip;
    return ERR_OK;
}

enum err_code loc_nics_take(struct loc *l, const struct loc_launch *want, struct loc_server *s,
                            struct err *err)
{
    enum { USED_MAX = 16384 };
    enum err_code rc = ERR_OK;
    AUTO(freep) uint32_t *used = xcalloc(USED_MAX, sizeof(*used));
    for (unsigned i = 0; i < want->nic_n && rc == ERR_OK; i++) {
        const char *name = want->nics[i].network;
        const struct loc_network *n = loc_network_find(l, s->project, name);
        struct loc_nic *nic = &s->nics[i];
        if (!n || n->is_busy) {
            err_set(err, ERR_NOT_FOUND, "network '%s' is not there", name);
            return err_hint(err, "create it first; listNetworks tells those that are there");
        }
        size_t used_n = addresses_of(l, n, used, USED_MAX - LOC_NICS_MAX);
        for (unsigned k = 0; k < i; k++)
            if (strcmp(s->nics[k].network, n->id) == 0)
                used[used_n++] = s->nics[k].ip;
        const char *fixed = want->nics[i].fixed_ip;
        rc = fixed && fixed[0] ? fixed_address(l, n, fixed, used, used_n, &nic->ip, err)
                               : ip4_choose(&n->range, used, used_n, &nic->ip, err);
        if (rc != ERR_OK)
            return err_add(err, "network '%s'", n->name);
        snprintf(nic->network, sizeof(nic->network), "%s", n->id);
        snprintf(nic->name, sizeof(nic->name), "%s", n->name);
        nic->has_floating = want->nics[i].has_floating;
        s->nic_n = i + 1;
    }
    return rc;
}
