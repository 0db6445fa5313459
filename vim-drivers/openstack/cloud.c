/* The table that ob_cloud calls: what is not in a file of its own. */
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <string.h>

enum { LIST_AGE_US = 3000000 }; /* of images and flavours, for a launch */

enum err_code os_open(struct os *os, const struct os_options *o, struct err *err)
{
    os->o = o;
    os->stop_fd = -1;
    pthread_mutex_init(&os->lock, NULL);
    enum err_code rc = dial_rules_parse(&os->outbound, o->outbound.items, o->outbound.n, err);
    if (rc != ERR_OK) {
        os_close(os);
        return err_add(err, "option outbound-allow");
    }
    if (!o->is_tls_checked)
        log_warn(LOG_DRIVER, "tls_check",
                 KV_S("hint", "certificates of clouds are not checked: what is on the way gets "
                              "the passwords of PoPs"));
    return ERR_OK;
}

void os_close(struct os *os)
{
    while (os->client_n)
        http_client_free(os->clients[--os->client_n]);
    for (struct os_session *s = os->sessions, *next; s; s = next) {
        next = s->next;
        os_session_free(s);
    }
    os->sessions = NULL;
    pthread_mutex_destroy(&os->lock);
}

/* --- lists --- */

static enum err_code list_flavours(struct os_conn *c, int64_t not_before_us, struct err *err)
{
    struct os_flavour_list l = {0};
    enum err_code rc = os_shared(c, OS_FLAVOURS, not_before_us, &l, NULL, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        ob_cloud_add_flavour(
            c->call, &(struct ob_cloud_flavour){.id = l.at[i]->id,
                                                .name = l.at[i]->name ? l.at[i]->name : l.at[i]->id,
                                                .vcpus = l.at[i]->vcpus,
                                                .ram_mb = l.at[i]->ram,
                                                .disk_gb = l.at[i]->disk});
    return rc;
}

/* A cloud that does not tell its zones has none for us. */
static enum err_code list_zones(struct os_conn *c, struct err *err)
{
    struct os_zone_list l = {0};
    enum err_code rc = os_fetch(c, OS_ZONES, "", &c->arena, &l, err);
    if (rc == ERR_DENIED || rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++)
        if (l.at[i]->name)
            ob_cloud_add_zone(c->call, l.at[i]->name, l.at[i]->state && l.at[i]->state->available);
    return rc;
}

/* What a launch wants to know may be some seconds old: many launches, one listing. */
static enum err_code refresh(void *arg, struct ob_cloud_call *call, unsigned wants, struct err *err)
{
    struct os_conn c;
    int64_t not_before =
        clock_mono_us() - (wants == (OB_CLOUD_IMAGES | OB_CLOUD_FLAVOURS) ? LIST_AGE_US : 0);
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK && (wants & OB_CLOUD_IMAGES))
        rc = os_list_images(&c, not_before, err);
    if (rc == ERR_OK && (wants & OB_CLOUD_NETWORKS))
        rc = os_list_networks(&c, err);
    if (rc == ERR_OK && (wants & OB_CLOUD_FLAVOURS))
        rc = list_flavours(&c, not_before, err);
    if (rc == ERR_OK && (wants & OB_CLOUD_NETWORKS) && (wants & OB_CLOUD_FLAVOURS))
        rc = list_zones(&c, err);
    os_conn_close(&c);
    return rc;
}

/* --- flavours --- */

static enum err_code post_flavour(struct os_conn *c, const struct ob_cloud_flavour *want,
                                  struct ob_cloud_flavour *ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct os_one *one;
    sbuf_adds(&body, "{\"flavor\":{");
    os_add_pair(&body, "name", want->name);
    sbuf_addf(&body, ",\"vcpus\":%lld,\"ram\":%lld,\"disk\":%lld}}",
              (long long)(want->vcpus > 0 ? want->vcpus : 1), (long long)want->ram_mb,
              (long long)want->disk_gb);
    enum err_code rc = os_ask_one(c,
                                  &(struct os_request){.service = OS_COMPUTE,
                                                       .method = "POST",
                                                       .path = "/flavors",
                                                       .body = body.s,
                                                       .body_len = body.len},
                                  &one, err);
    if (rc == ERR_OK && !one->flavour)
        rc = err_set(err, ERR_PEER, "nova made a flavour and does not say which");
    if (rc != ERR_OK)
        return rc;
    *ret = *want;
    ret->id = ob_cloud_text(c->call, one->flavour->id);
    ret->name = ob_cloud_text(c->call, want->name);
    return ERR_OK;
}

static enum err_code add_flavour(void *arg, struct ob_cloud_call *call,
                                 const struct ob_cloud_flavour *want, struct ob_cloud_flavour *ret,
                                 struct err *err)
{
    struct os_conn c;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = post_flavour(&c, want, ret, err);
    os_forget(&c, OS_FLAVOURS);
    os_conn_close(&c);
    return rc;
}

/* --- quotas --- */

static enum err_code quotas(struct os_conn *c, struct ob_cloud_quota *ret, struct err *err)
{
    struct os_one *one;
    enum err_code rc =
        os_ask_one(c, &(struct os_request){.service = OS_COMPUTE, .path = "/limits"}, &one, err);
    if (rc != ERR_OK)
        return rc;
    if (one->limits && one->limits->absolute) {
        const struct os_absolute *a = one->limits->absolute;
        ret->instances = a->instances;
        ret->cores = a->cores;
        ret->ram_mb = a->ram;
        ret->key_pairs = a->keys;
    }
    ret->tenant = ob_cloud_text(c->call, c->session->project_id);
    rc = os_ask_one(c,
                    &(struct os_request){.service = OS_NETWORK,
                                         .path = os_path(&c->arena, "/quotas",
                                                         c->session->project_id, "/details.json")},
                    &one, err);
    if (rc == ERR_OK && one->quota && one->quota->floating)
        ret->floating_ips = one->quota->floating->limit;
    if (rc == ERR_NOT_FOUND || rc == ERR_DENIED) { /* an extension that not all have */
        *err = (struct err)ERR_INIT;
        rc = ERR_OK;
    }
    return rc;
}

static enum err_code quota(void *arg, struct ob_cloud_call *call, struct ob_cloud_quota *ret,
                           struct err *err)
{
    struct os_conn c;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = quotas(&c, ret, err);
    os_conn_close(&c);
    return rc;
}

const struct ob_cloud_table os_table = {.refresh = refresh,
                                        .list_servers = os_list_servers,
                                        .launch = os_launch,
                                        .rebuild = os_rebuild,
                                        .delete_server = os_delete_server,
                                        .create_network = os_create_network,
                                        .delete_network = os_delete_network,
                                        .add_image = os_add_image,
                                        .quota = quota,
                                        .add_flavour = add_flavour,
                                        .update_image = os_update_image,
                                        .delete_image = os_delete_image};
