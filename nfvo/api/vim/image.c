/* /nfvimage: the images of a project that PoPs get when a VDU needs them. rest-api.md 2.7. */
#include "nfvo/api/vim/image.h"

#include "common/base/text.h"
#include "common/http/url.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/context.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/vim/image_files.h"
#include "nfvo/store/image_token.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_image.h"

#include <stdlib.h>
#include <string.h>

#define BASE "/api/v1/nfvimage"

/* NULL: none. */
static const char *folder_of(const struct call *c)
{
    return text_or_null(c->api->options->image_directory);
}

/* --- one more --------------------------------------------------------------------------------- */

static const char *query(struct call *c, const char *name)
{
    return text_or_null(text_or_empty(http_request_query(c->req, name)));
}

/* rest-api.md: these are required. */
static enum err_code read_text(struct call *c, const char *name, const char **ret, struct err *err)
{
    *ret = query(c, name);
    if (*ret)
        return ERR_OK;
    err_set(err, ERR_INVALID, "the parameter '%s' is not there", name);
    err_hint(err, "parameters: name, minRam (MB), minDiskSpace (GB), minCPU, diskFormat (qcow2), "
                  "containerFormat (bare), and url or the part 'file' of a form");
    return err_where(err, "%s", name);
}

static enum err_code read_number(struct call *c, const char *name, int64_t *ret, struct err *err)
{
    const char *text;
    char *end;
    enum err_code rc = read_text(c, name, &text, err);
    if (rc != ERR_OK)
        return rc;
    *ret = strtoll(text, &end, 10);
    if (*end == '\0' && strlen(text) < 10 && *ret >= 0)
        return ERR_OK;
    err_set(err, ERR_INVALID, "'%.40s' is no number from 0 to 999999999", text);
    return err_where(err, "%s", name);
}

static enum err_code check_url(const char *url, struct err *err)
{
    char host[256];
    AUTO(sbuf_release) struct sbuf masked = SBUF_INIT;
    enum err_code rc = http_url_host(url, host, err);
    if (rc != ERR_OK)
        return err_where(err, "url");
    http_url_mask(&masked, url);
    if (strcmp(masked.s, url) == 0)
        return ERR_OK;
    /* It is shown in lists, and sent to PoPs. */
    err_set(err, ERR_INVALID, "the URL seems to hold a login or a token: %.120s", masked.s);
    err_hint(err, "give one that needs none, or upload the file");
    return err_where(err, "url");
}

static enum err_code check_source(struct call *c, const struct nfv_image *image,
                                  const struct http_file *file, struct err *err)
{
    if (!image->url && !file)
        return err_set(err, ERR_INVALID,
                       "You have to specify a URL from where the image is available or upload an "
                       "image file");
    if (image->url && file)
        return err_set(err, ERR_INVALID,
                       "Please either specify the image URL or upload an image file, but not both");
    if (image->url)
        return check_url(image->url, err);
    if (file->size == 0)
        return err_set(err, ERR_INVALID, "The provided image file is empty");
    if (folder_of(c))
        return ERR_OK;
    err_set(err, ERR_UNSUPPORTED, "this orchestrator keeps no image files");
    c->fail_status = 422;
    return err_hint(err, "its operator sets image-dir; or give the image's URL: ?url=...");
}

static enum err_code read_image(struct call *c, struct nfv_image **ret, struct err *err)
{
    struct nfv_image *i = *ret = proto_new(&nfv_image_type, &c->arena);
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = read_text(c, "name", &i->name, err);
    if (rc == ERR_OK)
        rc = read_number(c, "minRam", &i->min_ram, err);
    if (rc == ERR_OK)
        rc = read_number(c, "minDiskSpace", &i->min_disk_space, err);
    if (rc == ERR_OK)
        rc = read_text(c, "minCPU", &i->min_cpu, err);
    if (rc == ERR_OK)
        rc = read_text(c, "diskFormat", &i->disk_format, err);
    if (rc == ERR_OK)
        rc = read_text(c, "containerFormat", &i->container_format, err);
    if (rc != ERR_OK)
        return rc;
    i->id = call_object_id(c);
    i->url = query(c, "url");
    i->project_id = c->project;
    return ERR_OK;
}

