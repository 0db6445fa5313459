/* Registering and unregistering: whose account, rows, broker. Every step may be repeated. */
#include <string.h>

#include "common/base/secret.h"
#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_manager.h"
#include "nfvo/vnfm/internal.h"

/* So long one that has just registered has time to serve its queue. */
#define FRESH_US (5 * USEC_PER_SEC)

bool enroll_may_pass(enum err_code code)
{
    return code == ERR_UNAVAIL || code == ERR_TIMEOUT || code == ERR_UNKNOWN ||
           code == ERR_DENIED || code == ERR_STATE || code == ERR_EXISTS || code == ERR_IO;
}

static const char *kind_of(const struct manager_request *q)
{
    return q->is_vnfm ? "vnfm" : "plugin";
}

static const char *words(const struct proto_strs *list, struct arena *a)
{
    const char *text = "";
    for (uint32_t i = 0; i < list->n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? " " : "", list->at[i]);
    return text;
}

/* --- whose account --------------------------------------------------------------------------- */

static enum err_code refuse(struct enroll_try *t, struct err *err)
{
    t->is_refused = true;
    return err->code;
}

/* The queue that it has to use; NULL: a driver, whose type says it. */
static const char *queue_of(const struct manager_request *q)
{
    return q->is_vnfm ? q->endpoint->endpoint : NULL;
}

/* In a room that is not open: one of those that are in it. Who registers there is one of them. */
static enum err_code find_enrolled(struct registry *r, struct enroll_try *t,
                                   const struct manager_request *q, struct arena *a,
                                   struct store_account *ret, struct err *err)
{
    struct store_account *list = NULL;
    size_t n = 0;
    bool is_inner = !*t->room->name;
    enum err_code rc = store_accounts_in(r->db, t->room->name, a, &list, &n, err);
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_DENIED, "no account is enrolled in room '%s' for type '%s'",
            account_vhost(&r->setup, t->room->name), q->username);
    err_hint(err, "baton manager enrol NAME --type %s", q->username);
    for (size_t i = 0; i < n; i++) {
        /* Those of before rooms share the inner one: the broker has to vouch for each. */
        if (is_inner && !(q->author && strcmp(q->author, list[i].name) == 0))
            continue;
        if (account_may_register(&list[i], q->username, queue_of(q), err) != ERR_OK)
            continue;
        *ret = list[i];
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    return refuse(t, err);
}

/* Is somebody there who serves what it asks for? ERR_STATE says who. */
static enum err_code check_not_served(struct registry *r, struct enroll_try *t,
                                      const struct manager_request *q, struct arena *a,
                                      struct err *err)
{
    const char *queue = q->is_vnfm ? q->endpoint->endpoint : "";
    struct store_queue *at = NULL;
    size_t n = 0;
    bool is = false;
    enum err_code rc = ERR_OK;
    if (q->is_vnfm)
        rc = watch_has_consumers(t->room, queue_of(q), &is, err);
    else
        rc = watch_plugin_has_consumers(r, t->room, q->username, &is, err);
    if (rc == ERR_OK && q->is_vnfm)
        rc = store_vnfm_queues_of(r->db, t->room->name, q->username, a, &at, &n, err);
    for (size_t i = 0; rc == ERR_OK && !is && i < n; i++)
        rc = watch_has_consumers(t->room, at[i].queue, &is, err);
    if (rc != ERR_OK || !is)
        return rc;
    err_set(err, ERR_STATE, "%s '%s' is there, and serves %s%s", q->is_vnfm ? "VNFM" : "driver",
            q->username, *queue ? "queue " : "", *queue ? queue : "its queue");
    err_hint(err,
             "several processes of one type share an account: baton manager enrol NAME --type "
             "%s",
             q->username);
    return ERR_STATE;
}

static enum err_code check_not_elsewhere(struct registry *r, struct enroll_try *t,
                                         const struct manager_request *q, struct err *err)
{
    AUTO(sbuf_release) struct sbuf who = SBUF_INIT;
    enum err_code rc = store_served_elsewhere(r->db, t->room->name, q->username,
                                              q->is_vnfm ? queue_of(q) : "", &who, err);
    if (rc == ERR_NOT_FOUND)
        return ERR_OK;
    if (rc != ERR_OK)
        return rc;
    err_set(err, ERR_STATE, "type '%s' is served by '%s', in another room", q->username, who.s);
    err_hint(err, "use another type; baton manager list shows who has which");
    return refuse(t, err);
}

