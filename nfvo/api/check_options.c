/* Options of the REST API that are texts of a form, or name files: --check-config refuses what the
 * start would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/http.h"
#include "common/http/tls.h"
#include "nfvo/api/context.h"

#include "common/base/text.h"

enum err_code api_read_networks(const struct api_options *o, struct net_list *ret_proxies,
                                struct net_list *ret_metrics, struct net_list *ret_rest_vnfms,
                                struct err *err)
{
    if (net_list_parse(ret_proxies, text_or_empty(o->trusted_proxies), err) != ERR_OK)
        return err_add(err, "read trusted-proxies");
    if (net_list_parse(ret_metrics, text_or_empty(o->metrics_networks), err) != ERR_OK)
        return err_add(err, "read metrics-networks");
    if (net_list_parse(ret_rest_vnfms, text_or_empty(o->rest_vnfm_networks), err) != ERR_OK)
        return err_add(err, "read rest-vnfm-networks");
    return ERR_OK;
}

enum err_code api_status_address(const char *where, char ret[HTTP_ADDRESS_SIZE], uint16_t *ret_port,
                                 struct err *err)
{
    if (http_read_address(where, ret, ret_port, err) == ERR_OK)
        return ERR_OK;
    return err_add(err, "status-listen");
}

/* As browsers send it: a path, or only the '/' at its end, never compares equal. */
static bool is_origin(const char *at, size_t n)
{
    size_t scheme = strncmp(at, "https://", 8) == 0 ? 8 : strncmp(at, "http://", 7) == 0 ? 7 : 0;
    return (n == 1 && *at == '*') ||
           (scheme && n > scheme && !memchr(at + scheme, '/', n - scheme));
}

static enum err_code check_origins(const char *list, struct err *err)
{
    for (const char *at = list + strspn(list, " ,"); *at;) {
        size_t n = strcspn(at, " ,");
        if (!is_origin(at, n)) {
            err_set(err, ERR_INVALID, "cors-origins: '%.*s' is no origin", (int)(n < 200 ? n : 200),
                    at);
            return err_hint(err, "SCHEME://HOST or SCHEME://HOST:PORT, without a path or '/' at "
                                 "the end: https://dash.example:8443");
        }
        at += n + strspn(at + n, " ,");
    }
    return ERR_OK;
}

static enum err_code check_tls(const struct api_options *o, struct err *err)
{
    struct http_tls *tls = NULL;
    const char *cert = text_or_empty(o->tls_cert), *key = text_or_empty(o->tls_key);
    const char *priorities = text_or_empty(o->tls_priorities);
    if (!*cert && !*key)
        return ERR_OK;
    if (!*cert || !*key)
        return err_set(err, ERR_INVALID, "TLS needs both a certificate and a key: %s is not set",
                       *cert ? "tls-key" : "tls-cert");
    enum err_code rc = http_tls_open(&tls, cert, key, *priorities ? priorities : NULL, err);
    http_tls_close(tls);
    return rc;
}

static enum err_code check_password_list(const char *path, struct err *err)
{
    struct password_list *list = NULL;
    enum err_code rc = *path ? password_list_read(&list, path, err) : ERR_OK;
    password_list_free(list);
    return rc;
}

enum err_code api_check_options(const struct api_options *o, struct err *err)
{
    struct net_list proxies, metrics, rest_vnfms;
    char address[HTTP_ADDRESS_SIZE];
    uint16_t port;
    const char *status = text_or_empty(o->status_listen);
    enum err_code rc = api_read_networks(o, &proxies, &metrics, &rest_vnfms, err);
    if (rc == ERR_OK && *status)
        rc = api_status_address(status, address, &port, err);
    if (rc == ERR_OK)
        rc = check_origins(text_or_empty(o->cors_origins), err);
    if (rc == ERR_OK)
        rc = check_tls(o, err);
    return rc == ERR_OK ? check_password_list(text_or_empty(o->password_list_path), err) : rc;
}
