#include "nfvo/vnfm/account.h"

#include <string.h>

#include "common/bus/bus.h"
#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_agent.h"
#include "nfvo/store/store_manager.h"
#include "nfvo/store/store_room.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/registry.h"
#include "proto/rights.h"

enum { PASSWORD_SIZE = 33, NAME_MAX_LEN = 100 };

void account_told_release(struct account_told *t)
{
    if (t->password.cap)
        explicit_bzero(t->password.s, t->password.cap);
    sbuf_release(&t->password);
}

static const char *or_else(const char *text, const char *other)
{
    return text && *text ? text : other;
}

static const char *inner_vhost(const struct registry_setup *setup)
{
    return or_else(setup->bus->vhost, "/");
}

const char *account_vhost(const struct registry_setup *setup, const char *room)
{
    return or_else(room, inner_vhost(setup));
}

/* --- passwords -------------------------------------------------------------------------------- */

static const char *owner_of(const char *name, struct arena *a)
{
    return arena_printf(a, STORE_MANAGER_OWNER "%s", name);
}

void account_new_password(const struct registry_setup *setup, const char *name, struct arena *a,
                          struct sbuf *ret_password, const char **ret_sealed)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    char password[PASSWORD_SIZE];
    id_token(password, sizeof(password));
    sbuf_add(ret_password, password, sizeof(password) - 1);
    seal_wrap(store_seal(setup->store), owner_of(name, a), password, sizeof(password) - 1, &sealed);
    explicit_bzero(password, sizeof(password));
    *ret_sealed = arena_strdup(a, sealed.s);
}

enum err_code account_password(const struct registry_setup *setup,
                               const struct store_account *account, struct sbuf *ret,
                               struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    return seal_unwrap(store_seal(setup->store), owner_of(account->name, &a), account->sealed, ret,
                       err);
}

/* --- kinds ------------------------------------------------------------------------------------ */

static bool is_kind(const struct store_account *m, const char *kind)
{
    return strcmp(m->kind, kind) == 0;
}

static bool has_prefix(const struct store_account *m)
{
    return is_kind(m, "subscriber") || is_kind(m, "companion");
}

/* Of what agents measure: it lives in their virtual host, which is no room of peers. */
static bool is_collector(const struct store_account *m)
{
    return is_kind(m, STORE_ACCOUNT_COLLECTOR);
}

/* Its one queue; NULL: the row of the table has a pattern for it. */
static const char *queue_of(const struct store_account *m)
{
    if (is_kind(m, "vnfm"))
        return or_else(m->queue, m->type);
    if (*m->queue)
        return m->queue;
    return topology_is_plugin_queue(m->type) ? m->type : NULL;
}

void account_rights(const struct store_account *m, struct topology_rights *r)
{
    const char *queue = queue_of(m);
    const struct rights_names names = {.queue = queue, .type = m->type, .prefix = m->queue};
    bool is_shared = m->is_open || !*m->room;
    enum rights_account who = is_collector(m)            ? RIGHTS_METRICS
                              : is_kind(m, "subscriber") ? RIGHTS_SUBSCRIBER
                              : is_kind(m, "companion")  ? RIGHTS_COMPANION
                              : is_kind(m, "vnfm") ? (is_shared ? RIGHTS_OPEN_VNFM : RIGHTS_PEER)
                              : queue              ? (is_shared ? RIGHTS_OPEN_DRIVER : RIGHTS_PEER)
                              : is_shared          ? RIGHTS_OPEN_DRIVER_BARE
                              : is_kind(m, "monitor") ? RIGHTS_MONITOR
                                                      : RIGHTS_DRIVER_BARE;
    rights_of(who, &names, r);
}

