/* Writes the manual page of the client from its tables of commands, options and exits: baton(1). */
#include "nfvo/cli/cli.h"
#include "nfvo/cli/commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    char letter;
    const char *value, *help;
} rows[] = {
#define X(id, text, letter_, value_, help_) {text, letter_, value_, help_},
    CLI_OPTIONS(X)
#undef X
};

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
        if (cmd->options & (UINT64_C(1) << i)) {
            printf("%s\\fB\\-\\-%s\\fR", *before ? before : "Options: ", rows[i].name);
            before = ", ";
        }
    printf("%s", *before ? ".\n" : "");
}

static void option(int i)
{
    printf(".TP\n");
    if (rows[i].letter)
        printf("\\fB\\-%c\\fR, ", rows[i].letter);
    printf("\\fB\\-\\-%s\\fR", rows[i].name);
    if (rows[i].value[0])
        printf(" \\fI%s\\fR", rows[i].value);
    printf("\n");
    text(rows[i].help);
    printf("\n");
}

int main(void)
{
    printf(".TH BATON 1 \"\" \"Baton\"\n.SH NAME\nbaton \\- the client of Baton's orchestrator\n"
           ".SH SYNOPSIS\n.B baton\n.I COMMAND\n[\\fIARGUMENT\\fR ...] [\\fIOPTION\\fR ...]\n"
           ".SH DESCRIPTION\nNSR, NSD, POP and the like are ids or names; a name that several "
           "objects have is refused with their ids.\nFILE is a path, or \\- for standard input.\n"
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
