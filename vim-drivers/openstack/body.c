/* What a server is made of: pure. */
#include "common/base/text.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define META_PREFIX "meta." /* of a VDU's metadata that goes to its servers */
enum { META_VALUE_MAX = 255, VOLUME_MAX_GB = 16384 };

const char *os_wish(const struct ob_cloud_pop *pop, const struct ob_cloud_launch *want,
                    const char *key)
{
    for (size_t i = 0; want && i < want->metadata_n; i++)
        if (strcmp(want->metadata[i].key, key) == 0 && want->metadata[i].value[0])
            return want->metadata[i].value;
    for (size_t i = 0; i < pop->metadata_n; i++)
        if (strcmp(pop->metadata[i].key, key) == 0 && pop->metadata[i].value[0])
            return pop->metadata[i].value;
    return NULL;
}

static void add_metadata(const struct os_body *b, struct sbuf *out)
{
    const struct ob_cloud_launch *want = b->want;
    char key[40];
    sbuf_adds(out, ",\"metadata\":{");
    os_add_pair(out, OS_META_TOKEN, want->token);
    os_add_pair(out, OS_META_PROJECT, b->pop->project);
    os_add_pair(out, OS_META_IMAGE, want->image.name ? want->image.name : want->image.id);
    os_add_pair(out, OS_META_FLAVOUR, want->flavour.name);
    for (size_t i = 0; i < want->port_n; i++) {
        snprintf(key, sizeof(key), OS_META_LINKS "%zu", i);
        if (want->ports[i].network)
            os_add_pair(out, key, want->ports[i].network);
    }
    for (size_t i = 0; i < want->metadata_n; i++) {
        const char *name = want->metadata[i].key;
        const char *key_at = name + strlen(META_PREFIX);
        if (text_starts_with(name, META_PREFIX) && *key_at && !text_starts_with(key_at, "baton.") &&
            strlen(want->metadata[i].value) <= META_VALUE_MAX)
            os_add_pair(out, key_at, want->metadata[i].value);
    }
    sbuf_addc(out, '}');
}

/* Their order is that of the interfaces. */
static void add_networks(const struct os_body *b, struct sbuf *out)
{
    if (!b->want->port_n) {
        sbuf_adds(out, b->knows_no_network ? ",\"networks\":\"none\"" : "");
        return;
    }
    sbuf_adds(out, ",\"networks\":[");
    for (size_t i = 0; i < b->want->port_n; i++) {
        sbuf_adds(out, i ? ",{" : "{");
        os_add_pair(out, "port", b->ports[i]->id);
        sbuf_addc(out, '}');
    }
    sbuf_addc(out, ']');
}

static enum err_code volume_gb(const struct os_body *b, int64_t *ret, struct err *err)
{
    const char *wish = os_wish(b->pop, b->want, "boot_volume");
    char *end = NULL;
    *ret = b->o->boot_volume_gb;
    if (!wish)
        return ERR_OK;
    *ret = strtoll(wish, &end, 10);
    if (*end || *ret < 0 || *ret > VOLUME_MAX_GB) {
        err_set(err, ERR_INVALID, "metadata boot_volume '%.40s' is no size", wish);
        return err_hint(err, "write GB, up to %d; 0: from the image itself", VOLUME_MAX_GB);
    }
    return ERR_OK;
}

static enum err_code add_disk(const struct os_body *b, struct sbuf *out, struct err *err)
{
    int64_t gb;
    enum err_code rc = volume_gb(b, &gb, err);
    if (rc != ERR_OK)
        return rc;
    if (gb == 0) {
        os_add_pair(out, "imageRef", b->want->image.id);
        return ERR_OK;
    }
    sbuf_adds(out, ",\"block_device_mapping_v2\":[{");
    os_add_pair(out, "uuid", b->want->image.id);
    sbuf_addf(out,
              ",\"source_type\":\"image\",\"destination_type\":\"volume\",\"boot_index\":0,"
              "\"delete_on_termination\":true,\"volume_size\":%lld}]",
              (long long)gb);
    return ERR_OK;
}

static enum err_code add_user_data(const struct os_body *b, struct sbuf *out, struct err *err)
{
    AUTO(sbuf_release) struct sbuf data = SBUF_INIT;
    enum err_code rc = os_user_data(b->want->user_data, b->want->authorized_keys, &data, err);
    if (rc == ERR_OK && data.len)
        os_add_pair(out, "user_data", data.s);
    return rc;
}

enum err_code os_body_server(const struct os_body *b, struct sbuf *out, struct err *err)
{
    const struct ob_cloud_launch *want = b->want;
    const char *zone = os_wish(b->pop, NULL, "az");
    if (!zone) /* the NFVO's choice goes before the VDU's */
        zone = os_wish(b->pop, want, "az");
    sbuf_adds(out, "{\"server\":{");
    os_add_pair(out, "name", want->name);
    os_add_pair(out, "flavorRef", want->flavour.id);
    enum err_code rc = add_disk(b, out, err);
    if (rc == ERR_OK)
        rc = add_user_data(b, out, err);
    if (rc != ERR_OK)
        return rc;
    if (want->key_pair && want->key_pair[0])
        os_add_pair(out, "key_name", want->key_pair);
    if (zone)
        os_add_pair(out, "availability_zone", zone);
    if (b->o->has_config_drive || os_wish(b->pop, want, "config_drive"))
        sbuf_adds(out, ",\"config_drive\":true");
    add_networks(b, out);
    add_metadata(b, out);
    sbuf_addc(out, '}');
    if (b->group) {
        sbuf_adds(out, ",\"os:scheduler_hints\":{");
        os_add_pair(out, "group", b->group);
        sbuf_addc(out, '}');
    }
    sbuf_addc(out, '}');
    return ERR_OK;
}