enum err_code account_may_register(const struct store_account *m, const char *type,
                                   const char *queue, struct err *err)
{
    const char *driver_type, *own = queue_of(m);
    size_t len;
    bool is_type = strcmp(type, m->type) == 0;
    if (has_prefix(m) || is_collector(m))
        err_set(err, ERR_DENIED, "account '%s' is a %s's, and registers nothing", m->name, m->kind);
    else if (is_kind(m, "vnfm") != (queue != NULL))
        err_set(err, ERR_DENIED, "account '%s' was enrolled as %s, not as %s", m->name,
                is_kind(m, "vnfm") ? "VNFM" : "driver", queue ? "VNFM" : "driver");
    else if (queue && !is_type)
        err_set(err, ERR_DENIED, "account '%s' was enrolled for type '%s', not for '%.64s'",
                m->name, m->type, type);
    else if (queue && strcmp(queue, own) != 0)
        err_set(err, ERR_DENIED, "account '%s' was enrolled with queue '%s', not '%.64s'", m->name,
                own, queue);
    else if (!queue && !is_type && !(own && strcmp(own, type) == 0) &&
             !(topology_driver_type(type, &driver_type, &len) && strlen(m->type) == len &&
               strncmp(driver_type, m->type, len) == 0))
        err_set(err, ERR_DENIED, "account '%s' was enrolled for driver '%s', not for '%.64s'",
                m->name, m->type, type);
    else
        return ERR_OK;
    return err_hint(err, "baton manager show %s; enrol another account for it", m->name);
}

/* --- enrolling -------------------------------------------------------------------------------- */

static const struct {
    const char *word, *kind;
} kinds[] = {{"vnfm", "vnfm"},           {"driver", "plugin"},
             {"monitor", "monitor"},     {"subscriber", "subscriber"},
             {"companion", "companion"}, {STORE_ACCOUNT_COLLECTOR, STORE_ACCOUNT_COLLECTOR}};

static enum err_code read_kind(const char *word, struct store_account *m, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0) {
            m->kind = kinds[i].kind;
            return ERR_OK;
        }
    err_set(err, ERR_INVALID, "'%.32s' is no kind of account", word);
    return err_hint(err, "vnfm, driver, monitor, subscriber, companion or collector");
}

static enum err_code check_name(const struct registry_setup *setup, const char *name,
                                struct err *err)
{
    const struct registry_options *o = setup->options;
    const char *const taken[] = {o->registration_user,
                                 o->management_user,
                                 setup->bus->user,
                                 REGISTRATION_USER,
                                 "guest",
                                 "admin"};
    if (!name || !*name)
        return err_set(err, ERR_INVALID, "an account needs a name");
    if (!topology_is_plain(name) || strlen(name) > NAME_MAX_LEN) {
        err_set(err, ERR_INVALID, "'%.100s' is not a name for an account", name);
        return err_hint(err, "letters, digits, '.', '-' and '_', at most %d", NAME_MAX_LEN);
    }
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        if (taken[i] && strcmp(name, taken[i]) == 0)
            return err_set(err, ERR_DENIED, "account '%s' belongs to the NFVO", name);
    if (topology_is_agent_user(name)) /* by which they know each other's commands */
        return err_set(err, ERR_DENIED, "accounts that begin with 'ems.' are the agents'");
    return ERR_OK;
}

static enum err_code check_collector(const struct store_account *m, struct err *err)
{
    if (!*m->type && !*m->queue)
        return ERR_OK;
    err_set(err, ERR_INVALID, "a collector has no type and no queue of its own");
    return err_hint(err, "without --type and --queue; it reads '%s'", QUEUE_AGENT_METRICS);
}

static enum err_code check_what_it_serves(const struct store_account *m, const char *our_user,
                                          struct err *err)
{
    bool wants_prefix = has_prefix(m);
    if (is_collector(m))
        return check_collector(m, err);
    if (wants_prefix && !*m->queue) {
        err_set(err, ERR_INVALID, "a %s needs to know how its queues begin", m->kind);
        return err_hint(err, "--queue nfvo.fm: nfvo.fm.nsr.create and so on");
    }
    if (wants_prefix)
        return topology_check_prefix(m->queue, err);
    if (!*m->type) {
        err_set(err, ERR_INVALID, "a %s needs a type",
                is_kind(m, "plugin") ? "driver"
                : is_kind(m, "vnfm") ? "VNFM"
                                     : m->kind);
        return err_hint(err, "--type TYPE, as it registers");
    }
    if (is_kind(m, "vnfm"))
        return topology_check_vnfm(m->type, queue_of(m), our_user, err);
    enum err_code rc = topology_check_plugin(m->type, our_user, err);
    if (rc == ERR_OK && *m->queue && !topology_is_plugin_queue(m->queue)) {
        err_set(err, ERR_INVALID, "'%.64s' is not a queue of a driver", m->queue);
        return err_hint(err, "vim-drivers.%.32s.NAME, or without --queue", m->type);
    }
    return rc == ERR_OK && *m->queue ? topology_check_plugin(m->queue, our_user, err) : rc;
}

