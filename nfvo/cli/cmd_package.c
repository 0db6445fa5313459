/* baton package, script. */
#include <stdlib.h>
#include <unistd.h>

#include "common/sys/ids.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/operation.h"
#include "nfvo/cli/package.h"
#include "nfvo/cli/terminal.h"
#include "nfvo/cli/validate.h"

#define RELEASE                                                                                    \
    "6" /* the contract that packages are made for; whether it counts, the server says */

static bool is_text(const struct cli *c)
{
    return c->output == CLI_TABLE || c->output == CLI_WIDE;
}

int cli_cmd_package_list(struct cli *c)
{
    return cli_list(c, &cli_package);
}
int cli_cmd_package_show(struct cli *c)
{
    return cli_show(c, &cli_package);
}
int cli_cmd_package_delete(struct cli *c)
{
    return cli_delete(c, &cli_package);
}

int cli_cmd_package_create(struct cli *c)
{
    struct err err = ERR_INIT;
    const char *name = c->args[0], *folder = c->option[CLI_OPT_DIR];
    folder = folder ? folder : name;
    if (cli_package_skeleton(folder, name, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "create the package");
    if (!is_text(c)) {
        fprintf(c->out, "%s\n", folder);
        return CLI_OK;
    }
    fprintf(c->out,
            "%s: a VNF package that works. Change it, then:\n"
            "  baton package validate %s\n"
            "  baton package upload %s\n"
            "An NSD names it as vendor/name/version:\n"
            "  {\"name\": \"%s\", \"vendor\": \"example\", \"version\": \"1.0\",\n"
            "   \"vld\": [{\"name\": \"private\"}], \"vnfd\": [{\"id\": \"example/%s/1.0\"}]}\n"
            "  baton nsd create NSD.json && baton nsr create %s --wait\n",
            folder, folder, folder, name, name, name);
    return CLI_OK;
}

/* --- validate --------------------------------------------------------------------------------- */

static const char *make_id(void *arg)
{
    char id[ID_SIZE];
    id_new(id);
    return arena_strdup(arg, id);
}

/* "folder/vnfd.json:8: error: vdu[0].vm_image: ..." as compilers write it. */
static void print_finding(struct cli *c, FILE *to, const char *path, bool is_folder,
                          const struct package_fault *f)
{
    const char *between = !f->file[0] ? "" : is_folder ? "/" : ":";
    fprintf(to, "%s%s%s", path, between, f->file);
    if (f->line)
        fprintf(to, ":%u", f->line);
    fprintf(to, ": %s: %s%s%s\n", finding_level_name(f->level), f->path, f->path[0] ? ": " : "",
            f->message);
    if (f->hint[0] && is_text(c))
        fprintf(to, "  hint: %s\n", f->hint);
}

static json_t *finding_json(const struct package_fault *f)
{
    return json_pack("{ss ss si ss ss ss}", "severity", finding_level_name(f->level), "file",
                     f->file, "line", (int)f->line, "path", f->path, "message", f->message, "hint",
                     f->hint);
}

struct local {
    int fd;
    bool is_folder;
    struct arena a;
    struct package package;
};

static void local_release(struct local *l)
{
    if (l->fd >= 0)
        close(l->fd);
    arena_release(&l->a);
}

/* USAGE: it cannot be read at all, which is told. */
static int read_local(struct cli *c, const char *path, struct local *ret)
{
    struct err err = ERR_INIT;
    const struct package_rules rules = {
        {.project_id = "", .now = "", .make_id = make_id, .arg = &ret->a}, RELEASE, true};
    if (cli_package_open(path, &ret->fd, &ret->is_folder, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the package");
    const struct package_source source = {.fd = ret->fd};
    err_ignore(catalogue_package_read(&source, &rules, &ret->a, &ret->package, &err),
               "its faults are all there");
    return CLI_OK;
}

/* What counts most comes first. */
static void print_findings(struct cli *c, FILE *to, const char *path, const struct local *l,
                           enum finding_level least)
{
    for (int level = FINDING_ERROR; level >= (int)least; level--)
        for (uint32_t i = 0; i < l->package.fault_n; i++)
            if ((int)l->package.faults[i].level == level)
                print_finding(c, to, path, l->is_folder, &l->package.faults[i]);
}

int cli_cmd_package_validate(struct cli *c)
{
    AUTO(local_release) struct local l = {.fd = -1};
    int exit = read_local(c, c->args[0], &l);
    if (exit != CLI_OK)
        return exit;
    if (c->output == CLI_JSON) {
        json_t *list = json_array();
        for (uint32_t i = 0; i < l.package.fault_n; i++)
            json_array_append_new(list, finding_json(&l.package.faults[i]));
        json_dumpf(list, c->out, c->is_terminal ? JSON_INDENT(2) : JSON_COMPACT);
        fputc('\n', c->out);
        json_decref(list);
    } else if (is_text(c)) {
        print_findings(c, c->out, c->args[0], &l, FINDING_NOTE);
        cli_print_counts(c, c->args[0], l.package.level_n);
    }
    return l.package.level_n[FINDING_ERROR] ? CLI_FAULT : CLI_OK;
}

/* --- upload ----------------------------------------------------------------------------------- */

static void print_uploaded(struct cli *c, const struct cli_answer *a)
{
    const char *package = cli_json_str(a->json, "vnfPackageLocation");
    if (c->output == CLI_JSON)
        cli_print_json(c, a->json, a->body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", package);
    else
        fprintf(c->out, "package '%s' uploaded: %s\nNSDs refer to it as %s/%s/%s\n",
                cli_json_str(a->json, "name"), package, cli_json_str(a->json, "vendor"),
                cli_json_str(a->json, "name"), cli_json_str(a->json, "version"));
}

int cli_cmd_package_upload(struct cli *c)
{
    AUTO(local_release) struct local l = {.fd = -1};
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    char path[64];
    int exit = read_local(c, c->args[0], &l);
    if (exit != CLI_OK)
        return exit;
    uint32_t errors = l.package.level_n[FINDING_ERROR];
    print_findings(c, c->errors, c->args[0], &l, errors ? FINDING_ERROR : FINDING_WARNING);
    if (errors)
        return cli_fail(c, CLI_FAULT, NULL, "'%s' is not uploaded: %u error%s", c->args[0], errors,
                        errors == 1 ? "" : "s");
    if (lseek(l.fd, 0, SEEK_SET) < 0)
        return cli_fail(c, CLI_USAGE, NULL, "'%s' cannot be read twice", c->args[0]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", l.fd);
    if (cli_upload(c, cli_package.path, path, &a) != CLI_OK)
        return cli_report(c, &a, "upload the package '%s'", c->args[0]);
    print_uploaded(c, &a);
    return CLI_OK;
}

/* --- scripts ---------------------------------------------------------------------------------- */

/* The path of script args[1] of package args[0]. */
static int find_script(struct cli *c, struct sbuf *ret_path)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    const char *script;
    int exit = cli_resolve(c, "package", cli_package.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(ret_path, "%s/%s", cli_package.path, id.s);
    if (cli_request(c, "GET", ret_path->s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "look up the package '%s'", c->args[0]);
    exit = cli_resolve_in(c, "script", json_object_get(a.json, "scripts"), c->args[1], &script);
    if (exit == CLI_NOT_FOUND)
        fprintf(c->errors, "  hint: baton package show %s\n", c->args[0]);
    if (exit == CLI_OK)
        sbuf_addf(ret_path, "/scripts/%s", script);
    return exit;
}

int cli_cmd_script_show(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    int exit = find_script(c, &path);
    if (exit != CLI_OK)
        return exit;
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show the script '%s'", c->args[1]);
    cli_terminal_bytes(c->out, c->raw_out, c->is_terminal, a.body.s, a.body.len);
    return CLI_OK;
}

static int show_plans(struct cli *c, const struct cli_answer *a)
{
    size_t i;
    const json_t *plan;
    if (!is_text(c)) {
        cli_print_json(c, a->json, a->body.s);
        return CLI_OK;
    }
    json_array_foreach(a->json, i, plan) cli_show_operation(c, plan);
    if (json_array_size(a->json) == 0)
        fprintf(c->out, "no service runs a VNF of package '%s'\n", c->args[0]);
    return CLI_OK;
}

/* Of all that it began; the worst of their ends. */
static int wait_for_all(struct cli *c, const char *ids, int64_t timeout_ms)
{
    int worst = CLI_OK;
    for (const char *at = ids; *at; at += strspn(at, ", ")) {
        AUTO(cli_answer_release) struct cli_answer last = CLI_ANSWER_INIT;
        AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
        size_t n = strcspn(at, ",");
        sbuf_add(&id, at, n);
        at += n;
        int exit = cli_wait_operation(c, id.s, timeout_ms, &last);
        exit = cli_end_operation(c, &last, exit);
        worst = exit != CLI_OK ? exit : worst;
    }
    return worst;
}

static int script_is_put(struct cli *c, const struct cli_answer *a, int64_t timeout_ms)
{
    if (is_text(c))
        fprintf(c->out, "script '%s' of package '%s' replaced; deployments from now on use it\n",
                c->args[1], c->args[0]);
    if (*a->warning)
        fprintf(c->errors, "baton: warning: %s\n", a->warning);
    if (*a->operation && c->option[CLI_OPT_WAIT])
        return wait_for_all(c, a->operation, timeout_ms);
    if (*a->operation && is_text(c))
        fprintf(c->out, "VNFs that run with it get it: baton op list kind=update_script\n");
    return CLI_OK;
}

int cli_cmd_script_put(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int64_t timeout_ms;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err = ERR_INIT;
    if (cli_read_file(c->args[2], &text, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the script");
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    int exit = find_script(c, &path);
    if (exit != CLI_OK)
        return exit;
    if (c->option[CLI_OPT_PLAN])
        sbuf_adds(&path, "?plan=true");
    if (cli_send_text(c, "PUT", path.s, text.s, &a) != CLI_OK)
        return cli_report(c, &a, "replace the script '%s'", c->args[1]);
    return c->option[CLI_OPT_PLAN] ? show_plans(c, &a) : script_is_put(c, &a, timeout_ms);
}
