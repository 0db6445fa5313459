#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/rest.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a && *a ? a : b && *b ? b : c;
}

void cli_ask_secret(struct cli *c, const char *prompt, struct sbuf *secret)
{
    struct termios before, silent;
    char line[512] = "";
    fputs(prompt, c->errors);
    fflush(c->errors);
    bool is_silent = tcgetattr(STDIN_FILENO, &before) == 0;
    if (is_silent) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        is_silent = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    if (fgets(line, sizeof(line), stdin)) {
        sbuf_adds(secret, line);
        sbuf_truncate(secret, strcspn(secret->s, "\r\n"));
    }
    if (is_silent)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', c->errors);
    explicit_bzero(line, sizeof(line));
}

static int get_password(struct cli *c, const char *user, struct sbuf *password)
{
    struct err err = ERR_INIT;
    const char *variable = getenv("BATON_PASSWORD");
    const char *file = first_of(c->option[CLI_OPT_PASSWORD_FILE],
                                variable && *variable ? NULL : getenv("BATON_PASSWORD_FILE"), NULL);
    if (file && *file) {
        if (cli_read_file(file, password, &err) != ERR_OK)
            return cli_fail(c, CLI_USAGE, &err, "read the password");
    } else if (variable && *variable) {
        sbuf_adds(password, variable);
    } else if (isatty(STDIN_FILENO)) {
        {
            AUTO(sbuf_release) struct sbuf prompt = SBUF_INIT;
            sbuf_addf(&prompt, "password of %s: ", user);
            cli_ask_secret(c, prompt.s, password);
        }
    } else {
        return cli_fail(c, CLI_USAGE, NULL,
                        "no password: give --password-file FILE, BATON_PASSWORD, or a terminal");
    }
    sbuf_truncate(password, strcspn(password->s, "\r\n"));
    return CLI_OK;
}

static int log_in(struct cli *c, const char *user, const char *password)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct err err = ERR_INIT;
    const char *project = cli_setting(c, CLI_OPT_PROJECT, "BATON_PROJECT");
    if (cli_fetch_token(c, user, password, &a) != CLI_OK)
        return cli_report(c, &a, "log in as '%s' at %s", user, c->session.url);
    cli_session_set(&c->session.user, user);
    if (cli_choose_project(c, project, &a) != CLI_OK)
        return cli_report(c, &a, "choose the project%s%s", project ? " " : "",
                          project ? project : "");
    if (cli_session_write(&c->session, &err) != ERR_OK)
        return cli_fail(c, CLI_USAGE, &err, "keep the login");
    c->is_login_passing = false;
    fprintf(c->errors, "logged in as '%s' at %s\n", user, c->session.url);
    char *current = cli_session_current();
    if (strcmp(c->session.context, current) != 0)
        fprintf(c->errors, "use it for every command: baton context use %s\n", c->session.context);
    free(current);
    return CLI_OK;
}

/* As every folder finds it; one that is not there is told by the call that follows. */
static void keep_ca(struct cli *c, const char *file)
{
    char *whole = file ? realpath(file, NULL) : NULL;
    cli_session_set(&c->session.ca, whole ? whole : file);
    free(whole);
}

int cli_cmd_login(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf password = SBUF_INIT;
    struct err err = ERR_INIT;
    enum err_code rc = cli_session_read(&c->session, cli_context(c), &err);
    if (rc != ERR_OK && (rc != ERR_NOT_FOUND || !cli_context(c))) /* what is asked for is made */
        return cli_fail(c, CLI_USAGE, &err, "read the stored login");
    const char *url = cli_setting(c, CLI_OPT_URL, "BATON_URL");
    if (url)
        cli_session_set(&c->session.url, url);
    else if (!c->session.url)
        cli_session_set(&c->session.url, CLI_URL_DEFAULT);
    const char *ca = cli_setting(c, CLI_OPT_CA, "BATON_CA");
    if (ca || url)
        keep_ca(c, ca);
    c->session.is_insecure = c->option[CLI_OPT_INSECURE] != NULL;
    const char *user = cli_setting(c, CLI_OPT_USER, "BATON_USER");
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT; /* log_in replaces what the session has */
    sbuf_adds(&name, user ? user : cli_context(c) && c->session.user ? c->session.user : "admin");
    int exit = get_password(c, name.s, &password);
    if (exit == CLI_OK)
        exit = log_in(c, name.s, password.s);
    explicit_bzero(password.s, password.len);
    return exit;
}

/* A context stays with its server and user, so that the next login need not name them; `default` is
 * the login alone. */
static enum err_code forget(struct cli *c, struct err *err)
{
    if (strcmp(c->session.context, CLI_CONTEXT_DEFAULT) == 0)
        return cli_session_remove(CLI_CONTEXT_DEFAULT, err);
    cli_session_set(&c->session.token, NULL);
    return cli_session_write(&c->session, err);
}

int cli_cmd_logout(struct cli *c)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct err err = ERR_INIT;
    enum err_code rc = cli_session_read(&c->session, cli_context(c), &err);
    if (rc != ERR_OK)
        return cli_fail(c, rc == ERR_NOT_FOUND ? CLI_NOT_FOUND : CLI_USAGE, &err,
                        "read the stored login");
    bool has_token = c->session.url && c->session.token;
    int exit = has_token ? cli_revoke_token(c, &a) : CLI_OK;
    rc = forget(c, &err);
    if (rc != ERR_OK && rc != ERR_NOT_FOUND)
        return cli_fail(c, CLI_USAGE, &err, "log out");
    if (exit == CLI_NOT_FOUND) { /* a server of the reference */
        fprintf(c->errors, "logged out; this server cannot end a token: it expires by its time\n");
        return CLI_OK;
    }
    if (exit != CLI_OK)
        return cli_report(c, &a, "the token is forgotten here; end it at %s", c->session.url);
    fprintf(c->errors, has_token ? "logged out\n" : "no user was logged in\n");
    return CLI_OK;
}
