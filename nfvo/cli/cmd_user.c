/* baton user. */
#include "common/base/secret.h"
#include "common/http/http.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USERS "/api/v1/users"

/* "USER@default, GUEST@lab" */
static void say_roles(const json_t *holder, struct sbuf *cell)
{
    size_t i;
    json_t *role;
    json_array_foreach(json_object_get(holder, "roles"), i, role) sbuf_addf(
        cell, "%s%s@%s", i ? ", " : "", cli_json_str(role, "role"), cli_json_str(role, "project"));
}

static const struct cli_column user_columns[] = {
    {.heading = "ID", .path = "id"},           {.heading = "NAME", .path = "username"},
    {.heading = "ENABLED", .path = "enabled"}, {.heading = "ROLES", .print = say_roles},
    {.heading = "EMAIL", .path = "email"},     {0}};
static const struct cli_kind users = {"user", USERS, user_columns, NULL, false};

int cli_cmd_user_list(struct cli *c)
{
    return cli_list(c, &users);
}

/* The server finds users by name, too. */
static void path_of(const char *user, const char *more, struct sbuf *path)
{
    sbuf_adds(path, USERS "/");
    http_percent_encode(path, user);
    sbuf_adds(path, more);
}

int cli_cmd_user_show(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    path_of(c->arg_n ? c->args[0] : "current", "", &path);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show the user %s%s%s", c->arg_n ? "'" : "",
                          c->arg_n ? c->args[0] : "who is logged in", c->arg_n ? "'" : "");
    cli_print_object(c, &users, &a);
    return CLI_OK;
}

/* --- roles -------------------------------------------------------------------------------------
 */

/* "USER@default": given; NULL: it is none (told). */
static json_t *role_of(struct cli *c, const char *text, size_t len)
{
    const char *at = memchr(text, '@', len);
    if (!at || at == text || at == text + len - 1) {
        cli_fail(c, CLI_USAGE, NULL,
                 "a role is ROLE@PROJECT, as USER@default, GUEST@lab or ADMIN@*, not '%.*s'",
                 (int)len, text);
        return NULL;
    }
    json_t *role = json_pack("{ss% ss%}", "role", text, (size_t)(at - text), "project", at + 1,
                             len - (size_t)(at - text) - 1);
    if (!role)
        cli_fail(c, CLI_USAGE, NULL, "the role is not UTF-8");
    return role;
}

/* "USER@default,GUEST@lab": given; NULL: wrong (told). */
static json_t *roles_of(struct cli *c, const char *text)
{
    json_t *roles = json_array();
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        json_t *role = role_of(c, at, len);
        if (!role) {
            json_decref(roles);
            return NULL;
        }
        json_array_append_new(roles, role);
        at += len + (at[len] == ',');
    }
    return roles;
}

/* --- changing ----------------------------------------------------------------------------------
 */

/* body: taken. */
static int put_user(struct cli *c, const char *user, json_t *body, const char *what)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    path_of(user, "", &path);
    int exit = cli_request(c, "PUT", path.s, text, &a);
    free(text);
    if (exit != CLI_OK)
        return cli_report(c, &a, "%s the user '%s'", what, user);
    cli_print_object(c, &users, &a);
    return CLI_OK;
}

static int enable(struct cli *c, bool is_enabled)
{
    int exit = CLI_OK;
    for (int i = 0; i < c->arg_n && exit == CLI_OK; i++)
        exit = put_user(c, c->args[i], json_pack("{sb}", "enabled", is_enabled),
                        is_enabled ? "enable" : "disable");
    return exit;
}

int cli_cmd_user_enable(struct cli *c)
{
    return enable(c, true);
}

int cli_cmd_user_disable(struct cli *c)
{
    return enable(c, false);
}

int cli_cmd_user_update(struct cli *c)
{
    const char *email = c->option[CLI_OPT_EMAIL];
    if (!email)
        return cli_fail(c, CLI_USAGE, NULL,
                        "what is to be changed? --email EMAIL; roles, logins and passwords: baton "
                        "help user");
    json_t *body = json_pack("{ss}", "email", email);
    return body ? put_user(c, c->args[0], body, "change")
                : cli_fail(c, CLI_USAGE, NULL, "the arguments are not UTF-8");
}

/* Merged by the server: roles in other projects stay. */
int cli_cmd_user_grant(struct cli *c)
{
    json_t *roles = roles_of(c, c->args[1]);
    return roles ? put_user(c, c->args[0], json_pack("{so}", "roles", roles), "give a role to")
                 : CLI_USAGE;
}

int cli_cmd_user_revoke(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    path_of(c->args[0], "/roles/", &path);
    http_percent_encode(&path, c->args[1]);
    if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "take the role in '%s' from the user '%s'", c->args[1],
                          c->args[0]);
    if (cli_is_for_people(c))
        fprintf(c->out, "user '%s' has no role in '%s' any more\n", c->args[0], c->args[1]);
    return CLI_OK;
}

