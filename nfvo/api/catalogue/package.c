/* /vnf-packages: rest-api.md 2.4. What a package must be like is the catalogue's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"
#include "nfvo/api/catalogue/descriptor.h"
#include "nfvo/api/catalogue/package_script.h"
#include "nfvo/api/request/idempotency.h"
#include "nfvo/api/request/list.h"
#include "nfvo/api/vim/image.h"
#include "nfvo/catalogue/package.h"
#include "nfvo/store/store_package.h"
#include "proto/records/manager.h"

#define BASE "/api/v1/vnf-packages"

/* --- upload ----------------------------------------------------------------------------------- */

static enum err_code read_upload(struct call *c, struct package *ret, struct package_source *source,
                                 struct err *err)
{
    const struct http_file *file = http_request_file(c->req);
    struct package_rules rules = {
        .nfvo_version = c->api->options->is_version_checked ? c->api->host->version : NULL};
    enum err_code rc = descriptor_rules(c, &rules.base, err);
    if (rc != ERR_OK)
        return rc;
    if (!file || file->size == 0) {
        err_set(err, ERR_INVALID, "File is null or empty!");
        return err_hint(err, "send the tar as the part 'file' of a multipart/form-data body");
    }
    *source = (struct package_source){.data = file->data, .size = file->size, .fd = file->fd};
    return catalogue_package_read(source, &rules, &c->arena, ret, err);
}

/* Out of the package into a file without a name, then into the repository. */
static enum err_code put_image(struct call *c, const struct package_source *source,
                               struct nfv_image *image, struct err *err)
{
    if (image->url)
        return image_put(c, image, NULL, err);
    if (!image_has_folder(c))
        return err_set(err, ERR_UNSUPPORTED, "this orchestrator keeps no image files (image-dir)");
    const char *own = text_or_null(c->api->options->upload_directory), *folder = own ? own : "/tmp";
    int fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "keep a file in '%s'", folder);
    enum err_code rc = catalogue_package_extract(
        source, arena_printf(&c->arena, "images/%s", image->name), fd, err);
    off_t size = lseek(fd, 0, SEEK_END);
    if (rc == ERR_OK)
        rc = image_put(c, image,
                       &(struct http_file){.name = image->name, .fd = fd, .size = (size_t)size},
                       err);
    close(fd);
    return rc;
}

/* The package is there; what becomes of its images is told beside it. */
static void put_images(struct call *c, const struct package *p, const struct package_source *source,
                       struct descriptor_advice *advice)
{
    for (uint32_t i = 0; i < p->images.n; i++) {
        const struct image *said = p->images.at[i];
        struct nfv_image *image = proto_new(&nfv_image_type, &c->arena);
        struct err err = ERR_INIT;
        image->name = said->name;
        image->id = call_new_id(c);
        image->project_id = c->project;
        image->url = said->url;
        image->min_ram = said->min_ram;
        image->min_disk_space = said->min_disk_space;
        image->min_cpu = said->min_cpu;
        image->disk_format = said->disk_format;
        image->container_format = said->container_format;
        enum err_code rc = put_image(c, source, image, &err);
        const char *path = arena_printf(&c->arena, "images.%s", said->name);
        if (rc == ERR_EXISTS)
            descriptor_advise(advice, FINDING_WARNING, path,
                              "the repository has an image of that name: it stays as it is");
        else if (rc != ERR_OK)
            descriptor_advise(advice, FINDING_WARNING, path,
                              arena_printf(&c->arena, "it is not in the repository: %s", err.msg));
    }
}

static enum err_code package_add(struct call *c, struct err *err)
{
    AUTO(descriptor_advice_release)
    struct descriptor_advice advice = {.call = c, .kind = "package", .list = SBUF_INIT};
    struct package p;
    struct package_source source;
    enum err_code rc = read_upload(c, &p, &source, err);
    if (rc == ERR_OK)
        p.vnfd->id = call_object_id(c);
    if (rc == ERR_OK)
        rc = store_package_add(call_db(c), p.record, p.identity, p.vnfd, err);
    if (rc == ERR_EXISTS) {
        err_set(err, rc, "VNF package already exists.");
        return err_hint(err, "'%s' is there in this version: delete it first, or raise its version",
                        p.record->name);
    }
    if (rc != ERR_OK)
        return rc;
    c->made = arena_printf(&c->arena, BASE "/%s", p.record->id);
    for (uint32_t i = 0; i < p.fault_n; i++)
        descriptor_advise(&advice, p.faults[i].level,
                          catalogue_package_place(&p.faults[i], &c->arena), p.faults[i].message);
    put_images(c, &p, &source, &advice);
    descriptor_answer(&advice, &vnfd_type, p.vnfd, p.vnfd->id);
    return ERR_OK;
}

/* No catalogue in the network is asked: what is deployed here was put here. */
static enum err_code package_download(struct call *c, struct err *err)
{
    (void)c;
    err_set(err, ERR_INVALID, "VNF packages are not downloaded from other servers");
    return err_hint(err, "download the tar yourself, then POST " BASE);
}

/* Without it the VNF could never be deployed: better said now. */
static enum err_code check_package(struct call *c, const char *id, struct err *err)
{
    struct vnf_package *p;
    enum err_code rc = store_package_get(call_db(c), id, c->project, false, &c->arena, &p, err);
    if (rc == ERR_NOT_FOUND)
        return err_hint(err, "vnfPackageLocation is a URL of scripts, or the id of an uploaded "
                             "package: baton package list");
    return rc;
}

