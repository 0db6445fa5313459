/* Accounts and rooms as the registry keeps them: what is due goes to the broker, what the broker
 * lost is made again, what nobody uses ends. */
#include <stdlib.h>
#include <string.h>

#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/audit/audit.h"
#include "nfvo/store/store_room.h"
#include "nfvo/vnfm/internal.h"
#include "proto/rights.h"

enum { LOOK_MS = 1000, FAILING_MS = 5000, UNUSED_MIN_MS = 10000 };

static void agents_vhost_made(void *arg)
{
    agents_compare_soon(((struct registry *)arg)->agents, true);
}

static struct account_place place_of(struct registry *r)
{
    return (struct account_place){.management = &r->management,
                                  .setup = &r->setup,
                                  .db = r->db,
                                  .agents_vhost_made = r->agents ? agents_vhost_made : NULL,
                                  .arg = r};
}

enum err_code accounts_make(struct registry *r, const char *name, struct err *err)
{
    const struct account_place where = place_of(r);
    bool is_done = false;
    return account_converge(&where, name, &is_done, err);
}

/* --- what is due ------------------------------------------------------------------------------ */

/* Its row says why; the log, when it is new. */
static void tell_fault(struct registry *r, const char *name, const struct err *why)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_account m;
    bool is_known =
        store_account_get(r->db, name, &a, &m, NULL) == ERR_OK && strcmp(m.fault, why->msg) == 0;
    if (is_known || atomic_load(&r->is_stopping))
        return;
    log_warn(LOG_VNFM, "account_waits", KV_S("account", name), KV_ERR(why));
    err_ignore(store_account_done(r->db, name, why->msg, NULL), "the log has it");
}

void accounts_work(struct registry *r, int64_t now_us)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const struct account_place where = place_of(r);
    const char **names = NULL;
    size_t n = 0;
    bool is_failing = false;
    if (now_us < r->accounts_at_us)
        return;
    if (store_accounts_due(r->db, &a, &names, &n, NULL) != ERR_OK)
        is_failing = true;
    for (size_t i = 0; i < n && !is_failing && !atomic_load(&r->is_stopping); i++) {
        struct err err = ERR_INIT;
        bool is_done;
        enum err_code rc = account_converge(&where, names[i], &is_done, &err);
        if (rc != ERR_OK)
            tell_fault(r, names[i], &err);
        is_failing = rc == ERR_UNAVAIL || rc == ERR_TIMEOUT;
        r->is_account_failing |= rc != ERR_OK;
    }
    bool has_failed = r->is_account_failing || is_failing;
    r->is_account_failing = false;
    r->accounts_at_us = clock_mono_us() + (has_failed ? FAILING_MS : LOOK_MS) * USEC_PER_MS;
}

/* --- what the broker lost --------------------------------------------------------------------- */

struct names {
    struct arena arena;
    const char **at;
    size_t n;
};

static void add_name(struct names *l, const char *name)
{
    l->at = arena_grow_array(&l->arena, l->at, l->n, sizeof(l->at[0]));
    l->at[l->n++] = arena_strdup(&l->arena, name);
}

static void on_user(void *arg, const char *user, bool bears_tag)
{
    if (bears_tag)
        add_name(arg, user);
}

