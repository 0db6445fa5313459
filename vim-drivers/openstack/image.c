/* Images: listed; added from a URL; changed; deleted. */
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/common/download.h"
#include "vim-drivers/openstack/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 33000, /* as far as os_disk_format looks: the mark of an ISO is at 32769 */
    UPLOAD_MS = 3600000
};

/* --- what is there --- */

/* In the words of the reference: the NFVO takes those that are ACTIVE. */
static const char *status_of(const struct os_image *i)
{
    static const char *const words[][2] = {{"active", "ACTIVE"},          {"queued", "QUEUED"},
                                           {"saving", "SAVING"},          {"importing", "SAVING"},
                                           {"deleted", "DELETED"},        {"killed", "ERROR"},
                                           {"deactivated", "DEACTIVATED"}};
    for (size_t k = 0; k < ARRAY_LEN(words); k++)
        if (text_matches(i->status, words[k][0]))
            return words[k][1];
    return "UNRECOGNIZED";
}

static void record(struct os_conn *c, const struct os_image *i, struct ob_cloud_image *ret)
{
    *ret = (struct ob_cloud_image){.id = ob_cloud_text(c->call, i->id),
                                   .name = ob_cloud_text(c->call, i->name ? i->name : i->id),
                                   .status = status_of(i),
                                   .created_at = os_time(i->created),
                                   .disk_format = ob_cloud_text(c->call, i->disk ? i->disk : ""),
                                   .container_format =
                                       ob_cloud_text(c->call, i->container ? i->container : ""),
                                   .min_disk_gb = i->min_disk,
                                   .min_ram_mb = i->min_ram,
                                   .is_private = !text_matches(i->visibility, "public")};
}

static bool is_whole(const struct os_image *i)
{
    return text_matches(i->status, "active");
}

/* Names are looked up from the front: whole ones first, so that one that is half uploaded hides none
 * of them; then the youngest. */
static int by_use(const void *a, const void *b)
{
    const struct os_image *x = *(const struct os_image *const *)a;
    const struct os_image *y = *(const struct os_image *const *)b;
    if (is_whole(x) != is_whole(y))
        return is_whole(x) ? -1 : 1;
    int age = strcmp(text_or_empty(y->created), text_or_empty(x->created));
    return age ? age : strcmp(x->id, y->id);
}

enum err_code os_list_images(struct os_conn *c, int64_t not_before_us, struct err *err)
{
    struct os_image_list l = {0};
    enum err_code rc = os_shared(c, OS_IMAGES, not_before_us, &l, NULL, err);
    if (rc != ERR_OK)
        return rc;
    struct os_image **sorted = arena_alloc(&c->arena, (l.n + 1) * sizeof(struct os_image *));
    for (uint32_t i = 0; i < l.n; i++)
        sorted[i] = l.at[i];
    qsort(sorted, l.n, sizeof(struct os_image *), by_use);
    for (uint32_t i = 0; i < l.n; i++) {
        struct ob_cloud_image one;
        record(c, sorted[i], &one);
        ob_cloud_add_image(c->call, &one);
    }
    return ERR_OK;
}

/* --- one more: fetched into a file, then sent: its length is known, and both ends may be slow --- */

static enum err_code make(struct os_conn *c, const struct ob_cloud_new_image *want,
                          const struct download *f, struct os_image **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    unsigned char *head = arena_alloc(&c->arena, HEAD_BYTES);
    ssize_t n = pread(f->fd, head, HEAD_BYTES, 0);
    sbuf_addc(&body, '{');
    os_add_pair(&body, "name", want->name);
    os_add_pair(&body, "disk_format", os_disk_format(head, n > 0 ? (size_t)n : 0));
    os_add_pair(&body, "container_format", "bare");
    os_add_pair(&body, "visibility", "private"); /* a member may not make public ones */
    os_add_pair(&body, "baton_source", want->url);
    sbuf_addc(&body, '}');
    os_step(c->os);
    enum err_code rc = os_ask(c,
                              &(struct os_request){.service = OS_IMAGE,
                                                   .method = "POST",
                                                   .path = "/images",
                                                   .body = body.s,
                                                   .body_len = body.len},
                              err);
    os_step(c->os);
    return rc == ERR_OK ? os_read(c, &os_image_type, &c->arena, ret, err) : rc;
}

static enum err_code upload(struct os_conn *c, const struct os_image *i, const struct download *f,
                            struct err *err)
{
    enum err_code rc =
        os_ask(c,
               &(struct os_request){.service = OS_IMAGE,
                                    .method = "PUT",
                                    .path = os_path(&c->arena, "/images", i->id, "/file"),
                                    .type = "application/octet-stream",
                                    .body_fd = f->fd,
                                    .body_len = (size_t)f->n,
                                    .timeout_ms = UPLOAD_MS},
               err);
    os_step(c->os);
    return rc;
}

static enum err_code get_image(struct os_conn *c, const char *id, struct os_image **ret,
                               struct err *err)
{
    enum err_code rc = os_ask(
        c, &(struct os_request){.service = OS_IMAGE, .path = os_path(&c->arena, "/images", id, "")},
        err);
    return rc == ERR_OK ? os_read(c, &os_image_type, &c->arena, ret, err) : rc;
}

