/* The variables BATON_*: those that the client reads, and those of the suite's other programs. What
 * is neither is a mistake of spelling, which would be ignored in silence. */
#include "nfvo/cli/cli.h"

#include "common/base/mem.h"
#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
static const struct {
    const char *name, *help;
} ours[] = {
    {"URL",           "the server, as --url"},
    {"CONTEXT",       "as --context: the other ones but PASSWORD, PASSWORD_FILE and BROKER_URL are not looked at then"},
    {"PROJECT",       "as --project"},
    {"CA",            "as --ca"},
    {"TOKEN",         "use this token"},
    {"USER",          "log in as this user, for this one command"},
    {"PASSWORD",      "with this password"},
    {"PASSWORD_FILE", "or with the one in the first line of this file"},
    {"BROKER_URL",    "the message broker, as --broker of the test kit"},
};

/* Of the daemons, of docker-compose's .env, of servers that the local driver makes, of tests. */
static const char *const prefixes[] = {"NFVO_", "VNFM_", "VIM_", "EMS_", "API_", "BROKER_", "INTEROP_", "TEST_"};
static const char *const others[] = {"INSTANCE", "ROOT", "MODE", "RAM_MB", "DISK_GB", "JOURNAL", "SECRETS", "CONFIG",
                                     "BASE", "RABBITMQ_IMAGE", "POSTGRES_IMAGE", "LOCAL_MEMORY", "VERSION"};
/* clang-format on */

static bool is_known(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (strlen(ours[i].name) == len && strncmp(ours[i].name, name, len) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strlen(others[i]) == len && strncmp(others[i], name, len) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (text_starts_with(name, prefixes[i]))
            return true;
    return false;
}

static const char *if_any(const char *text)
{
    return text && *text ? text : NULL;
}

const char *cli_context(const struct cli *c)
{
    const char *option = c->option[CLI_OPT_CONTEXT];
    return option ? option : if_any(getenv("BATON_CONTEXT"));
}

const char *cli_setting(const struct cli *c, enum cli_option option, const char *variable)
{
    if (option < CLI_OPT_N && if_any(c->option[option]))
        return c->option[option];
    return cli_context(c) ? NULL : if_any(getenv(variable));
}

enum cli_exit cli_check_environment(struct cli *c)
{
    for (char **e = environ; e && *e; e++) {
        const char *is = strchr(*e, '='), *name = *e + sizeof("BATON_") - 1;
        if (strncmp(*e, "BATON_", sizeof("BATON_") - 1) != 0 || !is)
            continue;
        if (is_known(name, (size_t)(is - name)))
            continue;
        fprintf(c->errors, "baton: unknown environment variable '%.*s'\n", (int)(is - *e), *e);
        fprintf(c->errors, "  hint: there are");
        for (size_t i = 0; i < ARRAY_LEN(ours); i++)
            fprintf(c->errors, "%s BATON_%s", i ? "," : "", ours[i].name);
        fprintf(c->errors, "\n");
        return CLI_USAGE;
    }
    return CLI_OK;
}

void cli_help_environment(FILE *to)
{
    fprintf(to, "\nEnvironment (beats the stored login; an unknown BATON_* is refused):\n");
    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        fprintf(to, "  BATON_%-15s %s\n", ours[i].name, ours[i].help);
}
