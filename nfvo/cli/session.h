/* Who is logged in where: $XDG_CONFIG_HOME/baton/session (0600), lines "name=value". */
#ifndef NFVO_CLI_SESSION_H
#define NFVO_CLI_SESSION_H

#include "common/base/err.h"

#include <stdbool.h>

#define CLI_URL_DEFAULT "http://127.0.0.1:8080"

struct cli_session { /* strings are owned; NULL: not known */
    char *url, *user, *token, *project, *ca;
    bool is_insecure;
};

/* Replaces what s holds. No file is no error: everything is NULL then. ERR_IO, ERR_INVALID
 * (readable by others: refused).
 */
MUST_USE enum err_code cli_session_read(struct cli_session *s, struct err *err);
MUST_USE enum err_code cli_session_write(const struct cli_session *s, struct err *err);
/* ERR_NOT_FOUND: there was none. */
MUST_USE enum err_code cli_session_remove(struct err *err);
void cli_session_release(struct cli_session *s);        /* wipes the token */
void cli_session_set(char **member, const char *value); /* copies; "" and NULL unset it */

#endif
