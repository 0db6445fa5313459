#include "nfvo/cli/commands.h"
#include "nfvo/cli/validate.h"

struct findings {
    struct cli *c;
    const char *file;
    json_t *list; /* for -o json */
    int warnings;
};

static void on_finding(void *arg, bool is_error, const char *path, const char *what)
{
    struct findings *f = arg;
    f->warnings += !is_error;
    if (f->list)
        json_array_append_new(f->list,
                              json_pack("{ss ss ss}", "severity", is_error ? "error" : "warning",
                                        "path", path, "message", what));
    else if (cli_is_for_people(f->c))
        fprintf(f->c->out, "%s: %s: %s%s%s\n", f->file, is_error ? "error" : "warning", path,
                *path ? ": " : "", what);
}

int cli_cmd_nsd_validate(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct findings f = {
        .c = c, .file = c->args[0], .list = c->output == CLI_JSON ? json_array() : NULL};
    struct err err = ERR_INIT;
    if (cli_read_file(c->args[0], &text, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the descriptor");
    int errors =
        cli_validate_nsd(text.s, text.len, c->option[CLI_OPT_STRICT] != NULL, on_finding, &f);
    if (f.list) {
        json_dumpf(f.list, c->out, c->is_terminal ? JSON_INDENT(2) : JSON_COMPACT);
        fputc('\n', c->out);
        json_decref(f.list);
    } else {
        fprintf(c->errors, "%s: %d error%s, %d warning%s\n", c->args[0], errors,
                errors == 1 ? "" : "s", f.warnings, f.warnings == 1 ? "" : "s");
    }
    return errors ? CLI_FAULT : CLI_OK;
}
