#include "vim-drivers/test/model_private.h"

#include "common/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const model_kind_names[MODEL_KIND_N] = {"pool",   "server", "network",
                                                    "subnet", "image",  "flavour"};

struct model_object *model_insert(struct model_pop *pop, enum model_kind kind, const char *id,
                                  const char *name, const char *token, const char *json, size_t len)
{
    struct model_object *o = xcalloc(1, sizeof(*o));
    o->kind = kind;
    o->id = xstrdup(id);
    o->name = xstrdup(name ? name : "");
    o->token = token && token[0] ? xstrdup(token) : NULL;
    o->json = xstrndup(json, len);
    o->json_len = len;
    o->prev = pop->kinds[kind].tail;
    *(o->prev ? &o->prev->next : &pop->kinds[kind].head) = o;
    pop->kinds[kind].tail = o;
    pop->kinds[kind].n++;
    table_put(&pop->kinds[kind].by_id, &o->by_id, o->id);
    if (o->token)
        table_put(&pop->by_token, &o->by_token, o->token);
    const char *dash = strrchr(id, '-');
    unsigned long number = dash ? strtoul(dash + 1, NULL, 10) : 0;
    if (kind == MODEL_POOL)
        pool_add(pop, o->name);
    if (number > pop->kinds[kind].made) /* loading, too, continues the numbers */
        pop->kinds[kind].made = number;
    return o;
}

static void object_free(struct model_object *o)
{
    free(o->id);
    free(o->name);
    free(o->token);
    free(o->json);
    free(o);
}

void model_remove(struct model_pop *pop, struct model_object *o)
{
    *(o->prev ? &o->prev->next : &pop->kinds[o->kind].head) = o->next;
    *(o->next ? &o->next->prev : &pop->kinds[o->kind].tail) = o->prev;
    pop->kinds[o->kind].n--;
    table_remove(&pop->kinds[o->kind].by_id, &o->by_id);
    if (o->token)
        table_remove(&pop->by_token, &o->by_token);
    pool_give_back(pop, o->ips, o->ip_n);
    object_free(o);
}

static void seed(struct model_pop *pop)
{
    static const char *const forms[MODEL_KIND_N] = {
        [MODEL_NETWORK] = "{\"name\":\"%s\",\"extId\":\"%s\"}",
        [MODEL_IMAGE] = "{\"name\":\"%s\",\"extId\":\"%s\",\"status\":\"ACTIVE\"}",
        [MODEL_FLAVOUR] =
            "{\"flavour_key\":\"%s\",\"extId\":\"%s\",\"ram\":512,\"disk\":1,\"vcpus\":1}",
    };
    char id[64], json[512];
    for (enum model_kind k = 0; k < MODEL_KIND_N; k++)
        for (size_t i = 0; i < pop->model->seed_n[k]; i++) {
            const char *name = pop->model->seeds[k][i];
            /* The NFVO takes an image of such a PoP for available when its extId is the name: 4.10.
             */
            snprintf(id, sizeof(id), "%s", name);
            if (k == MODEL_NETWORK)
                model_next_id(pop, k, id);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            int n = snprintf(json, sizeof(json), forms[k], name, id);
#pragma GCC diagnostic pop
            if (n > 0 && (size_t)n < sizeof(json))
                model_insert(pop, k, id, name, NULL, json, (size_t)n);
        }
}

struct model_pop *model_pop(struct model *m, const char *key)
{
    struct table_entry *e = table_find(&m->pops, key);
    if (e)
        return CONTAINER_OF(e, struct model_pop, entry);
    struct model_pop *pop = xcalloc(1, sizeof(*pop));
    pop->model = m;
    pop->key = xstrdup(key);
    table_put(&m->pops, &pop->entry, pop->key);
    seed(pop);
    return pop;
}

void model_pop_each(struct model *m, void (*fn)(struct model_pop *pop, void *arg), void *arg)
{
    for (size_t i = 0; i < m->pops.cap; i++)
        for (struct table_entry *e = m->pops.buckets[i], *next; e; e = next) {
            next = e->next;
            fn(CONTAINER_OF(e, struct model_pop, entry), arg);
        }
}

enum err_code model_new(const struct model_options *o, struct model **ret, struct err *err)
{
    struct model *m = xcalloc(1, sizeof(*m));
    m->fd = -1;
    m->capacity = o->capacity;
    m->seeds[MODEL_IMAGE] = o->images;
    m->seeds[MODEL_NETWORK] = o->networks;
    m->seeds[MODEL_FLAVOUR] = o->flavours;
    m->seed_n[MODEL_IMAGE] = o->image_n;
    m->seed_n[MODEL_NETWORK] = o->network_n;
    m->seed_n[MODEL_FLAVOUR] = o->flavour_n;
    AUTO(sbuf_release) struct sbuf spent = SBUF_INIT;
    enum err_code rc = ERR_OK;
    if (o->state_file && o->state_file[0]) {
        sbuf_addf(&spent, "%s.spent", o->state_file);
        rc = state_open(m, o->state_file, err);
    }
    if (rc == ERR_OK)
        rc = ob_spent_open(spent.s, false, &m->spent, err);
    if (rc == ERR_OK)
        *ret = m;
    else
        model_free(m);
    return rc;
}

