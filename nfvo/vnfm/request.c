/* Reading what a peer sent to QUEUE_MANAGER_HANDLING: amqp-protocol.md 2.2, 2.5. */
#include <string.h>
#include <strings.h>

#include "nfvo/vnfm/internal.h"

enum { INSTANCES_MAX = 64, INSTANCE_LEN_MAX = 64, CAPABILITIES_MAX = 16, CAPABILITY_LEN_MAX = 32 };

static bool is_word(const char *s, size_t max)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = s ? strspn(s, plain) : 0;
    return n > 0 && n <= max && s[n] == '\0';
}

/* What is no word would break the columns that are separated by blanks; we would not know it. */
static struct proto_strs only_words(const struct proto_strs *from, struct arena *a)
{
    struct proto_strs words = {0};
    for (uint32_t i = 0; i < from->n && words.n < CAPABILITIES_MAX; i++)
        if (is_word(from->at[i], CAPABILITY_LEN_MAX))
            proto_list_add(&words, from->at[i], a);
    return words;
}

static enum err_code check_vnfm(struct vnfm_endpoint *e, const struct manager_request *q,
                                const char *our_user, struct err *err)
{
    if (!e->type)
        e->type = q->username;
    if (!e->endpoint_type)
        e->endpoint_type = "RABBIT";
    /* Of a REST one the URL would be called, and it was not checked. */
    if (strcmp(e->endpoint_type, "RABBIT") != 0) {
        err_set(err, ERR_INVALID, "endpointType '%.32s' does not register on the broker",
                e->endpoint_type);
        return err_hint(err, "RABBIT does; a VNFM over HTTP registers at /admin/v1/vnfm-register");
    }
    if (!e->endpoint || !*e->endpoint)
        return err_set(err, ERR_INVALID, "vnfmManagerEndpoint of '%.64s' has no endpoint",
                       q->username);
    if (strcmp(e->type, q->username) != 0)
        return err_set(err, ERR_INVALID, "type '%.64s' and the endpoint's type '%.64s' differ",
                       q->username, e->type);
    return topology_check_vnfm(q->username, e->endpoint, our_user, err);
}

static enum err_code check_user(const char *user, const struct registry_setup *setup,
                                struct err *err)
{
    const char *const taken[] = {setup->options->registration_user,
                                 setup->options->management_user};
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        if (taken[i] && strcmp(user, taken[i]) == 0)
            return err_set(err, ERR_DENIED, "user '%s' belongs to the NFVO", user);
    return ERR_OK;
}

static enum err_code check_register(struct manager_request *q, struct registration *reg,
                                    const struct registry_setup *setup, struct arena *a,
                                    struct err *err)
{
    const char *our_user = setup->bus->user;
    struct vnfm_endpoint *e = reg->endpoint;
    if (!reg->type || !*reg->type)
        return err_set(err, ERR_INVALID, "a registration without type");
    q->username = reg->type;
    q->is_vnfm = e != NULL;
    q->instance = e && e->instance ? e->instance : reg->instance;
    q->capabilities = only_words(e && e->capabilities.n ? &e->capabilities : &reg->capabilities, a);
    q->endpoint = e;
    enum err_code rc = check_user(q->username, setup, err);
    if (rc == ERR_OK && e)
        rc = check_vnfm(e, q, our_user, err);
    else if (rc == ERR_OK)
        rc = topology_check_plugin(q->username, our_user, err);
    if (rc == ERR_OK && e)
        e->capabilities = q->capabilities;
    return rc;
}

static enum err_code check_unregister(struct manager_request *q, const struct registration *reg,
                                      struct err *err)
{
    q->username = reg->username;
    q->password = reg->password;
    q->is_vnfm = reg->endpoint != NULL;
    q->endpoint = reg->endpoint;
    q->instance =
        reg->endpoint && reg->endpoint->instance ? reg->endpoint->instance : reg->instance;
    if (!q->username || !q->password)
        return err_set(err, ERR_INVALID, "unregistering takes username and password");
    return ERR_OK;
}

enum err_code manager_request_read(const char *body, size_t len, const struct registry_setup *setup,
                                   struct arena *a, struct manager_request *ret, struct err *err)
{
    struct registration *reg = NULL;
    struct manager_request q = {0};
    enum err_code rc =
        proto_decode(&registration_type, body, len, PROTO_SINGLE_QUOTES, a, &reg, err);
    if (rc != ERR_OK)
        return rc;
    const char *action = reg->action ? reg->action : "";
    q.registration = reg;
    q.is_register = strcasecmp(action, "register") == 0;
    if (q.is_register)
        rc = check_register(&q, reg, setup, a, err);
    else if (strcasecmp(action, "unregister") == 0 || strcasecmp(action, "deregister") == 0)
        rc = check_unregister(&q, reg, err);
    else
        rc = err_set(err, ERR_INVALID, "action '%.32s' is none of registration", action);
    if (rc == ERR_OK && q.instance && !is_word(q.instance, INSTANCE_LEN_MAX))
        rc = err_set(err, ERR_INVALID, "the instance id of '%.64s' is not a word", q.username);
    if (rc == ERR_OK)
        *ret = q;
    return rc;
}

/* --- instance ids --------------------------------------------------------------------------- */

static bool next_word(const char **at, const char **word, size_t *len)
{
    *word = *at + strspn(*at, " ");
    *len = strcspn(*word, " ");
    *at = *word + *len;
    return *len > 0;
}

const char *instances_without(const char *list, const char *id, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const char *word;
    size_t len;
    while (next_word(&list, &word, &len))
        if (strlen(id) != len || strncmp(word, id, len) != 0)
            sbuf_addf(&out, "%s%.*s", out.len ? " " : "", (int)len, word);
    return arena_strdup(a, out.s);
}

const char *instances_with(const char *list, const char *id, struct arena *a)
{
    const char *rest = instances_without(list, id, a), *at = rest, *word;
    size_t n = 0, len;
    while (next_word(&at, &word, &len))
        n++;
    /* Processes that were killed never say goodbye. */
    for (; n >= INSTANCES_MAX && next_word(&rest, &word, &len); n--)
        ;
    rest += strspn(rest, " ");
    return *rest ? arena_printf(a, "%s %s", rest, id) : arena_strdup(a, id);
}
