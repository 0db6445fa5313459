/* /main/openbaton-rc: the shell file for the reference's client. rest-api.md 2.10. */
#include <string.h>

#include "nfvo/api/auth/session.h"
#include "nfvo/api/context.h"
#include "proto/records/manager.h"

/* Names and headers are users': in single quotes nothing of them is a command. */
static void add_export(struct sbuf *out, const char *name, const char *value, size_t len)
{
    sbuf_addf(out, "export %s='", name);
    for (size_t i = 0; i < len; i++) {
        if (value[i] == '\'')
            sbuf_adds(out, "'\\''");
        else
            sbuf_addc(out, value[i]);
    }
    sbuf_adds(out, "'\n");
}

/* As the client reached us: it is not known otherwise what address that is from there. "[::1]:8080"
 */
static void add_host(struct call *c, struct sbuf *out)
{
    const char *host = http_request_header(c->req, "Host");
    if (!host || !*host)
        host = "localhost";
    const char *bracket = strrchr(host, ']'), *colon = strrchr(bracket ? bracket : host, ':');
    size_t len = colon ? (size_t)(colon - host) : strlen(host);
    add_export(out, "OB_NFVO_IP", host, len);
    if (colon && colon[1])
        add_export(out, "OB_NFVO_PORT", colon + 1, strlen(colon + 1));
    else
        sbuf_addf(out, "export OB_NFVO_PORT='%u'\n", http_server_port(c->api->server));
}

static enum err_code client_file(struct call *c, struct err *err)
{
    const char *user = session_user(c->session)->username;
    (void)err;
    c->type = "application/octet-stream";
    sbuf_adds(&c->out, "#!/bin/bash\n# For the client of the reference: . openbaton-rc\n"
                       "unset OB_NFVO_IP OB_NFVO_PORT OB_PROJECT_ID OB_USERNAME OB_PASSWORD\n");
    add_host(c, &c->out);
    add_export(&c->out, "OB_PROJECT_ID", c->project, strlen(c->project));
    add_export(&c->out, "OB_USERNAME", user, strlen(user));
    sbuf_adds(&c->out, "printf 'Open Baton password: '\nIFS= read -r -s OB_PASSWORD\necho\n"
                       "export OB_PASSWORD\n");
    return ERR_OK;
}

/* clang-format off */
const struct endpoint client_file_endpoints[] = {
    {"GET", "/api/v1/main/openbaton-rc", client_file, 200, API_PROJECT, "The shell file for the reference's client"},
    {0},
};
/* clang-format on */
