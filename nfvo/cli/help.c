#include "nfvo/cli/cli.h"

#include <string.h>

static bool is_meant(const struct cli_command *cmd, const char *noun, const char *verb)
{
    if (noun && strcmp(noun, cmd->noun) != 0)
        return false;
    return !verb || (cmd->verb && strcmp(verb, cmd->verb) == 0);
}

static void print_command(FILE *to, const struct cli_command *cmd)
{
    char left[80];
    snprintf(left, sizeof(left), "%s%s%s%s%s", cmd->noun, cmd->verb ? " " : "",
             cmd->verb ? cmd->verb : "", cmd->args[0] ? " " : "", cmd->args);
    fprintf(to, "  %-26s %s\n", left, cmd->help);
}

static void print_options(FILE *to, cli_options which)
{
    for (int i = 0; i < CLI_OPT_N; i++) {
        if (!(which & CLI_BIT_OF(i)))
            continue;
        const struct cli_option_row *o = &cli_option_rows[i];
        char left[64];
        char letter[8] = "";
        if (o->letter)
            snprintf(letter, sizeof(letter), "-%c, ", o->letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->value[0] ? " " : "",
                 o->value);
        fprintf(to, "  %-30s %s\n", left, o->help);
    }
}

static void print_exits(FILE *to)
{
    fprintf(to, "\nExit codes:\n");
#define X(name, value, text) fprintf(to, "  %d  %s\n", value, text);
    CLI_EXITS(X)
#undef X
}

static void print_environment(FILE *to)
{
    cli_help_environment(to);
    fprintf(to, "\nNSR, NSD, POP are names, ids or how ids begin; a name of several objects is "
                "refused with their ids.\n"
                "VNF@NSR may be said for NSR VNF.\n"
                "FILE is a path, or - for standard input.\n");
}

void cli_help(const struct cli *c, FILE *to, const char *noun, const char *verb)
{
    cli_options options = 0;
    int n = 0;
    const struct cli_command *last = NULL;
    for (const struct cli_command *cmd = c->commands; cmd->noun; cmd++)
        if (is_meant(cmd, noun, verb)) {
            last = cmd;
            options |= cmd->options;
            n++;
        }
    if (n == 1)
        fprintf(to, "usage: baton %s%s%s%s%s [options]\n\n%s.\n", last->noun, last->verb ? " " : "",
                last->verb ? last->verb : "", last->args[0] ? " " : "", last->args, last->help);
    else
        fprintf(to, "usage: baton %s [options]\n\n", noun ? noun : "COMMAND");
    for (const struct cli_command *cmd = c->commands; cmd->noun && n > 1; cmd++)
        if (is_meant(cmd, noun, verb))
            print_command(to, cmd);
    if (noun && options) {
        fprintf(to, "\nOptions:\n");
        print_options(to, options);
    }
    fprintf(to, "\nOptions of all commands:\n");
    print_options(to, CLI_COMMON_OPTIONS);
    if (!noun)
        print_environment(to);
    print_exits(to);
}

int cli_cmd_help(struct cli *c)
{
    const char *noun = c->arg_n > 0 ? c->args[0] : NULL, *verb = c->arg_n > 1 ? c->args[1] : NULL;
    for (const struct cli_command *cmd = c->commands; noun && cmd->noun; cmd++)
        if (is_meant(cmd, noun, verb)) {
            cli_help(c, c->out, noun, verb);
            return CLI_OK;
        }
    if (noun)
        return cli_fail(c, CLI_USAGE, NULL, "no such command '%s%s%s'", noun, verb ? " " : "",
                        verb ? verb : "");
    cli_help(c, c->out, NULL, NULL);
    return CLI_OK;
}
