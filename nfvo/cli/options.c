#include "nfvo/cli/cli.h"

#include "common/base/mem.h"
#include "common/base/version.h"
#include "nfvo/cli/form.h"
#include "nfvo/cli/guess.h"

#include <stdlib.h>
#include <string.h>

/* "--name", "--name=value", "-o", "-ojson": the index, -1 when there is none. *ret_value: NULL when
 * it is the next one. */
static int find_option(const char *arg, const char **ret_value)
{
    for (int i = 0; i < CLI_OPT_N; i++) {
        const struct cli_option_row *o = &cli_option_rows[i];
        size_t len = strlen(o->name);
        *ret_value = NULL;
        if (arg[1] != '-') {
            if (!o->letter || arg[1] != o->letter)
                continue;
            if (arg[2])
                *ret_value = arg + 2;
            return i;
        }
        if (strncmp(arg + 2, o->name, len) != 0 || (arg[len + 2] && arg[len + 2] != '='))
            continue;
        if (arg[len + 2])
            *ret_value = arg + len + 3;
        return i;
    }
    return -1;
}

static const char *nearest_option(const char *typed)
{
    struct cli_guess g = {.typed = typed + strspn(typed, "-")};
    for (int i = 0; i < CLI_OPT_N; i++)
        cli_guess_try(&g, cli_option_rows[i].name);
    return cli_guess_best(&g);
}

/* Of the nouns; with a noun, of its verbs. */
static const char *nearest_word(const struct cli *c, const char *noun, const char *typed)
{
    struct cli_guess g = {.typed = typed};
    for (const struct cli_command *cmd = c->commands; cmd->noun; cmd++)
        if (!noun)
            cli_guess_try(&g, cmd->noun);
        else if (cmd->verb && strcmp(cmd->noun, noun) == 0)
            cli_guess_try(&g, cmd->verb);
    return cli_guess_best(&g);
}

/* Returns how many of argv it took, 0 on a mistake (told). noun: what stood before it, or NULL. */
static int take_option(struct cli *c, const char *noun, int left, char **argv)
{
    const char *value;
    int i = find_option(argv[0], &value);
    if (i < 0)
        return cli_usage_guessed(c, noun, "no such option", argv[0], nearest_option(argv[0])), 0;
    if (!cli_option_rows[i].value[0]) {
        if (value)
            return cli_usage_behind(c, noun, "this option takes no value:", argv[0]), 0;
        c->option[i] = "";
        return 1;
    }
    if (!value && left < 2)
        return cli_usage_behind(c, noun, "a value is missing behind", argv[0]), 0;
    c->option[i] = value ? value : argv[1];
    return value ? 1 : 2;
}

/* "events watch" is "event watch". */
static bool is_called(const char *noun, const char *word)
{
    size_t n = strlen(noun);
    return strncmp(noun, word, n) == 0 && (!word[n] || strcmp(word + n, "s") == 0);
}

/* As the table of commands has it; NULL: it is none. */
static const char *noun_of(const struct cli *c, int n, char **words)
{
    for (const struct cli_command *cmd = c->commands; cmd->noun && n > 0; cmd++)
        if (is_called(cmd->noun, words[0]))
            return cmd->noun;
    return NULL;
}

static const struct cli_command *command_of(const struct cli *c, int n, char **words)
{
    for (const struct cli_command *cmd = c->commands; cmd->noun && n > 0; cmd++)
        if (is_called(cmd->noun, words[0]) &&
            (!cmd->verb || (n > 1 && strcmp(cmd->verb, words[1]) == 0)))
            return cmd;
    return NULL;
}

static enum cli_exit find_command(struct cli *c, int n, char **words)
{
    const char *noun = noun_of(c, n, words);
    c->command = command_of(c, n, words);
    if (c->command) {
        int taken = c->command->verb ? 2 : 1;
        c->args = words + taken;
        c->arg_n = n - taken;
        return CLI_OK;
    }
    if (c->option[CLI_OPT_HELP] && noun)
        return CLI_OK; /* "baton nsr --help" */
    if (n > 1 && noun)
        return cli_usage_guessed(c, noun, "no such command behind the noun:", words[1],
                                 nearest_word(c, noun, words[1]));
    if (n == 1 && noun) {
        cli_help(c, c->errors, words[0], NULL);
        return CLI_USAGE;
    }
    if (n > 0)
        return cli_usage_guessed(c, NULL, "no such command", words[0],
                                 nearest_word(c, NULL, words[0]));
    return CLI_OK;
}