static enum err_code choose_agents_vhost(const struct registry_setup *setup, const char *wanted,
                                         struct store_account *m, struct err *err)
{
    const char *agents = or_else(setup->options->agents_vhost, "");
    if (!*agents) {
        err_set(err, ERR_STATE, "there are no agents whose measurements could be collected");
        return err_hint(err, "set agents-vhost in nfvo.conf");
    }
    if (wanted && *wanted && strcmp(wanted, agents) != 0) {
        err_set(err, ERR_INVALID, "a collector is in the agents' virtual host '%s', not in '%.64s'",
                agents, wanted);
        return err_hint(err, "leave --room out");
    }
    m->room = agents;
    m->queue = QUEUE_AGENT_METRICS;
    return ERR_OK;
}

/* "baton.NAME", or of another suite on this broker "VHOST.NAME". */
static enum err_code choose_room(const struct registry_setup *setup, const char *wanted,
                                 struct store_account *m, struct arena *a, struct err *err)
{
    const struct registry_options *o = setup->options;
    const char *inner = inner_vhost(setup);
    if (is_collector(m))
        return choose_agents_vhost(setup, wanted, m, err);
    bool is_root = strcmp(inner, "/") == 0;
    m->room =
        wanted && *wanted ? wanted : arena_printf(a, "%s.%s", is_root ? "baton" : inner, m->name);
    if (strcmp(m->room, inner) == 0) {
        err_set(err, ERR_DENIED, "virtual host '%s' is the NFVO's own", inner);
        return err_hint(err, "leave --room out, or set broker-vhost to another one");
    }
    if (o->agents_vhost && strcmp(m->room, o->agents_vhost) == 0)
        return err_set(err, ERR_DENIED, "virtual host '%s' is the agents'", m->room);
    if (strcmp(m->room, "/") != 0 && !topology_is_plain(m->room)) {
        err_set(err, ERR_INVALID, "'%.100s' is not a name for a room", m->room);
        return err_hint(err, "letters, digits, '.', '-' and '_', at most 200; or '/'");
    }
    return ERR_OK;
}

static enum err_code check_type_is_free(struct db *db, const struct store_account *m,
                                        struct err *err)
{
    AUTO(sbuf_release) struct sbuf other = SBUF_INIT;
    if (!*m->type)
        return ERR_OK;
    enum err_code rc = store_account_of_type(db, m->name, m->type, &other, err);
    if (rc == ERR_NOT_FOUND)
        return ERR_OK;
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_STATE, "type '%s' is account '%s''s", m->type, other.s);
    return err_hint(err, "processes of one type share an account; or: baton manager delete %s",
                    other.s);
}

enum err_code account_check_sdk(const char *sdk, struct err *err)
{
    static const char *const words[] = {"", "c", "java", "python", "go"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!sdk || strcmp(words[i], sdk) == 0)
            return ERR_OK;
    err_set(err, ERR_INVALID, "there is no SDK '%.40s'", sdk);
    err_hint(err, "c, java, python or go; \"\": not known");
    return err_where(err, "sdk");
}

