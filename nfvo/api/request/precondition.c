#include "nfvo/api/request/precondition.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "nfvo/api/request/list.h"
#include "nfvo/lifecycle/basis.h"
#include "nfvo/store/store_record.h"

void etag_of(const struct sbuf *body, char ret[ETAG_SIZE])
{
    unsigned char hash[16];
    char hex[33];
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)body->s, body->len, NULL, 0);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    snprintf(ret, ETAG_SIZE, "W/\"%s\"", hex);
}

/* A record: GET of a path that ends with the id of something. */
static bool is_record(const struct endpoint *e)
{
    size_t n = strlen(e->path);
    return strcmp(e->method, "GET") == 0 && LIST_OF(e->flags) < 0 && e->status == 200 && n > 0 &&
           e->path[n - 1] == '}';
}

/* Is what `of` names around, or the same as, what `path` names? */
static bool is_around(const char *of, const char *path)
{
    size_t n = strlen(of);
    return strncmp(of, path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

bool precondition_applies(const struct endpoint *const *tables, const struct endpoint *e)
{
    if (strcmp(e->method, "GET") == 0 || e->flags & API_OPEN)
        return false;
    for (const struct endpoint *const *t = tables; *t; t++)
        for (const struct endpoint *r = *t; r->method; r++)
            if (is_record(r) && is_around(r->path, e->path))
                return true;
    return false;
}

/* As GET would show it: *found has what there is of it. What is not there is the handler's to tell. */
enum found { NOTHING, ANOTHER, THE_SAME };
static enum err_code compare(struct call *c, const struct endpoint *record, const char *wanted,
                             enum found *found, struct err *err)
{
    const struct endpoint *own = c->endpoint;
    char etag[ETAG_SIZE];
    c->endpoint = record;
    enum err_code rc = record->fn(c, err);
    c->endpoint = own;
    etag_of(&c->out, etag);
    if (rc == ERR_OK)
        *found = strstr(wanted, etag + 2) ? THE_SAME : ANOTHER;
    sbuf_clear(&c->out);
    sbuf_clear(&c->link);
    c->fail_status = 0;
    if (rc == ERR_NOT_FOUND) {
        *err = (struct err)ERR_INIT;
        return ERR_OK;
    }
    return rc;
}

static enum err_code changed(struct call *c, struct err *err)
{
    c->fail_status = 412;
    err_set(err, ERR_STATE, "it has changed since it was read: If-Match names another state of it");
    return err_hint(err, "read it again, look at what changed, and send the ETag of that");
}

/* What the service is now, as the engine says it of a plan. */
static enum err_code read_basis(struct call *c, struct err *err)
{
    struct store_version *rows;
    uint32_t n;
    uint64_t sum = 0;
    enum err_code rc =
        store_nsr_versions(call_db(c), call_param(c, "id"), &c->arena, &rows, &n, err);
    for (uint32_t i = 0; rc == ERR_OK && i < n; i++)
        sum += rows[i].phase ? basis_of_vnfr(rows[i].id, rows[i].version, rows[i].phase)
                             : basis_of_nsr(rows[i].id, rows[i].version);
    c->basis = basis_text(sum, &c->arena);
    return rc;
}

/* The one of a plan: the engine compares it. */
static bool is_basis(const struct call *c, const char *value)
{
    size_t n = strcspn(value, ",");
    return (c->endpoint->flags & API_OPERATES) && n <= 2 + 2 + 16;
}

enum err_code precondition_check(struct call *c, struct err *err)
{
    const char *wanted = http_request_header(c->req, "If-Match");
    enum found found = NOTHING;
    enum err_code rc = ERR_OK;
    if (!wanted || strcmp(wanted, "*") == 0 || strcmp(c->req->method, "GET") == 0 ||
        is_basis(c, wanted))
        return ERR_OK;
    /* What the engine has to compare was read before what is compared here. */
    if (c->endpoint->flags & API_OPERATES)
        rc = read_basis(c, err);
    for (const struct endpoint **e = c->api->endpoints; rc == ERR_OK && found != THE_SAME && *e;
         e++)
        if (is_record(*e) && is_around((*e)->path, c->endpoint->path))
            rc = compare(c, *e, wanted, &found, err);
    if (rc == ERR_OK && found == ANOTHER)
        return changed(c, err);
    return rc;
}