/* An account of its own. */
static enum err_code make_open(struct registry *r, struct enroll_try *t,
                               const struct manager_request *q, struct arena *a,
                               struct store_account *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    char random[9];
    const char *queue = q->is_vnfm ? queue_of(q) : "";
    id_token(random, sizeof(random));
    struct store_account m = {.name = arena_printf(a, "%s-%s", q->username, random),
                              .kind = kind_of(q),
                              .type = q->username,
                              .queue = queue,
                              .room = t->room->name,
                              .project = "",
                              .state = "making",
                              .fault = "",
                              .is_open = true};
    account_new_password(&r->setup, m.name, a, &password, &m.sealed);
    explicit_bzero(password.s, password.len);
    enum err_code rc = store_accounts_supersede(r->db, t->room->name, q->username, err);
    if (rc == ERR_OK)
        rc = store_account_add(r->db, &m, true, err);
    if (rc == ERR_OK)
        *ret = m;
    return rc;
}

/* With open registration. Who proves to be the account that serves the type gets that one again;
 * everybody else one of his own, if nobody serves it. */
static enum err_code find_open(struct registry *r, struct enroll_try *t,
                               const struct manager_request *q, struct arena *a,
                               struct store_account *ret, struct err *err)
{
    struct store_account m = {0};
    bool is_fresh = false;
    enum err_code rc = q->author ? store_account_get(r->db, q->author, a, &m, err) : ERR_NOT_FOUND;
    if (rc == ERR_OK && strcmp(m.room, t->room->name) == 0 && strcmp(m.state, "ending") != 0 &&
        account_may_register(&m, q->username, queue_of(q), err) == ERR_OK) {
        *ret = m;
        return ERR_OK;
    }
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return rc;
    rc = check_not_elsewhere(r, t, q, err);
    if (rc == ERR_OK)
        rc = check_not_served(r, t, q, a, err);
    if (rc == ERR_STATE && t->is_last)
        return refuse(t, err);
    if (rc == ERR_OK)
        rc = store_account_is_fresh(r->db, t->room->name, q->username, FRESH_US, &is_fresh, err);
    if (rc == ERR_OK && is_fresh) /* it is just starting */
        rc = err_set(err, ERR_STATE, "'%s' has just registered", q->username);
    return rc == ERR_OK ? make_open(r, t, q, a, ret, err) : rc;
}

static enum err_code find_account(struct registry *r, struct enroll_try *t,
                                  const struct manager_request *q, struct arena *a,
                                  struct store_account *ret, struct err *err)
{
    return t->room->is_open ? find_open(r, t, q, a, ret, err) : find_enrolled(r, t, q, a, ret, err);
}

/* --- the rows --------------------------------------------------------------------------------- */

/* The account's, with this process added, and what it said. */
static enum err_code put_manager(struct registry *r, const struct manager_request *q,
                                 const struct store_account *account, struct arena *a,
                                 struct err *err)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    struct store_manager m = {0};
    enum err_code rc = store_manager_get(r->db, account->name, a, &m, err);
    if (rc != ERR_OK)
        return rc;
    if (q->instance)
        m.instances = instances_with(m.instances, q->instance, a);
    proto_encode(&registration_type, q->registration, PROTO_NO_SECRETS, &doc);
    m.doc = doc.s;
    return store_manager_put(r->db, &m, &sealed, err);
}

static enum err_code put_peer(struct registry *r, const struct manager_request *q,
                              const struct store_account *account, struct arena *a, struct err *err)
{
    const char *type;
    size_t len;
    if (q->is_vnfm) {
        struct vnfm_endpoint e = *q->endpoint;
        char id[ID_SIZE];
        id_new(id);
        e.id = id;
        e.active = e.enabled = true;
        e.room = account->room;
        return store_vnfm_put(r->db, &e, account->name, err);
    }
    if (!topology_driver_type(q->username, &type, &len))
        return ERR_OK; /* a bare type: its queue will show; or a monitoring plugin */
    return store_driver_put(r->db,
                            &(struct store_driver){.queue = q->username,
                                                   .type = arena_strndup(a, type, len),
                                                   .capabilities = words(&q->capabilities, a),
                                                   .room = account->room,
                                                   .account = account->name},
                            err);
}

static enum err_code store(struct registry *r, const struct manager_request *q,
                           const struct store_account *account, struct arena *a, struct err *err)
{
    db_begin(r->db);
    enum err_code rc = put_manager(r, q, account, a, err);
    if (rc == ERR_OK)
        rc = put_peer(r, q, account, a, err);
    rc = rc == ERR_OK ? db_commit(r->db, err) : (db_rollback(r->db), rc);
    db_results_clear(r->db);
    return rc;
}

/* --- the answer ------------------------------------------------------------------------------- */

