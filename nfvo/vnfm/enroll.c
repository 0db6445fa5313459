/* Registering and unregistering: row, broker user, rights. Every step may be repeated. */
#include <string.h>

#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/store/seal.h"
#include "nfvo/store/store_manager.h"
#include "nfvo/vnfm/internal.h"

enum { PASSWORD_SIZE = 17 /* 16 letters and digits, as the reference */ };

bool enroll_may_pass(enum err_code code)
{
    return code == ERR_UNAVAIL || code == ERR_TIMEOUT || code == ERR_UNKNOWN ||
           code == ERR_DENIED || code == ERR_STATE || code == ERR_EXISTS || code == ERR_IO;
}

static const char *kind_of(const struct manager_request *q)
{
    return q->is_vnfm ? "vnfm" : "plugin";
}

static const char *owner_of(const char *username, struct arena *a)
{
    return arena_printf(a, STORE_MANAGER_OWNER "%s", username);
}

static const char *words(const struct proto_strs *list, struct arena *a)
{
    const char *text = "";
    for (uint32_t i = 0; i < list->n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? " " : "", list->at[i]);
    return text;
}

/* --- the row ---------------------------------------------------------------------------------- */

static const char *sealed_password(struct registry *r, const char *username, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    char password[PASSWORD_SIZE];
    id_token(password, sizeof(password));
    seal_wrap(store_seal(r->setup.store), owner_of(username, a), password, sizeof(password) - 1,
              &sealed);
    explicit_bzero(password, sizeof(password));
    return arena_strdup(a, sealed.s);
}

static enum err_code check_not_foreign(struct registry *r, const char *username, struct err *err)
{
    bool is_foreign = false;
    enum err_code rc = management_is_foreign_user(&r->management, username, &is_foreign, err);
    if (rc != ERR_OK || !is_foreign)
        return rc;
    err_set(err, ERR_EXISTS, "the broker has a user '%s' that is not ours", username);
    return err_hint(err, "delete that user on the broker, or let the manager use another type");
}

/* What the row shall hold: the one that is there, with this process added, or a new one. */
static enum err_code draft(struct registry *r, const struct manager_request *q, struct arena *a,
                           struct store_manager *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    enum err_code rc = store_manager_get(r->db, q->username, a, ret, err);
    if (rc == ERR_NOT_FOUND) {
        if ((rc = check_not_foreign(r, q->username, err)) != ERR_OK)
            return rc;
        *ret = (struct store_manager){.username = q->username,
                                      .kind = kind_of(q),
                                      .sealed = sealed_password(r, q->username, a),
                                      .instances = ""};
    } else if (rc != ERR_OK)
        return rc;
    if (strcmp(ret->kind, kind_of(q)) != 0)
        return err_set(err, ERR_INVALID, "'%s' is registered as %s already", q->username,
                       ret->kind);
    if (q->instance)
        ret->instances = instances_with(ret->instances, q->instance, a);
    proto_encode(&registration_type, q->registration, PROTO_NO_SECRETS, &doc);
    ret->doc = arena_strdup(a, doc.s);
    return ERR_OK;
}

static enum err_code put_peer(struct registry *r, const struct manager_request *q, struct arena *a,
                              struct err *err)
{
    const char *type;
    size_t len;
    if (q->is_vnfm) {
        struct vnfm_endpoint e = *q->endpoint;
        char id[ID_SIZE];
        id_new(id);
        e.id = id;
        e.active = e.enabled = true;
        return store_vnfm_put(r->db, &e, err);
    }
    if (!topology_driver_type(q->username, &type, &len))
        return ERR_OK; /* a bare type: its queue will show; or a monitoring plugin */
    return store_driver_put(r->db, q->username, arena_strndup(a, type, len),
                            words(&q->capabilities, a), err);
}

