/* SET_CONFIG: configuration parameters of a VNF's record. step->before holds the values that are to
 * be stored next: the new ones, and once they are, those that they took the place of. So applied
 * and restored is the same exchange; a parameter without a value was, or is to be, not there. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"

#include <string.h>

static const char *text_of(const struct configuration *c, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&configuration_type, c, PROTO_STORED, &text);
    return arena_strndup(a, text.s, text.len);
}

static void add(struct configuration *c, const char *key, const char *value, struct arena *a)
{
    struct configuration_parameter *p = proto_new(&configuration_parameter_type, a);
    p->conf_key = key;
    p->value = value;
    proto_list_add(&c->parameters, p, a);
}

static struct configuration_parameter *find(const struct configuration *c, const char *key)
{
    for (uint32_t i = 0; i < c->parameters.n; i++)
        if (c->parameters.at[i]->conf_key && strcmp(c->parameters.at[i]->conf_key, key) == 0)
            return c->parameters.at[i];
    return NULL;
}

const char *operate_configure_keep(const struct operate_request *req, struct arena *a)
{
    struct configuration c = {0};
    for (uint32_t i = 0; i < req->configurations.n; i++) {
        const struct proto_strpair *x = &req->configurations.at[i];
        struct configuration_parameter *p = find(&c, x->key);
        if (p) /* named twice: each is exchanged once, else a rollback would store the first value */
            p->value = x->value;
        else
            add(&c, x->key, x->value, a);
    }
    return text_of(&c, a);
}

static void leave(struct configuration *c, const struct configuration_parameter *p)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->parameters.n; i++)
        if (c->parameters.at[i] != p)
            c->parameters.at[kept++] = c->parameters.at[i];
    c->parameters.n = kept;
}

void operate_exchange_config(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a)
{
    struct arena *arena = m->d->arena;
    struct vnfr *vnfr = member_vnfr(v);
    struct configuration *next = NULL, was = {0};
    struct err err = ERR_INIT;
    const char *text = a->step->before ? a->step->before : "{}";
    if (proto_decode(&configuration_type, text, strlen(text), 0, arena, &next, &err) != ERR_OK)
        return; /* written by ourselves */
    if (!vnfr->configurations) {
        vnfr->configurations = proto_new(&configuration_type, arena);
        vnfr->configurations->name = vnfr->name;
    }
    for (uint32_t i = 0; i < next->parameters.n; i++) {
        const struct configuration_parameter *to = next->parameters.at[i];
        struct configuration_parameter *p = find(vnfr->configurations, to->conf_key);
        add(&was, to->conf_key, p ? p->value : NULL, arena);
        if (!to->value && p)
            leave(vnfr->configurations, p);
        else if (to->value && p)
            p->value = to->value;
        else if (to->value)
            add(vnfr->configurations, to->conf_key, to->value, arena);
    }
    a->step->before = text_of(&was, arena);
    member_changed(v);
}
