/* From an archive to what is stored: the order of the checks is the reference's (rest-api.md 4.1).
 */
#include "nfvo/catalogue/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nfvo/catalogue/internal.h"
#include "nfvo/catalogue/package_internal.h"

const char *catalogue_package_place(const struct package_fault *f, struct arena *a)
{
    const char *blank = f->file[0] && f->path[0] ? " " : "";
    if (f->line)
        return arena_printf(a, "%s:%u%s%s", f->file, f->line, blank, f->path);
    return arena_printf(a, "%s%s%s", f->file, blank, f->path);
}

/* --- structure -------------------------------------------------------------------------------- */

static bool is_descriptor(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".json") == 0 && !package_below(name, "scripts") &&
           !package_below(name, "images");
}

/* The folder was packed instead of what is in it. */
static const char *folder_of_all(const struct package_reader *r)
{
    for (uint32_t i = 0; i < r->files.n; i++) {
        const char *name = r->files.at[i].name, *slash = strchr(name, '/');
        if (slash && strcasecmp(slash + 1, "Metadata.yaml") == 0)
            return arena_strndup(r->a, name, (size_t)(slash - name));
    }
    return NULL;
}

static void hint_folder(struct package_reader *r, struct package_fault *f)
{
    const char *folder = folder_of_all(r);
    if (folder)
        package_hint(r, f,
                     "pack what is in the folder '%s', not the folder: tar -C %s -cf %s.tar *",
                     folder, folder, folder);
}

static const struct package_file *find_vnfd(struct package_reader *r)
{
    const struct package_file *found = NULL;
    for (uint32_t i = 0; i < r->files.n; i++) {
        const struct package_file *f = &r->files.at[i];
        if (!is_descriptor(f->name))
            continue;
        if (found)
            package_fault(r, ERR_INVALID, f->name, 0, "",
                          "There is more than one VNF descriptor in the VNF Package: '%s' and '%s'",
                          found->name, f->name);
        found = found ? found : f;
    }
    if (!found)
        hint_folder(r, package_fault(r, ERR_INVALID, "", 0, "",
                                     "There is no VNF descriptor in the VNF Package"));
    return found;
}

static const struct package_file *find_metadata(struct package_reader *r)
{
    const struct package_file *found = NULL;
    for (uint32_t i = 0; i < r->files.n; i++) {
        const struct package_file *f = &r->files.at[i];
        if (strcasecmp(f->name, "Metadata.yaml") != 0)
            continue;
        if (found)
            package_fault(r, ERR_INVALID, f->name, 0, "",
                          "There is more than one Metadata.yaml in the VNF Package");
        found = found ? found : f;
    }
    if (!found)
        hint_folder(r, package_fault(r, ERR_INVALID, "", 0, "",
                                     "There is no Metadata.yaml in the VNF Package"));
    return found;
}

/* --- what both say ---------------------------------------------------------------------------- */

static void compare(struct package_reader *r, const char *key, const char *in_metadata,
                    uint32_t line, const char *in_vnfd)
{
    const struct package_metadata *m = &r->metadata;
    bool is_defined = !is_blank(in_metadata) && !is_blank(in_vnfd);
    if (!is_defined && r->error_n > 0) /* its absence is told already */
        return;
    if (!is_defined) {
        package_fault(r, ERR_NOT_FOUND, is_blank(in_vnfd) ? r->vnfd_file->name : m->file,
                      is_blank(in_vnfd) ? 0 : line, key,
                      "Not defined '%s' in VNFD or VNF package metadata", key);
    } else if (strcmp(in_metadata, in_vnfd) != 0) {
        struct package_fault *f =
            package_fault(r, ERR_INVALID, m->file, line, key,
                          "VNFD and VNF package has different '%s', it must be the same", key);
        package_hint(r, f, "'%s' in %s, '%s' in %s", in_metadata, m->file, in_vnfd,
                     r->vnfd_file->name);
    }
}

/* --- what is stored --------------------------------------------------------------------------- */

static void member(struct sbuf *out, const char *key, const char *value)
{
    if (!value)
        return;
    sbuf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
    proto_quotes(out, value);
}

static const char *metadata_json(struct package_reader *r)
{
    const struct package_metadata *m = &r->metadata;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addc(&out, '{');
    member(&out, "name", m->name);
    member(&out, "description", m->description);
    member(&out, "vendor", m->vendor);
    member(&out, "version", m->version);
    member(&out, "vnfmType", r->vnfd->endpoint);
    member(&out, "tag", m->tag);
    member(&out, "nfvoVersion", m->nfvo_version);
    member(&out, "osId", m->os_id);
    member(&out, "osVersion", m->os_version);
    member(&out, "osArchitecture", m->os_architecture);
    sbuf_adds(&out, ",\"requirements\":{");
    for (uint32_t i = 0; i < m->requirements.n; i++) {
        sbuf_adds(&out, i ? "," : "");
        proto_quotes(&out, m->requirements.at[i].key);
        sbuf_addc(&out, ':');
        proto_quotes(&out, m->requirements.at[i].value);
    }
    sbuf_adds(&out, "},\"vimTypes\":[");
    for (uint32_t i = 0; i < m->vim_types.n; i++) {
        sbuf_adds(&out, i ? "," : "");
        proto_quotes(&out, m->vim_types.at[i]);
    }
    sbuf_addc(&out, ']');
    if (m->repositories)
        sbuf_addf(&out, ",\"additionalRepoInfoList\":%s", m->repositories);
    sbuf_addc(&out, '}');
    return arena_strndup(r->a, out.s, out.len);
}