static void on_vhost(void *arg, const char *vhost)
{
    add_name(arg, vhost);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_name(const struct names *l, const char *name)
{
    return l->n && bsearch(&name, l->at, l->n, sizeof(l->at[0]), by_text);
}

static enum err_code redo_rooms(struct registry *r, const struct names *vhosts, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_rooms rooms = {0};
    enum err_code rc = store_room_list(r->db, &a, &rooms, err);
    for (uint32_t i = 0; rc == ERR_OK && i < rooms.n; i++)
        if (rooms.at[i].state == STORE_ROOM_READY && !has_name(vhosts, rooms.at[i].name))
            rc = store_room_set_state(r->db, rooms.at[i].name, STORE_ROOM_MAKING, err);
    return rc;
}

static enum err_code redo(struct registry *r, const struct names *users, const struct names *vhosts,
                          struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_account *all = NULL;
    size_t n = 0;
    enum err_code rc = redo_rooms(r, vhosts, err);
    if (rc == ERR_OK)
        rc = store_accounts_all(r->db, &a, &all, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++)
        if (!has_name(users, all[i].name) || (*all[i].room && !has_name(vhosts, all[i].room)))
            rc = store_account_redo(r->db, all[i].name, err);
    r->accounts_at_us = 0;
    return rc;
}

static enum err_code make_again_what_is_lost(struct registry *r, struct err *err)
{
    struct names users = {.arena = ARENA_INIT}, vhosts = {.arena = ARENA_INIT};
    enum err_code rc = management_users(&r->management, MANAGEMENT_TAG, on_user, &users, err);
    if (rc == ERR_OK)
        rc = management_vhosts(&r->management, on_vhost, &vhosts, err);
    if (users.n)
        qsort(users.at, users.n, sizeof(users.at[0]), by_text);
    if (vhosts.n)
        qsort(vhosts.at, vhosts.n, sizeof(vhosts.at[0]), by_text);
    if (rc == ERR_OK)
        rc = redo(r, &users, &vhosts, err);
    arena_release(&users.arena);
    arena_release(&vhosts.arena);
    return rc;
}

/* --- open registration ------------------------------------------------------------------------ */

/* Absent, and somebody else's of that name, are fine. Connections are closed with it. */
static enum err_code delete_registrar(struct registry *r, struct err *err)
{
    const char *user = r->setup.options->registration_user;
    bool is_foreign = true;
    enum err_code rc = management_is_foreign_user(&r->management, user, &is_foreign, err);
    return rc == ERR_OK && !is_foreign ? management_delete_user(&r->management, user, err) : rc;
}

/* Those that are open, but this one (NULL: all). */
static enum err_code forget_open_rooms(struct registry *r, const char *keep, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_rooms rooms = {0};
    enum err_code rc = store_room_list(r->db, &a, &rooms, err);
    for (uint32_t i = 0; rc == ERR_OK && i < rooms.n; i++)
        if (rooms.at[i].is_open && !(keep && strcmp(rooms.at[i].name, keep) == 0))
            rc = store_room_delete(r->db, rooms.at[i].name, err);
    return rc;
}

struct whereabouts {
    struct registry *r;
    const char *room;
    bool is_where_it_was;
};

/* Another suite may have the same user in rooms of its own: those are not ours to say. */
static void look_where_it_was(void *arg, const char *vhost)
{
    struct whereabouts *w = arg;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_room room;
    if (strcmp(vhost, w->room) == 0)
        return;
    w->is_where_it_was |= strcmp(vhost, account_vhost(&w->r->setup, "")) == 0 ||
                          store_room_get(w->r->db, vhost, &a, &room, NULL) == ERR_OK;
}

/* Registration was open in another room before, perhaps in the inner one. The well-known user must
 * not stay there: rights that are taken away do not close what is open (trust.md 2), so it goes
 * as a whole, and with it the accounts that came by it there. */
static enum err_code leave_other_rooms(struct registry *r, const char *vhost, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct whereabouts where = {.r = r, .room = vhost};
    struct store_account *all = NULL;
    size_t n = 0;
    enum err_code rc = management_rights(&r->management, r->setup.options->registration_user,
                                         look_where_it_was, &where, err);
    if (rc == ERR_OK && where.is_where_it_was)
        rc = delete_registrar(r, err);
    if (rc == ERR_OK)
        rc = store_accounts_all(r->db, &a, &all, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        if (!all[i].is_open || strcmp(account_vhost(&r->setup, all[i].room), vhost) == 0 ||
            strcmp(all[i].state, "ending") == 0)
            continue;
        log_info(LOG_SEC, "account_ends", KV_S("account", all[i].name),
                 KV_S("reason", "registration is open in another room now"));
        rc = store_account_end(r->db, all[i].name, err);
        r->accounts_at_us = 0;
    }
    return rc == ERR_OK ? forget_open_rooms(r, vhost, err) : rc;
}

/* A peer that registers at once must find the queue: some end with the first refusal. */
static bool has_entries_in(const struct registry *r, const char *vhost)
{
    const struct registry_room *room = registry_room_find(r, vhost);
    return !r->setup.rooms || (room && bus_is_ready(room->bus));
}

static enum err_code put_registrar(struct registry *r, const char *vhost, struct err *err)
{
    const struct registry_options *o = r->setup.options;
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    if (o->has_registration_default_exchange)
        rights_of(RIGHTS_REGISTRATION, NULL, &rights);
    else { /* it keeps Python and Go VNFMs out, and nobody in: trust.md, H2 */
        rights.exchanges[0] = TOPOLOGY_EXCHANGE;
        topology_rights_registration_strict(&rights);
    }
    enum err_code rc = management_put_user(&r->management, o->registration_user,
                                           o->registration_password, NULL, err);
    if (rc == ERR_OK)
        rc = management_put_rights(&r->management, vhost, o->registration_user, &rights, err);
    return rc == ERR_OK ? management_put_account_limits(&r->management, o->registration_user, err)
                        : rc;
}

/* *ret_is_done false, with ERR_OK: the room is not entered yet. */
static enum err_code open_registration(struct registry *r, bool *ret_is_done, struct err *err)
{
    const struct registry_options *o = r->setup.options;
    const char *vhost = o->registration_room;
    const struct store_room room = {
        .name = vhost,
        .is_open = true,
        .project_id =
            o->registration_project && *o->registration_project ? o->registration_project : NULL};
    enum err_code rc = leave_other_rooms(r, vhost, err);
    if (rc == ERR_OK)
        rc = management_put_room(&r->management, vhost, err);
    if (rc == ERR_OK)
        rc = store_room_put(r->db, &room, err);
    if (rc == ERR_OK)
        rc = store_room_set_state(r->db, vhost, STORE_ROOM_READY, err);
    *ret_is_done = rc == ERR_OK && has_entries_in(r, vhost);
    if (*ret_is_done)
        rc = put_registrar(r, vhost, err);
    return rc == ERR_OK ? rc : err_add(err, "make the registration user");
}

static enum err_code end_accounts(struct registry *r, int64_t keep_us, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char **names = NULL;
    size_t n = 0;
    enum err_code rc = store_accounts_unused(r->db, keep_us, &a, &names, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        log_info(LOG_SEC, "account_ends", KV_S("account", names[i]),
                 KV_S("reason", keep_us ? "it is not used" : "registration is closed"));
        rc = store_account_end(r->db, names[i], err);
    }
    if (n)
        r->accounts_at_us = 0;
    return rc;
}

/* The well-known user, and what came by it. */
static enum err_code close_registration(struct registry *r, struct err *err)
{
    enum err_code rc = delete_registrar(r, err);
    if (rc == ERR_OK)
        rc = end_accounts(r, 0, err);
    if (rc == ERR_OK)
        rc = forget_open_rooms(r, NULL, err);
    return rc == ERR_OK ? rc : err_add(err, "close the registration");
}

enum err_code accounts_prepare(struct registry *r, bool *ret_is_done, struct err *err)
{
    *ret_is_done = true;
    enum err_code rc = r->setup.options->is_registration_open
                           ? open_registration(r, ret_is_done, err)
                           : close_registration(r, err);
    if (rc == ERR_OK)
        return *ret_is_done ? make_again_what_is_lost(r, err) : rc;
    if (rc != ERR_UNAVAIL && rc != ERR_TIMEOUT)
        err_ignore(make_again_what_is_lost(r, NULL), "tried again with the registration");
    return rc;
}

/* --- who uses theirs -------------------------------------------------------------------------- */

static enum err_code is_used(struct registry *r, struct registry_room *room,
                             const struct store_account *m, bool *ret, struct err *err)
{
    if (strcmp(m->kind, "vnfm") == 0)
        return watch_has_consumers(room, *m->queue ? m->queue : m->type, ret, err);
    return watch_plugin_has_consumers(r, room, m->type, ret, err);
}

enum err_code accounts_end_unused(struct registry *r, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(db_array_release) struct db_array used = DB_TEXT_ARRAY;
    int64_t keep_ms = r->setup.options->absence_grace_ms;
    enum err_code rc = ERR_OK;
    for (size_t k = 0; rc == ERR_OK && k < r->rooms_n; k++) {
        struct store_account *list = NULL;
        size_t n = 0;
        if (!r->rooms[k]->is_open)
            continue;
        if (!bus_is_ready(r->rooms[k]->bus))
            return ERR_OK; /* nobody can be seen there */
        rc = store_accounts_in(r->db, r->rooms[k]->name, &a, &list, &n, err);
        for (size_t i = 0; rc == ERR_OK && i < n; i++) {
            bool is = false;
            if (list[i].is_open && (rc = is_used(r, r->rooms[k], &list[i], &is, err)) == ERR_OK &&
                is)
                db_array_text(&used, list[i].name);
        }
    }
    if (rc == ERR_OK && used.n)
        rc = store_accounts_seen(r->db, &used, err);
    if (keep_ms < UNUSED_MIN_MS)
        keep_ms = UNUSED_MIN_MS;
    return rc == ERR_OK ? end_accounts(r, keep_ms * USEC_PER_MS, err) : rc;
}