enum err_code account_enrol(struct db *db, const struct registry_setup *setup,
                            const struct account_wish *wish, struct arena *a,
                            struct account_told *ret, struct err *err)
{
    struct store_account m = {.name = wish->name,
                              .type = or_else(wish->type, ""),
                              .queue = or_else(wish->queue, ""),
                              .project = or_else(wish->project, ""),
                              .sdk = or_else(wish->sdk, ""),
                              .is_enrolled = true,
                              .has_management = wish->has_management};
    enum err_code rc = check_name(setup, wish->name, err);
    if (rc == ERR_OK)
        rc = account_check_sdk(wish->sdk, err);
    if (rc == ERR_OK)
        rc = read_kind(or_else(wish->kind, "vnfm"), &m, err);
    if (rc == ERR_OK)
        rc = check_what_it_serves(&m, setup->bus->user, err);
    if (rc == ERR_OK)
        rc = choose_room(setup, wish->room, &m, a, err);
    if (rc == ERR_OK)
        rc = check_type_is_free(db, &m, err);
    if (rc != ERR_OK)
        return rc;
    account_new_password(setup, m.name, a, &ret->password, &m.sealed);
    if ((rc = store_account_add(db, &m, false, err)) != ERR_OK)
        return rc;
    ret->room = m.room;
    ret->is_new = true;
    log_info(LOG_SEC, "account_enrolled", KV_S("account", m.name), KV_S("kind", m.kind),
             KV_S("type", m.type), KV_S("room", m.room));
    return ERR_OK;
}

enum err_code account_rotate(struct db *db, const struct registry_setup *setup, const char *name,
                             struct account_told *ret, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char *sealed;
    account_new_password(setup, name, &a, &ret->password, &sealed);
    enum err_code rc = store_account_set_password(db, name, sealed, err);
    if (rc == ERR_OK)
        log_info(LOG_SEC, "account_rotated", KV_S("account", name));
    return rc;
}

/* --- the broker ------------------------------------------------------------------------------- */

static enum err_code check_not_foreign(const struct account_place *w, const char *name,
                                       struct err *err)
{
    bool is_foreign = false;
    enum err_code rc = management_is_foreign_user(w->management, name, &is_foreign, err);
    if (rc != ERR_OK || !is_foreign)
        return rc;
    err_set(err, ERR_EXISTS, "the broker has a user '%s' that is not ours", name);
    return err_hint(err, "delete it (rabbitmqctl delete_user %s), or use another name", name);
}

static enum err_code make_room(const struct account_place *w, const char *room, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_room is = {0};
    if (!*room)
        return ERR_OK;
    enum err_code rc = store_room_get(w->db, room, &a, &is, err);
    if (rc != ERR_OK || is.state != STORE_ROOM_MAKING)
        return rc;
    rc = management_put_room(w->management, room, err);
    return rc == ERR_OK ? store_room_set_state(w->db, room, STORE_ROOM_READY, err) : rc;
}

static bool is_listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list ? list : ""; *at;) {
        size_t n = strcspn(at, ", ");
        if (n == len && memcmp(at, word, n) == 0)
            return true;
        at += n + strspn(at + n, ", ");
    }
    return false;
}

/* With its exchanges, and the queue of what agents measure. */
static enum err_code make_agents_vhost(const struct account_place *w, const char *vhost,
                                       struct err *err)
{
    bool is_new = false;
    enum err_code rc = management_put_agents_vhost(w->management, vhost, &is_new, err);
    if (rc == ERR_OK && is_new && w->agents_vhost_made)
        w->agents_vhost_made(w->arg);
    return rc;
}

/* In the agents' virtual host, for the same login. */
static enum err_code put_rights_on_agents(const struct account_place *w,
                                          const struct store_account *m, struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    const struct registry_options *o = w->setup->options;
    if (!o->agents_vhost || !*o->agents_vhost || !is_kind(m, "vnfm") ||
        !is_listed(o->agents_managers, m->type))
        return ERR_OK;
    rights_of(RIGHTS_AGENTS_MANAGER, &(struct rights_names){.endpoint = queue_of(m)}, &rights);
    enum err_code rc = make_agents_vhost(w, o->agents_vhost, err);
    if (rc == ERR_OK)
        rc = management_put_rights(w->management, o->agents_vhost, m->name, &rights, err);
    return rc == ERR_OK ? store_agents_manager_put(w->db, m->name, queue_of(m), err) : rc;
}