static enum err_code store(struct registry *r, const struct manager_request *q, struct arena *a,
                           struct sbuf *ret_password, struct err *err)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    struct store_manager m = {0};
    enum err_code rc = draft(r, q, a, &m, err);
    if (rc != ERR_OK)
        return rc;
    db_begin(r->db);
    rc = store_manager_put(r->db, &m, &sealed, err);
    if (rc == ERR_OK)
        rc = put_peer(r, q, a, err);
    rc = rc == ERR_OK ? db_commit(r->db, err) : (db_rollback(r->db), rc);
    db_results_clear(r->db);
    if (rc != ERR_OK)
        return rc;
    return seal_unwrap(store_seal(r->setup.store), owner_of(q->username, a), sealed.s, ret_password,
                       err);
}

/* --- the broker ------------------------------------------------------------------------------- */

static void rights_of(const struct manager_request *q, struct topology_rights *ret)
{
    /* Python and Go answer through the default exchange; peers that correlate do not need it. */
    bool wants_default = !proto_strs_has(&q->capabilities, "correlation");
    if (q->is_vnfm)
        topology_rights_vnfm(ret, q->endpoint->endpoint, wants_default);
    else
        topology_rights_plugin(ret, q->username, wants_default);
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

/* In the agents' virtual host, for the same login. */
static enum err_code put_rights_on_agents(struct registry *r, const struct manager_request *q,
                                          struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights rights = TOPOLOGY_RIGHTS_INIT;
    const struct registry_options *o = r->setup.options;
    bool is_new;
    if (!r->agents || !q->is_vnfm || !is_listed(o->agents_managers, q->username))
        return ERR_OK;
    topology_rights_agents_manager(&rights, q->endpoint->endpoint);
    enum err_code rc = management_put_agents_vhost(&r->management, o->agents_vhost, &is_new, err);
    if (rc == ERR_OK && is_new)
        agents_compare_soon(r->agents, true);
    return rc == ERR_OK
               ? management_put_rights(&r->management, o->agents_vhost, q->username, &rights, err)
               : rc;
}

static enum err_code put_user(struct registry *r, const struct manager_request *q,
                              const char *password, struct err *err)
{
    AUTO(topology_rights_release) struct topology_rights rights = TOPOLOGY_RIGHTS_INIT;
    struct management *m = &r->management;
    rights_of(q, &rights);
    enum err_code rc = management_put_user(m, q->username, password,
                                           r->setup.options->are_peers_administrators, err);
    if (rc == ERR_OK)
        rc = management_put_rights(m, management_vhost(m), q->username, &rights, err);
    return rc == ERR_OK ? put_rights_on_agents(r, q, err) : rc;
}

static void write_answer(const char *username, const char *password, struct sbuf *out)
{
    char id[ID_SIZE];
    id_new(id);
    struct manager_credentials c = {.id = id, .username = username, .password = password};
    proto_encode(&manager_credentials_type, &c, PROTO_COMPLETE, out);
}

enum err_code enroll_register(struct registry *r, const struct manager_request *q, struct arena *a,
                              struct sbuf *ret_answer, struct err *err)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    bool is_absent = false;
    enum err_code rc =
        q->is_vnfm ? watch_is_absent(r, q->endpoint->endpoint, &is_absent, err) : ERR_OK;
    if (rc == ERR_OK)
        rc = store(r, q, a, &password, err);
    if (rc == ERR_OK && is_absent) /* it starts: what its predecessor had in hand died with it */
        rc = watch_vnfm_died(r, q->endpoint->type, err);
    if (rc == ERR_OK)
        rc = put_user(r, q, password.s, err);
    if (rc == ERR_OK)
        write_answer(q->username, password.s, ret_answer);
    explicit_bzero(password.s, password.len);
    if (rc != ERR_OK)
        return err_add(err, "register '%s'", q->username);
    log_info(LOG_VNFM, "manager_registered", KV_S("manager", q->username), KV_S("kind", kind_of(q)),
             KV_S("endpoint", q->is_vnfm ? q->endpoint->endpoint : NULL),
             KV_S("capabilities", words(&q->capabilities, a)), KV_S("instance", q->instance));
    return ERR_OK;
}

/* --- unregister ------------------------------------------------------------------------------- */