static void write_answer(const char *username, const char *password, struct sbuf *out)
{
    char id[ID_SIZE];
    id_new(id);
    struct manager_credentials c = {.id = id, .username = username, .password = password};
    proto_encode(&manager_credentials_type, &c, PROTO_COMPLETE, out);
}

/* The queues of the drivers behind a registration: "vim-drivers.<type>.<name>" says it itself, a
 * bare type has those that were seen. */
static enum err_code driver_queues(struct registry *r, const char *room, const char *registered,
                                   struct arena *a, const char ***ret, size_t *ret_n,
                                   struct err *err)
{
    const char *type;
    size_t len;
    if (!topology_driver_type(registered, &type, &len))
        return store_driver_queues(r->db, room, registered, a, ret, ret_n, err);
    *ret = arena_alloc(a, sizeof((*ret)[0]));
    (*ret)[0] = arena_strdup(a, registered);
    *ret_n = 1;
    return ERR_OK;
}

/* Who registers is a process that starts: where nobody serves the queue and nothing waits in it,
 * what the one before had in hand died with it. */
static enum err_code predecessors_died(struct registry *r, struct registry_room *room,
                                       const struct manager_request *q, struct arena *a,
                                       struct err *err)
{
    const char **queues = NULL;
    size_t n = 0;
    if (q->is_vnfm)
        return watch_predecessor_died(r, room, queue_of(q), q->endpoint->type, err);
    enum err_code rc = driver_queues(r, room->name, q->username, a, &queues, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++)
        rc = watch_predecessor_died(r, room, queues[i], NULL, err);
    return rc;
}

static enum err_code tell_password(struct registry *r, const struct store_account *account,
                                   struct sbuf *ret_answer, struct err *err)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    enum err_code rc = account_password(&r->setup, account, &password, err);
    if (rc == ERR_OK)
        write_answer(account->name, password.s, ret_answer);
    if (password.cap)
        explicit_bzero(password.s, password.cap);
    return rc;
}

enum err_code enroll_register(struct registry *r, struct enroll_try *t,
                              const struct manager_request *q, struct arena *a,
                              struct sbuf *ret_answer, struct err *err)
{
    struct store_account account = {0};
    enum err_code rc = find_account(r, t, q, a, &account, err);
    t->account = account.name;
    if (rc == ERR_OK)
        rc = store(r, q, &account, a, err);
    if (rc == ERR_OK)
        rc = predecessors_died(r, t->room, q, a, err);
    if (rc == ERR_OK && strcmp(account.state, "making") == 0)
        rc = accounts_make(r, account.name, err);
    if (rc == ERR_OK)
        rc = tell_password(r, &account, ret_answer, err);
    if (rc != ERR_OK)
        return err_add(err, "register '%s'", q->username);
    log_info(LOG_VNFM, "manager_registered", KV_S("manager", q->username), KV_S("kind", kind_of(q)),
             KV_S("account", account.name), KV_S("room", account_vhost(&r->setup, account.room)),
             KV_S("endpoint", q->is_vnfm ? q->endpoint->endpoint : NULL),
             KV_S("capabilities", words(&q->capabilities, a)), KV_S("instance", q->instance));
    return ERR_OK;
}

/* --- unregister ------------------------------------------------------------------------------- */

/* Is it that account's password, and said in its room? In a room of enrolled peers the room is
 * enough: a process may know the password from before it was rotated. */
static enum err_code check_password(struct registry *r, const struct enroll_try *t,
                                    const struct manager_request *q, const struct store_account *m,
                                    bool *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    enum err_code rc = account_password(&r->setup, m, &password, err);
    *ret = rc == ERR_OK && strcmp(m->room, t->room->name) == 0 &&
           ((m->is_enrolled && *m->room) || secret_equal(password.s, q->password));
    if (password.cap)
        explicit_bzero(password.s, password.cap);
    return rc;
}

/* The registration as it is stored: what it sends with the goodbye is only a claim. */
static enum err_code stored(struct registry *r, const char *name, struct arena *a,
                            const struct registration **ret, struct store_manager *ret_manager,
                            struct err *err)
{
    struct registration *reg = proto_new(&registration_type, a);
    enum err_code rc = store_manager_get(r->db, name, a, ret_manager, err);
    if (rc != ERR_OK)
        return rc;
    const char *doc = ret_manager->doc;
    if (*doc && proto_decode(&registration_type, doc, strlen(doc), 0, a, &reg, err) != ERR_OK)
        return err_add(err, "the stored registration of '%s' cannot be read", name);
    *ret = reg;
    return ERR_OK;
}