/* Of an earlier try: whole, it is the answer; half, it goes. */
static enum err_code find_earlier(struct os_conn *c, const struct ob_cloud_new_image *want,
                                  struct os_image **ret, struct err *err)
{
    AUTO(sbuf_release) struct sbuf query = SBUF_INIT;
    struct os_image_list l = {0};
    *ret = NULL;
    /* glance takes what stands before a colon for an operator; the list is looked through anyway. */
    if (want->name[strcspn(want->name, ":,\"")] == '\0') {
        sbuf_adds(&query, "name=");
        http_percent_encode(&query, want->name);
    }
    enum err_code rc = os_fetch(c, OS_IMAGES, query.s, &c->arena, &l, err);
    for (uint32_t i = 0; rc == ERR_OK && i < l.n; i++) {
        if (!text_matches(l.at[i]->name, want->name) || !text_matches(l.at[i]->source, want->url))
            continue;
        if (is_whole(l.at[i]))
            *ret = l.at[i];
        else
            rc = os_delete(c, OS_IMAGE, "/images", l.at[i]->id, err);
    }
    return rc;
}

static enum err_code transfer(struct os_conn *c, const struct ob_cloud_new_image *want,
                              struct os_image **ret, struct err *err)
{
    struct download f = {.folder = c->os->o->image_folder,
                         .max_mb = c->os->o->image_max_mb,
                         .timeout_ms = ob_cloud_left_ms(c->call),
                         .dial = &c->os->outbound,
                         .cancel_fd = c->os->stop_fd};
    struct os_image *made = NULL;
    struct err other = ERR_INIT;
    enum err_code rc = download_open(&f, want->fetch_url, err);
    if (rc == ERR_OK)
        rc = make(c, want, &f, &made, err);
    if (rc == ERR_OK)
        rc = upload(c, made, &f, err);
    if (f.fd >= 0)
        close(f.fd);
    if (rc == ERR_OK)
        rc = get_image(c, made->id, ret, err);
    if (rc != ERR_OK && rc != ERR_UNAVAIL && made &&
        os_delete(c, OS_IMAGE, "/images", made->id, &other) != ERR_OK)
        log_error(LOG_DRIVER, "half_made", KV_S("image", made->id), KV_ERR(&other));
    return rc;
}

enum err_code os_add_image(void *arg, struct ob_cloud_call *call,
                           const struct ob_cloud_new_image *want, struct ob_cloud_image *ret,
                           struct err *err)
{
    struct os_conn c;
    struct os_image *i = NULL;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK && (!want->name[0] || !want->url[0]))
        rc = err_set(err, ERR_INVALID, "an image needs a name and a URL");
    if (rc == ERR_OK)
        rc = find_earlier(&c, want, &i, err);
    if (rc == ERR_OK && !i)
        rc = transfer(&c, want, &i, err);
    if (rc == ERR_OK)
        record(&c, i, ret);
    os_forget(&c, OS_IMAGES);
    os_conn_close(&c);
    return rc == ERR_OK ? rc : err_add(err, "'%.80s'", want->name);
}

/* --- changes --- */

static void add_change(struct sbuf *out, const char *path)
{
    sbuf_adds(out, out->len > 1 ? ",{" : "{");
    os_add_pair(out, "op", "replace");
    os_add_pair(out, "path", path);
    sbuf_adds(out, ",\"value\":");
}

static enum err_code patch(struct os_conn *c, const struct ob_cloud_image *want, struct err *err)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addc(&body, '[');
    if (want->name) {
        add_change(&body, "/name");
        proto_quotes(&body, want->name);
        sbuf_addc(&body, '}');
    }
    if (want->min_disk_gb > 0) {
        add_change(&body, "/min_disk");
        sbuf_addf(&body, "%lld}", (long long)want->min_disk_gb);
    }
    if (want->min_ram_mb > 0) {
        add_change(&body, "/min_ram");
        sbuf_addf(&body, "%lld}", (long long)want->min_ram_mb);
    }
    sbuf_addc(&body, ']');
    return os_ask(c,
                  &(struct os_request){.service = OS_IMAGE,
                                       .method = "PATCH",
                                       .path = os_path(&c->arena, "/images", want->id, ""),
                                       .body = body.s,
                                       .body_len = body.len,
                                       .type = "application/openstack-images-v2.1-json-patch"},
                  err);
}

enum err_code os_update_image(void *arg, struct ob_cloud_call *call,
                              const struct ob_cloud_image *want, struct ob_cloud_image *ret,
                              struct err *err)
{
    struct os_conn c;
    struct os_image *i = NULL;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = patch(&c, want, err);
    if (rc == ERR_OK)
        rc = get_image(&c, want->id, &i, err);
    if (rc == ERR_OK)
        record(&c, i, ret);
    os_forget(&c, OS_IMAGES);
    os_conn_close(&c);
    return rc;
}

enum err_code os_delete_image(void *arg, struct ob_cloud_call *call, const char *id,
                              bool *ret_was_there, struct err *err)
{
    struct os_conn c;
    struct os_image *i = NULL;
    enum err_code rc = os_conn_open(&c, arg, call, err);
    if (rc == ERR_OK)
        rc = get_image(&c, id, &i, err);
    *ret_was_there = rc == ERR_OK;
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        rc = ERR_OK;
    } else if (rc == ERR_OK)
        rc = os_delete(&c, OS_IMAGE, "/images", id, err);
    os_forget(&c, OS_IMAGES);
    os_conn_close(&c);
    return rc == ERR_OK ? rc : err_add(err, "delete image '%.80s'", id);
}
