#include "common/base/arena.h"
#include "nfvo/catalogue/json_line.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/validate.h"

struct finding {
    enum finding_level level;
    const char *path, *what;
    uint32_t line; /* 0: not known */
};

struct findings {
    const struct sbuf *text;
    struct arena a;
    struct finding *at;
    uint32_t n, counts[FINDING_LEVEL_N];
};

static void findings_release(struct findings *f)
{
    arena_release(&f->a);
}

static void on_finding(void *arg, enum finding_level level, const char *path, const char *what)
{
    struct findings *f = arg;
    f->counts[level]++;
    f->at = arena_grow_array(&f->a, f->at, f->n, sizeof(f->at[0]));
    f->at[f->n++] = (struct finding){level, arena_strdup(&f->a, path), arena_strdup(&f->a, what),
                                     *path ? json_line_of_path(f->text->s, f->text->len, path) : 0};
}

/* "nsd.json:8: warning: vld[0].name: ..." as compilers write it; what counts most comes first. */
static void print_findings(struct cli *c, const struct findings *f)
{
    for (int level = FINDING_ERROR; level >= FINDING_NOTE; level--)
        for (uint32_t i = 0; i < f->n; i++) {
            if ((int)f->at[i].level != level)
                continue;
            fputs(c->args[0], c->out);
            if (f->at[i].line)
                fprintf(c->out, ":%u", f->at[i].line);
            fprintf(c->out, ": %s: %s%s%s\n", finding_level_name(f->at[i].level), f->at[i].path,
                    *f->at[i].path ? ": " : "", f->at[i].what);
        }
}

static void print_json(struct cli *c, const struct findings *f)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < f->n; i++)
        json_array_append_new(
            list, json_pack("{ss ss si ss}", "severity", finding_level_name(f->at[i].level), "path",
                            f->at[i].path, "line", (int)f->at[i].line, "message", f->at[i].what));
    json_dumpf(list, c->out, c->is_terminal ? JSON_INDENT(2) : JSON_COMPACT);
    fputc('\n', c->out);
    json_decref(list);
}

void cli_print_counts(struct cli *c, const char *file, const uint32_t counts[FINDING_LEVEL_N])
{
    fprintf(c->errors, "%s: ", file);
    for (int level = FINDING_ERROR; level >= FINDING_NOTE; level--)
        fprintf(c->errors, "%u %s%s%s", counts[level], finding_level_name(level),
                counts[level] == 1 ? "" : "s", level > FINDING_NOTE ? ", " : "\n");
}

int cli_cmd_nsd_validate(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(findings_release) struct findings f = {.text = &text};
    struct err err = ERR_INIT;
    if (cli_read_file(c->args[0], &text, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the descriptor");
    int errors =
        cli_validate_nsd(text.s, text.len, c->option[CLI_OPT_STRICT] != NULL, on_finding, &f);
    if (c->output == CLI_JSON) {
        print_json(c, &f);
    } else {
        if (cli_is_for_people(c))
            print_findings(c, &f);
        cli_print_counts(c, c->args[0], f.counts);
    }
    return errors ? CLI_FAULT : CLI_OK;
}
