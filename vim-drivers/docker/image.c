#include "vim-drivers/docker/docker.h"

#include "common/base/base64.h"
#include "common/base/text.h"
#include "common/log/log.h"

#include "vim-drivers/common/download.h"

#include <string.h>
#include <unistd.h>

/* "web:latest" is "web", too. Of other projects' images of the repository nothing is told. */
static void add_image(struct engine *e, const struct dk_image *i)
{
    const char *tags[64] = {NULL};
    size_t n = 0;
    bool is_foreign = false;
    for (uint32_t k = 0; k < i->tags.n && n + 2 < 64; k++) {
        const char *tag = i->tags.at[k], *own;
        if (strcmp(tag, "<none>:<none>") == 0)
            continue;
        if (dk_own_name_read(tag, text_or_empty(e->pop->project), &e->arena, &own)) {
            is_foreign |= own == NULL;
            tag = own;
        }
        if (!tag)
            continue;
        const char *colon = strrchr(tag, ':');
        tags[n++] = tag;
        if (colon && strcmp(colon, ":latest") == 0)
            tags[n++] = arena_strndup(&e->arena, tag, (size_t)(colon - tag));
    }
    if (n == 0 && is_foreign)
        return;
    ob_cloud_add_image(e->call, &(struct ob_cloud_image){.id = i->id,
                                                         .name = n ? tags[0] : i->id,
                                                         .tags = tags,
                                                         .tag_n = n,
                                                         .created_at = i->created});
}

enum err_code dk_list_images(struct engine *e, struct err *err)
{
    struct dk_image_list list = {0};
    enum err_code rc = engine_get(e, "/images/json", err);
    if (rc == ERR_OK)
        rc = engine_read_list(e, &dk_image_type, &list, err);
    for (uint32_t i = 0; rc == ERR_OK && i < list.n; i++)
        if (list.at[i]->id)
            add_image(e, list.at[i]);
    return rc;
}

static enum err_code inspect(struct engine *e, const char *name, struct dk_image_inspect **ret,
                             struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_adds(&path, "/images/");
    http_percent_encode(&path, name);
    sbuf_adds(&path, "/json");
    enum err_code rc = engine_get(e, path.s, err);
    return rc == ERR_OK ? engine_read(e, &dk_image_inspect_type, ret, err) : rc;
}

static bool may_know(const struct dk_options *o, const char *registry)
{
    for (size_t i = 0; i < o->registries.n; i++)
        if (strcmp(o->registries.items[i], registry) == 0)
            return true;
    return false;
}

void dk_registry_auth(const struct dk_options *o, const struct ob_cloud_pop *pop,
                      const char *repository, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char registry[DK_NAME_MAX];
    dk_registry_of(repository, registry);
    if (!pop->username || !pop->username[0] || !may_know(o, registry))
        return;
    sbuf_adds(&text, "{\"username\":");
    proto_quotes(&text, pop->username);
    sbuf_adds(&text, ",\"password\":");
    proto_quotes(&text, pop->password ? pop->password : "");
    sbuf_adds(&text, ",\"serveraddress\":");
    proto_quotes(&text, registry);
    sbuf_addc(&text, '}');
    base64_add_url(out, text.s, text.len);
    explicit_bzero(text.s, text.len);
}