static enum err_code make_user(const struct account_place *w, const struct store_account *m,
                               struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights rights = RIGHTS_INIT;
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    bool is_administrator = !m->is_enrolled && w->setup->options->are_peers_administrators;
    enum err_code rc = account_password(w->setup, m, &password, err);
    if (rc == ERR_OK)
        rc = management_put_user(w->management, m->name, password.s,
                                 is_administrator    ? "administrator"
                                 : m->has_management ? "management"
                                                     : NULL,
                                 err);
    if (password.cap)
        explicit_bzero(password.s, password.cap);
    account_rights(m, &rights);
    if (rc == ERR_OK)
        rc = management_put_rights(w->management, account_vhost(w->setup, m->room), m->name,
                                   &rights, err);
    if (rc == ERR_OK)
        rc = management_put_account_limits(w->management, m->name, err);
    return rc == ERR_OK ? put_rights_on_agents(w, m, err) : rc;
}

static enum err_code make(const struct account_place *w, const struct store_account *m,
                          struct err *err)
{
    enum err_code rc = check_not_foreign(w, m->name, err);
    if (rc == ERR_OK)
        rc = is_collector(m) ? make_agents_vhost(w, m->room, err) : make_room(w, m->room, err);
    return rc == ERR_OK ? make_user(w, m, err) : rc;
}

/* Its connections are closed with its user. The room of the last one is told to be ending first,
 * so that the NFVOs leave it, and is deleted with the next try. */
static enum err_code unmake(const struct account_place *w, const struct store_account *m,
                            bool *ret_is_done, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_room room = {0};
    int64_t others = 1;
    bool is_foreign = false;
    enum err_code rc = management_is_foreign_user(w->management, m->name, &is_foreign, err);
    if (rc == ERR_OK && !is_foreign)
        rc = management_delete_user(w->management, m->name, err);
    if (rc == ERR_OK && *m->room && !m->is_open && !is_collector(m))
        rc = store_room_others(w->db, m->room, m->name, &others, err);
    if (rc != ERR_OK)
        return rc;
    if (others == 0) {
        rc = store_room_get(w->db, m->room, &a, &room, err);
        if (rc == ERR_OK && room.state != STORE_ROOM_ENDING) {
            *ret_is_done = false;
            return store_room_set_state(w->db, m->room, STORE_ROOM_ENDING, err);
        }
        if (rc == ERR_OK)
            rc = management_delete_room(w->management, m->room, err);
        if (rc == ERR_OK)
            rc = store_room_delete(w->db, m->room, err);
    }
    return rc == ERR_OK || rc == ERR_NOT_FOUND ? store_account_forget(w->db, m->name, err) : rc;
}

static enum err_code work_on(const struct account_place *w, const struct store_account *m,
                             bool *ret_is_done, struct err *err)
{
    *ret_is_done = true;
    if (strcmp(m->state, "making") == 0) {
        enum err_code rc = make(w, m, err);
        return rc == ERR_OK ? store_account_done(w->db, m->name, "", err) : rc;
    }
    return strcmp(m->state, "ending") == 0 ? unmake(w, m, ret_is_done, err) : ERR_OK;
}

enum err_code account_converge(const struct account_place *w, const char *name, bool *ret_is_done,
                               struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_account m = {0};
    bool is_free = false, is_done = true;
    db_begin(w->db); /* locked meanwhile, or an older password could come last */
    enum err_code rc = store_account_lock(w->db, name, &a, &m, &is_free, err);
    if (rc == ERR_OK && is_free)
        rc = work_on(w, &m, &is_done, err);
    rc = rc == ERR_OK ? db_commit(w->db, err) : (db_rollback(w->db), rc);
    db_results_clear(w->db);
    *ret_is_done = rc == ERR_OK && is_done;
    if (*ret_is_done && is_free && strcmp(m.state, "ready") != 0)
        log_info(LOG_SEC, strcmp(m.state, "making") == 0 ? "account_is_ready" : "account_is_gone",
                 KV_S("account", name), KV_S("room", account_vhost(w->setup, m.room)));
    return rc;
}
