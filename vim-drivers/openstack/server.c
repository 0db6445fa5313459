/* Servers: what is told of them, deletion, rebuild. */
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <string.h>

enum { GONE_MS = 500 };

/* --- the record --- */

static void add_addresses(struct os_conn *c, const struct os_server *s, struct ob_cloud_server *ret)
{
    size_t n = 0;
    for (uint32_t i = 0; i < s->addresses.n; i++)
        n += s->addresses.at[i].value.n;
    struct ob_cloud_address *at = ob_cloud_alloc(c->call, (n + 1) * sizeof(*at));
    n = 0;
    for (uint32_t i = 0; i < s->addresses.n; i++) {
        const char *network = ob_cloud_text(c->call, s->addresses.at[i].key), *floating = NULL;
        const struct os_address_list *l = &s->addresses.at[i].value;
        size_t first = n;
        for (uint32_t k = 0; k < l->n; k++) {
            const struct os_address *a = l->at[k];
            if (text_matches(a->type, "floating"))
                floating = ob_cloud_text(c->call, a->ip);
            else if (a->ip)
                at[n++] = (struct ob_cloud_address){.network = network,
                                                    .ip = ob_cloud_text(c->call, a->ip)};
        }
        if (n > first)
            at[first].floating_ip = floating;
    }
    ret->addresses = at;
    ret->address_n = n;
}

static const char *why(const struct os_server *s)
{
    if (s->fault && s->fault->message)
        return s->fault->message;
    return s->task;
}

void os_server_record(struct os_conn *c, const struct os_server *s, struct ob_cloud_server *ret)
{
    const char *flavour = os_meta(s, OS_META_FLAVOUR), *image = os_meta(s, OS_META_IMAGE);
    if (!flavour[0] && s->flavour)
        flavour = s->flavour->name ? s->flavour->name : s->flavour->id ? s->flavour->id : "";
    *ret = (struct ob_cloud_server){.id = ob_cloud_text(c->call, s->id),
                                    .name = ob_cloud_text(c->call, s->name),
                                    .status =
                                        ob_cloud_text(c->call, s->status ? s->status : "UNKNOWN"),
                                    .why = ob_cloud_text(c->call, why(s)),
                                    .host = ob_cloud_text(c->call, s->host ? s->host : s->zone),
                                    .image = image[0] ? ob_cloud_text(c->call, image) : NULL,
                                    .flavour = flavour[0] ? ob_cloud_text(c->call, flavour) : NULL,
                                    .created_at = os_time(s->created)};
    add_addresses(c, s, ret);
}

static enum err_code list_servers(struct os_conn *c, struct err *err)
{
    struct os_server_list all = {0};
    enum err_code rc = os_shared(c, OS_SERVERS, clock_mono_us(), &all, NULL, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++) {
        struct ob_cloud_server s;
        const char *token = os_meta(all.at[i], OS_META_TOKEN);
        if (!os_server_is_theirs(c, all.at[i]) || (token[0] && os_is_launching(c->session, token)))
            continue; /* whether those that are launched come up is not known yet */
        os_server_record(c, all.at[i], &s);
        ob_cloud_add_server(c->call, &s);
    }
    if (rc == ERR_OK)
        os_sweep(c, &all);
    return rc;
}

enum err_code os_list_servers(void *arg, struct ob_cloud_call *call, struct err *err)
{
    struct os_conn c;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = list_servers(&c, err);
    os_conn_close(&c);
    return rc;
}

enum err_code os_server_get(struct os_conn *c, const char *id, struct os_server **ret,
                            struct err *err)
{
    struct os_one *one;
    *ret = NULL;
    if (!id[0])
        return ERR_OK;
    enum err_code rc =
        os_ask_one(c,
                   &(struct os_request){.service = OS_COMPUTE,
                                        .path = os_path(&c->arena, "/servers", id, ""),
                                        .minor = os_minor(c, OS_MINOR_FLAVOUR_NAME)},
                   &one, err);
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    if (rc == ERR_OK)
        *ret = one->server;
    return rc;
}

/* --- deletion: first what hangs on it, then itself, so that a repeat finds the token still --- */

static enum err_code drop_group(struct os_conn *c, struct err *err)
{
    struct os_group_list all = {0};
    char prefix[60];
    int n = snprintf(prefix, sizeof(prefix), "baton-%.40s-", c->pop->project);
    enum err_code rc = os_fetch(c, OS_GROUPS, "", &c->arena, &all, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++)
        if (all.at[i]->name && strncmp(all.at[i]->name, prefix, (size_t)n) == 0 &&
            all.at[i]->members.n == 0)
            rc = os_delete(c, OS_COMPUTE, "/os-server-groups", all.at[i]->id, err);
    return rc;
}

static enum err_code await_gone(struct os_conn *c, const char *id, struct err *err)
{
    struct os_server_list all = {0};
    enum err_code rc =
        os_shared(c, OS_SERVERS, clock_mono_us() - GONE_MS * USEC_PER_MS, &all, NULL, err);
    for (uint32_t i = 0; rc == ERR_OK && i < all.n; i++) {
        if (strcmp(all.at[i]->id, id) != 0)
            continue;
        if (text_matches(all.at[i]->status, "ERROR") && !all.at[i]->task)
            return err_set(err, ERR_PEER, "nova could not delete it: %.200s",
                           why(all.at[i]) ? why(all.at[i]) : "it is in status ERROR");
        err_set(err, ERR_UNAVAIL, "server '%.80s' is being deleted and not gone yet", id);
        return ob_cloud_again(c->call, c->os->o->poll_ms);
    }
    return rc;
}

