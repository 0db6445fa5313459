/* Writes the manual page of the client from its tables of commands, options and exits: baton(1). */
#include "nfvo/cli/cli.h"
#include "common/base/version.h"
#include "nfvo/cli/commands.h"

#include <stdio.h>
#include <string.h>

static void text(const char *s)
{
    if (*s == '.' || *s == '\'')
        printf("\\&");
    for (; *s; s++)
        if (*s == '\\')
            printf("\\e");
        else if (*s == '-')
            printf("\\-");
        else
            putchar(*s);
}

static void command(const struct cli_command *cmd)
{
    const char *before = "";
    printf(".TP\n.B baton %s%s%s\n.I \"", cmd->noun, cmd->verb ? " " : "",
           cmd->verb ? cmd->verb : "");
    text(cmd->args);
    printf("\"\n.br\n");
    text(cmd->help);
    printf(".\n");
    for (int i = 0; i < CLI_OPT_N; i++)
        if (cmd->options & CLI_BIT_OF(i)) {
            printf("%s\\fB\\-\\-%s\\fR", *before ? before : "Options: ", cli_option_rows[i].name);
            before = ", ";
        }
    printf("%s", *before ? ".\n" : "");
}

static void option(int i)
{
    const struct cli_option_row *o = &cli_option_rows[i];
    printf(".TP\n");
    if (o->letter)
        printf("\\fB\\-%c\\fR, ", o->letter);
    printf("\\fB\\-\\-%s\\fR", o->name);
    if (o->value[0])
        printf(" \\fI%s\\fR", o->value);
    printf("\n");
    text(o->help);
    printf("\n");
}

int main(void)
{
    printf(
        ".TH BATON 1 \"\" \"Baton " BATON_VERSION
        "\"\n.SH NAME\nbaton \\- the client of Baton's orchestrator\n"
        ".SH SYNOPSIS\n.B baton\n.I COMMAND\n[\\fIARGUMENT\\fR ...] [\\fIOPTION\\fR ...]\n"
        ".SH DESCRIPTION\nNSR, NSD, POP and the like are names, ids or how ids begin; a name that "
        "several objects have is refused with their ids.\nVNF@NSR may be said for NSR VNF.\n"
        "FILE is a path, or \\- for standard "
        "input.\n"
        ".B baton help\n.I COMMAND\nexplains one command.\n.SH COMMANDS\n");
    for (const struct cli_command *cmd = cli_commands; cmd->noun; cmd++)
        command(cmd);
    printf(".SH OPTIONS\n");
    for (int i = 0; i < CLI_OPT_N; i++)
        option(i);
    printf(".SH EXIT STATUS\n");
#define X(name, value, words) printf(".TP\n.B %d\n%s\n", value, words);
    CLI_EXITS(X)
#undef X
    printf(".SH ENVIRONMENT\n.nf\n");
    cli_help_environment(stdout);
    printf(".fi\n.SH SEE ALSO\n.BR nfvo (8)\n");
    return 0;
}
