/* The VNFD in a package, and its scripts: amqp-protocol.md 9.7. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfvo/catalogue/internal.h"
#include "nfvo/catalogue/package_internal.h"

static struct package_fault *fault_at(struct package_reader *r, enum err_code code,
                                      const char *path, const char *message)
{
    const struct package_file *f = r->vnfd_file;
    return package_fault(r, code, f->name, json_line_of_path(f->at, f->n, path), path, "%s",
                         message);
}

static void fault_of_err(struct package_reader *r, const struct err *err)
{
    struct package_fault *f =
        fault_at(r, err->code == ERR_SYNTAX ? ERR_INVALID : err->code, err->where, err->msg);
    package_hint(r, f, "%s", err->hint);
}

/* The decoder ends its messages with the place: "... (at byte 123)". */
static void fault_of_syntax(struct package_reader *r, const struct err *err)
{
    const struct package_file *f = r->vnfd_file;
    const char *place = strrchr(err->msg, '(');
    size_t at = 0;
    uint32_t line = 0;
    if (place && sscanf(place, "(at byte %zu)", &at) == 1)
        line = text_line_of_byte(f->at, f->n, at);
    package_fault(r, ERR_INVALID, f->name, line, err->where,
                  "The VNFPackage's VNFD file contains invalid Json syntax: %s", err->msg);
}

static void on_violation(void *arg, const char *path, const char *what)
{
    fault_at(arg, ERR_INVALID, path,
             arena_printf(((struct package_reader *)arg)->a, "%s: %s", path, what));
}

static void on_unknown(void *arg, const char *path, const char *what)
{
    struct package_reader *r = arg;
    const struct package_file *f = r->vnfd_file;
    package_warn(r, f->name, json_line_of_path(f->at, f->n, path), path, "%s", what);
}

/* --- images ----------------------------------------------------------------------------------- */

static void add_images(struct package_reader *r, struct vdu *vdu)
{
    struct proto_strs kept = {0};
    for (uint32_t i = 0; i < vdu->vm_image.n; i++)
        if (!is_blank(vdu->vm_image.at[i]))
            proto_list_add(&kept, vdu->vm_image.at[i], r->a);
    if (r->metadata.images_are_added || kept.n == 0)
        for (uint32_t i = 0; i < r->metadata.image_names.n; i++)
            if (!proto_strs_has(&kept, r->metadata.image_names.at[i]))
                proto_list_add(&kept, r->metadata.image_names.at[i], r->a);
    vdu->vm_image = kept;
}

/* --- fixed hosts ------------------------------------------------------------------------------ */

static void add_parameter(struct package_reader *r, struct configuration *c, const char *key)
{
    for (uint32_t i = 0; i < c->parameters.n; i++)
        if (c->parameters.at[i]->conf_key && strcmp(c->parameters.at[i]->conf_key, key) == 0)
            return;
    struct configuration_parameter *p = proto_new(&configuration_parameter_type, r->a);
    p->conf_key = key;
    p->value = "";
    proto_list_add(&c->parameters, p, r->a);
}

/* Its login data are asked for when it is deployed. */
static void add_login(struct package_reader *r, struct vnfd *v)
{
    if (!v->endpoint || strcmp(v->endpoint, "fixed-host") != 0)
        return;
    if (!v->configurations) {
        v->configurations = proto_new(&configuration_type, r->a);
        v->configurations->name = v->name;
    }
    for (uint32_t i = 0; i < v->vdu.n; i++)
        for (uint32_t k = 0; k < v->vdu.at[i]->vnfc.n; k++) {
            const struct vnf_component *c = v->vdu.at[i]->vnfc.at[k];
            for (uint32_t m = 0; m < c->connection_point.n; m++)
                if (!is_blank(c->connection_point.at[m]->virtual_link_reference))
                    add_parameter(r, v->configurations,
                                  arena_printf(r->a, "ssh_%s_ip",
                                               c->connection_point.at[m]->virtual_link_reference));
        }
    add_parameter(r, v->configurations, "ssh_username");
    add_parameter(r, v->configurations, "ssh_password");
}

/* --- scripts ---------------------------------------------------------------------------------- */

/* An event's word may carry arguments behind the script's name: amqp-protocol.md 7.4. */
static const char *script_of(struct package_reader *r, const char *word)
{
    return arena_strndup(r->a, word, strcspn(word, " "));
}