static enum err_code delete_server(struct os_conn *c, const char *id, struct err *err)
{
    struct os_server *s;
    enum err_code rc = os_server_get(c, id, &s, err);
    if (rc != ERR_OK || !s || !os_server_is_theirs(c, s))
        return rc;
    if (text_matches(s->task, "deleting"))
        return await_gone(c, id, err);
    const char *token = os_meta(s, OS_META_TOKEN);
    os_step(c->os);
    rc = ob_cloud_spend(c->call, token, err);
    if (rc == ERR_OK && token[0])
        rc = os_ports_remove(c, token, err);
    os_step(c->os);
    if (rc == ERR_OK)
        rc = os_delete(c, OS_COMPUTE, "/servers", s->id, err);
    os_forget(c, OS_SERVERS); /* one of before would show it as it was */
    os_step(c->os);
    if (rc != ERR_OK)
        return err_add(err, "delete server '%.80s'", id);
    log_info(LOG_DRIVER, "deleted", KV_S("server", id), KV_S("name", s->name));
    err_set(err, ERR_UNAVAIL, "server '%.80s' is being deleted and not gone yet", id);
    return ob_cloud_again(c->call, c->os->o->poll_ms / 2);
}

/* One that is not there is deleted, too: the call may be a repeat. */
enum err_code os_delete_server(void *arg, struct ob_cloud_call *call, const char *id,
                               struct err *err)
{
    struct os_conn c;
    struct err other = ERR_INIT;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = delete_server(&c, id, err);
    if (rc == ERR_OK && drop_group(&c, &other) != ERR_OK)
        log_warn(LOG_DRIVER, "server_groups", KV_ERR(&other));
    os_conn_close(&c);
    return rc;
}

/* --- rebuild --- */

static void add_metadata(const struct os_server *s, const char *mark, const char *image,
                         struct sbuf *out)
{
    sbuf_adds(out, ",\"metadata\":{");
    for (uint32_t i = 0; i < s->metadata.n; i++) {
        const char *key = s->metadata.at[i].key;
        if (strcmp(key, OS_META_REBUILD) != 0 && strcmp(key, OS_META_IMAGE) != 0)
            os_add_pair(out, key, s->metadata.at[i].value);
    }
    os_add_pair(out, OS_META_IMAGE, image);
    os_add_pair(out, OS_META_REBUILD, mark);
    sbuf_addc(out, '}');
}

static enum err_code ask_rebuild(struct os_conn *c, const struct os_server *s, const char *mark,
                                 const struct ob_cloud_image *image, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_adds(&body, "{\"rebuild\":{");
    os_add_pair(&body, "imageRef", image->id);
    add_metadata(s, mark, image->name ? image->name : image->id, &body);
    sbuf_adds(&body, "}}");
    os_step(c->os);
    enum err_code rc =
        os_ask(c,
               &(struct os_request){.service = OS_COMPUTE,
                                    .method = "POST",
                                    .path = os_path(&c->arena, "/servers", s->id, "/action"),
                                    .body = body.s,
                                    .body_len = body.len},
               err);
    os_step(c->os);
    return rc;
}

/* The mark in its metadata, which comes with the rebuild itself, tells whether it was asked for. */
static enum err_code rebuild(struct os_conn *c, const char *id, const struct ob_cloud_image *image,
                             struct ob_cloud_server *ret, struct err *err)
{
    struct os_server *s;
    char mark[200];
    snprintf(mark, sizeof(mark), "%.190s", ob_cloud_call_id(c->call));
    enum err_code rc = os_server_get(c, id, &s, err);
    if (rc == ERR_OK && (!s || !os_server_is_theirs(c, s)))
        rc = err_set(err, ERR_NOT_FOUND, "no server '%.80s'", id);
    bool is_asked = rc == ERR_OK && strcmp(os_meta(s, OS_META_REBUILD), mark) == 0;
    if (rc == ERR_OK && !is_asked)
        rc = ask_rebuild(c, s, mark, image, err);
    if (rc != ERR_OK)
        return rc;
    if (is_asked && text_matches(s->status, "ACTIVE") && !s->task) {
        os_server_record(c, s, ret);
        return ERR_OK;
    }
    if (is_asked && text_matches(s->status, "ERROR"))
        return err_set(err, ERR_PEER, "nova could not rebuild it: %.200s",
                       why(s) ? why(s) : "it is in status ERROR");
    err_set(err, ERR_UNAVAIL, "server '%.80s' is being rebuilt", id);
    return ob_cloud_again(c->call, c->os->o->poll_ms);
}

enum err_code os_rebuild(void *arg, struct ob_cloud_call *call, const char *id,
                         const struct ob_cloud_image *image, struct ob_cloud_server *ret,
                         struct err *err)
{
    struct os_conn c;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = rebuild(&c, id, image, ret, err);
    os_conn_close(&c);
    return rc == ERR_OK || rc == ERR_UNAVAIL ? rc : err_add(err, "rebuild server '%.80s'", id);
}
