/* Lists, page by page; and those that serve all who want one at the moment. */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "vim-drivers/openstack/os.h"

#include <string.h>

enum { PAGES_MAX = 1000 };

/* clang-format off */
#define AT(member) offsetof(struct os_page, member)
static const struct kind {
    enum os_service service;
    const char *path, *query;
    size_t list_at, links_at; /* links_at 0: member next, as glance */
    unsigned minor;
} kinds[OS_LIST_N] = {
    [OS_SERVERS]  = {OS_COMPUTE, "/servers/detail", "", AT(servers), AT(server_links), OS_MINOR_FLAVOUR_NAME},
    [OS_FLAVOURS] = {OS_COMPUTE, "/flavors/detail", "", AT(flavours), AT(flavour_links), 0},
    [OS_GROUPS]   = {OS_COMPUTE, "/os-server-groups", "", AT(groups), AT(server_links), OS_MINOR_GROUP_POLICY},
    [OS_ZONES]    = {OS_COMPUTE, "/os-availability-zone", "", AT(zones), AT(server_links), 0},
    [OS_NETWORKS] = {OS_NETWORK, "/networks", "", AT(networks), AT(network_links), 0},
    [OS_SUBNETS]  = {OS_NETWORK, "/subnets", "", AT(subnets), AT(subnet_links), 0},
    [OS_PORTS]    = {OS_NETWORK, "/ports", "", AT(ports), AT(port_links), 0},
    [OS_FLOATING] = {OS_NETWORK, "/floatingips", "", AT(floating), AT(floating_links), 0},
    [OS_ROUTERS]  = {OS_NETWORK, "/routers", "", AT(routers), AT(router_links), 0},
    [OS_SECURITY] = {OS_NETWORK, "/security-groups", "", AT(security), AT(security_links), 0},
    [OS_IMAGES]   = {OS_IMAGE, "/images", "limit=200", AT(images), 0, 0}, /* glance gives 25 by itself */
};
/* clang-format on */

static void append(struct proto_list *to, const struct proto_list *from, struct arena *a)
{
    for (uint32_t i = 0; i < from->n; i++)
        proto_list_add(to, from->at[i], a);
}

static enum err_code fetch_page(struct os_conn *c, const struct kind *k, const char *query,
                                struct arena *a, struct os_page **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s%s%s", k->path, query[0] ? "?" : "", query);
    enum err_code rc = os_ask(c,
                              &(struct os_request){.service = k->service,
                                                   .path = path.s,
                                                   .minor = k->minor ? os_minor(c, k->minor) : 0},
                              err);
    return rc == ERR_OK ? os_read(c, &os_page_type, a, ret, err) : rc;
}

enum err_code os_fetch(struct os_conn *c, enum os_list which, const char *query, struct arena *a,
                       void *ret_list, struct err *err)
{
    AUTO(sbuf_release) struct sbuf next = SBUF_INIT;
    const struct kind *k = &kinds[which];
    struct proto_list all = {0};
    sbuf_addf(&next, "%s%s%s", k->query, k->query[0] && query[0] ? "&" : "", query);
    for (int pages = 1;; pages++) {
        struct os_page *page;
        enum err_code rc = fetch_page(c, k, next.s, a, &page, err);
        if (rc != ERR_OK)
            return rc;
        append(&all, (const struct proto_list *)(const void *)((const char *)page + k->list_at), a);
        const char *more = os_next_query(page, k->links_at);
        if (!more[0])
            break;
        if (pages == PAGES_MAX || strcmp(more, next.s) == 0)
            return err_set(err, ERR_PEER, "the cloud's list %s does not end", k->path);
        sbuf_clear(&next);
        sbuf_adds(&next, more);
    }
    memcpy(ret_list, &all, sizeof(all));
    return ERR_OK;
}

/* --- shared --- */

/* Lock held: l in the place of what was there. */
static void put(struct os_listing **at, struct os_listing *l)
{
    struct os_listing *before = *at;
    l->refs++;
    *at = l;
    os_listing_unref(before);
}

static enum err_code fetch_shared(struct os_conn *c, enum os_list which, struct err *err)
{
    struct os_session *s = c->session;
    struct os_listing *l = xcalloc(1, sizeof(*l));
    l->refs = 1; /* ours */
    l->os = c->os;
    l->begun_us = clock_mono_us();
    s->is_listing[which] = true;
    pthread_mutex_unlock(&s->lock);
    struct err own = ERR_INIT;
    enum err_code rc = os_fetch(c, which, "", &l->arena, &l->list, &own);
    l->bytes = l->arena.used;
    l->os->listed += l->bytes;
    if (rc != ERR_OK && err)
        *err = own;
    pthread_mutex_lock(&s->lock);
    s->is_listing[which] = false;
    s->listing_err[which] = own;
    if (rc == ERR_OK)
        put(&s->listings[which], l);
    os_listing_unref(l);
    pthread_cond_broadcast(&s->changed);
    return rc;
}

enum err_code os_shared(struct os_conn *c, enum os_list which, int64_t not_before_us,
                        void *ret_list, int64_t *ret_begun, struct err *err)
{
    struct os_session *s = c->session;
    enum err_code rc = ERR_OK;
    bool has_waited = false;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        struct os_listing *l = s->listings[which];
        if (not_before_us < s->changed_us[which])
            not_before_us = s->changed_us[which];
        if (l && l->begun_us >= not_before_us) {
            put(&c->held[which], l);
            memcpy(ret_list, &l->list, sizeof(l->list));
            if (ret_begun)
                *ret_begun = l->begun_us;
            break;
        }
        if (has_waited && !s->is_listing[which] && s->listing_err[which].code != ERR_OK) {
            rc = s->listing_err[which].code; /* not one after the other, each for itself */
            if (err)
                *err = s->listing_err[which];
            break;
        }
        if (s->is_listing[which]) {
            pthread_cond_wait(&s->changed, &s->lock);
            has_waited = true;
        } else if ((rc = fetch_shared(c, which, err)) != ERR_OK)
            break;
    }
    pthread_mutex_unlock(&s->lock);
    return rc;
}

void os_forget(struct os_conn *c, enum os_list which)
{
    pthread_mutex_lock(&c->session->lock);
    c->session->changed_us[which] = clock_mono_us();
    pthread_mutex_unlock(&c->session->lock);
}
