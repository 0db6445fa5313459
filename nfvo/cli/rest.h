/* Calls to the server with the login of this invocation: option, environment, stored session, in
 * this order. */
#ifndef NFVO_CLI_REST_H
#define NFVO_CLI_REST_H

#include "nfvo/cli/cli.h"

struct cli_answer {
    enum cli_exit exit;
    int status;           /* HTTP; 0: none came */
    struct sbuf body;     /* as it came */
    json_t *json;         /* NULL: empty or not JSON */
    char operation[1280]; /* the operation that was begun, or several, with ", "; "": none */
    char warning[512];    /* of the server, beside success; "": none */
    char *next;           /* of a list: the path of its next page; NULL: there is none */
    struct err err;       /* when status is 0: what failed */
};
#define CLI_ANSWER_INIT                                                                            \
    {                                                                                              \
        .body = SBUF_INIT                                                                          \
    }
void cli_answer_release(struct cli_answer *a);

/* path: "/api/v1/..."; body NULL: none. Clears *ret first. Prints nothing; returns ret->exit. */
int cli_request(struct cli *c, const char *method, const char *path, const char *body,
                struct cli_answer *ret);
/* For what must not hold up the caller. */
int cli_request_within(struct cli *c, int64_t timeout_ms, const char *method, const char *path,
                       const char *body, struct cli_answer *ret);
/* GET of something that does not end by itself: on_data gets the body as it comes, until the server
 * or on_data (false) ends it, or cancel_fd is readable. */
int cli_follow(struct cli *c, const char *path,
               bool (*on_data)(void *arg, const char *bytes, size_t n), void *arg, int cancel_fd,
               struct cli_answer *ret);
/* The same with a body of type text/plain, and with a file as the part `file` of a form. */
int cli_send_text(struct cli *c, const char *method, const char *path, const char *text,
                  struct cli_answer *ret);
int cli_upload(struct cli *c, const char *path, const char *file, struct cli_answer *ret);
/* Say what failed and why; what is not OK of the answer. Returns its exit. */
int cli_report(struct cli *c, const struct cli_answer *a, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Fill c->session.{url,token,project} for requests; done by cli_request as well. Prints nothing. */
MUST_USE enum cli_exit cli_connect(struct cli *c, struct cli_answer *ret);
/* POST /oauth/token: the token goes to c->session.token. Its login ends with the command
 * (cli_end_login), unless c->is_login_passing is unset by who keeps it. */
int cli_fetch_token(struct cli *c, const char *user, const char *password, struct cli_answer *ret);
/* POST /oauth/revoke: the token that c->session holds is good no more. */
int cli_revoke_token(struct cli *c, struct cli_answer *ret);
/* The login that this command made for itself is ended, so that a script leaves no session behind
 * for each of its commands. One request, on the connection that is there; nothing without such a
 * login. code: what the command exits with; says what fails only if nothing else was said. */
void cli_end_login(struct cli *c, int code);
/* name or id, NULL: the only one, or `default`. Its id goes to c->session.project: NULL, with OK, if
 * there are several. Users, projects, services and accounts need none; what does is refused then.
 */
int cli_choose_project(struct cli *c, const char *wanted, struct cli_answer *ret);

/* The id of the one object in the list at path that has this id or name; kind is "nsr". NOT_FOUND;
 * USAGE for an ambiguous name (its ids are listed); both are told. An id in the form of a UUID is
 * taken as it is; without an object of that name, the first characters of an id do. */
int cli_resolve(struct cli *c, const char *kind, const char *path, const char *wanted,
                struct sbuf *ret_id);
/* At least 4 characters of what a UUID is made of, as lists show them. */
bool cli_is_short_id(const char *text);
/* The same against a list that is there. Borrowed from list. */
int cli_resolve_in(struct cli *c, const char *kind, const json_t *list, const char *wanted,
                   const char **ret_id);

#endif