/* Success is in the stream, not in the status. */
enum err_code dk_pull(struct engine *e, const char *reference, struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf auth = SBUF_INIT;
    char repository[DK_NAME_MAX], tag[DK_NAME_MAX];
    struct dk_stream stream = DK_STREAM_INIT;
    struct dk_request want = {.method = "POST", .stream = &stream, .timeout_ms = INT64_MAX};
    enum err_code rc = dk_reference_read(reference, repository, tag, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_adds(&path, "/images/create?fromImage=");
    http_percent_encode(&path, repository);
    sbuf_adds(&path, "&tag=");
    http_percent_encode(&path, tag);
    want.path = path.s;
    dk_registry_auth(e->d->o, e->pop, repository, &auth);
    if (auth.len)
        want.header = (struct http_header){"X-Registry-Auth", auth.s};
    log_info(LOG_DRIVER, "pull", KV_S("image", reference));
    rc = engine_ask(e, &want, err);
    if (rc == ERR_OK)
        rc = dk_stream_end(&stream, err);
    if (rc == ERR_OK)
        log_info(LOG_DRIVER, "pulled", KV_S("image", reference), KV_S("status", stream.status));
    dk_stream_release(&stream);
    if (auth.len)
        explicit_bzero(auth.s, auth.len);
    if (rc != ERR_OK && !auth.len && e->pop->username && e->pop->username[0])
        err_hint(err, "the PoP's username and password are not for this registry: the driver's "
                      "option registries does not name it");
    return rc == ERR_OK ? rc : err_add(err, "pull '%s'", reference);
}

enum err_code dk_image_get(struct engine *e, const struct ob_cloud_image *want,
                           struct dk_image_inspect **ret, struct err *err)
{
    const char *name = want->id ? want->id : want->name;
    enum err_code rc = inspect(e, name, ret, err);
    if (rc != ERR_NOT_FOUND || want->id)
        return rc == ERR_OK ? rc : err_add(err, "image '%s'", name);
    *err = (struct err)ERR_INIT;
    rc = dk_pull(e, name, err);
    if (rc == ERR_OK)
        rc = inspect(e, name, ret, err);
    return rc == ERR_OK ? rc : err_add(err, "image '%s'", name);
}

/* --- of the image repository --- */

static enum err_code send_file(struct engine *e, const char *path, int fd, int64_t n,
                               struct err *err)
{
    struct dk_stream stream = DK_STREAM_INIT;
    const struct dk_request want = {.method = "POST",
                                    .path = path,
                                    .body_fd = fd,
                                    .body_len = (size_t)n,
                                    .type = "application/x-tar",
                                    .stream = &stream,
                                    .timeout_ms = INT64_MAX};
    enum err_code rc = engine_ask(e, &want, err);
    if (rc == ERR_OK)
        rc = dk_stream_end(&stream, err); /* success is in the stream, not in the status */
    dk_stream_release(&stream);
    return rc;
}

static enum err_code transfer(struct engine *e, const struct download *f, const char *reference,
                              struct err *err)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    int copy = -1;
    int64_t n = 0;
    enum err_code rc = dk_archive_rename(f, reference, &copy, &n, err);
    if (rc == ERR_OK && copy >= 0) {
        rc = send_file(e, "/images/load?quiet=1", copy, n, err);
    } else if (rc == ERR_OK) {
        sbuf_adds(&path, "/images/create?fromSrc=-&repo=");
        http_percent_encode(&path, reference);
        rc = send_file(e, path.s, f->fd, f->n, err);
    }
    if (copy >= 0)
        close(copy);
    return rc;
}

enum err_code dk_image_load(struct engine *e, const struct ob_cloud_new_image *want,
                            struct ob_cloud_image *ret, struct err *err)
{
    struct dk_image_inspect *image;
    struct download f = {.folder = e->d->o->image_folder,
                         .max_mb = e->d->o->image_max_mb,
                         .timeout_ms = ob_cloud_left_ms(e->call),
                         .dial = &e->d->outbound,
                         .cancel_fd = e->d->stop_fd,
                         .fd = -1};
    const char *reference = dk_own_name(want->name, text_or_empty(e->pop->project), &e->arena);
    if (!reference) {
        err_set(err, ERR_INVALID, "'%.60s' is too long for the name of an image", want->name);
        return err_hint(err, "at most %d characters", DK_OWN_NAME_MAX);
    }
    enum err_code rc = inspect(e, reference, &image, err);
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        rc = download_open(&f, want->fetch_url, err);
        if (rc == ERR_OK)
            rc = transfer(e, &f, reference, err);
        dk_step(e->d);
        if (rc == ERR_OK)
            rc = inspect(e, reference, &image, err);
    }
    if (f.fd >= 0)
        close(f.fd);
    if (rc != ERR_OK)
        return err_add(err, "image '%.60s'", want->name);
    const char **tags = ob_cloud_alloc(e->call, sizeof(*tags));
    tags[0] = ob_cloud_text(e->call, want->name);
    *ret = (struct ob_cloud_image){.id = ob_cloud_text(e->call, image->id),
                                   .name = tags[0],
                                   .tags = tags,
                                   .tag_n = 1,
                                   .is_private = true};
    return ERR_OK;
}
