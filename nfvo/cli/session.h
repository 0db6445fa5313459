/* Who is logged in where, lines "name=value" in files of mode 0600 below $XDG_CONFIG_HOME/baton:
 *
 *     session          the context `default`
 *     contexts/NAME    those that were made by baton login --context NAME
 *     context          the name of the one in use; no file: `default`
 */
#ifndef NFVO_CLI_SESSION_H
#define NFVO_CLI_SESSION_H

#include "common/base/err.h"

#include <stdbool.h>

#define CLI_URL_DEFAULT     "http://127.0.0.1:8080"
#define CLI_CONTEXT_DEFAULT "default"
#define CLI_CONTEXT_MAX     64

struct cli_session { /* strings are owned; NULL: not known */
    char *context;   /* which it is: set by reading */
    char *url, *user, *token, *project, *ca;
    bool is_insecure;
};

/* Replaces what s holds. context NULL: the one in use. Nothing stored for `default` is no error:
 * everything else is NULL then. ERR_NOT_FOUND: no such context; s->context is set. ERR_IO,
 * ERR_INVALID (readable by others: refused; no name of a context). */
MUST_USE enum err_code cli_session_read(struct cli_session *s, const char *context,
                                        struct err *err);
/* As the context s->context; NULL: `default`. */
MUST_USE enum err_code cli_session_write(const struct cli_session *s, struct err *err);
/* A context that was in use is so no more. ERR_NOT_FOUND: there was none. */
MUST_USE enum err_code cli_session_remove(const char *context, struct err *err);
/* Name of the context in use, whether there is one of this name or not: given. */
char *cli_session_current(void);
/* ERR_NOT_FOUND: no such context. */
MUST_USE enum err_code cli_session_use(const char *context, struct err *err);
/* Names of all, sorted, `default` first: given, ends with NULL; free each, and it. */
char **cli_session_contexts(void);
void cli_session_release(struct cli_session *s);        /* wipes the token */
void cli_session_set(char **member, const char *value); /* copies; "" and NULL unset it */

#endif
