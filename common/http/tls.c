#include "common/http/tls.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct http_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
    gnutls_datum_t ticket_key;
};

struct http_tls_session {
    gnutls_session_t session;
    bool is_write_pending;
    int failed; /* of the handshake: GnuTLS's code */
};

static enum err_code read_pem(const char *path, struct sbuf *ret, struct err *err)
{
    const size_t max = 1024 * 1024;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_INVALID, errno, "open '%s'", path);
    sbuf_grow(ret, max);
    ssize_t n;
    while ((n = read(fd, ret->s + ret->len, max - ret->len)) > 0)
        ret->len += (size_t)n;
    ret->s[ret->len] = '\0';
    close(fd);
    if (n < 0 || ret->len == max || !strstr(ret->s, "-----BEGIN"))
        return err_set(err, ERR_INVALID, "'%s' is no PEM file", path);
    return ERR_OK;
}

static enum err_code load(struct http_tls *t, const char *cert_file, const char *key_file,
                          struct err *err)
{
    AUTO(sbuf_release) struct sbuf cert = SBUF_INIT;
    struct sbuf key = SBUF_INIT;
    enum err_code rc = read_pem(cert_file, &cert, err);
    if (rc == ERR_OK)
        rc = read_pem(key_file, &key, err);
    if (rc == ERR_OK) {
        const gnutls_datum_t c = {(unsigned char *)cert.s, (unsigned)cert.len},
                             k = {(unsigned char *)key.s, (unsigned)key.len};
        int failed =
            gnutls_certificate_set_x509_key_mem(t->credentials, &c, &k, GNUTLS_X509_FMT_PEM);
        if (failed < 0) {
            err_set(err, ERR_INVALID, "TLS certificate '%s' and key '%s': %s", cert_file, key_file,
                    gnutls_strerror(failed));
            rc = err_hint(err, "do the TLS certificate and key belong together?");
        }
    }
    if (key.len > 0)
        explicit_bzero(key.s, key.len);
    sbuf_release(&key);
    return rc;
}

static enum err_code allow(struct http_tls *t, const char *priorities, struct err *err)
{
    const char *at = "";
    if (!priorities)
        priorities = HTTP_TLS_PRIORITIES;
    if (gnutls_priority_init(&t->priorities, priorities, &at) == GNUTLS_E_SUCCESS)
        return ERR_OK;
    err_set(err, ERR_INVALID, "GnuTLS does not understand the TLS priorities at '%s'", at);
    return err_hint(err, "the default is %s", HTTP_TLS_PRIORITIES);
}

enum err_code http_tls_open(struct http_tls **ret, const char *cert_file, const char *key_file,
                            const char *priorities, struct err *err)
{
    struct http_tls *t = xcalloc(1, sizeof(*t));
    if (gnutls_certificate_allocate_credentials(&t->credentials) < 0 ||
        gnutls_session_ticket_key_generate(&t->ticket_key) < 0)
        abort(); /* out of memory */
    enum err_code rc = load(t, cert_file, key_file, err);
    if (rc == ERR_OK)
        rc = allow(t, priorities, err);
    if (rc != ERR_OK) {
        http_tls_close(t);
        return rc;
    }
    *ret = t;
    return ERR_OK;
}

void http_tls_close(struct http_tls *t)
{
    if (!t)
        return;
    gnutls_certificate_free_credentials(t->credentials);
    if (t->priorities)
        gnutls_priority_deinit(t->priorities);
    if (t->ticket_key.data) {
        explicit_bzero(t->ticket_key.data, t->ticket_key.size);
        gnutls_free(t->ticket_key.data);
    }
    free(t);
}

struct http_tls_session *http_tls_accept(struct http_tls *t, int fd)
{
    static const gnutls_datum_t protocol = {(unsigned char *)(uintptr_t) "http/1.1", 8};
    struct http_tls_session *s = xcalloc(1, sizeof(*s));
    if (gnutls_init(&s->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
        free(s);
        return NULL;
    }
    if (gnutls_priority_set(s->session, t->priorities) < 0 ||
        gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, t->credentials) < 0 ||
        gnutls_session_ticket_enable_server(s->session, &t->ticket_key) < 0 ||
        gnutls_alpn_set_protocols(s->session, &protocol, 1, 0) < 0) {
        http_tls_free(s);
        return NULL;
    }
    gnutls_handshake_set_timeout(s->session,
                                 GNUTLS_INDEFINITE_TIMEOUT); /* the connection has one */
    gnutls_transport_set_int(s->session, fd);
    return s;
}

static int of_error(ssize_t rc)
{
    return rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED ? HTTP_TLS_AGAIN : HTTP_TLS_ERROR;
}

int http_tls_handshake(struct http_tls_session *s)
{
    int rc;
    do
        rc = gnutls_handshake(s->session);
    while (rc < 0 && rc != GNUTLS_E_AGAIN && rc != GNUTLS_E_INTERRUPTED &&
           !gnutls_error_is_fatal(rc));
    s->failed = rc;
    return rc == GNUTLS_E_SUCCESS ? 0 : of_error(rc);
}

const char *http_tls_why(const struct http_tls_session *s, bool *ret_is_closed)
{
    *ret_is_closed =
        s->failed == GNUTLS_E_PREMATURE_TERMINATION || s->failed == GNUTLS_E_PULL_ERROR;
    if (s->failed == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        const char *alert = gnutls_alert_get_name(gnutls_alert_get(s->session));
        return alert ? alert : "the client refuses with an unknown alert";
    }
    return gnutls_strerror(s->failed);
}

/* A client that wants to renegotiate gets an end: nobody needs that, and it costs the server most.
 */
ssize_t http_tls_read(struct http_tls_session *s, void *buf, size_t n)
{
    ssize_t rc = gnutls_record_recv(s->session, buf, n);
    return rc >= 0 ? rc : of_error(rc);
}

ssize_t http_tls_write(struct http_tls_session *s, const void *buf, size_t n)
{
    ssize_t rc = s->is_write_pending ? gnutls_record_send(s->session, NULL, 0)
                                     : gnutls_record_send(s->session, buf, n);
    s->is_write_pending = rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED;
    return rc >= 0 ? rc : of_error(rc);
}

bool http_tls_has_more(struct http_tls_session *s)
{
    return gnutls_record_check_pending(s->session) > 0;
}

void http_tls_bye(struct http_tls_session *s)
{
    gnutls_bye(s->session, GNUTLS_SHUT_WR);
}

void http_tls_free(struct http_tls_session *s)
{
    if (!s)
        return;
    gnutls_deinit(s->session);
    free(s);
}
