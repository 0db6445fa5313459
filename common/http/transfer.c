/* One call as libcurl wants it: its options, what comes in, what became of it. */
#include "common/http/transfer.h"

#include "common/base/mem.h"
#include "common/http/dial.h"
#include "common/http/url.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_MAX ((size_t)64 * 1024)

static void init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void http_transfer_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}

void http_response_release(struct http_response *r)
{
    sbuf_release(&r->body);
    sbuf_release(&r->headers);
    r->status = 0;
}

const char *http_response_header(const struct http_response *r, const char *name)
{
    /* Kept as name NUL value NUL. */
    for (const char *at = r->headers.s, *end = at + r->headers.len; at < end;) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

/* --- what comes in --- */

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    size_t len = size * n, total = len;
    while (len > 0 && strchr("\r\n \t", data[len - 1]))
        len--;
    if (len > 5 && memcmp(data, "HTTP/", 5) == 0) { /* again after a 100 Continue */
        sbuf_clear(&t->ret->headers);
        return total;
    }
    const char *colon = memchr(data, ':', len);
    if (!colon || memchr(data, '\0', len))
        return total;
    if (t->ret->headers.len + len > HEADERS_MAX) {
        t->is_too_long = true;
        return 0;
    }
    const char *value = colon + 1, *end = data + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    sbuf_add(&t->ret->headers, data, (size_t)(colon - data));
    sbuf_addc(&t->ret->headers, '\0');
    sbuf_add(&t->ret->headers, value, (size_t)(end - value));
    sbuf_addc(&t->ret->headers, '\0');
    return total;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    size_t len = size * n;
    long status = 0;
    if (t->call->on_data) {
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status / 100 == 2) {
            t->is_enough = !t->call->on_data(t->call->on_data_arg, data, len);
            return t->is_enough ? 0 : len;
        }
    }
    if (t->ret->body.len + len > t->max) {
        t->is_too_long = true;
        return 0;
    }
    sbuf_add(&t->ret->body, data, len);
    return len;
}

/* --- what goes out --- */

static void add_header(struct http_transfer *t, const char *name, const char *value)
{
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    /* For libcurl "Name;" is a header without value and "Name:" one that is left away. */
    if (!value)
        sbuf_addf(&line, "%s:", name);
    else if (!value[0])
        sbuf_addf(&line, "%s;", name);
    else
        sbuf_addf(&line, "%s: %s", name, value);
    struct curl_slist *grown = curl_slist_append(t->headers, line.s);
    if (!grown)
        abort();
    t->headers = grown;
}

static enum err_code set_headers(struct http_transfer *t, struct err *err)
{
    const struct http_call *call = t->call;
    for (size_t i = 0; i < call->header_n; i++) {
        const struct http_header *h = &call->headers[i];
        if (!h->name[0] || strpbrk(h->name, "\r\n: ") || strpbrk(h->value, "\r\n"))
            return err_set(err, ERR_INVALID, "header '%.64s' is not well-formed", h->name);
        add_header(t, h->name, h->value);
    }
    if (call->type && strpbrk(call->type, "\r\n"))
        return err_set(err, ERR_INVALID, "content type is not well-formed");
    if (!call->upload_path)
        add_header(t, "Content-Type", call->type);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return ERR_OK;
}

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    ssize_t got = pread(t->call->body_fd, to, size * n, t->sent);
    if (got < 0)
        return CURL_READFUNC_ABORT;
    t->sent += got;
    return (size_t)got;
}

/* A kept connection may turn out to be closed when a part was sent already. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct http_transfer *t = arg;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    t->sent = (off_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void set_file(struct http_transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->call->body_len);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
}

static enum err_code set_body(struct http_transfer *t, struct err *err)
{
    const struct http_call *call = t->call;
    const char *method = call->method ? call->method : "GET";
    for (const char *c = method; *c; c++)
        if (!isupper((unsigned char)*c))
            return err_set(err, ERR_INVALID, "method '%.32s' is not well-formed", method);
    if (call->upload_path) {
        t->mime = curl_mime_init(t->easy);
        curl_mimepart *part = curl_mime_addpart(t->mime);
        curl_mime_name(part, "file");
        if (curl_mime_filedata(part, call->upload_path) != CURLE_OK)
            return err_set_errno(err, ERR_IO, errno, "read '%s'", call->upload_path);
        curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime);
    } else if (call->body_fd > 0) {
        set_file(t);
    } else if (call->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
    } else if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    return ERR_OK;
}

static void set_text(struct http_transfer *t, CURLoption option, const char *value)
{
    if (value)
        curl_easy_setopt(t->easy, option, value);
}

/* Copied by libcurl. */
static void set_pem(struct http_transfer *t, CURLoption option, const char *pem)
{
    struct curl_blob blob = {.flags = CURL_BLOB_COPY};
    if (!pem || !pem[0])
        return;
    blob.data = (void *)(uintptr_t)pem; // NOLINT(performance-no-int-to-ptr)
    blob.len = strlen(pem);
    curl_easy_setopt(t->easy, option, &blob);
}

