/* What deletes asks first, if there is somebody to ask. A script has no terminal: it goes on, as it did
 * before there was a question. */
#include "nfvo/cli/cli.h"

#include "nfvo/cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMED_MAX = 5 };

static void put_question(const struct cli *c, struct sbuf *out)
{
    const struct cli_command *cmd = c->command;
    for (const char *p = cmd->verb; *p; p++)
        sbuf_add(out, *p == '-' ? " " : p, 1);
    sbuf_addf(out, " %s", cmd->noun);
    if (c->option[CLI_OPT_COLLECT] || strcmp(cmd->verb, "orphans") == 0)
        sbuf_adds(out, " and delete them:");
    for (int i = 0; i < c->arg_n && i < NAMED_MAX; i++) {
        sbuf_adds(out, i ? ", '" : " '");
        cli_put_line(out, c->args[i]);
        sbuf_adds(out, "'");
    }
    if (c->arg_n > NAMED_MAX)
        sbuf_addf(out, " and %d more", c->arg_n - NAMED_MAX);
    if (strcmp(cmd->noun, "context") == 0)
        return;
    char *current = cli_session_current();
    const char *context = cli_context(c) ? cli_context(c) : current;
    if (strcmp(context, CLI_CONTEXT_DEFAULT) != 0) { /* of several servers: the wrong one? */
        sbuf_adds(out, " in the context '");
        cli_put_line(out, context);
        sbuf_adds(out, "'");
    }
    free(current);
}

static bool is_asked(const struct cli *c)
{
    if (!(c->command->options & CLI_BIT(YES)) || c->option[CLI_OPT_YES] || c->option[CLI_OPT_PLAN])
        return false;
    if (c->command->options & CLI_BIT(COLLECT) && !c->option[CLI_OPT_COLLECT])
        return false;
    return isatty(STDIN_FILENO) && isatty(fileno(c->raw_errors));
}

enum cli_exit cli_confirm(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf question = SBUF_INIT;
    char line[16] = "";
    if (!is_asked(c))
        return CLI_OK;
    put_question(c, &question);
    fprintf(c->errors, "%s? [y/N] ", question.s);
    fflush(c->errors);
    if (fgets(line, sizeof(line), stdin) &&
        (strcmp(line, "y\n") == 0 || strcmp(line, "Y\n") == 0 || strcmp(line, "yes\n") == 0))
        return CLI_OK;
    fprintf(c->errors, "nothing was done\n");
    return CLI_USAGE;
}