static void check_script(struct package_reader *r, const char *path, const char *word, bool *used)
{
    const char *name = script_of(r, word);
    if (!*name) {
        fault_at(r, ERR_INVALID, path, "a lifecycle event names a script without a name");
        return;
    }
    for (uint32_t i = 0; i < r->files.n; i++) {
        const char *script = package_below(r->files.at[i].name, "scripts");
        if (script && strcmp(script, name) == 0) {
            used[i] = true;
            return;
        }
    }
    struct package_fault *f = fault_at(
        r, ERR_INVALID, path, arena_printf(r->a, "the script '%s' is not in the package", name));
    package_hint(r, f, "add scripts/%s, or name a repository in Metadata.yaml: scripts-link", name);
}

static void check_events(struct package_reader *r, const struct lifecycle_event_list *events,
                         const char *at, bool *used)
{
    for (uint32_t i = 0; i < events->n; i++)
        for (uint32_t k = 0; k < events->at[i]->lifecycle_events.n; k++)
            check_script(r,
                         arena_printf(r->a, "%slifecycle_event[%u].lifecycle_events[%u]", at, i, k),
                         events->at[i]->lifecycle_events.at[k], used);
}

static void check_script_files(struct package_reader *r, const bool *used)
{
    for (uint32_t i = 0; i < r->files.n; i++) {
        const char *file = r->files.at[i].name, *script = package_below(file, "scripts");
        if (!script)
            continue;
        if (strchr(script, ' ') && used[i])
            package_fault(r, ERR_INVALID, file, 0, "",
                          "a script's name must not hold a blank: arguments follow it");
        bool is_user_data =
            strcmp(script, "user-data.sh") == 0 || strcmp(script, "userdata.sh") == 0;
        if (!used[i] && !is_user_data)
            package_warn(r, file, 0, "", "no lifecycle event names this script");
        if (memchr(r->files.at[i].at, '\r', r->files.at[i].n) && !strstr(script, ".py"))
            package_warn(r, file, 0, "", "has line ends of Windows: bash stumbles over them");
    }
}

void package_check_scripts(struct package_reader *r)
{
    const struct vnfd *v = r->vnfd;
    bool *used = arena_alloc(r->a, r->files.n + 1);
    if (r->metadata.scripts_link)
        return;
    check_events(r, &v->lifecycle_event, "", used);
    for (uint32_t i = 0; i < v->vdu.n; i++)
        check_events(r, &v->vdu.at[i]->lifecycle_event, arena_printf(r->a, "vdu[%u].", i), used);
    check_script_files(r, used);
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool check_first(struct package_reader *r, const struct vnfd *v)
{
    uint32_t before = r->error_n;
    if (v->vdu.n == 0)
        fault_at(r, ERR_INVALID, "vdu", "The VNFD defined in the file does not contain any VDUs.");
    if (is_blank(v->name))
        fault_at(r, ERR_INVALID, "name", "The VNFD defined in the file has no name.");
    if (!is_blank(v->vnf_package_location))
        fault_at(r, ERR_INVALID, "vnfPackageLocation", "VnfPackageLocation must be empty");
    for (uint32_t i = 0; i < v->vdu.n; i++)
        if (v->vdu.at[i]->vnfc.n == 0)
            package_warn(r, r->vnfd_file->name,
                         json_line_of_path(r->vnfd_file->at, r->vnfd_file->n,
                                           arena_printf(r->a, "vdu[%u]", i)),
                         arena_printf(r->a, "vdu[%u].vnfc", i),
                         "a VDU without vnfc is never launched");
    return r->error_n == before;
}

void package_read_vnfd(struct package_reader *r)
{
    const struct package_file *file = r->vnfd_file;
    struct err err = ERR_INIT;
    struct vnfd *v;
    uint32_t before = r->error_n;
    if (proto_decode(&vnfd_type, file->at, file->n, 0, r->a, &v, &err) != ERR_OK) {
        fault_of_syntax(r, &err);
        return;
    }
    catalogue_unknown_members(&vnfd_type, v, on_unknown, r);
    catalogue_vnfd_violations(v, on_violation, r);
    check_first(r, v);
    r->vnfd = v;
    if (r->error_n != before)
        return;
    for (uint32_t i = 0; i < v->vdu.n; i++)
        add_images(r, v->vdu.at[i]);
    if (catalogue_onboard_packaged(v, &r->rules->base, r->a, &err) != ERR_OK)
        fault_of_err(r, &err);
    else
        add_login(r, v);
}