static struct proto_raw metadata_of(struct call *c, const struct vnfd *vnfd)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    const char *const rows[][2] = {{"name", vnfd->name},
                                   {"vendor", vnfd->vendor},
                                   {"version", vnfd->version},
                                   {"vnfmType", vnfd->endpoint},
                                   {"nfvoVersion", vnfd->nfvo_version}};
    sbuf_addc(&out, '{');
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i][1])
            continue;
        sbuf_addf(&out, "%s\"%s\":", out.len > 1 ? "," : "", rows[i][0]);
        proto_quotes(&out, rows[i][1]);
    }
    sbuf_addc(&out, '}');
    return (struct proto_raw){arena_strndup(&c->arena, out.s, out.len), out.len};
}

/* Such packages have only the VNFD's names; their identity is their own. */
enum err_code descriptor_adopt_link(struct call *c, struct vnfd *vnfd,
                                    struct vnf_package_list *packages, struct err *err)
{
    const char *url = vnfd->vnf_package_location;
    if (!url || !*url)
        return ERR_OK;
    if (!strstr(url, "://"))
        return check_package(c, url, err);
    struct vnf_package *p = proto_new(&vnf_package_type, &c->arena);
    p->id = call_new_id(c);
    p->project_id = c->project;
    p->name = vnfd->name;
    p->nfvo_version = vnfd->nfvo_version;
    p->vnf_package_version = vnfd->version;
    p->scripts_link = url;
    p->vnf_package_metadata = metadata_of(c, vnfd);
    vnfd->vnf_package_location = p->id;
    proto_list_add(packages, p, &c->arena);
    return ERR_OK;
}

/* --- reading and changing --------------------------------------------------------------------- */

static enum err_code package_get(struct call *c, struct err *err)
{
    struct vnf_package *p;
    enum err_code rc =
        store_package_get(call_db(c), call_param(c, "id"), c->project, true, &c->arena, &p, err);
    if (rc == ERR_OK)
        call_json(c, &vnf_package_type, p);
    return rc;
}

/* Only its name and its image change. */
static enum err_code package_update(struct call *c, struct err *err)
{
    struct vnf_package *p, *body;
    enum err_code rc =
        store_package_get(call_db(c), call_param(c, "id"), c->project, true, &c->arena, &p, err);
    if (rc == ERR_OK)
        rc = call_body(c, &vnf_package_type, &body, err);
    if (rc != ERR_OK)
        return rc;
    p->name = body->name ? body->name : p->name;
    p->image = body->image;
    rc = proto_validate(&vnf_package_type, p, err);
    if (rc != ERR_OK)
        return rc;
    rc = store_package_set(call_db(c), p, err);
    p->hb_version++;
    if (rc == ERR_OK)
        call_json(c, &vnf_package_type, p);
    return rc;
}

/* --- deleting --------------------------------------------------------------------------------- */

static enum err_code check_unused(struct call *c, const char *id, struct err *err)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    enum err_code rc = store_package_user(call_db(c), id, &user, err);
    if (rc != ERR_OK || user.len == 0)
        return rc;
    err_set(err, ERR_STATE,
            "It is not possible to remove a vnfPackage --> vnfdescriptor if the NSD is still "
            "onboarded");
    return err_hint(err, "delete the NSD first: DELETE /api/v1/ns-descriptors/%s", user.s);
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    struct vnf_package *p;
    bool is_cascade = c->api->options->is_package_cascade;
    enum err_code rc = store_package_get(call_db(c), id, c->project, false, &c->arena, &p, err);
    if (rc == ERR_OK && is_cascade)
        rc = check_unused(c, id, err);
    if (rc == ERR_OK)
        rc = store_package_delete(call_db(c), id, c->project, is_cascade, err);
    if (rc != ERR_NOT_FOUND)
        return rc;
    c->fail_status = 403;
    return err_set(err, ERR_NOT_FOUND,
                   "Not found VNFPackage %s. Either not existing or not under the project chosen.",
                   id);
}

static enum err_code package_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code package_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint package_endpoints[] = {
    {"POST",   BASE,                                  package_add,         200, API_PROJECT | API_UPLOAD, "Upload a VNF package (tar); answers its VNFD"},
    {"GET",    BASE,                                  list_answer,        200, API_PROJECT | LIST(PACKAGE), "List the VNF packages"},
    {"POST",   BASE "/multipledelete",                package_delete_many, 204, API_PROJECT, "Delete several VNF packages"},
    {"POST",   BASE "/marketdownload",                package_download,    200, API_PROJECT, "Not served: packages are uploaded"},
    {"POST",   BASE "/package-repository-download",   package_download,    200, API_PROJECT, "Not served: packages are uploaded"},
    {"GET",    BASE "/{id}",                          package_get,         200, API_PROJECT, "Show a VNF package with its scripts"},
    {"PUT",    BASE "/{id}",                          package_update,      202, API_PROJECT, "Change name and image of a VNF package"},
    {"DELETE", BASE "/{id}",                          package_delete,      204, API_PROJECT, "Delete a VNF package"},
    {"GET",    BASE "/{id}/scripts/{scriptId}",       package_script_get,  200, API_PROJECT, "The text of a script"},
    {"PUT",    BASE "/{id}/scripts/{scriptId}",       package_script_put,  200, API_PROJECT, "Replace the text of a script, also on the VNFs that run with it; ?plan=true: what that would do"},
    {0},
};
/* clang-format on */
