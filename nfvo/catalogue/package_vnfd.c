/* The VNFD in a package, and its scripts: amqp-protocol.md 9.7. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "nfvo/catalogue/internal.h"
#include "nfvo/catalogue/json_line.h"
#include "nfvo/catalogue/package_internal.h"

static uint32_t line_of(const struct package_reader *r, const char *path)
{
    uint32_t line = json_line_of_path(r->vnfd_file->at, r->vnfd_file->n, path);
    return line ? line : 1;
}

static struct package_fault *fault_at(struct package_reader *r, enum err_code code,
                                      const char *path, const char *message)
{
    return package_fault(r, code, r->vnfd_file->name, line_of(r, path), path, "%s", message);
}

static void fault_of_err(struct package_reader *r, const struct err *err)
{
    struct package_fault *f =
        fault_at(r, err->code == ERR_SYNTAX ? ERR_INVALID : err->code, err->where, err_what(err));
    package_hint(r, f, "%s", err->hint);
}

/* The decoder ends its messages with the place: "... (line 12, column 3)". */
static void fault_of_syntax(struct package_reader *r, const struct err *err)
{
    const char *what = err_what(err), *place = strrchr(what, '(');
    unsigned line = 0;
    int n = (int)strlen(what);
    if (place && sscanf(place, "(line %u", &line) == 1 && place > what)
        n = (int)(place - what) - 1;
    package_fault(r, ERR_INVALID, r->vnfd_file->name, line, err->where,
                  "The VNFPackage's VNFD file contains invalid Json syntax: %.*s", n, what);
}

static void on_violation(void *arg, const char *path, const char *what)
{
    fault_at(arg, ERR_INVALID, path, what);
}

static void on_unknown(void *arg, const char *path, const char *what)
{
    struct package_reader *r = arg;
    package_tell(r, FINDING_WARNING, r->vnfd_file->name, line_of(r, path), path, "%s", what);
}

static void on_advice(void *arg, enum finding_level level, const char *path, const char *what)
{
    struct package_reader *r = arg;
    package_tell(r, level, r->vnfd_file->name, line_of(r, path), path, "%s", what);
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

/* What keeps a script from running though it is there. */
static void check_script_text(struct package_reader *r, const struct package_file *f)
{
    if (memchr(f->at, '\r', f->n) && !strstr(f->name, ".py"))
        package_tell(r, FINDING_WARNING, f->name, 0, "",
                     "has line ends of Windows: bash stumbles over them");
    if (text_mark_size(f->at, f->n) > 0)
        package_tell(
            r, FINDING_WARNING, f->name, 1, "",
            "begins with a byte order mark: it will not run; save it as UTF-8 without one");
}

static void check_script_files(struct package_reader *r, const bool *used)
{
    AUTO(sbuf_release) struct sbuf names = SBUF_INIT;
    uint32_t unnamed_n = 0;
    for (uint32_t i = 0; i < r->files.n; i++) {
        const char *file = r->files.at[i].name, *script = package_below(file, "scripts");
        if (!script)
            continue;
        if (strchr(script, ' ') && used[i])
            package_fault(r, ERR_INVALID, file, 0, "",
                          "a script's name must not hold a blank: arguments follow it");
        bool is_user_data =
            strcmp(script, "user-data.sh") == 0 || strcmp(script, "userdata.sh") == 0;
        check_script_text(r, &r->files.at[i]);
        unnamed_n += !used[i] && !is_user_data;
        if (!used[i] && !is_user_data && names.len < 200)
            sbuf_addf(&names, "%s%s", names.len ? ", " : "", script);
        else if (!used[i] && !is_user_data && strcmp(names.s + names.len - 3, "...") != 0)
            sbuf_adds(&names, ", ...");
    }
    if (unnamed_n > 0) /* mostly called by others, so one note for all */
        package_tell(r, FINDING_NOTE, "scripts", 0, "",
                     "no lifecycle event names %u of the scripts: %s", unnamed_n, names.s);
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
    catalogue_advise_vnfd(v, r->a, on_advice, r);
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