static const char *identity_of(struct package_reader *r)
{
    const struct package_metadata *m = &r->metadata;
    const char *const parts[] = {
        m->name,       m->vendor,          m->version, m->nfvo_version,  m->os_id,
        m->os_version, m->os_architecture, m->tag,     r->vnfd->endpoint};
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        sbuf_adds(&out, i ? "," : "[");
        proto_quotes(&out, parts[i] ? parts[i] : "");
    }
    sbuf_addc(&out, ']');
    return arena_strndup(r->a, out.s, out.len);
}

static int by_name(const void *a, const void *b)
{
    const struct script *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void add_scripts(struct package_reader *r, struct vnf_package *package)
{
    for (uint32_t i = 0; i < r->files.n; i++) {
        const struct package_file *f = &r->files.at[i];
        const char *name = package_below(f->name, "scripts");
        if (!name)
            continue;
        struct script *s = proto_new(&script_type, r->a);
        s->name = name;
        s->payload = (struct proto_bytes){(const uint8_t *)f->at, f->n};
        proto_list_add(&package->scripts, s, r->a);
    }
    if (package->scripts.n)
        qsort(package->scripts.at, package->scripts.n, sizeof(package->scripts.at[0]), by_name);
}

static struct vnf_package *make_record(struct package_reader *r)
{
    const struct package_metadata *m = &r->metadata;
    const struct catalogue_rules *rules = &r->rules->base;
    struct vnf_package *p = proto_new(&vnf_package_type, r->a);
    const char *json = metadata_json(r);
    p->name = m->name;
    p->nfvo_version = m->nfvo_version;
    p->vnf_package_version = m->version;
    p->vim_types = m->vim_types;
    p->image_link = m->image_link;
    p->scripts_link = m->scripts_link;
    p->image = m->image;
    p->vnf_package_metadata = (struct proto_raw){json, strlen(json)};
    if (!m->scripts_link)
        add_scripts(r, p);
    record_fill_ids(&vnf_package_type, p, true, rules->make_id, rules->arg);
    p->project_id = rules->project_id;
    r->vnfd->vnf_package_location = p->id;
    return p;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void check(struct package_reader *r, const struct package_source *source)
{
    if (source->data && source->size == 0) {
        package_fault(r, ERR_INVALID, "", 0, "", "File is null or empty!");
        return;
    }
    package_unpack(r, source);
    if (r->error_n > 0)
        return;
    r->vnfd_file = find_vnfd(r);
    const struct package_file *metadata = find_metadata(r);
    if (metadata)
        package_read_metadata(r, metadata);
    if (r->vnfd_file)
        package_read_vnfd(r);
    if (!metadata || !r->vnfd)
        return;
    compare(r, "name", r->metadata.name, r->metadata.name_line, r->vnfd->name);
    compare(r, "vendor", r->metadata.vendor, r->metadata.vendor_line, r->vnfd->vendor);
    package_check_scripts(r);
}

static enum err_code first_error(struct package_reader *r, struct err *err)
{
    for (uint32_t i = 0; i < r->fault_n; i++) {
        const struct package_fault *f = &r->faults[i];
        if (f->level != FINDING_ERROR)
            continue;
        const char *place = catalogue_package_place(f, r->a);
        err_set(err, f->code, "%s%s%s", place, place[0] ? ": " : "", f->message);
        err_where(err, "%s", place);
        if (f->hint[0])
            return err_hint(err, "%s", f->hint);
        if (r->error_n > 1)
            return err_hint(err,
                            "there are %u more faults; all of them: baton package validate DIR",
                            r->error_n - 1);
        return f->code;
    }
    return ERR_OK;
}

enum err_code catalogue_package_read(const struct package_source *source,
                                     const struct package_rules *rules, struct arena *a,
                                     struct package *ret, struct err *err)
{
    struct package_reader r = {.a = a, .rules = rules};
    r.faults = arena_alloc(a, PACKAGE_FAULTS_MAX * sizeof(r.faults[0]));
    check(&r, source);
    *ret = (struct package){.faults = r.faults, .fault_n = r.fault_n, .images = r.metadata.images};
    memcpy(ret->level_n, r.level_n, sizeof(ret->level_n));
    if (r.error_n > 0)
        return first_error(&r, err);
    ret->record = make_record(&r);
    ret->vnfd = r.vnfd;
    ret->identity = identity_of(&r);
    return ERR_OK;
}