static enum err_code has_consumers(struct registry *r, const struct enroll_try *t,
                                   const struct store_account *m, const struct registration *reg,
                                   bool *ret, struct err *err)
{
    const struct vnfm_endpoint *e = reg->endpoint;
    if (strcmp(m->kind, "vnfm") != 0)
        return watch_plugin_has_consumers(r, t->room, reg->type ? reg->type : m->type, ret, err);
    if (!e || !e->endpoint || (e->endpoint_type && strcmp(e->endpoint_type, "RABBIT") != 0)) {
        *ret = false;
        return ERR_OK;
    }
    return watch_has_consumers(t->room, e->endpoint, ret, err);
}

/* Its row stays for a while: it may be restarting, and what needs it then waits for it. */
static enum err_code driver_leaves(struct registry *r, const char *room, const char *registered,
                                   struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    const char **queues = NULL;
    size_t n = 0;
    enum err_code rc = driver_queues(r, room, registered, &a, &queues, &n, err);
    for (size_t i = 0; rc == ERR_OK && i < n; i++) {
        rc = store_driver_leave(r->db, queues[i], err);
        if (rc == ERR_OK)
            rc = watch_driver_died(r, queues[i], err);
    }
    return rc;
}

/* What it served is not there any more. The account of one that was enrolled stays. */
static enum err_code forget(struct registry *r, const struct store_account *m,
                            const struct registration *reg, struct store_manager *manager,
                            struct err *err)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    const char *registered = reg->type ? reg->type : m->type;
    manager->instances = "";
    db_begin(r->db);
    enum err_code rc = store_manager_put(r->db, manager, &sealed, err);
    if (rc == ERR_OK && strcmp(m->kind, "vnfm") == 0)
        rc = store_vnfm_leave(r->db, registered, m->room, m->name, err);
    else if (rc == ERR_OK)
        rc = driver_leaves(r, m->room, registered, err);
    rc = rc == ERR_OK ? db_commit(r->db, err) : (db_rollback(r->db), rc);
    db_results_clear(r->db);
    if (rc == ERR_OK && !m->is_enrolled) {
        rc = store_account_end(r->db, m->name, err);
        if (rc == ERR_OK)
            rc = accounts_make(r, m->name, err);
    }
    if (rc == ERR_OK)
        log_info(LOG_VNFM, "manager_unregistered", KV_S("manager", registered),
                 KV_S("account", m->name));
    return rc;
}

/* One process of several goes, or the last. */
static enum err_code leave(struct registry *r, const struct manager_request *q,
                           const struct store_account *account, const struct registration *reg,
                           struct store_manager *m, struct arena *a, struct err *err)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    m->instances = instances_without(m->instances, q->instance, a);
    if (!*m->instances)
        return forget(r, account, reg, m, err);
    log_info(LOG_VNFM, "manager_instance_left", KV_S("manager", m->username),
             KV_S("instance", q->instance));
    return store_manager_put(r->db, m, &sealed, err);
}

static enum err_code unregister(struct registry *r, const struct enroll_try *t,
                                const struct manager_request *q, const struct store_account *m,
                                struct arena *a, struct err *err)
{
    const struct registration *reg = NULL;
    struct store_manager manager = {0};
    bool has = false;
    enum err_code rc = stored(r, m->name, a, &reg, &manager, err);
    if (rc == ERR_OK && q->instance)
        return leave(r, q, m, reg, &manager, a, err);
    if (rc == ERR_OK)
        rc = has_consumers(r, t, m, reg, &has, err);
    if (rc != ERR_OK)
        return rc; /* not known who would lose its login */
    if (!has)
        return forget(r, m, reg, &manager, err);
    if (!t->is_last)
        return err_set(err, ERR_STATE, "'%s' has consumers", q->username);
    log_info(LOG_VNFM, "unregister_ignored", KV_S("manager", q->username),
             KV_S("reason", "its queue has consumers"));
    return ERR_OK;
}

enum err_code enroll_unregister(struct registry *r, const struct enroll_try *t,
                                const struct manager_request *q, struct arena *a, struct err *err)
{
    struct store_account m = {0};
    bool is_right = false;
    enum err_code rc = store_account_get(r->db, q->username, a, &m, err);
    if (rc == ERR_OK)
        rc = check_password(r, t, q, &m, &is_right, err);
    if (rc == ERR_NOT_FOUND || (rc == ERR_OK && !is_right)) {
        log_warn(LOG_SEC, "unregister_ignored", KV_S("manager", q->username),
                 KV_S("reason", rc == ERR_OK ? "wrong password" : "not registered"));
        return ERR_OK;
    }
    if (rc == ERR_OK)
        rc = unregister(r, t, q, &m, a, err);
    return rc == ERR_OK ? rc : err_add(err, "unregister '%s'", q->username);
}
