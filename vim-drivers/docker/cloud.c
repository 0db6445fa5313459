#include "vim-drivers/docker/docker.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void find_agent(struct dk *d)
{
    char own[sizeof(d->agent) - 32];
    ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
    own[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(own, '/');
    if (d->o->agent && d->o->agent[0])
        snprintf(d->agent, sizeof(d->agent), "%s", d->o->agent);
    else
        snprintf(d->agent, sizeof(d->agent), "%.*s/ems-agent-static",
                 (int)(slash ? slash - own : 0), own);
    if (access(d->agent, X_OK) == 0)
        return;
    log_warn(LOG_DRIVER, "no_agent", KV_S("path", d->agent),
             KV_S("hint", "servers with user data are refused; option ems-agent names it"));
    d->agent[0] = '\0';
}

static enum err_code read_flavours(struct dk *d, struct err *err)
{
    bool has_default = !d->o->default_flavour[0];
    if (d->o->flavours.n > DK_FLAVOURS_MAX)
        return err_set(err, ERR_LIMIT, "option flavours: more than %d", DK_FLAVOURS_MAX);
    for (size_t i = 0; i < d->o->flavours.n; i++, d->flavour_n++) {
        enum err_code rc = ob_cloud_read_flavour(d->o->flavours.items[i], d->flavour_names[i],
                                                 DK_FLAVOUR_NAME_MAX, &d->flavours[i], err);
        if (rc != ERR_OK)
            return err_add(err, "option flavours");
        has_default = has_default || strcmp(d->flavour_names[i], d->o->default_flavour) == 0;
    }
    return has_default
               ? ERR_OK
               : err_set(err, ERR_INVALID, "option default-flavour: '%s' is not among the flavours",
                         d->o->default_flavour);
}

enum err_code dk_open(struct dk *d, const struct dk_options *o, struct err *err)
{
    d->o = o;
    d->stop_fd = -1;
    pthread_mutex_init(&d->lock, NULL);
    find_agent(d);
    enum err_code rc = dial_rules_parse(&d->outbound, o->outbound.items, o->outbound.n, err);
    if (rc != ERR_OK)
        rc = err_add(err, "option outbound-allow");
    if (rc == ERR_OK)
        rc = read_flavours(d, err);
    if (rc != ERR_OK)
        dk_close(d);
    return rc;
}

void dk_close(struct dk *d)
{
    while (d->client_n)
        http_client_free(d->clients[--d->client_n]);
    for (struct dk_reserved *r = d->reserved, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    d->reserved = NULL;
    pthread_mutex_destroy(&d->lock);
}

static enum err_code refresh(void *arg, struct ob_cloud_call *call, unsigned wants, struct err *err)
{
    struct dk *d = arg;
    struct engine e;
    struct dk_network_list networks = {0};
    enum err_code rc = engine_open(&e, d, call, err);
    if (rc == ERR_OK && (wants & OB_CLOUD_IMAGES))
        rc = dk_list_images(&e, err);
    if (rc == ERR_OK && (wants & OB_CLOUD_NETWORKS))
        rc = dk_networks(&e, &networks, err);
    if (rc == ERR_OK)
        dk_list_networks(&e, &networks);
    for (size_t i = 0; rc == ERR_OK && (wants & OB_CLOUD_FLAVOURS) && i < d->flavour_n; i++)
        ob_cloud_add_flavour(call, &d->flavours[i]);
    engine_close(&e);
    return rc;
}

/* What has no scheme, or docker://, is where its registry has it. */
static bool is_web(const char *url)
{
    return text_starts_with(url, "http://") || text_starts_with(url, "https://");
}

/* The image is a file at url; or where its registry has it: url, or else its name. */
static enum err_code add_image(void *arg, struct ob_cloud_call *call,
                               const struct ob_cloud_new_image *want, struct ob_cloud_image *ret,
                               struct err *err)
{
    struct engine e;
    struct dk_image_inspect *image;
    const char *reference = want->url[0] ? want->url : want->name;
    if (strncmp(reference, "docker://", 9) == 0)
        reference += 9;
    enum err_code rc = engine_open(&e, arg, call, err);
    if (rc == ERR_OK && is_web(reference)) {
        rc = dk_image_load(&e, want, ret, err);
        engine_close(&e);
        return rc;
    }
    if (rc == ERR_OK)
        rc = dk_pull(&e, reference, err);
    if (rc == ERR_OK)
        rc = dk_image_get(&e, &(struct ob_cloud_image){.name = reference}, &image, err);
    if (rc == ERR_OK)
        *ret = (struct ob_cloud_image){.id = ob_cloud_text(call, image->id),
                                       .name = ob_cloud_text(call, reference)};
    engine_close(&e);
    return rc;
}

const struct ob_cloud_table dk_table = {.refresh = refresh,
                                        .list_servers = dk_list_servers,
                                        .launch = dk_launch,
                                        .delete_server = dk_delete_server,
                                        .create_network = dk_create_network,
                                        .delete_network = dk_delete_network,
                                        .add_image = add_image,
                                        .quota = dk_quota};