static enum cli_exit check_output(struct cli *c)
{
    static const char *const words[] = {
        [CLI_TABLE] = "table", [CLI_JSON] = "json", [CLI_NAME] = "name", [CLI_WIDE] = "wide"};
    const char *output = c->option[CLI_OPT_OUTPUT];
    c->output = CLI_TABLE;
    for (size_t i = 0; output && i < ARRAY_LEN(words); i++)
        if (strcmp(output, words[i]) == 0) {
            c->output = (enum cli_output)i;
            return CLI_OK;
        }
    if (output && cli_is_form(output)) {
        c->output = CLI_JSON;
        return c->option[CLI_OPT_HELP] ? CLI_OK : cli_form_open(c, output);
    }
    return output ? cli_usage(c,
                              "output is table, wide, json, yaml, name, jsonpath=TEXT or "
                              "template=TEXT, not",
                              output)
                  : CLI_OK;
}

/* "web@shop" is the VNF web of the service shop, where a command takes NSR and VNF. Noun and verb
 * stand before the arguments: there is room for one more. */
static void split_address(struct cli *c)
{
    const char *at = c->arg_n > 0 ? strrchr(c->args[0], '@') : NULL;
    bool takes_vnf = strncmp(c->command->args, "NSR [VNF", 8) == 0 ||
                     strncmp(c->command->args, "NSR VNF", 7) == 0;
    if (!takes_vnf || !at || at == c->args[0] || !at[1])
        return;
    free(c->split[0]);
    free(c->split[1]);
    c->split[0] = xstrdup(at + 1);
    c->split[1] = xstrndup(c->args[0], (size_t)(at - c->args[0]));
    c->args--;
    c->args[0] = c->split[0];
    c->args[1] = c->split[1];
    c->arg_n++;
}

static enum cli_exit check_fit(struct cli *c)
{
    const struct cli_command *cmd = c->command;
    split_address(c);
    for (int i = 0; i < CLI_OPT_N; i++)
        if (c->option[i] && !((cmd->options | CLI_COMMON_OPTIONS) & CLI_BIT_OF(i)))
            return cli_usage(c, "this command does not take the option", cli_option_rows[i].name);
    if (c->option[CLI_OPT_HELP])
        return CLI_OK;
    if (c->arg_n > cmd->arg_max)
        return cli_usage(c, "one argument too many:", c->args[cmd->arg_max]);
    if (c->arg_n < cmd->arg_min)
        return cli_usage_missing(c, cmd);
    if (c->option[CLI_OPT_TIMEOUT] && !c->option[CLI_OPT_WAIT] && cmd->options & CLI_BIT(WAIT))
        return cli_usage(c, "only together with --wait:", "--timeout");
    if (c->option[CLI_OPT_PLAN] && c->option[CLI_OPT_WAIT])
        return cli_usage(c, "a plan does nothing to wait for: not together with --wait:", "--plan");
    const char *output = c->option[CLI_OPT_OUTPUT];
    if (c->option[CLI_OPT_WATCH] && output && strcmp(output, "table") != 0 &&
        strcmp(output, "wide") != 0 && strcmp(output, "name") != 0)
        return cli_usage(c, "--watch is for people, with -o table, wide or name, not", output);
    return check_output(c);
}

enum cli_exit cli_parse(struct cli *c, int argc, char **argv)
{
    int n = 0, took;
    char **words = argv; /* what is no option moves to the front */
    bool is_literal = false;
    for (int i = 1; i < argc; i += took) {
        took = 1;
        if (!is_literal && strcmp(argv[i], "--") == 0)
            is_literal = true;
        else if (is_literal || argv[i][0] != '-' || !argv[i][1])
            words[n++] = argv[i];
        else {
            c->command = command_of(c, n, words); /* so far: a mistake hints at its help */
            took = take_option(c, noun_of(c, n, words), argc - i, argv + i);
            if (took == 0)
                return CLI_USAGE;
        }
    }
    if (c->option[CLI_OPT_VERSION]) { /* as every program of the suite does */
        fprintf(c->out, "baton %s\n", BATON_VERSION);
        c->command = NULL;
        return CLI_OK;
    }
    enum cli_exit exit = find_command(c, n, words);
    if (exit != CLI_OK)
        return exit;
    if (!c->command) {
        cli_help(c, c->option[CLI_OPT_HELP] ? c->out : c->errors, n > 0 ? words[0] : NULL, NULL);
        return c->option[CLI_OPT_HELP] ? CLI_OK : CLI_USAGE;
    }
    return check_fit(c);
}