static bool is_same_secret(const char *a, const char *b, size_t len)
{
    unsigned char differ = 0;
    if (strlen(b) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return differ == 0;
}

static enum err_code check_password(struct registry *r, const struct manager_request *q,
                                    const struct store_manager *m, struct arena *a, bool *ret,
                                    struct err *err)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    enum err_code rc = seal_unwrap(store_seal(r->setup.store), owner_of(q->username, a), m->sealed,
                                   &password, err);
    *ret = rc == ERR_OK && is_same_secret(password.s, q->password, password.len);
    explicit_bzero(password.s, password.len);
    return rc;
}

/* The registration as it is stored: what it sends with the goodbye is only a claim. */
static const struct registration *stored(const struct store_manager *m, struct arena *a)
{
    struct registration *reg = NULL;
    if (proto_decode(&registration_type, m->doc, strlen(m->doc), 0, a, &reg, NULL) != ERR_OK)
        reg = proto_new(&registration_type, a);
    return reg;
}

static enum err_code has_consumers(struct registry *r, const struct store_manager *m,
                                   struct arena *a, bool *ret, struct err *err)
{
    const struct registration *reg = stored(m, a);
    if (strcmp(m->kind, "vnfm") != 0)
        return watch_plugin_has_consumers(r, m->username, ret, err);
    const char *kind = reg->endpoint ? reg->endpoint->endpoint_type : NULL;
    if (!reg->endpoint || !reg->endpoint->endpoint || (kind && strcmp(kind, "RABBIT") != 0)) {
        *ret = false;
        return ERR_OK;
    }
    return watch_has_consumers(r, reg->endpoint->endpoint, ret, err);
}

static enum err_code forget(struct registry *r, const struct store_manager *m, struct err *err)
{
    /* The broker first: a row without user heals itself, a user without row stays for ever. */
    enum err_code rc = management_delete_user(&r->management, m->username, err);
    if (rc != ERR_OK)
        return rc;
    db_begin(r->db);
    rc = store_manager_delete(r->db, m->username, err);
    if (rc == ERR_OK && strcmp(m->kind, "vnfm") == 0)
        rc = store_vnfm_delete_type(r->db, m->username, err);
    else if (rc == ERR_OK)
        rc = store_driver_delete(r->db, m->username, err);
    rc = rc == ERR_OK ? db_commit(r->db, err) : (db_rollback(r->db), rc);
    db_results_clear(r->db);
    if (rc == ERR_OK)
        log_info(LOG_VNFM, "manager_unregistered", KV_S("manager", m->username));
    return rc;
}

/* One process of several goes, or the last. */
static enum err_code leave(struct registry *r, const struct manager_request *q,
                           struct store_manager *m, struct arena *a, struct err *err)
{
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    m->instances = instances_without(m->instances, q->instance, a);
    if (!*m->instances)
        return forget(r, m, err);
    log_info(LOG_VNFM, "manager_instance_left", KV_S("manager", m->username),
             KV_S("instance", q->instance));
    return store_manager_put(r->db, m, &sealed, err);
}

enum err_code enroll_unregister(struct registry *r, const struct manager_request *q,
                                bool is_last_try, struct arena *a, struct err *err)
{
    struct store_manager m = {0};
    bool is_right = false, has = false;
    enum err_code rc = store_manager_get(r->db, q->username, a, &m, err);
    if (rc == ERR_OK)
        rc = check_password(r, q, &m, a, &is_right, err);
    if (rc == ERR_NOT_FOUND || (rc == ERR_OK && !is_right)) {
        log_warn(LOG_SEC, "unregister_ignored", KV_S("manager", q->username),
                 KV_S("reason", rc == ERR_OK ? "wrong password" : "not registered"));
        return ERR_OK;
    }
    if (rc == ERR_OK && q->instance)
        return leave(r, q, &m, a, err);
    if (rc == ERR_OK)
        rc = has_consumers(r, &m, a, &has, err);
    if (rc != ERR_OK)
        return err_add(err, "unregister '%s'", q->username);
    if (!has)
        return forget(r, &m, err);
    if (!is_last_try)
        return err_set(err, ERR_STATE, "'%s' has consumers", q->username);
    log_info(LOG_VNFM, "unregister_ignored", KV_S("manager", q->username),
             KV_S("reason", "its queue has consumers"));
    return ERR_OK;
}