/* --- making and deleting -----------------------------------------------------------------------
 */

/* --password-file, or asked for. BATON_PASSWORD is the login's, not this one. */
static int new_password(struct cli *c, const char *user, struct sbuf *password)
{
    AUTO(sbuf_release) struct sbuf again = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf prompt = SBUF_INIT;
    struct err err = ERR_INIT;
    const char *file = c->option[CLI_OPT_PASSWORD_FILE];
    if (file && cli_read_file(file, password, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "read the password");
    if (file) {
        sbuf_truncate(password, strcspn(password->s, "\r\n"));
        return CLI_OK;
    }
    if (!isatty(STDIN_FILENO))
        return cli_fail(
            c, CLI_USAGE, NULL,
            "no password: give --password-file FILE (-: standard input), or a terminal");
    sbuf_addf(&prompt, "new password of %s: ", user);
    cli_ask_secret(c, prompt.s, password);
    cli_ask_secret(c, "once more: ", &again);
    bool is_same = strcmp(password->len ? password->s : "", again.len ? again.s : "") == 0;
    if (again.len)
        explicit_bzero(again.s, again.len);
    return is_same ? CLI_OK : cli_fail(c, CLI_USAGE, NULL, "the two passwords differ");
}

int cli_cmd_user_create(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    const char *role = c->option[CLI_OPT_ROLE], *email = c->option[CLI_OPT_EMAIL];
    if (!role)
        return cli_fail(c, CLI_USAGE, NULL,
                        "which roles? --role USER@default (several: USER@default,GUEST@lab)");
    json_t *roles = roles_of(c, role);
    if (!roles)
        return CLI_USAGE;
    int exit = new_password(c, c->args[0], &password);
    json_t *body = exit == CLI_OK
                       ? json_pack("{ss ss sb sO}", "username", c->args[0], "password",
                                   password.len ? password.s : "", "enabled", 1, "roles", roles)
                       : NULL;
    if (body && email)
        json_object_set_new(body, "email", json_string(email));
    if (exit == CLI_OK && !body)
        exit = cli_fail(c, CLI_USAGE, NULL, "the arguments are not UTF-8");
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    if (text) {
        AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
        if (cli_request(c, "POST", USERS, text, &a) != CLI_OK)
            exit = cli_report(c, &a, "create the user '%s'", c->args[0]);
        else
            cli_print_object(c, &users, &a);
    }
    secret_free(text);
    json_decref(body);
    json_decref(roles);
    if (password.len)
        explicit_bzero(password.s, password.len);
    return exit;
}

int cli_cmd_user_delete(struct cli *c)
{
    for (int i = 0; i < c->arg_n; i++) {
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
        path_of(c->args[i], "", &path);
        if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK)
            return cli_report(c, &a, "delete the user '%s'", c->args[i]);
        if (cli_is_for_people(c))
            fprintf(c->out, "user '%s' deleted\n", c->args[i]);
    }
    return CLI_OK;
}

/* --- passwords ---------------------------------------------------------------------------------
 */

static int put_password(struct cli *c, const char *path, json_t *body, const char *user)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text)
        return cli_fail(c, CLI_USAGE, NULL, "the password is not UTF-8");
    int exit = cli_request(c, "PUT", path, text, &a);
    secret_free(text);
    if (exit != CLI_OK)
        return cli_report(c, &a, "change the password%s%s%s", user ? " of '" : "", user ? user : "",
                          user ? "'" : "");
    fprintf(c->errors, "the password is changed; all logins with the old one have ended\n");
    return CLI_OK;
}

static int own_password(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf old = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf new = SBUF_INIT;
    const char *variable = getenv("BATON_PASSWORD");
    if (variable && *variable)
        sbuf_adds(&old, variable);
    else if (isatty(STDIN_FILENO))
        cli_ask_secret(c, "old password: ", &old);
    else
        return cli_fail(c, CLI_USAGE, NULL, "no old password: give BATON_PASSWORD, or a terminal");
    int exit = new_password(c, "yours", &new);
    if (exit == CLI_OK)
        exit = put_password(
            c, USERS "/changepwd",
            json_pack("{ss ss}", "old_pwd", old.len ? old.s : "", "new_pwd", new.len ? new.s : ""),
            NULL);
    if (old.len)
        explicit_bzero(old.s, old.len);
    if (new.len)
        explicit_bzero(new.s, new.len);
    return exit;
}

int cli_cmd_user_password(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf new = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    if (c->arg_n == 0)
        return own_password(c);
    int exit = new_password(c, c->args[0], &new);
    sbuf_adds(&path, USERS "/changepwd/");
    http_percent_encode(&path, c->args[0]);
    if (exit == CLI_OK)
        exit =
            put_password(c, path.s, json_pack("{ss}", "new_pwd", new.len ? new.s : ""), c->args[0]);
    if (new.len)
        explicit_bzero(new.s, new.len);
    return exit;
}