/* The address is the one that is connected to next: there is nothing in between. */
static curl_socket_t open_checked(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct http_transfer *t = arg;
    (void)purpose;
    t->refused = (struct err)ERR_INIT;
    if (dial_check(t->call->dial, &to->addr, &t->refused) != ERR_OK)
        return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static enum err_code set_options(struct http_transfer *t, struct err *err)
{
    const struct http_call *call = t->call;
    CURL *easy = t->easy;
    long timeout = call->timeout_ms < 0 ? 0 : call->timeout_ms > 0 ? (long)call->timeout_ms : 30000;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     call->connect_timeout_ms > 0 ? (long)call->connect_timeout_ms : 5000L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    if (call->dial) {
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_checked);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    }
    if (call->is_once)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (call->is_probe)
        curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    if (call->is_insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!call->on_data && strcmp(call->method ? call->method : "", "HEAD") != 0)
        curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->max); /* announced */
    set_pem(t, CURLOPT_CAINFO_BLOB, call->ca_file ? NULL : call->ca_pem);
    set_pem(t, CURLOPT_SSLCERT_BLOB, call->cert_file ? NULL : call->cert_pem);
    set_pem(t, CURLOPT_SSLKEY_BLOB, call->key_file ? NULL : call->key_pem);
    set_text(t, CURLOPT_CAINFO, call->ca_file);
    set_text(t, CURLOPT_SSLCERT, call->cert_file);
    set_text(t, CURLOPT_SSLKEY, call->key_file);
    set_text(t, CURLOPT_USERNAME, call->user);
    set_text(t, CURLOPT_PASSWORD, call->password);
    set_text(t, CURLOPT_UNIX_SOCKET_PATH, call->unix_socket);
    if (curl_easy_setopt(easy, CURLOPT_URL, call->url ? call->url : "") != CURLE_OK)
        return err_set(err, ERR_INVALID, "URL is not well-formed");
    enum err_code rc = set_body(t, err);
    return rc == ERR_OK ? set_headers(t, err) : rc;
}

/* --- the call --- */

static enum err_code code_of(const struct http_transfer *t, CURLcode result)
{
    curl_off_t connected = 0;
    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
    switch (result) {
    case CURLE_UNSUPPORTED_PROTOCOL: /* also what comes back when it is not HTTP/1 */
        return connected > 0 ? ERR_PEER : ERR_INVALID;
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return ERR_INVALID;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return ERR_UNAVAIL;
    case CURLE_OPERATION_TIMEDOUT: /* nothing was sent: that is not "no answer" */
        return connected > 0 ? ERR_TIMEOUT : ERR_UNAVAIL;
    case CURLE_FILESIZE_EXCEEDED:
        return ERR_LIMIT;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return ERR_UNKNOWN;
    case CURLE_READ_ERROR:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return ERR_IO;
    case CURLE_OUT_OF_MEMORY:
        return ERR_NOMEM;
    default:
        return ERR_PEER;
    }
}

/* OpenSSL's X509_V_ERR_..: of x509_vfy.h, which the users of libcurl do not need. libcurl leaves it at
 * CERT_UNSPECIFIED when it is the name that does not fit. */
enum { CERT_UNSPECIFIED = 1, CERT_NOT_YET_VALID = 9, CERT_HAS_EXPIRED = 10 };

static enum http_why why_of(const struct http_transfer *t, CURLcode result)
{
    const char *url = t->call->url ? t->call->url : "";
    long verify = 0;
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    if (result == CURLE_PEER_FAILED_VERIFICATION)
        return verify <= CERT_UNSPECIFIED                                   ? HTTP_WHY_NAME
               : verify == CERT_NOT_YET_VALID || verify == CERT_HAS_EXPIRED ? HTTP_WHY_TIME
                                                                            : HTTP_WHY_AUTHORITY;
    if (result == CURLE_SSL_CONNECT_ERROR &&
        (strstr(t->text, "wrong version number") || strstr(t->text, "packet length too long")))
        return HTTP_WHY_NO_TLS;
    if (result == CURLE_SSL_CACERT_BADFILE)
        return HTTP_WHY_CA_FILE;
    bool is_ended = result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR;
    return is_ended && t->ret->status == 0 && strncmp(url, "https:", 6) != 0 ? HTTP_WHY_TLS
                                                                             : HTTP_WHY_OTHER;
}

enum err_code http_transfer_end(struct http_transfer *t, CURLcode result, struct err *err)
{
    const char *method = t->call->is_probe ? "connect" : t->call->method ? t->call->method : "GET";
    AUTO(sbuf_release) struct sbuf url = SBUF_INIT;
    long status = 0, sys = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->ret->status = (int)status;
    if (result == CURLE_OK || t->is_enough)
        return ERR_OK;
    t->ret->why = why_of(t, result);
    http_url_mask(&url, t->call->url ? t->call->url : "");
    if (t->is_cancelled)
        return err_set(err, ERR_UNAVAIL, "%s %s: cancelled", method, url.s);
    if (t->is_too_long)
        return err_set(err, ERR_LIMIT, "%s %s: the answer is longer than %zu bytes", method, url.s,
                       t->max);
    if (t->refused.code) {
        if (!err)
            return t->refused.code;
        *err = t->refused;
        return err_add(err, "%s %s", method, url.s);
    }
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &sys);
    enum err_code rc = err_set(err, code_of(t, result), "%s %s: %s", method, url.s,
                               t->text[0] ? t->text : curl_easy_strerror(result));
    if (err)
        err->sys = (int)sys;
    return rc;
}

enum err_code http_transfer_begin(struct http_transfer *t, CURL *easy, const struct http_call *call,
                                  struct http_response *ret, struct err *err)
{
    *t = (struct http_transfer){.call = call,
                                .ret = ret,
                                .easy = easy,
                                .max = call->max_body ? call->max_body : (size_t)4 << 20};
    ret->status = 0;
    ret->why = HTTP_WHY_OTHER;
    sbuf_clear(&ret->body);
    sbuf_clear(&ret->headers);
    curl_easy_reset(easy);
    return set_options(t, err);
}

void http_transfer_release(struct http_transfer *t)
{
    curl_easy_reset(t->easy); /* it must not keep what is borrowed */
    curl_slist_free_all(t->headers);
    curl_mime_free(t->mime);
    t->headers = NULL;
    t->mime = NULL;
}
