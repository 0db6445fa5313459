/* What the options of a command say. */
#include "common/config/config.h"
#include "nfvo/cli/cli.h"

#include <stdlib.h>

static void put_help(struct cli *c, const char *noun, const char *verb)
{
    fprintf(c->errors, "  hint: baton help%s%s%s%s\n", noun ? " " : "", noun ? noun : "",
            verb ? " " : "", verb ? verb : "");
}

int cli_usage_behind(struct cli *c, const char *noun, const char *what, const char *subject)
{
    const char *verb = c->command ? c->command->verb : NULL;
    if (c->command)
        noun = c->command->noun;
    fprintf(c->errors, "baton: %s '%s'\n", what, subject);
    put_help(c, noun, verb);
    return CLI_USAGE;
}

int cli_usage_guessed(struct cli *c, const char *noun, const char *what, const char *subject,
                      const char *guess)
{
    bool is_option = guess && subject[0] == '-';
    const char *verb = c->command ? c->command->verb : NULL;
    if (c->command)
        noun = c->command->noun;
    fprintf(c->errors, "baton: %s '%s'\n", what, subject);
    if (guess)
        fprintf(c->errors, "  did you mean: %s%s%s%s\n", is_option ? "--" : "baton ",
                !is_option && noun ? noun : "", !is_option && noun ? " " : "", guess);
    put_help(c, noun, verb);
    return CLI_USAGE;
}

/* The first word of args, of those that must be given, behind the n that are. */
static const char *missing(const char *args, int n, size_t *ret_len)
{
    for (const char *word = args; *word; word += *ret_len + strspn(word + *ret_len, " ")) {
        *ret_len = strcspn(word, " ");
        if (*word != '[' && n-- == 0) {
            *ret_len = strcspn(word, " .");
            return word;
        }
    }
    *ret_len = 0;
    return args;
}

int cli_usage_missing(struct cli *c, const struct cli_command *cmd)
{
    size_t len;
    const char *word = missing(cmd->args, c->arg_n, &len);
    fprintf(c->errors, "baton: which %.*s? usage: baton %s%s%s %s\n", (int)len, word, cmd->noun,
            cmd->verb ? " " : "", cmd->verb ? cmd->verb : "", cmd->args);
    put_help(c, cmd->noun, cmd->verb);
    return CLI_USAGE;
}

int cli_usage(struct cli *c, const char *what, const char *subject)
{
    return cli_usage_behind(c, NULL, what, subject);
}

enum cli_exit cli_timeout_ms(struct cli *c, int64_t *ret_ms)
{
    struct err err = ERR_INIT;
    const char *text = c->option[CLI_OPT_TIMEOUT] ? c->option[CLI_OPT_TIMEOUT] : "10m";
    if (config_parse_duration(text, ret_ms, &err) == ERR_OK)
        return CLI_OK;
    return (enum cli_exit)cli_fail(c, CLI_USAGE, &err, "--timeout");
}

bool cli_is_for_people(const struct cli *c)
{
    return c->output == CLI_TABLE || c->output == CLI_WIDE;
}

enum cli_exit cli_lines(struct cli *c, long *ret)
{
    const char *text = c->option[CLI_OPT_LINES];
    char *end;
    *ret = -1;
    if (!text)
        return CLI_OK;
    long n = strtol(text, &end, 10);
    if (!*text || *end || n < 0 || n > 10000000)
        return (enum cli_exit)cli_usage(c, "--lines takes a number, not", text);
    *ret = n;
    return CLI_OK;
}