bool image_has_folder(const struct call *c)
{
    return folder_of(c) != NULL;
}

enum err_code image_put(struct call *c, struct nfv_image *i, const struct http_file *file,
                        struct err *err)
{
    struct image_digests digests;
    const char *folder = folder_of(c);
    enum err_code rc = ERR_OK;
    i->is_public = false; /* the reference offers it; no cloud lets members do it */
    i->is_in_image_repo = true;
    i->status = "ACTIVE";
    i->created = call_now(c);
    rc = proto_validate(&nfv_image_type, i, err);
    if (rc == ERR_OK)
        rc = check_source(c, i, file, err);
    if (rc == ERR_OK && file)
        rc = image_file_keep(folder, i->id, file, c->api->options->image_reserve, &digests, err);
    if (rc != ERR_OK)
        return rc;
    if (file) {
        i->hash = arena_strdup(&c->arena, digests.md5);
        i->sha256 = arena_strdup(&c->arena, digests.sha256);
        i->size = (int64_t)file->size;
        i->stored_locally = true;
    }
    rc = store_image_add(call_db(c), i, err);
    if (rc != ERR_OK && file)
        image_file_remove(folder, i->id);
    if (rc != ERR_EXISTS)
        return rc;
    err_set(err, rc, "An image with name %s exists already in the image repository for project %s",
            i->name, i->project_id);
    return err_hint(err, "delete it first, or take another name");
}

static enum err_code image_add(struct call *c, struct err *err)
{
    struct nfv_image *i;
    const struct http_file *file = http_request_file(c->req);
    if (file && file->size == 0 && query(c, "url"))
        file = NULL; /* no body */
    enum err_code rc = read_image(c, &i, err);
    if (rc == ERR_OK)
        rc = image_put(c, i, file, err);
    if (rc == ERR_OK)
        call_json(c, &nfv_image_type, i);
    return rc;
}

/* --- the others ------------------------------------------------------------------------------- */

static enum err_code image_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_IMAGE, id, c->project, &c->out, err);
    if (rc != ERR_NOT_FOUND)
        return rc;
    return err_set(err, rc, "No NFVImage with ID %s found in image repository (project: %s)", id,
                   c->project);
}

/* PoPs keep what they have got: services may run on it. */
static enum err_code image_delete(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id"), *folder = folder_of(c);
    enum err_code rc = store_doc_delete(call_db(c), STORE_IMAGE, id, c->project, err);
    if (rc == ERR_NOT_FOUND) { /* rest-api.md: also when absent */
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    if (rc == ERR_OK && folder)
        image_file_remove(folder, id);
    return rc;
}

/* For drivers: the token is all that they have. */
static enum err_code image_file(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id"), *folder = folder_of(c);
    bool is_there = false;
    if (!image_token_is_good(store_seal(c->api->store), id, text_or_empty(query(c, "token")),
                             clock_wall_us() / 1000000)) {
        err_set(err, ERR_DENIED, "the token is not for this image, or is too old");
        return err_hint(err, "tokens are given to drivers, with each request to add an image");
    }
    enum err_code rc = store_image_is_there(call_db(c), id, &is_there, err);
    if (rc == ERR_OK && (!is_there || !folder))
        rc = err_set(err, ERR_NOT_FOUND, "image '%s' is not there any more", id);
    if (rc == ERR_OK)
        rc = image_file_open(folder, id, &c->file_fd, &c->file_size, err);
    c->has_file = rc == ERR_OK;
    c->type = "application/octet-stream";
    return rc;
}

/* clang-format off */
const struct endpoint image_endpoints[] = {
    {"POST",   BASE,              image_add,    201, API_PROJECT | API_UPLOAD, "Add an image to the repository: its file, or where it is (?url=)"},
    {"GET",    BASE,              list_answer,  200, API_PROJECT | LIST(IMAGE), "List the images of the repository"},
    {"GET",    BASE "/{id}",      image_get,    200, API_PROJECT, "Show an image of the repository"},
    {"DELETE", BASE "/{id}",      image_delete, 204, API_PROJECT, "Delete an image of the repository; PoPs that have it keep it"},
    {"GET",    BASE "/file/{id}", image_file,   200, API_OPEN, "The bytes of an image, for drivers: ?token=..."},
    {0},
};
/* clang-format on */