static void pop_free(struct model_pop *pop, void *arg)
{
    (void)arg;
    for (enum model_kind k = 0; k < MODEL_KIND_N; k++) {
        for (struct model_object *o = pop->kinds[k].head, *next; o; o = next) {
            next = o->next;
            object_free(o);
        }
        table_release(&pop->kinds[k].by_id);
    }
    for (unsigned i = 0; i < pop->pool_n; i++) {
        free(pop->pools[i]->name);
        free(pop->pools[i]);
    }
    table_release(&pop->by_token);
    free(pop->key);
    free(pop);
}

void model_free(struct model *m)
{
    if (!m)
        return;
    model_pop_each(m, pop_free, NULL);
    table_release(&m->pops);
    ob_spent_close(m->spent);
    if (m->fd >= 0)
        close(m->fd);
    free(m);
}

size_t model_count(const struct model_pop *pop, enum model_kind kind)
{
    return pop->kinds[kind].n;
}

const struct model_object *model_first(const struct model_pop *pop, enum model_kind kind)
{
    return pop->kinds[kind].head;
}

static struct model_object *find(const struct model_pop *pop, enum model_kind kind, const char *id)
{
    struct table_entry *e = table_find(&pop->kinds[kind].by_id, id);
    return e ? CONTAINER_OF(e, struct model_object, by_id) : NULL;
}

const struct model_object *model_by_id(const struct model_pop *pop, enum model_kind kind,
                                       const char *id)
{
    return find(pop, kind, id);
}

const struct model_object *model_by_name(const struct model_pop *pop, enum model_kind kind,
                                         const char *name)
{
    const struct model_object *o = pop->kinds[kind].head;
    while (o && strcmp(o->name, name) != 0)
        o = o->next;
    return o;
}

const struct model_object *model_by_token(const struct model_pop *pop, const char *token)
{
    struct table_entry *e = token && token[0] ? table_find(&pop->by_token, token) : NULL;
    return e ? CONTAINER_OF(e, struct model_object, by_token) : NULL;
}

enum err_code model_token_check(const struct model_pop *pop, const char *token, struct err *err)
{
    return ob_spent_check(pop->model->spent, token, err);
}

void model_list(const struct model_pop *pop, enum model_kind kind, struct sbuf *out)
{
    sbuf_addc(out, '[');
    for (const struct model_object *o = pop->kinds[kind].head; o; o = o->next) {
        if (o->prev)
            sbuf_addc(out, ',');
        sbuf_add(out, o->json, o->json_len);
    }
    sbuf_addc(out, ']');
}

void model_next_id(struct model_pop *pop, enum model_kind kind, char out[64])
{
    snprintf(out, 64, "%s-%.8s-%lu", model_kind_names[kind], pop->key, pop->kinds[kind].made + 1);
}

enum err_code model_put(struct model_pop *pop, enum model_kind kind, const char *id,
                        const char *name, const char *token, const char *json, size_t len,
                        struct err *err)
{
    struct model_object *old = find(pop, kind, id);
    if (!old && kind == MODEL_SERVER && pop->kinds[kind].n >= model_capacity(pop))
        return err_set(err, ERR_LIMIT, "no valid host: %zu servers are the capacity",
                       model_capacity(pop));
    /* An update keeps what the object holds. */
    const uint32_t *ips = old ? old->ips : pop->taken;
    unsigned ip_n = old ? old->ip_n : pop->taken_n;
    enum err_code rc = state_put(pop, kind, id, name, token, ips, ip_n, json, len, err);
    if (rc != ERR_OK)
        return rc;
    if (old) {
        free(old->json);
        old->json = xstrndup(json, len);
        old->json_len = len;
        return ERR_OK;
    }
    struct model_object *o = model_insert(pop, kind, id, name, token, json, len);
    memcpy(o->ips, pop->taken, sizeof(o->ips));
    o->ip_n = pop->taken_n;
    pop->taken_n = 0;
    return ERR_OK;
}

enum err_code model_delete(struct model_pop *pop, enum model_kind kind, const char *id,
                           bool *ret_was_there, struct err *err)
{
    struct model_object *o = find(pop, kind, id);
    enum err_code rc = o ? ob_spent_add(pop->model->spent, o->token, err) : ERR_OK;
    if (rc == ERR_OK && o)
        rc = state_delete(pop, o, err);
    if (rc != ERR_OK)
        return rc;
    *ret_was_there = o != NULL;
    if (o)
        model_remove(pop, o);
    return ERR_OK;
}

size_t model_capacity(const struct model_pop *pop)
{
    return pop->has_limit ? pop->limit : pop->model->capacity;
}

void model_set_limit(struct model_pop *pop, size_t servers)
{
    pop->has_limit = true;
    pop->limit = servers;
}
